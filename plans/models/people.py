"""Who works here. A person may speak for one party as its focal point."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Someone with an account; roles are Django's groups (`config/people.py` says what each may do)."""

    party = models.ForeignKey(
        "plans.Party",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="focal_points",
        verbose_name=_("focal point of"),
        help_text=_("The party this person reports for, if any."),
    )
    plans = models.ManyToManyField(
        "plans.Plan",
        blank=True,
        related_name="editors",
        verbose_name=_("limited to these plans"),
        help_text=_("An editor with none here may edit every plan."),
    )
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    pulse: tuple[Any, ...] = ()  # of the plans, read before a person who is signed in (`plans.rights.Accounts`)

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment] # a lazy text, as everywhere
        verbose_name_plural = _("users")  # type: ignore[assignment]

    @property
    def shown_name(self) -> str:
        """The name others see: the full name where there is one, else the user name."""
        return self.get_full_name() or self.get_username()
