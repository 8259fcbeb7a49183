"""What the press says: sources and their runs, articles and their texts, and what they may mean for a plan."""

from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.querysets import ArticleQuerySet, SourceQuerySet
from plans.models import Alias, Assessment, Commitment, Evidence, Party, Pillar, Plan, Sector, User


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
        indexes: ClassVar = [models.Index(fields=["source", "-started_at"], name="runs_of_source")]  # sources page

    def __str__(self) -> str:
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"


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
        indexes: ClassVar = [GinIndex(fields=["bands"], name="fingerprint_bands")]  # candidates of a story

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
    identity = models.CharField(max_length=2100, unique=True, editable=False)
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
            models.Index(fields=["story"], name="articles_of_story"),
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


class Suggestion(models.Model):
    """That an article may concern a plan, or an area of cooperation, with the very words that speak for it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    article = models.ForeignKey(Article, models.CASCADE, related_name="suggestions", verbose_name=_("article"))
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("plan"))
    sector = models.ForeignKey(
        Sector, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("sector")
    )
    score = models.FloatField(_("score"))
    # [{"feature", "weight", "quote", "start", "end", "in_title"}], offsets in code points of the text or title
    reasons = models.JSONField(_("reasons"), default=list)
    revision = models.ForeignKey(
        Revision, models.CASCADE, null=True, related_name="+", verbose_name=_("text it was read from")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-score", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "plan", "sector"], nulls_distinct=False, name="suggestion_once"),
            models.CheckConstraint(
                condition=Q(plan__isnull=False, sector__isnull=True) | Q(plan__isnull=True, sector__isnull=False),
                name="suggests_a_plan_or_a_sector",
            ),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="score_from_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"{self.plan or self.sector}: {self.score:.2f}"


class Aside(models.Model):
    """News that is not a plan's own: of a member with the plan's partner, or of one side alone. A person may raise it.

    Derived from the text and written anew with every matching; what a person decides stands in the article.
    """

    article = models.ForeignKey(Article, models.CASCADE, related_name="asides", verbose_name=_("article"))
    # empty: only the party is named, and nobody of the other side
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("plan"))
    party = models.ForeignKey(Party, models.CASCADE, related_name="+", verbose_name=_("party"))
    sectors = ArrayField(models.SlugField(), default=list, verbose_name=_("pillars"))
    score = models.FloatField(_("score"))
    reasons = models.JSONField(_("reasons"), default=list)  # as those of a suggestion
    revision = models.ForeignKey(
        Revision, models.CASCADE, null=True, related_name="+", verbose_name=_("text it was read from")
    )

    class Meta:
        verbose_name = _("news beside the plans")
        verbose_name_plural = _("news beside the plans")
        ordering = ["-score", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "plan", "party"], nulls_distinct=False, name="aside_once"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="aside_score_from_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"{self.article}: {self.plan or self.party}"


class Annotation(models.Model):
    """A quoted passage and what it says of a plan (W3C Web Annotation: TextQuoteSelector and TextPositionSelector).

    Offsets count code points of the revision's text, end exclusive; the server cuts `exact`, `prefix` and `suffix`
    from its own copy.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="annotations", verbose_name=_("text"))
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    exact = models.TextField(_("quote"))
    prefix = models.CharField(max_length=64, blank=True)
    suffix = models.CharField(max_length=64, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Evidence.Kind)
    speaker = models.CharField(_("who speaks"), max_length=5, choices=Evidence.Speaker, default=Evidence.Speaker.THIRD)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+", verbose_name=_("plan"))
    pillar = models.ForeignKey(
        Pillar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("pillar")
    )
    commitment = models.ForeignKey(
        Commitment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("commitment")
    )
    note = models.TextField(_("note"), blank=True)
    evidence = models.OneToOneField(Evidence, models.PROTECT, related_name="annotation", verbose_name=_("evidence"))
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    assigned_to = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )  # who is to look at it
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("replaces")
    )  # what it was before it was edited

    class Meta:
        verbose_name = _("annotation")
        verbose_name_plural = _("annotations")
        ordering = ["revision", "start"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="quote_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.exact[:80]


class Claim(models.Model):
    """Somebody has a story open in the review, until it lapses; whoever came first has it. The article is the lead."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="claims", verbose_name=_("article"))
    person = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["since", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "person"], name="claimed_once_a_person")]

    def __str__(self) -> str:
        return f"{self.article}: {self.person}"


class Anchor(models.Model):
    """Where a quote stands in a later text of its article; the annotation itself goes on pointing into its own text."""

    class State(models.TextChoices):
        ANCHORED = "anchored", _("found again")
        REVIEW = "review", _("needs review")
        CONFIRMED = "confirmed", _("confirmed by a person")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Method(models.TextChoices):
        POSITION = "position", _("same place, same words")
        EXACT = "exact", _("same words")
        FUZZY = "fuzzy", _("similar words")
        WORDS = "words", _("by the words around it")
        PERSON = "person", _("chosen by a person")
        NONE = "none", _("not found")

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="anchors", verbose_name=_("annotation"))
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="anchors", verbose_name=_("text"))
    start = models.PositiveIntegerField(_("start"), null=True, blank=True)
    end = models.PositiveIntegerField(_("end"), null=True, blank=True)
    method = models.CharField(_("how it was found"), max_length=8, choices=Method)
    score = models.FloatField(_("likeness"), default=0)
    differs = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("place in a later text")
        verbose_name_plural = _("places in later texts")
        ordering = ["revision", "start"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["annotation", "revision"], name="anchored_once_a_text"),
            models.CheckConstraint(
                condition=Q(start__isnull=True, end__isnull=True) | Q(end__gt=F("start")), name="anchor_is_not_empty"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["anchored", "confirmed"]) | Q(start__isnull=False), name="anchored_has_a_place"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["made_at", "id"], condition=Q(state="review"), name="anchors_to_review")
        ]

    def __str__(self) -> str:
        return f"{self.annotation}: {self.get_state_display()}"


class Comment(models.Model):
    """What people who work here say to each other about a quote; who is named with @ is told."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="comments", verbose_name=_("annotation"))
    text = models.TextField(_("comment"), max_length=4000)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["at", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="comment_says_something")]

    def __str__(self) -> str:
        return self.text[:80]


