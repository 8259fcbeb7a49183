"""Pages of the news beside the plans: members' news, and what names one side only."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from articles import asides
from articles.models import Article
from articles.querysets import Place
from articles.review import ReviewError
from articles.views import NEWS_ON_A_PAGE, may
from plans.models import Membership, Party, Plan, Sector
from plans.views import person


@may("articles.add_annotation")
@require_GET
def queue(request: HttpRequest, which: str) -> HttpResponse:
    """The stories of one of the two queues, the newest first, by plan, party and pillar."""
    if which not in (Article.Beside.MEMBERS, Article.Beside.ONE_SIDE):
        raise Http404
    asked = request.GET
    chosen = {name: asked.get(name, "") for name in ("plan", "party", "pillar")}
    found = Article.objects.beside_the_plans(which, **chosen).with_asides().with_outlets()
    page = found.page(
        NEWS_ON_A_PAGE, before=Place.read(asked.get("before", "")), after=Place.read(asked.get("after", ""))
    )
    plans = Plan.objects.editable_by(person(request)).with_sides()
    sectors = list(Sector.objects.order_by("slug"))
    members = Party.objects.filter(Q(pk__in=Membership.objects.filter(until=None).values("member")))
    context = {
        "which": which,
        "is_members": which == Article.Beside.MEMBERS,
        "page": page,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "plans": plans,
        "parties": members.order_by("slug") if which == Article.Beside.MEMBERS else Party.objects.order_by("slug"),
        "sectors": sectors,
    }
    return render(request, "articles/asides.html", context)


@may("articles.add_annotation")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise an article to the plan named, and go on to quote from it; or dismiss it."""
    article = get_object_or_404(Article, pk=pk)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "beside_members"
    try:
        if "dismiss" in request.POST:
            asides.dismiss(article, person(request))
            messages.success(request, _("Dismissed. It can be taken back from the article."))
            return redirect(back)
        plan = get_object_or_404(Plan, slug=request.POST.get("plan", ""))
        asides.raise_to_plan(article, plan, person(request))
    except ReviewError as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(request, _("Raised to the plan. Mark the words that prove something, or take it back here."))
    return redirect("review_article", article.pk)
