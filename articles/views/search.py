"""The search page, the searches a person keeps, and their feeds."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from articles import search as searching
from articles.models import Finding, SavedSearch, Source
from articles.saved import feed_of, keep, results_of, switch_mail
from articles.search import COUNTED, Filters, Page, Place, Result, TooSlow
from articles.views import NEWS_LANGUAGES
from plans.language.queries import LONGEST, MOST_WORDS, SHORTEST_PREFIX, BadQuery, Query
from plans.models import Party, Pillar, Plan, Sector
from plans.reader import in_words, reader_language
from plans.templatetags.mithaq import plain
from plans.views import person

FIRST: int = 5  # of a kind, on the page of all kinds
MOST_FACETS = 12

FAULTS = {
    "long": gettext_lazy("This is longer than a search can be ({longest} characters). Keep the words that matter."),
    "words": gettext_lazy("These are more words than a search can hold ({most}). Keep the words that matter."),
    "quotes": gettext_lazy("A quotation mark is open: a phrase needs one before and one after it."),
    "brackets": gettext_lazy("A bracket is open, closed twice, or too many stand in each other."),
    "operator": gettext_lazy("AND, OR and NOT stand between words: one of them has no word beside it."),
    "empty": gettext_lazy("There is no letter or digit to search for."),
    "negative": gettext_lazy("Say also what should be there: a search cannot only leave things out."),
    "prefix": gettext_lazy("A word that ends in * needs {shortest} letters at least before it, and no sign within."),
    "slow": gettext_lazy("This search took too long and was stopped. Add a word or a filter."),
}


def fault(code: str) -> str:
    """Why a query cannot be read, in a sentence."""
    return str(FAULTS[code]).format(longest=LONGEST, most=MOST_WORDS, shortest=SHORTEST_PREFIX)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What a query finds: of each kind the best few, or of one kind a page."""
    text = request.GET.get("q", "")
    filters = Filters.read(request.GET)
    context: dict[str, Any] = {
        "search_words": " ".join(text.replace("\x00", " ").split())[:LONGEST],
        "filters": filters,
        "kinds": Finding.Kind.choices,
        "languages": NEWS_LANGUAGES,
        "states": searching.STATES.items(),
        "reads_texts": searching.may_read_texts(request.user),
    }
    if text.strip():
        try:
            query = searching.read_query(text)
            context |= _found(request, query, filters)
        except BadQuery as error:
            context["fault"] = fault(error.code)
        except TooSlow:
            context["fault"] = fault("slow")
    return render(request, "articles/search.html", context)


def _found(request: HttpRequest, query: Query, filters: Filters) -> dict[str, Any]:
    place = Place.read(request.GET.get("from", ""))
    language = reader_language()
    one_kind = bool(filters.kind)
    kinds = [filters.kind] if one_kind else list(Finding.Kind.values)
    size = searching.PAGE if one_kind else FIRST
    sections = []
    facets: dict[str, Counter[Any]] = {}
    counted, is_whole = 0, True
    for kind in kinds:
        page = searching.ask(query, filters.of(kind), request.user, place=place, size=size)
        counted, is_whole = counted + page.counted, is_whole and page.is_whole
        for name, counts in page.facets.items():
            facets.setdefault(name, Counter()).update(counts)
        results = searching.things(page.rows, query, request.user, language)
        if results:
            sections.append(_section(kind, page, results, size))
    about = (
        [] if place else _about(request, query, filters, {row.pk for section in sections for row in section["rows"]})
    )
    return {
        "sections": sections,
        "one_kind": one_kind,
        "facets": _facets(facets, filters),
        "total": _total(counted, is_whole=is_whole),
        "about": about,
        "query": query,
        "kept": request.GET.urlencode(),
    }


def _section(kind: str, page: Page, results: list[Result], size: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": Finding.Kind(kind).label,
        "rows": page.rows,
        "results": results,
        "following": page.following,
        "has_more": page.counted > size,
        "total": _total(page.counted, is_whole=page.is_whole),
    }


def _total(counted: int, *, is_whole: bool) -> str:
    if is_whole:
        return ngettext("{n} result", "{n} results", counted).format(n=counted)
    return _("{n}+ results").format(n=COUNTED if counted >= COUNTED else counted)


