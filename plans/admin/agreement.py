"""What was agreed: a plan, its pillars and its commitments in one sitting."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.admin.meetings import DocumentInline, MeetingInline
from plans.admin.site import BeginsEmpty, DueDate, EntryAdmin, Inline, InOneLanguage, InWords
from plans.admin.spreadsheet import SpreadsheetPages
from plans.exchange.spreadsheet import WORDING, is_agreed
from plans.models import Commitment, Indicator, Lineage, Measurement, Milestone, Pillar, Plan, User
from plans.templatetags.mithaq import status_name


class Wording(DueDate):
    """The wording agreed may be entered once; after that an amendment stands beside it (`progress.amend`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        thing = self.instance
        if not thing.pk or not is_agreed(thing.plan):
            return
        for name in WORDING:
            if name in self.fields and getattr(thing, name):
                self.fields[name].disabled = True
                self.fields[name].help_text = format_html(
                    '<a href="{}" target="_blank">{}</a>',
                    reverse("amend", args=[thing.plan.slug, thing.code]),
                    _("Agreed: amend it"),
                )


class CommitmentRow(Wording):
    """A commitment on its plan's page names its pillar by code: the pillar may be typed into the same page."""

    pillar_code = forms.CharField(
        label=_("Pillar"),
        max_length=12,
        help_text=_("The code of one of the pillars above."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pillar_id:
            self.initial["pillar_code"] = self.instance.pillar.code

    def clean_pillar_code(self) -> str:
        code: str = self.cleaned_data["pillar_code"]
        if "pillar_code" not in self.changed_data:
            return code  # stays under the pillar it has, whatever that one's code is from now on
        names = [name for name in self.data if re.fullmatch(r"pillars-\d+-code", name)]
        typed = [self.data[name].strip() for name in names if not self.data.get(name.replace("-code", "-DELETE"))]
        codes = [one for one in typed if one]
        if not codes:
            raise ValidationError(_("The plan has no pillar yet. Enter its pillars above."))
        if code not in codes:
            told = gettext("The plan has no pillar with this code. It has: %s.")
            raise ValidationError(told % " · ".join(codes))
        return code

    def save(self, commit: bool = True) -> Any:
        if "pillar_code" in self.changed_data:  # pillars are saved before commitments: their inline stands first
            self.instance.pillar = Pillar.objects.get(plan=self.instance.plan_id, code=self.cleaned_data["pillar_code"])
        return super().save(commit)


class PillarInline(BeginsEmpty, admin.StackedInline[Pillar, Plan]):
    model = Pillar
    form = InOneLanguage
    fields = (("code", "title_ar", "title_en", "sector", "position"),)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "sector":
            field.choices = [*field.choices]  # read once for all rows
        return field


class CommitmentInline(BeginsEmpty, admin.StackedInline[Commitment, Plan]):
    model = Commitment
    form = CommitmentRow
    show_change_link = True  # milestones and indicators are entered there
    fields = (
        ("pillar_code", "code", "due_on", "due_precision"),
        ("title_ar", "title_en"),
        ("text_ar", "text_en"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commitment]:
        return super().get_queryset(request).select_related("pillar", "plan")


class LineageForm(forms.ModelForm[Lineage]):
    def clean_earlier(self) -> Plan:
        earlier: Plan = self.cleaned_data["earlier"]
        if earlier.pk == self.instance.plan_id:
            raise ValidationError(_("A plan does not follow from itself."))
        return earlier


class LineageInline(Inline, admin.StackedInline[Lineage, Plan]):
    model = Lineage
    form = LineageForm
    fk_name = "plan"
    autocomplete_fields = ("earlier",)
    fields = (("kind", "earlier"),)
    classes = ("collapse",)
    verbose_name_plural = _("What it follows from")


@admin.register(Plan)
class PlanAdmin(SpreadsheetPages, EntryAdmin):
    inlines = (PillarInline, CommitmentInline, LineageInline, DocumentInline, MeetingInline)
    autocomplete_fields = ("side_a", "side_b")
    list_display = ("slug", "title_ar", "title_en", "starts", "ends", "lifecycle")
    list_display_links = ("slug", "title_ar", "title_en")
    list_filter = ("lifecycle", "kind", ("side_a", InWords), ("side_b", InWords), ("pillars__sector", InWords))
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
                    "asks_approval",
                )
            },
        ),
        (
            _("Adoption"),
            {"fields": (("adopted_on", "adopted_precision"), ("adopted_place_ar", "adopted_place_en"))},
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

    def plan_of(self, thing: Plan) -> Plan:
        return thing

    def has_add_permission(self, request: HttpRequest) -> bool:
        # a plan entered by somebody limited to other plans would be none of theirs
        return super().has_add_permission(request) and not cast("User", request.user).plans.exists()


class CommitmentForm(Wording):
    """The whole of a commitment; the plan follows from the pillar and stays."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        pillar, code = self.cleaned_data.get("pillar"), self.cleaned_data.get("code")
        if pillar is not None and self.instance.pk is None:
            self.instance.plan = pillar.plan
        if code and self.instance.plan_id:
            others = Commitment.objects.filter(plan=self.instance.plan_id, code=code).exclude(pk=self.instance.pk)
            if others.exists():
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


class NeedsAttention(admin.SimpleListFilter):
    """Commitments that need a person: silent, or overdue."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("silent", _("silent")), ("overdue", _("overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Commitment]) -> QuerySet[Commitment]:
        today = timezone.localdate()
        match self.value():
            case "silent":
                needed = Commitment.objects.silent(today)
            case "overdue":
                needed = Commitment.objects.overdue(today)
            case _:
                return queryset
        return queryset.filter(pk__in=needed.order_by().values("pk"))


