"""The operations that change where a commitment stands. Each is one transaction and the only door to its change."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.models import (
    Assessment,
    AssessmentEvidence,
    Check,
    Commitment,
    DateChange,
    DatePrecision,
    Evidence,
    Milestone,
    Pillar,
    Plan,
    Side,
    Status,
    User,
    Withdrawal,
    Wording,
)


class ProgressError(ValueError):
    """Something that may not be recorded; its message is for the person who tried, `field` what it is about."""

    def __init__(self, message: Any, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Withdrawn(ProgressError):
    """The evidence no longer stands and cannot carry a status."""


class AnotherPlan(ProgressError):
    """Evidence and commitment belong to different plans."""


class NotTheirSide(ProgressError):
    """A focal point speaks for their own side alone."""


def status_of(levels: Mapping[str, str]) -> str:
    """What counts and bars show, from the standing level of each side («a», «b») and of the assessor («»).

    The assessor's level; without one the sides' where they agree or only one has spoken; else «contested»; «none»
    is the absence of all.
    """
    if levels.get(""):
        return levels[""]
    said = {level for side, level in levels.items() if level and side in Side.values}
    if not said:
        return str(Status.NONE)
    return said.pop() if len(said) == 1 else str(Status.CONTESTED)


def is_contested(levels: Mapping[str, str]) -> bool:
    """Whether any two of those who have spoken hold different levels."""
    return len({level for level in levels.values() if level}) > 1


def refresh_status(commitment: Commitment) -> None:
    """Write the derived columns of a commitment from what stands; called inside the transaction that changed it."""
    levels = dict(Assessment.objects.filter(commitment=commitment).latest_of_each_side().values_list("side", "level"))
    evidence = Evidence.objects.standing().filter(commitment=commitment).aggregate(last=Max("published_on"))
    checks = Check.objects.filter(commitment=commitment).aggregate(last=Max("on"))
    commitment.level_a = levels.get(Side.A, "")
    commitment.level_b = levels.get(Side.B, "")
    commitment.level_assessor = levels.get("", "")
    commitment.status = status_of(levels)
    commitment.is_contested = is_contested(levels)
    commitment.last_evidence_on = evidence["last"]
    commitment.last_checked_on = checks["last"]
    commitment.save(
        update_fields=[
            "level_a",
            "level_b",
            "level_assessor",
            "status",
            "is_contested",
            "last_evidence_on",
            "last_checked_on",
        ]
    )


def _lock(commitment: Commitment) -> Commitment:
    # refresh_status reads and writes: two at once on one commitment must follow each other
    return Commitment.objects.select_for_update(of=("self",), no_key=True).get(pk=commitment.pk)


def side_of(person: User, plan: Plan) -> str:
    """The side («a», «b») for which a focal point speaks in this plan; empty for others and of other plans."""
    if person.party_id is None:
        return ""
    return {plan.side_b_id: str(Side.B), plan.side_a_id: str(Side.A)}.get(person.party_id, "")


def _only_their_own(by: User | None, plan: Plan, side: str) -> None:
    if by is not None and by.party_id is not None and (not side or side != side_of(by, plan)):
        raise NotTheirSide(_("You report for your own side alone."), "side")


def _lock_evidence(pieces: Iterable[Evidence | None]) -> dict[int, Evidence]:
    # before any commitment, as in withdraw(): what is being withdrawn cannot become a ground meanwhile
    found = Evidence.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in={piece.pk for piece in pieces if piece is not None}
    )
    return {piece.pk: piece for piece in found.order_by("pk")}


def _proves(evidence: Evidence | None, plan_id: int) -> None:
    if evidence is None:
        return
    if evidence.is_withdrawn:
        raise Withdrawn(_("This evidence has been withdrawn. Choose another."), "evidence")
    if evidence.plan_id != plan_id:
        raise AnotherPlan(_("The evidence speaks of another plan."), "evidence")


def _unix(text: str) -> str:
    # browsers send \r\n; the same words must have the same digest whoever sends them
    return text.replace("\r\n", "\n").strip()


def _not_to_come(day: date, field: str) -> None:
    if day > timezone.localdate():
        raise ProgressError(_("This day is still to come."), field)


@transaction.atomic
def record_evidence(**fields: Any) -> Evidence:
    """Record a piece of evidence (fields of `Evidence`) and return it.

    Raises ValidationError with the field's name where it has neither or both of quote and summary, or no source;
    AnotherPlan where its commitment or pillar belongs to another plan than the one it names.
    """
    evidence = Evidence(**fields)
    if evidence.commitment is not None:
        if evidence.commitment.plan_id != evidence.plan_id:
            raise AnotherPlan(_("The commitment belongs to another plan."))
        if evidence.pillar_id is None:
            evidence.pillar = evidence.commitment.pillar
    if evidence.pillar is not None and evidence.pillar.plan_id != evidence.plan_id:
        raise AnotherPlan(_("The pillar belongs to another plan."))
    if evidence.commitment is not None and evidence.commitment.is_demo:
        evidence.is_demo = True  # goes with the demo when that is reset
    evidence.full_clean(validate_unique=False)
    evidence.save()
    if evidence.commitment is not None:
        refresh_status(_lock(evidence.commitment))
    return evidence


@transaction.atomic
def assess(
    commitment: Commitment,
    *,
    side: str,
    level: str,
    ground: Evidence,
    on: date,
    by: User | None,
    further: Iterable[Evidence] = (),
    note_en: str = "",
    note_ar: str = "",
) -> Assessment:
    """Record what a side («a», «b») or the assessor («») holds, and why; return the assessment.

    Raises Withdrawn if the ground no longer stands, AnotherPlan if it speaks of another plan, NotTheirSide where a
    focal point speaks for another than their own side.
    """
    further = list(further)
    locked = _lock_evidence([ground, *further])
    commitment = _lock(commitment)
    if by is not None and by.party_id is not None:
        _only_their_own(by, commitment.plan, side)
    if any(piece.is_withdrawn for piece in locked.values()):
        raise Withdrawn(_("This evidence has been withdrawn and cannot carry a status."), "ground")
    if any(piece.plan_id != commitment.plan_id for piece in locked.values()):
        raise AnotherPlan(_("The evidence speaks of another plan."), "ground")
    assessment = Assessment(
        commitment=commitment,
        plan_id=commitment.plan_id,
        side=side,
        level=level,
        ground=locked[ground.pk],
        on=on,
        note_en=note_en,
        note_ar=note_ar,
        recorded_by=by,
        is_demo=commitment.is_demo or any(piece.is_demo for piece in locked.values()),
    )
    assessment.full_clean(validate_unique=False)
    assessment.save()
    AssessmentEvidence.objects.bulk_create(
        AssessmentEvidence(assessment=assessment, evidence=locked[piece.pk])
        for piece in further
        if piece.pk != ground.pk
    )
    refresh_status(commitment)
    return assessment


@transaction.atomic
def report(
    commitment: Commitment, *, side: str, level: str, text: str, language: str, on: date, by: User, title: str = ""
) -> Assessment:
    """Record what a side's own focal point reports: the report as evidence, and the level as resting on it.

    The report is a statement of that side, cited as its report of that day; its text is its own archived copy, so the
    digest is that of the text. Raises NotTheirSide unless `by` is a focal point of this side, ProgressError for a day
    to come, ValidationError for a text or level that is none.
    """
    evidence = report_as_evidence(commitment, side=side, text=text, language=language, on=on, by=by, title=title)
    return assess(commitment, side=side, level=level, ground=evidence, on=on, by=by)


@transaction.atomic
def report_as_evidence(
    commitment: Commitment, *, side: str, text: str, language: str, on: date, by: User, title: str = ""
) -> Evidence:
    """Record a side's report as evidence alone, as `report` does, and return it."""
    plan = commitment.plan
    if not side or side_of(by, plan) != side:
        raise NotTheirSide(_("You report for your own side alone."), "side")
    _not_to_come(on, "on")
    words = _unix(text)
    if not words:
        raise ProgressError(_("Say what there is to report."), "text")
    party = plan.side(side)
    if not title:
        with translation.override(language if language in {"ar", "en"} else "en"):
            title = gettext("Report on %(code)s") % {"code": commitment.code}
    return record_evidence(
        plan=plan,
        commitment=commitment,
        kind=Evidence.Kind.STATEMENT,
        speaker=side,
        quote=words,
        language=language,
        publisher=party.name_ar if language == "ar" else party.name_en,
        title=title,
        published_on=on,
        retrieved_at=timezone.now(),
        digest=hashlib.sha256(words.encode()).hexdigest(),
        recorded_by=by,
    )


