"""Where sources disagree: saying which of two is preferred."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from plans import disagreements
from plans.models import Disagreement, Plan
from plans.progress import ProgressError
from plans.rights import may
from plans.views import person


@login_required
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Prefer one of two that disagree, with the reason, or open the question again; both stay on the page."""
    visible = Disagreement.objects.filter(evidence__plan__in=Plan.objects.visible_to(request.user))
    one = get_object_or_404(visible.select_related("evidence__plan", "evidence__commitment__plan"), pk=pk)
    if not may(request.user, "plans.change_disagreement", one.evidence.plan):
        raise PermissionDenied
    preferred, reason = request.POST.get("preferred", ""), request.POST.get("reason", "")[:4000]
    if preferred not in Disagreement.Preferred.values:
        preferred = ""
    try:
        disagreements.settle(one, preferred=preferred, reason=reason, by=person(request))
    except ProgressError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Recorded. Both sources stay; the one preferred is marked."))
    home = one.evidence.commitment or one.evidence
    return redirect(f"{home.get_absolute_url()}#dis{one.pk}")
