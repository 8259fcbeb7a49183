"""Taking a plan along: the briefing before a meeting, on a page, in Word and published; and handing a plan over."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from plans import agenda
from plans import briefing as briefings
from plans.briefing_word import MEDIA_TYPE, word_of
from plans.models import ActionPoint, Briefing, Lineage, Office, Party, Plan
from plans.paper import difference_of, papers_of
from plans.reader import reader_language
from plans.rights import may, rights_in
from plans.templatetags.mithaq import plain

NO_DAY = {"invalid": _("Give a day, such as 2025-12-08.")}


class PeriodForm(forms.Form):
    """What a briefing is of: from when to when, in which language, and who says «we». All may be left empty."""

    since = forms.DateField(
        label=_("Since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=NO_DAY,
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=NO_DAY,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("ar", _("Arabic")), ("en", _("English")), ("ar-en", _("side by side"))],
    )
    we = forms.ChoiceField(label=_("«We» are"), required=False)

    def __init__(self, data: Any, *, plan: Plan, user: Any) -> None:
        self.today = timezone.localdate()
        self.plan = plan
        self.user = user
        super().__init__(data)
        self.fields["we"].choices = [(side, plain(plan.side(side), "short")) for side in ("a", "b")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        until = found.get("until") or self.today
        since = found.get("since")
        if until > self.today:
            self.add_error("until", _("This day is still to come."))
        elif since and since >= until:
            self.add_error("since", _("The period ends before it starts."))
        return found

    def period(self) -> dict[str, Any]:
        """What was asked for, with the defaults for what was left empty or is wrong."""
        asked: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        until: date = asked.get("until") or self.today
        return {
            "since": asked.get("since") or briefings.default_since(self.plan, until),
            "until": until,
            "reader": asked.get("we") or briefings.reader_side(self.plan, self.user),
            "language": asked.get("language") or reader_language(),
        }

    def shown(self, period: dict[str, Any]) -> "PeriodForm":
        """The form as the page shows it: filled with what holds, or as it was sent where it is wrong."""
        if self.errors:
            return self
        values = {name: f"{value:%Y-%m-%d}" if isinstance(value, date) else value for name, value in period.items()}
        return PeriodForm({**values, "we": period["reader"]}, plan=self.plan, user=self.user)


def find_plan(request: HttpRequest, slug: str) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=slug)


def as_word(content: briefings.Content, language: str, name: str) -> HttpResponse:
    answer = HttpResponse(word_of(content, language), content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.docx"'
    return answer


def _set(content: briefings.Content, language: str) -> dict[str, Any]:
    """The papers, and for two side by side the sections that correspond."""
    papers = papers_of(content, language)
    by_paper = [[(paper, section) for section in paper.sections] for paper in papers]
    others = papers[1].sources if len(papers) > 1 else [None] * len(papers[0].sources)
    sources = list(zip(papers[0].sources, others, strict=True))
    return {"papers": papers, "pairs": list(zip(*by_paper, strict=True)), "sources": sources}


def _prepare(plan: Plan, period: dict[str, Any]) -> briefings.Content:
    return briefings.prepare(plan, since=period["since"], until=period["until"], reader=period["reader"])


@require_GET
def briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """A briefing of a plan and a period, to print or to publish; without dates since the last meeting."""
    plan = find_plan(request, slug)
    form = PeriodForm(request.GET, plan=plan, user=request.user)
    period = form.period()
    content = _prepare(plan, period)
    context = {
        "plan": plan,
        "form": form.shown(period),
        "period": {**period, "we": period["reader"]},
        **_set(content, period["language"]),
        "last": plan.briefings.defer("content").order_by("-published_at", "-pk").first(),
        "rights": rights_in(request.user, plan, "add_briefing"),
    }
    return render(request, "plans/briefing.html", context, status=422 if form.errors else 200)


@require_GET
def briefing_word(request: HttpRequest, slug: str) -> HttpResponse:
    """The same briefing as a Word document; 422 with the page where the period is wrong."""
    plan = find_plan(request, slug)
    form = PeriodForm(request.GET, plan=plan, user=request.user)
    if form.errors:
        return briefing(request, slug)
    period = form.period()
    return as_word(_prepare(plan, period), period["language"], f"{plan.slug}-{period['until']}")


@login_required
@require_POST
def publish_briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze the briefing of this period: its content and digest are kept and never change."""
    plan = find_plan(request, slug)
    if not may(request.user, "plans.add_briefing", plan):
        raise PermissionDenied
    form = PeriodForm(request.POST, plan=plan, user=request.user)
    if form.errors:
        period = form.period()
        context = {"plan": plan, "form": form, "period": {**period, "we": period["reader"]}, "last": None}
        context["rights"] = {"add_briefing"}
        context |= _set(_prepare(plan, period), period["language"])
        return render(request, "plans/briefing.html", context, status=422)
    made = briefings.publish(plan, **form.period(), by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Published. It will not change any more."))
    return redirect("published_briefing", made.pk)


def find_briefing(request: HttpRequest, pk: int) -> Briefing:
    found = Briefing.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    return get_object_or_404(found.select_related("plan__side_a", "plan__side_b", "published_by"), pk=pk)


@require_GET
def published_briefing(request: HttpRequest, pk: int) -> HttpResponse:
    """A briefing as it was published, and what it says that the one before it did not."""
    frozen = find_briefing(request, pk)
    before = (
        Briefing.objects.filter(plan=frozen.plan)
        .filter(Q(published_at__lt=frozen.published_at) | Q(published_at=frozen.published_at, pk__lt=frozen.pk))
        .order_by("-published_at", "-pk")
        .first()
    )
    context = {
        "plan": frozen.plan,
        "briefing": frozen,
        **_set(frozen.content, frozen.language),
        "is_whole": briefings.digest_of(frozen.content) == frozen.digest,
        "before": before,
        "difference": before and difference_of(briefings.difference(before.content, frozen.content), reader_language()),
    }
    return render(request, "plans/briefing.html", context)


@require_GET
def published_briefing_word(request: HttpRequest, pk: int) -> HttpResponse:
    """A published briefing as a Word document, of its frozen content."""
    frozen = find_briefing(request, pk)
    return as_word(frozen.content, frozen.language, f"{frozen.plan.slug}-{frozen.until}")


# ------------------------------------------------------------------ handing a plan over

NEXT = timedelta(days=365)


@dataclass
class Charge:
    """Who answers for a side: its lead body and its offices, each with who holds it now and who held it before."""

    party: Party
    lead: str
    offices: list[Any]


def charges_of(plan: Plan, today: date) -> list[Charge]:
    """Both sides with their offices: those of this plan and those that answer for all plans of the party."""
    offices: Any = (
        Office.objects.filter(Q(plan=plan) | Q(plan=None), party__in=[plan.side_a_id, plan.side_b_id])
        .prefetch_related("holders")
        .order_by("party", "plan", "position", "pk")
    )
    found = list(offices)
    for office in found:
        office.now = [one for one in office.holders.all() if one.until is None or one.until >= today]
        office.before = [one for one in office.holders.all() if one.until is not None and one.until < today]
    return [
        Charge(party, f"lead_{side}", [office for office in found if office.party_id == party.pk])
        for side, party in (("a", plan.side_a), ("b", plan.side_b))
    ]


@login_required
@require_GET
def handover(request: HttpRequest, slug: str) -> HttpResponse:
    """What who takes the plan over must know, to print; for staff only."""
    if not request.user.is_staff:
        raise PermissionDenied
    plan = find_plan(request, slug)
    today = timezone.localdate()
    commitments: Any = plan.commitments.with_attention(today)
    in_order = commitments.select_related("pillar").order_by("pillar__position", "pillar__code", "position", "code")
    all_of_them = list(in_order)
    evidence = plan.evidence.for_lists()
    meetings = list(plan.meetings.prefetch_related("documents").order_by("-held_on", "-pk"))
    of_plan = Plan.objects.filter(pk=plan.pk)
    context = {
        "plan": plan,
        "today": today,
        "lineage": Lineage.objects.around(plan),
        "charges": charges_of(plan, today),
        "total": len(all_of_them),
        "open": [one for one in all_of_them if one.status not in ("completed", "dropped")],
        "contested": [one for one in all_of_them if one.is_contested],
        "actions": ActionPoint.objects.filter(meeting__plan=plan, done_on=None)
        .select_related("meeting__plan", "commitment")
        .order_by("due_on", "pk"),
        "next": [entry for entry in agenda.entries(of_plan, today, today + NEXT, today) if not entry.is_done],
        "disputes": evidence.standing().filter(kind__in=["dispute", "correction"]),
        "meetings": [one for one in meetings if one.held_on <= today][:5],
        "documents": plan.documents.select_related("file").defer("file__content"),
        "briefings": plan.briefings.defer("content").select_related("published_by").order_by("-published_at")[:5],
        "editors": plan.editors.filter(is_active=True).order_by("username"),
    }
    return render(request, "plans/handover.html", context)