def may_withdraw(person: User, thing: Evidence | Assessment) -> bool:
    """Whether a focal point may: what their own side said, and the evidence they recorded. Others may everything."""
    if person.party_id is None:
        return True
    plan = thing.plan
    if isinstance(thing, Assessment):
        return bool(thing.side) and thing.side == side_of(person, plan)
    return thing.recorded_by_id == person.pk or thing.speaker == (side_of(person, plan) or None)


@transaction.atomic
def withdraw(thing: Evidence | Assessment, *, reason: str, by: User | None) -> Withdrawal:
    """Record that a piece of evidence or an assessment no longer stands; statuses that rested on it fall at once.

    A status falls to the latest assessment of the side that stands, else to «no evidence». Withdrawing twice returns
    the first withdrawal. Raises NotTheirSide where a focal point would take back what is not their side's.
    """
    if not reason.strip():
        raise ProgressError(_("Say why it is withdrawn."), "reason")
    if by is not None and not may_withdraw(by, thing):
        raise NotTheirSide(_("You take back only what your own side said."))
    said = {"reason": reason, "recorded_by": by}
    if isinstance(thing, Evidence):
        Evidence.objects.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
        withdrawal, _created = Withdrawal.objects.get_or_create(evidence=thing, defaults=said)
        rests_on_it = Q(pk__in=Assessment.objects.filter(ground=thing).values("commitment")) | Q(pk=thing.commitment_id)
    else:
        withdrawal, _created = Withdrawal.objects.get_or_create(assessment=thing, defaults=said)
        rests_on_it = Q(pk=thing.commitment_id)
    for commitment in (
        Commitment.objects.select_for_update(of=("self",), no_key=True).filter(rests_on_it).order_by("pk")
    ):
        refresh_status(commitment)
    return withdrawal


