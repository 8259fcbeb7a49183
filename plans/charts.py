"""Geometry of the small charts. Pure functions: counts, levels and dates in, percentages and pixels out.

A chart is laid out once, in reading order; the stylesheet mirrors it where the page runs from right to left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

SCALE = ("not_started", "limited", "substantial", "completed")
ORDER = ("completed", "substantial", "limited", "not_started", "contested", "none", "dropped")


def percent(share: float) -> str:
    """A share of 1 as SVG takes it, clamped to the drawing: `0.3881` is «38.81%»."""
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True)
class Segment:
    """A part of a status stack: where it begins, how wide it is, and how many commitments it stands for."""

    status: str
    count: int
    x: str
    width: str
    end: str


def stack(counts: Mapping[str, int]) -> list[Segment]:
    """Segments for the statuses that occur, from completed to dropped; none where nothing is counted."""
    total = sum(counts.values())
    segments, before = [], 0
    for status in ORDER:
        count = counts.get(status, 0)
        if count:
            segments.append(
                Segment(
                    status,
                    count,
                    percent(before / total),
                    percent(count / total),
                    percent((before + count) / total),
                )
            )
            before += count
    return segments


@dataclass(frozen=True)
class Bullet:
    """Time passed against commitments completed; what nothing is known of is drawn apart, never as undelivered."""

    time: str  # empty where the plan has no period
    time_words: str
    done: str
    unknown_from: str
    unknown: str


def share_of_time(starts: date | None, ends: date | None, today: date) -> float | None:
    """How much of a period has passed, from 0 to 1; None where it has no beginning or no end."""
    if starts is None or ends is None or ends <= starts:
        return None
    return min(max((today - starts).days / (ends - starts).days, 0.0), 1.0)


def bullet(counts: Mapping[str, int], starts: date | None, ends: date | None, today: date) -> Bullet:
    total = sum(counts.values()) or 1
    passed = share_of_time(starts, ends, today)
    unknown = counts.get("none", 0) / total
    return Bullet(
        time="" if passed is None else percent(passed),
        time_words="" if passed is None else f"{passed * 100:.0f}",
        done=percent(counts.get("completed", 0) / total),
        unknown_from=percent(1 - unknown),
        unknown=percent(unknown) if counts.get("none", 0) else "",
    )


@dataclass(frozen=True)
class Scale:
    """The four steps of the scale and who stands on which; «dropped» stands beside it and is said in words."""

    stops: list[str]
    a: str
    b: str
    assessor: str
    gap: tuple[str, str] | None  # between the lowest and the highest level held

    @property
    def is_drawn(self) -> bool:
        return bool(self.a or self.b or self.assessor)


def scale(level_a: str, level_b: str, level_assessor: str) -> Scale:
    stops = {level: (step + 0.5) / len(SCALE) for step, level in enumerate(SCALE)}
    held = sorted(stops[level] for level in (level_a, level_b, level_assessor) if level in stops)
    return Scale(
        stops=[percent(at) for at in stops.values()],
        a=percent(stops[level_a]) if level_a in stops else "",
        b=percent(stops[level_b]) if level_b in stops else "",
        assessor=percent(stops[level_assessor]) if level_assessor in stops else "",
        gap=(percent(held[0]), percent(held[-1])) if held and held[0] != held[-1] else None,
    )


def steps_apart(levels: Sequence[str]) -> int:
    """How many steps of the scale lie between the lowest and the highest of these levels."""
    held = [SCALE.index(level) for level in levels if level in SCALE]
    return max(held) - min(held) if held else 0


@dataclass(frozen=True)
class Point:
    x: str
    y: float
    value: Decimal
    on: date


@dataclass(frozen=True)
class Line:
    """An indicator's values over time, the straight line to its target, and where today is."""

    points: list[Point]
    target: Point | None
    now: str
    height: int
    first: date
    last: date
    foot: float
    expected: Decimal | None  # on the straight line from baseline to target, today

    @property
    def pairs(self) -> list[tuple[Point, Point]]:
        return list(pairwise(self.points))

    @property
    def label_y(self) -> float:
        return self.height - 8

    @property
    def expected_words(self) -> str:
        """The expected value without a precision the line does not have."""
        return "" if self.expected is None else f"{self.expected:,.0f}"


def line(
    values: Sequence[tuple[date, Decimal]],
    *,
    baseline: tuple[date, Decimal] | None,
    target: tuple[date, Decimal] | None,
    today: date,
    height: int = 170,
) -> Line | None:
    """The line chart of an indicator; None where fewer than two dated values (baseline and target count) are known."""
    measured = sorted([*([baseline] if baseline else []), *values])
    known = [*measured, *([target] if target else [])]
    if len({on for on, _value in known}) < 2:
        return None
    first, last = min(on for on, _ in known), max(on for on, _ in known)
    low, high = min(Decimal(0), *(value for _, value in known)), max(value for _, value in known)
    top, foot = 16.0, height - 28.0

    def place(on: date, value: Decimal) -> Point:
        share = (on - first).days / (last - first).days
        rise = float((value - low) / (high - low)) if high > low else 0.5
        return Point(percent(0.04 + share * 0.92), round(foot - rise * (foot - top), 2), value, on)

    expected = None
    if baseline and target and baseline[0] < target[0]:
        gone = Decimal((min(max(today, baseline[0]), target[0]) - baseline[0]).days)
        expected = baseline[1] + (target[1] - baseline[1]) * gone / Decimal((target[0] - baseline[0]).days)
    return Line(
        points=[place(on, value) for on, value in measured],
        target=place(*target) if target else None,
        now=place(today, low).x if first <= today <= last else "",
        height=height,
        first=first,
        last=last,
        foot=foot,
        expected=expected,
    )
