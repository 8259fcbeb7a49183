"""The queue of what waits for approval: accepted, or returned with a note; and what came back to its proposer."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from plans import approval
from plans.models import Proposal
from plans.progress import ProgressError
from plans.rights import may

LONGEST_QUEUE = 100


def queue(request: HttpRequest, refused: Proposal | None = None, problem: str = "") -> HttpResponse:
    """What this person may decide, what of theirs waits for others, and what came back to them."""
    user: Any = request.user
    waiting = list(approval.waiting_for(user).select_related(*approval.PAGES)[:LONGEST_QUEUE])
    own = Proposal.objects.filter(proposed_by=user, state=approval.State.WAITING).select_related(*approval.PAGES)
    returned = approval.returned_to(user)
    everything = approval.shown([*waiting, *own[:LONGEST_QUEUE], *returned], user)
    for one in everything:
        if refused is not None and one.proposal.pk == refused.pk:
            one.problem, one.note = problem, request.POST.get("note", "")
    context = {
        "waiting": everything[: len(waiting)],
        "own": [one for one in everything[len(waiting) :] if one.proposal.state == approval.State.WAITING],
        "returned": [one for one in everything if one.proposal.state == approval.State.RETURNED],
        "decides": user.has_perm(approval.APPROVES),
        "refused": refused,
        "problem": problem,
    }
    return render(request, "plans/approvals.html", context, status=422 if problem else 200)


@login_required
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """The queue."""
    return queue(request)


def find(request: HttpRequest, pk: int) -> Proposal:
    proposal = get_object_or_404(Proposal.objects.select_related("plan", "commitment"), pk=pk)
    if not may(request.user, approval.APPROVES, proposal.plan):
        raise PermissionDenied
    return proposal


@login_required
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what was proposed; where that is no longer possible, say why and let it wait."""
    proposal = find(request, pk)
    try:
        approval.accept(proposal, by=request.user)  # type: ignore[arg-type]
    except ProgressError as error:
        return queue(request, proposal, str(error))
    except ValidationError as error:
        return queue(request, proposal, " ".join(error.messages))
    messages.success(request, _("Accepted and recorded."))
    return redirect("approvals")


@login_required
@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a proposal with a note to who made it."""
    proposal = find(request, pk)
    try:
        approval.give_back(proposal, by=request.user, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    except ProgressError as error:
        return queue(request, proposal, str(error))
    messages.success(request, _("Returned with your note."))
    return redirect("approvals")
