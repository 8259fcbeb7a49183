"""The API says what the pages say, to whom they say it, page by page; what goes wrong is a problem of RFC 9457."""

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from plans import keys
from plans.models import Commitment, Meeting, Milestone, Party, Pillar, Plan, Sector, Token, User
from plans.progress import assess, withdraw
from tests.conftest import PASSWORD
from tests.plans.conftest import QUOTE, make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db

LISTS = ["plans", "commitments", "evidence", "assessments", "parties", "sectors", "meetings"]


def get(client: Client, name: str, **query: Any) -> dict[str, Any]:
    response = client.get(f"/api/v1/{name}/", query)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json; charset=utf-8"
    return dict(response.json())


def codes(client: Client, **query: Any) -> list[str]:
    return [one["code"] for one in get(client, "commitments", **query)["items"]]


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    data = dict(response.json())
    assert data["status"] == status and data["title"] and data["detail"]
    return data


@pytest.fixture
def key(reviewer: User) -> str:
    return keys.make(reviewer, "test")[1]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


# ------------------------------------------------------------------ what it says


def test_a_plan_comes_with_its_sides_pillars_and_counts(client: Client, commitment: Commitment) -> None:
    data = get(client, "plans/gcc-aze")
    assert data["title"] == {"en": "Plan gcc-aze", "ar": "خطة gcc-aze"}
    assert (data["side_a"]["slug"], data["side_b"]["slug"]) == ("gcc", "aze")
    assert data["pillars"] == [{"code": "ENE", "title": {"en": "Energy", "ar": "الطاقة"}, "sector": "energy"}]
    assert data["counts"]["total"] == data["counts"]["no_evidence"] == 1
    assert data["url"] == "http://testserver/en/plans/gcc-aze/"


def test_a_commitment_keeps_its_three_lights_apart(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    assess(commitment, side="a", level="completed", ground=piece, on=date(2025, 3, 1), by=None)
    assess(commitment, side="b", level="limited", ground=piece, on=date(2025, 3, 1), by=None)
    data = get(client, "plans/gcc-aze/commitments/ENE-1")
    assert (data["level_a"], data["level_b"], data["level_assessor"]) == ("completed", "limited", None)
    assert (data["status"], data["is_contested"]) == ("contested", True)
    assert data["schedule"] in ("not_due", "due_soon", "overdue")
    assert data["milestones"] == data["indicators"] == []


def test_evidence_and_assessments_point_at_each_other(client: Client, commitment: Commitment) -> None:
    piece = make_evidence(commitment, date(2025, 3, 1))
    assess(commitment, side="", level="limited", ground=piece, on=date(2025, 3, 1), by=None)
    withdraw(piece, reason="Misread", by=None)
    (said,) = get(client, "assessments")["items"]
    told = get(client, f"evidence/{said['ground']}")
    assert (told["quote"], told["withdrawn"]["reason"], said["stands"]) == (QUOTE, "Misread", False)
    assert said["side"] is None


@pytest.mark.parametrize("name", LISTS)
def test_every_list_answers_empty(client: Client, db: None, name: str) -> None:
    assert get(client, name) == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query, headers, label, language",
    [
        ("?lang=ar", {}, "لا دليل بعد", "ar"),
        ("", {"accept-language": "ar"}, "لا دليل بعد", "ar"),
        ("?lang=en", {"accept-language": "ar"}, "No evidence yet", "en"),
        ("", {}, "No evidence yet", "en"),
    ],
)
def test_labels_and_links_are_in_the_language_asked_for(
    client: Client, commitment: Commitment, query: str, headers: dict[str, str], label: str, language: str
) -> None:
    response = client.get(f"/api/v1/commitments/{query}", headers=headers)
    (one,) = response.json()["items"]
    assert (one["status_label"], response["Content-Language"]) == (label, language)
    assert f"/{language}/plans/" in one["url"]
    assert "Accept-Language" in response["Vary"]


