"""Atom feeds of what happens to a plan, to a party's plans or in a sector: evidence, changed statuses, withdrawals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.syndication.views import Feed
from django.db.models import F, OuterRef, Q, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from plans.models import Assessment, Evidence, Level, Party, Plan, Sector, Withdrawal
from plans.reader import in_words
from plans.templatetags.mithaq import direction, gloss, side_name

AT_MOST: Final = 50


@dataclass(frozen=True)
class Scope:
    """What a feed is about, where it is read, and the rows it may tell."""

    key: str  # «plan/gcc-aze»
    title: str
    address: str
    root: str  # «https://mithaq.example.org»
    plans: Any
    sector: Sector | None = None


@dataclass(frozen=True)
class Entry:
    """Something that was recorded."""

    guid: str
    at: datetime
    title: str
    words: str  # HTML
    address: str
    kind: str


class Atom(Atom1Feed):
    """Atom whose date stands still while nothing happens, so that an empty feed is not new at each look."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] or item["pubdate"] for item in self.items]
        return max(dates) if dates else timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def entries(scope: Scope) -> list[Entry]:
    """The newest of the scope's evidence, changed statuses and withdrawals, in three queries."""
    of_evidence, of_assessments = Q(plan__in=scope.plans), Q(plan__in=scope.plans)
    if scope.sector:
        of_evidence &= Q(pillar__sector=scope.sector)
        of_assessments &= Q(commitment__pillar__sector=scope.sector)
    evidence = Evidence.objects.filter(of_evidence).for_lists().order_by("-recorded_at", "-pk")[:AT_MOST]
    earlier = (
        Assessment.objects.standing()
        .filter(commitment=OuterRef("commitment"), side=OuterRef("side"), on__lte=OuterRef("on"), pk__lt=OuterRef("pk"))
        .order_by("-on", "-pk")
    )
    changes = (
        Assessment.objects.filter(of_assessments)
        .annotate(before=Subquery(earlier.values("level")[:1]))
        .filter(Q(before=None) | ~Q(before=F("level")))
        .select_related("commitment__plan__side_a", "commitment__plan__side_b", "ground", "withdrawal")
        .order_by("-recorded_at", "-pk")[:AT_MOST]
    )
    withdrawals = (
        Withdrawal.objects.filter(
            Q(evidence__in=Evidence.objects.filter(of_evidence))
            | Q(assessment__in=Assessment.objects.filter(of_assessments))
        )
        .select_related(
            "evidence__commitment", "assessment__commitment__plan__side_a", "assessment__commitment__plan__side_b"
        )
        .order_by("-recorded_at", "-pk")[:AT_MOST]
    )
    told = [
        *[_of_evidence(row, scope.root) for row in evidence],
        *[_of_change(row, scope.root) for row in changes],
        *[_of_withdrawal(row, scope.root) for row in withdrawals],
    ]
    return sorted(told, key=lambda entry: (entry.at, entry.guid), reverse=True)[:AT_MOST]


def _guid(root: str, kind: str, pk: int, at: datetime) -> str:
    # one piece of evidence is one entry in every feed; each language is a text of its own
    return f"tag:{urlsplit(root).hostname},{at:%Y-%m-%d}:{kind}/{pk}/{get_language()}"


def _about(row: Evidence | Assessment) -> str:
    if row.commitment:
        return f"{row.commitment.code} {in_words(row.commitment, 'title')}"
    if isinstance(row, Evidence) and row.pillar:
        return in_words(row.pillar, "title")
    return in_words(row.plan, "title")


def _marked(title: str, row: Evidence | Assessment) -> str:
    return _("%(title)s (demo)") % {"title": title} if row.is_demo else title


def _of_evidence(row: Evidence, root: str) -> Entry:
    title = _("%(about)s: %(kind)s") % {"about": _about(row), "kind": row.get_kind_display()}
    if row.is_withdrawn:
        title = _("Withdrawn: %(title)s") % {"title": title}
    if row.is_quote:
        words = format_html(
            '<blockquote lang="{}" dir="{}">{}</blockquote>', row.language, direction(row.language), row.quote
        )
        if glossed := gloss(row):
            words = format_html("{}<p>{}</p>", words, glossed)
    else:
        words = format_html("<p>{}</p>", in_words(row, "summary"))
    source = format_html('<a href="{}">{}</a>', row.url, row.publisher) if row.url else format_html("{}", row.publisher)
    return Entry(
        guid=_guid(root, "evidence", row.pk, row.recorded_at),
        at=row.recorded_at,
        title=_marked(title, row),
        words=format_html("{}<p>{}{}{}</p>", words, source, _(", "), row.published_on),
        address=row.get_absolute_url(),
        kind=row.kind,
    )


