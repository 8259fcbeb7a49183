"""Pages that read across plans: a party, a sector, a pillar, all in one table, the list behind a number, and the work
that waits for the person who reads.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from plans import charts, work
from plans.models import Commitment, Evidence, Membership, Party, Pillar, Plan, Sector, Status
from plans.progress import ProgressError
from plans.querysets import COUNTS_BY_STATUS, PlanQuerySet
from plans.reader import in_words, reader_language
from plans.views import choice, fragment_key, person, render_kept
from plans.views.plans import EVIDENCE_ON_A_PAGE, FLAGS, Where, lines_of

COMMITMENTS_ON_A_PAGE = 50
TEXTS_ON_A_PAGE = 30
PILLARS_ON_A_PAGE = 20
PARTIES_ON_A_PAGE = 30


def where_of(row: dict[str, Any] | None, plan: Plan, today: date) -> Where:
    """Where a group of commitments stands, from a row of `PillarQuerySet.counted` (None: there are none)."""
    row = row or {}
    counts = {status: row.get(f"count_{status}", 0) for status in charts.ORDER}
    flags = {flag: row.get(f"{flag}_count", 0) for flag in FLAGS}
    return Where(counts, charts.bullet(counts, plan.starts, plan.ends, today), flags)


# ------------------------------------------------------------------ a party


@require_GET
def party(request: HttpRequest, slug: str) -> HttpResponse:
    """A party: what it is, who belongs to it or to what it belongs, all its plans and what needs a person there."""
    party = get_object_or_404(Party, slug=slug)
    today = timezone.localdate()
    found = Plan.objects.visible_to(request.user).matching(party=slug)
    by_name = f"name_{reader_language()}"
    context = {
        **lines_of(found, today, choice(request, "flag", FLAGS), request.GET.get("page", "")),
        "party": party,
        "chosen": {"party": slug},
        "members": party.memberships.select_related("member").order_by(f"member__{by_name}", "since"),
        "blocs": party.belongs_to.select_related("bloc").order_by(f"bloc__{by_name}", "since"),
    }
    return render(request, "plans/party.html", context)


# ------------------------------------------------------------------ a sector


@dataclass
class PillarLine:
    """A plan's pillar in a sector: where it stands, when it was last heard of and what is due next."""

    pillar: Pillar
    where: Where
    last_evidence_on: date | None
    next_due_on: date | None


@require_GET
def sector(request: HttpRequest, slug: str) -> HttpResponse:
    """A sector: the pillar that each plan has in it, side by side, the one heard of last first."""
    sector = get_object_or_404(Sector, slug=slug)
    today = timezone.localdate()
    visible = Plan.objects.visible_to(request.user)
    pillars = sector.pillars.filter(plan__in=visible).select_related("plan__side_a", "plan__side_b")
    counted = pillars.counted(today)
    heard = newest_evidence(Q(pillar__sector=sector, plan__in=visible))
    lines = [
        PillarLine(
            one,
            where_of(counted.get(one.pk), one.plan, today),
            heard.get(one.pk),
            counted.get(one.pk, {}).get("next_due_on"),
        )
        for one in pillars.order_by("plan__slug", "position", "code")
    ]
    lines.sort(key=lambda line: line.last_evidence_on or date.min, reverse=True)
    totals = {status: sum(line.where.counts[status] for line in lines) for status in charts.ORDER}
    context = {
        "sector": sector,
        "lines": Paginator(lines, PILLARS_ON_A_PAGE).get_page(request.GET.get("page", "")),
        "where": Where(totals, charts.bullet(totals, None, None, today)),
        "plan_count": len({line.pillar.plan_id for line in lines}),
        "statuses": Status,
        "today": today,
    }
    return render(request, "plans/sector.html", context)


def newest_evidence(of: Q) -> dict[int, date]:
    """The day of the newest standing evidence of each pillar."""
    found = Evidence.objects.standing().filter(of).exclude(pillar=None).order_by()
    return dict(found.values_list("pillar").annotate(newest=Max("published_on")))


# ------------------------------------------------------------------ a pillar


