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
