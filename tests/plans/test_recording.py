"""The pages that record: moved dates, checks, wordings, later plans, a side's own report, and for whom they open."""

import re
from datetime import date, timedelta
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
    DateChange,
    Evidence,
    Milestone,
    Party,
    Pillar,
    Plan,
    User,
    Withdrawal,
    Wording,
)
from plans.progress import amend, assess, carry_over, move_date, withdraw
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence, make_plan

pytestmark = pytest.mark.django_db

PAGES = {
    "move_date": "add_datechange",
    "check": "add_check",
    "amend": "add_wording",
    "carry_over": "add_commitment",
    "report": "add_assessment",
}


def address(name: str, commitment: Commitment, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=[commitment.plan.slug, commitment.code])


def page(client: Client, name: str, commitment: Commitment, language: str = "en", **query: Any) -> str:
    response = client.get(address(name, commitment, language), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def signed_in(client: Client, reviewer: User) -> Client:
    """Someone with every right to record, limited to no plan."""
    reviewer.user_permissions.add(*Permission.objects.filter(codename__in=[*PAGES.values(), "add_withdrawal"]))
    client.force_login(reviewer)
    return client


@pytest.fixture
def focal(signed_in: Client, reviewer: User, aze: Party) -> Client:
    """The focal point of side B."""
    reviewer.party = aze
    reviewer.save()
    return signed_in


@pytest.fixture
def later(plan: Plan, pillar: Pillar) -> Pillar:
    plan = make_plan("gcc-aze-2", plan.side_a, plan.side_b, starts=date(2029, 1, 1), ends=date(2033, 12, 31))
    return Pillar.objects.create(plan=plan, code="ENE", title_en="Energy", title_ar="الطاقة", sector=pillar.sector)


def typed(name: str, **fields: Any) -> dict[str, Any]:
    """What somebody types into a form that is right."""
    forms: dict[str, dict[str, Any]] = {
        "move_date": {
            "what": "commitment",
            "to": "2027-08-31",
            "precision": "day",
            "decided_on": "2025-01-01",
            "reason_en": "The tender was repeated.",
            "asked_by": "b",
            "agreed_by": "a",
        },
        "check": {"on": "2025-09-01", "sources": "SPA, Azertac", "languages": ["ar", "az"], "note": "Second time."},
        "amend": {
            "title_en": "Commitment ENE-1",
            "title_ar": "التزام ENE-1",
            "text_en": "Train 300 engineers.",
            "text_ar": "تدريب 300 مهندس.",
            "agreed_on": "2025-04-01",
        },
        "report": {"side": "b", "text": "The centre opened.", "language": "en", "on": "2025-05-01", "level": "limited"},
    }
    return {**forms[name], **fields}


# ------------------------------------------------------------------ every page


@pytest.mark.parametrize("language, direction", [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("name", PAGES)
def test_every_form_stands_in_both_languages_with_a_label_for_each_field(
    focal: Client, reviewer: User, commitment: Commitment, later: Pillar, name: str, language: str, direction: str
) -> None:
    html = page(focal, name, commitment, language)
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert html.count("<h1>") == 1
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    fields = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="(id_[^"]+)"', html)
    assert fields and set(fields) <= set(re.findall(r'<label for="([^"]+)"', html))


@pytest.mark.parametrize("name, permission", PAGES.items())
def test_a_page_opens_only_for_those_with_its_right(
    client: Client, commitment: Commitment, reviewer: User, aze: Party, name: str, permission: str
) -> None:
    assert client.get(address(name, commitment)).url.startswith("/en/accounts/login/")  # type: ignore[attr-defined]
    reviewer.party = aze
    reviewer.save()
    client.force_login(reviewer)
    assert client.get(address(name, commitment)).status_code == 403
    assert f'href="{address(name, commitment)}"' not in page(client, "commitment", commitment)
    reviewer.user_permissions.add(Permission.objects.get(codename=permission))
    assert client.get(address(name, commitment)).status_code == 200
    assert f'href="{address(name, commitment)}"' in page(client, "commitment", commitment)


@pytest.mark.parametrize("name", PAGES)
def test_who_is_limited_to_other_plans_records_nothing_here(
    signed_in: Client, reviewer: User, commitment: Commitment, plan: Plan, name: str
) -> None:
    elsewhere = make_plan("other", plan.side_a, plan.side_b)
    reviewer.plans.add(elsewhere)
    assert signed_in.get(address(name, commitment)).status_code == 403
    assert signed_in.post(address(name, commitment), {}).status_code == 403
    html = page(signed_in, "commitment", commitment)
    assert 'id="assess"' not in html and 'class="recording"' not in html
    reviewer.plans.add(plan)
    if name != "report":
        assert signed_in.get(address(name, commitment)).status_code == 200


def test_plans_are_editable_by_those_limited_to_them_and_by_the_unlimited(
    plan: Plan, reviewer: User, administrator: User, aze: Party
) -> None:
    other = make_plan("other", plan.side_a, plan.side_b)
    assert set(Plan.objects.editable_by(reviewer)) == {plan, other}
    reviewer.plans.add(other)
    assert list(Plan.objects.editable_by(reviewer)) == [other]
    administrator.party = aze
    administrator.save()
    third = make_plan("third", plan.side_a, Party.objects.create(slug="jpn", kind="state", name_en="Japan"))
    assert third not in Plan.objects.editable_by(administrator)
    administrator.is_superuser = True
    assert third in Plan.objects.editable_by(administrator)


@pytest.mark.parametrize(
    "name, fields",
    [
        ("move_date", {"to": ""}),
        ("move_date", {"no_new_date": "on"}),
        ("move_date", {"reason_en": ""}),
        ("move_date", {"to": "2023-01-01"}),
        ("move_date", {"to": "2026-06-30"}),
        ("move_date", {"decided_on": "2999-01-01"}),
        ("move_date", {"to": "31 August"}),
        ("check", {"sources": ""}),
        ("check", {"languages": []}),
        ("check", {"on": "2999-01-01"}),
        ("amend", {"text_en": "", "text_ar": ""}),
        ("amend", {"title_ar": ""}),
        ("amend", {"agreed_on": ""}),
        ("report", {"text": " "}),
        ("report", {"level": "splendid"}),
        ("report", {"on": "2999-01-01"}),
        ("report", {"side": "a"}),
    ],
)
def test_what_is_refused_is_said_with_everything_typed_kept(
    focal: Client, commitment: Commitment, name: str, fields: dict[str, Any]
) -> None:
    sent = typed(name, **fields)
    response = focal.post(address(name, commitment), sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html and re.search(r'href="#id_\w+">', html)
    for field in ("reason_en", "sources", "note", "text"):
        assert sent.get(field, "").strip() in html
    for model in (DateChange, Wording, Assessment, Evidence):
        assert not model._default_manager.exists()
    commitment.refresh_from_db()
    assert commitment.last_checked_on is None


# ------------------------------------------------------------------ moved dates


def test_a_moved_date_is_on_the_page_with_its_reason_and_evidence(
    signed_in: Client, commitment: Commitment, reviewer: User
) -> None:
    proof = make_evidence(commitment, date(2024, 12, 1))
    response = signed_in.post(address("move_date", commitment), typed("move_date", evidence=proof.pk))
    assert response.url == f"{address('commitment', commitment)}#dates"  # type: ignore[attr-defined]
    change = DateChange.objects.get()
    assert (change.to_date, change.evidence, change.asked_by, change.agreed_by, change.recorded_by) == (
        date(2027, 8, 31),
        proof,
        "b",
        "a",
        reviewer,
    )
    html = page(signed_in, "commitment", commitment)
    assert "Moved once" in html and re.search(r"<bdi>\+14</bdi>\s*months", html) and "The tender was repeated." in html


def test_the_date_of_a_milestone_moves_from_its_own_link(signed_in: Client, commitment: Commitment) -> None:
    step = Milestone.objects.create(commitment=commitment, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5))
    link = f"{address('move_date', commitment)}?milestone={step.pk}"
    assert f'href="{link}"' in page(signed_in, "commitment", commitment)
    assert re.search(rf'<option value="{step.pk}" selected', signed_in.get(link).content.decode())
    signed_in.post(link, typed("move_date", what=step.pk))
    step.refresh_from_db()
    commitment.refresh_from_db()
    assert (step.due_on, commitment.due_on) == (date(2027, 8, 31), date(2026, 6, 30))


@pytest.mark.parametrize(
    "fields, due",
    [
        ({"to": "", "no_new_date": "on", "precision": "month"}, (None, "day")),
        ({"to": "", "precision": "plan_end"}, (None, "plan_end")),
        ({"to": "2027-12-31", "precision": "year"}, (date(2027, 12, 31), "year")),
    ],
)
def test_a_date_may_be_given_up_or_be_less_exact(
    signed_in: Client, commitment: Commitment, fields: dict[str, str], due: tuple[date | None, str]
) -> None:
    assert signed_in.post(address("move_date", commitment), typed("move_date", **fields)).status_code == 302
    commitment.refresh_from_db()
    assert (commitment.due_on, commitment.due_precision) == due


def test_withdrawn_evidence_proves_no_moved_date(signed_in: Client, commitment: Commitment) -> None:
    proof = make_evidence(commitment, date(2024, 12, 1))
    withdraw(proof, reason="Wrong.", by=None)
    response = signed_in.post(address("move_date", commitment), typed("move_date", evidence=proof.pk))
    assert response.status_code == 422 and "has been withdrawn" in response.content.decode()


def test_months_run_from_the_last_day_that_the_first_date_allowed(client: Client, pillar: Pillar) -> None:
    commitment = make_commitment(pillar, "ENE-3", due_on=date(2025, 1, 1), due_precision="year")
    move_date(
        commitment, to=date(2026, 1, 1), precision="month", decided_on=date(2025, 1, 1), by=None, reason_en="Late."
    )
    assert re.search(r"<bdi>\+1</bdi>\s*month\b", page(client, "commitment", commitment))


def test_the_plan_totals_its_moved_dates_and_leads_to_the_list(client: Client, plan: Plan, pillar: Pillar) -> None:
    first, second = make_commitment(pillar, "ENE-1"), make_commitment(pillar, "ENE-2")
    step = Milestone.objects.create(commitment=first, title_en="Summit", title_ar="قمة", due_on=date(2025, 5, 5))
    other = make_plan("other", plan.side_a, plan.side_b)
    elsewhere = make_commitment(
        Pillar.objects.create(plan=other, code="ENE", title_en="x", title_ar="x", sector=pillar.sector), "ENE-1"
    )
    moves: list[tuple[Commitment | Milestone, date | None]] = [
        (first, date(2026, 12, 31)),
        (first, date(2027, 6, 30)),
        (second, date(2026, 8, 31)),
        (step, None),
        (elsewhere, date(2028, 1, 1)),
    ]
    for thing, to in moves:
        move_date(thing, to=to, precision="day", decided_on=date(2025, 1, 1), by=None, reason_en="Because.")
    with translation.override("en"):
        target, listed = reverse("plan", args=[plan.slug]), reverse("dates", args=[plan.slug])
    html = client.get(target).content.decode()
    shown = re.search(rf'href="{listed}#of-commitments">(.*?)</a>', html, re.DOTALL)
    assert shown is not None
    assert re.sub(r"<[^>]+>|\s+", " ", shown[1]).split() == ["moved", "3", "times,", "+14", "months"]
    assert f'{listed}#of-milestones">' in html and "1 without a new date" in html
    html = client.get(listed).content.decode()
    assert html.count('#dates"><bdi>ENE-') == 2 and "Summit" in html and html.count("Because.") == 4


def test_a_plan_whose_dates_stand_says_so(client: Client, plan: Plan, commitment: Commitment) -> None:
    with translation.override("en"):
        assert "No date of this plan has moved" in client.get(reverse("dates", args=[plan.slug])).content.decode()
        assert "of-commitments" not in client.get(reverse("plan", args=[plan.slug])).content.decode()


def test_the_list_of_moved_dates_costs_the_same_at_any_size(
    client: Client, plan: Plan, pillar: Pillar, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with translation.override("en"):
        target = reverse("dates", args=[plan.slug])
    for size in (1, 6):
        for number in range(size):
            commitment = make_commitment(pillar, f"ENE-{size}{number}")
            step = Milestone.objects.create(commitment=commitment, title_en="Step", title_ar="خطوة")
            proof = make_evidence(commitment, date(2024, 12, 1))
            for thing in (commitment, step):
                move_date(
                    thing,
                    to=date(2027, 6, 30),
                    precision="day",
                    decided_on=date(2025, 1, 1),
                    by=None,
                    reason_en="x",
                    evidence=proof,
                )
        with django_assert_num_queries(6):
            client.get(target)


# ------------------------------------------------------------------ checks


def test_a_check_is_shown_as_checked_and_ends_the_silence(
    signed_in: Client, plan: Plan, commitment: Commitment
) -> None:
    today = timezone.localdate()
    plan.starts, plan.ends = today - timedelta(days=700), today + timedelta(days=700)
    plan.save()
    assert Commitment.objects.silent(today).exists()
    signed_in.post(address("check", commitment), typed("check", on=today.isoformat()))
    assert not Commitment.objects.silent(today).exists()
    html = page(signed_in, "commitment", commitment)
    assert "Checked</span>" in html and "SPA, Azertac" in html and "Azerbaijani" in html and "Second time." in html
    commitment.refresh_from_db()
    assert commitment.status == "none"


# ------------------------------------------------------------------ wordings


def test_an_amended_wording_stands_beside_the_former(signed_in: Client, pillar: Pillar, reviewer: User) -> None:
    commitment = make_commitment(pillar, "ENE-1", text_en="Train 100 engineers.", text_ar="تدريب 100 مهندس.")
    assert "Train 100 engineers." in page(signed_in, "amend", commitment)
    response = signed_in.post(address("amend", commitment), typed("amend"))
    assert response.url == f"{address('commitment', commitment)}#wordings"  # type: ignore[attr-defined]
    html = page(signed_in, "commitment", commitment)
    assert html.index("Version 2") < html.index("Version 1")
    assert html.count("Train 300 engineers.") == 2 and html.count("Train 100 engineers.") == 1
    assert Wording.objects.get(number=2).recorded_by == reviewer


# ------------------------------------------------------------------ later plans


def test_a_commitment_carried_over_and_its_origin_point_to_each_other(
    signed_in: Client, commitment: Commitment, later: Pillar
) -> None:
    form = page(signed_in, "carry_over", commitment)
    assert f'<option value="{later.pk}">' in form and 'value="ENE-1"' in form
    signed_in.post(address("carry_over", commitment), {"pillar": later.pk, "code": "ENE-9"})
    carried = Commitment.objects.get(code="ENE-9")
    assert f'href="{address("commitment", commitment)}"' in page(signed_in, "commitment", carried)
    assert f'href="{address("commitment", carried)}"' in page(signed_in, "commitment", commitment)


def test_a_code_that_is_taken_is_said_beside_the_form(signed_in: Client, commitment: Commitment, later: Pillar) -> None:
    make_commitment(later, "ENE-1", starts=None, due_on=None)
    response = signed_in.post(address("carry_over", commitment), {"pillar": later.pk, "code": "ENE-1"})
    assert response.status_code == 422 and "has a commitment with this code" in response.content.decode()


def test_only_later_plans_of_the_same_sides_that_one_may_edit_are_offered(
    signed_in: Client, reviewer: User, commitment: Commitment, plan: Plan, later: Pillar
) -> None:
    elsewhere = make_plan("gcc-jpn", plan.side_a, Party.objects.create(slug="jpn", kind="state", name_en="Japan"))
    foreign = Pillar.objects.create(plan=elsewhere, code="ENE", title_en="x", title_ar="x", sector=later.sector)
    assert f'value="{foreign.pk}"' not in page(signed_in, "carry_over", commitment)
    response = signed_in.post(address("carry_over", commitment), {"pillar": foreign.pk, "code": "X-1"})
    assert response.status_code == 422
    reviewer.plans.add(plan)
    assert "No later plan of these sides" in page(signed_in, "carry_over", commitment)


# ------------------------------------------------------------------ a side's own report


def test_a_focal_point_reports_for_their_side_in_their_words(focal: Client, commitment: Commitment) -> None:
    focal.post(address("report", commitment), typed("report", text="The centre opened.\r\nIt trains fifty."))
    said = Assessment.objects.select_related("ground").get()
    assert (said.side, said.level, said.ground.quote) == ("b", "limited", "The centre opened.\nIt trains fifty.")
    html = page(focal, "commitment", commitment)
    assert "Azerbaijan says" in html and "The centre opened." in html
    html = focal.get(said.ground.get_absolute_url()).content.decode()
    assert "The report itself" in html and "/archive/" not in html and "address not recorded" not in html


def test_who_is_no_focal_point_of_these_sides_has_no_report_to_make(signed_in: Client, commitment: Commitment) -> None:
    assert signed_in.get(address("report", commitment)).status_code == 403
    assert signed_in.post(address("report", commitment), typed("report")).status_code == 403
    assert not Evidence.objects.exists()


def test_a_focal_point_withdraws_only_what_is_their_sides(focal: Client, commitment: Commitment) -> None:
    theirs, own = (make_evidence(commitment, date(2024, 5, 1), speaker=side) for side in ("a", "b"))
    with translation.override("en"):
        assert focal.post(reverse("withdraw_evidence", args=[theirs.pk]), {"reason": "No."}).status_code == 403
        assert focal.post(reverse("withdraw_evidence", args=[own.pk]), {"reason": "Error."}).status_code == 302
    assert Withdrawal.objects.get().evidence == own
    html = focal.get(theirs.get_absolute_url()).content.decode()
    assert "/withdraw/" not in html


# ------------------------------------------------------------------ what it costs


def test_a_commitments_page_costs_the_same_at_any_size_for_whoever_records(
    signed_in: Client, commitment: Commitment, later: Pillar, django_assert_max_num_queries: Any
) -> None:
    signed_in.get(address("commitment", commitment))
    costs = []
    for size in (1, 5):
        for number in range(size):
            proof = make_evidence(commitment, date(2024, 12, 1))
            commitment.refresh_from_db()
            words = {"title_en": f"{size} {number}", "title_ar": "عنوان", "text_en": "", "text_ar": ""}
            amend(
                commitment,
                **words,
                agreed_on=date(2025, 1, 1),
                by=make_user("editor", f"e{size}{number}"),
                evidence=proof,
            )
            assess(commitment, side="a", level="limited", ground=proof, on=date(2025, 1, 1), by=None)
            start = date(2030 + size, 1, 1)
            plan = make_plan(f"p{size}{number}", later.plan.side_a, later.plan.side_b, starts=start, ends=None)
            pillar = Pillar.objects.create(plan=plan, code="E", title_en="x", title_ar="x", sector=later.sector)
            carry_over(commitment, plan=plan, pillar=pillar, code="E-1", by=None)
        with django_assert_max_num_queries(40) as spent:
            signed_in.get(address("commitment", commitment))
        costs.append(len(spent))
    assert costs[0] == costs[1]
