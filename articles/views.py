"""One function a page: fetch through a queryset, ask, render; a POST validates, calls one operation and redirects."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db.models import F, Prefetch, Q, Sum
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, push_url

from articles import importer, tasks
from articles import review as reviewing
from articles.fetch import SourceError
from articles.forms import AddressForm, EvidenceForm, SourceForm
from articles.models import Annotation, Article, FetchRun, Revision, Source, Suggestion
from articles.querysets import HEALTH, YIELD_OVER, Place
from articles.reading import Block, Highlight, Match, lay_out, marked
from articles.search import LIMIT, Words
from articles.search import search as search_titles
from plans.approval import needs_approval
from plans.models import Evidence, Pillar, Plan, Proposal, Sector, User
from plans.progress import ProgressError
from plans.templatetags.mithaq import plain
from plans.views import vary_on_htmx, wants_fragment

NEWS_ON_A_PAGE = 30
QUEUE_SHOWN = 8
COUNTED_TO = 1000  # nobody reads an exact number beyond
COPIES_SHOWN = 20
RUNS_SHOWN = 6
LIKELY = 0.5  # an area suggested with this score or more is ticked beforehand
NEWS_LANGUAGES = ("ar", "en", "az", "ru")

View = Callable[..., HttpResponse]


def may(permission: str) -> Callable[[View], View]:
    """A page for those with the permission: a sign-in for strangers, «forbidden» for others."""

    def decorate(view: View) -> View:
        guarded = login_required(permission_required(permission, raise_exception=True)(view))

        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if wants_fragment(request) and not request.user.is_authenticated:
                # whose session has ended gets the sign-in as a page, not in place of the fragment
                here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
                return HttpResponseClientRedirect(redirect_to_login(here, reverse("login"))["Location"])
            return guarded(request, *args, **kwargs)

        return wrapper

    return decorate


def person(request: HttpRequest) -> User:
    """Who is signed in, on a page that `may` guards."""
    assert isinstance(request.user, User)
    return request.user


# ------------------------------------------------------------------ news


@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """What the press says, newest first; the address holds the filters and the place in the list."""
    asked = request.GET
    may_read = request.user.has_perm("articles.view_article")
    chosen = {name: asked.get(name, "") for name in ("plan", "source", "language", "state")}
    found = Article.objects.visible_to(request.user)
    if chosen["plan"]:
        found = found.concerning(chosen["plan"])
    if chosen["source"]:
        found = found.filter(source__slug=chosen["source"])
    if chosen["language"]:
        found = found.filter(language=chosen["language"])
    if may_read and chosen["state"] in Article.State.values:
        found = found.filter(state=chosen["state"])
    page = (
        found.for_lists()
        .with_outlets()
        .page(NEWS_ON_A_PAGE, before=Place.read(asked.get("before", "")), after=Place.read(asked.get("after", "")))
    )
    context = {
        "page": page,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "may_read": may_read,
        "plans": Plan.objects.visible_to(request.user).with_sides(),
        "sources": Source.objects.only("slug", "name").order_by("name"),
        "languages": NEWS_LANGUAGES,
        "states": Article.State.choices,
    }
    return render(request, "articles/news.html", context)


@require_GET
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """An article for everyone: title, outlet, date, link and the quotes recorded from it; never its text."""
    found = Article.objects.visible_to(request.user).select_related("source", "revision").with_outlets()
    one = get_object_or_404(found, pk=pk)
    plans = (
        one.suggestions.filter(plan__isnull=False)
        .exclude(state=Suggestion.State.DISMISSED)
        .select_related("plan__side_a", "plan__side_b")
        .order_by("state", "-score")
    )
    quotes = (
        Evidence.objects.standing().filter(annotation__revision__article=one).for_lists().order_by("annotation__start")
    )
    context = {"article": one, "plans": plans, "quotes": quotes, "copies": copies_of(one)}
    return render(request, "articles/article.html", context)


def copies_of(one: Article) -> list[Article]:
    """The same story at other outlets, oldest first."""
    if one.story_id is None:
        return []
    copies = Article.objects.filter(story=one.story_id).exclude(pk=one.pk).exclude(state=Article.State.DISMISSED)
    return list(copies.select_related("source").order_by("listed_at", "pk")[:COPIES_SHOWN])


@require_GET
def archive(request: HttpRequest, digest: str) -> HttpResponse:
    """The copy a quotation was cut from, named by its digest; the public sees what it is and its quotes, no text."""
    revision = Revision.objects.filter(digest=digest).select_related("article__source").order_by("pk").first()
    if revision is None:
        raise Http404
    annotations = list(
        revision.annotations.filter(undone_at=None, evidence__withdrawal=None)
        .select_related("evidence__plan__side_a", "evidence__plan__side_b", "evidence__commitment", "evidence__pillar")
        .order_by("start", "pk")
    )
    context: dict[str, Any] = {
        "revision": revision,
        "article": revision.article,
        "annotations": list(enumerate(annotations, 1)),
        "may_read": request.user.has_perm("articles.view_revision"),
    }
    if context["may_read"]:
        context["blocks"] = lay_out(revision.text, revision.article.language, highlights_of(annotations))
    return render(request, "articles/archive.html", context)


def highlights_of(annotations: Iterable[Annotation]) -> list[Highlight]:
    return [Highlight(one.start, one.end, number) for number, one in enumerate(annotations, 1)]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Plans, commitments and news with every word in their title."""
    words = Words.read(request.GET.get("q", ""))
    found = search_titles(words, request.user)
    results = {
        "plans": [(plan, words.mark(plain(plan, "title"))) for plan in found.plans],
        "commitments": [(one, words.mark(plain(one, "title"))) for one in found.commitments],
        "articles": [(one, words.mark(one.title)) for one in found.articles],
    }
    context = {"search_words": words.text, "found": found, "results": results, "limit": LIMIT}
    return render(request, "articles/search.html", context)


