"""The joins and conditions the news pages, the queue and the importer need."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Prefetch, Q

if TYPE_CHECKING:
    from articles.models import Article, Source  # noqa: F401


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, now: datetime) -> Self:
        """Active sources whose time has come and that nobody holds."""
        return (
            self.filter(is_active=True, due_at__lte=now)
            .filter(Q(lease_until=None) | Q(lease_until__lt=now))
            .order_by("due_at", "pk")
        )


class ArticleQuerySet(models.QuerySet["Article"]):
    def for_lists(self) -> Self:
        """Articles with what a list shows; bodies stay where they are."""
        from articles.models import Suggestion

        plans = (
            Suggestion.objects.filter(plan__isnull=False)
            .select_related("plan__side_a", "plan__side_b")
            .order_by("-score")
        )
        return self.select_related("source").prefetch_related(
            Prefetch("suggestions", queryset=plans, to_attr="plan_suggestions")
        )

    def with_outlets(self) -> Self:
        """Annotate `outlets`: how many outlets carry the article's story, itself included."""
        return self.annotate(outlets=Count("story__articles__source", distinct=True))

    def waiting(self) -> Self:
        """The review queue: what suggests a plan and awaits a decision, the strongest first.

        Of a story only its lead copy waits, so that reviewers decide once.
        """
        return (
            self.filter(state="waiting", score__gt=0)
            .filter(Q(story=None) | Q(story__lead=models.F("pk")))
            .order_by("-score", "-listed_at", "-pk")
        )
