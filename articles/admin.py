"""News in the admin: sources are kept here once added on the site; what importer and reviewers made is only read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from articles.models import (
    AliasProposal,
    Annotation,
    Article,
    Decision,
    FetchRun,
    Rematching,
    Revision,
    Source,
    Suggestion,
)
from plans.admin import EntryAdmin, Record


@admin.register(Source)
class SourceAdmin(EntryAdmin):
    autocomplete_fields = ("party",)
    list_display = ("name", "language", "reliability", "is_active", "is_verified", "last_success_at", "failures")
    list_filter = ("is_active", "is_verified", "language", "reliability", "is_demo")
    search_fields = ("name", "slug", "url", "publisher")
    readonly_fields = ("due_at", "last_run_at", "last_success_at", "last_new_at", "failures", "last_error", "is_demo")
    fieldsets = (
        (None, {"fields": (("name", "slug"), "url", "homepage", ("kind", "language", "interval_minutes"))}),
        (_("Whose voice it is"), {"fields": (("publisher", "reliability", "party"),)}),
        (
            _("Reading"),
            {
                "fields": (
                    ("is_active", "is_verified", "full_text", "adapts"),
                    "selector",
                    ("must_have", "must_not_have"),
                )
            },
        ),
        (
            _("Health"),
            {
                "fields": (
                    ("last_run_at", "last_success_at", "last_new_at"),
                    ("due_at", "failures", "is_demo"),
                    "last_error",
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # added on the site's page, which tests the address first


@admin.register(FetchRun)
class FetchRunAdmin(Record):
    list_display = ("started_at", "source", "trigger", "seen", "new", "updated", "failed", "error")
    list_filter = ("trigger", "source")
    list_select_related = ("source",)
    show_full_result_count = False


@admin.register(Article)
class ArticleAdmin(Record):
    list_display = ("title", "source", "language", "listed_at", "state", "text_state")
    list_filter = ("state", "text_state", "language", "source")
    list_select_related = ("source",)
    search_fields = ("title", "url")
    show_full_result_count = False
    fields = (
        "title",
        "url",
        ("source", "language"),
        ("published_at", "first_seen_at"),
        ("state", "decided_by", "decided_at"),
        ("text_state", "text_error"),
        "text",
    )

    @admin.display(description=_("current text"))
    def text(self, article: Article) -> str:
        return article.revision.text if article.revision else ""


@admin.register(Revision)
class RevisionAdmin(Record):
    list_display = ("article", "number", "retrieved_at", "digest")
    list_select_related = ("article",)
    search_fields = ("=digest", "title")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        found = super().get_queryset(request)
        return found.defer("text") if request.path.endswith("/revision/") else found


@admin.register(Suggestion)
class SuggestionAdmin(Record):
    list_display = ("article", "what", "score", "state")
    list_filter = ("state",)
    list_select_related = ("article", "plan", "sector")
    search_fields = ("article__title",)
    show_full_result_count = False

    @admin.display(description=_("what it suggests"))
    def what(self, suggestion: Suggestion) -> str:
        return str(suggestion.plan or suggestion.sector)


@admin.register(Annotation)
class AnnotationAdmin(Record):
    list_display = ("exact", "kind", "plan", "created_by", "created_at", "undone_at")
    list_filter = ("kind",)
    list_select_related = ("plan", "created_by")
    search_fields = ("exact", "note")


@admin.register(AliasProposal)
class AliasProposalAdmin(Record):
    list_display = ("text", "language", "kind", "state", "proposed_by", "proposed_at", "decided_by")
    list_filter = ("state", "language", "kind")
    list_select_related = ("proposed_by", "decided_by")
    search_fields = ("text",)


@admin.register(Rematching)
class RematchingAdmin(Record):
    list_display = ("alias", "asked_at", "finished_at", "looked", "total", "changed")
    list_select_related = ("alias",)


@admin.register(Decision)
class DecisionAdmin(Record):
    list_display = ("article", "action", "plan", "sector", "party", "score", "by", "at")
    list_filter = ("action",)
    list_select_related = ("article", "plan", "sector", "party", "by")
    show_full_result_count = False