class Follow(models.Model):
    """Somebody wants to hear of a plan: changed statuses, silence, due dates."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="follows", verbose_name=_("plan"))
    person = models.ForeignKey(User, models.CASCADE, related_name="follows", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("followed plan")
        verbose_name_plural = _("followed plans")
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "plan"], name="followed_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.plan}"


class Notice(models.Model):
    """Something a person is told, once (`key`); its words are said in the reader's language when it is shown."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("assigned to me")
        MENTION = "mention", _("mentions")
        STATUS = "status", _("changed statuses of followed plans")
        SILENT = "silent", _("silence in followed plans")
        DUE = "due", _("due dates in followed plans")

    person = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(max_length=80, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="+", verbose_name=_("article"))
    annotation = models.ForeignKey(
        Annotation, models.CASCADE, null=True, related_name="+", verbose_name=_("annotation")
    )
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="+", verbose_name=_("comment"))
    commitment = models.ForeignKey(
        Commitment, models.CASCADE, null=True, related_name="+", verbose_name=_("commitment")
    )
    assessment = models.ForeignKey(
        Assessment, models.CASCADE, null=True, related_name="+", verbose_name=_("assessment")
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-made_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "key"], name="told_once")]
        indexes: ClassVar = [
            models.Index(fields=["person", "-made_at", "-id"], name="notices_of_a_person"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notices_unread"),  # the bell
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.key}"


class Wish(models.Model):
    """What a person wants to be told, and whether by e-mail too. Without a row: in the page, and no e-mail."""

    class Digest(models.TextChoices):
        NEVER = "", _("no e-mail")
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every Monday")

    person = models.OneToOneField(User, models.CASCADE, related_name="wish", verbose_name=_("person"))
    digest = models.CharField(_("digest by e-mail"), max_length=6, choices=Digest, blank=True, default=Digest.NEVER)
    language = models.CharField(
        _("language"), max_length=2, choices=[("ar", "العربية"), ("en", "English")], default="ar"
    )
    unwanted = ArrayField(models.CharField(max_length=10, choices=Notice.Kind), default=list, blank=True)

    class Meta:
        verbose_name = _("wish about notices")
        verbose_name_plural = _("wishes about notices")

    def __str__(self) -> str:
        return f"{self.person}: {self.digest or '-'}"


class Digest(models.Model):
    """That the digest of a period went to a person: written before it is sent, so that none is ever sent twice."""

    person = models.ForeignKey(User, models.CASCADE, related_name="digests", verbose_name=_("person"))
    period = models.CharField(_("period"), max_length=10)  # «2026-11-25», «2026-W48»
    claimed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    notices = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "period"], name="one_digest_a_period")]

    def __str__(self) -> str:
        return f"{self.person}: {self.period}"


class ReadingShare(models.Model):
    """How much of a plan's quoted texts a second person reads, unseen by the first: for measuring agreement."""

    plan = models.OneToOneField(
        Plan, models.CASCADE, primary_key=True, related_name="reading_share", verbose_name=_("plan")
    )
    percent = models.PositiveSmallIntegerField(_("read twice, per cent"), default=10)

    class Meta:
        verbose_name = _("share read twice")
        verbose_name_plural = _("shares read twice")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent__lte=100),
                name="share_of_a_hundred",
                violation_error_message=_("A hundred per cent at most."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.percent} %"


