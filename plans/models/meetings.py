"""Where the sides meet and what they put on paper: documents, meetings with action points, offices and holders."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models.agreement import Commitment, Party, Plan, Side, precision_field
from plans.models.people import User
from plans.reader import in_words


class Document(models.Model):
    """A text or report a plan's facts rest on. Without an address the outlet and date name it; none is invented."""

    class Kind(models.TextChoices):
        AGREEMENT = "agreement", _("text of the agreement")
        JOINT_STATEMENT = "joint_statement", _("joint statement")
        STATEMENT = "statement", _("official statement")
        MINUTES = "minutes", _("minutes")
        REPORT = "report", _("press report")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="documents", verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.REPORT)
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    publisher = models.CharField(_("publisher"), max_length=200)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    published_precision = precision_field(_("precision of that date"))
    digest = models.CharField(_("SHA-256 of the archived copy"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["plan", "-published_on", "pk"]

    def __str__(self) -> str:
        return in_words(self, "title")


class StoredFile(models.Model):
    """The bytes of an uploaded document. In PostgreSQL, so that any web server can serve what another took in."""

    document = models.OneToOneField(Document, models.CASCADE, related_name="file", verbose_name=_("document"))
    name = models.CharField(_("file name"), max_length=200)
    media_type = models.CharField(_("media type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return self.name


class Meeting(models.Model):
    """A summit, ministerial or working meeting of a plan's sides, and what it reviewed."""

    class Kind(models.TextChoices):
        SUMMIT = "summit", _("summit")
        MINISTERIAL = "ministerial", _("ministerial meeting")
        SENIOR_OFFICIALS = "senior_officials", _("senior officials")
        WORKING_GROUP = "working_group", _("working group")
        MARGINS = "margins", _("on the margins of another event")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="meetings", verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    round = models.PositiveSmallIntegerField(_("round"), null=True, blank=True, help_text=_("«3» for the third round."))
    held_on = models.DateField(_("date"))
    held_precision = precision_field()
    place_en = models.CharField(_("place in English"), max_length=120)
    place_ar = models.CharField(_("place in Arabic"), max_length=120)
    who_en = models.CharField(_("who met, in English"), max_length=300, blank=True)
    who_ar = models.CharField(_("who met, in Arabic"), max_length=300, blank=True)
    summary_en = models.TextField(_("what was reviewed, in English"), blank=True)
    summary_ar = models.TextField(_("what was reviewed, in Arabic"), blank=True)
    documents = models.ManyToManyField(Document, blank=True, related_name="meetings", verbose_name=_("documents"))
    reviewed = models.ManyToManyField(
        Commitment, blank=True, related_name="meetings", verbose_name=_("commitments reviewed")
    )
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["plan", "-held_on"]

    def __str__(self) -> str:
        return f"{in_words(self, 'place')} {self.held_on}"

    def get_absolute_url(self) -> str:
        return reverse("meeting", args=[self.plan.slug, self.pk])


class ActionPoint(models.Model):
    """What a meeting asked somebody to do: by whom, until when, and whether it was done and who saw to that."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="action_points", verbose_name=_("meeting"))
    commitment = models.ForeignKey(
        Commitment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="action_points",
        verbose_name=_("commitment"),
    )
    text_en = models.TextField(_("what is to be done, in English"), blank=True)
    text_ar = models.TextField(_("what is to be done, in Arabic"), blank=True)
    side = models.CharField(_("side"), max_length=1, choices=Side, blank=True, help_text=_("Empty where both owe it."))
    owner_en = models.CharField(_("owner in English"), max_length=200, blank=True)
    owner_ar = models.CharField(_("owner in Arabic"), max_length=200, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("action point")
        verbose_name_plural = _("action points")
        ordering = ["meeting", "due_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(text_en="") | ~Q(text_ar=""),
                name="action_point_says_what",
                violation_error_message=_("Say what is to be done."),
            ),
        ]

    def __str__(self) -> str:
        return in_words(self, "text")[:80]


class Office(models.Model):
    """An office that answers for a plan, or for all plans of a party: offices stay, their holders change."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="offices", verbose_name=_("party"))
    plan = models.ForeignKey(
        Plan,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="offices",
        verbose_name=_("plan"),
        help_text=_("Empty where it answers for all plans of the party."),
    )
    title_en = models.CharField(_("title in English"), max_length=200)
    title_ar = models.CharField(_("title in Arabic"), max_length=200)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["party", "position", "pk"]

    def __str__(self) -> str:
        return in_words(self, "title")


class OfficeHolder(models.Model):
    """Who holds an office, from when to when."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="holders", verbose_name=_("office"))
    name_en = models.CharField(_("name in English"), max_length=200)
    name_ar = models.CharField(_("name in Arabic"), max_length=200)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("office-holder")
        verbose_name_plural = _("office-holders")
        ordering = ["office", "-since", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since")),
                name="office_held_in_order",
                violation_error_message=_("The office is left before it is taken up."),
            ),
        ]

    def __str__(self) -> str:
        return in_words(self, "name")
