"""What templates need to say things in the reader's language; loaded everywhere."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from plans.models import Commitment, Evidence, Milestone, Plan, Status
from plans.reader import in_words, reader_language, text_in_reader_language

register = template.Library()

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


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
    return "" if thing is None or thing == "" else in_words(thing, field)


@register.filter
def direction(language: str | None) -> str:
    """«rtl» or «ltr» for a language code; «auto» where it is unknown."""
    if not language:
        return "auto"
    return "rtl" if language[:2] in RIGHT_TO_LEFT else "ltr"


@register.filter
def name_of_language(code: str) -> str:
    """A language's name in the reader's language, else its code; `language_name` is Django's and always English."""
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
    return format_html(
        '<span class="status st-{0}"><svg class="icon" aria-hidden="true"><use href="#s-{0}"/></svg>{1}</span>',
        level or "none",
        status_name(level),
    )


@register.filter
def status_icon(level: str | None) -> SafeString:
    """As `status`, the word being the shape's name and tooltip: for tables with a legend."""
    return format_html(
        '<span class="status st-{0}"><svg class="icon" role="img"><title>{1}</title><use href="#s-{0}"/></svg></span>',
        level or "none",
        status_name(level),
    )


@register.filter
def status_name(level: str | None) -> str:
    """A status in words."""
    return str(Status(level or "none").label)


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
        return mark_safe(' aria-current="page"')  # a constant
    return mark_safe(' aria-current="true"') if name in below.split() else ""  # a constant


@register.filter
def undo_address(message: Message) -> str:
    """Where a toast's «Undo» posts to: a message with the extra tag «undo:/en/…» offers it; empty without."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:/")), "")


@register.filter
def ago(on: date | None, seen_on: date | None = None) -> str:
    """How many days ago a day was, or in how many it will be: «today», «2 days ago», «in 6 days»; seen from today."""
    if on is None:
        return ""
    days = ((seen_on or timezone.localdate()) - on).days
    if days == 0:
        return gettext("today")
    if days > 0:
        return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}
    return ngettext("in %(days)d day", "in %(days)d days", -days) % {"days": -days}


@register.filter
def days_since(on: date | None, until: date | None = None) -> int:
    """Days from a day until another, else until today; 0 where there is none."""
    return 0 if on is None else ((until or timezone.localdate()) - on).days


@register.filter
def quote_marks(language: str) -> tuple[str, str]:
    """The quotation marks of a language."""
    return ("“", "”") if language[:2] in {"en", "tr"} else ("«", "»")


@register.filter
def gloss(evidence: Evidence) -> str:
    """A quotation's gloss in the reader's language; empty where the quotation is in it already."""
    mine = reader_language()
    return "" if evidence.language[:2] == mine else str(getattr(evidence, f"gloss_{mine}"))


@register.filter
def cell(numbers: Any) -> SafeString:
    """A cell of the table of parties and sectors: the number that leads to its list, the share completed, the month."""
    share = format_html('<span class="share"><bdi>{}/{}</bdi></span>', numbers.completed, numbers.known)
    return format_html(
        '<a href="{}">{}</a>{}<span class="fresh">{}</span>',
        numbers.address,
        numbers.total,
        share if numbers.known else "",
        numbers.month or gettext("no evidence"),
    )


@register.filter
def figure(value: Decimal | None) -> str:
    """A number without the zeros a database pads it with: 85.0000 is «85», 1250.5000 is «1,250.5»."""
    if value is None:
        return ""
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".")


@register.simple_tag(takes_context=True)
def address_with(context: template.Context, **parameters: Any) -> str:
    """The page's query with these parameters put in (or, where empty, taken out): `?party=aze&flag=silent`."""
    query = context["request"].GET.copy()
    for name, value in parameters.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def address_of_page(context: template.Context, number: int, name: str = "") -> str:
    """The page's query with the number of another page put in; `name` where the parameter is not «page»."""
    return address_with(context, **{name or "page": number})


@register.filter
def flag_name(flag: str) -> str:
    """What a reason for attention is called."""
    return {"overdue": gettext("overdue"), "contested": gettext("contested"), "silent": gettext("silent")}.get(
        flag, flag
    )


@register.filter
def due_words(thing: Commitment | Milestone) -> str:
    """When a commitment or milestone is due, as exactly as it is known; empty where it has no date."""
    if thing.due_precision == "plan_end":
        return words_for_date(date.max, "plan_end")
    return words_for_date(thing.due_on, thing.due_precision) if thing.due_on else ""


@register.filter
def side_name(plan: Plan, side: str) -> str:
    """The short name of a plan's side «a» or «b»."""
    return plain(plan.side(side), "short")


@register.filter
def schedule_name(schedule: str) -> str:
    """What the calendar says of a commitment, in words."""
    return {
        "no_date": "",
        "not_due": gettext("not due yet"),
        "due_soon": gettext("due soon"),
        "overdue": gettext("overdue"),
        "done_on_time": gettext("done on time"),
        "done_late": gettext("done late"),
        "stopped": gettext("stopped"),
    }.get(schedule, "")
