"""What waits until somebody else approves it, where the plan asks for that.

`record_or_propose` is the door for pages: it calls an operation of `progress`, or keeps its arguments as a proposal.
Accepting calls the very operation, with what stands by then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from django.db import models, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans import progress
from plans.models import (
    Assessment,
    Commitment,
    DateChange,
    Evidence,
    Level,
    Milestone,
    Pillar,
    Plan,
    Proposal,
    User,
    Withdrawal,
    Wording,
)
from plans.progress import WORDS, ProgressError

Kind = Proposal.Kind
State = Proposal.State
APPROVES = "plans.change_proposal"

OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    Kind.ASSESS: progress.assess,
    Kind.WITHDRAW: progress.withdraw,
    Kind.MOVE_DATE: progress.move_date,
    Kind.AMEND: progress.amend,
    Kind.CARRY_OVER: progress.carry_over,
}
ROWS: Final[dict[str, type[models.Model]]] = {
    "commitment": Commitment,
    "milestone": Milestone,
    "assessment": Assessment,
    "evidence": Evidence,
    "ground": Evidence,
    "further": Evidence,
    "plan": Plan,
    "pillar": Pillar,
}
DAYS: Final = {"on", "to", "decided_on", "agreed_on"}
BEFORE: Final = "before"  # the words an amendment was proposed against

Thing = Commitment | Milestone | Evidence | Assessment
Recorded = Assessment | Withdrawal | DateChange | Wording | Commitment


class NotTheirsToDecide(ProgressError):
    """Somebody else must approve what you proposed."""


class Decided(ProgressError):
    """It no longer waits."""


# ------------------------------------------------------------------ proposing


def needs_approval(kind: str, plan: Plan, arguments: dict[str, Any]) -> bool:
    """Whether this waits for somebody else: the plan asks for it, and it is no level short of completed."""
    return plan.asks_approval and (kind != Kind.ASSESS or arguments.get("level") == Level.COMPLETED)


def record_or_propose(kind: str, thing: Thing, *, by: User, **arguments: Any) -> Recorded | Proposal:
    """Call the operation of this kind on the thing, or where the plan asks for approval propose it; return the row.

    Raises what the operation raises. A proposal, too, is refused now for what would refuse it at once.
    """
    if needs_approval(kind, _plan_that_decides(thing, arguments), arguments):
        return propose(kind, thing, by=by, **arguments)
    recorded: Recorded = OPERATIONS[kind](thing, by=by, **arguments)
    return recorded


@transaction.atomic
def propose(kind: str, thing: Thing, *, by: User, **arguments: Any) -> Proposal:
    """Keep the operation's arguments until somebody else decides, and return the proposal.

    The operation is tried first and taken back, so that what it refuses is refused to the person who proposes. The
    same thing proposed twice by one person while it waits is one proposal.
    """
    _try(kind, thing, by, arguments)
    commitment = _commitment_of(thing)
    kept = {_name_of(thing): thing.pk, **_written(arguments)}
    if kind == Kind.AMEND:
        kept[BEFORE] = _words(thing)
    plan = _plan_that_decides(thing, arguments)
    proposal = {"plan": plan, "commitment": commitment, "kind": kind, "arguments": kept, "proposed_by": by}
    # two at once by one person follow each other
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    twice = Proposal.objects.filter(state=State.WAITING, **proposal).first()
    return twice or Proposal.objects.create(**proposal)


def report_or_propose(
    commitment: Commitment, *, side: str, level: str, text: str, language: str, on: date, by: User
) -> Assessment | Proposal:
    """Record a side's report and its level (`progress.report`); where the level must wait, the report alone stands."""
    with transaction.atomic():
        ground = progress.report_as_evidence(commitment, side=side, text=text, language=language, on=on, by=by)
        said = record_or_propose(Kind.ASSESS, commitment, by=by, side=side, level=level, ground=ground, on=on)
    return cast("Assessment | Proposal", said)


class _TakenBack(Exception):
    """Ends a trial."""


