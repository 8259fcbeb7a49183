"""What a person may do with one plan: the role says what, `Plan.objects.editable_by` says with which plans."""

from functools import lru_cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from plans.compiled import compiled
from plans.models import Plan, Pulse, User

BACKEND = "plans.rights.Accounts"  # as the settings and sessions name it


@compiled
def _person(pk: int) -> QuerySet[User]:
    return User.objects.filter(pk=pk)


class Accounts(ModelBackend):
    """Django's own accounts; what somebody may do is kept in each process until anything of people or plans changes."""

    def get_user(self, user_id: int) -> User | None:
        """The person with this key, who knows the pulse of the plans that was read before them."""
        pulse = Pulse.objects.now()
        found = _person(user_id)
        if not found or not self.user_can_authenticate(found[0]):
            return None
        found[0].pulse = pulse
        return found[0]

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        pulse = getattr(user_obj, "pulse", ())
        if not pulse or not user_obj.is_active or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        return set(_permissions(user_obj.pk, user_obj.is_superuser, pulse))


@lru_cache(maxsize=128)
def _permissions(pk: int, is_superuser: bool, pulse: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(ModelBackend().get_all_permissions(User(pk=pk, is_superuser=is_superuser)))


def may(user: Any, permission: str, plan: Plan) -> bool:
    """Whether a person's role gives the permission («plans.add_check») and this plan is one of theirs."""
    return (
        isinstance(user, User)
        and user.has_perm(permission)
        and Plan.objects.editable_by(user).filter(pk=plan.pk).exists()
    )


def rights_in(user: Any, plan: Plan, *permissions: str) -> set[str]:
    """Those of the permissions that the person has in this plan, at the cost of one query; without their app's name."""
    if not isinstance(user, User):
        return set()
    held = {permission for permission in permissions if user.has_perm(f"plans.{permission}")}
    return held if held and Plan.objects.editable_by(user).filter(pk=plan.pk).exists() else set()