# ------------------------------------------------------------------ review


@dataclass
class Reason:
    """A word that speaks for a suggestion: how often it stands in the text, and where first."""

    quote: str
    feature: str
    count: int
    anchor: str


@dataclass
class Suggested:
    """A suggestion as the page shows it."""

    suggestion: Suggestion
    name: str
    reasons: list[Reason]

    @property
    def is_ticked(self) -> bool:
        state = self.suggestion.state
        return state == "accepted" or (state == "open" and self.suggestion.score >= LIKELY)

    @property
    def count(self) -> int:
        return sum(reason.count for reason in self.reasons)


@dataclass
class Workspace:
    """What the review page shows of an article."""

    article: Article
    revision: Revision | None
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    plans: list[Suggested] = field(default_factory=list)
    areas: list[Suggested] = field(default_factory=list)
    recorded: list[tuple[int, Annotation]] = field(default_factory=list)
    earlier: list[Annotation] = field(default_factory=list)  # quotes of an earlier text of the article
    copies: list[Article] = field(default_factory=list)
    plan: Plan | None = None
    form: EvidenceForm | None = None


FEATURES = {"party": "party", "side": "party", "plan": "plan", "relations": "plan"}


def feature_class(feature: str) -> str:
    """How a matched word is underlined: as a side, as the plan's own name, else as a word of an area."""
    head = feature.replace("-", "_").split("_")[0]
    return FEATURES.get(head, "pillar")


def reasons_of(suggestion: Suggestion) -> list[Reason]:
    """The words that speak for a suggestion, the weightiest first, each once."""
    counts = Counter((feature_class(r["feature"]), r["quote"]) for r in suggestion.reasons)
    first: dict[tuple[str, str], str] = {}
    for reason in suggestion.reasons:
        anchor = "h-article" if reason.get("in_title") else f"m{reason['start']}"
        first.setdefault((feature_class(reason["feature"]), reason["quote"]), anchor)
    return [Reason(quote, feature, count, first[feature, quote]) for (feature, quote), count in counts.items()]


def matches_of(suggestions: Iterable[Suggestion], revision: Revision, *, in_title: bool) -> list[Match]:
    """The spans that speak for what was suggested, of this very text, each once."""
    spans = {
        (reason["start"], reason["end"]): feature_class(reason["feature"])
        for suggestion in suggestions
        if suggestion.revision_id in (revision.pk, None)
        for reason in suggestion.reasons
        if bool(reason.get("in_title")) == in_title
    }
    return [Match(start, end, feature) for (start, end), feature in sorted(spans.items())]


