"""Pages of a plan's spreadsheet: a template to fill in, what a filled one would change, and the plan as such a file."""

import hashlib
from typing import Any, Final, cast

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from plans.exchange import spreadsheet
from plans.exchange.sheet import RowDifference, Sheet
from plans.exchange.spreadsheet import Applied
from plans.exchange.workbook import MOST_BYTES, CellError, SheetError
from plans.models import Plan, User
from plans.reader import reader_language

MEDIA_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
KEPT_FOR: Final = 24 * 3600  # seconds between looking and confirming
MOST_KEPT: Final = 2 * 1024 * 1024  # what a form may send back
NEEDED: Final = [
    f"plans.{deed}_{thing}"
    for thing in ("pillar", "commitment", "milestone", "indicator")
    for deed in ("add", "change")
]


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("XLSX or CSV, 5 MB at most, with the headers of the template."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class SpreadsheetPages(admin.ModelAdmin[Any]):
    """Adds to a plan's page: import from a spreadsheet in two steps, and export."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/import/", view(self.import_page), name="plans_plan_import"),
            path(
                "<int:pk>/export/<str:language>.<str:extension>",
                view(require_GET(self.export_file)),
                name="plans_plan_export",
            ),
            path(
                "template/<str:language>.<str:extension>",
                view(require_GET(self.template_file)),
                name="plans_plan_template",
            ),
            *super().get_urls(),
        ]

    # -------------------------------------------------------------- files

    def template_file(self, request: HttpRequest, language: str, extension: str) -> HttpResponse:
        """The empty sheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        _asked(language, extension)
        return _download(spreadsheet.template(language, extension), "mithaq", language, extension)

    def export_file(self, request: HttpRequest, pk: int, language: str, extension: str) -> HttpResponse:
        """The plan as the sheet it could be imported from."""
        plan = get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        _asked(language, extension)
        return _download(spreadsheet.export(plan, language, extension), plan.slug, language, extension)

    # -------------------------------------------------------------- import

    def import_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose a file, see what it would change, take it in; meanwhile the sheet is kept in the page, signed."""
        plan = get_object_or_404(Plan.objects.with_sides(), pk=pk)
        user = cast("User", request.user)
        if not (self.has_change_permission(request, plan) and user.has_perms(NEEDED)):
            raise PermissionDenied
        form, context = FileForm(), {}
        if request.method == "POST" and "sheet" in request.POST:
            try:
                answer = self._confirm(request, plan)
            except SheetError as error:
                context = {"mistakes": error.errors}
            else:
                if isinstance(answer, HttpResponse):
                    return answer
                context = answer
        elif request.method == "POST":
            form = FileForm(request.POST, request.FILES)
            if form.is_valid():
                try:
                    context = _look(plan, user, _sheet_in(form.cleaned_data["file"]))
                except SheetError as error:
                    context = {"mistakes": error.errors}
        return TemplateResponse(
            request,
            "admin/plans/plan/import.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Import from a spreadsheet"),
                "subtitle": str(plan),
                "opts": self.opts,
                "plan": plan,
                "form": form,
                "files": _files(plan),
                "mistakes": [],
                "rows": None,
                **context,
            },
        )

    def _confirm(self, request: HttpRequest, plan: Plan) -> HttpResponse | dict[str, Any]:
        user = cast("User", request.user)
        try:
            kept = signing.loads(request.POST["sheet"], salt=_salt(plan, user), max_age=KEPT_FOR)
        except signing.BadSignature as error:
            raise SheetError([CellError(_("What was to be confirmed is too old. Choose the file again."))]) from error
        sheet = Sheet.unpacked(kept["sheet"])
        if _digest(spreadsheet.compare(plan, sheet)) != kept["digest"]:
            context = _look(plan, user, sheet)
            return {**context, "note": _("The plan has changed meanwhile. Look again at what the sheet would change.")}
        self.message_user(request, _done(spreadsheet.apply(plan, sheet, user)), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:plans_plan_change", args=[plan.pk]))


def _sheet_in(file: Any) -> Sheet:
    if file.size > MOST_BYTES:  # not read at all
        raise SheetError([CellError(_("The file is larger than 5 MB."))])
    return spreadsheet.read_rows(file.read())


def _look(plan: Plan, user: User, sheet: Sheet) -> dict[str, Any]:
    """What the page shows of a sheet before anything is stored, and the sheet, signed for this person and plan."""
    rows = spreadsheet.compare(plan, sheet)
    kinds = [row.kind for row in rows]
    kept = {"sheet": sheet.packed(), "digest": _digest(rows)}
    signed = signing.dumps(kept, salt=_salt(plan, user), compress=True)
    if len(signed) > MOST_KEPT:
        raise SheetError([CellError(_("The sheet is too large to be looked through at once. Import it in parts."))])
    return {
        "rows": [row for row in rows if row.kind != "unchanged"],
        "new": kinds.count("new"),
        "changed": kinds.count("changed"),
        "unchanged": kinds.count("unchanged"),
        "left_out": spreadsheet.commitments_left_out(plan, rows),
        "signed": signed,
    }


def _salt(plan: Plan, user: User) -> str:
    return f"plans.spreadsheet:{plan.pk}:{user.pk}"


def _digest(rows: list[RowDifference]) -> str:
    """What the rows would change, whatever language it was shown in."""
    in_words = {"sector", "due_precision"}
    said = [
        (
            row.sheet,
            row.row,
            row.kind,
            row.code,
            one.column.name,
            () if one.column.name in in_words else (one.old, one.new),
        )
        for row in rows
        for one in row.changes
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _done(applied: Applied) -> str:
    new = ngettext("%d row entered", "%d rows entered", applied.new) % applied.new
    changed = ngettext("%d changed", "%d changed", applied.changed) % applied.changed
    unchanged = ngettext("%d as before", "%d as before", applied.unchanged) % applied.unchanged
    return f"{new} · {changed} · {unchanged}"


def _files(plan: Plan) -> list[dict[str, str]]:
    """The templates, and the plan itself, in the reader's language first."""
    names = {"ar": _("Arabic"), "en": _("English")}
    mine = reader_language()
    return [
        {
            "language": names[language],
            "extension": extension.upper(),
            "template": reverse("admin:plans_plan_template", args=[language, extension]),
            "export": reverse("admin:plans_plan_export", args=[plan.pk, language, extension]),
        }
        for language in sorted(names, key=lambda one: one != mine)
        for extension in MEDIA_TYPES
    ]


def _asked(language: str, extension: str) -> None:
    if language not in ("ar", "en") or extension not in MEDIA_TYPES:
        raise Http404


def _download(content: bytes, name: str, language: str, extension: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{language}.{extension}"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type=MEDIA_TYPES[extension], headers=headers)
