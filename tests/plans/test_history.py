"""The history page of a row: who, when, what, in words; changes made in bulk or outside the site are in it too."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.admin.history import event_model_of
from plans.models import ROWS_WITH_HISTORY, Commitment, Milestone, Pillar, Plan, Sector, User
from tests.plans.test_admin import address, save, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return signed_in("editor")


def history(client: Client, thing: Any, language: str = "en") -> list[tuple[str, str, list[tuple[str, Any, str]]]]:
    """Who, what, and the fields with old and new, newest first."""
    page = address(f"plans_{thing._meta.model_name}_history", thing.pk, language=language)
    changes = client.get(page).context["changes"]
    return [(one.who, one.deed, [(field.label, field.old, field.new) for field in one.fields]) for one in changes]


def test_a_change_made_here_says_who_and_what_from_what_to_what(desk: Client, commitment: Commitment) -> None:
    User.objects.filter(username="the-editor").update(first_name="Leyla", last_name="Aliyeva")
    save(desk, commitment, lead_a_en="Ministry of Energy")
    assert history(desk, commitment)[0] == (
        "Leyla Aliyeva",
        "changed",
        [("Lead body of side A in English", "–", "Ministry of Energy")],
    )


def test_what_was_entered_first_is_told_with_every_field(desk: Client, commitment: Commitment) -> None:
    who, deed, fields = history(desk, commitment)[-1]
    assert (who, deed) == ("outside the site", "entered")
    assert ("Title in English", None, "Commitment ENE-1") in fields
    assert ("Pillar", None, "ENE Energy") in fields
    assert ("Precision of the due date", None, "day") in fields


def test_changes_in_bulk_and_by_raw_sql_are_told_as_made_outside_the_site(desk: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(lifecycle="expired")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE plans_plan SET ends = '2029-12-31', side_a_id = side_b_id, side_b_id = side_a_id")
    raw, bulk, _first = history(desk, plan)
    assert bulk == ("outside the site", "changed", [("Stage", "in force", "expired")])
    assert raw[:2] == ("outside the site", "changed")
    assert raw[2] == [
        ("Side A", "Gulf Cooperation Council", "Azerbaijan"),
        ("Side B", "Azerbaijan", "Gulf Cooperation Council"),
        ("Ends", "31 Dec 2028", "31 Dec 2029"),
    ]


def test_what_is_derived_is_no_change_of_the_row(desk: Client, commitment: Commitment) -> None:
    Commitment.objects.update(status="limited")
    assert all(not fields for _who, deed, fields in history(desk, commitment) if deed == "changed")


def test_a_row_older_than_its_history_says_what_it_was_changed_to(desk: Client, plan: Plan) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM plans_planevent")
    Plan.objects.filter(pk=plan.pk).update(lifecycle="expired")
    [(_who, deed, fields)] = history(desk, plan)
    assert deed == "changed"
    assert ("Stage", None, "expired") in fields


@pytest.mark.parametrize("language, words", [("ar", "خطة عمل مشترك"), ("en", "joint action plan")])
def test_a_history_is_in_the_readers_language(desk: Client, plan: Plan, language: str, words: str) -> None:
    fields = history(desk, plan, language)[-1][2]
    assert words in [new for _label, _old, new in fields]
    page = address("plans_plan_history", plan.pk, language=language)
    html = desk.get(page).content.decode()
    assert re.search(r'<ins dir="auto">' + words, html)


def test_a_history_of_many_changes_is_read_page_by_page(desk: Client, plan: Plan) -> None:
    for number in range(60):
        Plan.objects.filter(pk=plan.pk).update(note_en=f"Note {number}")
    page = address("plans_plan_history", plan.pk)
    newest, oldest = desk.get(page).context["changes"], desk.get(page, {"p": 2}).context["changes"]
    assert (len(newest), len(oldest)) == (50, 11)
    assert (newest[-1].fields[0].old, newest[-1].fields[0].new) == ("Note 9", "Note 10")
    assert 'href="?p=2"' in desk.get(page).content.decode()


def test_a_history_costs_the_same_queries_at_any_length(desk: Client, plan: Plan) -> None:
    page, costs = address("plans_plan_history", plan.pk), []
    for times in (2, 9):
        for number in range(times):
            Plan.objects.filter(pk=plan.pk).update(note_en=f"Note {times} {number}")
        desk.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_a_person_without_a_role_reads_no_history(plan: Plan) -> None:
    assert signed_in("viewer").get(address("plans_plan_history", plan.pk), follow=True).status_code == 403


def test_an_account_has_a_history_too(db: None) -> None:
    client = signed_in("administrator")
    person = User.objects.get(username="the-administrator")
    User.objects.filter(pk=person.pk).update(email="desk@example.org")
    assert history(client, person)[0][2] == [("Email address", "–", "desk@example.org")]


@pytest.mark.parametrize("model", [*ROWS_WITH_HISTORY, Commitment, User])
def test_every_table_with_a_history_has_one_to_show(model: Any) -> None:
    assert event_model_of(model) is not None


def test_what_was_deleted_from_a_row_is_told_in_its_history(desk: Client, commitment: Commitment) -> None:
    step = Milestone.objects.create(commitment=commitment, title_en="First group trained", title_ar="تدريب الدفعة")
    desk.post(address("plans_milestone_delete", step.pk), {"post": "yes"})
    [gone] = desk.get(address("plans_commitment_history", commitment.pk)).context["gone"]
    assert (gone.who, gone.kind, gone.name) == ("the-editor", "Milestone", "First group trained")


def test_what_was_deleted_by_raw_sql_is_told_too_at_the_cost_of_the_same_queries(desk: Client, plan: Plan) -> None:
    page = address("plans_plan_history", plan.pk)
    desk.get(page)  # what is asked once for all pages
    with CaptureQueriesContext(connection) as none:
        assert desk.get(page).context["gone"] == []
    sector, _made = Sector.objects.get_or_create(slug="energy", defaults={"name_en": "Energy", "name_ar": "الطاقة"})
    for code in ("P1", "P2", "P3"):
        Pillar.objects.create(plan=plan, code=code, title_en="Area", title_ar="مجال", sector=sector)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM plans_pillar")
    desk.get(page)  # what is asked anew since the plans have changed: the reader's rights
    with CaptureQueriesContext(connection) as many:
        gone = desk.get(page).context["gone"]
    assert [(one.who, one.kind, one.name) for one in gone] == [
        ("outside the site", "Pillar", f"{code} Area") for code in ("P3", "P2", "P1")
    ]
    assert len(none) == len(many)
