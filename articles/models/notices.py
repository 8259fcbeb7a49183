"""What people follow and are told."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.press import Article
from articles.models.review import Annotation, Comment
from plans.models import Assessment, Commitment, Plan, User


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