def _known(on: date | None, precision: str) -> Any:
    # two ways to have no date, or to be due at the plan's end, are one
    if precision == DatePrecision.PLAN_END:
        return precision
    return on and (on, precision)


@transaction.atomic
def move_date(
    thing: Commitment | Milestone,
    *,
    to: date | None,
    precision: str,
    decided_on: date,
    by: User | None,
    reason_en: str = "",
    reason_ar: str = "",
    evidence: Evidence | None = None,
    asked_by: str = "",
    agreed_by: str = "",
) -> DateChange:
    """Move the due date of a commitment or milestone in the open; the date first agreed stays beside it.

    `to` is None where the old date was given up without a new one, or where it became the end of the plan. Raises
    ProgressError without a reason, for the date that holds already, for a date before the commitment starts and for a
    decision to come; Withdrawn or AnotherPlan for evidence that cannot prove it.
    """
    if not (reason_en.strip() or reason_ar.strip()):
        raise ProgressError(_("Say why the date moves."), "reason_ar")
    _not_to_come(decided_on, "decided_on")
    proof = next(iter(_lock_evidence([evidence]).values()), None)
    if isinstance(thing, Commitment):
        commitment = _lock(thing)
        locked: Commitment | Milestone = commitment
    else:
        locked = Milestone.objects.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
        commitment = locked.commitment
    _proves(proof, commitment.plan_id)
    if precision == DatePrecision.PLAN_END:
        to = None  # the plan's own end says when
    if _known(locked.due_on, locked.due_precision) == _known(to, precision):
        raise ProgressError(_("This is the date already."), "to")
    if to is not None and commitment.starts is not None and to < commitment.starts:
        raise ProgressError(_("The date lies before the commitment starts."), "to")
    owner = {"commitment": locked} if isinstance(locked, Commitment) else {"milestone": locked}
    change = DateChange.objects.create(
        **owner,
        from_date=locked.due_on,
        from_precision=locked.due_precision,
        to_date=to,
        to_precision=precision,
        decided_on=decided_on,
        reason_en=reason_en,
        reason_ar=reason_ar,
        evidence=proof,
        asked_by=asked_by,
        agreed_by=agreed_by,
        recorded_by=by,
    )
    locked.due_on, locked.due_precision = to, precision
    locked.save(update_fields=["due_on", "due_precision"])
    return change


@transaction.atomic
def record_check(
    commitment: Commitment, *, on: date, sources: str, languages: list[str], by: User | None, note: str = ""
) -> Check:
    """Record that someone looked and found nothing new; the days of silence start again.

    Raises ProgressError where it is not said in which sources and languages, or for a day to come.
    """
    if not sources.strip():
        raise ProgressError(_("Name the sources in which you looked."), "sources")
    if not languages:
        raise ProgressError(_("Say in which languages you looked."), "languages")
    _not_to_come(on, "on")
    commitment = _lock(commitment)
    check = Check.objects.create(
        commitment=commitment, on=on, sources=sources, languages=languages, recorded_by=by, note=note
    )
    refresh_status(commitment)
    return check