def workspace_of(user: User, one: Article, plan: str = "", form: EvidenceForm | None = None) -> Workspace:
    """Gather the review page of an article, for a quote of the plan with this slug; a form that was refused stays."""
    revision = one.revision
    space = Workspace(one, revision, title=one.title)
    suggestions = list(
        one.suggestions.select_related("plan__side_a", "plan__side_b", "sector", "decided_by").order_by("-score", "pk")
    )
    for_plans = [s for s in suggestions if s.plan is not None]
    space.plans = [Suggested(s, short_name(s.plan), reasons_of(s)) for s in for_plans if s.plan]
    space.plan = form.plan if form else chosen_plan(user, plan, for_plans)
    pillars = {} if space.plan is None else {pillar.sector_id: pillar for pillar in space.plan.pillars.all()}
    space.areas = [
        Suggested(s, area_name(s.sector, pillars.get(s.sector_id or 0)), reasons_of(s)) for s in suggestions if s.sector
    ]
    space.copies = copies_of(one)
    annotations = list(
        Annotation.objects.filter(revision__article=one, undone_at=None)
        .select_related("commitment__plan", "pillar", "plan__side_a", "plan__side_b", "created_by", "evidence")
        .prefetch_related(Prefetch("evidence__grounds", to_attr="carried"))
        .order_by("start", "pk")
    )
    here = [a for a in annotations if a.revision_id == one.revision_id]
    space.earlier = [a for a in annotations if a.revision_id != one.revision_id]
    space.recorded = list(enumerate(here, 1))
    if revision is not None:
        space.title = marked(
            one.title, 0, len(one.title), (), matches_of(suggestions, revision, in_title=True), anchors=False
        )
        space.blocks = lay_out(
            revision.text, one.language, highlights_of(here), matches_of(suggestions, revision, in_title=False)
        )
        if space.plan is not None:
            space.form = form or EvidenceForm(article=one, revision=revision, plan=space.plan, user=user)
    return space


def short_name(plan: Plan) -> str:
    return f"{plain(plan.side_a, 'short')} – {plain(plan.side_b, 'short')}"


def area_name(sector: Sector, pillar: Pillar | None) -> str:
    """An area as the plan names it, where it has a pillar there."""
    return plain(pillar, "title") if pillar else plain(sector, "name")


def chosen_plan(user: User, asked: str, suggestions: list[Suggestion]) -> Plan | None:
    """The plan a quote is recorded for: the one asked for, else the first accepted, else the best that is open."""
    if asked:
        plan = Plan.objects.visible_to(user).with_sides().filter(slug=asked).first()
        if plan is not None:
            return plan
    for state in (Suggestion.State.ACCEPTED, Suggestion.State.OPEN):
        for suggestion in suggestions:
            if suggestion.state == state:
                return suggestion.plan
    return None


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


# ------------------------------------------------------------------ sources


@dataclass(frozen=True)
class Bar:
    """A day of a sparkline: place and width in percent, top and height in pixels of 24."""

    x: str
    y: str
    height: str


def spark(days: dict[date, int], today: date) -> list[Bar]:
    """Bars for new articles a day over thirty days, the newest last; days without any have none."""
    length = YIELD_OVER.days
    highest = max(days.values(), default=0)
    bars = []
    for at in range(length):
        count = days.get(today - timedelta(days=length - 1 - at), 0)
        if count:
            height = max(1.5, 22 * count / highest)
            bars.append(Bar(f"{100 * at / length:.2f}%", f"{23 - height:.1f}", f"{height:.1f}"))
    return bars


@dataclass
class Row:
    """A source as the list shows it."""

    source: Any  # a Source with_health() and with_yield()
    bars: list[Bar]
    run: FetchRun | None
    error: str

    @property
    def is_busy(self) -> bool:
        return self.source.health in ("running", "queued")


def rows_of(found: Any, *, runs: int = RUNS_SHOWN) -> list[Row]:
    """Sources with their health, yield and last runs, in five queries however many there are."""
    now = timezone.now()
    last = Prefetch("runs", FetchRun.objects.order_by("-started_at", "-pk")[:runs], to_attr="last_runs")
    sources = list(found.with_health(now).with_yield(now).select_related("party").prefetch_related(last))
    daily: dict[int, dict[date, int]] = defaultdict(dict)
    counted = (
        FetchRun.objects.filter(source__in=[one.pk for one in sources], started_at__gte=now - YIELD_OVER, new__gt=0)
        .order_by()
        .annotate(day=TruncDate("started_at"))
        .values_list("source", "day")
        .annotate(n=Sum("new"))
    )
    for source_id, day, n in counted:
        daily[source_id][day] = n
    rows = []
    for one in sources:
        for run in one.last_runs:
            run.words = importer.plain_words(run.error_code, run.error) if run.error else ""
        open_run = next((run for run in one.last_runs if run.finished_at is None), None)
        error = importer.plain_words(one.last_error_code, one.last_error) if one.last_error else ""
        rows.append(Row(one, spark(daily[one.pk], timezone.localdate(now)), open_run, error))
    return rows


