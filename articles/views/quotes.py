"""Quotes to cite, to take along and to bring in: a stable address each, linked data, and tables."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from articles import linked
from articles.models import Annotation, Article, Revision
from articles.views import may
from plans.exchange.shapes import Addresses
from plans.exchange.workbook import Page, Row, write_csv, write_xlsx
from plans.models import Commitment, Plan
from plans.reader import in_words, reader_language
from plans.views import person

LINES_ON_A_PAGE = 100
FILES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


# ------------------------------------------------------------------ one quote


@require_safe
def quote(request: HttpRequest, pk: int) -> HttpResponse:
    """The stable address of a quote: leads to it within the archived text, or, taken back, to its evidence.

    Who may not read the text comes to the quote on the same page without the text.
    """
    one = get_object_or_404(Annotation.objects.select_related("revision", "evidence"), pk=pk)
    shown = Revision.objects.filter(digest=one.revision.digest).order_by("pk").values_list("pk", flat=True).first()
    standing = one.revision.annotations.filter(undone_at=None, evidence__withdrawal=None).order_by("start", "pk")
    order = list(standing.values_list("pk", flat=True))
    if pk not in order or shown != one.revision_id:
        return redirect(one.evidence)
    mark = "q" if request.user.has_perm("articles.view_revision") else "e"
    return redirect(f"{reverse('archive', args=[one.revision.digest])}#{mark}{order.index(pk) + 1}")


def is_inside(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("articles.view_annotation") and request.user.has_perm("articles.view_revision"))


def as_linked_data(data: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Type"] = linked.MEDIA_TYPE
    response["Link"] = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
    response["Vary"] = "Accept-Language, Cookie"
    return response


@require_safe
def quote_data(request: HttpRequest, pk: int) -> HttpResponse:
    """One quote as a W3C Web Annotation; gone (410) where it was taken back."""
    one = linked.standing().filter(pk=pk).first()
    if one is None:
        get_object_or_404(Annotation, pk=pk)
        return JsonResponse({"error": _("This quote has been taken back.")}, status=410)
    return as_linked_data(linked.annotation_of(one, Addresses(request), inside=is_inside(request)))


# ------------------------------------------------------------------ collections


def collection(request: HttpRequest, quotes: QuerySet[Annotation], label: str) -> HttpResponse:
    """The collection, or with `?page=` one of its pages."""
    address = request.build_absolute_uri(request.path)
    asked = request.GET.get("page")
    if asked is None:
        return as_linked_data(linked.collection_of(quotes, address, label))
    if not (asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 and int(asked)):
        raise Http404
    at = Addresses(request)
    return as_linked_data(linked.page_of(quotes, int(asked), address, label, at, inside=is_inside(request)))


@require_safe
def of_article(request: HttpRequest, pk: int) -> HttpResponse:
    """The quotes of an article, of every text it had."""
    article = get_object_or_404(Article.objects.visible_to(request.user), pk=pk)
    return collection(request, linked.standing().filter(revision__article=article), str(article))


@require_safe
def of_plan(request: HttpRequest, slug: str) -> HttpResponse:
    plan, _commitment = found(request, slug)
    return collection(request, linked.standing().filter(plan=plan), in_words(plan, "title"))


@require_safe
def of_commitment(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    _plan, commitment = found(request, slug, code)
    assert commitment is not None
    quotes = linked.standing().filter(commitment=commitment)
    return collection(request, quotes, f"{commitment.code} {in_words(commitment, 'title')}")


def found(request: HttpRequest, slug: str, code: str = "") -> tuple[Plan, Commitment | None]:
    plan = get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=slug)
    return plan, get_object_or_404(plan.commitments.all(), code=code) if code else None


# ------------------------------------------------------------------ tables


def quotes_of(plan: Plan, commitment: Commitment | None) -> QuerySet[Annotation]:
    quotes = linked.standing().filter(plan=plan)
    if commitment is not None:
        quotes = quotes.filter(commitment=commitment)
    return quotes.order_by("-evidence__published_on", "-pk")


@require_safe
def table(request: HttpRequest, slug: str, code: str = "") -> HttpResponse:
    """The quotes of a plan or commitment as a table to read and print, newest first."""
    plan, commitment = found(request, slug, code)
    pages = Paginator(quotes_of(plan, commitment), LINES_ON_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    parts = [plan.slug, code] if code else [plan.slug]
    name = "commitment_quotes" if code else "plan_quotes"
    context = {
        "plan": plan,
        "commitment": commitment,
        "page": page,
        "total": pages.count,
        "files": [(form.upper(), reverse(f"{name}_file", args=[*parts, form])) for form in FILES],
        "linked": reverse(f"{name}_data", args=parts),
    }
    return render(request, "articles/quotes.html", context)


@require_safe
def table_file(request: HttpRequest, slug: str, form: str, code: str = "") -> HttpResponse:
    """The same table as a spreadsheet."""
    if form not in FILES:
        raise Http404
    plan, commitment = found(request, slug, code)
    at = Addresses(request)
    heads = [
        _("Published"),
        _("Outlet"),
        _("Quote"),
        _("Language"),
        _("Gloss"),
        _("Kind"),
        _("Who speaks"),
        _("Commitment"),
        _("Address of the source"),
        _("Address of the quote"),
        _("SHA-256 of the archived copy"),
        _("Demo"),
    ]
    rows = [row_of(one, at) for one in quotes_of(plan, commitment).iterator(chunk_size=500)]
    page = Page(_("Quotes"), heads, rows, [12, 20, 60, 10, 50, 14, 14, 14, 40, 40, 20, 8], {})
    body = write_csv(page) if form == "csv" else write_xlsx([page], right_to_left=reader_language() == "ar")
    response = HttpResponse(body, content_type=FILES[form])
    name = "-".join(part for part in (plan.slug, commitment.code if commitment else "", "quotes") if part)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def row_of(one: Annotation, at: Addresses) -> Row:
    evidence = one.evidence
    return [
        evidence.published_on,
        evidence.publisher,
        one.exact,
        evidence.language,
        in_words(evidence, "gloss"),
        one.get_kind_display(),
        one.get_speaker_display(),
        one.commitment.code if one.commitment else "",
        evidence.url,
        at("quote", one.pk),
        evidence.digest,
        _("yes") if evidence.is_demo else "",
    ]


# ------------------------------------------------------------------ bringing in


class LinkedForm(forms.Form):
    """A file of annotations."""

    file = forms.FileField(label=gettext_lazy("JSON-LD file"), max_length=200)


@may("articles.add_annotation")
@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Bring annotations in from a file: looked at first, recorded by a second button; every refusal says why."""
    form = LinkedForm(request.POST or None, request.FILES or None)
    taken, status = None, 200
    is_dry = "record" not in request.POST
    if request.method == "POST":
        if form.is_valid():
            try:
                annotations = linked.read(form.cleaned_data["file"].read(linked.MOST_BYTES + 1))
            except linked.LinkedError as error:
                form.add_error("file", str(error))
            else:
                taken = linked.take_in(annotations, person(request), dry=is_dry)
                if not is_dry and not taken.refused:
                    messages.success(request, _("Recorded: %d annotations.") % taken.made)
                    return redirect("quotes_import")
        status = 422 if form.errors else 200
    context = {"form": form, "taken": taken, "is_dry": is_dry, "refused": taken.refused[:100] if taken else []}
    return render(request, "articles/quotes_import.html", context, status=status)
