"""What templates need to say things in the reader's language; loaded everywhere."""

from datetime import date, datetime
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from plans.models import Status

register = template.Library()

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def reader_language() -> str:
    """«ar» or «en», whichever the page is in."""
    return "ar" if (get_language() or "").startswith("ar") else "en"


def text_in_reader_language(thing: Any, field: str) -> tuple[str, str]:
    """The text of a bilingual field and the language it is in: the reader's, else the other one."""
    mine = reader_language()
    other = "en" if mine == "ar" else "ar"
    text = getattr(thing, f"{field}_{mine}", "")
    return (text, mine) if text else (getattr(thing, f"{field}_{other}", ""), other)


@register.filter
def tr(thing: Any, field: str) -> str | SafeString:
    """The text of a bilingual field in the reader's language; wrapped with lang and dir where only the other exists."""
    if thing is None or thing == "":
        return ""
    text, language = text_in_reader_language(thing, field)
    if not text or language == reader_language():
        return str(text)
    return format_html('<span lang="{}" dir="{}">{}</span>', language, direction(language), text)


@register.filter
def plain(thing: Any, field: str) -> str:
    """As `tr`, without markup: for titles and attributes."""
    return "" if thing is None or thing == "" else str(text_in_reader_language(thing, field)[0])


@register.filter
def direction(language: str | None) -> str:
    """«rtl» or «ltr» for a language code; «auto» where it is unknown."""
    if not language:
        return "auto"
    return "rtl" if language[:2] in RIGHT_TO_LEFT else "ltr"


@register.filter
def language_name(code: str) -> str:
    """A language's name in the reader's language; the code itself where we have no name for it."""
    names = {
        "ar": gettext("Arabic"),
        "en": gettext("English"),
        "az": gettext("Azerbaijani"),
        "ru": gettext("Russian"),
        "tr": gettext("Turkish"),
        "fa": gettext("Persian"),
        "de": gettext("German"),
        "fr": gettext("French"),
        "uk": gettext("Ukrainian"),
    }
    return names.get(code, code)


def words_for_date(on: date, precision: str) -> str:
    """A date said as exactly as it is known: «8 Dec 2025», «Dec 2025», «Q4 2023», «2025»."""
    if precision == "month":
        return date_format(on, "YEAR_MONTH_FORMAT")
    if precision == "quarter":
        return pgettext("quarter of a year", "Q%(quarter)d %(year)d") % {
            "quarter": (on.month + 2) // 3,
            "year": on.year,
        }
    if precision == "year":
        return str(on.year)
    if precision == "plan_end":
        return gettext("by the end of the plan")
    return date_format(on, "DATE_FORMAT")


def iso_for_date(on: date, precision: str) -> str:
    return {"month": f"{on:%Y-%m}", "quarter": f"{on:%Y}", "year": f"{on:%Y}"}.get(precision, f"{on:%Y-%m-%d}")


@register.filter
def when(on: date | datetime | None, precision: str = "day") -> str | SafeString:
    """A `<time>` element for a date of this precision; times are shown in the reader's zone, with it."""
    if on is None:
        return ""
    if isinstance(on, datetime):
        local = timezone.localtime(on)
        return format_html(
            '<time datetime="{}">{} {}</time>',
            on.isoformat(timespec="minutes"),
            date_format(local, "DATETIME_FORMAT"),
            f"{local:%Z}",
        )
    return format_html('<time datetime="{}">{}</time>', iso_for_date(on, precision), words_for_date(on, precision))


@register.filter
def day(on: date | datetime | None) -> str | SafeString:
    """As `when`, the day alone."""
    if isinstance(on, datetime):
        on = timezone.localtime(on).date()
    return when(on)


@register.filter
def may(user: Any, permission: str) -> bool:
    """Whether a person may do this: `user|may:"articles.add_annotation"`."""
    return bool(user.is_authenticated and user.has_perm(permission))


@register.filter
def status(level: str | None) -> SafeString:
    """A status as shape and word; an empty level is «no evidence yet»."""
    return _status(level or "none", "")


@register.filter
def status_icon(level: str | None) -> SafeString:
    """As `status`, the word for screen readers alone: for tables whose head or legend names the shapes."""
    return _status(level or "none", "vh")


def _status(level: str, word_class: str) -> SafeString:
    return format_html(
        '<span class="status st-{0}"><svg class="icon" aria-hidden="true"><use href="#s-{0}"/></svg>'
        "<span{1}>{2}</span></span>",
        level,
        format_html(' class="{}"', word_class) if word_class else "",
        Status(level).label,
    )


@register.filter
def icon(name: str) -> SafeString:
    """A drawing of the sprite; decoration beside a word, hidden from screen readers."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def current(context: template.Context, pages: str, below: str = "") -> SafeString | str:
    """`aria-current` for a link of the menu: «page» on the pages named, «true» on those below them."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.url_name if match else None
    if name in pages.split():
        return mark_safe(' aria-current="page"')  # noqa: S308  # a constant
    return mark_safe(' aria-current="true"') if name in below.split() else ""  # noqa: S308  # a constant


@register.filter
def undo_address(message: Message) -> str:
    """Where a toast's «Undo» posts to: a message with the extra tag «undo:/en/…» offers it; empty without."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:/")), "")