def _of_change(row: Any, root: str) -> Entry:
    after = str(Level(row.level).label)
    who = side_name(row.commitment.plan, row.side) if row.side else _("assessor")
    title = _("%(about)s: %(level)s (%(who)s)") % {"about": _about(row), "level": after, "who": who}
    if row.before:
        change = _("%(who)s: from «%(before)s» to «%(after)s»") % {
            "who": who,
            "before": Level(row.before).label,
            "after": after,
        }
    else:
        change = _("%(who)s: «%(after)s», the first status") % {"who": who, "after": after}
    note = in_words(row, "note")
    ground = root + reverse("evidence", args=[row.ground_id])
    words = format_html('<p>{}</p><p><a href="{}">{}</a></p>', change, ground, _("The evidence it rests on"))
    if note:
        words = format_html("{}<p>{}</p>", words, note)
    return Entry(
        guid=_guid(root, "assessment", row.pk, row.recorded_at),
        at=row.recorded_at,
        title=_marked(_("Withdrawn: %(title)s") % {"title": title} if row.is_withdrawn else title, row),
        words=words,
        address=row.commitment.get_absolute_url(),
        kind="status",
    )


def _of_withdrawal(row: Withdrawal, root: str) -> Entry:
    thing = row.evidence or row.assessment
    assert thing is not None  # a constraint of the table: one of the two
    what = _("evidence withdrawn") if row.evidence else _("status withdrawn")
    address = thing.get_absolute_url() if isinstance(thing, Evidence) else thing.commitment.get_absolute_url()
    return Entry(
        guid=_guid(root, "withdrawal", row.pk, row.recorded_at),
        at=row.recorded_at,
        title=_marked(_("%(about)s: %(kind)s") % {"about": _about(thing), "kind": what}, thing),
        words=format_html("<p>{}</p>", row.reason),
        address=address,
        kind="withdrawal",
    )


class News(Feed[Entry, Scope]):
    """What happens to what `get_object` names."""

    feed_type = Atom
    author_name = "Mithaq"

    def title(self, scope: Scope) -> str:
        return _("%(title)s: evidence and statuses") % {"title": scope.title}

    def subtitle(self, scope: Scope) -> str:
        return _("What was recorded, newest first; each entry leads to its evidence.")

    def link(self, scope: Scope) -> str:
        return scope.address

    def feed_guid(self, scope: Scope) -> str:
        return f"tag:{urlsplit(scope.root).hostname},2025:{scope.key}/{get_language()}"

    def items(self, scope: Scope) -> list[Entry]:
        return entries(scope)

    def item_title(self, item: Entry) -> str:
        return printable(item.title)

    def item_description(self, item: Entry) -> str:
        return printable(item.words)

    def item_link(self, item: Entry) -> str:
        return item.address

    def item_guid(self, item: Entry) -> str:
        return item.guid

    def item_pubdate(self, item: Entry) -> datetime:
        return item.at

    def item_updateddate(self, item: Entry) -> datetime:
        return item.at

    def item_categories(self, item: Entry) -> list[str]:
        return [item.kind]


def printable(text: str) -> str:
    """The text without the control characters that XML refuses."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))


class PlanNews(News):
    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Scope:
        plans = Plan.objects.visible_to(request.user)
        plan = get_object_or_404(plans, slug=kwargs["slug"])
        return Scope(
            key=f"plan/{plan.slug}",
            title=in_words(plan, "title"),
            address=plan.get_absolute_url(),
            root=request.build_absolute_uri("/").rstrip("/"),
            plans=plans.filter(pk=plan.pk),
        )


class PartyNews(News):
    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Scope:
        party = get_object_or_404(Party, slug=kwargs["slug"])
        return Scope(
            key=f"party/{party.slug}",
            title=in_words(party, "name"),
            address=f"{reverse('overview')}?party={party.slug}",
            root=request.build_absolute_uri("/").rstrip("/"),
            plans=Plan.objects.visible_to(request.user).matching(party=party.slug),
        )


class SectorNews(News):
    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Scope:
        sector = get_object_or_404(Sector, slug=kwargs["slug"])
        return Scope(
            key=f"sector/{sector.slug}",
            title=in_words(sector, "name"),
            address=f"{reverse('overview')}?sector={sector.slug}",
            root=request.build_absolute_uri("/").rstrip("/"),
            plans=Plan.objects.visible_to(request.user).matching(sector=sector.slug),
            sector=sector,
        )
