"""The record: evidence, assessments and withdrawals are read here; dates move and checks are recorded."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from plans.admin.site import AddedOnly, InWords, Record, Recorded, words_for
from plans.approval import record_or_propose
from plans.models import Assessment, Check, DateChange, Evidence, Proposal, User, Withdrawal
from plans.progress import record_check
from plans.reader import in_words


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


class DateChangeForm(Recorded):
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

    def record(self, by: User, values: dict[str, Any]) -> DateChange | Proposal:
        said = dict(values)
        commitment, milestone = said.pop("commitment"), said.pop("milestone")
        to, precision = said.pop("to_date"), said.pop("to_precision")
        kind = Proposal.Kind.MOVE_DATE
        moved = record_or_propose(kind, commitment or milestone, by=by, to=to, precision=precision, **said)
        return cast("DateChange | Proposal", moved)

    def log_addition(self, request: HttpRequest, obj: DateChange, message: Any) -> Any:
        if obj.pk:  # what waits for approval has not happened
            return super().log_addition(request, obj, message)
        return None

    def response_add(self, request: HttpRequest, obj: DateChange, post_url_continue: str | None = None) -> HttpResponse:
        if obj.pk:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("The new date waits until somebody else approves it."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:plans_datechange_changelist"))


@admin.register(Check)
class CheckAdmin(AddedOnly):
    autocomplete_fields = ("commitment",)
    list_display = ("on", "commitment", "sources", "recorded_by")
    list_select_related = ("commitment", "recorded_by")
    search_fields = ("commitment__code", "sources")
    fields = ("commitment", ("on", "languages"), "sources", "note")

    def record(self, by: User, values: dict[str, Any]) -> Check:
        return record_check(by=by, **values)
