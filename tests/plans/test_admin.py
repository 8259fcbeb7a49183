"""Data entry: what a desk officer enters in one sitting, what is refused beside its field, and what is only read."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from plans.models import (
    Check,
    Commitment,
    DateChange,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    User,
)
from plans.progress import assess, move_date, withdraw
from tests.conftest import PASSWORD, make_user
from tests.plans.conftest import make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(f"admin:{name}", args=args)


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(make_user(role, f"the-{role}"))
    return client


@pytest.fixture
def desk() -> Client:
    """The browser of an editor."""
    return signed_in("editor")


@pytest.fixture
def energy(db: None) -> Sector:
    return Sector.objects.create(slug="energy", name_en="Energy", name_ar="الطاقة")


def as_shown(response: Any) -> dict[str, Any]:
    """What a browser would send back of a change page nobody has typed into."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = [field for form in forms for field in form if not field.field.disabled]
    shown = {field.html_name: field.value() for field in fields}
    return {name: value for name, value in shown.items() if value is not None and value is not False}


def errors(response: Any) -> dict[str, list[str]]:
    """What is said beside each field."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += inline.formset.forms
    return {form.add_prefix(name): list(told) for form in forms for name, told in form.errors.items()}


def a_plan(gcc: Party, aze: Party, energy: Sector, **typed: Any) -> dict[str, Any]:
    """A plan with one pillar and one commitment, as typed into the page of a new plan."""
    return {
        "title_ar": "خطة العمل المشترك",
        "title_en": "Joint Action Plan",
        "slug": "gcc-aze",
        "side_a": gcc.pk,
        "side_b": aze.pk,
        "starts": "2024-01-01",
        "ends": "2028-12-31",
        "pillars-0-code": "ENE",
        "pillars-0-title_ar": "الطاقة",
        "pillars-0-title_en": "Energy",
        "pillars-0-sector": energy.pk,
        "commitments-0-pillar_code": "ENE",
        "commitments-0-code": "ENE-1",
        "commitments-0-title_ar": "تدريب المهندسين",
        "commitments-0-title_en": "Training of engineers",
        "commitments-0-due_on": "2026-06-30",
        **typed,
    }


def enter(client: Client, typed: dict[str, Any], language: str = "en") -> Any:
    page = address("plans_plan_add", language=language)
    return client.post(page, {**as_shown(client.get(page)), **typed})


def save(client: Client, thing: Any, **typed: Any) -> Any:
    """Open a thing's page, type these fields and save."""
    page = address(f"plans_{thing._meta.model_name}_change", thing.pk)
    return client.post(page, {**as_shown(client.get(page)), **typed})


# ------------------------------------------------------------------ a plan in one sitting
def test_a_plan_with_its_pillar_and_commitment_is_entered_in_one_sitting(
    desk: Client, gcc: Party, aze: Party, energy: Sector
) -> None:
    assert enter(desk, a_plan(gcc, aze, energy)).status_code == 302
    commitment = Commitment.objects.get(plan__slug="gcc-aze")
    assert (commitment.code, commitment.pillar.code, commitment.pillar.sector) == ("ENE-1", "ENE", energy)
    assert commitment.due_on == commitment.baseline_due_on == date(2026, 6, 30)
    assert commitment.status == "none"
    assert "تدريب المهندسين" in desk.get("/ar/plans/gcc-aze/").content.decode()


def test_rows_left_empty_are_not_stored(desk: Client, gcc: Party, aze: Party, energy: Sector) -> None:
    of_the_plan = {name: value for name, value in a_plan(gcc, aze, energy).items() if "-0-" not in name}
    assert enter(desk, of_the_plan).status_code == 302
    plan = Plan.objects.get()
    assert not plan.pillars.exists()
    assert not plan.commitments.exists()


