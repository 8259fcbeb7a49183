"""Pages of the review: the queue, the workspace, and the steps taken in it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from articles import review as reviewing
from articles.forms import EvidenceForm
from articles.models import Annotation, Article, Suggestion
from articles.views import may, person
from articles.workspace import short_name, workspace_of
from plans.approval import needs_approval
from plans.models import Plan, Proposal, Sector
from plans.progress import ProgressError
from plans.views import vary_on_htmx, wants_fragment

QUEUE_SHOWN = 8
COUNTED_TO = 1000  # nobody reads an exact number beyond


@may("articles.add_annotation")
@require_GET
@vary_on_htmx
def review(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The queue, an article's text, and the decision about it; without a number the first that waits."""
    if pk is None:
        pk = Article.objects.waiting().values_list("pk", flat=True).first()
    return review_page(request, pk, request.GET.get("plan", ""))


def review_page(
    request: HttpRequest, pk: int | None, plan: str = "", form: EvidenceForm | None = None, status: int = 200
) -> HttpResponse:
    """The review page of an article (None: nothing waits), or its part for htmx."""
    space = None
    following = None
    if pk is not None:
        one = get_object_or_404(Article.objects.select_related("source", "revision", "decided_by"), pk=pk)
        space = workspace_of(person(request), one, plan, form)
        following = Article.objects.next_after(one)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    of_stories = Q(story=None) | Q(story__lead=F("pk"))  # a story is decided once
    waiting = len(Article.objects.waiting().values_list("pk")[: COUNTED_TO + 1])
    done = Article.objects.filter(of_stories, decided_at__gte=midnight).values_list("pk")[: COUNTED_TO + 1]
    context = {
        "space": space,
        "queue": Article.objects.waiting().for_lists().with_outlets()[:QUEUE_SHOWN],
        "waiting": waiting,
        "done": len(done),
        "counted_to": COUNTED_TO,
        "more": max(0, waiting - QUEUE_SHOWN),
        "following": following,
        "all_plans": Plan.objects.visible_to(request.user).with_sides(),
        "is_fragment": wants_fragment(request),
    }
    template = "articles/review.html#review" if wants_fragment(request) else "articles/review.html"
    return render(request, template, context, status=status)


def after_review(request: HttpRequest, pk: int | None, plan: str = "") -> HttpResponse:
    """Where a decision leads: the page's part for htmx, else the page by a redirect; the plan in work stays chosen."""
    address = reverse("review_article", args=[pk]) if pk else reverse("review")
    if plan:
        address += f"?{urlencode({'plan': plan})}"
    if not wants_fragment(request):
        return redirect(address)
    return push_url(review_page(request, pk, plan), address)


def offer_undo(request: HttpRequest, text: str, address: str) -> None:
    messages.success(request, text, extra_tags=f"undo:{address}")


@may("articles.add_annotation")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept an article for a plan, refuse one suggestion, or dismiss the article and go on to the next."""
    one = get_object_or_404(Article, pk=pk)
    undo = reverse("review_reopen", args=[pk])
    asked = request.POST
    if "dismiss" in asked:
        following = Article.objects.next_after(one)
        reviewing.dismiss(one, person(request))
        offer_undo(request, _("Dismissed: %s") % (one.title or one), undo)
        return after_review(request, following.pk if following else None)
    if "refuse" in asked:
        suggestion = get_object_or_404(one.suggestions.select_related("plan"), plan__slug=asked["refuse"])
        reviewing.dismiss_suggestion(suggestion, person(request))
        assert suggestion.plan is not None
        offer_undo(
            request,
            _("Not about %s.") % short_name(suggestion.plan),
            reverse("suggestion_reopen", args=[suggestion.pk]),
        )
        return after_review(request, pk)
    # «accept» is the button of a suggestion; «other» a plan nobody suggested
    slug = asked.get("accept") or asked.get("other", "")
    already = one.suggestions.filter(state=Suggestion.State.ACCEPTED, plan__isnull=False)
    plans = Plan.objects.visible_to(request.user).with_sides().filter(Q(slug=slug) | Q(pk__in=already.values("plan")))
    named = [plan for plan in plans if plan.slug == slug]
    if not named:
        messages.error(request, _("Choose a plan first."))
        return after_review(request, pk)
    sectors = Sector.objects.filter(slug__in=asked.getlist("sector"))
    reviewing.accept(one, plans, sectors, person(request))
    offer_undo(request, _("Accepted for %s.") % short_name(named[0]), undo)
    return after_review(request, pk)


@may("articles.add_annotation")
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the decision about an article."""
    one = get_object_or_404(Article, pk=pk)
    reviewing.reopen(one, person(request))
    messages.success(request, _("Undone: the article waits again."))
    return after_review(request, pk)


@may("articles.add_annotation")
@require_POST
def reopen_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the decision about one suggestion."""
    suggestion = get_object_or_404(Suggestion.objects.select_related("article"), pk=pk)
    reviewing.reopen_suggestion(suggestion, person(request))
    messages.success(request, _("Undone: the suggestion is open again."))
    return after_review(request, suggestion.article_id)


@may("articles.add_annotation")
@require_POST
def annotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a quote as evidence and, where a level was chosen, a side's view because of it."""
    one = get_object_or_404(Article.objects.select_related("source", "revision"), pk=pk)
    plan = get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=request.POST.get("plan", ""))
    # the text that was on the page, also where the outlet has edited it meanwhile
    revision = one.revisions.filter(pk=whole_number(request.POST.get("revision", ""))).first() or one.revision
    if revision is None:
        raise Http404
    form = EvidenceForm(request.POST, article=one, revision=revision, plan=plan, user=person(request))
    if form.is_valid():
        try:
            annotation = reviewing.annotate_and_assess(revision, by=person(request), **form.fields_of_evidence())
        except (reviewing.ReviewError, ProgressError) as error:
            form.add_error(None, str(error.args[0]))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            level = form.cleaned_data.get("level")
            if level and needs_approval(Proposal.Kind.ASSESS, plan, {"level": level}):
                said = _("Recorded as evidence. The new level waits until somebody else approves it.")
            elif level:
                said = _("Recorded as evidence, and the new level with it.")
            else:
                said = _("Recorded as evidence.")
            offer_undo(request, said, reverse("annotation_undo", args=[annotation.pk]))
            return after_review(request, pk, plan.slug)
    return review_page(request, pk, form=form, status=422)


def whole_number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


@may("articles.add_annotation")
@require_POST
def undo_annotation(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a quote back; its evidence is withdrawn and statuses that rested on it fall."""
    annotation = get_object_or_404(Annotation.objects.select_related("revision"), pk=pk)
    try:
        reviewing.undo_annotation(annotation, person(request))
    except (reviewing.ReviewError, ProgressError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone: the evidence is withdrawn, and every status that rested on it with it."))
    return after_review(request, annotation.revision.article_id)
