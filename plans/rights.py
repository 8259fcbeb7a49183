"""What a person may do with one plan: the role says what, `Plan.objects.editable_by` says with which plans."""

from typing import Any

from plans.models import Plan, User


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


def are_as_read(user: Any) -> bool:
    """Whether a person still has the rights they were read with, as PostgreSQL has them now; nobody has always none."""
    if not isinstance(user, User):
        return True
    now = User.objects.filter(pk=user.pk).first()
    return now is not None and _standing(now) == _standing(user)


def _standing(user: User) -> tuple[Any, ...]:
    return user.is_active, user.is_staff, user.is_superuser, user.party_id, user.get_all_permissions()