@admin.register(Commitment)
class CommitmentAdmin(EntryAdmin):
    form = CommitmentForm
    plan_path = "plan"
    inlines = (MilestoneInline, IndicatorInline)
    autocomplete_fields = ("pillar",)
    list_display = ("code", "title_ar", "title_en", "plan_slug", "status", "due_on", "last_evidence_on")
    list_display_links = ("code", "title_ar", "title_en")
    list_filter = (
        "status",
        "is_contested",
        NeedsAttention,
        ("plan__side_a", InWords),
        ("plan__side_b", InWords),
        ("pillar__sector", InWords),
        "plan__lifecycle",
        "is_demo",
    )
    search_fields = ("code", "title_ar", "title_en", "plan__slug")
    derived = (
        ("status", "is_contested"),
        ("side_a_says", "side_b_says", "assessor_says"),
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

    @admin.display(description=_("side A says"))
    def side_a_says(self, commitment: Commitment) -> str:
        return status_name(commitment.level_a)

    @admin.display(description=_("side B says"))
    def side_b_says(self, commitment: Commitment) -> str:
        return status_name(commitment.level_b)

    @admin.display(description=_("assessed"))
    def assessor_says(self, commitment: Commitment) -> str:
        return status_name(commitment.level_assessor)


@admin.register(Pillar)
class PillarAdmin(EntryAdmin):
    form = InOneLanguage
    plan_path = "plan"
    autocomplete_fields = ("plan",)
    list_display = ("code", "title_ar", "title_en", "plan_slug")
    list_display_links = ("code", "title_ar", "title_en")
    list_filter = (("sector", InWords), ("plan__side_a", InWords), ("plan__side_b", InWords))
    search_fields = ("code", "title_ar", "title_en", "plan__slug")
    fields = (("plan", "sector"), ("code", "position"), ("title_ar", "title_en"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pillar]:
        return super().get_queryset(request).select_related("plan")

    def get_readonly_fields(self, request: HttpRequest, obj: Pillar | None = None) -> tuple[str, ...]:
        return ("plan",) if obj else ()  # its commitments and evidence stay with the plan


@admin.register(Milestone)
class MilestoneAdmin(EntryAdmin):
    form = DueDate
    plan_path = "commitment__plan"
    autocomplete_fields = ("commitment",)
    list_display = ("title_ar", "title_en", "due_on", "done_on")
    list_display_links = ("title_ar", "title_en")
    search_fields = ("title_ar", "title_en", "commitment__code", "commitment__plan__slug")
    fields = ("commitment", *MilestoneInline.fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Milestone]:
        return super().get_queryset(request).select_related("commitment__plan")


class MeasurementInline(Inline, admin.StackedInline[Measurement, Indicator]):
    model = Measurement
    autocomplete_fields = ("evidence",)
    fields = (("on", "value", "evidence"),)


@admin.register(Indicator)
class IndicatorAdmin(EntryAdmin):
    plan_path = "commitment__plan"
    inlines = (MeasurementInline,)
    autocomplete_fields = ("commitment",)
    list_display = ("title_ar", "title_en", "baseline", "target")
    list_display_links = ("title_ar", "title_en")
    search_fields = ("title_ar", "title_en", "commitment__code")
    fields = ("commitment", *IndicatorInline.fields)
