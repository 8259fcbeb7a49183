"""What all tables of data entry share: directions, choices in words, who may edit which plan, histories."""

from datetime import date
from typing import Any, ClassVar, Final, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.admin.history import WithHistory
from plans.models import (
    Commitment,
    DatePrecision,
    Evidence,
    Milestone,
    Pillar,
    Plan,
    User,
)
from plans.progress import ProgressError


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


# fields that say which plan a row belongs to, and where the plan is from there: offered are those a person may edit
PLAN_OF_A_CHOICE: Final = {
    "plan": "pk",
    "pillar": "plan",
    "commitment": "plan",
    "meeting": "plan",
    "indicator": "commitment__plan",
    "milestone": "commitment__plan",
}


def theirs(found: QuerySet[Any], plan: str, request: HttpRequest) -> QuerySet[Any]:
    """Those of the rows whose plan this person may edit; `plan` is the way from a row to it."""
    return found.filter(**{f"{plan}__in": Plan.objects.editable_by(cast("User", request.user))})


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
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = words_for
            if db_field.name in PLAN_OF_A_CHOICE:
                field.queryset = theirs(field.queryset, PLAN_OF_A_CHOICE[db_field.name], request)
        return field


class EntryAdmin(WithHistory, InBothLanguages, admin.ModelAdmin[Any]):
    """A table people enter. Whoever is limited to some plans reads the rows of the others."""

    list_per_page = 50
    plan_path: ClassVar[str] = ""  # the way from a row to its plan, where it has one: «commitment__plan»

    def plan_of(self, thing: Any) -> Plan | None:
        """The plan a row belongs to; None where it belongs to none, or to all."""
        for step in self.plan_path.split("__") if self.plan_path else []:
            thing = getattr(thing, step) if thing is not None else None
        return thing if isinstance(thing, Plan) else None

    def is_theirs(self, request: HttpRequest, thing: Any) -> bool:
        """Whether the person may edit the plan this row belongs to; asked once a request and plan."""
        plan = self.plan_of(thing) if thing is not None else None
        if plan is None or plan.pk is None:
            return True
        known: dict[int, bool] = request.__dict__.setdefault("_plans_theirs", {})
        if plan.pk not in known:
            known[plan.pk] = theirs(Plan.objects.filter(pk=plan.pk), "pk", request).exists()
        return known[plan.pk]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.is_theirs(request, obj)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        choice = request.GET.get("field_name", "")
        if request.path.endswith("/autocomplete/") and choice in PLAN_OF_A_CHOICE:
            found = theirs(found, PLAN_OF_A_CHOICE[choice], request)
        return found, may_repeat

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


class Recorded(forms.ModelForm[Any]):
    """Calls an operation of the field once everything typed is valid; what it refuses is said beside the field."""

    by: User  # set by AddedOnly.get_form()
    operation: Any
    recorded: models.Model

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own, after everything else is cleaned
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.recorded = self.operation(self.by, self.cleaned_data)
        except ProgressError as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))


class AddedOnly(Record):
    """A record that may be added, by an operation of `plans/progress.py`, and never changed."""

    form = Recorded

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def record(self, by: User, values: dict[str, Any]) -> models.Model:
        """Call the operation with the cleaned values and return what it stored."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by, form.operation = request.user, staticmethod(self.record)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(form.recorded, self.model):
            obj.__dict__.update(form.recorded.__dict__)


class InWords(admin.RelatedFieldListFilter):
    """A filter by the parties, sectors or roles the rows have, in the reader's language."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        used = model_admin.get_queryset(request).order_by().values(self.field_path)
        return [(thing.pk, words_for(thing)) for thing in field.related_model.objects.filter(pk__in=used)]


class InOneLanguage(forms.ModelForm[Any]):
    """A title in one language is enough to begin with; the list of translations asks for the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title_ar", "title_en"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not (self.cleaned_data.get("title_ar") or self.cleaned_data.get("title_en")):
            self.add_error("title_ar", _("Give the title in one language at least."))
        return cleaned


class DueDate(InOneLanguage):
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

    def clean_done_on(self) -> date | None:
        done_on: date | None = self.cleaned_data["done_on"]
        if done_on and done_on > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return done_on

    def save(self, commit: bool = True) -> Any:
        if self.instance.baseline_due_on is None:
            self.instance.baseline_due_on = self.instance.due_on
        return super().save(commit)


class Inline(InBothLanguages, admin.options.InlineModelAdmin[Any, Any]):
    extra = 0


class BeginsEmpty(Inline):
    """On the page of a new plan the first one waits to be filled in; left empty, it is not stored."""

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1


def role_name(group: Group) -> str:
    """The translated name of a role (`config/people.py` marks them for translation); other groups keep their own."""
    return gettext(group.name)