@pytest.mark.parametrize("ends", ["2023-12-31", "2024-01-01"])
def test_an_end_before_the_start_is_told_beside_the_field_and_nothing_typed_is_lost(
    desk: Client, gcc: Party, aze: Party, energy: Sector, ends: str
) -> None:
    typed = a_plan(gcc, aze, energy, ends=ends)
    response = enter(desk, typed)
    assert errors(response) == {"ends": ["The plan ends before it starts."]}
    kept = as_shown(response)
    assert {name: str(kept[name]) for name in typed} == {name: str(value) for name, value in typed.items()}
    assert not Plan.objects.exists()


def test_the_two_sides_of_a_plan_differ(desk: Client, gcc: Party, energy: Sector) -> None:
    response = enter(desk, a_plan(gcc, gcc, energy))
    assert errors(response) == {"side_b": ["The two sides are the same party."]}


def test_nothing_is_done_on_a_day_still_to_come(desk: Client, commitment: Commitment) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    milestone = Milestone.objects.create(commitment=commitment, title_en="Step", title_ar="خطوة")
    for thing in (commitment, milestone):
        response = save(desk, thing, done_on=tomorrow)
        assert errors(response) == {"done_on": ["This day is still to come."]}
        assert save(desk, thing, done_on=timezone.localdate()).status_code == 302


def test_a_commitment_is_not_due_before_it_starts(desk: Client, commitment: Commitment) -> None:
    Commitment.objects.update(due_on=None, baseline_due_on=None)
    response = save(desk, commitment, starts="2024-01-01", due_on="2023-12-31")
    assert errors(response) == {"due_on": ["The commitment is due before it starts."]}


@pytest.mark.parametrize(
    "typed, told",
    [
        ({"commitments-0-pillar_code": "TRD"}, "The plan has no pillar with this code. It has: ENE."),
        ({"pillars-0-code": "", "pillars-0-DELETE": "on"}, "The plan has no pillar yet. Enter its pillars above."),
    ],
)
def test_a_commitment_names_a_pillar_of_its_plan(
    desk: Client, gcc: Party, aze: Party, energy: Sector, typed: dict[str, str], told: str
) -> None:
    response = enter(desk, a_plan(gcc, aze, energy, **typed))
    assert errors(response)["commitments-0-pillar_code"] == [told]
    assert not Plan.objects.exists()


@pytest.mark.parametrize("rows", ["pillars", "commitments"])
def test_a_code_stands_once_in_a_plan(desk: Client, gcc: Party, aze: Party, energy: Sector, rows: str) -> None:
    typed = {"pillars-0-position": 1, "commitments-0-due_precision": "day", **a_plan(gcc, aze, energy)}
    twice = {name.replace("-0-", "-1-"): value for name, value in typed.items() if name.startswith(rows)}
    response = enter(desk, {**typed, **twice, f"{rows}-TOTAL_FORMS": 2})
    assert "Please correct the duplicate data for code." in response.content.decode()
    assert not Plan.objects.exists()


def test_a_second_commitment_with_a_code_of_the_plan_is_told_so(desk: Client, commitment: Commitment) -> None:
    page = address("plans_commitment_add")
    typed = {"pillar": commitment.pillar_id, "code": "ENE-1", "title_ar": "التزام", "title_en": "Commitment"}
    response = desk.post(page, {**as_shown(desk.get(page)), **typed})
    assert errors(response) == {"code": ["The plan has a commitment with this code."]}
    assert desk.post(page, {**as_shown(desk.get(page)), **typed, "code": "ENE-2"}).status_code == 302
    assert commitment.plan.commitments.count() == 2


@pytest.mark.parametrize("code", ["card", "feed", "briefing", "handover", "dates", "pillars"])
def test_a_code_that_is_the_address_of_a_page_is_told_so(desk: Client, pillar: Pillar, code: str) -> None:
    page = address("plans_commitment_add")
    typed = {"pillar": pillar.pk, "code": code, "title_ar": "التزام", "title_en": "Commitment"}
    response = desk.post(page, {**as_shown(desk.get(page)), **typed})
    assert errors(response) == {"code": ["A page of the plan has this address. Choose another code: «ENE-3»."]}
    assert not Commitment.objects.exists()