WORDS = ("title_en", "title_ar", "text_en", "text_ar")


@transaction.atomic
def amend(
    commitment: Commitment,
    *,
    title_en: str,
    title_ar: str,
    text_en: str,
    text_ar: str,
    agreed_on: date,
    by: User | None,
    evidence: Evidence | None = None,
    note_en: str = "",
    note_ar: str = "",
) -> Wording:
    """Put the wording now agreed in the place of the last, which stays beside it; return the new version.

    The first amendment writes the words as first agreed down as version 1. Raises ProgressError where nothing differs,
    a title is emptied or the agreement is still to come; Withdrawn or AnotherPlan for evidence that cannot prove it.
    """
    _not_to_come(agreed_on, "agreed_on")
    proof = next(iter(_lock_evidence([evidence]).values()), None)
    commitment = _lock(commitment)
    _proves(proof, commitment.plan_id)
    former = {name: getattr(commitment, name) for name in WORDS}
    words = {
        "title_en": _unix(title_en),
        "title_ar": _unix(title_ar),
        "text_en": _unix(text_en),
        "text_ar": _unix(text_ar),
    }
    for name in ("title_en", "title_ar"):
        if former[name] and not words[name]:
            raise ProgressError(_("A commitment keeps its title."), name)
    if words == {name: _unix(text) for name, text in former.items()}:
        raise ProgressError(_("The wording is the same as before."), "text_ar")
    last = commitment.wordings.order_by("-number").first()
    if last is None:
        last = Wording.objects.create(
            commitment=commitment,
            number=1,
            agreed_on=commitment.plan.adopted_on,
            recorded_by=by,
            is_demo=commitment.is_demo,
            **former,
        )
    wording = Wording(
        commitment=commitment,
        number=last.number + 1,
        agreed_on=agreed_on,
        evidence=proof,
        note_en=note_en,
        note_ar=note_ar,
        recorded_by=by,
        is_demo=commitment.is_demo or (proof is not None and proof.is_demo),  # goes with its proof
        **words,
    )
    wording.full_clean(validate_unique=False, exclude=[name for name in WORDS if not words[name]])
    wording.save()
    for name, text in words.items():
        setattr(commitment, name, text)
    commitment.save(update_fields=list(WORDS))
    return wording


@transaction.atomic
def carry_over(commitment: Commitment, *, plan: Plan, pillar: Pillar, code: str, by: User | None) -> Commitment:
    """Take what was not delivered into a later plan: a new commitment with the same words, pointing to the old.

    It begins without a date, since none was agreed for it yet; the lead bodies go with it where the sides are the same.
    Raises ProgressError where the commitment is completed, was carried into that plan before, or the plan is not a
    later one; AnotherPlan for a pillar of another plan; ValidationError for a code that is taken or no code.
    """
    commitment = _lock(commitment)
    if plan.pk == commitment.plan_id:
        raise ProgressError(_("Choose another plan than the commitment's own."), "pillar")
    if pillar.plan_id != plan.pk:
        raise AnotherPlan(_("The pillar belongs to another plan."), "pillar")
    if plan.starts and commitment.plan.starts and plan.starts <= commitment.plan.starts:
        raise ProgressError(_("That plan is not a later one."), "pillar")
    if commitment.status == Status.COMPLETED:
        raise ProgressError(_("What is completed need not be carried over."))
    if commitment.carried_to.filter(plan=plan).exists():
        raise ProgressError(_("It was carried over into that plan before."), "pillar")
    same_sides = (plan.side_a_id, plan.side_b_id) == (commitment.plan.side_a_id, commitment.plan.side_b_id)
    kept = [*WORDS, *(["lead_a_en", "lead_a_ar", "lead_b_en", "lead_b_ar"] if same_sides else [])]
    carried = Commitment(
        plan=plan,
        pillar=pillar,
        code=code.strip(),
        carried_from=commitment,
        position=plan.commitments.count() + 1,
        is_demo=commitment.is_demo,
        **{name: getattr(commitment, name) for name in kept},
    )
    carried.full_clean(exclude=[name for name in WORDS if not getattr(carried, name)])
    carried.save()
    return carried


def recompute() -> int:
    """Derive every commitment's columns afresh and return how many there were; a repair that should change nothing."""
    count = 0
    for pk in Commitment.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            refresh_status(Commitment.objects.select_for_update(of=("self",), no_key=True).get(pk=pk))
        count += 1
    return count
