"""Mithaq as one application: the roles exist wherever its tables do."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MithaqConfig(AppConfig):
    name = "config"
    verbose_name = _("Mithaq")

    def ready(self) -> None:
        from config.people import ensure_roles_after_migrate

        post_migrate.connect(ensure_roles_after_migrate, dispatch_uid="roles")
