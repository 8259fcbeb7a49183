"""Geometry of the timeline: where days fall on a plan's axis, and what a commitment's track shows. Pure functions."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from plans.charts import percent

LABEL_PER_LETTER = 0.016  # of the axis, at the narrowest width at which labels of meetings are shown
MOST_YEAR_LABELS = 8


def last_day(on: date | None, precision: str, plan_end: date | None) -> date | None:
    """The last day on which a date of this precision is still kept: «2025» is late only after December.

    The same rule as `querysets.last_day_of`, for rows already in hand.
    """
    if precision == "plan_end":
        return plan_end
    if on is None:
        return None
    if precision == "year":
        return date(on.year, 12, 31)
    if precision == "quarter":
        month = (on.month + 2) // 3 * 3
        return date(on.year, month, monthrange(on.year, month)[1])
    if precision == "month":
        return date(on.year, on.month, monthrange(on.year, on.month)[1])
    return on


def months_between(earlier: date, later: date) -> int:
    """Whole months from one day to another, negative where it moved forward: 30 June to 31 August is 2."""
    if later < earlier:
        return -months_between(later, earlier)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    ends_its_month = later.day == monthrange(later.year, later.month)[1]
    return months if later.day >= earlier.day or ends_its_month else months - 1


@dataclass(frozen=True)
class Year:
    label: str
    middle: str
    line: str  # where the year begins; empty for the first


@dataclass(frozen=True)
class Axis:
    """The days from `first` to `last`, both shown whole."""

    first: date
    last: date
    today: date

    def share(self, day: date) -> float:
        return ((day - self.first).days) / max((self.last - self.first).days, 1)

    def x(self, day: date) -> str:
        """Where a day falls, clamped to the axis."""
        return percent(self.share(day))

    def shows(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def now(self) -> str:
        return self.x(self.today) if self.shows(self.today) else ""

    @property
    def now_anchor(self) -> str:
        """How the word «today» hangs on its line, so that it never leaves the drawing."""
        share = self.share(self.today)
        return "start" if share < 0.15 else "end" if share > 0.85 else "middle"

    @property
    def years(self) -> list[Year]:
        years = range(self.first.year, self.last.year + 1)
        every = -(-len(years) // MOST_YEAR_LABELS)
        found = []
        for count, year in enumerate(years):
            begins, ends = max(date(year, 1, 1), self.first), min(date(year, 12, 31), self.last)
            is_wide = (ends - begins).days / max((self.last - self.first).days, 1) > 0.06
            found.append(
                Year(
                    label=str(year) if count % every == 0 and is_wide else "",
                    middle=percent((self.share(begins) + self.share(ends)) / 2),
                    line=self.x(begins) if count else "",
                )
            )
        return found


def axis(starts: date | None, ends: date | None, days: Iterable[date | None], today: date) -> Axis | None:
    """The axis of a plan: its period, widened to the whole of the years that its commitments' dates reach.

    None where neither a period nor two different days are known.
    """
    known = [day for day in days if day is not None]
    first = min([*known, *([starts] if starts else [])], default=None)
    last = max([*known, *([ends] if ends else [])], default=None)
    if first is None or last is None:
        return None
    if starts is None or first < starts:
        first = date(first.year, 1, 1)
    if ends is None or last > ends:
        last = date(last.year, 12, 31)
    return Axis(first, last, today) if first < last else None


@dataclass(frozen=True)
class Mark:
    """A milestone on a track: met, missed or next, the names of the sprite's shapes."""

    state: str
    x: str


@dataclass(frozen=True)
class Track:
    """A commitment's row: its bar, how late it is, the date first agreed where it moved, milestones and evidence."""

    x: str
    width: str
    late_from: str
    late_to: str
    baseline: str
    milestones: list[Mark]
    ticks: list[str]


def milestone_state(due: date | None, precision: str, done_on: date | None, plan_end: date | None, today: date) -> str:
    """«met», «missed» where its last day has passed, else «next»."""
    if done_on is not None:
        return "met"
    kept_until = last_day(due, precision, plan_end)
    return "missed" if kept_until is not None and kept_until < today else "next"


def track(
    axis: Axis,
    *,
    starts: date | None,
    due: date | None,
    is_overdue: bool,
    baseline: date | None = None,
    milestones: Sequence[tuple[date | None, str]] = (),
    evidence: Iterable[date] = (),
) -> Track:
    """Lay out a commitment; `milestones` are (day, state), `due` the last day its date allows (None: to the end)."""
    begins = max(starts or axis.first, axis.first)
    ends = min(due or axis.last, axis.last)
    width = max(axis.share(ends) - axis.share(begins), 0.004)
    is_late = is_overdue and due is not None and due < axis.today
    moved = baseline is not None and baseline != due and axis.shows(baseline)
    return Track(
        x=axis.x(begins),
        width=percent(width),
        late_from=axis.x(due) if is_late and due else "",
        late_to=axis.x(axis.today) if is_late else "",
        baseline=axis.x(baseline) if moved and baseline else "",
        milestones=[Mark(state, axis.x(day)) for day, state in milestones if day is not None and axis.shows(day)],
        ticks=list(dict.fromkeys(axis.x(day) for day in evidence if axis.shows(day))),
    )


@dataclass(frozen=True)
class Label:
    """A meeting on the axis, and its name where there is room for it."""

    x: str
    is_ahead: bool
    text: str
    anchor: str
    dx: str


def meeting_labels(axis: Axis, meetings: Iterable[tuple[date, str]]) -> list[Label]:
    """Ticks for the meetings; the newest are named first, a name that would run into another or a tick is left out."""
    shown = [(day, name) for day, name in sorted(meetings, reverse=True) if axis.shows(day)]
    ticks = [axis.share(day) for day, _name in shown]
    taken: list[tuple[float, float]] = []
    labels = []
    for day, name in shown:
        at, length = axis.share(day), len(name) * LABEL_PER_LETTER
        text, anchor, dx = "", "end", "-5"
        for side, span in (("end", (at - length, at)), ("start", (at, at + length))):
            is_free = all(span[1] <= begins or span[0] >= ends for begins, ends in taken)
            is_free = is_free and not any(span[0] < tick < span[1] for tick in ticks)
            if is_free and span[0] >= 0 and span[1] <= 1:
                text, anchor, dx = name, side, "-5" if side == "end" else "5"
                taken.append(span)
                break
        labels.append(Label(axis.x(day), day > axis.today, text, anchor, dx))
    return labels
