"""What the pages show and refuse, and that they cost the same number of queries at any size."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import DjangoAssertNumQueries

from plans.models import (
    Assessment,
    Commitment,
    Document,
    Meeting,
    Milestone,
    Party,
    Pillar,
    Plan,
    User,
    Withdrawal,
)
from plans.progress import assess, move_date, record_check, record_evidence, withdraw
from tests.plans.conftest import (
    QUOTE,
    make_commitment,
    make_evidence,
    make_party,
    make_plan,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def page(client: Client, name: str, *args: Any, language: str = "en", **query: str) -> str:
    response = client.get(address(name, *args, language=language), query)
    assert response.status_code == 200
    return response.content.decode()


def rows(html: str) -> list[str]:
    """The codes of the commitments a timeline shows."""
    return re.findall(r'class="row" id="c-([^"]+)"', html)


@pytest.fixture
def assessor(reviewer: User) -> User:
    rights = ["add_assessment", "add_withdrawal"]
    reviewer.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return reviewer


@pytest.fixture
def signed_in(client: Client, assessor: User) -> Client:
    client.force_login(assessor)
    return client


def fill(plan: Plan, pillar: Pillar, count: int) -> None:
    """Commitments with everything their pages may show, so that a query per row would be seen."""
    for number in range(count):
        commitment = make_commitment(pillar, f"ENE-{Commitment.objects.count() + 1}", due_on=date(2025, 1, 31))
        evidence = make_evidence(commitment, date(2024, 5, 1))
        assess(commitment, side="a", level="substantial", ground=evidence, on=date(2024, 5, 2), by=None)
        assess(commitment, side="b", level="limited", ground=evidence, on=date(2024, 5, 2), by=None, further=[evidence])
        Milestone.objects.create(commitment=commitment, title_en="Step", title_ar="خطوة", due_on=date(2024, 9, 1))
        if number >= 20:
            continue
        Meeting.objects.create(
            plan=plan,
            kind="summit",
            held_on=date(2024, 1, 1) + timedelta(days=number),
            place_en="Baku",
            place_ar="باكو",
        )
        Document.objects.create(plan=plan, title_en=f"Text {number}", title_ar="نص", publisher="Gazette")


class WellFormed(HTMLParser):
    """Collects what must hold of any page: one h1, unique ids, no inline style or script."""

    def __init__(self) -> None:
        super().__init__()
        self.h1 = 0
        self.ids: list[str] = []
        self.inline: list[tuple[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.h1 += tag == "h1"
        self.ids += [named["id"] or ""] if "id" in named else []
        if (
            "style" in named
            or any(name.startswith("on") for name in named)
            or (
                tag == "script"
                and "src" not in named
                and named.get("type") != "application/ld+json"  # data, not a script
            )
        ):
            self.inline.append((tag, attrs))


# ------------------------------------------------------------------ every page


@pytest.mark.parametrize("language, direction", [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("name", ["overview", "plan", "commitment", "evidence", "nowhere"])
def test_every_page_keeps_its_manners(
    signed_in: Client, plan: Plan, pillar: Pillar, name: str, language: str, direction: str
) -> None:
    fill(plan, pillar, 3)
    commitment = Commitment.objects.first()
    assert commitment is not None
    of_page: dict[str, list[Any]] = {
        "plan": [plan.slug],
        "commitment": [plan.slug, commitment.code],
        "evidence": [commitment.evidence.get().pk],
    }
    args = of_page.get(name, [])
    path = f"/{language}/nowhere/" if name == "nowhere" else address(name, *args, language=language)
    html = signed_in.get(path).content.decode()
    seen = WellFormed()
    seen.feed(html)
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert re.search(r"<title>[^<]{3,} · ", html)
    assert seen.h1 == 1
    assert len(seen.ids) == len(set(seen.ids))
    assert not seen.inline


def test_the_language_switch_keeps_the_page_and_its_filter(client: Client, plan: Plan) -> None:
    html = page(client, "overview", party="gcc")
    assert 'hreflang="ar" dir="rtl" href="/ar/?party=gcc"' in html


@pytest.mark.parametrize("name", ["overview", "plan", "commitment"])
def test_a_page_costs_the_same_queries_at_any_size(
    client: Client, plan: Plan, pillar: Pillar, name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(plan, pillar, 5)
    args = {"plan": [plan.slug], "commitment": [plan.slug, "ENE-1"]}.get(name, [])
    commitment = Commitment.objects.get(code="ENE-1")
    queries = {"overview": 19, "plan": 26, "commitment": 13}[name]
    with django_assert_num_queries(queries):
        client.get(address(name, *args))
    fill(plan, pillar, 20)
    for day in range(20):
        evidence = make_evidence(commitment, date(2024, 6, 1) + timedelta(days=day))
        assess(commitment, side="a", level="limited", ground=evidence, on=date(2024, 7, 1), by=None, further=[evidence])
    with django_assert_num_queries(queries):
        client.get(address(name, *args))


def test_a_plan_of_forty_commitments_stays_under_a_hundred_kilobytes(
    client: Client, plan: Plan, pillar: Pillar
) -> None:
    fill(plan, pillar, 40)
    assert len(page(client, "plan", plan.slug).encode()) < 100_000


# ------------------------------------------------------------------ overview


def test_the_overview_says_its_denominators(client: Client, plan: Plan, pillar: Pillar) -> None:
    done = make_commitment(pillar, "ENE-1")
    assess(done, side="", level="completed", ground=make_evidence(done, date(2024, 5, 1)), on=date(2024, 5, 1), by=None)
    make_commitment(pillar, "ENE-2")
    html = page(client, "overview")
    assert "<b>1</b> of 2 completed" in html
    assert "1 without evidence" in html


def test_flags_lead_to_the_filtered_list(client: Client, plan: Plan, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", due_on=date(2024, 6, 1))
    assert f'href="{address("plan", plan.slug)}?flag=overdue#commitments"' in page(client, "overview")


def test_the_overview_without_plans_says_what_belongs_here(client: Client) -> None:
    assert "No plan has been entered yet" in page(client, "overview")


@pytest.mark.parametrize(
    "query, found",
    [
        ({"party": "aze"}, True),
        ({"party": "jpn"}, False),
        ({"sector": "energy"}, True),
        ({"sector": "health"}, False),
        ({"lifecycle": "in_force"}, True),
        ({"lifecycle": "expired"}, False),
        ({"q": "azerbaijan"}, True),
        ({"q": "أذربيجان"}, True),
        ({"q": "azerbaijan gcc"}, True),
        ({"q": "nowhere"}, False),
        ({"q": "\x00"}, True),
    ],
)
def test_the_overview_is_filtered_by_its_address(
    client: Client, pillar: Pillar, query: dict[str, str], found: bool
) -> None:
    html = page(client, "overview", **query)
    assert (f'href="{address("plan", pillar.plan.slug)}"' in html) is found
    assert ("No plan matches" in html) is not found


def test_htmx_gets_the_list_alone_and_a_history_restore_the_whole_page(client: Client, plan: Plan) -> None:
    part = client.get(address("overview"), headers=HTMX)
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    whole = client.get(address("overview"), headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()


# ------------------------------------------------------------------ plan


def test_a_plan_without_public_commitments_says_so(client: Client, plan: Plan) -> None:
    html = page(client, "plan", plan.slug)
    assert "individual commitments of this plan are not public" in html
    assert "of 0" not in html


def test_an_unknown_plan_is_a_page_not_found(client: Client) -> None:
    assert client.get("/en/plans/gcc-atlantis/").status_code == 404


@pytest.mark.parametrize(
    "query, codes",
    [
        ({}, ["ENE-1", "ENE-2", "ENE-3"]),
        ({"flag": "overdue"}, ["ENE-2"]),
        ({"flag": "contested"}, ["ENE-1"]),
        ({"flag": "silent"}, ["ENE-2"]),
        ({"status": "none"}, ["ENE-2", "ENE-3"]),
        ({"pillar": "ENE"}, ["ENE-1", "ENE-2", "ENE-3"]),
        ({"status": "completed"}, []),
        ({"flag": "no such flag"}, ["ENE-1", "ENE-2", "ENE-3"]),
    ],
)
def test_the_timeline_is_filtered_by_its_address(
    client: Client, plan: Plan, pillar: Pillar, query: dict[str, str], codes: list[str]
) -> None:
    today = timezone.localdate()
    plan.ends = today + timedelta(days=700)
    plan.save()
    later = {"due_on": today + timedelta(days=400)}
    contested, overdue, checked = (
        make_commitment(pillar, "ENE-1", **later),
        make_commitment(pillar, "ENE-2", due_on=date(2024, 6, 1)),
        make_commitment(pillar, "ENE-3", **later),
    )
    ground = make_evidence(contested, today)
    assess(contested, side="a", level="substantial", ground=ground, on=today, by=None)
    assess(contested, side="b", level="limited", ground=ground, on=today, by=None)
    record_check(checked, on=today, sources="Agencies", languages=["ar"], by=None)
    assert overdue.status == "none"
    assert rows(page(client, "plan", plan.slug, **query)) == codes
    part = client.get(address("plan", plan.slug), query, headers=HTMX).content.decode()
    assert rows(part) == codes and "<h1" not in part


def test_a_summary_is_never_shown_as_a_quotation(client: Client, plan: Plan) -> None:
    record_evidence(
        plan=plan,
        kind="context",
        summary_en="They met.",
        publisher="Wire",
        published_on=date(2024, 1, 2),
        published_precision="month",
    )
    html = page(client, "plan", plan.slug)
    assert "Summary of the source" in html and "They met." in html
    assert "<blockquote" not in html and "<mark" not in html
    assert "address not recorded" in html


def test_a_quotation_stands_in_its_own_language_with_a_gloss_in_the_readers(
    client: Client, commitment: Commitment
) -> None:
    make_evidence(commitment, date(2024, 5, 1), gloss_en="The first intake finished.")
    english = page(client, "plan", commitment.plan.slug)
    assert '<blockquote class="quote" lang="ar" dir="rtl">' in english and QUOTE in english
    assert "The first intake finished." in english
    assert "The first intake finished." not in page(client, "plan", commitment.plan.slug, language="ar")


def test_what_is_invented_says_so(client: Client, plan: Plan, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-1", is_demo=True)
    make_commitment(pillar, "ENE-2")
    html = page(client, "plan", plan.slug)
    shown = {code: 'class="demo"' in part for code, part in re.findall(r'id="c-(ENE-\d)">(.*?)</tr>', html, re.DOTALL)}
    assert shown == {"ENE-1": True, "ENE-2": False}


def test_disputes_between_sources_have_their_own_list(client: Client, plan: Plan) -> None:
    record_evidence(
        plan=plan, kind="dispute", summary_en="Two years are given.", publisher="Wire", published_on=date(2024, 1, 2)
    )
    assert "Disputes and corrections" in page(client, "plan", plan.slug)


# ------------------------------------------------------------------ commitment


def test_a_commitment_shows_what_each_side_says_and_who_differs(client: Client, commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    assess(commitment, side="a", level="completed", ground=ground, on=date(2024, 5, 1), by=None)
    assess(commitment, side="b", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
    html = page(client, "commitment", commitment.plan.slug, commitment.code)
    assert "GCC says" in html and "Azerbaijan says" in html
    assert "They differ by 2 levels of the scale" in html
    assert "No evidence yet" in html  # the assessor has not spoken


def test_a_side_that_has_not_spoken_is_said_to_have_no_evidence(client: Client, commitment: Commitment) -> None:
    html = page(client, "commitment", commitment.plan.slug, commitment.code)
    assert html.count('<p class="strong"><span class="status st-none">') == 3


def test_withdrawn_evidence_is_struck_with_the_reason_and_what_rested_on_it_falls(
    client: Client, commitment: Commitment, reviewer: User
) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    assess(commitment, side="a", level="completed", ground=ground, on=date(2024, 5, 1), by=None)
    withdraw(ground, reason="It belongs to another programme.", by=reviewer)
    html = page(client, "commitment", commitment.plan.slug, commitment.code)
    assert f'class="entry withdrawn" id="ev{ground.pk}"' in html
    assert "It belongs to another programme." in html
    assert "Fell with its evidence" in html
    assert html.count('<p class="strong"><span class="status st-none">') == 3


def test_a_date_that_moved_is_told_by_how_often_and_how_far(client: Client, commitment: Commitment) -> None:
    for to in (date(2026, 12, 31), date(2027, 8, 31)):
        move_date(commitment, to=to, precision="day", decided_on=date(2025, 1, 1), by=None, reason_en="More time.")
    html = page(client, "commitment", commitment.plan.slug, commitment.code)
    assert "Moved 2 times" in html
    assert re.search(r"<bdi>\+14</bdi>\s*months", html)
    assert "More time." in html


def test_a_date_given_up_without_a_new_one_is_said(client: Client, commitment: Commitment) -> None:
    move_date(commitment, to=None, precision="day", decided_on=date(2025, 1, 1), by=None, reason_en="Postponed.")
    assert "and no new date was set" in page(client, "commitment", commitment.plan.slug, commitment.code)


def test_a_check_that_found_nothing_stands_in_the_ledger(client: Client, commitment: Commitment) -> None:
    record_check(commitment, on=date(2024, 8, 1), sources="Three agencies", languages=["ar", "az"], by=None)
    html = page(client, "commitment", commitment.plan.slug, commitment.code)
    assert "Looked, and found nothing new" in html and "Three agencies" in html


# ------------------------------------------------------------------ recording a status


def said(ground: Any, **fields: Any) -> dict[str, Any]:
    return {"side": "a", "level": "limited", "on": "2024-06-01", "ground": ground.pk if ground else "", **fields}


def test_recording_a_status_changes_the_plan_page(signed_in: Client, commitment: Commitment, assessor: User) -> None:
    ground, more = make_evidence(commitment, date(2024, 5, 1)), make_evidence(commitment, date(2024, 5, 2))
    target = address("assess", commitment.plan.slug, commitment.code)
    response = signed_in.post(target, said(ground, further=[more.pk], note_en="Begun."), follow=True)
    assert "Recorded." in response.content.decode()
    recorded = Assessment.objects.get()
    assert (recorded.side, recorded.level, recorded.ground, recorded.recorded_by) == ("a", "limited", ground, assessor)
    assert list(recorded.evidence.all()) == [more]
    commitment.refresh_from_db()
    assert commitment.status == "limited"


def test_the_assessor_is_recorded_without_a_side(signed_in: Client, commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground, side="assessor"))
    assert Assessment.objects.get().side == ""


def test_the_plans_own_evidence_may_carry_a_status(signed_in: Client, commitment: Commitment) -> None:
    ground = record_evidence(
        plan=commitment.plan, kind="progress", summary_en="All done.", publisher="Wire", published_on=date(2024, 5, 1)
    )
    signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground))
    assert Assessment.objects.get().ground == ground


def test_without_evidence_there_is_no_status_and_nothing_typed_is_lost(
    signed_in: Client, commitment: Commitment
) -> None:
    make_evidence(commitment, date(2024, 5, 1))
    response = signed_in.post(
        address("assess", commitment.plan.slug, commitment.code),
        said(None, note_en="My long note.", level="substantial"),
    )
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html and "there is no status without evidence" in html
    assert "My long note." in html
    assert re.search(r'value="substantial"[^>]*checked', html)
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("fields", [{"level": "splendid"}, {"on": "2999-01-01"}, {"on": "soon"}, {"side": "c"}])
def test_nonsense_is_refused_beside_its_field(
    signed_in: Client, commitment: Commitment, fields: dict[str, str]
) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    target = address("assess", commitment.plan.slug, commitment.code)
    html = signed_in.post(target, said(ground, **fields)).content.decode()
    name = next(iter(fields))
    assert f'href="#id_{name}"' in html and f'id="id_{name}_error"' in html and f'id="id_{name}"' in html
    assert not Assessment.objects.exists()


def test_withdrawn_evidence_cannot_be_chosen(signed_in: Client, commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    withdraw(ground, reason="Wrong plan.", by=None)
    make_evidence(commitment, date(2024, 5, 2))
    html = signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground)).content.decode()
    assert "has been withdrawn or speaks of another plan" in html


def test_evidence_of_another_plan_cannot_be_chosen(signed_in: Client, commitment: Commitment, gcc: Party) -> None:
    other = make_plan("gcc-jpn", gcc, make_party("jpn"))
    ground = record_evidence(
        plan=other, kind="progress", summary_en="x", publisher="Wire", published_on=date(2024, 5, 1)
    )
    make_evidence(commitment, date(2024, 5, 2))
    assert signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground)).status_code == 422


@pytest.mark.parametrize("side, allowed", [("b", True), ("a", False), ("assessor", False)])
def test_a_focal_point_speaks_for_their_own_side_alone(
    signed_in: Client, assessor: User, commitment: Commitment, aze: Party, side: str, allowed: bool
) -> None:
    assessor.party = aze
    assessor.save()
    ground = make_evidence(commitment, date(2024, 5, 1))
    response = signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground, side=side))
    assert (response.status_code == 302) is allowed
    assert Assessment.objects.exists() is allowed


def test_a_focal_point_of_a_third_party_may_not_speak(
    signed_in: Client, assessor: User, commitment: Commitment
) -> None:
    assessor.party = make_party("jpn")
    assessor.save()
    ground = make_evidence(commitment, date(2024, 5, 1))
    assert signed_in.post(address("assess", commitment.plan.slug, commitment.code), said(ground)).status_code == 403
    assert 'id="assess"' not in page(signed_in, "commitment", commitment.plan.slug, commitment.code)


def test_a_person_without_the_right_may_not_record(client: Client, commitment: Commitment, reviewer: User) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    target = address("assess", commitment.plan.slug, commitment.code)
    assert client.post(target, said(ground)).url.startswith("/en/accounts/login/")  # type: ignore[attr-defined]
    client.force_login(reviewer)
    assert client.post(target, said(ground)).status_code == 403
    assert not Assessment.objects.exists()


def test_the_step_from_new_evidence_opens_the_form_with_its_ground_chosen(
    signed_in: Client, commitment: Commitment
) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    target = address("assess", commitment.plan.slug, commitment.code)
    html = signed_in.get(target, {"ground": ground.pk}, follow=True).content.decode()
    assert re.search(rf'id="ground-{ground.pk}" required checked', html)


# ------------------------------------------------------------------ evidence and its withdrawal


def test_an_evidence_page_names_what_rests_on_it(client: Client, commitment: Commitment) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    assess(commitment, side="a", level="completed", ground=ground, on=date(2024, 5, 1), by=None)
    html = page(client, "evidence", ground.pk)
    assert QUOTE in html and ground.digest[:12] in html
    assert f'#as{Assessment.objects.get().pk}"' in html


def test_withdrawing_evidence_asks_why(signed_in: Client, commitment: Commitment, assessor: User) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    assess(commitment, side="", level="completed", ground=ground, on=date(2024, 5, 1), by=None)
    target = address("withdraw_evidence", ground.pk)
    refused = signed_in.post(target, {"reason": "  "})
    assert refused.status_code == 422 and "Say why it is withdrawn" in refused.content.decode()
    signed_in.post(target, {"reason": "Another programme."})
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.evidence, withdrawal.recorded_by) == (ground, assessor)
    commitment.refresh_from_db()
    assert commitment.status == "none"
    assert signed_in.post(target, {"reason": "Again."}).status_code == 302
    assert Withdrawal.objects.count() == 1


def test_withdrawing_an_assessment_lets_the_status_fall_to_what_stood_before(
    signed_in: Client, commitment: Commitment
) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    assess(commitment, side="", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
    newer = assess(commitment, side="", level="completed", ground=ground, on=date(2024, 6, 1), by=None)
    signed_in.post(address("withdraw_assessment", newer.pk), {"reason": "Too early."})
    commitment.refresh_from_db()
    assert commitment.status == "limited"


def test_a_focal_point_may_not_withdraw_what_the_other_side_said(
    signed_in: Client, assessor: User, commitment: Commitment, aze: Party
) -> None:
    assessor.party = aze
    assessor.save()
    ground = make_evidence(commitment, date(2024, 5, 1))
    theirs = assess(commitment, side="a", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
    assert signed_in.post(address("withdraw_assessment", theirs.pk), {"reason": "No."}).status_code == 403


@pytest.mark.parametrize("name", ["withdraw_evidence", "withdraw_assessment"])
def test_withdrawing_needs_the_right(client: Client, commitment: Commitment, reviewer: User, name: str) -> None:
    ground = make_evidence(commitment, date(2024, 5, 1))
    recorded = assess(commitment, side="a", level="limited", ground=ground, on=date(2024, 5, 1), by=None)
    client.force_login(reviewer)
    target = address(name, ground.pk if name == "withdraw_evidence" else recorded.pk)
    assert client.post(target, {"reason": "No."}).status_code == 403
    assert not Withdrawal.objects.exists()


def test_a_large_plan_comes_by_the_page_and_every_commitment_is_on_one(
    client: Client, plan: Plan, pillar: Pillar
) -> None:
    fill(plan, pillar, 45)
    first = client.get(address("plan", plan.slug)).content.decode()
    second = client.get(address("plan", plan.slug), {"page": "2"}).content.decode()
    shown = [re.findall(r'id="c-([^"]+)"', html) for html in (first, second)]
    assert [len(codes) for codes in shown] == [30, 15]
    assert set(shown[0] + shown[1]) == set(Commitment.objects.values_list("code", flat=True))
    assert 'rel="next"' in first and 'rel="prev"' in second


def test_the_evidence_of_a_plan_comes_by_the_page_and_each_piece_is_on_one(client: Client, plan: Plan) -> None:
    for number in range(11):
        record_evidence(
            plan=plan,
            kind="statement",
            summary_en=f"Said {number}.",
            publisher="Wire",
            published_on=date(2025, 1, 1 + number),
        )
    first = client.get(address("plan", plan.slug)).content.decode()
    second = client.get(address("plan", plan.slug), {"evidence": "2"}).content.decode()
    shown = [re.findall(r"Said (\d+)", html[html.index('id="evidence"') :]) for html in (first, second)]
    assert [len(numbers) for numbers in shown] == [8, 3]
    assert sorted(map(int, shown[0] + shown[1])) == list(range(11))
    assert "?evidence=2#evidence" in first


def test_many_plans_come_by_the_page_and_are_counted_whole(client: Client, plan: Plan) -> None:
    parties = Party.objects.order_by("pk")[:2]
    for number in range(30):
        Plan.objects.create(slug=f"plan-{number}", title_en="P", title_ar="خ", side_a=parties[0], side_b=parties[1])
    html = client.get(address("overview")).content.decode()
    assert "31" in html and 'rel="next"' in html
    assert client.get(address("overview"), {"page": "999"}).status_code == 200


def test_a_line_kept_from_an_earlier_look_shows_what_was_recorded_since(client: Client, commitment: Commitment) -> None:
    pages = ["/en/", commitment.plan.get_absolute_url(), "/en/table/"]
    before = [client.get(page).content.decode() for page in pages]
    assess(
        commitment,
        side="",
        level="completed",
        ground=make_evidence(commitment, date(2025, 3, 1)),
        on=date(2025, 3, 1),
        by=None,
    )
    after = [client.get(page).content.decode() for page in pages]
    assert "<b>0</b> of 1 completed" in before[0]
    assert "<b>1</b> of 1 completed" in after[0]
    assert before[1] != after[1]
    assert "1/1" in after[2]
    assert "1/1" not in before[2]
