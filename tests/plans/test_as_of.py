"""A plan as it stood on a past day: what had been recorded, what is dated, and what the page says."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans import as_of
from plans.as_of import DATED, KNOWN, Moment
from plans.models import Assessment, Commitment, Evidence, Milestone, Pillar, Plan, User, Withdrawal
from plans.progress import amend, move_date, refresh_status
from tests.conftest import make_user
from tests.plans.conftest import make_commitment, make_evidence
from tests.plans.test_pages import WellFormed, fill, rows

DAY = date(2025, 3, 1)
BEFORE, AFTER = datetime(2025, 2, 1, 9, tzinfo=UTC), datetime(2025, 4, 1, 9, tzinfo=UTC)
numbers = count(1)


def said(side: str, level: str, on: date, recorded: datetime = BEFORE, **withdrawn: datetime | None) -> Any:
    """An assessment in hand; `own` and `ground` say when it or its ground was withdrawn."""

    def withdrawal(at: datetime | None) -> dict[str, Any]:
        return {"is_withdrawn": at is not None, "withdrawal": SimpleNamespace(recorded_at=at)}

    ground = SimpleNamespace(**withdrawal(withdrawn.get("ground")))
    own = withdrawal(withdrawn.get("own"))
    return SimpleNamespace(pk=next(numbers), side=side, level=level, on=on, recorded_at=recorded, ground=ground, **own)


# ------------------------------------------------------------------ what held then


@pytest.mark.parametrize(
    "by, dated, recorded, withdrawn, holds",
    [
        (KNOWN, DAY, BEFORE, None, True),
        (KNOWN, DAY, AFTER, None, False),
        (KNOWN, DAY, BEFORE, AFTER, True),
        (KNOWN, DAY, BEFORE, BEFORE, False),
        (KNOWN, DAY + timedelta(days=1), BEFORE, None, False),
        (DATED, DAY, AFTER, None, True),
        (DATED, DAY, BEFORE, AFTER, False),
        (DATED, DAY + timedelta(days=1), BEFORE, None, False),
        (DATED, None, AFTER, None, True),
    ],
)
def test_what_holds_is_asked_in_two_ways(
    by: str, dated: date | None, recorded: datetime, withdrawn: datetime | None, holds: bool
) -> None:
    assert Moment(DAY, by).holds(dated, recorded, withdrawn) is holds


def test_a_day_lasts_until_midnight_where_the_site_is() -> None:
    end = timezone.localtime(Moment(DAY).end)
    assert (end.date(), end.hour, end.minute) == (date(2025, 3, 2), 0, 0)


def test_each_side_held_its_latest_level_that_stood() -> None:
    assessments = [
        said("a", "limited", date(2025, 1, 1)),
        said("a", "substantial", date(2025, 2, 1)),
        said("a", "completed", date(2025, 5, 1), AFTER),
        said("b", "limited", date(2025, 1, 1)),
        said("b", "completed", date(2025, 2, 1), ground=BEFORE),
        said("", "completed", date(2025, 2, 1), own=AFTER),
    ]
    assert as_of.levels_then(assessments, Moment(DAY)) == {"a": "substantial", "b": "limited", "": "completed"}
    assert as_of.levels_then(assessments, Moment(DAY, DATED)) == {"a": "substantial", "b": "limited"}


@pytest.mark.parametrize(
    "day, due",
    [
        (date(2024, 12, 31), (date(2025, 1, 1), "year")),
        (date(2025, 2, 1), (date(2025, 6, 1), "day")),
        (date(2025, 8, 1), (None, "day")),
        (date(2026, 1, 1), (date(2027, 1, 1), "month")),
    ],
)
def test_a_date_is_the_one_the_next_decision_moved_away_from(day: date, due: tuple[date | None, str]) -> None:
    changes: list[Any] = [
        SimpleNamespace(pk=3, decided_on=date(2025, 12, 1), from_date=None, from_precision="day"),
        SimpleNamespace(pk=1, decided_on=date(2025, 2, 1), from_date=date(2025, 1, 1), from_precision="year"),
        SimpleNamespace(pk=2, decided_on=date(2025, 7, 1), from_date=date(2025, 6, 1), from_precision="day"),
    ]
    now = SimpleNamespace(due_on=date(2027, 1, 1), due_precision="month")
    assert as_of.date_then(now, changes, day) == due


@pytest.mark.parametrize(
    "query, moment",
    [
        ({"as_of": "2025-03-01"}, Moment(DAY)),
        ({"as_of": "2025-03-01", "by": "dated"}, Moment(DAY, DATED)),
        ({"as_of": "2025-03-01", "by": "guess"}, Moment(DAY)),
        ({"as_of": "2026-01-01"}, None),
        ({"as_of": "2027-01-01"}, None),
        ({"as_of": "0001-01-01"}, None),
        ({"as_of": "yesterday"}, None),
        ({"as_of": "\x00"}, None),
        ({}, None),
    ],
)
def test_only_a_past_day_is_another_page(query: dict[str, str], moment: Moment | None) -> None:
    assert as_of.asked(query, date(2026, 1, 1)) == moment


# ------------------------------------------------------------------ the page


def recorded(commitment: Commitment, level: str, on: date, at: datetime, side: str = "") -> Evidence:
    """Evidence of that day and a level that rests on it, both recorded at that time."""
    piece = make_evidence(commitment, on, recorded_at=at, gloss_en=f"Report of {on}")
    Assessment.objects.create(
        commitment=commitment, plan=commitment.plan, side=side, level=level, on=on, ground=piece, recorded_at=at
    )
    refresh_status(commitment)
    return piece


@pytest.fixture
def story(plan: Plan, pillar: Pillar) -> Commitment:
    """Recorded as limited before the day; as completed after it, of a day before it and of one after."""
    commitment = make_commitment(pillar, "ENE-1", due_on=date(2025, 1, 15))
    recorded(commitment, "limited", date(2025, 1, 10), BEFORE)
    recorded(commitment, "substantial", date(2025, 2, 20), AFTER)
    recorded(commitment, "completed", date(2025, 3, 20), AFTER)
    return commitment


def page(client: Client, plan: Plan, **query: str) -> str:
    response = client.get(f"/en/plans/{plan.slug}/", query)
    assert response.status_code == 200
    return response.content.decode()


def counted(html: str) -> str:
    """What the stack of the whole plan says."""
    start = html.index('class="stack flow" width="100%" height="22"')
    return html[start:].split('aria-label="')[1].split('"')[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query, status, reports",
    [
        ({"as_of": "2025-01-01"}, "No evidence yet 1", set()),
        ({"as_of": "2025-03-01"}, "Limited 1", {"2025-01-10"}),
        ({"as_of": "2025-03-01", "by": "dated"}, "Substantial 1", {"2025-01-10", "2025-02-20"}),
        ({"as_of": "2025-04-02"}, "Completed 1", {"2025-01-10", "2025-02-20", "2025-03-20"}),
        ({}, "Completed 1", {"2025-01-10", "2025-02-20", "2025-03-20"}),
    ],
)
def test_the_page_shows_what_stood_and_the_evidence_of_then(
    client: Client, story: Commitment, query: dict[str, str], status: str, reports: set[str]
) -> None:
    html = page(client, story.plan, **query)
    assert counted(html) == status
    days = {"2025-01-10", "2025-02-20", "2025-03-20"}
    assert {day for day in days if f"Report of {day}" in html} == reports


@pytest.mark.django_db
def test_the_page_says_of_which_day_it_is_and_how_to_get_back(client: Client, story: Commitment) -> None:
    html = page(client, story.plan, as_of="2025-03-01")
    assert "As it stood on" in html and '<time datetime="2025-03-01">' in html
    assert f'<a class="button" href="{story.plan.get_absolute_url()}">Back to today</a>' in html
    assert 'href="?as_of=2025-03-01&amp;by=dated"' in html
    assert "As it stood on <time" not in page(client, story.plan)


@pytest.mark.django_db
def test_overdue_is_counted_from_that_day_and_its_link_stays_there(client: Client, story: Commitment) -> None:
    html = page(client, story.plan, as_of="2025-03-01")
    assert "45 days overdue" in html
    assert "?flag=overdue&amp;as_of=2025-03-01&amp;by=known#commitments" in html
    assert rows(page(client, story.plan, as_of="2025-03-01", flag="overdue")) == ["ENE-1"]
    assert rows(page(client, story.plan, flag="overdue")) == []


@pytest.mark.django_db
def test_a_withdrawal_made_later_is_not_yet_seen(client: Client, story: Commitment, reviewer: User) -> None:
    piece = story.evidence.get(published_on=date(2025, 1, 10))
    Withdrawal.objects.create(evidence=piece, reason="It spoke of another plan.", recorded_by=reviewer)
    html = page(client, story.plan, as_of="2025-03-01")
    assert counted(html) == "Limited 1" and "It spoke of another plan." not in html
    html = page(client, story.plan, as_of="2025-03-01", by="dated")
    assert counted(html) == "Substantial 1" and "It spoke of another plan." in html


@pytest.mark.django_db
def test_dates_stand_where_they_stood(client: Client, pillar: Pillar, reviewer: User) -> None:
    commitment = make_commitment(pillar, "ENE-1", due_on=date(2025, 1, 15))
    step = Milestone.objects.create(
        commitment=commitment, title_en="Step", title_ar="خطوة", due_on=date(2025, 2, 1), done_on=date(2025, 6, 1)
    )
    for thing in (commitment, step):
        move_date(
            thing, to=date(2025, 12, 1), precision="day", decided_on=date(2025, 5, 1), reason_en="Later.", by=reviewer
        )
    loaded: list[Any] = list(commitment.plan.commitments.for_plan_page(DAY))
    as_of.rewind(commitment.plan, loaded, Moment(DAY))
    assert loaded[0].due_on == loaded[0].last_day == date(2025, 1, 15)
    assert [(one.due_on, one.done_on) for one in loaded[0].milestones.all()] == [(date(2025, 2, 1), None)]
    assert "Due 15 Jan 2025" in page(client, commitment.plan, as_of="2025-03-01")
    assert "Due 1 Dec 2025" in page(client, commitment.plan)


@pytest.mark.django_db
def test_rewound_to_now_everything_is_as_the_database_says(plan: Plan, pillar: Pillar) -> None:
    fill(plan, pillar, 3)
    make_commitment(pillar, "ENE-9", due_on=date(2024, 6, 1))
    today = timezone.localdate()
    names = ["status", "level_a", "level_b", "level_assessor", "is_contested", "last_evidence_on", "last_day"]
    names += ["heard", "is_overdue", "is_silent"]
    kept = [[getattr(one, name) for name in names] for one in plan.commitments.for_plan_page(today)]
    loaded: list[Any] = list(plan.commitments.for_plan_page(today))
    as_of.rewind(plan, loaded, Moment(today))
    assert [[getattr(one, name) for name in names] for one in loaded] == kept


@pytest.mark.django_db
def test_another_day_costs_the_same_queries_at_any_size_and_keeps_its_manners(
    client: Client, plan: Plan, pillar: Pillar
) -> None:
    address = f"/ar/plans/{plan.slug}/?as_of=2025-03-01&by=dated"
    fill(plan, pillar, 3)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    fill(plan, pillar, 12)
    with CaptureQueriesContext(connection) as many:
        html = client.get(address).content.decode()
    assert len(few) == len(many) <= 26
    seen = WellFormed()
    seen.feed(html)
    assert seen.h1 == 1 and len(seen.ids) == len(set(seen.ids))


# ------------------------------------------------------------------ the page of a commitment


def commitment_then(client: Client, commitment: Commitment, **query: str) -> str:
    response = client.get(f"/en/plans/{commitment.plan.slug}/{commitment.code}/", query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query, reports",
    [
        ({"as_of": "2025-01-01"}, set()),
        ({"as_of": "2025-03-01"}, {"2025-01-10"}),
        ({"as_of": "2025-03-01", "by": "dated"}, {"2025-01-10", "2025-02-20"}),
        ({}, {"2025-01-10", "2025-02-20", "2025-03-20"}),
    ],
)
def test_a_commitment_shows_the_ledger_of_then(
    client: Client, story: Commitment, query: dict[str, str], reports: set[str]
) -> None:
    html = commitment_then(client, story, **query)
    days = {"2025-01-10", "2025-02-20", "2025-03-20"}
    assert {day for day in days if f"Report of {day}" in html} == reports
    assert f'action="{story.get_absolute_url()}"' in html


@pytest.mark.django_db
def test_a_commitment_does_not_yet_see_a_later_withdrawal(client: Client, story: Commitment, reviewer: User) -> None:
    said = story.assessments.get(level="limited")
    Withdrawal.objects.create(assessment=said, reason="Too kind.", recorded_by=reviewer)
    assert "Too kind." in commitment_then(client, story)
    assert "Too kind." not in commitment_then(client, story, as_of="2025-03-01")


@pytest.mark.django_db
def test_a_commitment_has_the_words_and_the_date_of_then(client: Client, story: Commitment, reviewer: User) -> None:
    titles: Any = {"title_en": story.title_en, "title_ar": story.title_ar}
    amend(story, text_en="Agreed anew.", text_ar="", agreed_on=date(2025, 5, 1), by=reviewer, **titles)
    move_date(story, to=date(2025, 12, 1), precision="day", decided_on=date(2025, 5, 1), reason_en="Late.", by=reviewer)
    now, then = commitment_then(client, story), commitment_then(client, story, as_of="2025-03-01", by="dated")
    assert "Agreed anew." in now and "Agreed anew." not in then
    assert "1 Dec 2025" in now and "1 Dec 2025" not in then


@pytest.mark.django_db
def test_nothing_is_recorded_in_the_past(client: Client, story: Commitment) -> None:
    client.force_login(make_user("administrator"))
    assert 'id="assess"' in commitment_then(client, story)
    then = commitment_then(client, story, as_of="2025-03-01")
    assert 'id="assess"' not in then and 'class="recording"' not in then


@pytest.mark.django_db
def test_a_commitment_of_another_day_costs_the_same_queries_at_any_size(client: Client, story: Commitment) -> None:
    with CaptureQueriesContext(connection) as few:
        commitment_then(client, story, as_of="2025-04-02")
    for day in range(1, 9):
        recorded(story, "limited", date(2025, 1, day), BEFORE, side="a")
    with CaptureQueriesContext(connection) as many:
        commitment_then(client, story, as_of="2025-04-02")
    assert len(few) == len(many) <= 26
