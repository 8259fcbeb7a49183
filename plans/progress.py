"""The operations that change where a commitment stands. Each is one transaction and the only door to its change."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from plans.models import (
    Assessment,
    AssessmentEvidence,
    Check,
    Commitment,
    DateChange,
    Evidence,
    Milestone,
    Side,
    Status,
    User,
    Withdrawal,
)


class ProgressError(ValueError):
    """Something that may not be recorded; its message is for the person who tried."""


class Withdrawn(ProgressError):
    """The evidence no longer stands and cannot carry a status."""


class AnotherPlan(ProgressError):
    """Evidence and commitment belong to different plans."""


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

    Raises Withdrawn if the ground no longer stands, AnotherPlan if it speaks of another plan.
    """
    further = list(further)
    # evidence before commitment, as in withdraw(): what is being withdrawn cannot become a ground meanwhile
    pieces = Evidence.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=[ground.pk, *(piece.pk for piece in further)]
    )
    locked = {piece.pk: piece for piece in pieces.order_by("pk")}
    commitment = _lock(commitment)
    if any(piece.is_withdrawn for piece in locked.values()):
        raise Withdrawn(_("This evidence has been withdrawn and cannot carry a status."))
    if any(piece.plan_id != commitment.plan_id for piece in locked.values()):
        raise AnotherPlan(_("The evidence speaks of another plan."))
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
def withdraw(thing: Evidence | Assessment, *, reason: str, by: User | None) -> Withdrawal:
    """Record that a piece of evidence or an assessment no longer stands; statuses that rested on it fall at once.

    A status falls to the latest assessment of the side that stands, else to «no evidence». Withdrawing twice returns
    the first withdrawal.
    """
    if not reason.strip():
        raise ProgressError(_("Say why it is withdrawn."))
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

    `to` is None where the old date was given up without a new one.
    """
    if not (reason_en or reason_ar):
        raise ProgressError(_("Say why the date moves."))
    model = type(thing)
    locked = model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=thing.pk)
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
        evidence=evidence,
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
    """Record that someone looked and found nothing new; the days of silence start again."""
    commitment = _lock(commitment)
    check = Check.objects.create(
        commitment=commitment, on=on, sources=sources, languages=languages, recorded_by=by, note=note
    )
    refresh_status(commitment)
    return check


def recompute() -> int:
    """Derive every commitment's columns afresh and return how many there were; a repair that should change nothing."""
    count = 0
    for pk in Commitment.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            refresh_status(Commitment.objects.select_for_update(of=("self",), no_key=True).get(pk=pk))
        count += 1
    return count
