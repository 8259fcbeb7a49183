"""Taking a plan along: its exports, the feeds of what happens to it, the card others embed."""

import tempfile
from collections import defaultdict
from typing import Any

from csp.decorators import csp_replace
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import conditional_page, require_safe

from plans.api import operations
from plans.exchange import iati, news, tables
from plans.exchange.record import FORMATS, Record, whole_plan
from plans.exchange.shapes import Addresses
from plans.models import Membership, Party, Plan
from plans.views.plans import where_it_stands

IN_MEMORY = 1024 * 1024  # a workbook beyond this waits for its reader on disk


def _plan(request: HttpRequest, slug: str) -> Any:
    plans = Plan.objects.visible_to(request.user).with_sides().with_counts(timezone.localdate())
    return get_object_or_404(plans.prefetch_related("pillars__sector"), slug=slug)


@require_safe
def export(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """A plan as a file: `xlsx` and `json` the whole, `csv` its commitments, `xml` an IATI activity."""
    if form not in FORMATS:
        raise Http404
    today = timezone.localdate()
    plan = _plan(request, slug)
    at = Addresses(request)
    record = Record(plan, today)
    response: HttpResponseBase
    if form == "json":
        body = whole_plan(record, at, timezone.now()).model_dump_json(by_alias=True, indent=1)
        response = HttpResponse(body, content_type=FORMATS[form])
    elif form == "csv":
        lines = tables.csv_lines(tables.commitments_table(record, at))
        response = StreamingHttpResponse(lines, content_type=f"{FORMATS[form]}; charset=utf-8")
    elif form == "xlsx":
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 # FileResponse closes it
        tables.write_workbook(record, at, file)
        file.seek(0)
        response = FileResponse(file, content_type=FORMATS[form])
    else:
        response = HttpResponse(_activities(record, at), content_type=FORMATS[form])
    kind = {"csv": "-commitments", "xml": "-iati"}.get(form, "")
    response["Content-Disposition"] = f'attachment; filename="{plan.slug}{kind}-{today.isoformat()}.{form}"'
    return response


def _activities(record: Record, at: Addresses) -> bytes:
    if not iati.has_dates(record.plan):
        raise Http404(_("IATI asks for the day a plan begins, and none is recorded."))
    members = members_of([record.plan.side_a, record.plan.side_b])
    return iati.activities(record, members, at, timezone.localdate(), timezone.now())


def members_of(parties: list[Party]) -> dict[str, list[Party]]:
    """The present members of each party that has any, by its slug."""
    today = timezone.localdate()
    memberships = (
        Membership.objects.filter(bloc__in=parties)
        .filter(Q(since=None) | Q(since__lte=today))
        .filter(Q(until=None) | Q(until__gte=today))
        .select_related("bloc", "member")
        .order_by("member__slug")
    )
    members = defaultdict(list)
    for one in memberships:
        members[one.bloc.slug].append(one.member)
    return members


plan_news = require_safe(conditional_page(news.PlanNews()))
party_news = require_safe(conditional_page(news.PartyNews()))
sector_news = require_safe(conditional_page(news.SectorNews()))


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type] # typed for views without arguments
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """A plan on a card that other sites may frame; the only page they may."""
    today = timezone.localdate()
    plans = Plan.objects.visible_to(request.user).with_sides().with_counts(today)
    plan = get_object_or_404(plans, slug=slug)
    is_demo = plan.commitments.filter(is_demo=True).exists()
    context = {"plan": plan, "where": where_it_stands(plan, today), "is_demo": is_demo}
    return render(request, "plans/card.html", context)


@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """What the API offers, in words; needs no script of anybody's."""
    return render(request, "plans/api.html", {"operations": operations()})
