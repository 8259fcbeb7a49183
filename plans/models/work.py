"""How the work is done: proposals that wait for approval, reviewed translations, frozen briefings, machines' keys."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models.agreement import Commitment, Plan
from plans.models.people import User


class Proposal(models.Model):
    """A change that waits until somebody else approves it, where the plan asks for that."""

    class Kind(models.TextChoices):
        ASSESS = "assess", _("status")
        WITHDRAW = "withdraw", _("withdrawal")
        MOVE_DATE = "move_date", _("moved date")
        AMEND = "amend", _("amendment")
        CARRY_OVER = "carry_over", _("carry-over")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for approval")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("returned")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="proposals", verbose_name=_("plan"))
    commitment = models.ForeignKey(
        Commitment, models.CASCADE, null=True, blank=True, related_name="proposals", verbose_name=_("commitment")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    # the arguments of the operation, by name: dates as ISO 8601, rows by their primary key
    arguments = models.JSONField(_("what is proposed"))
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["proposed_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="nobody_approves_their_own",
                violation_error_message=_("Somebody else must approve what you proposed."),
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=["accepted", "returned"], decided_by__isnull=False, decided_at__isnull=False),
                name="decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="returned", note=""), name="returned_with_a_note"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["plan", "proposed_at"], condition=Q(state="waiting"), name="proposals_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.commitment or self.plan}"


class Translation(models.Model):
    """That a text in one language is the reviewed translation of the other as it then stood.

    The digests are SHA-256 of both texts in UTF-8; where the original's differs now, the translation is stale.
    """

    model = models.CharField(_("kind of row"), max_length=40)  # «commitment»
    row = models.PositiveBigIntegerField(_("row"))
    field = models.CharField(_("field"), max_length=40)  # «title», without the language
    original = models.CharField(_("language of the original"), max_length=2)
    original_digest = models.CharField(max_length=64)
    translation_digest = models.CharField(max_length=64)
    reviewed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reviewed by")
    )
    reviewed_at = models.DateTimeField(_("reviewed"), default=timezone.now)

    class Meta:
        verbose_name = _("reviewed translation")
        verbose_name_plural = _("reviewed translations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "row", "field"], name="translation_reviewed_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.row}: {self.field}"


class Briefing(models.Model):
    """A briefing as it was published: content and digest are kept and never change. Append-only."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="briefings", verbose_name=_("plan"))
    since = models.DateField(_("since"))
    until = models.DateField(_("until"))
    language = models.CharField(_("language"), max_length=5, help_text=_("«ar», «en», or «ar-en» side by side."))
    content = models.JSONField(_("content"))
    digest = models.CharField(_("SHA-256 of the content"), max_length=64)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"), default=timezone.now, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    class Meta:
        verbose_name = _("briefing")
        verbose_name_plural = _("briefings")
        ordering = ["plan", "-published_at"]

    def __str__(self) -> str:
        return f"{self.plan} {self.until}"


class Token(models.Model):
    """A machine's key to the API, with the rights of a person. Only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses it."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    used_on = models.DateField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("key of the API")
        verbose_name_plural = _("keys of the API")
        ordering = ["user", "name"]

    def __str__(self) -> str:
        return self.name
