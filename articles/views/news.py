"""What the press says, an article, and the archive that quotes point into."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from articles.aids import beside
from articles.models import Article, Revision, Source, Suggestion
from articles.querysets import Place
from articles.reading import lay_out
from articles.views import NEWS_LANGUAGES, NEWS_ON_A_PAGE, may
from articles.workspace import copies_of, highlights_of
from plans.models import Evidence, Plan


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
        context["is_edit"] = revision.number > 1
        context["blocks"] = lay_out(revision.text, revision.article.language, highlights_of(annotations))
    return render(request, "articles/archive.html", context)


@may("articles.view_revision")
@require_GET
def changes(request: HttpRequest, digest: str) -> HttpResponse:
    """What an outlet changed: a copy beside the one before it, with the words marked in which they differ."""
    edits = Revision.objects.filter(digest=digest, number__gt=1).select_related("article__source").order_by("pk")
    new = edits.first()
    old = new and Revision.objects.filter(article=new.article_id, number__lt=new.number).order_by("-number").first()
    if new is None or old is None:
        raise Http404
    left, right, is_whole = beside(*(f"{one.title}\n\n{one.text}" for one in (old, new)))
    context = {"article": new.article, "sides": [(old, left), (new, right)], "is_whole": is_whole}
    return render(request, "articles/changes.html", context)
