"""What things are called: every surface form of a party, plan, pillar, sector or commitment, by language."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.models.agreement import Commitment, Party, Pillar, Plan, Sector


class Alias(models.Model):
    """A form the press uses. A false friend names none of ours and keeps a longer name from being taken for one."""

    class Kind(models.TextChoices):
        NAME = "name", pgettext_lazy("kind of form", "name")
        ADJECTIVE = "adjective", _("adjective")
        ACRONYM = "acronym", _("acronym")
        CAPITAL = "capital", _("capital")
        TOWN = "town", _("town")
        PERSON = "person", _("person")
        MINISTRY = "ministry", _("ministry")
        COMPANY = "company", _("company")
        KEYWORD = "keyword", _("keyword")
        FALSE_FRIEND = "false-friend", _("false friend")

    class Origin(models.TextChoices):
        FACTS = "facts", _("the plan's sources")
        RESEARCH = "research", _("research")
        GENERAL = "general", _("general knowledge")
        CLDR = "cldr", _("CLDR")
        STAFF = "staff", _("staff")

    text = models.CharField(_("form"), max_length=200)
    language = models.CharField(_("language"), max_length=8)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    origin = models.CharField(_("origin"), max_length=12, choices=Origin, default=Origin.STAFF)
    exact_case = models.BooleanField(
        _("case must agree"), default=False, help_text=_("For acronyms that are also words.")
    )
    party = models.ForeignKey(
        Party, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name=_("party")
    )
    plan = models.ForeignKey(
        Plan, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name=_("plan")
    )
    pillar = models.ForeignKey(
        Pillar, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name=_("pillar")
    )
    sector = models.ForeignKey(
        Sector, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name=_("sector")
    )
    commitment = models.ForeignKey(
        Commitment, models.CASCADE, null=True, blank=True, related_name="aliases", verbose_name=_("commitment")
    )

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        ordering = ["language", "text"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["text", "language", "party", "plan", "pillar", "sector", "commitment"],
                nulls_distinct=False,
                name="alias_once",
                violation_error_message=_("This form is recorded already."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind="false-friend", party=None, plan=None, pillar=None, sector=None, commitment=None)
                    | (
                        ~Q(kind="false-friend")
                        & (
                            Q(party__isnull=False, plan=None, pillar=None, sector=None, commitment=None)
                            | Q(party=None, plan__isnull=False, pillar=None, sector=None, commitment=None)
                            | Q(party=None, plan=None, pillar__isnull=False, sector=None, commitment=None)
                            | Q(party=None, plan=None, pillar=None, sector__isnull=False, commitment=None)
                            | Q(party=None, plan=None, pillar=None, sector=None, commitment__isnull=False)
                        )
                    )
                ),
                name="alias_names_one_thing",
                violation_error_message=_("An alias names exactly one thing; a false friend names none."),
            ),
        ]

    def __str__(self) -> str:
        return self.text