class SecondReading(models.Model):
    """What a second person found in a text without seeing the first one's quotes: a kind for some of its sentences."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="second_readings", verbose_name=_("text"))
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="+", verbose_name=_("plan"))
    reader = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("reader"))
    kinds = models.JSONField(_("kinds"), default=dict)  # {"120-180": "progress"}: offsets of the sentence
    read_at = models.DateTimeField(_("read"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("second reading")
        verbose_name_plural = _("second readings")
        ordering = ["-read_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["revision", "plan"], name="second_reading_once")]

    def __str__(self) -> str:
        return f"{self.revision}: {self.reader}"


class Correction(models.Model):
    """A line of the public log: what this site said wrongly, what holds now, and the evidence for it."""

    on = models.DateField(_("date"), default=timezone.localdate)
    wrong_en = models.TextField(_("what was wrong, in English"), max_length=2000, blank=True)
    wrong_ar = models.TextField(_("what was wrong, in Arabic"), max_length=2000, blank=True)
    holds_en = models.TextField(_("what holds now, in English"), max_length=2000, blank=True)
    holds_ar = models.TextField(_("what holds now, in Arabic"), max_length=2000, blank=True)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="corrections", verbose_name=_("evidence"))
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(~Q(wrong_en="") & ~Q(holds_en="")) | (~Q(wrong_ar="") & ~Q(holds_ar="")),
                name="correction_says_both",
                violation_error_message=_("Say in one language at least what was wrong and what holds now."),
            )
        ]

    def __str__(self) -> str:
        return self.wrong_en or self.wrong_ar


class Host(models.Model):
    """When a host may next be asked: the pause between requests holds across workers and machines."""

    name = models.CharField(max_length=255, primary_key=True)
    next_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def __str__(self) -> str:
        return self.name


class AliasProposal(models.Model):
    """A name of one of our things that a reviewer found in the press; it counts once a second person approves it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for approval")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("returned")

    text = models.CharField(_("form"), max_length=200)
    language = models.CharField(_("language"), max_length=8)
    kind = models.CharField(_("kind"), max_length=16, choices=Alias.Kind)
    exact_case = models.BooleanField(_("case must agree"), default=False)
    party = models.ForeignKey(Party, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("party"))
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("plan"))
    sector = models.ForeignKey(
        Sector, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("sector")
    )
    article = models.ForeignKey(
        Article, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("article")
    )
    # {"stands", "is_whole", "looked", "new"}: what the preview said when it was proposed
    preview = models.JSONField(default=dict, editable=False)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("proposed name")
        verbose_name_plural = _("proposed names")
        ordering = ["proposed_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="nobody_approves_their_own_name",
                violation_error_message=_("Somebody else must approve what you proposed."),
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=["accepted", "returned"], decided_by__isnull=False, decided_at__isnull=False),
                name="name_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="returned", note=""), name="name_returned_with_a_note"),
            models.CheckConstraint(
                condition=Q(party__isnull=False, plan=None, sector=None)
                | Q(party=None, plan__isnull=False, sector=None)
                | Q(party=None, plan=None, sector__isnull=False),
                name="proposed_name_of_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["proposed_at"], condition=Q(state="waiting"), name="names_waiting")  # the queue
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def thing(self) -> Party | Plan | Sector:
        """What it would be a name of."""
        named = self.party or self.plan or self.sector
        assert named is not None
        return named


class Rematching(models.Model):
    """The looking anew through the stored news that have an alias in their text; what is left stands in RematchDue."""

    alias = models.ForeignKey(Alias, models.CASCADE, related_name="+", verbose_name=_("alias"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    begun_at = models.DateTimeField(_("begun"), null=True)  # when what is to be looked at was listed
    finished_at = models.DateTimeField(_("finished"), null=True)
    total = models.PositiveIntegerField(_("articles"), default=0)
    looked = models.PositiveIntegerField(_("looked at"), default=0)
    changed = models.PositiveIntegerField(_("with something new"), default=0)

    class Meta:
        verbose_name = _("matching anew")
        verbose_name_plural = _("matchings anew")
        ordering = ["-asked_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=Q(finished_at=None), name="rematchings_open")  # the task
        ]

    def __str__(self) -> str:
        return f"{self.alias}: {self.looked}/{self.total}"


class RematchDue(models.Model):
    """An article that a rematching has still to look at."""

    rematching = models.ForeignKey(Rematching, models.CASCADE, related_name="due")
    article = models.ForeignKey(Article, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rematching", "article"], name="rematch_due_once")]

    def __str__(self) -> str:
        return f"{self.rematching_id}: {self.article_id}"


class Decision(models.Model):
    """What a person decided about a suggestion, with what it rested on then: kept so that weights can be learned.

    Written by `articles.decisions` alone and never changed, however often the suggestion itself is.
    """

    class Action(models.TextChoices):
        ACCEPT = "accept", _("accepted")
        DISMISS = "dismiss", _("dismissed")
        RAISE = "raise", _("raised to the plan")
        REOPEN = "reopen", _("taken back")

    action = models.CharField(_("decision"), max_length=8, choices=Action)
    article = models.ForeignKey(Article, models.CASCADE, related_name="decisions", verbose_name=_("article"))
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+", verbose_name=_("text"))
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, related_name="+", verbose_name=_("plan"))
    sector = models.ForeignKey(Sector, models.CASCADE, null=True, related_name="+", verbose_name=_("sector"))
    party = models.ForeignKey(Party, models.CASCADE, null=True, related_name="+", verbose_name=_("party"))
    was_suggested = models.BooleanField(_("suggested by the matching"), default=True)
    score = models.FloatField(_("score"))
    # [{"feature", "weight", "quote", "start", "end", "in_title", "concept"}]
    features = models.JSONField(_("features"), default=list)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by"))
    at = models.DateTimeField(_("decided at"), default=timezone.now)

    class Meta:
        verbose_name = _("decision about a suggestion")
        verbose_name_plural = _("decisions about suggestions")
        ordering = ["at", "pk"]
        indexes: ClassVar = [models.Index(fields=["at", "id"], name="decisions_in_order")]  # the export

    def __str__(self) -> str:
        return f"{self.article}: {self.plan or self.sector or self.party} {self.get_action_display()}"


# what people do to quotes is in the history, written by triggers as all of it is (`plans/models/history.py`)
for _model in (Annotation, Anchor, Comment, Correction, SecondReading):
    pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(_model)
# of an article what people decide; what the importer writes has its runs and revisions
pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "decided_at", "later_on", "assigned_to")),
    fields=["id", "state", "decided_by", "decided_at", "later_on", "assigned_to"],
    model_name="ArticleEvent",
)(Article)


