"""Where the sides meet: a meeting's page, its action points, a document's sentence as evidence, and the calendar."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from plans import agenda, progress
from plans.models import ActionPoint, Document, Evidence, Meeting, Party, Plan, User
from plans.querysets import PlanQuerySet
from plans.reader import in_words, reader_language
from plans.rights import may, rights_in
from plans.templatetags.hijri import COOKIE
from plans.templatetags.mithaq import plain
from plans.timeline import last_day

AROUND = timedelta(days=2)
MONTHS_ON_A_PAGE = 6
MOST_ENTRIES = 150
FEED_BACK, FEED_AHEAD = timedelta(days=365), timedelta(days=3 * 365)


def remembers_hijri(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that keeps for a year whether Hijri dates are wanted, where its address says so."""

    @wraps(page)
    def remembering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = page(request, *args, **kwargs)
        chosen = request.GET.get("hijri")
        if chosen in ("0", "1"):
            answer.set_cookie(COOKIE, chosen, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure())
        return answer

    return remembering


# ------------------------------------------------------------------ a meeting


@remembers_hijri
@require_GET
def meeting(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A meeting: who met, what was reviewed, what was asked of whom, and what was published of it."""
    visible = Meeting.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    found = get_object_or_404(visible.select_related("plan__side_a", "plan__side_b"), plan__slug=slug, pk=pk)
    plan = found.plan
    end = last_day(found.held_on, found.held_precision, plan.ends) or found.held_on
    near = plan.evidence.for_lists().filter(published_on__range=(found.held_on - AROUND, end + AROUND))
    context = {
        "plan": plan,
        "meeting": found,
        "documents": found.documents.select_related("file").defer("file__content"),
        "reviewed": found.reviewed.order_by("pillar__position", "position", "code"),
        "actions": found.action_points.select_related("commitment", "verified_by"),
        "evidence": near[:50],
        "rights": rights_in(request.user, plan, "change_actionpoint", "add_evidence", "change_meeting"),
        "today": timezone.localdate(),
    }
    return render(request, "plans/meeting.html", context)


def find_action(request: HttpRequest, pk: int) -> ActionPoint:
    visible = ActionPoint.objects.filter(meeting__plan__in=Plan.objects.visible_to(request.user))
    found = get_object_or_404(visible.select_related("meeting__plan").select_for_update(of=("self",)), pk=pk)
    if not may(request.user, "plans.change_actionpoint", found.meeting.plan):
        raise PermissionDenied
    return found


@login_required
@require_POST
@transaction.atomic
def action_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that an action point was done, as of today, and by whom that was verified."""
    action = find_action(request, pk)
    if action.done_on is None:
        action.done_on, action.verified_by = timezone.localdate(), request.user  # type: ignore[assignment]
        action.save(update_fields=["done_on", "verified_by"])
        undo = reverse("action_undone", args=[action.pk])
        messages.success(request, _("Recorded as done, verified by you."), extra_tags=f"undo:{undo}")
    else:
        messages.info(request, _("It had been recorded as done before."))
    return redirect(f"{action.meeting.get_absolute_url()}#actions")


@login_required
@require_POST
@transaction.atomic
def action_undone(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that an action point was done."""
    action = find_action(request, pk)
    action.done_on = action.verified_by = None
    action.save(update_fields=["done_on", "verified_by"])
    messages.success(request, _("Open again."))
    return redirect(f"{action.meeting.get_absolute_url()}#actions")


# ------------------------------------------------------------------ a sentence of a document

LANGUAGES = [
    ("ar", _("Arabic")),
    ("en", _("English")),
    ("az", _("Azerbaijani")),
    ("ru", _("Russian")),
    ("tr", _("Turkish")),
    ("fa", _("Persian")),
    ("fr", _("French")),
    ("de", _("German")),
]


class SentenceForm(forms.Form):
    """A sentence of a document of the plan, to be recorded as evidence."""

    quote = forms.CharField(
        label=_("Quote"),
        help_text=_("The document's very words."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("Language of the quote"), choices=LANGUAGES)
    kind = forms.ChoiceField(label=_("Kind"), choices=Evidence.Kind.choices, initial="statement")
    speaker = forms.ChoiceField(label=_("Who speaks"))
    target = forms.ChoiceField(label=_("What it speaks of"), required=False)
    published_on = forms.DateField(
        label=_("Published on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a day, such as 2025-12-08.")},
    )
    gloss_en = forms.CharField(
        label=_("Gloss in English"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "lang": "en"}),
    )
    gloss_ar = forms.CharField(
        label=_("Gloss in Arabic"), required=False, widget=forms.Textarea(attrs={"rows": 2, "dir": "rtl", "lang": "ar"})
    )

    def __init__(self, *args: Any, document: Document, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document, plan = document, document.plan
        a, b = plain(plan.side_a, "short"), plain(plan.side_b, "short")
        speakers = [("both", _("both sides")), ("a", a), ("b", b), ("third", _("a third party"))]
        if user.party_id is not None:  # a focal point speaks for one side only
            speakers = [one for one in speakers[1:3] if plan.side(one[0]).pk == user.party_id]
        self.pillars = list(plan.pillars.all())
        self.commitments = list(
            plan.commitments.select_related("pillar").order_by("pillar__position", "position", "code")
        )
        self.fields["speaker"].choices = speakers  # type: ignore[attr-defined]
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("", _("Whole plan")),
            (pgettext_lazy("several", "Pillars"), [(f"p{one.pk}", in_words(one, "title")) for one in self.pillars]),
            (_("Commitments"), [(f"c{one.pk}", f"{one.code} {in_words(one, 'title')}") for one in self.commitments]),
        ]

    def clean_quote(self) -> str:
        """Where the document's text is at hand, the quote must stand in it, whatever the spaces and line breaks."""
        quote: str = self.cleaned_data["quote"].strip()
        file = getattr(self.document, "file", None)
        if file is not None and file.media_type == "text/plain":
            text = bytes(file.content).decode("utf-8", "replace")
            if _spaced(quote) not in _spaced(text):
                raise forms.ValidationError(_("These words do not stand in the document. Copy them from it."))
        return quote

    def clean_published_on(self) -> date:
        on: date = self.cleaned_data["published_on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return on

    def clean(self) -> dict[str, Any]:
        if not self.document.digest:
            raise forms.ValidationError(NO_COPY)
        return super().clean() or {}

    def evidence(self) -> dict[str, Any]:
        """The fields of the evidence, for `record_evidence`."""
        said = dict(self.cleaned_data)
        target = said.pop("target")
        pillar = next((one for one in self.pillars if f"p{one.pk}" == target), None)
        commitment = next((one for one in self.commitments if f"c{one.pk}" == target), None)
        document = self.document
        same_day = said["published_on"] == document.published_on
        return {
            **said,
            "plan": document.plan,
            "pillar": pillar,
            "commitment": commitment,
            "publisher": document.publisher,
            "title": in_words(document, "title"),
            "url": document.url,
            "published_precision": document.published_precision if same_day else "day",
            "digest": document.digest,
        }


NO_COPY = _("The document has no archived copy with a digest, and a quotation needs one. Store the document first.")


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@login_required
@require_http_methods(["GET", "POST"])
def record_sentence(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a sentence of a document as evidence; its digest is that of the document's archived copy."""
    documents = Document.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    document = get_object_or_404(documents.select_related("plan__side_a", "plan__side_b", "file"), pk=pk)
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "plans.add_evidence", document.plan):
        raise PermissionDenied
    if user.party_id not in (None, document.plan.side_a_id, document.plan.side_b_id):
        raise PermissionDenied
    first = document.meetings.order_by("held_on").first()
    initial = {
        "published_on": document.published_on or (first and first.held_on),
        "language": reader_language(),
        "target": request.GET.get("target", ""),
    }
    form = SentenceForm(request.POST or None, document=document, user=user, initial=initial)
    if form.is_valid():
        try:
            piece = progress.record_evidence(**form.evidence(), recorded_by=user)
        except (progress.ProgressError, ValidationError) as error:
            form.add_error(None, error.messages if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, _("Recorded as evidence."))
            return redirect(piece)
    context = {"form": form, "document": document, "plan": document.plan, "meeting": first, "no_copy": NO_COPY}
    return render(request, "plans/record_sentence.html", context, status=422 if form.is_bound else 200)


# ------------------------------------------------------------------ the calendar


def _chosen(request: HttpRequest) -> tuple[PlanQuerySet, dict[str, str]]:
    chosen = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("plan", "party")}
    return agenda.choose(Plan.objects.visible_to(request.user), **chosen), chosen


def _month(text: str, today: date) -> date:
    """The first day of a month written «2026-01»; this month's where it is not one a calendar can show."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if found and 1900 <= int(found[1]) <= 2200:
        return date(int(found[1]), int(found[2]), 1)
    return today.replace(day=1)


@remembers_hijri
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """Meetings and due dates of all plans, six months as a list or one as a grid; the address holds what is chosen."""
    today = timezone.localdate()
    plans, chosen = _chosen(request)
    first = _month(request.GET.get("month", ""), today)
    is_grid = request.GET.get("view") == "month"
    count = 1 if is_grid else MONTHS_ON_A_PAGE
    months = agenda.months(first, count + 1)
    before = agenda.month_from(first, -count)
    found = agenda.entries(plans, first, months[-1] - timedelta(days=1), today, MOST_ENTRIES + 1)
    shown = found[:MOST_ENTRIES]
    visible = Plan.objects.visible_to(request.user)
    parties = Party.objects.filter(Q(plans_as_a__in=visible) | Q(plans_as_b__in=visible)).distinct()
    context = {
        "months": [
            (month, [entry for entry in shown if max(entry.on, first).replace(day=1) == month])
            for month in (() if is_grid else months[:-1])
        ],
        "weeks": agenda.weeks_of(first, shown) if is_grid else [],
        "undated": [entry for entry in shown if not agenda.has_a_day(entry)],
        "month_shown": f"{first:%Y-%m}",
        "count": len(shown),
        "is_cut": len(found) > len(shown),
        "cut_on": shown[-1].on if shown else None,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "earlier": f"{before:%Y-%m}",
        "earlier_month": before,
        "later": f"{months[-1]:%Y-%m}",
        "later_month": months[-1],
        "first": first,
        "plans": visible.with_sides().order_by(f"side_b__short_{reader_language()}"),
        "parties": parties.order_by(f"short_{reader_language()}"),
        "today": today,
    }
    return render(request, "plans/calendar.html", context)


def _feed(request: HttpRequest, plans: PlanQuerySet, name: str, first: date, last: date) -> HttpResponse:
    found = agenda.entries(plans, first, last, timezone.localdate(), 2000)
    root = f"{request.scheme}://{request.get_host()}"
    body = agenda.calendar_of(found, name=name, root=root, now=timezone.now())
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="mithaq.ics"'
    return answer


@require_GET
def calendar_feed(request: HttpRequest) -> HttpResponse:
    """The calendar to subscribe to (iCalendar): a year back, three ahead; filters as on the page."""
    plans, _filters = _chosen(request)
    today = timezone.localdate()
    return _feed(request, plans, str(_("Mithaq: meetings and due dates")), today - FEED_BACK, today + FEED_AHEAD)


@require_GET
def plan_calendar_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The meetings and due dates of one plan (iCalendar), all of them."""
    plans = Plan.objects.visible_to(request.user).filter(slug=slug)
    plan = get_object_or_404(plans)
    return _feed(request, plans, in_words(plan, "title"), date.min, date.max)