@require_GET
def pillar(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A pillar of a plan: where it stands, its commitments and evidence, and the same area in other plans."""
    visible = Plan.objects.visible_to(request.user)
    found = Pillar.objects.filter(plan__in=visible).select_related("plan__side_a", "plan__side_b", "sector")
    pillar = get_object_or_404(found, plan__slug=slug, code=code)
    today = timezone.localdate()
    counted = Pillar.objects.filter(pk=pillar.pk).counted(today)
    commitments = pillar.commitments.with_attention(today).select_related("plan__side_a", "plan__side_b")
    evidence = Evidence.objects.standing().filter(pillar=pillar)
    elsewhere = Pillar.objects.filter(plan__in=visible, sector=pillar.sector).exclude(plan=pillar.plan)
    context = {
        "pillar": pillar,
        "plan": pillar.plan,
        "where": where_of(counted.get(pillar.pk), pillar.plan, today),
        "commitments": Paginator(commitments, COMMITMENTS_ON_A_PAGE).get_page(request.GET.get("page", "")),
        "evidence": evidence.for_lists()[:EVIDENCE_ON_A_PAGE],
        "evidence_count": evidence.count(),
        "elsewhere": elsewhere.count(),
        "today": today,
    }
    return render(request, "plans/pillar.html", context)


# ------------------------------------------------------------------ parties and sectors in one table


@dataclass
class Cell:
    """What the plans of a party promise in a sector: every number with its denominator."""

    address: str
    sector: str  # its name, empty for all
    total: int = 0
    completed: int = 0
    unknown: int = 0
    newest: date | None = None

    def add(self, total: int, completed: int, unknown: int, newest: date | None) -> None:
        self.total += total
        self.completed += completed
        self.unknown += unknown
        if newest and (self.newest is None or newest > self.newest):
            self.newest = newest

    @property
    def known(self) -> int:
        return self.total - self.unknown

    @property
    def shade(self) -> str:
        """How dark the cell is, by the share completed of what is known; «none» where nothing is known."""
        return str(-(-3 * self.completed // self.known)) if self.known else "none"

    @property
    def month(self) -> str:
        return date_format(self.newest, "M Y") if self.newest else ""


@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """All plans by party and sector. A commitment stands in the row of each of its plan's sides and their members."""
    lifecycle = choice(request, "lifecycle", Plan.Lifecycle.values)
    plans = Plan.objects.visible_to(request.user).matching(lifecycle=lifecycle)
    return render_kept(request, "plans/table.html", {}, lambda: cells_of(request, plans, lifecycle))


def cells_of(request: HttpRequest, plans: PlanQuerySet, lifecycle: str) -> dict[str, Any]:
    """What the table shows of these plans: the cells of a page of parties, and of all of them together."""
    sides = {plan: (a, b) for plan, a, b in plans.values_list("pk", "side_a", "side_b")}
    blocs_of = defaultdict(set)
    for bloc, member in Membership.objects.values_list("bloc", "member"):
        blocs_of[member].add(bloc)
    heads = {side for pair in sides.values() for side in pair}
    parties = list(Party.objects.filter(pk__in=heads).order_by(f"short_{reader_language()}"))
    # whose rows a side's plans belong to: its own, and those of its members that have plans of their own
    keys = [one.pk for one in parties]
    rows_of = {side: [key for key in keys if key == side or side in blocs_of[key]] for side in heads}
    sectors = {one.pk: one for one in Sector.objects.all()}
    slugs = {one.pk: one.slug for one in parties}
    names = {one.pk: in_words(one, "name") for one in sectors.values()}
    listed = reverse("commitments")

    def empty(party: int | None, sector: int | None) -> Cell:
        filters = {
            "party": slugs[party] if party else "",
            "sector": sectors[sector].slug if sector else "",
            "lifecycle": lifecycle,
        }
        query = urlencode({name: value for name, value in filters.items() if value})
        return Cell(f"{listed}?{query}", names[sector] if sector else "")

    cells: dict[tuple[int | None, int | None], Cell] = {}
    tallies = Pillar.objects.filter(plan__in=plans).order_by()
    rows_of_plan = {plan: {*rows_of[a], *rows_of[b], None} for plan, (a, b) in sides.items()}
    kept = ["plan", "sector", "count_completed", "count_none", "last_evidence_on", *COUNTS_BY_STATUS]
    for plan, sector, completed, unknown, newest, *counts in tallies.values_list(*kept):
        total = sum(counts)
        if not total:
            continue
        for row in rows_of_plan[plan]:
            for column in (sector, None):
                cell = cells.get((row, column))
                if cell is None:
                    cell = cells[row, column] = empty(row, column)
                cell.add(total, completed, unknown, newest)
    columns = [one for one in sectors.values() if (None, one.pk) in cells]
    rows = []
    for one in parties:
        if (one.pk, None) in cells:
            line = [cells.get((one.pk, key)) for key in (*(column.pk for column in columns), None)]
            shown = [cell and (cell.sector, cell.total, cell.completed, cell.unknown, cell.newest) for cell in line]
            rows.append((one, line[:-1], line[-1], fragment_key(one, lifecycle, shown)))
    return {
        "columns": columns,
        "rows": Paginator(rows, PARTIES_ON_A_PAGE).get_page(request.GET.get("page", "")),
        "foot": [cells[None, column.pk] for column in columns],
        "all": cells.get((None, None)),
        "bare": [one for one in parties if (one.pk, None) not in cells],
        "plan_count": len(sides),
        "lifecycle": lifecycle,
        "lifecycles": Plan.Lifecycle.choices,
        "today": timezone.localdate(),
    }


# ------------------------------------------------------------------ the list behind a number


@require_GET
def commitments(request: HttpRequest) -> HttpResponse:
    """Commitments of all plans by party, sector, plan, stage, status and flag: the list behind numbers elsewhere."""
    today = timezone.localdate()
    names = ("party", "sector", "plan", "lifecycle")
    chosen = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in names}
    chosen |= {"status": choice(request, "status", Status.values), "flag": choice(request, "flag", FLAGS)}
    visible = Plan.objects.visible_to(request.user)
    everything = Commitment.objects.filter(plan__in=visible)
    plans = visible.matching(party=chosen["party"], lifecycle=chosen["lifecycle"])
    found = Commitment.objects.filter(plan__in=plans.filter(slug=chosen["plan"]) if chosen["plan"] else plans)
    if chosen["sector"]:
        found = found.filter(pillar__sector__slug=chosen["sector"])
    if chosen["status"]:
        found = found.filter(status=chosen["status"])
    if chosen["flag"]:
        found = found.flagged(chosen["flag"], today)
    after = request.GET.get("after", "")
    rows = found.with_attention(today).select_related("plan__side_a", "plan__side_b", "pillar").in_reading_order()
    if after.isdecimal():
        rows = rows.after(int(after))
    shown = list(rows[: COMMITMENTS_ON_A_PAGE + 1])
    more = len(shown) > COMMITMENTS_ON_A_PAGE
    shown = shown[:COMMITMENTS_ON_A_PAGE]
    parties = Party.objects.filter(Q(plans_as_a__in=visible) | Q(plans_as_b__in=visible)).distinct()
    context = {
        "commitments": shown,
        "count": found.count(),
        "all_count": everything.count(),
        "next": shown[-1].pk if more else None,
        "is_later_page": after.isdecimal(),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "parties": parties.order_by(f"short_{reader_language()}"),
        "sectors": Sector.objects.filter(pillars__plan__in=visible).distinct(),
        "plans": visible.with_sides(),
        "lifecycles": Plan.Lifecycle.choices,
        "statuses": Status.choices,
        "flags": FLAGS,
        "today": today,
        "is_list": True,
    }
    return render(request, "plans/commitments.html", context)


