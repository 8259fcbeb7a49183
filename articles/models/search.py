"""What search keeps, what it has still to look at, and the searches people keep."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models import User


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
