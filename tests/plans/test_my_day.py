"""What waits for a person, and how texts stand in their two languages."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from plans import work
from plans.models import ActionPoint, Commitment, Meeting, Party, Pillar, Plan, Proposal, Translation, User
from plans.progress import assess, record_check
from plans.work import State, mark_reviewed, my_day, translation_state
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence, make_party, make_plan
from tests.plans.test_pages import WellFormed

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 1)
LED = {"lead_a_en": "Secretariat", "lead_b_en": "Ministry"}


@pytest.fixture
def editor(db: None) -> User:
    return make_user("editor")


def commit(pillar: Pillar, code: str, **fields: Any) -> Commitment:
    """A commitment with lead bodies, a date far ahead and a recent check, for which nothing waits."""
    commitment = make_commitment(pillar, code, **{"due_on": date(2028, 1, 1), **LED, **fields})
    record_check(commitment, on=TODAY - timedelta(days=3), sources="Agencies", languages=["ar"], by=None)
    return commitment


def meet(plan: Plan, on: date) -> Meeting:
    return Meeting.objects.create(plan=plan, kind="ministerial", held_on=on, place_en="Baku", place_ar="باكو")


def differ(commitment: Commitment) -> None:
    ground = make_evidence(commitment, TODAY - timedelta(days=5))
    assess(commitment, side="a", level="completed", ground=ground, on=TODAY, by=None)
    assess(commitment, side="b", level="limited", ground=ground, on=TODAY, by=None)


def waiting(user: User, kind: str, today: date = TODAY) -> list[work.Line]:
    return next((group.lines for group in my_day(user, today) if group.kind == kind), [])


def codes(user: User, kind: str) -> list[str]:
    return [line.code for line in waiting(user, kind)]


# ------------------------------------------------------------------ what waits, and why


def test_nothing_waits_where_all_is_recorded_and_heard_of(editor: User, pillar: Pillar) -> None:
    commit(pillar, "ENE-1")
    assert my_day(editor, TODAY) == []


def test_what_is_overdue_waits_the_longest_overdue_first(editor: User, pillar: Pillar) -> None:
    commit(pillar, "ENE-1", due_on=date(2026, 2, 1))
    commit(pillar, "ENE-2", due_on=date(2025, 2, 1))
    commit(pillar, "ENE-3", due_on=date(2025, 2, 1), done_on=date(2025, 1, 1))
    assert codes(editor, "overdue") == ["ENE-2", "ENE-1"]
    assert waiting(editor, "overdue")[1].why == "Due 1 Feb 2026, 28 days ago."


@pytest.mark.parametrize("due, waits", [(date(2026, 5, 10), True), (date(2026, 5, 11), False), (TODAY, True)])
def test_what_is_due_by_the_next_meeting_waits(editor: User, pillar: Pillar, due: date, waits: bool) -> None:
    meet(pillar.plan, date(2026, 9, 1))
    meet(pillar.plan, date(2026, 5, 10))
    meet(pillar.plan, date(2025, 5, 10))
    commit(pillar, "ENE-1", due_on=due)
    assert bool(codes(editor, "due")) is waits
    if waits:
        assert "the sides meet on 10 May 2026 in Baku" in waiting(editor, "due")[0].why


@pytest.mark.parametrize("days, waits", [(30, True), (31, False)])
def test_without_a_meeting_ahead_what_is_due_soon_waits(editor: User, pillar: Pillar, days: int, waits: bool) -> None:
    commit(pillar, "ENE-1", due_on=TODAY + timedelta(days=days))
    assert bool(codes(editor, "due")) is waits


def test_what_is_silent_waits_with_a_check_to_record(reviewer: User, pillar: Pillar) -> None:
    reviewer.user_permissions.add(Permission.objects.get(codename="add_check"))
    quiet = make_commitment(pillar, "ENE-1", due_on=date(2028, 1, 1))
    commit(pillar, "ENE-2")
    (line,) = waiting(reviewer, "silent")
    assert line.code == quiet.code
    assert line.why == "No evidence; nothing heard for 790 days."
    assert line.action == "Record a check"


def test_what_the_sides_see_differently_waits_with_what_each_says(editor: User, pillar: Pillar) -> None:
    differ(commit(pillar, "ENE-1"))
    (line,) = waiting(editor, "contested")
    assert line.why == "GCC: Completed; Azerbaijan: Limited"


def test_a_proposal_waits_for_those_who_may_decide_and_shows_their_own_to_others(
    editor: User, commitment: Commitment
) -> None:
    approver, other = make_user("approver"), make_user("editor", "other")
    approver.user_permissions.add(Permission.objects.get(codename="change_proposal"))
    Proposal.objects.create(
        plan=commitment.plan, commitment=commitment, kind="assess", arguments={}, proposed_by=editor
    )
    assert [line.code for line in waiting(approver, "approval")] == ["ENE-1"]
    assert [line.why.startswith("You proposed it") for line in waiting(editor, "approval")] == [True]
    assert waiting(other, "approval") == []


def test_action_points_wait_when_overdue_or_due_before_the_next_meeting(editor: User, plan: Plan) -> None:
    past = meet(plan, date(2026, 1, 10))
    meet(plan, date(2026, 6, 1))
    for text, due, done in [
        ("Late", date(2026, 2, 1), None),
        ("Soon", date(2026, 6, 1), None),
        ("Later", date(2026, 6, 2), None),
        ("Done", date(2026, 2, 1), date(2026, 1, 20)),
        ("Undated", None, None),
    ]:
        ActionPoint.objects.create(meeting=past, text_en=text, text_ar=text, due_on=due, done_on=done)
    assert [line.title for line in waiting(editor, "action")] == ["Late", "Soon"]


def test_what_has_no_owner_date_or_arabic_waits_for_who_enters_it(editor: User, pillar: Pillar) -> None:
    commit(pillar, "ENE-1", lead_b_en="")
    commit(pillar, "ENE-2", due_on=None)
    commit(pillar, "ENE-3", due_on=None, due_precision="plan_end")
    commit(pillar, "ENE-4", text_en="To build it.")
    assert codes(editor, "owner") == ["ENE-1"]
    assert "on the side of Azerbaijan" in waiting(editor, "owner")[0].why
    assert waiting(editor, "owner")[0].address.endswith("/change/#id_lead_b_en")
    assert codes(editor, "undated") == ["ENE-2"]
    assert codes(editor, "missing") == ["ENE-4"]
    assert waiting(editor, "missing")[0].why == "Text as agreed: nothing in Arabic."
    assert not {group.kind for group in my_day(make_user("viewer"), TODAY)} & work.ENTERED


def test_a_translation_gone_stale_waits(editor: User, pillar: Pillar) -> None:
    commitment = commit(pillar, "ENE-1")
    mark_reviewed(commitment, "title", "en", editor)
    Commitment.objects.filter(pk=commitment.pk).update(title_en="Another title")
    assert codes(editor, "stale") == ["ENE-1"]


# ------------------------------------------------------------------ for whom


@pytest.fixture
def elsewhere(gcc: Party, pillar: Pillar) -> Commitment:
    """An overdue commitment of another plan."""
    plan = make_plan("gcc-jpn", gcc, make_party("jpn"))
    other = Pillar.objects.create(plan=plan, code="ENE", title_en="Energy", title_ar="الطاقة", sector=pillar.sector)
    commit(pillar, "HERE", due_on=date(2025, 1, 1))
    return commit(other, "ELSE", due_on=date(2025, 1, 1))


@pytest.mark.parametrize(
    "limit, seen",
    [
        (lambda user: None, {"HERE", "ELSE"}),
        (lambda user: user.plans.add(Plan.objects.get(slug="gcc-aze")), {"HERE"}),
        (lambda user: User.objects.filter(pk=user.pk).update(party=Party.objects.get(slug="jpn")), {"ELSE"}),
    ],
    ids=["everybody", "limited to a plan", "focal point"],
)
def test_a_person_sees_what_waits_in_their_plans_alone(
    editor: User, elsewhere: Commitment, limit: Callable[[User], Any], seen: set[str]
) -> None:
    limit(editor)
    editor.refresh_from_db()
    assert set(codes(editor, "overdue")) == seen


def test_the_group_counts_all_and_shows_the_first(editor: User, pillar: Pillar) -> None:
    for number in range(work.SHOWN + 3):
        commit(pillar, f"ENE-{number}", due_on=date(2025, 1, 1), text_en="Only English")
    groups = {group.kind: group for group in my_day(editor, TODAY)}
    for kind in ("overdue", "missing"):
        assert (groups[kind].count, len(groups[kind].lines)) == (work.SHOWN + 3, work.SHOWN)
        (alone,) = my_day(editor, TODAY, only=kind)
        assert len(alone.lines) == work.SHOWN + 3


# ------------------------------------------------------------------ the page


def test_my_day_asks_for_a_sign_in(client: Client) -> None:
    assert client.get("/en/my/").status_code == 302


@pytest.mark.parametrize("language", ["ar", "en"])
def test_my_day_shows_each_line_with_its_reason_and_action(
    client: Client, editor: User, pillar: Pillar, language: str
) -> None:
    client.force_login(editor)
    late = commit(pillar, "ENE-1", due_on=date(2025, 1, 1))
    with translation.override(language):
        html = client.get(reverse("my_day")).content.decode()
        assert f'href="{late.get_absolute_url()}"' in html
    seen = WellFormed()
    seen.feed(html)
    assert seen.h1 == 1 and len(seen.ids) == len(set(seen.ids)) and not seen.inline


def test_an_empty_day_says_what_was_looked_at(client: Client, plan: Plan) -> None:
    client.force_login(make_user("viewer"))
    html = client.get("/en/my/").content.decode()
    assert "Nothing waits. Looked for in 1 plan:" in html
    assert "<li>Overdue</li>" in html and "<li>Without a date</li>" not in html


def test_a_person_without_plans_is_told_so(client: Client, plan: Plan) -> None:
    focal = make_user("reviewer", "focal")
    focal.party = make_party("omn")
    focal.save()
    client.force_login(focal)
    assert "No plan is yours yet" in client.get("/en/my/").content.decode()


def fill(pillar: Pillar, count: int) -> None:
    """Something of every kind, so that a query per line would be seen."""
    today = timezone.localdate()
    soon = today + timedelta(days=5)
    for _number in range(count):
        number = Commitment.objects.count()
        differ(make_commitment(pillar, f"A-{number}", due_on=date(2025, 1, 1)))
        make_commitment(pillar, f"B-{number}", due_on=today + timedelta(days=3), text_en="To build it.")
        undated = make_commitment(pillar, f"C-{number}", due_on=None, text_en="To build.", text_ar="البناء")
        user = User.objects.get(username="editor")
        mark_reviewed(undated, "text", "en", user)
        Commitment.objects.filter(pk=undated.pk).update(text_en="To build more.")
        Proposal.objects.create(plan=pillar.plan, commitment=undated, kind="assess", arguments={}, proposed_by=user)
        ActionPoint.objects.create(meeting=meet(pillar.plan, soon), text_en="Do", text_ar="افعل", due_on=today)


@pytest.mark.parametrize("address, most", [("/en/my/", 31), ("/en/my/?group=overdue", 13), ("/en/translations/", 11)])
def test_my_day_and_translations_cost_the_same_queries_at_any_size(
    client: Client,
    editor: User,
    pillar: Pillar,
    address: str,
    most: int,
) -> None:
    client.force_login(editor)
    fill(pillar, work.SHOWN + 1)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    fill(pillar, 5)
    with CaptureQueriesContext(connection) as many:
        html = client.get(address).content.decode()
    assert len(few) == len(many) <= most
    if address == "/en/my/":
        assert set(re.findall(r'<section class="section" id="(\w+)"', html)) == set(work.KINDS)


# ------------------------------------------------------------------ texts in two languages


def test_a_text_is_unreviewed_then_reviewed_then_stale(editor: User, commitment: Commitment) -> None:
    assert translation_state(commitment, "text") is None
    assert translation_state(commitment, "title") == State.DRAFT
    mark_reviewed(commitment, "title", "ar", editor)
    assert translation_state(commitment, "title") == State.REVIEWED
    commitment.title_ar = "عنوان آخر"
    assert translation_state(commitment, "title") == State.STALE


def test_a_translation_edited_after_its_review_is_not_reviewed(editor: User, commitment: Commitment) -> None:
    mark_reviewed(commitment, "title", "ar", editor)
    commitment.title_en = "A better title"
    assert translation_state(commitment, "title") == State.DRAFT


def test_what_is_missing_in_a_language_cannot_be_reviewed(editor: User, commitment: Commitment) -> None:
    commitment.text_en = "To build it."
    commitment.save()
    assert translation_state(commitment, "text") == State.MISSING
    with pytest.raises(work.NotTranslated):
        mark_reviewed(commitment, "text", "en", editor)


def test_a_review_is_of_the_text_that_was_read(editor: User, commitment: Commitment) -> None:
    seen = work.seen_digest(commitment.title_en, commitment.title_ar)
    Commitment.objects.filter(pk=commitment.pk).update(title_en="Changed meanwhile")
    with pytest.raises(work.ChangedMeanwhile):
        mark_reviewed(commitment, "title", "en", editor, seen=seen)
    assert not Translation.objects.exists()


def test_the_database_tells_states_as_the_function_does(editor: User, pillar: Pillar) -> None:
    names = ["en", "ar", "both", "none"]
    texts = [make_commitment(pillar, f"{name}-{original}") for name in names for original in ("en", "ar")]
    for commitment in texts:
        changed, original = commitment.code.split("-")
        mark_reviewed(commitment, "title", original, editor)
        if changed in ("en", "both"):
            commitment.title_en = "Better «title» – ١"
        if changed in ("ar", "both"):
            commitment.title_ar = "عنوان «آخر»"
        commitment.save()
    make_commitment(pillar, "missing", title_ar="")
    make_commitment(pillar, "draft")
    plans = Plan.objects.all()
    rows = [row for row in work.texts(plans, limit=100) if row.text.kind == "commitment"]
    found = {row.code: row.state for row in rows}
    assert found == {one.code: translation_state(one, "title") for one in Commitment.objects.all()}
    assert set(found.values()) == set(State)
    for state in State:
        alone = [row.code for row in work.texts(plans, state=state, limit=100) if row.text.kind == "commitment"]
        assert sorted(alone) == sorted(code for code, one in found.items() if one == state)
    assert sum(work.count_texts(plans).values()) == len(work.texts(plans, limit=100))


def test_pages_of_texts_follow_each_other_without_gap_or_repetition(editor: User, elsewhere: Commitment) -> None:
    meet(elsewhere.plan, TODAY)
    everything = [row.place for row in work.texts(Plan.objects.all(), limit=100)]
    seen: list[str] = []
    while rows := work.texts(Plan.objects.all(), after=seen[-1] if seen else "", limit=2):
        seen += [row.place for row in rows]
    assert seen == everything and len(set(seen)) == len(seen) > 5


@pytest.fixture
def translator(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def post(client: Client, commitment: Commitment, **fields: str) -> Any:
    values = {
        "model": "commitment",
        "row": str(commitment.pk),
        "field": "title",
        "original": "en",
        "back": "state=draft",
    }
    return client.post("/en/translations/reviewed/", {**values, **fields})


def test_a_translation_is_marked_as_reviewed_and_the_list_keeps_its_filter(
    translator: Client, commitment: Commitment
) -> None:
    html = translator.get("/en/translations/?state=draft").content.decode()
    assert "Commitment ENE-1" in html and 'dir="rtl">التزام ENE-1' in html
    answer = post(translator, commitment)
    assert answer["Location"] == "/en/translations/?state=draft"
    assert translation_state(commitment, "title") == State.REVIEWED
    assert "Commitment ENE-1" not in translator.get("/en/translations/?state=draft").content.decode()


@pytest.mark.parametrize(
    "fields", [{"model": "user"}, {"field": "code"}, {"row": "0"}, {"row": "x"}, {"original": "fr"}]
)
def test_what_is_no_text_of_a_plan_is_not_found(
    translator: Client, commitment: Commitment, fields: dict[str, str]
) -> None:
    assert post(translator, commitment, **fields).status_code == 404


def test_a_changed_text_is_refused_with_a_message(translator: Client, commitment: Commitment) -> None:
    answer = translator.get(post(translator, commitment, seen="0" * 64)["Location"])
    assert "The text changed while you read it" in answer.content.decode()
    assert not Translation.objects.exists()


def test_an_editor_of_other_plans_cannot_mark_a_translation(
    translator: Client, editor: User, elsewhere: Commitment
) -> None:
    editor.plans.add(Plan.objects.get(slug="gcc-aze"))
    assert post(translator, elsewhere).status_code == 404
    assert "gcc-jpn" not in translator.get("/en/translations/").content.decode()


def test_who_enters_nothing_may_not_see_the_list_of_translations(client: Client, commitment: Commitment) -> None:
    client.force_login(make_user("viewer"))
    assert client.get("/en/translations/").status_code == 403
    assert post(client, commitment).status_code == 403
