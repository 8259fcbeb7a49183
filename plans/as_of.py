"""A plan as it stood on a past day: what held then, of evidence, assessments, checks and dates.

Two questions are told apart. «known»: what had been recorded by the end of that day, before later withdrawals; this is
the page as it could be read then. «dated»: what is dated by that day in today's record; this is where things stood as
far as is known now, also where the record was made later. The plan's own facts and its milestones are those of
today, and so is the wording on the plan's page.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from plans import timeline
from plans.models import Assessment, Check, Commitment, DateChange, Evidence, Plan, Wording
from plans.progress import WORDS, is_contested, status_of

Rows = TypeVar("Rows", bound="QuerySet[Any]")
Thing = TypeVar("Thing", Evidence, Assessment)

KNOWN, DATED = "known", "dated"


@dataclass(frozen=True)
class Moment:
    """The end of a past day, and which of the two questions is asked of it."""

    day: date
    by: str = KNOWN

    @property
    def end(self) -> datetime:
        """The first instant after the day."""
        return timezone.make_aware(datetime.combine(self.day + timedelta(days=1), time.min))

    def holds(self, dated: date | None, recorded_at: datetime, withdrawn_at: datetime | None = None) -> bool:
        """Whether something dated, recorded and perhaps withdrawn at these times stood then."""
        if dated is not None and dated > self.day:
            return False
        if self.by == DATED:
            return withdrawn_at is None
        return recorded_at < self.end and (withdrawn_at is None or withdrawn_at >= self.end)

    def recorded(self, dated: str) -> Q:
        """Rows on record then, also those withdrawn; `dated` names their date, and what has none counts as earlier."""
        by_then = Q(**{f"{dated}__lte": self.day}) | Q(**{dated: None})
        return by_then if self.by == DATED else by_then & Q(recorded_at__lt=self.end)


def asked(query: Mapping[str, str], today: date) -> Moment | None:
    """The moment a page's address asks for: `as_of=2026-03-01` and perhaps `by=dated`; None for today's page."""
    try:
        day = date.fromisoformat(query.get("as_of", ""))
    except ValueError:
        return None
    if day.year <= 1900 or day >= today:
        return None
    return Moment(day, DATED if query.get("by") == DATED else KNOWN)


def withdrawn_at(thing: Evidence | Assessment) -> datetime | None:
    """When it was withdrawn, if it was."""
    return thing.withdrawal.recorded_at if thing.is_withdrawn else None


def levels_then(assessments: Iterable[Assessment], moment: Moment) -> dict[str, str]:
    """The level each side («a», «b») and the assessor («») held, of those assessments of one commitment that stood."""
    levels = {}
    for said in sorted(assessments, key=lambda said: (said.on, said.pk)):
        taken_back = [at for at in (withdrawn_at(said), withdrawn_at(said.ground)) if at]
        if moment.holds(said.on, said.recorded_at, min(taken_back, default=None)):
            levels[said.side] = said.level
    return levels


def date_then(thing: Any, changes: Iterable[DateChange], day: date) -> tuple[date | None, str]:
    """The due date and its precision as they stood: what the first later decision moved away from, else today's."""
    later = sorted((change for change in changes if change.decided_on > day), key=lambda one: (one.decided_on, one.pk))
    return (later[0].from_date, later[0].from_precision) if later else (thing.due_on, thing.due_precision)


def on_record(rows: Rows, dated: str, moment: Moment | None) -> Rows:
    """Those of the rows that were on record at that moment; all of them where none is asked for."""
    return rows.filter(moment.recorded(dated)) if moment else rows


def reword(commitment: Commitment, wordings: list[Wording], moment: Moment) -> list[Wording]:
    """Give a commitment the words agreed by that moment, and return its versions of then. `wordings`: newest first."""
    # what has no day, and the first of them, are from the beginning; the first is written down with the second
    then = [one for one in wordings if one.number == 1 or moment.holds(one.agreed_on, one.recorded_at)]
    for name in WORDS if then else ():
        setattr(commitment, name, getattr(then[0], name))
    return then if len(then) > 1 else []


def rewind(plan: Plan, commitments: list[Any], moment: Moment) -> None:
    """Set commitments of `for_plan_page` and their milestones back to that moment, in four queries. Saves nothing."""
    said, heard, checked = defaultdict(list), defaultdict(list), defaultdict(list)
    moves = defaultdict(list)
    alone = {"commitment": commitments[0]} if len(commitments) == 1 else {}
    of_plan = Assessment.objects.filter(plan=plan, **alone).select_related("withdrawal", "ground__withdrawal")
    for assessment in of_plan:
        said[assessment.commitment_id].append(assessment)
    of_commitments = Evidence.objects.filter(plan=plan, **alone).exclude(commitment=None)
    for piece in of_commitments.select_related("withdrawal"):
        if moment.holds(piece.published_on, piece.recorded_at, withdrawn_at(piece)):
            heard[piece.commitment_id].append(piece)
    for check in Check.objects.filter(commitment__plan=plan, **alone):
        if moment.holds(check.on, check.recorded_at):
            checked[check.commitment_id].append(check.on)
    for change in DateChange.objects.in_plan(plan):
        moves[change.commitment_id, change.milestone_id].append(change)
    for one in commitments:
        for step in one.milestones.all():
            _set_dates(step, moves[None, step.pk], moment.day)
        _set_dates(one, moves[one.pk, None], moment.day)
        one.last_checked_on = max(checked[one.pk], default=None)
        _set_state(one, plan, levels_then(said[one.pk], moment), heard[one.pk], moment.day)


def _set_dates(thing: Any, changes: list[DateChange], day: date) -> None:
    thing.due_on, thing.due_precision = date_then(thing, changes, day)
    if thing.done_on and thing.done_on > day:
        thing.done_on = None


def _set_state(one: Any, plan: Plan, levels: dict[str, str], evidence: list[Evidence], day: date) -> None:
    # the rules of CommitmentQuerySet.overdue() and silent(), for rows already in hand
    one.level_a, one.level_b, one.level_assessor = levels.get("a", ""), levels.get("b", ""), levels.get("", "")
    one.status, one.is_contested = status_of(levels), is_contested(levels)
    one.evidence_ticks = sorted(evidence, key=lambda piece: piece.published_on)
    one.last_evidence_on = max((piece.published_on for piece in evidence), default=None)
    one.last_day = timeline.last_day(one.due_on, one.due_precision, plan.ends)
    one.heard = max((on for on in (one.last_evidence_on, one.last_checked_on, plan.starts) if on), default=None)
    is_open = one.status not in ("completed", "dropped")
    one.is_overdue = bool(is_open and one.done_on is None and one.last_day and one.last_day < day)
    silent_since = day - settings.SILENT_AFTER
    one.is_silent = bool(is_open and plan.is_in_force(day) and one.heard and one.heard < silent_since)


def unwithdrawn(pieces: Iterable[Thing], moment: Moment | None) -> list[Thing]:
    """The rows, without withdrawals that came later than the moment (fetch them with `withdrawal`)."""
    kept = list(pieces)
    for piece in kept:
        at = withdrawn_at(piece)
        if moment and moment.by == KNOWN and at and at >= moment.end:
            piece._state.fields_cache["withdrawal"] = None
    return kept
