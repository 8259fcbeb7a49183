"""What the matching says of an article, what people decided of it, and the names they taught it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.press import Article, Revision
from plans.models import Alias, Party, Plan, Sector, User


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
