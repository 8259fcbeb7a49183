"""Meetings and due dates of plans as one list of days, for the calendar's page and for the feed to subscribe to."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from icalendar import Calendar, Event

from plans.models import ActionPoint, Commitment, Meeting, Milestone, Plan
from plans.querysets import PlanQuerySet, last_day_of
from plans.reader import in_words, reader_language
from plans.timeline import last_day

KINDS: Final = ("meeting", "due", "milestone", "action")


@dataclass(frozen=True)
class Entry:
    """A day (or, where it is known only so far, a month, quarter or year) on which something is held or due."""

    on: date
    last: date
    precision: str
    kind: str
    plan: Plan
    thing: Any
    address: str
    schedule: str = ""  # of a commitment
    is_done: bool = False

    @property
    def uid(self) -> str:
        """The same for the same thing for ever, so that a calendar moves an entry instead of doubling it."""
        return f"{self.kind}-{self.thing.pk}@{self.plan.slug}.mithaq"


def first_day(on: date, precision: str) -> date:
    """The first day a date of this precision may mean."""
    if precision == "year":
        return date(on.year, 1, 1)
    if precision == "quarter":
        return date(on.year, (on.month - 1) // 3 * 3 + 1, 1)
    return on.replace(day=1) if precision == "month" else on


def entries(plans: PlanQuerySet, first: date, last: date, today: date, most: int = 500) -> list[Entry]:
    """What is held or due from `first` to `last` in these plans, by day, in four queries; at most `most` of a kind."""
    found: list[Entry] = []
    sides = ("plan__side_a", "plan__side_b")
    meetings = Meeting.objects.filter(plan__in=plans, held_on__range=(first, last)).select_related(*sides)
    for meeting in meetings.order_by("held_on", "pk")[:most]:
        start = first_day(meeting.held_on, meeting.held_precision)
        end = last_day(meeting.held_on, meeting.held_precision, meeting.plan.ends) or meeting.held_on
        address = reverse("meeting", args=[meeting.plan.slug, meeting.pk])
        found.append(Entry(start, end, meeting.held_precision, "meeting", meeting.plan, meeting, address))

    # due_precision «month» of 1 June ends in June: a range on the stored date alone would miss it
    commitments: Any = Commitment.objects.filter(plan__in=plans).exclude(status="dropped").with_schedule(today)
    commitments = commitments.filter(last_day__range=(first, last)).select_related(*sides)
    for one in commitments.order_by("last_day", "pk")[:most]:
        address = reverse("commitment", args=[one.plan.slug, one.code])
        is_done = one.schedule.startswith("done")
        found.append(
            Entry(one.last_day, one.last_day, one.due_precision, "due", one.plan, one, address, one.schedule, is_done)
        )

    steps: Any = (
        Milestone.objects.filter(commitment__plan__in=plans)
        .exclude(commitment__status="dropped")
        .annotate(last_day=last_day_of("due_on", "due_precision", "commitment__plan__ends"))
        .filter(last_day__range=(first, last))
        .select_related("commitment__plan__side_a", "commitment__plan__side_b")
    )
    for step in steps.order_by("last_day", "pk")[:most]:
        plan = step.commitment.plan
        address = reverse("commitment", args=[plan.slug, step.commitment.code])
        is_done = step.done_on is not None
        found.append(
            Entry(step.last_day, step.last_day, step.due_precision, "milestone", plan, step, address, is_done=is_done)
        )

    actions = ActionPoint.objects.filter(meeting__plan__in=plans, due_on__range=(first, last))
    actions = actions.select_related("meeting__plan__side_a", "meeting__plan__side_b")
    for action in actions.order_by("due_on", "pk")[:most]:
        if action.due_on is None:
            continue
        plan = action.meeting.plan
        address = reverse("meeting", args=[plan.slug, action.meeting_id])
        is_done = action.done_on is not None
        found.append(Entry(action.due_on, action.due_on, "day", "action", plan, action, address, is_done=is_done))
    return sorted(found, key=lambda entry: (entry.on, KINDS.index(entry.kind), entry.thing.pk))


def month_from(day: date, steps: int) -> date:
    """The first day of the month so many months after (before, where negative) that of a day."""
    place = day.year * 12 + day.month - 1 + steps
    return date(place // 12, place % 12 + 1, 1)


def months(first: date, count: int) -> list[date]:
    """The first days of this month and of those after it."""
    return [month_from(first, step) for step in range(count)]


# ------------------------------------------------------------------ a month as a grid

MOST_IN_A_CELL: Final = 3


@dataclass(frozen=True)
class Day:
    """A cell of a month's grid; days of the months beside it are empty."""

    on: date
    is_inside: bool
    entries: list[Entry]

    @property
    def first_few(self) -> list[Entry]:
        return self.entries[:MOST_IN_A_CELL]

    @property
    def others(self) -> list[Entry]:
        return self.entries[MOST_IN_A_CELL:]


