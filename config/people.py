"""Who may do what: roles, demo accounts, and the pages around signing in."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.utils import reset as forget_wrong_passwords
from django.apps import apps
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from plans.models import Party, User

# ------------------------------------------------------------------ roles

ROLE_NAMES: dict[str, str | Promise] = {
    "viewer": _("viewer"),
    "reviewer": _("reviewer"),
    "editor": _("editor"),
    "approver": _("approver"),
    "administrator": _("administrator"),
}

APPS = ["plans", "articles"]

# the record: PostgreSQL refuses to change these, so nobody is given the right to
APPEND_ONLY = [
    "plans.evidence",
    "plans.assessment",
    "plans.assessmentevidence",
    "plans.withdrawal",
    "plans.briefing",
    "plans.wording",
    "articles.revision",
]

_ENTERED = [
    "plan",
    "pillar",
    "commitment",
    "milestone",
    "indicator",
    "measurement",
    "document",
    "meeting",
    "actionpoint",
    "lineage",
    "office",
    "officeholder",
    "alias",
    "membership",
]


def _may(app: str, actions: str, models: Iterable[str]) -> set[str]:
    return {f"{app}.{action}_{model}" for model in models for action in actions.split()}


def _reads() -> set[str]:
    """Whoever has a role sees everything but other people's accounts."""
    models = [
        model
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model is not User and "view" in model._meta.default_permissions
    ]
    return {f"{model._meta.app_label}.view_{model._meta.model_name}" for model in models}


REVIEWS = {
    "plans.add_evidence",
    "plans.add_assessment",
    "plans.add_withdrawal",
    "plans.add_check",
    "plans.add_disagreement",
    "plans.change_disagreement",
    "articles.add_aliasproposal",
    "articles.change_aliasproposal",
    "articles.add_annotation",
    "articles.change_annotation",
    "articles.change_anchor",
    "articles.add_comment",
    "articles.add_secondreading",
    "articles.change_article",
    "articles.change_suggestion",
    "articles.import_source",
}

ENTERS = {
    *_may("plans", "add change delete", _ENTERED),
    *_may("plans", "add change", ["party"]),
    "plans.add_datechange",
    "plans.add_wording",
    "plans.add_briefing",
    *_may("articles", "add change", ["source", "aliasproposal"]),
    "articles.import_source",
}

APPROVES = {
    "plans.add_assessment",
    "plans.add_briefing",
    "plans.change_proposal",
    "articles.change_aliasproposal",
    "articles.add_comment",
    "articles.add_correction",
}


def _administers() -> set[str]:
    """Everything, but for changes to the record, which nobody may make."""
    everything = Permission.objects.filter(content_type__app_label__in=APPS).select_related("content_type")
    given = {f"{permission.content_type.app_label}.{permission.codename}" for permission in everything}
    for model in APPEND_ONLY:
        app, name = model.split(".")
        given -= {f"{app}.change_{name}", f"{app}.delete_{name}"}
    return given | {"auth.view_group"}


def permissions_of(role: str) -> set[str]:
    """The permissions of a role, as Django names them («plans.add_evidence»)."""
    own: dict[str, set[str]] = {"viewer": set(), "reviewer": REVIEWS, "editor": ENTERS, "approver": APPROVES}
    return _administers() if role == "administrator" else _reads() | own[role]


@transaction.atomic
def ensure_roles() -> None:
    """Make the five groups and give each exactly the permissions of its role; changes nothing the second time."""
    for app in APPS:  # permissions are made after a migration; this may run before Django came to it
        create_permissions(apps.get_app_config(app), verbosity=0)
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(
            Q(content_type__app_label__in=APPS) | Q(codename="view_group")
        ).select_related("content_type")
    }
    for role in ROLE_NAMES:
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(known[name] for name in permissions_of(role) if name in known)


def ensure_roles_after_migrate(**kwargs: Any) -> None:
    """For Django's post_migrate signal; does nothing where the accounts' tables are not there (yet, or any more)."""
    tables = connection.introspection.table_names()
    if Group._meta.db_table in tables and User._meta.db_table in tables:
        ensure_roles()