def _try(kind: str, thing: models.Model, by: User, arguments: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            OPERATIONS[kind](thing, by=by, **arguments)
            raise _TakenBack
    except _TakenBack:
        return


def _name_of(thing: models.Model) -> str:
    return str(thing._meta.model_name)


def _commitment_of(thing: Thing) -> Commitment | None:
    return thing if isinstance(thing, Commitment) else thing.commitment


def _plan_that_decides(thing: Thing, arguments: dict[str, Any]) -> Plan:
    """The plan whose record changes; of the two a carry-over touches the later one, unless only the earlier asks."""
    own = thing.commitment.plan if isinstance(thing, Milestone) else thing.plan
    later: Plan | None = arguments.get("plan")
    return later if later is not None and (later.asks_approval or not own.asks_approval) else own


def _words(commitment: models.Model) -> dict[str, str]:
    return {name: getattr(commitment, name) for name in WORDS}


def _written(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as JSON keeps them: days as ISO 8601, rows by primary key; what is empty stays away."""

    def write(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, str):
            return str(value)
        return [one.pk for one in value]

    written = {name: write(value) for name, value in arguments.items() if value is not None and value != ""}
    return {name: value for name, value in written.items() if value != []}


# ------------------------------------------------------------------ deciding


def waiting_for(user: User) -> "QuerySet[Proposal]":
    """Proposals this person may decide: of plans they work in, proposed by somebody else; none without the right."""
    waiting = Proposal.objects.filter(state=State.WAITING)
    if not user.is_authenticated or not user.has_perm(APPROVES):
        return waiting.none()
    return waiting.filter(plan__in=Plan.objects.editable_by(user)).exclude(proposed_by=user)


def _lock(proposal: Proposal, by: User) -> Proposal:
    locked = Proposal.objects.select_for_update(of=("self",), no_key=True).select_related("plan").get(pk=proposal.pk)
    if locked.state != State.WAITING:
        raise Decided(_("Somebody has decided this meanwhile."))
    if locked.proposed_by_id == by.pk:
        raise NotTheirsToDecide(_("Somebody else must approve what you proposed."))
    return locked


def _decide(proposal: Proposal, state: str, by: User, note: str) -> Proposal:
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.note = state, by, timezone.now(), note
    proposal.save(update_fields=["state", "decided_by", "decided_at", "note"])
    return proposal


@transaction.atomic
def accept(proposal: Proposal, *, by: User) -> Recorded:
    """Do what was proposed, in the name of who proposed it, and return what was recorded.

    Raises NotTheirsToDecide for one's own, Decided where it no longer waits, and what the operation raises (evidence
    withdrawn meanwhile): then nothing is recorded and it still waits.
    """
    proposal = _lock(proposal, by)
    thing, arguments = _read(proposal)
    if isinstance(thing, Evidence | Assessment) and thing.is_withdrawn:
        raise Decided(_("It had been withdrawn before."))
    if arguments.pop(BEFORE, None) not in (None, _words(thing) if proposal.kind == Kind.AMEND else None):
        raise ProgressError(
            _("The wording has changed since. Return this, so that it is proposed against the new one.")
        )
    recorded: Recorded = OPERATIONS[proposal.kind](thing, by=proposal.proposed_by, **arguments)
    _decide(proposal, State.ACCEPTED, by, "")
    return recorded


@transaction.atomic
def give_back(proposal: Proposal, *, by: User, note: str) -> Proposal:
    """Return a proposal to who made it, with a note that says what is missing.

    Raises ProgressError without a note, NotTheirsToDecide for one's own, Decided where it no longer waits.
    """
    proposal = _lock(proposal, by)
    if not note.strip():
        raise ProgressError(_("Say what is missing."), "note")
    return _decide(proposal, State.RETURNED, by, note.strip())


def _read(proposal: Proposal) -> tuple[models.Model, dict[str, Any]]:
    """The thing a proposal is about, and the other arguments of its operation, from what JSON keeps."""
    kept = dict(proposal.arguments)
    name = thing_of(proposal)
    try:
        thing = ROWS[name]._default_manager.get(pk=kept.pop(name))
        arguments: dict[str, Any] = {}
        for argument, value in kept.items():
            if argument in DAYS:
                arguments[argument] = date.fromisoformat(value)
            elif argument == "further":
                arguments[argument] = list(Evidence.objects.filter(pk__in=value))
            elif argument in ROWS:
                arguments[argument] = ROWS[argument]._default_manager.get(pk=value)
            else:
                arguments[argument] = value
    except models.ObjectDoesNotExist:
        raise ProgressError(_("What it is about is no longer on record.")) from None
    if proposal.kind == Kind.MOVE_DATE:
        arguments.setdefault("to", None)
    if proposal.kind == Kind.ASSESS:
        arguments.setdefault("side", "")
    if proposal.kind == Kind.AMEND:
        arguments = {**dict.fromkeys(WORDS, ""), **arguments}
    return thing, arguments


def thing_of(proposal: Proposal) -> str:
    """Under which argument a proposal names what it is about: «commitment», «milestone», «evidence», «assessment»."""
    if proposal.kind in (Kind.ASSESS, Kind.AMEND, Kind.CARRY_OVER):
        return "commitment"
    names = ("milestone", "commitment") if proposal.kind == Kind.MOVE_DATE else ("assessment", "evidence")
    return next(name for name in names if name in proposal.arguments)


# ------------------------------------------------------------------ showing

# what a page of proposals needs of each; a carry-over is decided in another plan than its commitment's
PAGES: Final = ("plan__side_a", "plan__side_b", "commitment__plan", "proposed_by")


@dataclass(frozen=True)
class ChangedWords:
    """A text that an amendment changes: its field, «title_ar», and how it stood and is to stand."""

    name: str
    before: str
    after: str

    @property
    def is_title(self) -> bool:
        return self.name.startswith("title")

    @property
    def language(self) -> str:
        return self.name[-2:]


@dataclass
class Shown:
    """A proposal with the rows it speaks of, for pages."""

    proposal: Proposal
    evidence: Evidence | None = None  # its ground, or its proof, or what is to be withdrawn
    assessment: Assessment | None = None
    milestone: Milestone | None = None
    to: date | None = None
    on: date | None = None
    decided_on: date | None = None
    agreed_on: date | None = None
    pillar: Pillar | None = None  # of the later plan
    problem: str = ""  # why it could not be decided just now
    note: str = ""  # what was typed then
    may_decide: bool = False

    @property
    def words(self) -> list[ChangedWords]:
        """What an amendment changes, text by text."""
        said = self.proposal.arguments
        texts = [ChangedWords(name, before, said.get(name, "")) for name, before in said.get(BEFORE, {}).items()]
        return [
            one for one in texts if one.before.replace("\r\n", "\n").strip() != one.after.replace("\r\n", "\n").strip()
        ]

    @property
    def again(self) -> str:
        """Where its proposer proposes it again, the form filled with what came back; empty where nothing is left."""
        proposal, query = self.proposal, f"?again={self.proposal.pk}"
        if proposal.kind == Kind.WITHDRAW:
            if self.assessment is not None:
                return reverse("withdraw_assessment", args=[self.assessment.pk]) + query
            return reverse("withdraw_evidence", args=[self.evidence.pk]) + query if self.evidence else ""
        if proposal.commitment is None:
            return ""
        address = [proposal.commitment.plan.slug, proposal.commitment.code]
        if proposal.kind in (Kind.AMEND, Kind.CARRY_OVER):
            return reverse(proposal.kind, args=address) + query
        if proposal.kind == Kind.ASSESS:
            return reverse("commitment", args=address) + f"{query}#assess"
        step = f"&milestone={self.milestone.pk}" if self.milestone else ""
        return reverse("move_date", args=address) + query + step

    @property
    def dated(self) -> Commitment | Milestone | None:
        """What carries the date that is to move."""
        return self.milestone or self.proposal.commitment


def shown(proposals: Iterable[Proposal], user: User | None = None) -> list[Shown]:
    """Proposals with the rows they speak of, in four queries however many; who may decide which, for this person."""
    proposals = list(proposals)

    def named(*names: str) -> set[int]:
        return {one.arguments[name] for one in proposals for name in names if name in one.arguments}

    evidence = Evidence.objects.for_lists().in_bulk(named("ground", "evidence"))
    assessments = Assessment.objects.for_ledger().in_bulk(named("assessment"))
    milestones = Milestone.objects.in_bulk(named("milestone"))
    pillars = Pillar.objects.select_related("plan").in_bulk(named("pillar"))
    decides = user is not None and user.has_perm(APPROVES)
    editable = Plan.objects.editable_by(user) if user and decides and proposals else Plan.objects.none()
    theirs = set(editable.values_list("pk", flat=True))

    def day(proposal: Proposal, name: str) -> date | None:
        return date.fromisoformat(proposal.arguments[name]) if name in proposal.arguments else None

    return [
        Shown(
            one,
            evidence.get(one.arguments.get("ground", one.arguments.get("evidence", 0))),
            assessments.get(one.arguments.get("assessment", 0)),
            milestones.get(one.arguments.get("milestone", 0)),
            day(one, "to"),
            day(one, "on"),
            day(one, "decided_on"),
            day(one, "agreed_on"),
            pillars.get(one.arguments.get("pillar", 0)),
            may_decide=one.state == State.WAITING
            and user is not None
            and one.proposed_by_id != user.pk
            and one.plan_id in theirs,
        )
        for one in proposals
    ]


def returned_to(user: User) -> list[Proposal]:
    """What came back to this person and was not proposed again since, newest first."""
    own = Proposal.objects.filter(proposed_by=user).order_by("-proposed_at", "-pk")
    seen: set[tuple[Any, ...]] = set()
    returned = []
    for proposal in own.select_related(*PAGES, "decided_by")[:200]:
        name = thing_of(proposal)
        about = (proposal.kind, name, proposal.arguments[name], proposal.arguments.get("side", ""))
        if about not in seen and proposal.state == State.RETURNED:
            returned.append(proposal)
        seen.add(about)
    return returned


def to_propose_again(user: User, kind: str, thing: models.Model, pk: str) -> dict[str, Any]:
    """The arguments of one's own returned proposal about this thing, to fill a form with; empty where there is none."""
    if not pk.isdecimal() or len(pk) > 18 or not user.is_authenticated:
        return {}
    found = Proposal.objects.filter(pk=int(pk), proposed_by=user, kind=kind, state=State.RETURNED).first()
    if found is None or found.arguments.get(_name_of(thing)) != thing.pk:
        return {}
    return dict(found.arguments)