def has_a_day(entry: Entry) -> bool:
    """Whether it is known to the day; the plan's end is a day too."""
    return entry.precision in ("day", "plan_end")


def weeks_of(month: date, found: Iterable[Entry]) -> list[list[Day]]:
    """The weeks of the month of this first day, from Sunday as in the Gulf, with what is known to fall on each day."""
    on_a_day: dict[date, list[Entry]] = {}
    for entry in found:
        if has_a_day(entry):
            on_a_day.setdefault(entry.on, []).append(entry)
    weeks = calendar.Calendar(calendar.SUNDAY).monthdatescalendar(month.year, month.month)
    return [
        [Day(day, inside := day.month == month.month, on_a_day.get(day, []) if inside else []) for day in week]
        for week in weeks
    ]


def choose(plans: PlanQuerySet, *, plan: str = "", party: str = "") -> PlanQuerySet:
    """The plans of an address's filters; what is unknown matches nothing."""
    found = plans.matching(party=party)
    return found.filter(Q(slug=plan)) if plan else found


# ------------------------------------------------------------------ iCalendar (RFC 5545)


def sides_of(plan: Plan) -> str:
    return f"{in_words(plan.side_a, 'short')} – {in_words(plan.side_b, 'short')}"


def summary_of(entry: Entry) -> str:
    """What a calendar shows of an entry, in the reader's language."""
    thing, sides = entry.thing, sides_of(entry.plan)
    if entry.kind == "meeting":
        kind = str(thing.get_kind_display())
        return gettext("%(sides)s: %(kind)s, %(place)s") % {
            "sides": sides,
            "kind": kind,
            "place": in_words(thing, "place"),
        }
    if entry.kind == "due":
        what = f"{thing.code} {in_words(thing, 'title')}"
    elif entry.kind == "milestone":
        what = f"{thing.commitment.code} {in_words(thing, 'title')}"
    else:
        what = in_words(thing, "text")
    told = pgettext("an entry of a calendar", "%(sides)s: due: %(what)s") % {"sides": sides, "what": what}
    return f"✓ {told}" if entry.is_done else told


def calendar_of(found: Iterable[Entry], *, name: str, root: str, now: datetime) -> bytes:
    """An iCalendar of all-day events; `root` is put before each entry's address («https://host»)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Mithaq//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for entry in found:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", now)
        event.add("dtstart", entry.on)
        event.add("dtend", entry.last + timedelta(days=1))  # the day after the last, as RFC 5545 counts
        event.add("summary", summary_of(entry), parameters={"language": reader_language()})
        event.add("url", f"{root}{entry.address}")
        event.add("categories", [entry.kind.upper()])
        event.add("transp", "TRANSPARENT")  # a date of a plan makes nobody busy
        if entry.kind == "meeting":
            event.add("location", in_words(entry.thing, "place"))
            described = in_words(entry.thing, "summary")
            if described:
                event.add("description", described)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