# ------------------------------------------------------------------ filters and pages


@pytest.fixture
def varied(commitment: Commitment, pillar: Pillar, gcc: Party) -> None:
    """ENE-1 limited and long silent, ENE-2 contested, ENE-3 overdue, and EDU-1 of another plan and sector."""
    today = timezone.localdate()
    Commitment.objects.filter(pk=commitment.pk).update(due_on=today + timedelta(400))
    old = make_evidence(commitment, today - timedelta(400))
    assess(commitment, side="", level="limited", ground=old, on=old.published_on, by=None)
    contested = make_commitment(pillar, "ENE-2", due_on=today + timedelta(400))
    new = make_evidence(contested, today)
    for side, level in (("a", "completed"), ("b", "limited")):
        assess(contested, side=side, level=level, ground=new, on=today, by=None)
    make_evidence(make_commitment(pillar, "ENE-3", due_on=today - timedelta(5)), today)
    sector = Sector.objects.create(slug="education", name_en="Education", name_ar="التعليم")
    other = make_plan("gcc-jpn", gcc, make_party("jpn"), starts=today, ends=today + timedelta(900))
    learning = Pillar.objects.create(plan=other, code="EDU", title_en="Education", title_ar="التعليم", sector=sector)
    make_commitment(learning, "EDU-1", starts=today, due_on=today + timedelta(400))


@pytest.mark.parametrize(
    "query, expected",
    [
        ({}, ["ENE-1", "ENE-2", "ENE-3", "EDU-1"]),
        ({"plan": "gcc-jpn"}, ["EDU-1"]),
        ({"party": "aze"}, ["ENE-1", "ENE-2", "ENE-3"]),
        ({"sector": "education"}, ["EDU-1"]),
        ({"status": "limited"}, ["ENE-1"]),
        ({"status": "none"}, ["ENE-3", "EDU-1"]),
        ({"silent": "true"}, ["ENE-1"]),
        ({"silent": "false", "plan": "gcc-aze"}, ["ENE-2", "ENE-3"]),
        ({"contested": "true"}, ["ENE-2"]),
        ({"overdue": "true"}, ["ENE-3"]),
        ({"party": "aze", "sector": "education"}, []),
        ({"plan": "nobody"}, []),
        ({"plan": "\x00"}, []),
    ],
)
def test_commitments_are_filtered(client: Client, varied: None, query: dict[str, str], expected: list[str]) -> None:
    assert codes(client, **query) == expected


def test_evidence_is_filtered_by_commitment_kind_sector_and_day(client: Client, varied: None) -> None:
    today = timezone.localdate()
    assert len(get(client, "evidence", commitment="ENE-1")["items"]) == 1
    assert len(get(client, "evidence", since=today.isoformat())["items"]) == 2
    assert len(get(client, "evidence", until=(today - timedelta(1)).isoformat())["items"]) == 1
    assert len(get(client, "evidence", sector="energy", kind="progress")["items"]) == 3
    assert get(client, "evidence", kind="delay")["items"] == []


def test_assessments_are_filtered_by_side_and_level(client: Client, varied: None) -> None:
    assert [one["commitment"] for one in get(client, "assessments", side="assessor")["items"]] == ["ENE-1"]
    assert [one["commitment"] for one in get(client, "assessments", side="b", level="limited")["items"]] == ["ENE-2"]


def walked(client: Client, name: str, limit: int) -> list[Any]:
    address, seen = f"/api/v1/{name}/?limit={limit}", []
    while address:
        data = client.get(address).json()
        assert len(data["items"]) <= limit
        seen += data["items"]
        address = data["next"]
    return seen


@pytest.mark.parametrize("name", LISTS)
def test_pages_leave_nothing_out_and_say_nothing_twice(client: Client, varied: None, plan: Plan, name: str) -> None:
    for number in (1, 1, 2):
        Meeting.objects.create(
            plan=plan, kind="summit", held_on=date(2025, 5, number), place_en="Baku", place_ar="باكو"
        )
    whole = get(client, name)["items"]
    assert len(whole) > 1
    assert walked(client, name, 1) == walked(client, name, 2) == whole


