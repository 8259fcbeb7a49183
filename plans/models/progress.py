"""Where it stands: evidence, what a side or the assessor holds because of it, and how dates moved.

The rows here are the record: PostgreSQL refuses to change, delete or truncate evidence, assessments and withdrawals
(triggers in the migration `append_only`), and composite foreign keys keep a piece of evidence within its own plan.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.agreement import Commitment, Milestone, Pillar, Plan, Side, precision_field
from plans.models.people import User
from plans.querysets import AssessmentQuerySet, DateChangeQuerySet, DisagreementQuerySet, EvidenceQuerySet

SHA256 = RegexValidator(r"^[0-9a-f]{64}$", _("A SHA-256 digest: 64 hexadecimal digits."))


class Level(models.TextChoices):
    """Completion on the scale of the Open Government Partnership's review; dropped where the sides gave it up."""

    NOT_STARTED = "not_started", _("Not started")
    LIMITED = "limited", _("Limited")
    SUBSTANTIAL = "substantial", _("Substantial")
    COMPLETED = "completed", _("Completed")
    DROPPED = "dropped", _("Dropped")


class Evidence(models.Model):
    """What a source says of a plan: its very words, or a summary in ours, never both. Append-only."""

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("Announcement")
        PROGRESS = "progress", _("Progress")
        DELAY = "delay", _("Delay")
        STATEMENT = "statement", _("Statement")
        DISPUTE = "dispute", _("Dispute")
        CORRECTION = "correction", _("Correction")
        CONTEXT = "context", _("Context")

    class Speaker(models.TextChoices):
        A = "a", _("side A")
        B = "b", _("side B")
        BOTH = "both", _("both sides")
        THIRD = "third", _("a third party")

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="evidence", verbose_name=_("plan"))
    pillar = models.ForeignKey(
        Pillar, models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("pillar")
    )
    commitment = models.ForeignKey(
        Commitment, models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("commitment")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    speaker = models.CharField(_("who speaks"), max_length=5, choices=Speaker, default=Speaker.THIRD)

    quote = models.TextField(_("quote"), blank=True, help_text=_("The source's very words."))
    language = models.CharField(_("language of the quote"), max_length=8, blank=True)
    gloss_en = models.TextField(_("gloss in English"), blank=True)
    gloss_ar = models.TextField(_("gloss in Arabic"), blank=True)
    summary_en = models.TextField(
        _("summary in English"), blank=True, help_text=_("Our own words; shown as a summary, never as a quotation.")
    )
    summary_ar = models.TextField(_("summary in Arabic"), blank=True)

    publisher = models.CharField(_("publisher"), max_length=200)
    title = models.CharField(_("title of the source"), max_length=500, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    published_on = models.DateField(_("published on"))
    published_precision = precision_field(_("precision of that date"))
    retrieved_at = models.DateTimeField(_("retrieved"), null=True, blank=True)
    digest = models.CharField(_("SHA-256 of the archived copy"), max_length=64, blank=True, validators=[SHA256])

    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    key = models.CharField(_("key of the seed"), max_length=80, blank=True, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = pgettext_lazy("several pieces", "evidence")
        ordering = ["-published_on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(~Q(quote="") & Q(summary_en="", summary_ar=""))
                | (Q(quote="") & (~Q(summary_en="") | ~Q(summary_ar=""))),
                name="quote_or_summary",
                violation_error_message=_("Give either the source's words or a summary in ours, not both."),
            ),
            models.CheckConstraint(
                condition=Q(quote="") | (Q(digest__regex=r"^[0-9a-f]{64}$") & ~Q(language="")),
                name="quote_has_its_archived_copy",
                violation_error_message=_("A quotation needs the digest of the archived copy and its language."),
            ),
            models.CheckConstraint(
                condition=~Q(publisher=""),
                name="evidence_names_its_source",
                violation_error_message=_("Name the source."),
            ),
            models.UniqueConstraint(fields=["plan", "key"], condition=~Q(key=""), name="evidence_seeded_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["plan", "-published_on", "-id"], name="evidence_of_plan"),  # plan page
            models.Index(fields=["-published_on", "-id"], name="evidence_newest"),  # overview
            models.Index(fields=["commitment", "-published_on"], name="evidence_of_commitment"),  # ledger, silence
        ]

    def __str__(self) -> str:
        return f"{self.publisher}, {self.published_on}: {(self.quote or self.summary_en or self.summary_ar)[:80]}"

    def get_absolute_url(self) -> str:
        return reverse("evidence", args=[self.pk])

    @property
    def is_quote(self) -> bool:
        return bool(self.quote)

    @property
    def is_withdrawn(self) -> bool:
        return hasattr(self, "withdrawal")


class Assessment(models.Model):
    """On a day a side, or with an empty side the assessor, holds a commitment to be at a level, because of its ground.

    Append-only.
    """

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="assessments", verbose_name=_("commitment"))
    # the commitment's plan again, so that a foreign key can hold ground and commitment to the same plan
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+", editable=False, verbose_name=_("plan"))
    side = models.CharField(_("side"), max_length=1, choices=Side, blank=True, help_text=_("Empty for the assessor."))
    level = models.CharField(_("level"), max_length=12, choices=Level)
    on = models.DateField(_("as of"))
    ground = models.ForeignKey(
        Evidence, models.PROTECT, related_name="grounds", verbose_name=_("ground")
    )  # never null: no status without evidence
    evidence: "models.ManyToManyField[Evidence, AssessmentEvidence]" = models.ManyToManyField(
        Evidence, through="AssessmentEvidence", related_name="supports", verbose_name=_("further evidence")
    )
    note_en = models.TextField(_("note in English"), blank=True)
    note_ar = models.TextField(_("note in Arabic"), blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-on", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=["", *Side.values]), name="side_of_the_plan_or_assessor"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="level_on_the_scale"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["commitment", "side", "-on"], name="latest_of_a_side")
        ]  # plan page, roll-ups

    def __str__(self) -> str:
        return f"{self.commitment.code} {self.side or '-'}: {self.level} ({self.on})"

    @property
    def is_withdrawn(self) -> bool:
        return hasattr(self, "withdrawal")


class AssessmentEvidence(models.Model):
    """A further piece of evidence beside an assessment's ground."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assessment", "evidence"], name="further_evidence_once")
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id}: {self.evidence_id}"


class Withdrawal(models.Model):
    """Evidence or an assessment no longer stands: who said so, when and why. Append-only."""

    evidence = models.OneToOneField(
        Evidence, models.PROTECT, null=True, blank=True, related_name="withdrawal", verbose_name=_("evidence")
    )
    assessment = models.OneToOneField(
        Assessment, models.PROTECT, null=True, blank=True, related_name="withdrawal", verbose_name=_("assessment")
    )
    reason = models.TextField(_("reason"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(evidence__isnull=False, assessment__isnull=True)
                | Q(evidence__isnull=True, assessment__isnull=False),
                name="withdraws_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawal_says_why"),
        ]

    def __str__(self) -> str:
        return self.reason


class Disagreement(models.Model):
    """A piece of evidence contradicts an earlier one, an assessment, or what the record says.

    Both are kept; which of them is preferred may be said later, with the reason.
    """

    class About(models.TextChoices):
        LEVEL = "level", _("how far it has come")
        DATE = "date", _("a date")
        PERIOD = "period", _("the period")
        ACT = "act", _("what was done: signed, adopted …")
        TITLE = "title", _("a person’s title or a name")
        FIGURE = "figure", _("a figure")
        OTHER = "other", _("something else")

    class Preferred(models.TextChoices):
        OPEN = "", _("not decided")
        NEWER = "newer", _("this quote")
        EARLIER = "earlier", _("what stood before")

    evidence = models.ForeignKey(
        Evidence, models.PROTECT, related_name="contradicts", verbose_name=_("evidence that contradicts")
    )
    earlier = models.ForeignKey(
        Evidence,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contradicted_by",
        verbose_name=_("earlier evidence"),
    )
    assessment = models.ForeignKey(
        Assessment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contradicted_by",
        verbose_name=_("assessment"),
    )
    held = models.CharField(_("what the record says"), max_length=500, blank=True)
    about = models.CharField(_("about"), max_length=8, choices=About, default=About.OTHER)
    preferred = models.CharField(_("preferred"), max_length=8, choices=Preferred, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True, editable=False)

    objects = DisagreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("disagreement")
        verbose_name_plural = _("disagreements")
        ordering = ["-recorded_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(earlier__isnull=False, assessment__isnull=True, held="")
                | Q(earlier__isnull=True, assessment__isnull=False, held="")
                | (Q(earlier__isnull=True, assessment__isnull=True) & ~Q(held="")),
                name="contradicts_one_thing",
            ),
            models.CheckConstraint(condition=Q(preferred="") | ~Q(reason=""), name="preference_says_why"),
            models.UniqueConstraint(
                fields=["evidence", "earlier", "assessment", "about", "held"],
                nulls_distinct=False,
                name="contradicted_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} ↔ {self.earlier_id or self.assessment_id or self.held}"


class DateChange(models.Model):
    """A date that moved, in the open: from, to (or no new date), why, on what evidence, who asked and who agreed."""

    commitment = models.ForeignKey(
        Commitment, models.CASCADE, null=True, blank=True, related_name="date_changes", verbose_name=_("commitment")
    )
    milestone = models.ForeignKey(
        Milestone, models.CASCADE, null=True, blank=True, related_name="date_changes", verbose_name=_("milestone")
    )
    from_date = models.DateField(_("from"), null=True, blank=True)
    from_precision = precision_field(_("precision of the former date"))
    to_date = models.DateField(_("to"), null=True, blank=True, help_text=_("Empty where no new date was set."))
    to_precision = precision_field(_("precision of the new date"))
    decided_on = models.DateField(_("decided on"))
    reason_en = models.TextField(_("reason in English"), blank=True)
    reason_ar = models.TextField(_("reason in Arabic"), blank=True)
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="date_changes", verbose_name=_("evidence")
    )
    asked_by = models.CharField(_("asked by"), max_length=1, choices=Side, blank=True)
    agreed_by = models.CharField(_("agreed by"), max_length=1, choices=Side, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    objects = DateChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("date change")
        verbose_name_plural = _("date changes")
        ordering = ["decided_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(commitment__isnull=False, milestone__isnull=True)
                | Q(commitment__isnull=True, milestone__isnull=False),
                name="date_change_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason_en="") | ~Q(reason_ar=""), name="date_change_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.from_date} → {self.to_date or '–'}"


class Wording(models.Model):
    """A commitment's text as agreed at a time. An amendment is a new version beside the old. Append-only."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="wordings", verbose_name=_("commitment"))
    number = models.PositiveSmallIntegerField(_("version"))
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    text_en = models.TextField(_("text as agreed, in English"), blank=True)
    text_ar = models.TextField(_("text as agreed, in Arabic"), blank=True)
    agreed_on = models.DateField(_("agreed on"), null=True, blank=True)
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="wordings", verbose_name=_("evidence")
    )
    note_en = models.TextField(_("note in English"), blank=True)
    note_ar = models.TextField(_("note in Arabic"), blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["commitment", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["commitment", "number"], name="wording_number_once")]

    def __str__(self) -> str:
        return f"{self.commitment.code} ({self.number})"


class Check(models.Model):
    """Someone looked, in these sources and languages, and found nothing new: silence restarts, honestly."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="checks", verbose_name=_("commitment"))
    on = models.DateField(_("on"))
    sources = models.TextField(_("sources searched"))
    languages = ArrayField(models.CharField(max_length=8), verbose_name=_("languages"))
    note = models.TextField(_("note"), blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.commitment.code}: {self.on}"