# ------------------------------------------------------------------ demo accounts

# user name, role, and for focal points the party they speak for
DEMO_ACCOUNTS = [
    ("demo-viewer", "viewer", ""),
    ("demo-reviewer", "reviewer", ""),
    ("demo-editor", "editor", ""),
    ("demo-approver", "approver", ""),
    ("demo-admin", "administrator", ""),
    ("demo-focal-gcc", "reviewer", "gcc"),
    ("demo-focal-aze", "reviewer", "aze"),
]

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when read aloud


def new_password() -> str:
    """Sixteen letters and digits in groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(4)) for _group in range(4))


def ensure_demo_accounts(data: Path) -> list[dict[str, str]]:
    """Make an account a role and two focal points; return «username», «password» and «role» of each.

    The passwords are made at the first call and kept in `demo-accounts.json` in the data folder, for its owner's eyes
    only; later calls leave accounts and passwords as they are. Where the file is lost, new passwords are set.
    A person's own account that happens to have such a name is left alone and not listed.
    """
    path = data / "demo-accounts.json"
    kept = _read_passwords(path)
    ensure_roles()
    accounts = []
    for username, role, party in DEMO_ACCOUNTS:
        with transaction.atomic():
            user, made = User.objects.get_or_create(username=username, defaults={"is_demo": True})
            if not user.is_demo:
                continue
            password = kept.get(username) or new_password()
            if made:
                user.is_staff = role != "viewer"
                user.party = Party.objects.filter(slug=party).first() if party else None
                user.groups.set(Group.objects.filter(name=role))
            if made or username not in kept:
                user.set_password(password)
                user.save()
        accounts.append({"username": username, "password": password, "role": role})
    if {account["username"]: account["password"] for account in accounts} != kept:
        _write_passwords(path, accounts)
    return accounts


def _read_passwords(path: Path) -> dict[str, str]:
    try:
        return {row["username"]: row["password"] for row in json.loads(path.read_text(encoding="utf-8"))}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}  # lost or spoilt: new passwords are set


def _write_passwords(path: Path, accounts: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(accounts, file, indent=1)
    draft.replace(path)


# ------------------------------------------------------------------ signing in

SAY_TRIES_FROM = 2  # tries left from which on the page says so


class SignInForm(AuthenticationForm):
    """Django's sign-in, which says how many tries are left when they are few."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # names and passwords are Latin, on Arabic pages too
            field.widget.attrs["dir"] = "ltr"

    def get_invalid_login_error(self) -> ValidationError:
        error = super().get_invalid_login_error()
        username = self.cleaned_data.get("username", "")
        left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(self.request, {"username": username})
        if not 0 < left <= SAY_TRIES_FROM:
            return error
        warning = ngettext(
            "%(tries)d more try, then this account pauses for %(minutes)d minutes.",
            "%(tries)d more tries, then this account pauses for %(minutes)d minutes.",
            left,
        )
        return ValidationError([error, warning % {"tries": left, "minutes": pause_minutes()}])


class LinkForm(PasswordResetForm):
    """Django's request for a link to set a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["dir"] = "ltr"


class NewPasswordView(PasswordResetConfirmView):
    """Whoever proved to own the mailbox and set a new password need not wait out the pause."""

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        forget_wrong_passwords(username=form.user.get_username())
        return super().form_valid(form)


def pause_minutes() -> int:
    """For how long an account pauses after too many wrong passwords, in minutes."""
    return int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The page of a paused account, status 429; axes puts it in place of the sign-in's answer."""
    context = {"username": (credentials or {}).get("username", ""), "minutes": pause_minutes()}
    answer = render(request, "registration/locked_out.html", context, status=429)
    answer["Retry-After"] = str(pause_minutes() * 60)
    return answer


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for what an account may not do, status 403."""
    return render(request, "403.html", {"reason": str(exception or "")}, status=403)


def health(request: HttpRequest) -> JsonResponse:
    """`{"ok": true}` while the database answers, else status 503; for load balancers and supervisors."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False}, status=503)
    return JsonResponse({"ok": True})