def test_what_is_added_meanwhile_shifts_no_page(client: Client, varied: None, commitment: Commitment) -> None:
    first = get(client, "evidence", limit=2)
    make_evidence(commitment, timezone.localdate() + timedelta(1))
    assert len(client.get(first["next"]).json()["items"]) == 1


def test_the_next_page_keeps_the_filters(client: Client, varied: None) -> None:
    following = get(client, "commitments", party="aze", limit=2, lang="ar")["next"]
    assert "party=aze" in following and "lang=ar" in following
    assert [one["code"] for one in client.get(following).json()["items"]] == ["ENE-3"]


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    "query, parameter",
    [("limit=0", "limit"), ("limit=1000", "limit"), ("status=halfway", "status"), ("silent=maybe", "silent")],
)
def test_a_wrong_parameter_is_named(client: Client, db: None, query: str, parameter: str) -> None:
    data = problem(client.get(f"/api/v1/commitments/?{query}"), 422)
    assert [one["parameter"] for one in data["errors"]] == [parameter]


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WzEsMl0", "WyJ4Il0", "%00", "W3t9XQ"])
def test_a_cursor_of_ones_own_making_is_refused(client: Client, db: None, cursor: str) -> None:
    problem(client.get(f"/api/v1/commitments/?cursor={cursor}"), 400)


