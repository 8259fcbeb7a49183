"""A plan as an activity of IATI 2.03, with results, for tools of the aid world; elements in the standard's order."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from babel.core import get_global
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from lxml import etree
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from plans.exchange.record import Record
from plans.exchange.shapes import Addresses
from plans.models import Document, Indicator, Party, Plan

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

# codelists of the standard
STATUS: Final = {"negotiating": "1", "adopted": "1", "in_force": "2", "expired": "4", "terminated": "5"}
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"
ACCOUNTABLE, IMPLEMENTING = "2", "4"
ORGANISATION: Final = {"state": "10", "bloc": "40", "organisation": "90"}
OTHER_ORGANISATION: Final = "90"
REGIONAL, MULTINATIONAL = "2", "3"
DAC_PURPOSE, SDG_GOAL = "1", "7"
OUTPUT: Final = "1"
UNIT: Final = "1"
MEMORANDUM, WEB_PAGE = "A09", "A12"


def has_dates(plan: Plan) -> bool:
    """Whether the plan can be said in IATI, which asks for a date of beginning."""
    return bool(plan.starts or plan.adopted_on)


def activities(
    record: Record, members: dict[str, list[Party]], at: Addresses, today: date, generated_at: datetime
) -> bytes:
    """The plan as an `iati-activities` document. `members` are those of the sides that are blocs, by the bloc's slug.

    Raises ValueError where the plan has no date of beginning (`has_dates`).
    """
    plan = record.plan
    if not has_dates(plan):
        raise ValueError("IATI asks for a date of beginning.")
    root = etree.Element(
        "iati-activities", {"version": "2.03", "generated-datetime": generated_at.isoformat(timespec="seconds")}
    )
    activity = etree.SubElement(
        root,
        "iati-activity",
        {XML_LANG: "en", "last-updated-datetime": generated_at.isoformat(timespec="seconds"), "hierarchy": "1"},
    )
    etree.SubElement(activity, "iati-identifier").text = f"{settings.MITHAQ_IATI_REF}-{plan.slug}"
    reporter = etree.SubElement(
        activity,
        "reporting-org",
        # we record what others do
        {"ref": settings.MITHAQ_IATI_REF, "type": OTHER_ORGANISATION, "secondary-reporter": "1"},
    )
    _narrate(reporter, [(settings.MITHAQ_IATI_NAME, "")])
    _told(activity, "title", _both(plan, "title"))
    note = _both(plan, "note")
    _told(activity, "description", note if any(words for words, _language in note) else _both(plan, "title"), type="1")
    _participants(activity, plan)
    etree.SubElement(activity, "activity-status", {"code": STATUS[plan.lifecycle]})
    _dates(activity, plan, today)
    etree.SubElement(
        activity,
        "activity-scope",
        {"code": REGIONAL if "bloc" in (plan.side_a.kind, plan.side_b.kind) else MULTINATIONAL},
    )
    _countries(activity, plan, members)
    _sectors(activity, record)
    _link(activity, at("plan", plan.slug), _both(plan, "title"), WEB_PAGE)
    for document in record.documents:
        if document.url and document.kind == Document.Kind.AGREEMENT:
            _link(activity, document.url, _both(document, "title"), MEMORANDUM)
    for commitment in record.commitments:
        if commitment.indicators.all():
            _result(activity, commitment, plan)
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _participants(activity: Any, plan: Plan) -> None:
    for side, lead in ((plan.side_a, "lead_a"), (plan.side_b, "lead_b")):
        _told(
            activity,
            "participating-org",
            _both(side, "name"),
            role=ACCOUNTABLE,
            type=ORGANISATION[side.kind],
        )
        bodies = _both(plan, lead)
        if any(words for words, _language in bodies):
            _told(activity, "participating-org", bodies, role=IMPLEMENTING, type=ORGANISATION[side.kind])


def _dates(activity: Any, plan: Plan, today: date) -> None:
    starts = plan.starts or plan.adopted_on
    assert starts is not None  # asked before
    # of a plan that only waits to begin, the day is a plan as well
    begun = starts <= today and plan.lifecycle not in ("negotiating", "adopted")
    kinds = [(starts, ACTUAL_START if begun else PLANNED_START)]
    if plan.ends:
        kinds.append((plan.ends, PLANNED_END))
        if plan.lifecycle == Plan.Lifecycle.EXPIRED and plan.ends <= today:
            kinds.append((plan.ends, ACTUAL_END))
    for on, kind in kinds:
        etree.SubElement(activity, "activity-date", {"type": kind, "iso-date": on.isoformat()})


def _countries(activity: Any, plan: Plan, members: dict[str, list[Party]]) -> None:
    alike = get_global("territory_aliases")  # CLDR: AZE → AZ
    parties = [one for side in (plan.side_a, plan.side_b) for one in (members.get(side.slug) or [side])]
    codes = sorted({alike[one.iso3][0] for one in parties if one.iso3 in alike})
    for code, share in zip(codes, _shares(len(codes)), strict=True):
        etree.SubElement(activity, "recipient-country", {"code": code, "percentage": share})


def _sectors(activity: Any, record: Record) -> None:
    codes = sorted({code for sector in record.sectors for code in sector.dac_codes})
    for code, share in zip(codes, _shares(len(codes)), strict=True):
        etree.SubElement(activity, "sector", {"vocabulary": DAC_PURPOSE, "code": code, "percentage": share})
    goals = sorted({goal for sector in record.sectors for goal in sector.sdg_goals})
    for goal, share in zip(goals, _shares(len(goals)), strict=True):
        etree.SubElement(activity, "sector", {"vocabulary": SDG_GOAL, "code": str(goal), "percentage": share})


def _shares(count: int) -> list[str]:
    """Equal percentages that sum to 100, as the standard asks: a cooperation plan has no budget to divide by."""
    if not count:
        return []
    each = (Decimal(100) / count).quantize(Decimal("0.01"))
    return [_number(share) for share in [*[each] * (count - 1), Decimal(100) - each * (count - 1)]]


def _result(activity: Any, commitment: Any, plan: Plan) -> None:
    result = etree.SubElement(activity, "result", {"type": OUTPUT, "aggregation-status": "0"})
    titles = _both(commitment, "title")
    _told(result, "title", [_marked(title, language) for title, language in titles] if commitment.is_demo else titles)
    words = _both(commitment, "text")
    if any(text for text, _language in words):
        _told(result, "description", words)
    for indicator in commitment.indicators.all():
        _indicator(result, indicator, commitment, plan)


def _marked(title: str, language: str) -> tuple[str, str]:
    with translation.override(language):
        return _("%(title)s (demo)") % {"title": title} if title else "", language


def _indicator(result: Any, row: Indicator, commitment: Any, plan: Plan) -> None:
    falls = row.baseline is not None and row.target is not None and row.target < row.baseline
    indicator = etree.SubElement(result, "indicator", {"measure": UNIT, "ascending": "0" if falls else "1"})
    _told(indicator, "title", _both(row, "title"))
    unit = _both(row, "unit")
    if any(text for text, _language in unit):
        _told(indicator, "description", unit)
    if row.baseline is not None:
        dated = {"year": str(row.baseline_on.year), "iso-date": row.baseline_on.isoformat()} if row.baseline_on else {}
        etree.SubElement(indicator, "baseline", {**dated, "value": _number(row.baseline)})
    begins = row.baseline_on or commitment.starts or plan.starts or plan.adopted_on
    assert begins is not None  # the plan has a date
    due = row.target_on or plan.ends
    is_target_told = row.target is None or due is None
    before = begins
    for value in sorted(row.measurements.all(), key=lambda value: (value.on, value.pk)):
        period = _period(indicator, min(before, value.on), value.on)
        if not is_target_told and value.on == due:
            etree.SubElement(period, "target", {"value": _number(row.target)})
            is_target_told = True
        actual = etree.SubElement(period, "actual", {"value": _number(value.value)})
        _told(actual, "comment", [(f"{value.evidence.publisher}, {value.evidence.published_on}", "")])
        if value.evidence.url:
            _link(actual, value.evidence.url, [(value.evidence.title or value.evidence.publisher, "")], "A08")
        before = value.on
    if not is_target_told and due is not None:
        etree.SubElement(_period(indicator, min(begins, due), due), "target", {"value": _number(row.target)})


def _period(indicator: Any, begins: date, ends: date) -> Any:
    period = etree.SubElement(indicator, "period")
    etree.SubElement(period, "period-start", {"iso-date": begins.isoformat()})
    etree.SubElement(period, "period-end", {"iso-date": ends.isoformat()})
    return period


def _link(parent: Any, url: str, title: list[tuple[str, str]], category: str) -> None:
    link = etree.SubElement(parent, "document-link", {"format": "text/html", "url": url})
    _told(link, "title", title)
    etree.SubElement(link, "category", {"code": category})


def _both(thing: Any, field: str) -> list[tuple[str, str]]:
    return [(getattr(thing, f"{field}_en"), "en"), (getattr(thing, f"{field}_ar"), "ar")]


def _told(parent: Any, tag: str, texts: Iterable[tuple[str, str]], **attributes: str) -> Any:
    element = etree.SubElement(parent, tag, attributes)
    _narrate(element, texts)
    return element


def _narrate(element: Any, texts: Iterable[tuple[str, str]]) -> None:
    for text, language in texts:
        if text:
            narrative = etree.SubElement(element, "narrative", {XML_LANG: language} if language else {})
            narrative.text = ILLEGAL_CHARACTERS_RE.sub("", text)


def _number(value: Decimal | None) -> str:
    """A decimal without an exponent or the zeros a database pads it with."""
    assert value is not None
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
