"""Where news comes from: the health of each source, adding, testing, importing and stopping it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Sum
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from articles import importer, outlets, runs, tasks
from articles.fetch import SourceError
from articles.forms import AddressForm, DocumentForm, OutlineForm, SourceForm
from articles.models import FetchRun, Source
from articles.querysets import HEALTH, YIELD_OVER
from articles.views import may
from plans.views import wants_fragment

RUNS_SHOWN = 6


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

    @property
    def is_gone(self) -> bool:
        """Whether the outlet said twice that the address is gone for good: staff have to find another."""
        return not self.source.is_active and bool(self.source.gone_at)

    @property
    def advice(self) -> str:
        return outlets.what_to_do(self.source.last_error_code)

    @property
    def asks_for_a_person(self) -> bool:
        return bool(self.error) and (self.source.is_active or self.is_gone)


def rows_of(found: Any, *, last: int = RUNS_SHOWN) -> list[Row]:
    """Sources with their health, yield and last runs, in five queries however many there are."""
    now = timezone.now()
    newest = Prefetch("runs", FetchRun.objects.order_by("-started_at", "-pk")[:last], to_attr="last_runs")
    sources = list(found.with_health(now).with_yield(now).select_related("party").prefetch_related(newest))
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
    rows = rows_of(Source.objects.filter(slug=slug), last=20)
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


@may("articles.import_source")
@require_GET
def test_source(request: HttpRequest, slug: str) -> HttpResponse:
    """What the next import of a source would find; nothing of it is stored."""
    one = get_object_or_404(Source.objects.exclude(kind=Source.Kind.FILE), slug=slug)
    context: dict[str, Any] = {"source": one}
    try:
        context["preview"] = outlets.preview_source(one)
    except SourceError as error:
        context["error"] = str(error)
    return render(request, "articles/source_test.html", context)


@may("articles.add_source")
@require_http_methods(["GET", "POST"])
def outline(request: HttpRequest) -> HttpResponse:
    """All sources as OPML; or the sources of an OPML file, added switched off."""
    if request.method == "GET":
        headers = {"Content-Disposition": 'attachment; filename="mithaq-sources.opml"'}
        return HttpResponse(outlets.opml(), content_type="text/x-opml; charset=utf-8", headers=headers)
    form = OutlineForm(request.POST, request.FILES, auto_id="o-%s")
    if form.is_valid():
        try:
            taken = outlets.take_opml(form.cleaned_data["file"].read(), dry_run=form.cleaned_data["only_look"])
        except SourceError as error:
            form.add_error("file", str(error))
        else:
            if form.cleaned_data["only_look"]:
                return render(request, "articles/source_add.html", forms_to_add(outline=form, taken=taken))
            new, known = len(taken.new), len(taken.known)
            words = ngettext("%(n)d source is added, switched off.", "%(n)d sources are added, switched off.", new)
            messages.success(request, words % {"n": new})
            if known:
                words = ngettext("%(n)d was a source already.", "%(n)d were sources already.", known)
                messages.info(request, words % {"n": known})
            for url, reason in taken.refused[:10]:
                messages.warning(request, f"{url}: {reason}")
            return redirect("sources")
    return render(request, "articles/source_add.html", forms_to_add(outline=form), status=422)


@may("articles.add_source")
@require_POST
def add_document(request: HttpRequest) -> HttpResponse:
    """Store a file as an article, for what no address leads to."""
    form = DocumentForm(request.POST, request.FILES, auto_id="d-%s")
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            article = outlets.add_document(
                file.read(), file.name, form.cleaned_data["title"], form.cleaned_data["published"]
            )
        except SourceError as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, _("The document is stored."))
            return redirect(article)
    return render(request, "articles/source_add.html", forms_to_add(document=form), status=422)


def forms_to_add(**asked: Any) -> dict[str, Any]:
    """The forms of the page that adds, each empty but the one asked with."""
    return {
        "address": AddressForm(auto_id="f-%s"),
        "outline": OutlineForm(auto_id="o-%s"),
        "document": DocumentForm(auto_id="d-%s"),
        **asked,
    }


@may("articles.import_source")
@require_POST
def stop_source(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the run at work to end before its next entry; «Import now» goes on from there."""
    one = get_object_or_404(Source, slug=slug)
    run = one.runs.filter(finished_at=None).first()
    if run is not None and runs.ask_to_stop(run):
        messages.success(request, _("The run ends before its next article. What it has read is kept."))
    else:
        messages.info(request, _("Nothing is being read just now."))
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
        runs.ask_for_import(one)
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
    context: dict[str, Any] = forms_to_add(address=address)
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
                one = outlets.add_source(url, is_verified=True, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                tasks.import_now(one)
                messages.success(request, _("%s is added and will be read in a moment.") % one.name)
                return redirect("source", one.slug)
        return render(request, "articles/source_add.html", {**context, "form": form, "tested": url}, status=422)
    try:
        preview = outlets.preview_source(Source(url=url, kind=Source.Kind.AUTO))
    except SourceError as error:
        address.add_error("url", str(error))
        return render(request, "articles/source_add.html", context, status=422)
    form = SourceForm(
        initial={"name": preview.title[:200], "publisher": preview.title[:200], "language": preview.language},
        auto_id="f-%s",
    )
    return render(request, "articles/source_add.html", {**context, "preview": preview, "form": form, "tested": url})