class Finding(models.Model):
    """What search keeps of an article, a piece of evidence, a commitment or a plan: the terms of its words.

    Written by `articles.indexing` alone, for what the triggers of the migration `search` have noted in SearchDue.
    `public_terms` holds what anybody may read, `terms` also the texts of articles. Both hold words of the filters
    beside («kind:article», «plan:3», «month:2026-11»), so that one index answers the whole question.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("plan")
        COMMITMENT = "commitment", _("commitment")
        EVIDENCE = "evidence", _("evidence")
        ARTICLE = "article", _("article")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    thing = models.BigIntegerField()  # the key of what is found; its row may be gone before the finding is
    at = models.DateTimeField(_("date"))
    plans = ArrayField(models.BigIntegerField(), default=list)
    pillars = ArrayField(models.BigIntegerField(), default=list)
    source = models.BigIntegerField(null=True)
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=16, blank=True)
    public_terms = SearchVectorField()
    terms = SearchVectorField()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "thing"], name="found_once")]
        # without fastupdate: what waits in its list is read through by every search
        indexes: ClassVar = [
            GinIndex(fields=["public_terms"], name="findings_public", fastupdate=False),
            GinIndex(fields=["terms"], name="findings_all", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing}"


class SearchDue(models.Model):
    """What has changed since search last looked at it; filled by triggers, emptied by `articles.indexing`."""

    kind = models.CharField(max_length=10, choices=Finding.Kind)
    thing = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "thing"], name="due_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing}"


class Term(models.Model):
    """A word of the index as it is written folded, and in how many things; what a prefix is spelt out with."""

    text = models.CharField(max_length=64, primary_key=True, db_collation="C")
    things = models.IntegerField(default=1)  # as of the last count; orders the words of a prefix

    def __str__(self) -> str:
        return self.text


class SavedSearch(models.Model):
    """A search a person keeps: found again by its name, followed by an Atom feed, sent by mail once a day."""

    person = models.ForeignKey(User, models.CASCADE, related_name="searches", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=120)
    query = models.CharField(max_length=2000)  # the address of the search behind its «?»
    language = models.CharField(max_length=2, default="en")  # of the mail
    key = models.CharField(max_length=64, unique=True, editable=False)  # of the feed's address: whoever has it may read
    by_mail = models.BooleanField(_("by mail, once a day"), default=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "name"],
                name="search_name_once",
                violation_error_message=_("You have a search of this name."),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["sent_at"], condition=Q(by_mail=True), name="searches_by_mail")
        ]  # the digest

    def __str__(self) -> str:
        return self.name