def test_a_commitment_stays_under_its_pillar_when_that_ones_code_changes(desk: Client, commitment: Commitment) -> None:
    assert save(desk, commitment.plan, **{"pillars-0-code": "NRG"}).status_code == 302
    commitment.refresh_from_db()
    assert commitment.pillar.code == "NRG"


def test_a_commitment_moves_to_another_pillar_by_its_code(desk: Client, commitment: Commitment, pillar: Pillar) -> None:
    trade = Pillar.objects.create(plan=pillar.plan, code="TRD", title_en="T", title_ar="ت", sector=pillar.sector)
    assert save(desk, commitment.plan, **{"commitments-0-pillar_code": "TRD"}).status_code == 302
    commitment.refresh_from_db()
    assert commitment.pillar == trade


def test_a_commitment_does_not_move_to_another_plan(
    desk: Client, commitment: Commitment, pillar: Pillar, gcc: Party
) -> None:
    other = make_plan("gcc-tur", gcc, make_party("tur"))
    elsewhere = Pillar.objects.create(plan=other, code="ENE", title_en="E", title_ar="ط", sector=pillar.sector)
    response = save(desk, commitment, pillar=elsewhere.pk)
    assert errors(response) == {"pillar": ["The pillar belongs to another plan."]}


# ------------------------------------------------------------------ dates move in the open
def test_a_due_date_once_entered_does_not_change_by_saving_a_page(desk: Client, commitment: Commitment) -> None:
    milestone = Milestone.objects.create(commitment=commitment, title_en="S", title_ar="خ", due_on=date(2025, 6, 30))
    later = {"due_on": "2027-01-01", "due_precision": "year"}
    assert save(desk, commitment, **later, **{"milestones-0-due_on": "2027-01-01"}).status_code == 302
    assert save(desk, milestone, **later).status_code == 302
    assert (
        save(desk, commitment.plan, **{f"commitments-0-{name}": value for name, value in later.items()}).status_code
        == 302
    )
    commitment.refresh_from_db()
    milestone.refresh_from_db()
    assert (commitment.due_on, commitment.due_precision) == (date(2026, 6, 30), "day")
    assert (milestone.due_on, milestone.due_precision) == (date(2025, 6, 30), "day")


def test_a_due_date_entered_later_is_the_one_first_agreed(desk: Client, pillar: Pillar) -> None:
    undated = make_commitment(pillar, "ENE-9", due_on=None)
    assert save(desk, undated, due_on="2026-03-31").status_code == 302
    undated.refresh_from_db()
    assert undated.due_on == undated.baseline_due_on == date(2026, 3, 31)


def test_a_date_given_up_does_not_come_back_by_saving_the_page(
    desk: Client, commitment: Commitment, reviewer: User
) -> None:
    move_date(commitment, to=None, precision="day", decided_on=date(2026, 1, 1), by=reviewer, reason_en="Given up.")
    save(desk, commitment, due_on="2027-01-01")
    commitment.refresh_from_db()
    assert commitment.due_on is None


def test_the_page_of_a_commitment_leads_to_moving_its_date(desk: Client, commitment: Commitment) -> None:
    html = desk.get(address("plans_commitment_change", commitment.pk)).content.decode()
    found = re.search(r'href="([^"]*datechange/add/[^"]*)"', html)
    assert found
    assert as_shown(desk.get(found[1]))["commitment"] == str(commitment.pk)


def moved(client: Client, **typed: Any) -> Any:
    page = address("plans_datechange_add")
    said = {"to_date": "2027-06-30", "decided_on": "2026-02-01", "reason_en": "The ministers asked for a year more."}
    return client.post(page, {**as_shown(client.get(page)), **said, **typed})


def test_a_moved_date_keeps_the_former_one_the_reason_and_who_recorded_it(desk: Client, commitment: Commitment) -> None:
    assert moved(desk, commitment=commitment.pk).status_code == 302
    commitment.refresh_from_db()
    assert (commitment.due_on, commitment.baseline_due_on) == (date(2027, 6, 30), date(2026, 6, 30))
    change = DateChange.objects.get()
    assert (change.from_date, change.to_date) == (date(2026, 6, 30), date(2027, 6, 30))
    assert change.recorded_by
    assert change.recorded_by.username == "the-editor"


