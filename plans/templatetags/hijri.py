"""Hijri dates beside Gregorian ones for who asks for them (`?hijri=1`, kept in a cookie), by Umm al-Qura's calendar."""

from datetime import date
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext
from hijridate import Gregorian

from plans.reader import reader_language

register = template.Library()

COOKIE = "hijri"


def wants_hijri(request: HttpRequest) -> bool:
    """Whether this reader wants Hijri dates: the address decides, else what they chose before."""
    return (request.GET.get("hijri") or request.COOKIES.get(COOKIE, "")) == "1"


def hijri_words(on: date) -> str:
    """A day by the calendar of Umm al-Qura, «13 Rajab 1447 AH»; empty outside the years that calendar covers."""
    try:
        found = Gregorian(on.year, on.month, on.day).to_hijri()
    except OverflowError:
        return ""
    return pgettext("a Hijri date", "%(day)d %(month)s %(year)d AH") % {
        "day": found.day,
        "month": found.month_name("ar" if reader_language() == "ar" else "en"),
        "year": found.year,
    }


@register.simple_tag(takes_context=True)
def hijri(context: template.Context, on: date | None, precision: str = "day") -> SafeString | str:
    """The Hijri date of a day in brackets, where the reader wants it; nothing for a date less exact than a day."""
    request = context.get("request")
    if on is None or precision != "day" or request is None or not wants_hijri(request):
        return ""
    words = hijri_words(on)
    return format_html(' <span class="hijri">(<bdi>{}</bdi>)</span>', words) if words else ""


@register.inclusion_tag("components/hijri_switch.html", takes_context=True)
def hijri_switch(context: template.Context) -> dict[str, Any]:
    """A link that turns Hijri dates on or off for this page and those after it."""
    request = context["request"]
    query = request.GET.copy()
    on = wants_hijri(request)
    query["hijri"] = "0" if on else "1"
    return {"address": f"?{query.urlencode()}", "is_on": on}
