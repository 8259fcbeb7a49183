"""Data entry in Django's admin: a plan, its pillars and its commitments in one sitting, in both languages.

The record (evidence, assessments, withdrawals) is only read here: it is made, and withdrawn, on the pages of the site.
Dates move and checks are recorded through `plans/progress.py`. `articles/admin.py` builds on `EntryAdmin` and `Record`.
"""

import re
from collections.abc import Iterable
from typing import Any, cast

from axes.utils import reset as forget_wrong_passwords
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.models import (
    Alias,
    Assessment,
    Check,
    Commitment,
    DateChange,
    DatePrecision,
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
    User,
    Withdrawal,
)
from plans.progress import move_date, record_check
from plans.reader import in_words
from plans.templatetags.mithaq import status_name

# ------------------------------------------------------------------ the site


def words_for(thing: models.Model) -> str:
    """How a choice reads in lists of choices: with its plan, since codes and titles repeat from plan to plan."""
    match thing:
        case Group():
            return role_name(thing)
        case Pillar() | Commitment() | Evidence():
            return f"{thing.plan.slug} · {thing}"
        case Milestone():
            return f"{thing.commitment.plan.slug} · {thing.commitment.code} · {thing}"
    return str(thing)


class Choices(AutocompleteJsonView):
    """Answers of the autocomplete fields, worded as everywhere else."""

    def serialize_result(self, obj: models.Model, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": words_for(obj)}


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    return Choices.as_view(admin_site=admin.site)(request)


def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The site has one sign-in page; whoever is signed in and may not enter data is told so."""
    if admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("login"))


admin.site.site_title = admin.site.site_header = _("Mithaq")
admin.site.index_title = _("Data entry")
admin.site.enable_nav_sidebar = False  # forms need the width
admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign, assignment]
admin.site.unregister(Group)  # what a role may do is stated in config/people.py

LEFT_TO_RIGHT = {"slug", "code", "pillar_code", "email", "digest", "language", "username", "iso3"}


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
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            _say_direction(db_field.name, field.widget)
            # beside a choice, adding one is enough: changing another table is done in that table
            for link in ("can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, link, False)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = words_for  # type: ignore[method-assign, assignment]
        return field


class EntryAdmin(InBothLanguages, admin.ModelAdmin[Any]):
    """A table people enter."""

    list_per_page = 50

    @admin.display(description=_("plan"), ordering="plan__slug")
    def plan_slug(self, thing: Any) -> str:
        return str(thing.plan.slug)


class Record(EntryAdmin):
    """A table that is only read here, all of it."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or [field.name for field in self.opts.concrete_fields if not field.primary_key]

    @admin.display(description=_("stands"), boolean=True)
    def stands(self, thing: Any) -> bool:
        return not thing.is_withdrawn

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AddedOnly(Record):
    """A record that may be added, by an operation of `plans/progress.py`, and never changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def record(self, by: User, values: dict[str, Any]) -> models.Model:
        """Call the operation with the cleaned values and return what it stored."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.__dict__.update(self.record(cast("User", request.user), form.cleaned_data).__dict__)


class InWords(admin.RelatedFieldListFilter):
    """A filter by the parties, sectors or roles the rows have, in the reader's language."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        used = model_admin.get_queryset(request).order_by().values(self.field_path)
        return [(thing.pk, words_for(thing)) for thing in field.related_model.objects.filter(pk__in=used)]


# ------------------------------------------------------------------ plan, pillars, commitments in one sitting


class DueDate(forms.ModelForm[Any]):
    """The due date may be entered once; after that it moves in the open, with a reason (`progress.move_date`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        thing = self.instance
        # a date that was given up has a date first agreed; «by the end of the plan» is a date too
        if thing.pk and (thing.due_on or thing.baseline_due_on or thing.due_precision == DatePrecision.PLAN_END):
            for name in {"due_on", "due_precision"} & self.fields.keys():
                self.fields[name].disabled = True
                self.fields[name].widget.attrs["class"] = ""  # no calendar
            if "due_on" in self.fields:
                self.fields["due_on"].help_text = format_html(
                    '<a href="{}?{}={}" target="_blank">{}</a>',
                    reverse("admin:plans_datechange_add"),
                    thing._meta.model_name,
                    thing.pk,
                    _("Move the date, and say why"),
                )

    def save(self, commit: bool = True) -> Any:
        if self.instance.baseline_due_on is None:
            self.instance.baseline_due_on = self.instance.due_on
        return super().save(commit)


class CommitmentRow(DueDate):
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


class Inline(InBothLanguages, admin.options.InlineModelAdmin[Any, Any]):
    extra = 0


class BeginsEmpty(Inline):
    """On the page of a new plan the first one waits to be filled in; left empty, it is not stored."""

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class PillarInline(BeginsEmpty, admin.StackedInline[Pillar, Plan]):
    model = Pillar
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


class CommitmentForm(DueDate):
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


@admin.register(Commitment)
class CommitmentAdmin(EntryAdmin):
    form = CommitmentForm
    inlines = (MilestoneInline, IndicatorInline)
    autocomplete_fields = ("pillar",)
    list_display = ("code", "title_ar", "title_en", "plan_slug", "status", "due_on", "last_evidence_on")
    list_display_links = ("code", "title_ar", "title_en")
    list_filter = (
        "status",
        "is_contested",
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
    autocomplete_fields = ("commitment",)
    list_display = ("title_ar", "title_en", "due_on", "done_on")
    list_display_links = ("title_ar", "title_en")
    search_fields = ("title_ar", "title_en", "commitment__code", "commitment__plan__slug")
    fields = ("commitment", *MilestoneInline.fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Milestone]:
        return super().get_queryset(request).select_related("commitment__plan")


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


@admin.register(Evidence)
class EvidenceAdmin(Record):
    list_display = ("published_on", "publisher", "said", "kind", "plan_slug", "stands")
    list_display_links = ("published_on", "publisher", "said")
    list_filter = ("kind", "speaker", ("plan__side_a", InWords), ("plan__side_b", InWords), "published_on", "is_demo")
    search_fields = ("publisher", "title", "quote", "summary_ar", "summary_en", "plan__slug", "commitment__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        return super().get_queryset(request).select_related("plan", "withdrawal")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):  # what was withdrawn carries nothing
            found = found.filter(withdrawal=None)
        return found, may_repeat

    @admin.display(description=_("what it says"))
    def said(self, evidence: Evidence) -> str:
        return (evidence.quote or in_words(evidence, "summary"))[:120]


@admin.register(Assessment)
class AssessmentAdmin(Record):
    list_display = ("on", "commitment_code", "plan_slug", "holder", "level", "stands", "recorded_by")
    list_display_links = ("on", "commitment_code")
    list_filter = ("level", "side", ("plan__side_a", InWords), ("plan__side_b", InWords), "is_demo")
    list_select_related = ("commitment", "plan", "withdrawal", "recorded_by")
    search_fields = ("commitment__code", "commitment__title_ar", "commitment__title_en", "plan__slug")
    fields = ("commitment", "holder", "level", "on", "ground", "further", "note_ar", "note_en", "recorded_by")

    @admin.display(description=_("further evidence"))
    def further(self, assessment: Assessment) -> str:
        return " · ".join(words_for(piece) for piece in assessment.evidence.select_related("plan"))

    def view_on_site(self, assessment: Assessment) -> str:
        return assessment.commitment.get_absolute_url()

    @admin.display(description=_("commitment"), ordering="commitment__code")
    def commitment_code(self, assessment: Assessment) -> str:
        return assessment.commitment.code

    @admin.display(description=_("side"), ordering="side")
    def holder(self, assessment: Assessment) -> Any:
        return assessment.get_side_display() if assessment.side else _("the assessor")


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
        commitment, milestone, evidence = values.get("commitment"), values.get("milestone"), values.get("evidence")
        if bool(commitment) == bool(milestone):
            self.add_error("commitment", _("Choose either a commitment or a milestone."))
        if not (values.get("reason_en") or values.get("reason_ar")):
            self.add_error("reason_ar", _("Say why the date moves."))
        if commitment and commitment.starts and values.get("to_date") and values["to_date"] < commitment.starts:
            self.add_error("to_date", _("The commitment is due before it starts."))
        owner = milestone.commitment if milestone else commitment
        if owner and evidence and evidence.plan_id != owner.plan_id:
            self.add_error("evidence", _("The evidence speaks of another plan."))
        return cleaned


@admin.register(DateChange)
class DateChangeAdmin(AddedOnly):
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

    def record(self, by: User, values: dict[str, Any]) -> DateChange:
        said = dict(values)
        commitment, milestone = said.pop("commitment"), said.pop("milestone")
        to, precision = said.pop("to_date"), said.pop("to_precision")
        return move_date(commitment or milestone, to=to, precision=precision, by=by, **said)


@admin.register(Check)
class CheckAdmin(AddedOnly):
    autocomplete_fields = ("commitment",)
    list_display = ("on", "commitment", "sources", "recorded_by")
    list_select_related = ("commitment", "recorded_by")
    search_fields = ("commitment__code", "sources")
    fields = ("commitment", ("on", "languages"), "sources", "note")

    def record(self, by: User, values: dict[str, Any]) -> Check:
        return record_check(by=by, **values)


# ------------------------------------------------------------------ people


@admin.register(User)
class PersonAdmin(InBothLanguages, UserAdmin[User]):
    """Accounts. Only a superuser makes or changes superusers: an administrator cannot raise themselves."""

    autocomplete_fields = ("party",)
    list_display = ("username", "first_name", "last_name", "roles", "party", "is_active", "is_demo")
    list_filter = (("groups", InWords), "is_active", "is_staff", "is_demo")
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
            field.widget = forms.CheckboxSelectMultiple()
            field.widget.choices = field.choices
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
