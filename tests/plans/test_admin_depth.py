"""Data entry beside the plan itself: lineage, meetings with action points, offices, limits of an editor, filters."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans import keys
from plans.models import (
    ActionPoint,
    Commitment,
    DateChange,
    Document,
    Meeting,
    Milestone,
    Office,
    Pillar,
    Plan,
    Proposal,
    Token,
    User,
)
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_party, make_plan
from tests.plans.test_admin import address, as_shown, errors, moved, save, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return signed_in("editor")


@pytest.fixture
def other(plan: Plan, pillar: Pillar) -> Commitment:
    """A commitment of another plan."""
    elsewhere = make_plan("gcc-tur", plan.side_a, make_party("tur"))
    area = Pillar.objects.create(plan=elsewhere, code="ENE", title_en="E", title_ar="ط", sector=pillar.sector)
    return make_commitment(area, "TUR-1")


@pytest.fixture
def meeting(plan: Plan) -> Meeting:
    return Meeting.objects.create(
        plan=plan, kind="ministerial", held_on=date(2025, 5, 1), place_en="Baku", place_ar="باكو"
    )


# ------------------------------------------------------------------ titles and wording
def test_a_title_in_one_language_is_enough_to_begin_with(desk: Client, commitment: Commitment) -> None:
    page = address("plans_commitment_add")
    typed = {"pillar": commitment.pillar_id, "code": "ENE-2"}
    response = desk.post(page, {**as_shown(desk.get(page)), **typed})
    assert errors(response) == {"title_ar": ["Give the title in one language at least."]}
    assert desk.post(page, {**as_shown(desk.get(page)), **typed, "title_ar": "التزام"}).status_code == 302


def test_the_wording_agreed_is_not_edited_but_amended(desk: Client, commitment: Commitment) -> None:
    save(desk, commitment, title_en="Something else", text_en="The text as agreed.")
    commitment.refresh_from_db()
    assert (commitment.title_en, commitment.text_en) == ("Commitment ENE-1", "The text as agreed.")
    save(desk, commitment.plan, **{"commitments-0-text_en": "Another text."})
    commitment.refresh_from_db()
    assert commitment.text_en == "The text as agreed."
    html = desk.get(address("plans_commitment_change", commitment.pk)).content.decode()
    assert 'href="/en/plans/gcc-aze/ENE-1/amend/"' in html


def test_while_a_plan_is_negotiated_its_wording_is_edited(desk: Client, commitment: Commitment) -> None:
    Plan.objects.update(lifecycle="negotiating")
    save(desk, commitment, title_en="Something else")
    commitment.refresh_from_db()
    assert commitment.title_en == "Something else"


# ------------------------------------------------------------------ lineage
def test_a_plan_names_the_one_it_follows_from(desk: Client, plan: Plan, other: Commitment) -> None:
    typed = {"lineage-TOTAL_FORMS": 1, "lineage-0-kind": "renews", "lineage-0-earlier": other.plan_id}
    assert save(desk, plan, **typed).status_code == 302
    assert plan.lineage.get().earlier == other.plan


def test_a_plan_does_not_follow_from_itself(desk: Client, plan: Plan) -> None:
    typed = {"lineage-TOTAL_FORMS": 1, "lineage-0-kind": "renews", "lineage-0-earlier": plan.pk}
    assert "A plan does not follow from itself." in save(desk, plan, **typed).content.decode()


# ------------------------------------------------------------------ meetings
def test_a_meeting_has_action_points_papers_and_what_was_reviewed(
    desk: Client, meeting: Meeting, commitment: Commitment
) -> None:
    paper = Document.objects.create(plan=meeting.plan, title_ar="محضر", title_en="Minutes", publisher="Secretariat")
    typed = {
        "round": 3,
        "documents": [paper.pk],
        "reviewed": [commitment.pk],
        "action_points-TOTAL_FORMS": 1,
        "action_points-0-text_ar": "إرسال قائمة المتدربين",
        "action_points-0-side": "b",
        "action_points-0-commitment": commitment.pk,
        "action_points-0-due_on": "2025-09-01",
    }
    assert save(desk, meeting, **typed).status_code == 302
    meeting.refresh_from_db()
    assert meeting.round == 3
    assert list(meeting.documents.all()) == [paper]
    assert list(meeting.reviewed.all()) == [commitment]
    assert meeting.action_points.get().commitment == commitment


def test_a_meeting_reviews_commitments_of_its_own_plan(desk: Client, meeting: Meeting, other: Commitment) -> None:
    assert "reviewed" in errors(save(desk, meeting, reviewed=[other.pk]))
    typed = {"action_points-TOTAL_FORMS": 1, "action_points-0-text_en": "Do", "action_points-0-commitment": other.pk}
    assert "action_points-0-commitment" in errors(save(desk, meeting, **typed))


def test_an_action_point_says_what_is_to_be_done(desk: Client, meeting: Meeting) -> None:
    typed = {"action_points-TOTAL_FORMS": 1, "action_points-0-owner_en": "Ministry"}
    assert errors(save(desk, meeting, **typed)) == {"action_points-0-text_ar": ["Say what is to be done."]}


def test_whoever_saw_that_a_point_was_done_stands_for_it(desk: Client, meeting: Meeting) -> None:
    point = ActionPoint.objects.create(meeting=meeting, text_en="Send the list.")
    response = save(desk, meeting, **{"action_points-0-verified": "on"})
    assert errors(response) == {"action_points-0-done_on": ["Verified is what was done: on which day?"]}
    save(desk, meeting, **{"action_points-0-verified": "on", "action_points-0-done_on": "2025-08-01"})
    point.refresh_from_db()
    assert point.verified_by == User.objects.get(username="the-editor")
    save(signed_in("administrator"), meeting, **{"action_points-0-owner_en": "Ministry"})
    point.refresh_from_db()
    assert point.verified_by == User.objects.get(username="the-editor")


# ------------------------------------------------------------------ offices
def test_an_office_has_holders_with_dates(desk: Client, plan: Plan) -> None:
    page = address("plans_office_add")
    typed = {
        "party": plan.side_a_id,
        "title_ar": "الأمانة العامة",
        "title_en": "General Secretariat",
        "holders-TOTAL_FORMS": 1,
        "holders-0-name_ar": "فلان",
        "holders-0-name_en": "Somebody",
        "holders-0-since": "2025-01-01",
        "holders-0-until": "2024-01-01",
    }
    response = desk.post(page, {**as_shown(desk.get(page)), **typed})
    assert "The office is left before it is taken up." in response.content.decode()
    assert desk.post(page, {**as_shown(response), **typed, "holders-0-until": ""}).status_code == 302
    assert Office.objects.get().holders.get().name_en == "Somebody"


# ------------------------------------------------------------------ filters
@pytest.mark.parametrize(
    "query",
    [
        {"attention": "silent"},
        {"attention": "overdue"},
        {"is_contested__exact": 1},
        {"status__exact": "limited"},
        {"pillar__sector__id__exact": "trade"},
    ],
)
def test_the_list_of_commitments_is_filtered_to_what_needs_a_person(
    desk: Client, pillar: Pillar, query: dict[str, Any]
) -> None:
    today = timezone.localdate()
    recent = {"last_evidence_on": today, "due_on": today + timedelta(days=90)}
    make_commitment(pillar, "FINE", **recent)
    wanted = make_commitment(pillar, "WANTED", **recent)
    matters: dict[Any, Any] = {
        "silent": {"last_evidence_on": today - timedelta(days=400)},
        "overdue": {"due_on": today - timedelta(days=1)},
        1: {"is_contested": True},
        "limited": {"status": "limited"},
    }
    [value] = query.values()
    if value == "trade":
        sector = type(pillar.sector).objects.create(slug="trade", name_en="Trade", name_ar="التجارة")
        area = Pillar.objects.create(plan=pillar.plan, code="TRD", title_en="T", title_ar="ت", sector=sector)
        Commitment.objects.filter(pk=wanted.pk).update(pillar=area)
        query = {"pillar__sector__id__exact": sector.pk}
    else:
        Commitment.objects.filter(pk=wanted.pk).update(**matters[value])
    response = desk.get(address("plans_commitment_changelist"), query)
    assert list(response.context["cl"].queryset) == [wanted]


# ------------------------------------------------------------------ an editor of some plans
@pytest.fixture
def limited(desk: Client, plan: Plan) -> Client:
    """The browser of an editor of one plan alone."""
    User.objects.get(username="the-editor").plans.add(plan)
    return desk


def test_an_editor_of_some_plans_edits_them(limited: Client, commitment: Commitment) -> None:
    assert save(limited, commitment, lead_a_en="Ministry").status_code == 302
    assert save(limited, commitment.plan, note_en="Ours").status_code == 302


def test_an_editor_of_some_plans_reads_the_others_and_changes_nothing_there(limited: Client, other: Commitment) -> None:
    milestone = Milestone.objects.create(commitment=other, title_en="S", title_ar="خ")
    for thing in (other.plan, other, other.pillar, milestone):
        page = address(f"plans_{thing._meta.model_name}_change", thing.pk)
        shown = limited.get(page)
        assert shown.status_code == 200
        assert 'name="_save"' not in shown.content.decode()
        assert limited.post(page, {"title_en": "Mine"}).status_code == 403
        assert limited.post(address(f"plans_{thing._meta.model_name}_delete", thing.pk)).status_code == 403


def test_an_editor_of_some_plans_adds_nothing_to_the_others(limited: Client, other: Commitment) -> None:
    page = address("plans_commitment_add")
    typed = {"pillar": other.pillar_id, "code": "NEW", "title_ar": "جديد"}
    assert "pillar" in errors(limited.post(page, {**as_shown(limited.get(page)), **typed}))
    assert errors(moved(limited, commitment=other.pk))
    assert not DateChange.objects.exists()
    assert limited.get(address("plans_plan_add")).status_code == 403


def test_an_editor_of_some_plans_is_offered_theirs_alone(
    limited: Client, other: Commitment, commitment: Commitment
) -> None:
    query = {"app_label": "plans", "model_name": "commitment", "field_name": "pillar"}
    found = limited.get(address("autocomplete"), query).json()["results"]
    assert [choice["id"] for choice in found] == [str(commitment.pillar_id)]


def test_deleting_many_at_once_spares_the_plans_of_others(limited: Client, other: Commitment) -> None:
    page = address("plans_commitment_changelist")
    limited.post(page, {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
    assert Commitment.objects.filter(pk=other.pk).exists()


def test_an_administrator_limits_an_editor_to_plans(plan: Plan) -> None:
    client, person = signed_in("administrator"), make_user("editor")
    shown = as_shown(client.get(address("plans_user_change", person.pk)))
    groups = [group.pk for group in person.groups.all()]
    page = address("plans_user_change", person.pk)
    assert client.post(page, {**shown, "groups": groups, "plans": [plan.pk]}).status_code == 302
    assert list(person.plans.all()) == [plan]


# ------------------------------------------------------------------ operations refuse beside the field
def test_what_an_operation_refuses_is_told_beside_the_field(desk: Client, commitment: Commitment) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert list(errors(moved(desk, commitment=commitment.pk, decided_on=tomorrow))) == ["decided_on"]
    assert not DateChange.objects.exists()


def test_a_date_waits_for_approval_where_the_plan_asks_for_it(desk: Client, commitment: Commitment) -> None:
    Plan.objects.update(asks_approval=True)
    response = moved(desk, commitment=commitment.pk)
    assert response.status_code == 302
    assert "waits until somebody else approves it" in desk.get(response["Location"]).content.decode()
    assert Proposal.objects.get().commitment == commitment
    commitment.refresh_from_db()
    assert commitment.due_on == date(2026, 6, 30)


# ------------------------------------------------------------------ the same queries at any size
@pytest.mark.parametrize("table", ["document", "meeting", "office"])
def test_a_list_costs_the_same_queries_at_any_size(desk: Client, plan: Plan, table: str) -> None:
    page, costs = address(f"plans_{table}_changelist"), []
    for count in (2, 5):
        for _number in range(count):
            Document.objects.create(plan=plan, title_ar="محضر", title_en="Minutes", publisher="Secretariat")
            Meeting.objects.create(plan=plan, kind="summit", held_on=date(2025, 5, 1), place_en="B", place_ar="ب")
            office = Office.objects.create(party=plan.side_a, plan=plan, title_en="O", title_ar="م")
            office.holders.create(name_en="Somebody", name_ar="فلان")
        desk.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_the_page_of_a_meeting_costs_the_same_queries_at_any_size(
    desk: Client, meeting: Meeting, pillar: Pillar
) -> None:
    page, costs = address("plans_meeting_change", meeting.pk), []
    for prefix, count in (("A", 2), ("B", 5)):
        for number in range(count):
            commitment = make_commitment(pillar, f"{prefix}{number}")
            meeting.reviewed.add(commitment)
            ActionPoint.objects.create(meeting=meeting, text_en="Do", commitment=commitment)
        desk.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1]


# ------------------------------------------------------------------ keys of the API
def test_who_keeps_the_accounts_sees_every_key_and_revokes_it(reviewer: User) -> None:
    token, key = keys.make(reviewer, "Dashboard of the ministry")
    client = signed_in("administrator")
    shown = client.get(address("plans_token_changelist")).content.decode()
    assert "Dashboard of the ministry" in shown and "reviewer" in shown
    assert token.digest not in client.get(address("plans_token_change", token.pk)).content.decode()
    client.post(address("plans_token_delete", token.pk), {"post": "yes"})
    assert keys.holder_of(key) is None


def test_others_see_and_revoke_their_own_keys_alone(desk: Client, reviewer: User) -> None:
    theirs, _key = keys.make(reviewer, "Theirs")
    own, _key = keys.make(User.objects.get(username="the-editor"), "Mine")
    shown = desk.get(address("plans_token_changelist")).content.decode()
    assert "Mine" in shown and "Theirs" not in shown
    for token in (theirs, own):
        desk.post(address("plans_token_delete", token.pk), {"post": "yes"})
    assert [one.name for one in Token.objects.all()] == ["Theirs"]
