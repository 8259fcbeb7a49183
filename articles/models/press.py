"""What is published: where it comes from, each reading of a source, articles, their texts, and their stories."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.querysets import ArticleQuerySet, SourceQuerySet
from plans.models import Party, User


class Source(models.Model):
    """Where news comes from. Its working state lives here: a Celery message is only a hint to look."""

    class Kind(models.TextChoices):
        AUTO = "auto", _("found out by itself")
        FEED = "feed", _("RSS or Atom feed")
        JSON = "json", _("JSON Feed")
        SITEMAP = "sitemap", _("news sitemap")
        LISTING = "listing", _("page that lists articles")
        PAGE = "page", _("single page")
        FILE = "file", _("documents by hand")

    class Reliability(models.TextChoices):
        SIGNED_TEXT = "signed_text", _("signed text")
        JOINT_STATEMENT = "joint_statement", _("joint statement")
        OFFICIAL_STATEMENT = "official_statement", _("official statement")
        STATE_AGENCY = "state_agency", _("state agency")
        PRESS = "press", _("other press")

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FEED)
    url = models.URLField(_("address"), max_length=2000, unique=True)
    selector = models.CharField(
        _("selector"),
        max_length=300,
        blank=True,
        help_text=_("Of a page that lists articles: a CSS selector of the links; empty: found out from the page."),
    )
    must_have = models.TextField(
        _("words it must have"),
        blank=True,
        help_text=_("One word or phrase a line; an entry is read that has one of them in its title or summary."),
    )
    must_not_have = models.TextField(
        _("words it must not have"),
        blank=True,
        help_text=_("One word or phrase a line; an entry that has one of them is left out."),
    )
    homepage = models.URLField(_("home page"), max_length=2000, blank=True)
    language = models.CharField(
        _("language"), max_length=8, blank=True, help_text=_("«ar», «en», «az», «ru»; empty: found out from each text.")
    )
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    reliability = models.CharField(_("reliability"), max_length=20, choices=Reliability, default=Reliability.PRESS)
    party = models.ForeignKey(
        Party,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sources",
        verbose_name=_("speaks for"),
        help_text=_("The party whose voice it is, if any."),
    )
    full_text = models.BooleanField(_("fetch the full text"), default=True)
    interval_minutes = models.PositiveIntegerField(_("interval in minutes"), default=60)
    adapts = models.BooleanField(
        _("adapts its interval"),
        default=True,
        help_text=_("Read more often while it brings news, less often while it brings none."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_verified = models.BooleanField(_("address verified"), default=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    # what the web server told us last time (RFC 9110, conditional requests); stored only once its entries are
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    # where it says it has moved for good, and how many runs in a row it has said so
    moved_to = models.URLField(max_length=2000, blank=True, editable=False)
    moved_times = models.PositiveSmallIntegerField(default=0, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)  # when it first said that it is gone for good

    due_at = models.DateTimeField(_("next run"), default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.PositiveBigIntegerField(default=0, editable=False)  # fences off a worker that lost its lease
    attempts = models.PositiveIntegerField(
        default=0, editable=False
    )  # counted before the work, cleared by a run that ends
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_new_at = models.DateTimeField(_("last new article"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    last_error_code = models.CharField(max_length=40, blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]
        permissions: ClassVar = [("import_source", "Can import a source now")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://"),
                name="source_is_http",
                violation_error_message=_("Only http and https addresses."),
            ),
            models.CheckConstraint(
                condition=Q(interval_minutes__gte=5),
                name="source_interval_is_polite",
                violation_error_message=_("Five minutes at least."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(is_active=True), name="sources_due")
        ]  # the scan

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.slug])


class FetchRun(models.Model):
    """One reading of a source: what was seen and what failed, in plain words."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("by schedule")
        BUTTON = "button", _("by hand")
        COMMAND = "command", _("by command")

    source = models.ForeignKey(Source, models.CASCADE, related_name="runs", verbose_name=_("source"))
    trigger = models.CharField(_("started"), max_length=10, choices=Trigger, default=Trigger.SCHEDULE)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    seen = models.PositiveIntegerField(_("seen"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    error = models.TextField(_("error"), blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    stop_asked = models.BooleanField(default=False, editable=False)
    warnings = ArrayField(models.TextField(), default=list, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-started_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["source", "-started_at"], name="runs_of_source"),  # sources page
            models.Index(fields=["source"], condition=Q(finished_at=None), name="runs_open"),  # a run that begins
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"


class Host(models.Model):
    """When a host may next be asked: the pause between requests holds across workers and machines."""

    name = models.CharField(max_length=255, primary_key=True)
    next_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def __str__(self) -> str:
        return self.name


class Story(models.Model):
    """The same news told by several outlets. The number of outlets is shown and never counted as strength."""

    lead = models.ForeignKey("Article", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")

    def __str__(self) -> str:
        return str(self.lead or self.pk)


class Fingerprint(models.Model):
    """What finds the copies of an article among many: bands of its MinHash. Alike in one band: a candidate, no more."""

    article = models.OneToOneField("Article", models.CASCADE, primary_key=True, related_name="fingerprint")
    bands = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")

    def __str__(self) -> str:
        return str(self.article_id)


class Article(models.Model):
    """One piece of news. Its text lives in immutable revisions, so that lists never load bodies."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    class Beside(models.TextChoices):
        NOTHING = "", _("nothing")
        MEMBERS = "members", _("members' news")
        ONE_SIDE = "one-side", _("one side only")

    class TextState(models.TextChoices):
        PENDING = "pending", _("only the feed's text so far")
        FULL = "full", _("full text")
        FAILED = "failed", _("the page could not be read; the feed's text is kept")

    source = models.ForeignKey(Source, models.PROTECT, related_name="articles", verbose_name=_("source"))
    # "url:<canonical address>", else "id:<source>:<the feed's id>", else "text:<digest>": the first that exists
    identity = models.CharField(max_length=2100, editable=False)
    guid = models.CharField(_("the feed's id"), max_length=2000, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"), default=timezone.now)
    listed_at = models.DateTimeField(
        _("listed at"), default=timezone.now
    )  # published, else first seen: what lists sort by
    story = models.ForeignKey(
        Story, models.SET_NULL, null=True, blank=True, related_name="articles", verbose_name=_("story")
    )
    revision = models.ForeignKey(
        "Revision", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("current text")
    )
    text_state = models.CharField(_("text"), max_length=8, choices=TextState, default=TextState.PENDING)
    text_error = models.TextField(blank=True)
    # counted before the page is fetched: a page that kills the worker is set aside the third time
    text_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    text_due_at = models.DateTimeField(null=True, editable=False)  # when a page that failed is tried again
    entry_digest = models.CharField(
        max_length=64, blank=True, editable=False
    )  # of the feed's entry: unchanged means nothing to do

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    score = models.FloatField(_("best score"), default=0)  # of its suggestions
    # the queue it stands in where no plan is suggested; derived, written by `articles.matching.suggest` alone
    beside = models.CharField(
        _("beside the plans"), max_length=8, choices=Beside, default=Beside.NOTHING, blank=True, editable=False
    )
    # what the review queue is ordered by; derived, written by `articles.queue.weigh` alone
    priority = models.FloatField(_("priority"), default=0, editable=False)
    later_on = models.DateField(_("not before"), null=True, blank=True)  # «not now»
    assigned_to = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-listed_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["identity"], name="article_once"),
            models.UniqueConstraint(fields=["source", "guid"], condition=~Q(guid=""), name="entry_once_a_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-listed_at", "-id"], name="articles_newest"),  # news list
            models.Index(
                fields=["-priority", "-listed_at", "-id"],
                condition=Q(state="waiting", score__gt=0),
                name="articles_waiting",
            ),  # review queue
            models.Index(
                fields=["language", "-priority", "-listed_at", "-id"],
                condition=Q(state="waiting", score__gt=0),
                name="articles_waiting_in",
            ),  # its part in a language that hardly occurs
            models.Index(
                fields=["source", "-priority", "-listed_at", "-id"],
                condition=Q(state="waiting", score__gt=0),
                name="articles_waiting_from",
            ),  # or of a source that seldom speaks
            models.Index(
                fields=["-decided_at", "-id"], condition=Q(decided_at__isnull=False), name="articles_decided"
            ),  # done today, undoing many at once
            models.Index(
                fields=["beside", "-listed_at", "-id"],
                condition=Q(state="waiting", score=0) & ~Q(beside=""),
                name="articles_beside",
            ),  # members' news, one side only
            models.Index(
                fields=["later_on"], condition=Q(later_on__isnull=False), name="articles_put_off"
            ),  # the queue's «put off»
            models.Index(  # importer: pages to read or to try again
                fields=["source", "text_due_at"],
                condition=Q(text_due_at__isnull=False) | Q(text_state="pending"),
                name="texts_due",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url or str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("article", args=[self.pk])


class Revision(models.Model):
    """The text of an article as it stood when fetched: plain, immutable, named by its digest. Quotes point into it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="revisions", verbose_name=_("article"))
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=500, blank=True)
    text = models.TextField(_("text"))  # paragraphs parted by a blank line, no markup
    digest = models.CharField(_("SHA-256"), max_length=64)  # of title, newline, text in UTF-8
    retrieved_at = models.DateTimeField(_("retrieved"), default=timezone.now)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["article", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "number"], name="revision_number_once"),
            models.UniqueConstraint(fields=["article", "digest"], name="revision_text_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["digest"], name="revision_by_digest")
        ]  # archived copy of a piece of evidence

    def __str__(self) -> str:
        return f"{self.article} ({self.number})"
