"""Pages of the second reading: which texts wait for it, one text, and how far two readers agree."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from articles import agreement as agreeing
from articles.models import Revision
from articles.review import ReviewError
from articles.views import may
from plans.models import Evidence, Plan
from plans.rights import may as may_in
from plans.views import person


@may("articles.add_secondreading")
@require_safe
def second(request: HttpRequest) -> HttpResponse:
    """The texts that wait for a second reading by this person."""
    return render(request, "articles/second.html", {"waiting": agreeing.waiting_for(person(request))})


@may("articles.add_secondreading")
@require_http_methods(["GET", "HEAD", "POST"])
def second_text(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A text, a choice of kind for each of its sentences, and the guidelines; the first reader's quotes stay unseen."""
    revision = get_object_or_404(Revision.objects.select_related("article__source"), pk=pk)
    plan = get_object_or_404(Plan.objects.editable_by(request.user).with_sides(), slug=slug)
    spans = agreeing.sentences_of(revision.text)
    chosen = {f"{span.start}-{span.end}": request.POST.get(f"s{span.start}-{span.end}", "") for span in spans}
    if request.method == "POST":
        try:
            agreeing.read(revision, plan, person(request), {key: kind for key, kind in chosen.items() if kind})
        except ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Kept. Thank you for reading it a second time."))
            return redirect("second")
    lines = [
        (f"{span.start}-{span.end}", revision.text[span.start : span.end], chosen[f"{span.start}-{span.end}"])
        for span in spans
    ]
    context = {"revision": revision, "plan": plan, "lines": lines, "kinds": Evidence.Kind.choices}
    return render(request, "articles/second_text.html", context, status=422 if request.method == "POST" else 200)


@may("articles.view_secondreading")
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: HttpRequest) -> HttpResponse:
    """How far first and second readers agree, and each plan's share to be read twice."""
    user = person(request)
    if request.method == "POST":
        plan = get_object_or_404(Plan, slug=request.POST.get("plan", ""))
        if not may_in(user, "plans.change_plan", plan):
            return render(request, "403.html", {"reason": ""}, status=403)
        asked = request.POST.get("percent", "")
        try:
            agreeing.set_share(plan, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else -1)
        except ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved."))
        return redirect("agreement")
    readings = agreeing.compared(user)
    plans = Plan.objects.editable_by(user).with_sides().select_related("reading_share")
    context = {"rows": agreeing.agreements(readings), "texts": len(readings), "plans": plans}
    return render(request, "articles/agreement.html", context)
