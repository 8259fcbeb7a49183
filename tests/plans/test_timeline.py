"""Where days fall on the axis, what a track shows, how charts divide: tables of cases, no database."""

from datetime import date
from decimal import Decimal

import pytest

from plans import charts, timeline

TODAY = date(2025, 12, 10)
FIVE_YEARS = timeline.Axis(date(2024, 1, 1), date(2028, 12, 31), TODAY)


@pytest.mark.parametrize(
    "precision, expected",
    [
        ("day", date(2025, 5, 10)),
        ("month", date(2025, 5, 31)),
        ("quarter", date(2025, 6, 30)),
        ("year", date(2025, 12, 31)),
        ("plan_end", date(2028, 12, 31)),
    ],
)
def test_a_date_is_kept_until_the_last_day_its_precision_allows(precision: str, expected: date) -> None:
    assert timeline.last_day(date(2025, 5, 10), precision, date(2028, 12, 31)) == expected


@pytest.mark.parametrize(
    "earlier, later, months",
    [
        (date(2024, 6, 30), date(2025, 8, 31), 14),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2024, 1, 15), date(2024, 2, 14), 0),
        (date(2025, 8, 30), date(2024, 6, 30), -14),
    ],
)
def test_a_slip_is_told_in_whole_months(earlier: date, later: date, months: int) -> None:
    assert timeline.months_between(earlier, later) == months


def test_the_axis_is_the_plans_period_and_today_lies_on_it() -> None:
    axis = timeline.axis(date(2024, 1, 1), date(2028, 12, 31), [date(2026, 6, 30)], TODAY)
    assert axis is not None
    assert (axis.first, axis.last, axis.now) == (date(2024, 1, 1), date(2028, 12, 31), "38.83%")
    assert [year.label for year in axis.years] == ["2024", "2025", "2026", "2027", "2028"]


def test_a_date_beyond_the_period_widens_the_axis_to_the_whole_year() -> None:
    axis = timeline.axis(date(2024, 1, 1), date(2025, 6, 30), [date(2026, 2, 1)], TODAY)
    assert axis is not None and axis.last == date(2026, 12, 31)


@pytest.mark.parametrize("days", [[], [None]])
def test_without_any_date_there_is_no_axis(days: list[date | None]) -> None:
    assert timeline.axis(None, None, days, TODAY) is None


def test_today_outside_the_period_is_not_drawn() -> None:
    axis = timeline.axis(date(2012, 1, 1), date(2017, 12, 31), [], TODAY)
    assert axis is not None and axis.now == ""


def test_an_overdue_commitment_shows_how_late_it_is_up_to_today() -> None:
    track = timeline.track(FIVE_YEARS, starts=None, due=date(2025, 6, 30), is_overdue=True)
    assert (track.late_from, track.late_to) == (FIVE_YEARS.x(date(2025, 6, 30)), FIVE_YEARS.now)


def test_the_date_first_agreed_is_marked_only_where_it_moved() -> None:
    due = date(2026, 6, 30)
    assert timeline.track(FIVE_YEARS, starts=None, due=due, is_overdue=False, baseline=due).baseline == ""
    moved = timeline.track(FIVE_YEARS, starts=None, due=due, is_overdue=False, baseline=date(2025, 6, 30))
    assert moved.baseline == FIVE_YEARS.x(date(2025, 6, 30))


def test_evidence_of_one_day_is_one_tick() -> None:
    days = [date(2025, 1, 1), date(2025, 1, 1), date(2025, 3, 1), date(2020, 1, 1)]
    assert len(timeline.track(FIVE_YEARS, starts=None, due=None, is_overdue=False, evidence=days).ticks) == 2


@pytest.mark.parametrize(
    "done_on, today, state",
    [(date(2025, 7, 1), TODAY, "met"), (None, date(2025, 6, 30), "next"), (None, date(2025, 7, 1), "missed")],
)
def test_a_milestone_is_met_missed_or_next(done_on: date | None, today: date, state: str) -> None:
    assert timeline.milestone_state(date(2025, 6, 10), "month", done_on, None, today) == state


def test_names_of_meetings_never_run_into_each_other() -> None:
    close = [(date(2025, 12, 8), "Doha"), (date(2025, 12, 16), "Riyadh"), (date(2025, 12, 2), "Baku")]
    labels = timeline.meeting_labels(FIVE_YEARS, close)
    assert len(labels) == 3
    spans = []
    for label in labels:
        if label.text:
            at, length = float(label.x[:-1]) / 100, len(label.text) * timeline.LABEL_PER_LETTER
            spans.append((at - length, at) if label.anchor == "end" else (at, at + length))
    assert spans and all(one[1] <= two[0] or two[1] <= one[0] for one in spans for two in spans if one is not two)


def test_a_name_of_a_meeting_never_runs_over_the_tick_of_another() -> None:
    labels = timeline.meeting_labels(FIVE_YEARS, [(date(2026, 2, 1), "Riyadh"), (date(2026, 1, 20), "Baku")])
    ticks = [float(label.x[:-1]) / 100 for label in labels]
    for label, at in zip(labels, ticks, strict=True):
        length = len(label.text) * timeline.LABEL_PER_LETTER
        begins, ends = (at - length, at) if label.anchor == "end" else (at, at + length)
        assert not [tick for tick in ticks if begins < tick < ends]


def test_a_stack_fills_its_width_in_the_order_of_the_ramp() -> None:
    segments = charts.stack({"none": 2, "completed": 1, "limited": 1})
    assert [(part.status, part.x, part.width) for part in segments] == [
        ("completed", "0%", "25%"),
        ("limited", "25%", "25%"),
        ("none", "50%", "50%"),
    ]


def test_what_nothing_is_known_of_is_drawn_apart_from_what_is_undelivered() -> None:
    bullet = charts.bullet({"completed": 1, "limited": 2, "none": 1}, date(2024, 1, 1), date(2028, 12, 31), TODAY)
    assert (bullet.time, bullet.done, bullet.unknown_from, bullet.unknown) == ("38.83%", "25%", "75%", "25%")


def test_a_plan_without_a_period_has_no_share_of_time() -> None:
    assert charts.bullet({"completed": 1}, None, date(2028, 12, 31), TODAY).time == ""


def test_the_scale_marks_the_gap_between_those_who_differ() -> None:
    assert charts.scale("substantial", "limited", "limited").gap == ("37.5%", "62.5%")
    assert charts.scale("limited", "", "limited").gap is None
    assert charts.steps_apart(["completed", "not_started", ""]) == 3


def test_a_dropped_commitment_stands_beside_the_scale() -> None:
    assert not charts.scale("dropped", "", "").is_drawn


def test_an_indicator_says_where_the_straight_line_would_be_today() -> None:
    line = charts.line(
        [(date(2025, 6, 30), Decimal(85))],
        baseline=(date(2024, 1, 1), Decimal(0)),
        target=(date(2025, 12, 31), Decimal(730)),
        today=date(2024, 12, 31),
    )
    assert line is not None and line.expected == Decimal(365)


def test_one_value_alone_is_no_line() -> None:
    assert charts.line([(TODAY, Decimal(5))], baseline=None, target=None, today=TODAY) is None
