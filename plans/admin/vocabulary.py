"""The vocabulary: parties and their members, sectors, the names by which the press calls things."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from plans.admin.site import EntryAdmin, Inline
from plans.models import Alias, Membership, Party, Sector


class MembershipInline(Inline, admin.StackedInline[Membership, Party]):
    model = Membership
    fk_name = "bloc"
    autocomplete_fields = ("member",)
    fields = (("member", "since", "until"),)


@admin.register(Party)
class PartyAdmin(EntryAdmin):
    inlines = (MembershipInline,)
    list_display = ("slug", "name_ar", "name_en", "kind")
    list_display_links = ("slug", "name_ar", "name_en")
    list_filter = ("kind",)
    search_fields = ("slug", "name_ar", "name_en", "short_ar", "short_en", "aliases__text")
    fields = (("slug", "kind", "iso3"), ("name_ar", "name_en"), ("short_ar", "short_en"))


@admin.register(Sector)
class SectorAdmin(EntryAdmin):
    list_display = ("slug", "name_ar", "name_en", "position")
    list_display_links = ("slug", "name_ar", "name_en")
    search_fields = ("slug", "name_ar", "name_en")
    fields = (("slug", "position"), ("name_ar", "name_en"), ("dac_codes", "sdg_goals"))


@admin.register(Alias)
class AliasAdmin(EntryAdmin):
    autocomplete_fields = ("party", "plan", "pillar", "sector", "commitment")
    list_display = ("text", "language", "kind", "origin")
    list_filter = ("language", "kind", "origin")
    search_fields = ("text",)
    fieldsets = (
        (None, {"fields": (("text", "language"), ("kind", "exact_case"), "origin")}),
        (_("What it names: exactly one of these"), {"fields": (("party", "plan"), ("pillar", "sector"), "commitment")}),
    )
