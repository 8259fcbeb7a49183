"""Words of Django's that our catalogue says otherwise or first: marked here, so that `makemessages` keeps them.

Django's Arabic names a month as the Levant does, commands where a button should name its deed, and says «added» of what
was changed; of passwords it leaves some in English. Nothing imports this module.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

DATES = [_("April"), _("apr")]

SIGNING_IN = [
    _("Please enter a correct %(username)s and password. Note that both fields may be case-sensitive."),
    _("Email"),
    _("email address"),
    _("groups"),
    _("staff status"),
    _("superuser status"),
    _("Designates whether the user can log into this admin site."),
]

PASSWORDS = [
    _("Reset password"),
    _("Set password: %s"),
    _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Enable password-based authentication for this user by setting a password."),
    _("Password-based authentication"),
    _("Password-based authentication was disabled."),
    _(
        "Whether the user will be able to authenticate using a password or not. "
        "If disabled, they may still be able to authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    _("Enabled"),
    _("Disabled"),
    _("salt"),
    _("hash"),
    _("Conflicting form data submitted. Please try again."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
]

DATA_ENTRY = [
    _("Add"),
    _("Add %(name)s"),
    _("Add another %(model)s"),
    _("Add another %(verbose_name)s"),
    _("Change password"),
    _("Change selected %(model)s"),
    _("Delete"),
    _("Delete selected %(model)s"),
    _("Delete selected %(verbose_name_plural)s"),
    _("Delete?"),
    _("Filter"),
    _("Go"),
    _("History"),
    _("Remove"),
    _("Save and add another"),
    _("Save and continue editing"),
    _("Save and view"),
    _("Save as new"),
    _("Select all %(total_count)s %(module_name)s"),
    _("Select %s"),
    _("Select %s to change"),
    _("Select %s to view"),
    _("Set password"),
    _("View on site"),
    _("View selected %(model)s"),
    _("0 of %(cnt)s selected"),
    _("No, take me back"),
    _("Yes, I’m sure"),
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _("Items must be selected in order to perform actions on them. No items have been changed."),
    _("You may edit it again below."),
]
