"""Accounts and their roles."""

from collections.abc import Iterable
from typing import Any, cast

from axes.utils import reset as forget_wrong_passwords
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from plans.admin.history import WithHistory
from plans.admin.site import InBothLanguages, InWords, role_name
from plans.models import Token, User

admin.site.unregister(Group)  # what a role may do is stated in config/people.py


@admin.register(User)
class PersonAdmin(WithHistory, InBothLanguages, UserAdmin[User]):
    """Accounts. Only a superuser makes or changes superusers: an administrator cannot raise themselves."""

    autocomplete_fields = ("party", "plans")
    list_display = ("username", "first_name", "last_name", "roles", "party", "is_active", "is_demo")
    list_filter = (("groups", InWords), "is_active", "is_staff", "is_demo")
    list_select_related = ("party",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "is_demo")
    actions = ("end_pause",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (None, {"fields": (("first_name", "last_name"), "email", ("party", "plans"))}),
        (_("Role"), {"fields": ("groups", "is_active", "is_staff", "is_demo")}),
        (None, {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (None, {"fields": ("email", "party", "groups", "is_staff")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and cast("User", request.user).is_superuser:
            return (*fieldsets, (_("Superuser"), {"fields": ("is_superuser",)}))
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            field.label_from_instance = role_name  # type: ignore[method-assign, assignment]
            field.widget = forms.CheckboxSelectMultiple()
            field.widget.choices = field.choices
            field.help_text = _(
                "A viewer reads; a reviewer annotates, records evidence and assesses; an editor enters plans; an"
                " approver assesses; an administrator does all of it and keeps the accounts."
            )
        return field

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, person: User | None) -> bool:
        return person is None or not person.is_superuser or cast("User", request.user).is_superuser

    @admin.display(description=_("role"))
    def roles(self, person: User) -> str:
        return " · ".join(role_name(group) for group in person.groups.all())

    @admin.action(description=_("End the pause after wrong passwords"), permissions=["change"])
    def end_pause(self, request: HttpRequest, people: Iterable[User]) -> None:
        names = [person.username for person in people]
        for name in names:
            forget_wrong_passwords(username=name)
        told = ngettext("%d account may sign in again.", "%d accounts may sign in again.", len(names)) % len(names)
        self.message_user(request, told, messages.SUCCESS)


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin[Token]):
    """Keys with which machines read the API: who has which, when it was last used; deleting one revokes it.

    Who keeps the accounts sees all of them, others their own. They are made by `manage.py token`, shown once.
    """

    list_display = ("name", "user", "made_at", "used_on")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = readonly_fields = ("name", "user", "made_at", "used_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        found, person = super().get_queryset(request), cast("User", request.user)
        return found if person.has_perm("plans.change_user") else found.filter(user=person.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return self.has_view_permission(request, obj)  # those one sees are those one may revoke
