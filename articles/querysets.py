"""The joins and conditions the news pages, the queue and the importer need."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from articles.models import Article, Source  # noqa: F401

FAILING_AFTER = 3  # errors in a row
QUIET_AFTER = timedelta(days=10)  # without a new article a source that answers has no yield
YIELD_OVER = timedelta(days=30)

# what needs a person first
HEALTH = ("failing", "late", "quiet", "running", "queued", "new", "healthy", "paused")


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, now: datetime) -> Self:
        """Active sources whose time has come and that nobody holds."""
        return (
            self.filter(is_active=True, due_at__lte=now)
            .filter(Q(lease_until=None) | Q(lease_until__lt=now))
            .order_by("due_at", "pk")
        )

    def with_health(self, now: datetime) -> Self:
        """Annotate `health`, one of HEALTH, and order by it: what needs a person first.

        Failing after three errors in a row; late after one or two, or where it was due twice its interval ago; quiet
        where it answers but had nothing new for ten days, or never anything in ten days of runs.
        """
        from articles.models import FetchRun

        long_read = FetchRun.objects.filter(source=OuterRef("pk"), started_at__lt=now - QUIET_AFTER)
        waited = models.ExpressionWrapper(
            Value(timedelta(minutes=2)) * models.F("interval_minutes"), output_field=models.DurationField()
        )
        health = Case(
            When(is_active=False, then=Value("paused")),
            When(lease_until__gt=now, then=Value("running")),
            When(failures__gte=FAILING_AFTER, then=Value("failing")),
            When(failures__gte=1, then=Value("late")),
            When(due_at__lt=now - waited, last_run_at__isnull=False, then=Value("late")),
            When(due_at__lte=now, then=Value("queued")),
            When(last_run_at=None, then=Value("new")),
            When(last_new_at__lt=now - QUIET_AFTER, then=Value("quiet")),
            When(Q(last_new_at=None) & Exists(long_read), then=Value("quiet")),
            default=Value("healthy"),
            output_field=models.CharField(),
        )
        order = Case(*(When(health=name, then=Value(at)) for at, name in enumerate(HEALTH)))
        return self.annotate(health=health).annotate(health_order=order).order_by("health_order", "name", "pk")

    def with_yield(self, now: datetime) -> Self:
        """Annotate `new_in_30_days` and `runs_in_30_days` from the runs: counting articles would take too long."""
        from articles.models import FetchRun

        runs = FetchRun.objects.filter(source=OuterRef("pk"), started_at__gte=now - YIELD_OVER).order_by()
        new = runs.values("source").annotate(n=Sum("new")).values("n")
        count = runs.values("source").annotate(n=Count("pk")).values("n")
        number = models.IntegerField()
        return self.annotate(
            new_in_30_days=Coalesce(Subquery(new, output_field=number), 0),
            runs_in_30_days=Coalesce(Subquery(count, output_field=number), 0),
        )


class Place(NamedTuple):
    """A place in the list of articles, newest first: where a page of it begins or ends."""

    listed_at: datetime
    pk: int

    @classmethod
    def read(cls, value: str) -> "Place | None":
        """The place an address names («2025-12-08T10:00:00+00:00,17»), or None where it names none."""
        when, _comma, pk = value.rpartition(",")
        try:
            listed_at = parse_datetime(when.replace(" ", "+"))
            number = int(pk)
        except ValueError:
            return None
        # beyond a bigint PostgreSQL would refuse the question
        if listed_at is None or listed_at.tzinfo is None or not 0 <= number < 2**63:
            return None
        return cls(listed_at, number)

    def __str__(self) -> str:
        return f"{self.listed_at.isoformat()},{self.pk}"


class Page(NamedTuple):
    """A page of a keyset-paged list; `newer` and `older` are the places to go on from, or None at the end."""

    articles: "list[Article]"
    newer: Place | None
    older: Place | None


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: Any) -> Self:
        """Articles this person may see: reviewers all of them, the public not what was found to concern no plan."""
        return self if user.has_perm("articles.view_article") else self.exclude(state="dismissed")

    def concerning(self, plan: str) -> Self:
        """Articles with a suggestion of the plan with this slug that nobody has dismissed."""
        from articles.models import Suggestion

        suggestions = Suggestion.objects.filter(plan__slug=plan).exclude(state="dismissed")
        return self.filter(pk__in=suggestions.values("article"))

    def page(self, size: int, *, before: Place | None = None, after: Place | None = None) -> Page:
        """One page of the articles, newest first: those older than `before`, or the next newer ones than `after`.

        By the keys of the first and last article, never by offset: a page stays the same while new articles arrive.
        """
        newest_first = ("-listed_at", "-pk")
        if after is not None:
            newer = Q(listed_at__gt=after.listed_at) | Q(listed_at=after.listed_at, pk__gt=after.pk)
            found = list(
                self.filter(listed_at__gte=after.listed_at).filter(newer).order_by("listed_at", "pk")[: size + 1]
            )
            if len(found) < size:  # the beginning of the list: a full page of it
                return self.page(size)
            more, articles = len(found) > size, found[:size][::-1]
            return Page(articles, self._place(articles[0]) if more else None, self._place(articles[-1]))
        below = self
        if before is not None:
            older = Q(listed_at__lt=before.listed_at) | Q(listed_at=before.listed_at, pk__lt=before.pk)
            below = self.filter(listed_at__lte=before.listed_at).filter(older)
        found = list(below.order_by(*newest_first)[: size + 1])
        articles = found[:size]
        return Page(
            articles,
            self._place(articles[0]) if before is not None and articles else None,
            self._place(articles[-1]) if len(found) > size else None,
        )

    @staticmethod
    def _place(article: "Article") -> Place:
        return Place(article.listed_at, article.pk)

    def for_lists(self) -> Self:
        """Articles with what a list shows; bodies stay where they are.

        `plan_suggestions` holds the plans suggested or accepted, the accepted first.
        """
        from articles.models import Suggestion

        plans = (
            Suggestion.objects.filter(plan__isnull=False)
            .exclude(state=Suggestion.State.DISMISSED)
            .select_related("plan__side_a", "plan__side_b")
            .defer("reasons")
            .order_by("state", "-score", "pk")
        )
        return self.select_related("source").prefetch_related(
            Prefetch("suggestions", queryset=plans, to_attr="plan_suggestions")
        )

    def with_outlets(self) -> Self:
        """Annotate `outlets`: how many outlets carry the article's story, itself included."""
        from articles.models import Article

        # asked for the rows shown, not grouped over all of them
        copies = Article.objects.filter(story=OuterRef("story")).order_by().values("story")
        outlets = copies.annotate(n=Count("source", distinct=True)).values("n")
        return self.annotate(outlets=Coalesce(Subquery(outlets, output_field=models.IntegerField()), 1))

    def of_stories(self) -> Self:
        """Of a story its lead copy alone: what is decided once is listed and counted once."""
        return self.filter(Q(story=None) | Q(story__lead=models.F("pk")))

    def waiting(self, today: date | None = None) -> Self:
        """The review queue: stories that suggest a plan and await a decision, those that matter most first.

        What was put off stands in it again from its day on.
        """
        found = self.filter(state="waiting", score__gt=0).of_stories()
        now_or_never = Q(later_on=None) | Q(later_on__lte=today or timezone.localdate())
        return found.filter(now_or_never).order_by("-priority", "-listed_at", "-pk")

    def beside_the_plans(self, queue: str, *, plan: str = "", party: str = "", pillar: str = "") -> Self:
        """What waits in the queue of members' news or of one side only, each story once; to be paged newest first."""
        from articles.models import Aside

        found = self.filter(state="waiting", score=0, beside=queue).of_stories()
        asides = Aside.objects.all()
        if plan:
            asides = asides.filter(plan__slug=plan)
        if party:
            asides = asides.filter(party__slug=party)
        if pillar:
            asides = asides.filter(sectors__contains=[pillar])
        return found.filter(pk__in=asides.values("article")) if plan or party or pillar else found

    def with_asides(self) -> Self:
        """Articles with the members, partners and areas that put them beside the plans."""
        from articles.models import Aside

        asides = Aside.objects.select_related("plan__side_a", "plan__side_b", "party").order_by("-score", "pk")
        return self.select_related("source").prefetch_related(Prefetch("asides", queryset=asides))

    def ready_for(self, person: int, now: datetime) -> Self:
        """Of the queue what the person with this key may take next: not another's, and open with nobody else."""
        from articles.models import Claim

        others = Claim.objects.filter(article=OuterRef("pk"), until__gte=now).exclude(person=person)
        return self.filter(Q(assigned_to=None) | Q(assigned_to=person)).exclude(models.Exists(others))

    def after(self, priority: float, listed_at: datetime, pk: int) -> Self:
        """Of the queue, what follows the article of this priority, day and key."""
        return self.filter(priority__lte=priority).filter(
            Q(priority__lt=priority)
            | Q(priority=priority, listed_at__lt=listed_at)
            | Q(priority=priority, listed_at=listed_at, pk__lt=pk)
        )
