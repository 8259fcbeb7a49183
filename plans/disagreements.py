"""Where sources disagree: both are kept, and one may be preferred with the reason."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models import Assessment, Disagreement, Evidence, User
from plans.progress import AnotherPlan, ProgressError


@transaction.atomic
def contradict(
    evidence: Evidence,
    *,
    about: str,
    by: User | None,
    earlier: Evidence | None = None,
    assessment: Assessment | None = None,
    held: str = "",
    preferred: str = "",
    reason: str = "",
) -> Disagreement:
    """Record that a piece of evidence contradicts an earlier one, an assessment, or what the record says (`held`).

    The same said twice is one disagreement. Raises AnotherPlan where they speak of different plans, ProgressError
    where it contradicts itself or a preference comes without its reason.
    """
    if earlier == evidence:
        raise ProgressError(_("A quote does not contradict itself."), "contradicts")
    if any(other is not None and other.plan_id != evidence.plan_id for other in (earlier, assessment)):
        raise AnotherPlan(_("They speak of different plans."), "contradicts")
    _says_why(preferred, reason)
    found: Disagreement
    found, _made = Disagreement.objects.get_or_create(
        evidence=evidence,
        earlier=earlier,
        assessment=assessment,
        held=held,
        about=about,
        defaults={"recorded_by": by, **_settled(preferred, reason, by)},
    )
    return found


@transaction.atomic
def settle(disagreement: Disagreement, *, preferred: str, reason: str, by: User | None) -> Disagreement:
    """Say which of the two is preferred, and why; an empty preference opens the question again. Both stay.

    Raises ProgressError for a preference without its reason.
    """
    _says_why(preferred, reason)
    found: Disagreement = Disagreement.objects.select_for_update(of=("self",)).get(pk=disagreement.pk)
    for name, value in _settled(preferred, reason, by).items():
        setattr(found, name, value)
    found.full_clean(validate_unique=False)
    found.save()
    return found


def _says_why(preferred: str, reason: str) -> None:
    if preferred and not reason.strip():
        raise ProgressError(_("Say why this one is preferred."), "reason")


def _settled(preferred: str, reason: str, by: User | None) -> dict[str, object]:
    return {
        "preferred": preferred,
        "reason": reason.strip(),
        "settled_by": by if preferred else None,
        "settled_at": timezone.now() if preferred else None,
    }