@pytest.mark.parametrize("path", ["plans/nobody/", "evidence/99/", "plans/gcc-aze/commitments/NO-1/", "nothing/"])
def test_what_is_not_there_is_a_problem(client: Client, plan: Plan, path: str) -> None:
    problem(client.get(f"/api/v1/{path}"), 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_for_reading_only(client: Client, plan: Plan, method: str) -> None:
    response = getattr(client, method)("/api/v1/plans/")
    problem(response, 405)
    assert response["Allow"] == "GET"


def test_a_problem_is_said_in_the_language_asked_for(client: Client, db: None) -> None:
    assert client.get("/api/v1/plans/nobody/?lang=ar")["Content-Language"] == "ar"


# ------------------------------------------------------------------ who may ask


def test_a_closed_site_answers_keys_and_sessions_alone(
    client: Client, plan: Plan, reviewer: User, key: str, settings: Any
) -> None:
    settings.PUBLIC = False
    refused = client.get("/api/v1/plans/")
    problem(refused, 401)
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/api/v1/plans/", headers=bearer(key)).status_code == 200
    client.force_login(reviewer)
    assert client.get("/api/v1/plans/").status_code == 200


@pytest.mark.parametrize("header", ["Bearer mithaq_wrong", "Bearer ", "Basic dTpw", "nonsense", "Bearer \x00"])
def test_a_wrong_key_is_refused_even_where_none_is_needed(client: Client, plan: Plan, header: str) -> None:
    problem(client.get("/api/v1/plans/", headers={"authorization": header}), 401)


def test_a_key_goes_with_its_person(client: Client, plan: Plan, reviewer: User, key: str) -> None:
    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    problem(client.get("/api/v1/plans/", headers=bearer(key)), 401)


def test_a_key_notes_the_day_of_its_use_with_one_write_a_day(
    client: Client, plan: Plan, key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        client.get("/api/v1/sectors/", headers=bearer(key))
    assert Token.objects.get().used_on == timezone.localdate()
    with django_assert_num_queries(2):
        client.get("/api/v1/sectors/", headers=bearer(key))


def test_the_command_makes_a_key_and_keeps_its_digest_alone(client: Client, plan: Plan, reviewer: User) -> None:
    said, warned = io.StringIO(), io.StringIO()
    call_command("token", "--user", "reviewer", "--name", "dashboard", stdout=said, stderr=warned)
    key = said.getvalue().strip()
    token = Token.objects.get(user=reviewer, name="dashboard")
    assert re.fullmatch(r"mithaq_[\w-]{43}", key)
    assert key not in (token.digest, token.name) and token.digest == keys.digest_of(key)
    assert "not shown again" in warned.getvalue()
    assert client.get("/api/v1/plans/", headers=bearer(key)).status_code == 200


def test_the_command_takes_a_key_back(client: Client, plan: Plan, reviewer: User, key: str) -> None:
    call_command("token", "--user", "reviewer", "--name", "test", "--revoke", stdout=io.StringIO())
    problem(client.get("/api/v1/plans/", headers=bearer(key)), 401)


@pytest.mark.parametrize("arguments", [["--user", "nobody", "--name", "x"], ["--user", "reviewer", "--name", " "]])
def test_the_command_refuses_what_makes_no_sense(reviewer: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("token", *arguments)
    assert not Token.objects.exists()


def test_a_password_is_no_key(client: Client, plan: Plan, reviewer: User) -> None:
    problem(client.get("/api/v1/plans/", headers=bearer(PASSWORD)), 401)


# ------------------------------------------------------------------ cost, caches, description


def test_an_answer_unchanged_is_not_sent_again(client: Client, commitment: Commitment) -> None:
    first = client.get("/api/v1/commitments/")
    assert client.get("/api/v1/commitments/", headers={"if-none-match": first["ETag"]}).status_code == 304
    make_evidence(commitment, date(2025, 3, 1))
    assert client.get("/api/v1/commitments/", headers={"if-none-match": first["ETag"]}).status_code == 200
    assert {"Authorization", "Cookie"} <= set(re.split(r",\s*", first["Vary"]))


def test_head_answers_as_get_without_the_body(client: Client, plan: Plan) -> None:
    response = client.head("/api/v1/plans/")
    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == client.get("/api/v1/plans/")["ETag"]


@pytest.mark.parametrize(
    "path", [*(f"{name}/" for name in LISTS), "plans/gcc-aze/", "plans/gcc-aze/commitments/ENE-1/"]
)
def test_an_answer_costs_the_same_at_any_size(
    client: Client, plan: Plan, pillar: Pillar, commitment: Commitment, path: str
) -> None:
    def grow(number: int) -> None:
        more = make_commitment(pillar, f"ENE-{number}")
        piece = make_evidence(more, date(2025, 1, number))
        assess(more, side="a", level="limited", ground=piece, on=date(2025, 2, 1), by=None)
        meeting = Meeting.objects.create(
            plan=plan, kind="summit", held_on=date(2025, 5, number), place_en="Baku", place_ar="باكو"
        )
        meeting.reviewed.add(more)
        Milestone.objects.create(commitment=commitment, title_en="Step", title_ar="خطوة")
        party = make_party(f"m{number}")
        plan.side_a.members.add(party)
        make_plan(f"gcc-m{number}", plan.side_a, party)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/api/v1/{path}").status_code == 200
        return len(captured)

    grow(2)
    before = cost()
    for number in range(3, 9):
        grow(number)
    assert cost() == before <= 6


def test_it_describes_itself(client: Client, db: None) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {f"/api/v1/{name}/" for name in LISTS} <= document["paths"].keys()
    assert all(set(methods) == {"get"} for methods in document["paths"].values())
    assert document["components"]["securitySchemes"]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_its_page_lists_every_operation_without_foreign_scripts(client: Client, db: None, language: str) -> None:
    html = client.get(f"/{language}/api/").content.decode()
    for address in client.get("/api/v1/openapi.json").json()["paths"]:
        assert address in html
    assert not re.search(r'(src|href)="https?://', html)
    assert client.get("/api/v1/").status_code == 302


def test_an_address_without_its_last_slash_is_led_there(client: Client, plan: Plan) -> None:
    assert client.get("/api/v1/plans")["Location"] == "/api/v1/plans/"
