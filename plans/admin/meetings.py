"""Where the sides meet and what they put on paper: documents with their files, meetings, offices and their holders."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from plans.admin.site import EntryAdmin, Inline, InOneLanguage, InWords
from plans.files import ACCEPTED, Upload, keep, read_upload
from plans.models import (
    ActionPoint,
    Commitment,
    Document,
    Meeting,
    Office,
    OfficeHolder,
    Plan,
    StoredFile,
    User,
)

# ------------------------------------------------------------------ documents


class DocumentForm(InOneLanguage):
    """A document is named by its outlet and date, by an address, or brought along as a file."""

    upload = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("PDF, Word, Excel, JPEG, PNG or text, 20 MB at most. It takes the place of the file before."),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{extension}" for extension in ACCEPTED)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken: Upload | None = None
        stored = getattr(self.instance, "file", None) if self.instance.pk else None
        if stored is not None:
            self.fields["upload"].help_text = format_html(
                '<a href="{}"><bdi>{}</bdi></a> · {}',
                reverse("document_file", args=[self.instance.pk]),
                stored.name,
                self.fields["upload"].help_text,
            )

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if upload is not None:
            self.taken = read_upload(upload)
            self.instance.digest = self.taken.digest
        return upload

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc] # Django's own, called once the row is stored
        if self.taken is not None:
            keep(self.instance, self.taken)


def with_file_names(found: QuerySet[Document]) -> QuerySet[Document]:
    """Documents with the names of their files; the bytes stay in the database."""
    names = StoredFile.objects.defer("content")
    return found.prefetch_related(Prefetch("file", queryset=names))


class DocumentInline(Inline, admin.StackedInline[Document, Plan]):
    model = Document
    form = DocumentForm
    classes = ("collapse",)
    fields = (
        ("title_ar", "title_en"),
        ("kind", "publisher", "published_on", "published_precision"),
        ("url", "upload"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return with_file_names(super().get_queryset(request))


@admin.register(Document)
class DocumentAdmin(EntryAdmin):
    form = DocumentForm
    plan_path = "plan"
    autocomplete_fields = ("plan",)
    list_display = ("title_ar", "title_en", "kind", "publisher", "published_on", "plan_slug")
    list_display_links = ("title_ar", "title_en")
    list_filter = ("kind", ("plan__side_a", InWords), ("plan__side_b", InWords))
    search_fields = ("title_ar", "title_en", "publisher", "plan__slug")
    readonly_fields = ("digest",)
    fields = ("plan", *DocumentInline.fields, "digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return with_file_names(super().get_queryset(request).select_related("plan"))


# ------------------------------------------------------------------ meetings


class MeetingInline(Inline, admin.StackedInline[Meeting, Plan]):
    model = Meeting
    classes = ("collapse",)
    show_change_link = True  # action points, papers and what was reviewed are entered there
    fields = (
        ("kind", "round", "held_on", "held_precision"),
        ("place_ar", "place_en"),
        ("who_ar", "who_en"),
        ("summary_ar", "summary_en"),
    )


class ActionPointForm(forms.ModelForm[ActionPoint]):
    verified = forms.BooleanField(
        label=_("I have seen that it was done"),
        required=False,
        help_text=_("Whoever saves the page with this ticked stands for it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["verified"] = self.instance.verified_by_id is not None
        if self.instance.verified_by is not None:
            self.fields["verified"].help_text = _("Verified by %s.") % self.instance.verified_by.shown_name

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if not (values.get("text_ar") or values.get("text_en")):
            self.add_error("text_ar", _("Say what is to be done."))
        if values.get("verified") and not values.get("done_on"):
            self.add_error("done_on", _("Verified is what was done: on which day?"))
        return cleaned


class ActionPointInline(Inline, admin.StackedInline[ActionPoint, Meeting]):
    model = ActionPoint
    form = ActionPointForm
    fields = (
        ("text_ar", "text_en"),
        ("side", "owner_ar", "owner_en"),
        ("commitment", "due_on", "done_on", "verified"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionPoint]:
        return super().get_queryset(request).select_related("verified_by")

    def get_formset(self, request: HttpRequest, obj: Meeting | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        field: Any = formset.form.base_fields["commitment"]
        found = Commitment.objects.filter(plan=obj.plan_id) if obj else Commitment.objects.none()
        # read once for all rows
        field.choices = [("", "---------"), *((one.pk, str(one)) for one in found.order_by("code"))]
        field.queryset = found
        return formset


class MeetingForm(forms.ModelForm[Meeting]):
    """Papers and commitments are those of the meeting's own plan; they are chosen once the meeting is stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("documents", "reviewed"):
            if name in self.fields:
                field: Any = self.fields[name]
                field.queryset = field.queryset.filter(plan=self.instance.plan_id)
                field.label_from_instance = str
                field.help_text = ""


@admin.register(Meeting)
class MeetingAdmin(EntryAdmin):
    form = MeetingForm
    plan_path = "plan"
    inlines = (ActionPointInline,)
    autocomplete_fields = ("plan",)
    list_display = ("held_on", "kind", "round", "place_ar", "place_en", "plan_slug")
    list_display_links = ("held_on", "kind")
    list_filter = ("kind", ("plan__side_a", InWords), ("plan__side_b", InWords), "held_on")
    search_fields = ("place_ar", "place_en", "who_ar", "who_en", "plan__slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Meeting]:
        return super().get_queryset(request).select_related("plan")

    def get_readonly_fields(self, request: HttpRequest, obj: Meeting | None = None) -> tuple[str, ...]:
        return ("plan",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Meeting | None = None) -> Any:
        return ("plan", *MeetingInline.fields, *(("documents", "reviewed") if obj else ()))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Meeting | None) -> Any:
        return self.inlines if obj else ()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.forms:
            if "verified" in row.changed_data:
                row.instance.verified_by = cast("User", request.user) if row.cleaned_data["verified"] else None
        super().save_formset(request, form, formset, change)


# ------------------------------------------------------------------ offices


class OfficeHolderInline(Inline, admin.StackedInline[OfficeHolder, Office]):
    model = OfficeHolder
    fields = (("name_ar", "name_en"), ("since", "until"))


@admin.register(Office)
class OfficeAdmin(EntryAdmin):
    inlines = (OfficeHolderInline,)
    plan_path = "plan"
    autocomplete_fields = ("party", "plan")
    list_display = ("title_ar", "title_en", "party", "plan", "holder")
    list_display_links = ("title_ar", "title_en")
    list_filter = (("party", InWords),)
    search_fields = ("title_ar", "title_en", "holders__name_ar", "holders__name_en", "plan__slug")
    fields = (("party", "plan", "position"), ("title_ar", "title_en"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Office]:
        return super().get_queryset(request).select_related("party", "plan").prefetch_related("holders")

    @admin.display(description=_("held by"))
    def holder(self, office: Office) -> str:
        return " · ".join(str(holder) for holder in office.holders.all() if holder.until is None)
