"""Meetings and what they asked for, sentences of documents as evidence, the calendar and its feed, and a handover."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from plans import agenda
from plans.models import (
    ActionPoint,
    Commitment,
    Document,
    Evidence,
    Meeting,
    Milestone,
    Office,
    OfficeHolder,
    Party,
    Pillar,
    Plan,
    StoredFile,
    User,
)
from plans.progress import assess
from plans.templatetags.hijri import hijri_words
from tests.plans.conftest import make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db

DAY = date(2025, 12, 8)
TEXT = "Both sides agreed\nto open the trade office in Baku. They will meet again."


def address(name: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(name, args=args)


def page(client: Client, name: str, *args: Any, language: str = "en", **query: str) -> str:
    answer = client.get(address(name, *args, language=language), query)
    assert answer.status_code == 200
    return answer.content.decode()


def make_meeting(plan: Plan, held_on: date = DAY, **fields: Any) -> Meeting:
    said = {"kind": "senior_officials", "place_en": "Doha", "place_ar": "الدوحة"}
    return Meeting.objects.create(plan=plan, held_on=held_on, **{**said, **fields})


def give(user: User, *codenames: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.fixture
def meeting(plan: Plan) -> Meeting:
    return make_meeting(plan, round=3, who_en="The two assistants", summary_en="All pillars.")


@pytest.fixture
def document(meeting: Meeting) -> Document:
    """The communiqué of the meeting, with its archived text."""
    document = Document.objects.create(
        plan=meeting.plan,
        kind="joint_statement",
        title_en="Communiqué",
        title_ar="بيان",
        publisher="Secretariat",
        published_on=DAY,
        digest=hashlib.sha256(TEXT.encode()).hexdigest(),
    )
    StoredFile.objects.create(
        document=document, name="communique.txt", media_type="text/plain", size=len(TEXT), content=TEXT.encode()
    )
    meeting.documents.add(document)
    return document


# ------------------------------------------------------------------ a meeting's page
def test_a_meetings_page_says_who_met_where_what_was_reviewed_and_asked_for(
    client: Client, meeting: Meeting, document: Document, commitment: Commitment
) -> None:
    meeting.reviewed.add(commitment)
    ActionPoint.objects.create(
        meeting=meeting, text_en="Send the list", side="b", owner_en="Ministry", due_on=date(2026, 1, 15)
    )
    html = page(client, "meeting", "gcc-aze", meeting.pk)
    for words in ("Doha", "8 Dec 2025", "The two assistants", "All pillars.", "Communiqué", "ENE-1", "Send the list"):
        assert words in html
    assert "Ministry" in html and "15 Jan 2026" in html and "overdue" in html


def test_it_shows_the_evidence_of_two_days_around_it(client: Client, meeting: Meeting, commitment: Commitment) -> None:
    for days in (-3, -2, 2, 3):
        make_evidence(commitment, DAY + timedelta(days=days), quote=f"Words of day {days}.", language="en")
    html = page(client, "meeting", "gcc-aze", meeting.pk)
    assert [days for days in (-3, -2, 2, 3) if f"Words of day {days}." in html] == [-2, 2]


def test_an_empty_meeting_says_what_is_not_recorded(client: Client, plan: Plan) -> None:
    html = page(client, "meeting", plan.slug, make_meeting(plan).pk)
    for words in ("No action point of this meeting", "Which commitments it reviewed", "No document of this meeting"):
        assert words in html


def test_a_meeting_of_another_plan_is_not_at_this_plans_address(client: Client, meeting: Meeting) -> None:
    make_plan("other", make_party("x"), make_party("y"))
    assert client.get(address("meeting", "other", meeting.pk)).status_code == 404


def test_the_plans_page_leads_to_its_meetings(client: Client, meeting: Meeting) -> None:
    assert address("meeting", "gcc-aze", meeting.pk) in page(client, "plan", "gcc-aze")


def test_a_meetings_page_costs_the_same_at_any_size(client: Client, meeting: Meeting, pillar: Pillar) -> None:
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            one = make_commitment(pillar, f"ENE-{number}")
            meeting.reviewed.add(one)
            make_evidence(one, DAY)
            ActionPoint.objects.create(meeting=meeting, commitment=one, text_en="Do it")
            meeting.documents.add(
                Document.objects.create(plan=meeting.plan, title_en="Text", title_ar="نص", publisher="Gazette")
            )

    path = address("meeting", "gcc-aze", meeting.pk)
    fill(0, 1)
    small = cost(client, path)
    fill(1, 8)
    assert cost(client, path) == small <= 12


# ------------------------------------------------------------------ action points
@pytest.fixture
def action(meeting: Meeting) -> ActionPoint:
    return ActionPoint.objects.create(meeting=meeting, text_en="Send the list", due_on=date(2026, 1, 15))


def test_done_is_verified_by_who_said_so_and_can_be_undone(client: Client, action: ActionPoint, reviewer: User) -> None:
    client.force_login(give(reviewer, "change_actionpoint"))
    answer = client.post(address("action_done", action.pk), follow=True)
    action.refresh_from_db()
    assert (action.done_on, action.verified_by) == (timezone.localdate(), reviewer)
    assert f"verified by {reviewer.username}" in answer.content.decode()
    assert address("action_undone", action.pk) in answer.content.decode()
    client.post(address("action_undone", action.pk))
    action.refresh_from_db()
    assert (action.done_on, action.verified_by) == (None, None)


def test_who_has_not_the_right_cannot_say_that_it_is_done(client: Client, action: ActionPoint, reviewer: User) -> None:
    for name in ("action_done", "action_undone"):
        assert "login" in client.post(address(name, action.pk))["Location"]
    client.force_login(reviewer)
    assert client.post(address("action_done", action.pk)).status_code == 403
    assert "verified by me" not in page(client, "meeting", "gcc-aze", action.meeting_id)
    action.refresh_from_db()
    assert action.done_on is None


def test_an_editor_limited_to_other_plans_cannot_say_that_it_is_done(
    client: Client, action: ActionPoint, reviewer: User
) -> None:
    reviewer.plans.add(make_plan("other", make_party("x"), make_party("y")))
    client.force_login(give(reviewer, "change_actionpoint"))
    assert client.post(address("action_done", action.pk)).status_code == 403


def test_a_link_alone_changes_nothing(client: Client, action: ActionPoint, reviewer: User) -> None:
    client.force_login(give(reviewer, "change_actionpoint"))
    assert client.get(address("action_done", action.pk)).status_code == 405


# ------------------------------------------------------------------ a sentence becomes evidence
SENTENCE = {
    "quote": "Both sides agreed to open the trade office in Baku.",
    "language": "en",
    "kind": "announcement",
    "speaker": "both",
    "target": "",
    "published_on": "2025-12-08",
}


def test_a_sentence_of_a_communique_becomes_evidence_with_the_documents_digest(
    client: Client, document: Document, commitment: Commitment, reviewer: User
) -> None:
    client.force_login(give(reviewer, "add_evidence"))
    path = address("record_sentence", document.pk)
    assert path in page(client, "meeting", "gcc-aze", document.meetings.get().pk)
    answer = client.post(path, {**SENTENCE, "target": f"c{commitment.pk}"})
    piece = Evidence.objects.get()
    assert answer["Location"] == address("evidence", piece.pk)
    assert (piece.digest, piece.publisher, piece.title) == (document.digest, "Secretariat", "Communiqué")
    assert (piece.commitment, piece.pillar, piece.speaker) == (commitment, commitment.pillar, "both")
    assert (piece.published_on, piece.recorded_by) == (DAY, reviewer)
    commitment.refresh_from_db()
    assert commitment.last_evidence_on == DAY


def test_words_that_do_not_stand_in_the_document_are_refused(
    client: Client, document: Document, reviewer: User
) -> None:
    client.force_login(give(reviewer, "add_evidence"))
    said = {**SENTENCE, "quote": "Both sides agreed to close the trade office."}
    answer = client.post(address("record_sentence", document.pk), said)
    assert answer.status_code == 422
    assert "These words do not stand in the document." in answer.content.decode()
    assert "close the trade office" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_document_without_an_archived_copy_gives_no_quotation(
    client: Client, document: Document, reviewer: User
) -> None:
    Document.objects.update(digest="")
    client.force_login(give(reviewer, "add_evidence"))
    assert "no archived copy" in page(client, "record_sentence", document.pk)
    assert client.post(address("record_sentence", document.pk), SENTENCE).status_code == 422
    assert not Evidence.objects.exists()


def test_only_who_may_record_evidence_records_a_sentence(client: Client, document: Document, reviewer: User) -> None:
    path = address("record_sentence", document.pk)
    assert "login" in client.post(path, SENTENCE)["Location"]
    client.force_login(reviewer)
    assert client.post(path, SENTENCE).status_code == 403
    assert "Record a sentence" not in page(client, "meeting", "gcc-aze", document.meetings.get().pk)


def test_a_focal_point_records_only_what_their_own_side_said(
    client: Client, document: Document, reviewer: User, aze: Party
) -> None:
    User.objects.update(party=aze)
    client.force_login(give(reviewer, "add_evidence"))
    path = address("record_sentence", document.pk)
    assert client.post(path, {**SENTENCE, "speaker": "a"}).status_code == 422
    assert client.post(path, {**SENTENCE, "speaker": "b"}).status_code == 302
    assert Evidence.objects.get().speaker == "b"


def test_a_commitment_of_another_plan_cannot_be_its_target(
    client: Client, document: Document, reviewer: User, pillar: Pillar
) -> None:
    other = make_plan("other", make_party("x"), make_party("y"))
    far = make_commitment(Pillar.objects.create(plan=other, code="X", title_en="X", sector=pillar.sector), "X-1")
    client.force_login(give(reviewer, "add_evidence"))
    answer = client.post(address("record_sentence", document.pk), {**SENTENCE, "target": f"c{far.pk}"})
    assert answer.status_code == 422
    assert not Evidence.objects.exists()


# ------------------------------------------------------------------ the calendar
def test_the_calendar_lists_meetings_and_due_dates_by_month(
    client: Client, meeting: Meeting, commitment: Commitment
) -> None:
    Commitment.objects.update(due_on=date(2026, 5, 31))
    Milestone.objects.create(commitment=commitment, title_en="First step", title_ar="خطوة", due_on=date(2026, 1, 20))
    ActionPoint.objects.create(meeting=meeting, text_en="Send the list", due_on=date(2026, 1, 15))
    html = page(client, "calendar", month="2025-12")
    html = html[html.index('<section class="section month"') :]
    places = [html.index(words) for words in ("Doha", "Send the list", "First step", "Commitment ENE-1")]
    assert places == sorted(places)
    assert html.index('id="h-2025-12"') < html.index('id="h-2026-01"') < html.index('id="h-2026-05"')


def test_a_date_known_to_the_year_stands_at_its_last_day(client: Client, commitment: Commitment) -> None:
    Commitment.objects.update(due_on=date(2026, 2, 1), due_precision="year")
    assert "ENE-1" not in page(client, "calendar", month="2026-01")
    html = page(client, "calendar", month="2026-12")
    assert "ENE-1" in html and '<time datetime="2026">2026</time>' in html


@pytest.mark.parametrize("query", [{"plan": "gcc-aze"}, {"party": "aze"}])
def test_the_address_holds_the_calendars_filters(client: Client, meeting: Meeting, query: dict[str, str]) -> None:
    other = make_plan("other", make_party("x"), make_party("y"))
    make_meeting(other, place_en="Lima")
    assert "Lima" in page(client, "calendar", month="2025-12")
    html = page(client, "calendar", month="2025-12", **query)
    assert "Doha" in html and "Lima" not in html
    assert f"{address('calendar_feed')}?{next(iter(query))}={next(iter(query.values()))}" in html


@pytest.mark.parametrize("month", ["", "2025-13", "yesterday", "0000-01", "9999-12", "2025-12%00"])
def test_a_month_that_is_none_shows_this_one(client: Client, plan: Plan, month: str) -> None:
    assert f'value="{timezone.localdate():%Y-%m}"' in page(client, "calendar", month=month)


def test_an_empty_calendar_says_so(client: Client) -> None:
    assert "Nothing is held or due in these six months." in page(client, "calendar")


def test_the_calendar_costs_the_same_at_any_size(client: Client, gcc: Party, pillar: Pillar) -> None:
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            one = make_commitment(pillar, f"ENE-{number}")
            Milestone.objects.create(commitment=one, title_en="Step", title_ar="خطوة", due_on=date(2026, 1, 1))
            plan = make_plan(f"plan-{number}", gcc, make_party(f"p{number}"))
            ActionPoint.objects.create(meeting=make_meeting(plan), text_en="Do it", due_on=date(2026, 1, 2))

    path = f"{address('calendar')}?month=2025-12"
    fill(0, 1)
    small = cost(client, path)
    fill(1, 8)
    assert cost(client, path) == small <= 12


# ------------------------------------------------------------------ a month as a grid
def grid(client: Client, month: str, **query: str) -> str:
    return page(client, "calendar", **query, view="month", month=month)


def cell(html: str, day: str) -> str:
    """The cell of a day, «2026-01-20»."""
    start = html.index(f'<time datetime="{day}"><span class="narrow">')
    return html[start : html.index("</td>", start)]


def test_a_month_is_a_table_of_weeks_from_sunday_with_what_falls_on_each_day(
    client: Client, meeting: Meeting, commitment: Commitment
) -> None:
    Commitment.objects.update(due_on=date(2026, 1, 31))
    Milestone.objects.create(commitment=commitment, title_en="First step", title_ar="خطوة", due_on=date(2026, 1, 20))
    ActionPoint.objects.create(meeting=meeting, text_en="Send the list", due_on=date(2026, 1, 20))
    html = grid(client, "2026-01")
    heads = html[html.index('<table class="grid"') :].split("<tbody>")[0]
    assert heads.index("Sunday") < heads.index("Monday") < heads.index("Saturday")
    assert [html.count("<tr>"), html.count("<td class=")] == [6, 35]
    assert "First step" in cell(html, "2026-01-20") and "Send the list" in cell(html, "2026-01-20")
    assert "ENE-1" in cell(html, "2026-01-31")
    assert "Doha" not in html[html.index('<table class="grid"') :]


def test_the_grid_leads_to_the_months_beside_it_and_to_the_list_and_keeps_the_filters(
    client: Client, meeting: Meeting
) -> None:
    html = grid(client, "2025-12", plan="gcc-aze")
    for rel, month, words in (("prev", "2025-11", "Nov 2025"), ("next", "2026-01", "Jan 2026")):
        assert f'href="?plan=gcc-aze&amp;view=month&amp;month={month}" rel="{rel}">{words}</a>' in html
    assert '<input type="hidden" name="view" value="month">' in html
    assert "view=month" in page(client, "calendar", month="2025-12")


def test_what_is_known_to_the_month_stands_in_the_month_and_on_no_day(client: Client, commitment: Commitment) -> None:
    Commitment.objects.update(due_on=date(2026, 2, 1), due_precision="month")
    html = grid(client, "2026-02")
    assert html.index("In this month, without a day") < html.index("ENE-1") < html.index('<table class="grid"')
    assert "ENE-1" not in cell(html, "2026-02-28")


def test_a_full_day_shows_the_first_and_folds_the_others(client: Client, pillar: Pillar) -> None:
    for number in range(5):
        make_commitment(pillar, f"ENE-{number}", due_on=date(2026, 1, 20))
    shown, folded = cell(grid(client, "2026-01"), "2026-01-20").split("<details>")
    assert shown.count("<li ") == 3 and folded.count("<li ") == 2 and "2 more" in folded


def test_days_a_page_has_no_room_for_are_not_shown_as_free(
    client: Client, pillar: Pillar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plans.views.meetings.MOST_ENTRIES", 2)
    for day in (5, 12, 20):
        make_commitment(pillar, f"ENE-{day}", due_on=date(2026, 1, day))
    html = grid(client, "2026-01")
    assert "not everything is shown" not in cell(html, "2026-01-05")
    assert "not everything is shown" in cell(html, "2026-01-20")
    assert "There is more in this month than a page holds: it ends on" in html


def test_an_empty_month_says_so(client: Client, plan: Plan) -> None:
    assert "Nothing is held or due in this month." in grid(client, "2026-01")


def test_the_grid_costs_the_same_at_any_size(client: Client, gcc: Party, pillar: Pillar) -> None:
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            one = make_commitment(pillar, f"ENE-{number}", due_on=date(2026, 1, 20 + number % 3))
            Milestone.objects.create(commitment=one, title_en="Step", title_ar="خطوة", due_on=date(2026, 1, 1))
            plan = make_plan(f"plan-{number}", gcc, make_party(f"p{number}"))
            ActionPoint.objects.create(meeting=make_meeting(plan), text_en="Do it", due_on=date(2026, 1, 2))

    path = f"{address('calendar')}?month=2026-01&view=month"
    fill(0, 1)
    small = cost(client, path)
    fill(1, 8)
    assert cost(client, path) == small <= 12


# ------------------------------------------------------------------ iCalendar
def events(client: Client, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\r\n" in answer.content and max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_the_feed_is_icalendar_of_whole_days(client: Client, meeting: Meeting, commitment: Commitment) -> None:
    found = events(client, address("plan_calendar_feed", "gcc-aze"))
    assert [(str(one["UID"]), one["DTSTART"].dt, one["DTEND"].dt) for one in found] == [
        (f"meeting-{meeting.pk}@gcc-aze.mithaq", DAY, DAY + timedelta(days=1)),
        (f"due-{commitment.pk}@gcc-aze.mithaq", date(2026, 6, 30), date(2026, 7, 1)),
    ]
    assert str(found[0]["SUMMARY"]) == "GCC – Azerbaijan: senior officials, Doha"
    assert str(found[0]["URL"]) == f"http://testserver{address('meeting', 'gcc-aze', meeting.pk)}"
    assert all("DTSTAMP" in one for one in found)


def test_an_event_keeps_its_uid_when_its_date_moves(client: Client, meeting: Meeting) -> None:
    (before,) = events(client, address("plan_calendar_feed", "gcc-aze"))
    Meeting.objects.update(held_on=DAY + timedelta(days=30))
    (after,) = events(client, address("plan_calendar_feed", "gcc-aze"))
    assert before["UID"] == after["UID"] and before["DTSTART"].dt != after["DTSTART"].dt


def test_the_address_says_the_feeds_language(client: Client, meeting: Meeting) -> None:
    (event,) = events(client, address("plan_calendar_feed", "gcc-aze", language="ar"))
    assert "الدوحة" in str(event["SUMMARY"]) and event["SUMMARY"].params["LANGUAGE"] == "ar"


def test_a_meeting_known_to_the_month_takes_the_month(plan: Plan) -> None:
    make_meeting(plan, date(2026, 2, 10), held_precision="month")
    (entry,) = agenda.entries(Plan.objects.all(), date(2026, 1, 1), date(2026, 12, 31), DAY)
    assert (entry.on, entry.last) == (date(2026, 2, 1), date(2026, 2, 28))


def test_the_feed_of_all_plans_takes_the_filters_of_the_page(client: Client, plan: Plan) -> None:
    today = timezone.localdate()
    make_meeting(plan, today)
    make_meeting(make_plan("other", make_party("x"), make_party("y")), today)
    assert len(events(client, address("calendar_feed"))) == 2
    assert len(events(client, f"{address('calendar_feed')}?party=aze")) == 1


def test_the_feed_escapes_what_a_text_brings(plan: Plan) -> None:
    make_meeting(plan, place_en="Doha;\r\nATTACH:evil, \\n")
    found = agenda.entries(Plan.objects.all(), date(2025, 1, 1), date(2026, 12, 31), DAY)
    body = agenda.calendar_of(found, name="x", root="", now=datetime(2025, 12, 8, tzinfo=UTC))
    assert b"\r\nATTACH" not in body


# ------------------------------------------------------------------ Hijri dates
@pytest.mark.parametrize("language, words", [("en", "17 Jumada al-Akhirah 1447 AH"), ("ar", "جمادى الآخرة")])
def test_a_day_has_its_hijri_date_by_umm_al_qura(language: str, words: str) -> None:
    with translation.override(language):
        assert words in hijri_words(DAY)


def test_a_day_outside_that_calendar_has_none() -> None:
    assert hijri_words(date(2100, 1, 1)) == ""


@pytest.mark.parametrize("name", ["calendar", "plan", "meeting"])
def test_hijri_dates_come_when_asked_for_and_are_remembered(client: Client, meeting: Meeting, name: str) -> None:
    all_args: dict[str, list[Any]] = {"calendar": [], "plan": ["gcc-aze"], "meeting": ["gcc-aze", meeting.pk]}
    args = all_args[name]
    month = {"month": "2025-12"} if name == "calendar" else {}
    assert 'class="hijri"' not in page(client, name, *args, **month)
    assert "1447" in page(client, name, *args, hijri="1", **month)
    assert "1447" in page(client, name, *args, **month)
    assert 'class="hijri"' not in page(client, name, *args, hijri="0", **month)
    assert 'class="hijri"' not in page(client, name, *args, **month)


# ------------------------------------------------------------------ handing over
@pytest.fixture
def colleague(client: Client, reviewer: User) -> Client:
    User.objects.update(is_staff=True)
    client.force_login(User.objects.get(pk=reviewer.pk))
    return client


def test_a_handover_says_what_who_takes_over_must_know(
    colleague: Client, meeting: Meeting, document: Document, commitment: Commitment, gcc: Party
) -> None:
    office = Office.objects.create(party=gcc, plan=meeting.plan, title_en="Negotiations desk", title_ar="مكتب")
    OfficeHolder.objects.create(office=office, name_en="A. Former", name_ar="س", until=date(2024, 12, 31))
    OfficeHolder.objects.create(office=office, name_en="B. Present", name_ar="ص", since=date(2025, 1, 1))
    one, two = make_evidence(commitment, DAY), make_evidence(commitment, DAY, kind="dispute")
    assess(commitment, side="a", level="completed", ground=one, on=DAY, by=None)
    assess(commitment, side="b", level="limited", ground=two, on=DAY, by=None)
    ActionPoint.objects.create(meeting=meeting, text_en="Send the list", due_on=date(2026, 1, 15))
    upcoming = timezone.localdate() + timedelta(days=20)
    make_meeting(meeting.plan, upcoming, place_en="Riyadh")
    html = page(colleague, "handover", "gcc-aze")
    for heading in ("What it is", "Who is who", "Open promises", "Next dates", "Disputes", "Last meetings"):
        assert f">{heading}</h2>" in html
    for words in ("Negotiations desk", "B. Present", "A. Former", "ENE-1", "Send the list", "Riyadh", "Communiqué"):
        assert words in html


def test_a_handover_of_an_empty_plan_says_what_is_not_recorded(colleague: Client, plan: Plan) -> None:
    html = page(colleague, "handover", plan.slug)
    for words in ("No office is recorded.", "No promise is open.", "No document is recorded."):
        assert words in html


def test_a_handover_is_for_staff_only(client: Client, plan: Plan, reviewer: User) -> None:
    path = address("handover", plan.slug)
    assert "login" in client.get(path)["Location"]
    client.force_login(reviewer)
    assert client.get(path).status_code == 403
    assert path not in page(client, "plan", plan.slug)


def test_a_handover_costs_the_same_at_any_size(colleague: Client, meeting: Meeting, pillar: Pillar, gcc: Party) -> None:
    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            one = make_commitment(pillar, f"ENE-{number}", due_on=timezone.localdate() + timedelta(days=9))
            make_evidence(one, DAY, kind="dispute")
            ActionPoint.objects.create(meeting=meeting, commitment=one, text_en="Do it")
            office = Office.objects.create(party=gcc, title_en="Desk", title_ar="مكتب")
            OfficeHolder.objects.create(office=office, name_en="Somebody", name_ar="أحد")
            Document.objects.create(plan=meeting.plan, title_en="Text", title_ar="نص", publisher="Gazette")

    path = address("handover", "gcc-aze")
    fill(0, 1)
    small = cost(colleague, path)
    fill(1, 8)
    assert cost(colleague, path) == small <= 24
