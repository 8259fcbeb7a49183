"""Quotes of articles and the work on them: who has a story open, second readings, comments, corrections."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.press import Article, Revision
from plans.models import Commitment, Evidence, Pillar, Plan, User


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
