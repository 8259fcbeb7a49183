"""Recording where a commitment stands: statuses, withdrawals, moved dates, checks, wordings, reports.

Each page validates, calls one operation (through `approval` where that may have to wait) and redirects.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans import approval, progress
from plans.forms import (
    AmendForm,
    AssessmentForm,
    CarryOverForm,
    CheckForm,
    MoveDateForm,
    ReportForm,
    WithdrawalForm,
    refuse,
    sides_a_person_speaks_for,
)
from plans.models import Assessment, Commitment, Evidence, Plan, Proposal
from plans.progress import ProgressError
from plans.reader import reader_language
from plans.rights import may
from plans.views.plans import commitment_page, find_commitment

Page = Callable[[HttpRequest, Any], HttpResponse]


def records(permission: str) -> Callable[[Page], Callable[[HttpRequest, str, str], HttpResponse]]:
    """A page that records something of a commitment: for those with this right in its plan, else status 403."""

    def decorate(page: Page) -> Callable[[HttpRequest, str, str], HttpResponse]:
        @wraps(page)
        def checked(request: HttpRequest, slug: str, code: str) -> HttpResponse:
            commitment = find_commitment(request, slug, code)
            if not may(request.user, permission, commitment.plan):
                raise PermissionDenied
            return page(request, commitment)

        return login_required(require_http_methods(["GET", "POST"])(checked))

    return decorate


def attempt(form: BaseForm, operation: Callable[[], Any]) -> Any:
    """What the operation recorded, or None where the form or the operation refuses; then the form says why."""
    if not form.is_valid():
        return None
    try:
        return operation()
    except (ProgressError, ValidationError) as error:
        refuse(form, error)
        return None


def done(request: HttpRequest, recorded: Any, words: str, back: Any) -> HttpResponse:
    """Say that it is recorded, or that it waits, and lead back."""
    if isinstance(recorded, Proposal):
        messages.success(request, _("Proposed. It holds as soon as somebody else approves it."))
    else:
        messages.success(request, words)
    return redirect(back)


def recording_page(
    request: HttpRequest, commitment: Commitment, form: BaseForm, title: str, lead: str, button: str, **more: Any
) -> HttpResponse:
    """The page of a form about a commitment; status 422 with everything typed where something is refused."""
    context = {
        "commitment": commitment,
        "plan": commitment.plan,
        "form": form,
        "title": title,
        "lead": lead,
        "button": button,
        **more,
    }
    return render(request, "plans/record.html", context, status=422 if form.is_bound else 200)


def waits_here(request: HttpRequest, kind: str, thing: Any) -> dict[str, Any]:
    """What the address asks to propose again, to fill the form with."""
    return approval.to_propose_again(request.user, kind, thing, request.GET.get("again", ""))  # type: ignore[arg-type]


# ------------------------------------------------------------------ statuses


@records("plans.add_assessment")
def assess(request: HttpRequest, commitment: Any) -> HttpResponse:
    """Record a status. A focal point speaks for their own side alone."""
    if request.method == "GET":
        query = request.GET.urlencode()
        return redirect(f"{commitment.get_absolute_url()}{'?' if query else ''}{query}#assess")
    if not sides_a_person_speaks_for(request.user, commitment):  # type: ignore[arg-type]
        raise PermissionDenied
    form = AssessmentForm(request.POST, commitment=commitment, user=request.user)  # type: ignore[arg-type]
    recorded = attempt(
        form,
        lambda: approval.record_or_propose(approval.Kind.ASSESS, commitment, by=request.user, **form.cleaned_data),  # type: ignore[arg-type]
    )
    if recorded is None:
        return commitment_page(request, commitment, form, status=422)
    return done(request, recorded, _("Recorded. The status follows from the newest that stands."), commitment)


@records("plans.add_assessment")
def report(request: HttpRequest, commitment: Any) -> HttpResponse:
    """A focal point reports for their own side: the report is the evidence, and the level rests on it."""
    person: Any = request.user
    side = progress.side_of(person, commitment.plan)
    if not side:
        raise PermissionDenied(_("Only a focal point of one of the two sides reports here."))
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        plan=commitment.plan,
        side=side,
        language=reader_language(),
    )
    recorded = attempt(form, lambda: approval.report_or_propose(commitment, by=person, **form.cleaned_data))
    if recorded is not None:
        return done(request, recorded, _("Recorded as your side’s report, and the level with it."), commitment)
    return recording_page(
        request,
        commitment,
        form,
        _("Report for your side"),
        _("Your report is recorded as what your side says. The other side and the assessor speak for themselves."),
        _("Record the report"),
    )


# ------------------------------------------------------------------ dates, checks


@records("plans.add_datechange")
def move_date(request: HttpRequest, commitment: Any) -> HttpResponse:
    """Move the date of the commitment or of a milestone, in the open."""
    step = commitment.milestones.filter(pk=_number(request.GET.get("milestone", ""))).first()
    again = waits_here(request, approval.Kind.MOVE_DATE, step or commitment)
    if again:
        again["no_new_date"] = "to" not in again and again.get("precision") != "plan_end"
    form = MoveDateForm(
        request.POST if request.method == "POST" else None,
        commitment=commitment,
        initial={**again, "what": str(step.pk) if step else "commitment"},
    )
    recorded = attempt(
        form,
        lambda: approval.record_or_propose(
            approval.Kind.MOVE_DATE,
            form.thing(),
            by=request.user,  # type: ignore[arg-type]
            **form.arguments(),
        ),
    )
    if recorded is not None:
        return done(
            request, recorded, _("Recorded. The date first agreed stays beside it."), f"{_address(commitment)}#dates"
        )
    return recording_page(
        request,
        commitment,
        form,
        _("Move a date"),
        _("The date first agreed stays on the page, with every move and its reason."),
        _("Move the date"),
    )


@records("plans.add_check")
def check(request: HttpRequest, commitment: Any) -> HttpResponse:
    """Record that somebody looked and found nothing new."""
    form = CheckForm(request.POST if request.method == "POST" else None)
    recorded = attempt(form, lambda: progress.record_check(commitment, by=request.user, **form.cleaned_data))  # type: ignore[arg-type]
    if recorded is not None:
        return done(request, recorded, _("Recorded as checked. The days of silence start again."), commitment)
    return recording_page(
        request,
        commitment,
        form,
        _("Checked, nothing new"),
        _("Say where you looked, so that «no evidence» has a bound. The status stays as it is."),
        _("Record the check"),
    )


# ------------------------------------------------------------------ wordings, later plans


@records("plans.add_wording")
def amend(request: HttpRequest, commitment: Any) -> HttpResponse:
    """Put the wording now agreed in the place of the last, which stays beside it."""
    again = waits_here(request, approval.Kind.AMEND, commitment)
    form = AmendForm(
        request.POST if request.method == "POST" else None,
        commitment=commitment,
        initial={**dict.fromkeys(progress.WORDS, ""), **again} if again else {},
    )
    recorded = attempt(
        form,
        lambda: approval.record_or_propose(approval.Kind.AMEND, commitment, by=request.user, **form.cleaned_data),  # type: ignore[arg-type]
    )
    if recorded is not None:
        return done(
            request, recorded, _("Recorded. The former wording stays beside it."), f"{_address(commitment)}#wordings"
        )
    return recording_page(
        request,
        commitment,
        form,
        _("Amend the wording"),
        _("Only what both sides agreed anew. The former wording stays on the page as a version of its own."),
        _("Record the amendment"),
    )


@records("plans.add_commitment")
def carry_over(request: HttpRequest, commitment: Any) -> HttpResponse:
    """Take what was not delivered into a later plan of the same sides, or one that follows from this."""
    plan = commitment.plan
    follows = (
        Q(side_a=plan.side_a_id, side_b=plan.side_b_id)
        | Q(side_a=plan.side_b_id, side_b=plan.side_a_id)
        | Q(lineage__earlier=plan)
    )
    later = Plan.objects.editable_by(request.user).filter(follows).exclude(pk=plan.pk)
    if plan.starts:
        later = later.filter(Q(starts=None) | Q(starts__gt=plan.starts))
    form = CarryOverForm(
        request.POST if request.method == "POST" else None,
        commitment=commitment,
        plans=later,
        initial=waits_here(request, approval.Kind.CARRY_OVER, commitment),
    )

    def carry() -> Any:
        pillar = form.cleaned_data["pillar"]
        return approval.record_or_propose(
            approval.Kind.CARRY_OVER,
            commitment,
            plan=pillar.plan,
            pillar=pillar,
            code=form.cleaned_data["code"],
            by=request.user,  # type: ignore[arg-type]
        )

    recorded = attempt(form, carry)
    if recorded is not None:
        back = commitment if isinstance(recorded, Proposal) else recorded
        return done(request, recorded, _("Carried over. Each of the two points to the other."), back)
    return recording_page(
        request,
        commitment,
        form,
        _("Carry over"),
        _("What was not delivered goes on in a later plan, in the same words and with a pointer to this commitment."),
        _("Carry over"),
        empty=""
        if form.has_choices
        else _("No later plan of these sides has a pillar yet. Enter the later plan and its pillars first."),
    )


# ------------------------------------------------------------------ withdrawals


def withdraw(request: HttpRequest, thing: Evidence | Assessment, back: Any) -> HttpResponse:
    """Ask why, then record that it no longer stands; what already was withdrawn is shown as it is."""
    if not may(request.user, "plans.add_withdrawal", thing.plan):
        raise PermissionDenied
    if not progress.may_withdraw(request.user, thing):  # type: ignore[arg-type]
        raise PermissionDenied(_("You take back only what your own side said."))
    if thing.is_withdrawn:
        messages.info(request, _("It had been withdrawn before."))
        return redirect(back)
    form = WithdrawalForm(
        request.POST if request.method == "POST" else None,
        initial=waits_here(request, approval.Kind.WITHDRAW, thing),
    )
    recorded = attempt(
        form,
        lambda: approval.record_or_propose(approval.Kind.WITHDRAW, thing, by=request.user, **form.cleaned_data),  # type: ignore[arg-type]
    )
    if recorded is not None:
        words = _("Withdrawn. Statuses that rested on it have been derived afresh.")
        return done(request, recorded, words, back)
    context = {"form": form, "thing": thing, "back": back, "is_evidence": isinstance(thing, Evidence)}
    return render(request, "plans/withdraw.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw evidence, with the reason; whatever status rested on it falls."""
    piece = get_object_or_404(Evidence.objects.for_lists(), pk=pk)
    return withdraw(request, piece, piece)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw_assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an assessment, with the reason. A focal point may take back only what their own side said."""
    said = get_object_or_404(Assessment.objects.for_ledger().select_related("plan"), pk=pk)
    return withdraw(request, said, said.commitment)


def _address(commitment: Commitment) -> str:
    return commitment.get_absolute_url()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