def test_a_milestones_date_moves_too(desk: Client, commitment: Commitment) -> None:
    milestone = Milestone.objects.create(commitment=commitment, title_en="S", title_ar="خ", due_on=date(2025, 6, 30))
    assert moved(desk, milestone=milestone.pk).status_code == 302
    milestone.refresh_from_db()
    assert milestone.due_on == date(2027, 6, 30)


@pytest.mark.parametrize(
    "typed, field, told",
    [
        ({"reason_en": ""}, "reason_ar", "Say why the date moves."),
        ({"to_date": "2023-12-31"}, "to_date", "The commitment is due before it starts."),
        ({"commitment": ""}, "commitment", "Choose either a commitment or a milestone."),
    ],
)
def test_a_date_does_not_move_without_a_reason_nor_before_the_start_nor_of_nothing(
    desk: Client, commitment: Commitment, typed: dict[str, str], field: str, told: str
) -> None:
    response = moved(desk, **{"commitment": commitment.pk, **typed})
    assert errors(response) == {field: [told]}
    commitment.refresh_from_db()
    assert commitment.due_on == date(2026, 6, 30)
    assert not DateChange.objects.exists()


def test_a_date_does_not_move_because_of_evidence_of_another_plan(
    desk: Client, commitment: Commitment, pillar: Pillar, gcc: Party
) -> None:
    other = make_plan("gcc-tur", gcc, make_party("tur"))
    elsewhere = Pillar.objects.create(plan=other, code="ENE", title_en="E", title_ar="ط", sector=pillar.sector)
    evidence = make_evidence(make_commitment(elsewhere, "ENE-1"), date(2026, 1, 1))
    response = moved(desk, commitment=commitment.pk, evidence=evidence.pk)
    assert errors(response) == {"evidence": ["The evidence speaks of another plan."]}


# ------------------------------------------------------------------ the record is read
@pytest.fixture
def record(commitment: Commitment, reviewer: User) -> dict[str, Any]:
    """Something in every table of the record."""
    ground = make_evidence(commitment, date(2026, 1, 1))
    assessment = assess(commitment, side="a", level="limited", ground=ground, on=date(2026, 1, 2), by=reviewer)
    undone = make_evidence(commitment, date(2026, 2, 1))
    return {
        "evidence": ground,
        "assessment": assessment,
        "withdrawal": withdraw(undone, reason="Another plan was meant.", by=reviewer),
        "datechange": move_date(
            commitment, to=None, precision="day", decided_on=date(2026, 1, 1), by=reviewer, reason_en="Given up."
        ),
    }


