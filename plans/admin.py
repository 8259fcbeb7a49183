"""Data entry in Django's admin: a plan, its pillars and its commitments in one sitting, in both languages.

What is the record (evidence, assessments, withdrawals, moved dates) is added through `plans/progress.py` and otherwise
only read here. `articles/admin.py` builds on `EntryAdmin` and `Record`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from axes.utils import reset as forget_wrong_passwords
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.forms import sides_a_person_speaks_for
from plans.models import (
    Alias,
    Assessment,
    Check,
    Commitment,
    DateChange,
    Document,
    Evidence,
    Indicator,
    Measurement,
    Meeting,
    Membership,
    Milestone,
    Party,
    Pillar,
    Plan,
    Sector,
    Side,
    User,
    Withdrawal,
)
from plans.progress import ProgressError, assess, move_date, record_check, record_evidence
from plans.templatetags.mithaq import plain

# ------------------------------------------------------------------ the site


def words_for(thing: models.Model) -> str:
    """How a choice reads in lists of choices: in the reader's language, with its plan where it has one."""
    match thing:
        case Party() | Sector():
            return plain(thing, "name")
        case Plan():
            return f"{plain(thing, 'title')} ({thing.slug})"
        case Pillar() | Commitment():
            return f"{thing.plan.slug} · {thing.code} {plain(thing, 'title')}"
        case Milestone() | Indicator():
            return plain(thing, "title")
        case Evidence():
            said = thing.quote or plain(thing, "summary")
            return f"{thing.plan.slug} · {thing.published_on} · {thing.publisher}: {said[:80]}"
    return str(thing)