# ------------------------------------------------------------------ my day


@login_required
@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """What waits for the person who is signed in, each line with why it is here and where to do it."""
    user = person(request)
    kinds = work.kinds_for(user)
    only = choice(request, "group", kinds)
    today = timezone.localdate()

    def content() -> dict[str, Any]:
        return {
            "groups": work.my_day(user, today, only),
            "looked_for": [work.KINDS[kind] for kind in kinds],
        }

    page = {
        "only": only,
        "today": today,
        "plan_count": Plan.objects.editable_by(user).count(),
        "all_count": Plan.objects.visible_to(user).count(),
    }
    return render_kept(request, "plans/my_day.html", page, content)


# ------------------------------------------------------------------ translations


@login_required
@permission_required("plans.change_commitment", raise_exception=True)
@require_GET
def translations(request: HttpRequest) -> HttpResponse:
    """Texts and how each stands in its two languages, by plan and state."""
    user = person(request)
    mine = Plan.objects.editable_by(user)
    slug = request.GET.get("plan", "").replace("\x00", "")
    plans = mine.filter(slug=slug) if slug else mine
    state = choice(request, "state", work.State.values)
    after = request.GET.get("after", "")
    rows = work.texts(plans, state=state, after=after, limit=TEXTS_ON_A_PAGE + 1)
    counts = work.count_texts(plans)
    shown = rows[:TEXTS_ON_A_PAGE]
    context = {
        "rows": [(row, row.edit_address(user)) for row in shown],
        "next": shown[-1].place if len(rows) > len(shown) else "",
        "is_later_page": bool(after),
        "states": [(name, work.State(name).label, counts[name]) for name in work.State.values],
        "count": counts[state] if state else sum(counts.values()),
        "all_count": sum(counts.values()),
        "plans": mine.with_sides(),
        "chosen": {"plan": slug, "state": state},
        "query": request.GET.urlencode(),
    }
    return render(request, "plans/translations.html", context)


@login_required
@permission_required("plans.change_commitment", raise_exception=True)
@require_POST
def review_translation(request: HttpRequest) -> HttpResponse:
    """Record that a translation was read against its original, then back to the list."""
    user = person(request)
    sent = {name: request.POST.get(name, "") for name in ("model", "row", "field", "original", "seen", "back")}
    if not sent["row"].isdecimal() or sent["original"] not in ("ar", "en"):
        raise Http404
    row = work.find_text(sent["model"], int(sent["row"]), sent["field"], Plan.objects.editable_by(user))
    if row is None:
        raise Http404
    try:
        work.mark_reviewed(row, sent["field"], sent["original"], user, seen=sent["seen"])
    except ProgressError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Recorded as reviewed."))
    query = QueryDict(sent["back"]).urlencode()
    return redirect(f"{reverse('translations')}?{query}" if query else reverse("translations"))