def _about(request: HttpRequest, query: Query, filters: Filters, shown: set[int]) -> list[dict[str, Any]]:
    """What the query is a name of, with a few things that have another of its names."""
    models: dict[str, Any] = {"party": Party, "plan": Plan, "sector": Sector}
    found = []
    for concept in searching.concepts(query):
        thing = models[concept.kind].objects.filter(slug=concept.slug).first()
        if thing is None:
            continue
        page = searching.ask(concept.query, filters, request.user, size=FIRST + len(shown))
        rows = [row for row in page.rows if row.pk not in shown][:FIRST]
        results = searching.things(rows, concept.query, request.user, reader_language())
        field = "title" if concept.kind == "plan" else "name"
        total = _total(page.counted, is_whole=page.is_whole)
        found.append({"name": in_words(thing, field), "thing": thing, "results": results, "total": total})
    return found


def _facets(facets: dict[str, Counter[Any]], filters: Filters) -> list[dict[str, Any]]:
    """The filters that would narrow what was found, each with how many of the newest it would leave."""
    plans = Plan.objects.with_sides().in_bulk([pk for pk, _n in facets.get("plan", Counter()).most_common(MOST_FACETS)])
    pillars = Pillar.objects.in_bulk([pk for pk, _n in facets.get("pillar", Counter()).most_common(MOST_FACETS)])
    sources = Source.objects.in_bulk([pk for pk, _n in facets.get("source", Counter()).most_common(MOST_FACETS)])
    named: list[tuple[str, Any, dict[Any, str]]] = [
        (
            "plan",
            _("Plan"),
            {pk: f"{plain(p.side_a, 'short')} – {plain(p.side_b, 'short')}" for pk, p in plans.items()},
        ),
        ("pillar", _("Pillar"), {pk: in_words(one, "title") for pk, one in pillars.items()}),
        ("source", _("Outlet"), {pk: one.name for pk, one in sources.items()}),
    ]
    shown = []
    for name, label, names in named:
        counts = facets.get(name, Counter())
        options = [
            {"value": key, "name": names[key], "n": n, "is_chosen": getattr(filters, name) == key}
            for key, n in counts.most_common(MOST_FACETS)
            if key in names
        ]
        if options:
            shown.append({"name": name, "label": label, "options": options})
    return shown


# ------------------------------------------------------------------ searches that are kept


@login_required
@require_GET
def saved_searches(request: HttpRequest) -> HttpResponse:
    """The searches this person keeps."""
    return render(request, "articles/saved_searches.html", {"searches": person(request).searches.all()})


@login_required
@require_POST
def save_search(request: HttpRequest) -> HttpResponse:
    """Keep the search a page shows under a name."""
    query = QueryDict(request.POST.get("query", "")[:2000])
    name = request.POST.get("name", "").strip() or query.get("q", "").strip()
    try:
        keep(person(request), name, query, language=reader_language(), by_mail=bool(request.POST.get("by_mail")))
    except BadQuery as error:
        messages.error(request, fault(error.code))
        return redirect(f"{reverse('search')}?{query.urlencode()}")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('search')}?{query.urlencode()}")
    messages.success(request, _("The search is kept."))
    return redirect("saved_searches")


@login_required
@require_POST
def change_saved_search(request: HttpRequest, pk: int) -> HttpResponse:
    """Turn the mail of a kept search on or off, or forget the search."""
    kept = get_object_or_404(SavedSearch, pk=pk, person=person(request))
    if request.POST.get("do") == "forget":
        kept.delete()
        messages.success(request, _("The search is no longer kept."))
    else:
        switch_mail(kept, on=request.POST.get("do") == "mail")
        messages.success(
            request, _("It comes by mail once a day.") if kept.by_mail else _("It no longer comes by mail.")
        )
    return redirect("saved_searches")


@require_safe
def saved_search_feed(request: HttpRequest, key: str) -> HttpResponse:
    """A kept search as an Atom feed. Whoever has the address sees what its owner may see, titles alone of news."""
    kept = SavedSearch.objects.select_related("person").filter(key=key, person__is_active=True).first()
    if kept is None:
        raise Http404
    return feed_of(kept, results_of(kept, timezone.now()), request)