class Choices(AutocompleteJsonView):
    """Answers of the autocomplete fields, worded as everywhere else."""

    def serialize_result(self, obj: models.Model, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": words_for(obj)}


def autocomplete(request: HttpRequest) -> HttpResponse:
    return Choices.as_view(admin_site=admin.site)(request)


def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The site has one sign-in page; whoever is signed in and may not enter data is told so."""
    if admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("login"))


admin.site.site_title = admin.site.site_header = _("Mithaq")  # type: ignore[assignment]  # lazy, per reader
admin.site.index_title = _("Data entry")  # type: ignore[assignment]
admin.site.enable_nav_sidebar = False  # forms need the width
admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign]
admin.site.unregister(Group)  # what a role may do is stated in config/people.py

LEFT_TO_RIGHT = {"slug", "code", "email", "digest", "language", "username", "iso3"}


def _say_direction(name: str, widget: forms.Widget) -> None:
    """Give a text input the direction and language of what belongs into it."""
    if not isinstance(widget, forms.TextInput | forms.Textarea):
        return
    if name.endswith("_ar"):
        widget.attrs.update(dir="rtl", lang="ar")
    elif name.endswith("_en"):
        widget.attrs.update(dir="ltr", lang="en")
    elif name in LEFT_TO_RIGHT or isinstance(
        widget, forms.URLInput | forms.EmailInput | forms.NumberInput | forms.DateInput
    ):
        widget.attrs.update(dir="ltr")
    else:
        widget.attrs.update(dir="auto")
    if isinstance(widget, forms.Textarea):
        widget.attrs["rows"] = 3


class InBothLanguages(BaseModelAdmin[Any]):
    """Inputs know their direction, choices are worded in the reader's language."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            _say_direction(db_field.name, field.widget)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = words_for  # type: ignore[method-assign, assignment]
        return field


class EntryAdmin(InBothLanguages, admin.ModelAdmin[Any]):
    """A table people enter."""

    save_on_top = False
    list_per_page = 50


class Record(EntryAdmin):
    """A table that is only read here; where `form` is set, rows may be added, never changed or deleted."""

    may_be_added = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_be_added and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ThroughTheDoor(Record):
    """A record added by an operation of `plans/progress.py`; what the operation refuses is said, and nothing is stored."""

    may_be_added = True

    def record(self, request: HttpRequest, values: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        recorded = self.record(request, form.cleaned_data)
        obj.__dict__.update(recorded.__dict__)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except ProgressError as refused:  # changed between the form's own check and the operation
            self.message_user(request, str(refused), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


# ------------------------------------------------------------------ filters


class PartyFilter(admin.SimpleListFilter):
    """Either side of the plan."""

    title = _("side")
    parameter_name = "party"
    plan = ""  # how the plan is reached from the rows, with its underscores

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        parties = Party.objects.filter(Q(plans_as_a__isnull=False) | Q(plans_as_b__isnull=False)).distinct()
        return [(party.slug, plain(party, "short")) for party in parties]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        a, b = f"{self.plan}side_a__slug", f"{self.plan}side_b__slug"
        return queryset.filter(Q(**{a: self.value()}) | Q(**{b: self.value()}))


class PartyOfItsPlanFilter(PartyFilter):
    plan = "plan__"


class SectorFilter(admin.SimpleListFilter):
    title = _("sector")
    parameter_name = "sector"
    lookup = "sector__slug"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(sector.slug, plain(sector, "name")) for sector in Sector.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.lookup: self.value()}).distinct() if self.value() else queryset


class SectorOfAPillarFilter(SectorFilter):
    lookup = "pillars__sector__slug"


class SectorOfItsPillarFilter(SectorFilter):
    lookup = "pillar__sector__slug"


class CallsForAPersonFilter(admin.SimpleListFilter):
    """What the calendar and the silence say today; computed, so not a column."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("silent", _("silent")), ("overdue", _("overdue"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        today = timezone.localdate()
        found = {"silent": queryset.silent, "overdue": queryset.overdue}.get(self.value() or "")
        return cast("QuerySet[Any]", found(today)) if found else cast("QuerySet[Any]", queryset)


# ------------------------------------------------------------------ plan, pillars, commitments in one sitting

PILLARS = "pillars"  # the prefix of the pillars' inputs: their related name


def _kept(formset: Any) -> Iterator[Any]:
    """Forms of a formset that hold something and will not be deleted."""
    for form in formset.forms:
        if (form.has_changed() or form.instance.pk) and form not in formset.deleted_forms:
            yield form


class CodesOnce(BaseInlineFormSet[Any, Any, Any]):
    """A code stands once in a plan; the second one is told so beside its field."""

    message: Any = ""

    def clean(self) -> None:
        seen: set[str] = set()
        twice = False
        for form in _kept(self):
            code = getattr(form, "cleaned_data", {}).get("code")
            if code and code in seen:
                form.add_error("code", self.message)
                twice = True
            seen.add(code)
        if not twice:
            super().clean()


class PillarFormSet(CodesOnce):
    message = _("The plan has a pillar with this code.")


class CommitmentFormSet(CodesOnce):
    """Commitments name their pillar by its code, so that a pillar typed into the same page serves as well."""

    message = _("The plan has a commitment with this code.")

    def pillar_codes(self) -> list[str]:
        """The codes the plan will have once this page is saved, as typed in the pillars' part of it."""
        total = self.data.get(f"{PILLARS}-TOTAL_FORMS", "")
        if not total.isdecimal():  # the pillars' part is not on the page
            return list(Pillar.objects.filter(plan=self.instance).values_list("code", flat=True))
        rows = [
            row for row in range(min(int(total), self.absolute_max)) if not self.data.get(f"{PILLARS}-{row}-DELETE")
        ]
        codes = [self.data.get(f"{PILLARS}-{row}-code", "").strip() for row in rows]
        return [code for code in codes if code]

    def clean(self) -> None:
        codes = self.pillar_codes()
        for form in _kept(self):
            code = getattr(form, "cleaned_data", {}).get("pillar_code")
            if not code or code in codes or self._stays(form):
                continue
            if codes:
                form.add_error(
                    "pillar_code", gettext("The plan has no pillar with this code. It has: %s.") % " · ".join(codes)
                )
            else:
                form.add_error("pillar_code", _("The plan has no pillar yet. Enter its pillars above."))
        super().clean()

    @staticmethod
    def _stays(form: Any) -> bool:
        # under the pillar it had, whatever that one's code is from now on
        return bool(form.instance.pillar_id) and "pillar_code" not in form.changed_data

    def _under_its_pillar(self, form: Any) -> None:
        if not self._stays(form):  # pillars are saved before commitments: the inlines stand in this order
            form.instance.pillar = Pillar.objects.get(plan=self.instance, code=form.cleaned_data["pillar_code"])

    def save_new(self, form: Any, commit: bool = True) -> Any:
        self._under_its_pillar(form)
        return super().save_new(form, commit)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        self._under_its_pillar(form)
        return super().save_existing(form, obj, commit)


class DueDate(forms.ModelForm[Any]):
    """The due date may be entered once; after that it moves in the open, with a reason (`progress.move_date`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk or self.instance.due_on is None:
            return
        for name in ["due_on", "due_precision"]:
            if name in self.fields:
                self.fields[name].disabled = True
        if "due_on" in self.fields:
            self.fields["due_on"].widget = forms.DateInput(attrs={"dir": "ltr", "class": "vDateField"})

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.instance.baseline_due_on is None:
            self.instance.baseline_due_on = self.instance.due_on


class CommitmentRow(DueDate):
    pillar_code = forms.CharField(
        label=_("pillar"),
        max_length=12,
        help_text=_("The code of one of the pillars above."),
        widget=forms.TextInput(attrs={"dir": "ltr", "size": 8, "class": "pillar-code", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pillar_id:
            self.initial["pillar_code"] = self.instance.pillar.code


class Inline(InBothLanguages, admin.options.InlineModelAdmin[Any, Any]):
    extra = 0


class PillarInline(Inline, admin.TabularInline[Pillar, Plan]):
    model = Pillar
    formset = PillarFormSet
    fields = ("code", "title_ar", "title_en", "sector", "position")


class CommitmentInline(Inline, admin.StackedInline[Commitment, Plan]):
    model = Commitment
    form = CommitmentRow
    formset = CommitmentFormSet
    show_change_link = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("pillar_code", "code", "due_on", "due_precision"),
                    ("title_ar", "title_en"),
                    ("text_ar", "text_en"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commitment]:
        return super().get_queryset(request).select_related("pillar", "plan")


class DocumentInline(Inline, admin.StackedInline[Document, Plan]):
    model = Document
    classes = ("collapse",)
    fields = (
        ("title_ar", "title_en"),
        ("kind", "publisher", "published_on", "published_precision"),
        ("url", "digest"),
    )


class MeetingInline(Inline, admin.StackedInline[Meeting, Plan]):
    model = Meeting
    classes = ("collapse",)
    fields = (
        ("kind", "held_on", "held_precision"),
        ("place_ar", "place_en"),
        ("who_ar", "who_en"),
        ("summary_ar", "summary_en"),
    )


@admin.register(Plan)
class PlanAdmin(EntryAdmin):
    inlines = (PillarInline, CommitmentInline, DocumentInline, MeetingInline)
    autocomplete_fields = ("side_a", "side_b", "predecessor")
    list_display = ("slug", "title_ar", "title_en", "starts", "ends", "lifecycle")
    list_display_links = ("slug", "title_ar", "title_en")
    list_filter = ("lifecycle", "kind", PartyFilter, SectorOfAPillarFilter, "certainty")
    search_fields = ("slug", "title_ar", "title_en")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("title_ar", "title_en"),
                    ("slug", "kind", "lifecycle"),
                    ("side_a", "side_b"),
                    ("starts", "ends"),
                )
            },
        ),
        (
            _("Adoption"),
            {"fields": (("adopted_on", "adopted_precision"), ("adopted_place_ar", "adopted_place_en"), "predecessor")},
        ),
        (
            _("Lead bodies and notes"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("lead_a_ar", "lead_a_en"),
                    ("lead_b_ar", "lead_b_en"),
                    ("note_ar", "note_en"),
                    "certainty",
                ),
            },
        ),
    )

    class Media:
        js = ("js/entry.js",)


class CommitmentForm(DueDate):
    """The whole of a commitment; the plan follows from the pillar."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        pillar, code = self.cleaned_data.get("pillar"), self.cleaned_data.get("code")
        if pillar is not None:
            self.instance.plan = pillar.plan
            others = Commitment.objects.filter(plan=pillar.plan_id, code=code).exclude(pk=self.instance.pk)
            if code and others.exists():
                self.add_error("code", _("The plan has a commitment with this code."))
        return cleaned


class MilestoneInline(Inline, admin.StackedInline[Milestone, Commitment]):
    model = Milestone
    form = DueDate
    fields = (("title_ar", "title_en"), ("due_on", "due_precision", "done_on"))


class IndicatorInline(Inline, admin.StackedInline[Indicator, Commitment]):
    model = Indicator
    show_change_link = True  # measurements are entered there
    fields = (
        ("title_ar", "title_en"),
        ("unit_ar", "unit_en"),
        ("baseline", "baseline_on", "target", "target_on"),
    )


@admin.register(Commitment)
class CommitmentAdmin(EntryAdmin):
    form = CommitmentForm
    inlines = (MilestoneInline, IndicatorInline)
    autocomplete_fields = ("pillar",)
    list_display = ("code", "title_ar", "title_en", "plan_slug", "status", "is_contested", "due_on", "last_evidence_on")
    list_display_links = ("code", "title_ar", "title_en")
    list_filter = (
        "status",
        "is_contested",
        CallsForAPersonFilter,
        PartyOfItsPlanFilter,
        SectorOfItsPillarFilter,
        "plan__lifecycle",
        "is_demo",
    )
    list_select_related = ("plan",)
    search_fields = ("code", "title_ar", "title_en", "plan__slug")
    derived = (
        ("status", "is_contested"),
        ("level_a", "level_b", "level_assessor"),
        ("last_evidence_on", "last_checked_on", "baseline_due_on"),
    )
    readonly_fields = tuple(name for row in derived for name in row)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("pillar", "code", "position"),
                    ("title_ar", "title_en"),
                    ("text_ar", "text_en"),
                    ("starts", "due_on", "due_precision", "done_on"),
                    "is_demo",
                )
            },
        ),
        (
            _("Lead bodies"),
            {"classes": ("collapse",), "fields": (("lead_a_ar", "lead_a_en"), ("lead_b_ar", "lead_b_en"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commitment]:
        return super().get_queryset(request).select_related("plan", "pillar__plan")

    def get_fieldsets(self, request: HttpRequest, obj: Commitment | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        note = _("Derived from the standing assessments and evidence; a due date once entered moves with a reason.")
        return (*self.fieldsets, (_("Where it stands"), {"fields": self.derived, "description": note}))

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        return (
            self.autocomplete_fields
            if request.resolver_match and request.resolver_match.url_name.endswith("_add")
            else ()
        )

    def get_form(self, request: HttpRequest, obj: Commitment | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and "pillar" in form.base_fields:
            form.base_fields["pillar"].queryset = Pillar.objects.filter(plan=obj.plan_id).select_related("plan")
        return form

    @admin.display(description=_("plan"), ordering="plan__slug")
    def plan_slug(self, commitment: Commitment) -> str:
        return commitment.plan.slug


@admin.register(Pillar)
class PillarAdmin(EntryAdmin):
    autocomplete_fields = ("plan",)
    list_display = ("code", "title_ar", "title_en", "plan_slug")
    list_display_links = ("code", "title_ar", "title_en")
    list_filter = (SectorFilter, PartyOfItsPlanFilter)
    search_fields = ("code", "title_ar", "title_en", "plan__slug")
    fields = (("plan", "sector"), ("code", "position"), ("title_ar", "title_en"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pillar]:
        return super().get_queryset(request).select_related("plan")

    def get_readonly_fields(self, request: HttpRequest, obj: Pillar | None = None) -> tuple[str, ...]:
        return ("plan",) if obj else ()  # its commitments and evidence stay with the plan

    @admin.display(description=_("plan"), ordering="plan__slug")
    def plan_slug(self, pillar: Pillar) -> str:
        return pillar.plan.slug


class MeasurementInline(Inline, admin.TabularInline[Measurement, Indicator]):
    model = Measurement
    autocomplete_fields = ("evidence",)


@admin.register(Indicator)
class IndicatorAdmin(EntryAdmin):
    inlines = (MeasurementInline,)
    autocomplete_fields = ("commitment",)
    list_display = ("title_ar", "title_en", "baseline", "target")
    list_display_links = ("title_ar", "title_en")
    search_fields = ("title_ar", "title_en", "commitment__code")
    fields = ("commitment", *IndicatorInline.fields)


# ------------------------------------------------------------------ the vocabulary


class MembershipInline(Inline, admin.TabularInline[Membership, Party]):
    model = Membership
    fk_name = "bloc"
    autocomplete_fields = ("member",)


@admin.register(Party)
class PartyAdmin(EntryAdmin):
    inlines = (MembershipInline,)
    list_display = ("slug", "name_ar", "name_en", "kind")
    list_display_links = ("slug", "name_ar", "name_en")
    list_filter = ("kind",)
    search_fields = ("slug", "name_ar", "name_en", "short_ar", "short_en", "aliases__text")
    fields = (("slug", "kind", "iso3"), ("name_ar", "name_en"), ("short_ar", "short_en"))


@admin.register(Sector)
class SectorAdmin(EntryAdmin):
    list_display = ("slug", "name_ar", "name_en", "position")
    list_display_links = ("slug", "name_ar", "name_en")
    search_fields = ("slug", "name_ar", "name_en")
    fields = (("slug", "position"), ("name_ar", "name_en"), ("dac_codes", "sdg_goals"))


@admin.register(Alias)
class AliasAdmin(EntryAdmin):
    autocomplete_fields = ("party", "plan", "pillar", "sector", "commitment")
    list_display = ("text", "language", "kind", "origin")
    list_filter = ("language", "kind", "origin")
    search_fields = ("text",)
    fieldsets = (
        (None, {"fields": (("text", "language"), ("kind", "exact_case"), "origin")}),
        (_("What it names: exactly one of these"), {"fields": (("party", "plan"), ("pillar", "sector"), "commitment")}),
    )


# ------------------------------------------------------------------ the record


class EvidenceForm(forms.ModelForm[Evidence]):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        plan, values = self.cleaned_data.get("plan"), self.cleaned_data
        if plan and values.get("commitment") and values["commitment"].plan_id != plan.pk:
            self.add_error("commitment", _("The commitment belongs to another plan."))
        if plan and values.get("pillar") and values["pillar"].plan_id != plan.pk:
            self.add_error("pillar", _("The pillar belongs to another plan."))
        if (values.get("published_on") or timezone.localdate()) > timezone.localdate():
            self.add_error("published_on", _("This day is still to come."))
        return cleaned


@admin.register(Evidence)
class EvidenceAdmin(ThroughTheDoor):
    form = EvidenceForm
    autocomplete_fields = ("plan", "pillar", "commitment")
    list_display = ("published_on", "publisher", "said", "kind", "plan_slug", "is_withdrawn")
    list_display_links = ("published_on", "publisher", "said")
    list_filter = ("kind", "speaker", PartyOfItsPlanFilter, "published_on", "is_demo")
    list_select_related = ("plan", "withdrawal")
    search_fields = ("publisher", "title", "quote", "summary_ar", "summary_en", "plan__slug", "commitment__code")
    fieldsets = (
        (None, {"fields": ("plan", ("pillar", "commitment"), ("kind", "speaker"))}),
        (
            _("In our own words"),
            {"fields": (("summary_ar", "summary_en"),)},
        ),
        (
            _("Or the source's very words"),
            {
                "description": _(
                    "Either a summary or a quotation, not both. A quotation needs its language and the SHA-256 of the"
                    " archived copy; quotations from the news are recorded on the review page, which sees to that."
                ),
                "fields": ("quote", ("language", "digest"), ("gloss_ar", "gloss_en")),
            },
        ),
        (
            _("The source"),
            {"fields": (("publisher", "published_on", "published_precision"), ("title", "url"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        return super().get_queryset(request).select_related("plan")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):  # what was withdrawn carries nothing
            found = found.filter(withdrawal=None)
        return found, may_repeat

    def record(self, request: HttpRequest, values: dict[str, Any]) -> Evidence:
        return record_evidence(recorded_by=request.user, **values)

    @admin.display(description=_("what it says"))
    def said(self, evidence: Evidence) -> str:
        return (evidence.quote or plain(evidence, "summary"))[:120]

    @admin.display(description=_("plan"), ordering="plan__slug")
    def plan_slug(self, evidence: Evidence) -> str:
        return evidence.plan.slug

    @admin.display(description=_("withdrawn"), boolean=True)
    def is_withdrawn(self, evidence: Evidence) -> bool:
        return evidence.is_withdrawn


def further_evidence() -> forms.ModelMultipleChoiceField:
    field = forms.ModelMultipleChoiceField(
        label=_("further evidence"),
        required=False,
        queryset=Evidence.objects.standing().select_related("plan"),
        widget=AutocompleteSelectMultiple(Assessment._meta.get_field("evidence"), admin.site),
    )
    field.label_from_instance = words_for  # type: ignore[method-assign, assignment]
    return field


class AssessmentEntry(forms.ModelForm[Assessment]):
    user: User

    further = further_evidence()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        commitment, ground = values.get("commitment"), values.get("ground")
        if commitment is None:
            return cleaned
        if "side" in values and values["side"] not in self._sides(commitment):
            self.add_error("side", _("You may record the view of your own party only."))
        for field, pieces in [("ground", [ground] if ground else []), ("further", values.get("further") or [])]:
            if any(piece.plan_id != commitment.plan_id for piece in pieces):
                self.add_error(field, _("The evidence speaks of another plan."))
            elif any(piece.is_withdrawn for piece in pieces):
                self.add_error(field, _("This evidence has been withdrawn and cannot carry a status."))
        if values.get("on") and values["on"] > timezone.localdate():
            self.add_error("on", _("This day is still to come."))
        return cleaned

    def _sides(self, commitment: Commitment) -> set[str]:
        return {"" if side == "assessor" else side for side, _name in sides_a_person_speaks_for(self.user, commitment)}


@admin.register(Assessment)
class AssessmentAdmin(ThroughTheDoor):
    form = AssessmentEntry
    autocomplete_fields = ("commitment", "ground")
    list_display = ("on", "commitment_code", "plan_slug", "holder", "level", "is_withdrawn", "recorded_by")
    list_display_links = ("on", "commitment_code")
    list_filter = ("level", "side", PartyOfItsPlanFilter, "is_demo")
    list_select_related = ("commitment", "plan", "withdrawal", "recorded_by")
    search_fields = ("commitment__code", "commitment__title_ar", "commitment__title_en", "plan__slug")

    def get_fieldsets(self, request: HttpRequest, obj: Assessment | None = None) -> Any:
        further = "evidence" if obj else "further"
        return [
            (
                None,
                {"fields": ("commitment", ("side", "level", "on"), "ground", further, ("note_ar", "note_en"))},
            )
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assessment]:
        return super().get_queryset(request).select_related("plan", "commitment")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "side":
            kwargs["choices"] = [("", _("the assessor")), *Side.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def record(self, request: HttpRequest, values: dict[str, Any]) -> Assessment:
        return assess(by=cast("User", request.user), **values)

    @admin.display(description=_("commitment"), ordering="commitment__code")
    def commitment_code(self, assessment: Assessment) -> str:
        return assessment.commitment.code

    @admin.display(description=_("plan"), ordering="plan__slug")
    def plan_slug(self, assessment: Assessment) -> str:
        return assessment.plan.slug

    @admin.display(description=_("side"), ordering="side")
    def holder(self, assessment: Assessment) -> Any:
        return assessment.get_side_display() if assessment.side else _("the assessor")

    @admin.display(description=_("withdrawn"), boolean=True)
    def is_withdrawn(self, assessment: Assessment) -> bool:
        return assessment.is_withdrawn


@admin.register(Withdrawal)
class WithdrawalAdmin(Record):
    list_display = ("recorded_at", "reason", "evidence", "assessment", "recorded_by")
    list_display_links = ("recorded_at", "reason")
    list_select_related = ("evidence", "assessment__commitment", "recorded_by")
    search_fields = ("reason",)


class DateChangeForm(forms.ModelForm[DateChange]):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if bool(values.get("commitment")) == bool(values.get("milestone")):
            self.add_error("commitment", _("Choose either a commitment or a milestone."))
        if not (values.get("reason_en") or values.get("reason_ar")):
            self.add_error("reason_ar", _("Say why the date moves."))
        thing = values.get("commitment") or values.get("milestone")
        plan = getattr(thing, "commitment", thing)
        if thing and values.get("evidence") and values["evidence"].plan_id != plan.plan_id:
            self.add_error("evidence", _("The evidence speaks of another plan."))
        return cleaned


@admin.register(DateChange)
class DateChangeAdmin(ThroughTheDoor):
    form = DateChangeForm
    autocomplete_fields = ("commitment", "milestone", "evidence")
    list_display = ("decided_on", "commitment", "milestone", "from_date", "to_date", "recorded_by")
    list_select_related = ("commitment", "milestone", "recorded_by")
    search_fields = ("commitment__code", "milestone__title_en", "milestone__title_ar", "reason_ar", "reason_en")
    fields = (
        ("commitment", "milestone"),
        ("to_date", "to_precision", "decided_on"),
        ("reason_ar", "reason_en"),
        "evidence",
        ("asked_by", "agreed_by"),
    )

    def record(self, request: HttpRequest, values: dict[str, Any]) -> DateChange:
        said = dict(values)
        thing = said.pop("commitment") or said.pop("milestone")
        said.pop("milestone", None)
        to, precision = said.pop("to_date"), said.pop("to_precision")
        return move_date(thing, to=to, precision=precision, by=cast("User", request.user), **said)


@admin.register(Milestone)
class MilestoneAdmin(EntryAdmin):
    form = DueDate
    autocomplete_fields = ("commitment",)
    list_display = ("title_ar", "title_en", "due_on", "done_on")
    list_display_links = ("title_ar", "title_en")
    search_fields = ("title_ar", "title_en", "commitment__code", "commitment__plan__slug")
    fields = ("commitment", *MilestoneInline.fields)


@admin.register(Check)
class CheckAdmin(ThroughTheDoor):
    autocomplete_fields = ("commitment",)
    list_display = ("on", "commitment", "sources", "recorded_by")
    list_select_related = ("commitment", "recorded_by")
    search_fields = ("commitment__code", "sources")
    fields = ("commitment", ("on", "languages"), "sources", "note")

    def record(self, request: HttpRequest, values: dict[str, Any]) -> Check:
        return record_check(by=cast("User", request.user), **values)


# ------------------------------------------------------------------ people


@admin.register(User)
class PersonAdmin(InBothLanguages, UserAdmin[User]):
    """Accounts. Only a superuser makes or changes superusers: an administrator cannot raise themselves."""

    autocomplete_fields = ("party",)
    list_display = ("username", "first_name", "last_name", "roles", "party", "is_active", "is_demo")
    list_filter = ("groups", "is_active", "is_staff", "is_demo")
    list_select_related = ("party",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "is_demo")
    actions = ("end_pause",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (None, {"fields": (("first_name", "last_name"), "email", "party")}),
        (_("Role"), {"fields": ("groups", "is_active", "is_staff", "is_demo")}),
        (None, {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (None, {"fields": ("email", "party", "groups", "is_staff")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and cast("User", request.user).is_superuser:
            return (*fieldsets, (_("Superuser"), {"fields": ("is_superuser",)}))
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            field.label_from_instance = role_name  # type: ignore[method-assign, assignment]
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = _(
                "A viewer reads; a reviewer annotates, records evidence and assesses; an editor enters plans; an"
                " approver assesses; an administrator does all of it and keeps the accounts."
            )
        return field

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, person: User | None) -> bool:
        return person is None or not person.is_superuser or cast("User", request.user).is_superuser

    @admin.display(description=_("role"))
    def roles(self, person: User) -> str:
        return " · ".join(role_name(group) for group in person.groups.all())

    @admin.action(description=_("End the pause after wrong passwords"), permissions=["change"])
    def end_pause(self, request: HttpRequest, people: Iterable[User]) -> None:
        names = [person.username for person in people]
        for name in names:
            forget_wrong_passwords(username=name)
        told = ngettext("%d account may sign in again.", "%d accounts may sign in again.", len(names)) % len(names)
        self.message_user(request, told, messages.SUCCESS)


def role_name(group: Group) -> str:
    """The translated name of a role (`config/people.py` marks them for translation); other groups keep their own."""
    return gettext(group.name)