@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """Where news comes from and how well: what fails first, with what to do about it."""
    rows = rows_of(Source.objects.all())
    counts = Counter(row.source.health for row in rows)
    context = {"rows": rows, "counts": {name: counts[name] for name in HEALTH}, "total": len(rows)}
    return render(request, "articles/sources.html", context)


@require_GET
def source_row(request: HttpRequest, slug: str) -> HttpResponse:
    """A source's row of the list, asked for again while it is being read."""
    rows = rows_of(Source.objects.filter(slug=slug))
    if not rows:
        raise Http404
    if not wants_fragment(request):
        return redirect("source", slug)
    return render(request, "articles/sources.html#row", {"row": rows[0]})


@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """A source: its runs and, for those who may, its settings."""
    rows = rows_of(Source.objects.filter(slug=slug), runs=20)
    if not rows:
        raise Http404
    row = rows[0]
    form = None
    if request.method == "POST":
        return change_source(request, row)
    if request.user.has_perm("articles.change_source"):
        form = SourceForm(instance=row.source)
    return render(request, "articles/source.html", {"row": row, "form": form})


@may("articles.change_source")
def change_source(request: HttpRequest, row: Row) -> HttpResponse:
    form = SourceForm(request.POST, instance=Source.objects.get(pk=row.source.pk))
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("source", row.source.slug)
    return render(request, "articles/source.html", {"row": row, "form": form}, status=422)


@may("articles.import_source")
@require_POST
def import_source(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a source now: a worker is told at once, or finds it with its next look."""
    one = get_object_or_404(Source, slug=slug)
    if not one.is_active:
        messages.error(request, _("The source is paused. Resume it first."))
    elif tasks.import_now(one):
        messages.success(request, _("%s is being read.") % one.name)
    else:
        messages.success(request, _("Noted. The next worker that looks will read %s.") % one.name)
    if wants_fragment(request):
        rows = rows_of(Source.objects.filter(pk=one.pk))
        return render(request, "articles/sources.html#row", {"row": rows[0], "is_fragment": True})
    return redirect(back_to_source(request, one))


@may("articles.change_source")
@require_POST
def switch_source(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause a source or let it go on."""
    one = get_object_or_404(Source, slug=slug)
    one.is_active = "activate" in request.POST
    one.save(update_fields=["is_active"])
    if one.is_active:
        importer.ask_for_import(one)
        messages.success(request, _("%s is read again.") % one.name)
    else:
        messages.success(request, _("%s is paused. What was read from it stays.") % one.name)
    return redirect(back_to_source(request, one))


def back_to_source(request: HttpRequest, one: Source) -> str:
    return one.get_absolute_url() if "on_page" in request.POST else f"{reverse('sources')}#s-{one.slug}"


@may("articles.add_source")
@require_http_methods(["GET", "POST"])
def add_source(request: HttpRequest) -> HttpResponse:
    """Add a source in two steps: its address is tested and what it holds is shown; then it is saved."""
    asked = request.POST if request.method == "POST" else None
    address = AddressForm(asked, auto_id="f-%s")
    context: dict[str, Any] = {"address": address}
    if asked is None:
        return render(request, "articles/source_add.html", context)
    if not address.is_valid():
        return render(request, "articles/source_add.html", context, status=422)
    url = address.cleaned_data["url"]
    known = Source.objects.filter(url=url).first()
    if known is not None:
        return render(request, "articles/source_add.html", {**context, "known": known}, status=422)
    if "save" in asked:
        form = SourceForm(asked, auto_id="f-%s")
        if form.is_valid():
            try:
                one = importer.add_source(url, is_verified=True, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                tasks.import_now(one)
                messages.success(request, _("%s is added and will be read in a moment.") % one.name)
                return redirect("source", one.slug)
        return render(request, "articles/source_add.html", {**context, "form": form, "tested": url}, status=422)
    try:
        preview = importer.test_source(url)
    except SourceError as error:
        address.add_error("url", str(error))
        return render(request, "articles/source_add.html", context, status=422)
    form = SourceForm(
        initial={"name": preview.title[:200], "publisher": preview.title[:200], "language": preview.language},
        auto_id="f-%s",
    )
    return render(request, "articles/source_add.html", {**context, "preview": preview, "form": form, "tested": url})