@pytest.mark.parametrize("name", ["evidence", "assessment", "withdrawal", "datechange"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_an_administrator_reads_the_record_and_changes_nothing(
    record: dict[str, Any], name: str, language: str
) -> None:
    client, thing = signed_in("administrator"), record[name]
    page = address(f"plans_{name}_change", thing.pk, language=language)
    response = client.get(page)
    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()
    assert client.post(page, as_shown(response)).status_code == 403
    assert client.get(address(f"plans_{name}_delete", thing.pk)).status_code == 403


@pytest.mark.parametrize("name", ["evidence", "assessment", "withdrawal"])
def test_evidence_assessments_and_withdrawals_are_made_on_the_site_alone(db: None, name: str) -> None:
    assert signed_in("administrator").get(address(f"plans_{name}_add")).status_code == 403


def test_an_assessment_leads_to_its_commitment_on_the_site(desk: Client, record: dict[str, Any]) -> None:
    html = desk.get(address("plans_assessment_change", record["assessment"].pk)).content.decode()
    assert 'href="/en/plans/gcc-aze/ENE-1/"' in html


def test_a_check_recorded_here_ends_the_silence(commitment: Commitment) -> None:
    client = signed_in("reviewer")
    page, today = address("plans_check_add"), timezone.localdate()
    typed = {"commitment": commitment.pk, "on": today, "languages": "ar,az", "sources": "The four agencies."}
    assert client.post(page, {**as_shown(client.get(page)), **typed}).status_code == 302
    commitment.refresh_from_db()
    assert commitment.last_checked_on == today
    assert Check.objects.get().languages == ["ar", "az"]


# ------------------------------------------------------------------ who may
def test_a_reviewer_reads_plans_and_enters_none(plan: Plan, aze: Party, gcc: Party, energy: Sector) -> None:
    client = signed_in("reviewer")
    assert client.get(address("plans_plan_change", plan.pk)).status_code == 200
    assert client.get(address("plans_plan_add")).status_code == 403
    assert client.post(address("plans_plan_add"), a_plan(gcc, aze, energy, slug="other")).status_code == 403
    assert client.post(address("plans_plan_change", plan.pk), {"title_en": "Mine"}).status_code == 403


def test_a_viewer_does_not_come_in(db: None) -> None:
    assert signed_in("viewer").get(address("index"), follow=True).status_code == 403


def test_a_stranger_signs_in_first_and_comes_back_to_the_page(client: Client) -> None:
    response = client.get("/ar/admin/plans/plan/add/", follow=True)
    assert response.redirect_chain[-1][0] == "/ar/accounts/login/?next=/ar/admin/plans/plan/add/"
    make_user("editor", "officer")
    response = client.post(response.redirect_chain[-1][0], {"username": "officer", "password": PASSWORD})
    assert response.headers["Location"] == "/ar/admin/plans/plan/add/"


def test_an_administrator_gives_a_role_and_a_party(aze: Party) -> None:
    client, person = signed_in("administrator"), make_user("viewer", "leyla")
    page = address("plans_user_change", person.pk)
    shown = client.get(page)
    group = person.groups.get().pk
    assert client.post(page, {**as_shown(shown), "party": aze.pk, "groups": [group]}).status_code == 302
    person.refresh_from_db()
    assert person.party == aze


def test_an_administrator_does_not_touch_a_superuser_nor_become_one(db: None) -> None:
    client = signed_in("administrator")
    first = User.objects.create_superuser("first", password=PASSWORD)
    assert client.post(address("plans_user_change", first.pk), {"username": "mine"}).status_code == 403
    own = User.objects.get(username="the-administrator")
    page = address("plans_user_change", own.pk)
    assert client.post(page, {**as_shown(client.get(page)), "is_superuser": "on"}).status_code == 302
    own.refresh_from_db()
    assert not own.is_superuser


# ------------------------------------------------------------------ both languages
def test_inputs_have_the_direction_and_language_of_what_belongs_into_them(desk: Client) -> None:
    html = desk.get(address("plans_plan_add")).content.decode()
    for name, direction in [
        ("title_ar", 'dir="rtl" lang="ar"'),
        ("title_en", 'dir="ltr" lang="en"'),
        ("slug", 'dir="ltr"'),
        ("pillars-0-title_ar", 'dir="rtl" lang="ar"'),
        ("commitments-0-text_ar", 'dir="rtl" lang="ar"'),
    ]:
        found = re.search(rf'<(?:input|textarea)[^>]* name="{name}"[^>]*>', html)
        assert found
        assert direction in found[0]


@pytest.mark.parametrize("language, name", [("ar", "طرف tur"), ("en", "Tur")])
def test_choices_are_worded_in_the_readers_language(desk: Client, language: str, name: str) -> None:
    make_party("tur")
    query = {"app_label": "plans", "model_name": "plan", "field_name": "side_a", "term": "tur"}
    found = desk.get(address("autocomplete", language=language), query).json()["results"]
    assert [choice["text"] for choice in found] == [name]


@pytest.mark.parametrize("language, word", [("ar", "مراجع"), ("en", "reviewer")])
def test_people_are_listed_by_their_role_in_the_readers_language(db: None, language: str, word: str) -> None:
    client = signed_in("administrator")
    make_user("reviewer", "leyla")
    html = client.get(address("plans_user_changelist", language=language)).content.decode()
    with translation.override(language):
        assert translation.gettext("reviewer") == word
    assert re.search(rf'class="field-roles">{word}<', html)
    assert re.search(rf"<a href=\"\?groups__id__exact=\d+\">\s*{word}", html)


def test_withdrawn_evidence_is_not_offered(desk: Client, record: dict[str, Any]) -> None:
    query = {"app_label": "plans", "model_name": "datechange", "field_name": "evidence"}
    found = desk.get(address("autocomplete"), query).json()["results"]
    assert [choice["id"] for choice in found] == [str(record["evidence"].pk)]


@pytest.mark.parametrize("language, other", [("ar", "en"), ("en", "ar")])
def test_every_page_leads_to_the_site_and_to_itself_in_the_other_language(
    desk: Client, plan: Plan, language: str, other: str
) -> None:
    html = desk.get(address("plans_plan_change", plan.pk, language=language)).content.decode()
    assert f'hreflang="{other}"' in html
    assert f'href="{address("plans_plan_change", plan.pk, language=other)}"' in html
    assert f'href="/{language}/"' in html


@pytest.mark.parametrize("name", ["index", "plan_add", "plan_changelist", "plan_change", "plan_history", "plan_delete"])
def test_no_page_needs_a_script_or_style_of_its_own(desk: Client, plan: Plan, name: str) -> None:
    args = [plan.pk] if name in {"plan_change", "plan_history", "plan_delete"} else []
    response = desk.get(address(name if name == "index" else f"plans_{name}", *args))
    html = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"<style|<[^>]+ style=|<[^>]+ on[a-z]+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html) if "json" not in tag)


# ------------------------------------------------------------------ the same queries at any size
def fill(pillar: Pillar, by: User, prefix: str, count: int) -> None:
    for number in range(count):
        code = f"{prefix}{number}"
        area = Pillar.objects.create(plan=pillar.plan, code=code, title_en="A", title_ar="م", sector=pillar.sector)
        commitment = make_commitment(area, f"{code}-1")
        Milestone.objects.create(commitment=commitment, title_en="S", title_ar="خ")
        ground = make_evidence(commitment, date(2026, 1, 1))
        assess(commitment, side="a", level="limited", ground=ground, on=date(2026, 1, 2), by=by)
        withdraw(make_evidence(commitment, date(2026, 1, 3)), reason="Another plan was meant.", by=by)
        move_date(commitment, to=None, precision="day", decided_on=date(2026, 1, 1), by=by, reason_en="Given up.")
        User.objects.create(username=f"person-{code}", party=pillar.plan.side_a).groups.set(Group.objects.all())


@pytest.mark.parametrize(
    "table",
    [
        "plan",
        "commitment",
        "pillar",
        "milestone",
        "evidence",
        "assessment",
        "withdrawal",
        "datechange",
        "party",
        "user",
    ],
)
def test_a_list_costs_the_same_queries_at_any_size(table: str, pillar: Pillar, reviewer: User) -> None:
    client, page = signed_in("administrator"), address(f"plans_{table}_changelist")
    costs = []
    for prefix, count in [("A", 2), ("B", 5)]:
        fill(pillar, reviewer, prefix, count)
        costs.append(queries_of(client, page))
    assert costs[0] == costs[1]


def test_the_page_of_a_plan_costs_the_same_queries_at_any_size(desk: Client, pillar: Pillar, reviewer: User) -> None:
    page, costs = address("plans_plan_change", pillar.plan_id), []
    for prefix, count in [("A", 2), ("B", 5)]:
        fill(pillar, reviewer, prefix, count)
        costs.append(queries_of(desk, page))
    assert costs[0] == costs[1]


def queries_of(client: Client, page: str) -> int:
    client.get(page)  # types of content are looked up once in a process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)
