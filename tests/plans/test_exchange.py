"""A plan leaves as JSON, CSV, a workbook, an IATI activity, linked data and a card; each says the same."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from lxml import etree
from openpyxl import load_workbook

from plans.models import Commitment, Document, Evidence, Indicator, Meeting, Milestone, Party, Pillar, Plan, Side
from plans.progress import assess, move_date, withdraw
from tests.plans.conftest import QUOTE, make_commitment, make_evidence, make_party, make_plan

pytestmark = pytest.mark.django_db

NS = {"xml": "http://www.w3.org/XML/1998/namespace"}
LANG = f"{{{NS['xml']}}}lang"


def export(client: Client, plan: Plan, form: str, language: str = "en") -> Any:
    with translation.override(language):
        response = client.get(reverse("export", args=[plan.slug, form]))
    assert response.status_code == 200
    return response


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def evidence(commitment: Commitment) -> Evidence:
    return make_evidence(commitment, date(2025, 3, 1), url="https://news.example/1")


@pytest.fixture
def full(plan: Plan, pillar: Pillar, commitment: Commitment, evidence: Evidence) -> Plan:
    """A plan with something of everything."""
    pillar.sector.dac_codes, pillar.sector.sdg_goals = ["23110", "23210", "23230"], [7]
    pillar.sector.save()
    assess(commitment, side="a", level="limited", ground=evidence, on=date(2025, 3, 2), by=None)
    Milestone.objects.create(commitment=commitment, title_en="Step", title_ar="خطوة", due_on=date(2025, 6, 30))
    indicator = Indicator.objects.create(
        commitment=commitment,
        title_en="Trained",
        title_ar="المتدربون",
        unit_en="people",
        unit_ar="أشخاص",
        baseline=Decimal(0),
        baseline_on=date(2024, 1, 1),
        target=Decimal("100.5"),
        target_on=date(2026, 6, 30),
    )
    indicator.measurements.create(on=date(2025, 1, 31), value=Decimal(40), evidence=evidence)
    indicator.measurements.create(on=date(2025, 9, 30), value=Decimal("60.25"), evidence=evidence)
    move_date(
        commitment, to=date(2027, 1, 31), precision="day", decided_on=date(2025, 4, 1), by=None, reason_en="Floods"
    )
    Meeting.objects.create(plan=plan, kind="summit", held_on=date(2025, 5, 1), place_en="Baku", place_ar="باكو")
    Document.objects.create(
        plan=plan, kind="agreement", title_en="Text", title_ar="النص", publisher="GCC", url="https://gcc.example/text"
    )
    return plan


# ------------------------------------------------------------------ JSON


def faults(value: Any, schema: dict[str, Any], whole: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Where a value breaks a JSON Schema, as far as ours go: the words of the standard that they use, and no other."""
    known = {"$ref", "anyOf", "type", "enum", "format", "pattern", "properties", "required", "additionalProperties"}
    known |= {"items", "title", "description", "$defs", "$schema", "$id", "const", "minItems"}
    assert not schema.keys() - known, schema.keys() - known
    if "$ref" in schema:
        yield from faults(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, where)
        return
    if "anyOf" in schema:
        if all(any(faults(value, one, whole, where)) for one in schema["anyOf"]):
            yield f"{where}: none of the choices"
        return
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "number": (int, float),
        "null": type(None),
    }
    if "type" in schema and (
        not isinstance(value, kinds[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool))
    ):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} is not {schema['pattern']}"
    if schema.get("format") in ("date", "date-time"):
        try:
            (date if schema["format"] == "date" else datetime).fromisoformat(value)
        except ValueError:
            yield f"{where}: {value!r} is no {schema['format']}"
    if isinstance(value, dict):
        yield from (f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{where}: {name} is unknown" for name in value if name not in schema["properties"])
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from faults(value[name], part, whole, f"{where}.{name}")
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from faults(part, schema["items"], whole, f"{where}[{number}]")


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    response = client.get("/api/v1/schemas/plan.json")
    assert response["Content-Type"] == "application/schema+json"
    return dict(response.json())


def test_the_json_keeps_to_the_schema_it_names(client: Client, full: Plan, schema: dict[str, Any]) -> None:
    data = json.loads(body(export(client, full, "json")))
    assert urlsplit(data["$schema"]).path == "/api/v1/schemas/plan.json"
    assert schema["$id"] == data["$schema"]
    assert list(faults(data, schema, schema)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data["commitments"][0].update(status="halfway"),
        lambda data: data["plan"].pop("title"),
        lambda data: data["evidence"][0].update(published={"on": "1 March", "precision": "day"}),
        lambda data: data.update(more=1),
    ],
)
def test_the_schema_refuses_what_is_not_a_plan(client: Client, full: Plan, schema: dict[str, Any], spoil: Any) -> None:
    data = json.loads(body(export(client, full, "json")))
    spoil(data)
    assert list(faults(data, schema, schema))


def test_the_json_has_everything_in_both_languages(client: Client, full: Plan, evidence: Evidence) -> None:
    data = json.loads(body(export(client, full, "json", "ar")))
    assert data["plan"]["title"] == {"en": full.title_en, "ar": full.title_ar}
    (one,) = data["commitments"]
    assert (one["code"], one["status"], one["level_a"], one["level_b"]) == ("ENE-1", "limited", "limited", None)
    assert one["due"] == {"on": "2027-01-31", "precision": "day"}
    assert one["due_first_agreed"] == "2026-06-30"
    assert one["indicators"][0]["measurements"][0] == {"on": "2025-01-31", "value": "40.0000", "evidence": evidence.pk}
    assert data["evidence"][0]["quote"] == QUOTE
    assert data["assessments"][0]["ground"] == evidence.pk
    assert data["dates_moved"][0]["reason"]["en"] == "Floods"
    assert data["meetings"][0]["place"]["ar"] == "باكو"
    assert "/ar/" in one["url"]


def test_withdrawn_evidence_leaves_as_withdrawn(client: Client, full: Plan, evidence: Evidence) -> None:
    withdraw(evidence, reason="Misread", by=None)
    data = json.loads(body(export(client, full, "json")))
    assert data["evidence"][0]["withdrawn"]["reason"] == "Misread"
    assert data["assessments"][0]["stands"] is False
    assert data["commitments"][0]["status"] == "none"


# ------------------------------------------------------------------ CSV


def csv_rows(response: Any) -> list[dict[str, str]]:
    content = body(response)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_has_a_row_a_commitment_and_is_for_excel(client: Client, full: Plan) -> None:
    response = export(client, full, "csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv_rows(response)
    assert (row["Code"], row["Due"], row["GCC says"], row["Status"]) == ("ENE-1", "2027-01-31", "Limited", "Limited")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_csv_is_calculated(client: Client, plan: Plan, pillar: Pillar, begins: str) -> None:
    make_commitment(pillar, "ENE-9", title_en=f"{begins}HYPERLINK(1)")
    (row,) = csv_rows(export(client, plan, "csv"))
    assert row["Title in English"] == f"'{begins}HYPERLINK(1)"


# ------------------------------------------------------------------ the workbook


def workbook(response: Any) -> Any:
    return load_workbook(io.BytesIO(body(response)))


def test_the_workbook_has_the_whole_plan(client: Client, full: Plan) -> None:
    book = workbook(export(client, full, "xlsx"))
    assert book.sheetnames == ["Plan", "Commitments", "Evidence", "Assessments", "Dates moved"]
    assert [sheet.max_row for sheet in book.worksheets[1:]] == [2, 2, 2, 2]
    heads = [cell.value for cell in book["Commitments"][1]]
    row = dict(zip(heads, [cell.value for cell in book["Commitments"][2]], strict=True))
    assert row["Due"].date() == date(2027, 1, 31)
    assert row["Code"] == "ENE-1"
    assert not any(sheet.sheet_view.rightToLeft for sheet in book)


def test_the_workbook_runs_from_right_to_left_in_arabic(client: Client, full: Plan) -> None:
    assert all(sheet.sheet_view.rightToLeft for sheet in workbook(export(client, full, "xlsx", "ar")))


def test_the_workbook_calculates_nothing_and_changes_no_letter(client: Client, plan: Plan, pillar: Pillar) -> None:
    make_commitment(pillar, "ENE-9", title_en="=1+1", text_en="bell\x07")
    cells = list(workbook(export(client, plan, "xlsx"))["Commitments"][2])
    assert "=1+1" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)
    assert "bell" in [cell.value for cell in cells]


@pytest.mark.parametrize(
    "form, name",
    [
        ("xlsx", r"gcc-aze-\d{4}-\d\d-\d\d\.xlsx"),
        ("csv", r"gcc-aze-commitments-\d{4}-\d\d-\d\d\.csv"),
        ("json", r"gcc-aze-\d{4}-\d\d-\d\d\.json"),
        ("xml", r"gcc-aze-iati-\d{4}-\d\d-\d\d\.xml"),
    ],
)
def test_a_file_is_named_for_the_plan_and_the_day(client: Client, plan: Plan, form: str, name: str) -> None:
    response = export(client, plan, form)
    body(response)
    assert re.fullmatch(rf'attachment; filename="{name}"', response["Content-Disposition"])


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response: Any = client.get(address)
        assert body(response)
    return len(captured)


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "xml"])
def test_an_export_costs_the_same_at_any_size(client: Client, full: Plan, pillar: Pillar, form: str) -> None:
    before = cost(client, f"/en/plans/{full.slug}/export.{form}")
    for number in range(2, 8):
        more = make_commitment(pillar, f"ENE-{number}")
        piece = make_evidence(more, date(2025, 3, number))
        assess(more, side=Side.B, level="completed", ground=piece, on=date(2025, 4, 1), by=None)
        step = Milestone.objects.create(commitment=more, title_en="Step", title_ar="خطوة")
        for thing, to in ((more, None), (step, date(2026, 1, 1))):
            move_date(thing, to=to, precision="day", decided_on=date(2025, 4, 1), by=None, reason_en="Open")
        indicator = Indicator.objects.create(commitment=more, title_en="Number", title_ar="عدد")
        indicator.measurements.create(on=date(2025, 1, 1), value=1, evidence=piece)
    assert cost(client, f"/en/plans/{full.slug}/export.{form}") == before < 20


def test_an_unknown_form_or_plan_is_not_found(client: Client, plan: Plan) -> None:
    assert client.get(f"/en/plans/{plan.slug}/export.pdf").status_code == 404
    assert client.get("/en/plans/nobody/export.json").status_code == 404


# ------------------------------------------------------------------ IATI

# from iati-activities-schema.xsd and iati-common.xsd, 2.03: the order of an activity's elements as far as ours go,
# what must be there, and which attributes each element must have
ORDER = [
    "iati-identifier",
    "reporting-org",
    "title",
    "description",
    "participating-org",
    "activity-status",
    "activity-date",
    "activity-scope",
    "recipient-country",
    "sector",
    "document-link",
    "result",
]
ONCE = {"iati-identifier", "reporting-org", "title", "activity-status", "activity-scope"}
AT_LEAST_ONCE = {*ONCE, "description", "participating-org", "activity-date"} - {"activity-scope"}
MUST_HAVE = {
    "iati-activities": {"version"},
    "reporting-org": {"ref", "type"},
    "participating-org": {"role"},
    "activity-status": {"code"},
    "activity-date": {"iso-date", "type"},
    "activity-scope": {"code"},
    "recipient-country": {"code"},
    "sector": {"code"},
    "document-link": {"url", "format"},
    "category": {"code"},
    "result": {"type"},
    "indicator": {"measure"},
    "baseline": {"value"},
    "period-start": {"iso-date"},
    "period-end": {"iso-date"},
    "target": {"value"},
    "actual": {"value"},
}
CHILDREN = {
    "result": ["title", "description", "document-link", "reference", "indicator"],
    "indicator": ["title", "description", "document-link", "reference", "baseline", "period"],
    "period": ["period-start", "period-end", "target", "actual"],
    "actual": ["location", "dimension", "comment", "document-link"],
    "document-link": ["title", "description", "category", "language", "document-date"],
}
CODES = {
    ("reporting-org", "type"): {"10", "40", "90"},
    ("participating-org", "type"): {"10", "40", "90"},
    ("participating-org", "role"): {"1", "2", "3", "4"},
    ("activity-status", "code"): {"1", "2", "3", "4", "5", "6"},
    ("activity-date", "type"): {"1", "2", "3", "4"},
    ("result", "type"): {"1", "2", "3", "9"},
    ("indicator", "measure"): {"1", "2", "3", "4", "5"},
}


def activity(client: Client, plan: Plan) -> Any:
    root = etree.fromstring(body(export(client, plan, "xml")))
    assert root.tag == "iati-activities"
    (found,) = root
    return found


def test_an_activity_keeps_to_the_standard(client: Client, full: Plan) -> None:
    found = activity(client, full)
    assert found.getparent().get("version") == "2.03"
    names = [element.tag for element in found]
    assert names == sorted(names, key=ORDER.index)
    assert names.count("title") == 1 and all(names.count(name) == 1 for name in ONCE)
    assert set(names) >= AT_LEAST_ONCE
    assert {one.get("type") for one in found.findall("activity-date")} & {"1", "2"}
    for element in found.getparent().iter():
        assert set(element.keys()) >= MUST_HAVE.get(element.tag, set()), element.tag
        if element.tag in CHILDREN:
            below = [child.tag for child in element]
            assert below == sorted(below, key=CHILDREN[element.tag].index), element.tag
        if element.tag in ("title", "participating-org", "reporting-org"):
            assert element.findall("narrative") and all(one.text for one in element.findall("narrative"))
        for (tag, name), codes in CODES.items():
            assert element.tag != tag or element.get(name) in codes
    for period in found.iter("period"):
        assert period[0].get("iso-date") <= period[1].get("iso-date")


def test_an_activity_speaks_both_languages(client: Client, full: Plan) -> None:
    for tag in ("title", "description"):
        told = {one.get(LANG): one.text for one in activity(client, full).findall(f"{tag}/narrative")}
        assert told == {"en": full.title_en, "ar": full.title_ar}


def test_shares_of_sectors_and_countries_sum_to_a_hundred_in_each_vocabulary(client: Client, full: Plan) -> None:
    found = activity(client, full)
    sectors = found.findall("sector")
    assert {one.get("code") for one in sectors if one.get("vocabulary") == "1"} == {"23110", "23210", "23230"}
    for vocabulary in ("1", "7"):
        assert sum(Decimal(one.get("percentage")) for one in sectors if one.get("vocabulary") == vocabulary) == 100
    assert [one.get("code") for one in found.findall("recipient-country")] == ["AZ"]


def test_the_members_of_a_bloc_are_countries_of_the_activity(client: Client, full: Plan, gcc: Party) -> None:
    gcc.members.add(make_party("sau", iso3="SAU"))
    assert [one.get("code") for one in activity(client, full).findall("recipient-country")] == ["AZ", "SA"]


def test_results_carry_baseline_target_and_what_was_measured(client: Client, full: Plan) -> None:
    (indicator,) = activity(client, full).findall("result/indicator")
    baseline = indicator.find("baseline")
    assert dict(baseline.attrib) == {"year": "2024", "iso-date": "2024-01-01", "value": "0"}
    periods = [
        (
            period[0].get("iso-date"),
            period[1].get("iso-date"),
            *(one.get("value") if one is not None else None for one in (period.find("target"), period.find("actual"))),
        )
        for period in indicator.findall("period")
    ]
    assert periods == [
        ("2024-01-01", "2025-01-31", None, "40"),
        ("2025-01-31", "2025-09-30", None, "60.25"),
        ("2024-01-01", "2026-06-30", "100.5", None),
    ]


def test_each_value_of_a_result_names_its_evidence(client: Client, full: Plan) -> None:
    for actual in activity(client, full).iter("actual"):
        assert "Sample Wire" in actual.findtext("comment/narrative")
        assert actual.find("document-link").get("url") == "https://news.example/1"


def test_an_invented_result_says_so(client: Client, full: Plan, commitment: Commitment) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(is_demo=True)
    assert activity(client, full).findtext("result/title/narrative") == "Commitment ENE-1 (demo)"


def test_a_plan_without_a_day_of_beginning_is_not_offered_as_iati(client: Client, gcc: Party, aze: Party) -> None:
    plan = make_plan("undated", gcc, aze, starts=None, ends=None)
    assert client.get("/en/plans/undated/export.xml").status_code == 404
    assert "export.xml" not in client.get(plan.get_absolute_url()).content.decode()


# ------------------------------------------------------------------ the page and the card


def linked(client: Client, plan: Plan) -> dict[str, Any]:
    html = client.get(f"/en/plans/{plan.slug}/").content.decode()
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return dict(json.loads(data))


def test_the_plan_page_carries_linked_data(client: Client, plan: Plan) -> None:
    data = linked(client, plan)
    assert (data["@context"], data["@type"], data["name"]) == ("https://schema.org", "Dataset", plan.title_en)
    assert data["temporalCoverage"] == "2024-01-01/2028-12-31"
    assert [one["name"] for one in data["about"]["creator"]] == ["Gulf Cooperation Council", "Azerbaijan"]
    for one in data["distribution"]:
        response: Any = client.get(one["contentUrl"])
        assert response.status_code == 200
        assert body(response)


def test_a_title_cannot_end_the_linked_data(client: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(title_en="</script><script>alert(1)</script>")
    assert linked(client, plan)["name"] == "</script><script>alert(1)</script>"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_plan_page_leads_to_what_can_be_taken_along(client: Client, plan: Plan, language: str) -> None:
    html = client.get(f"/{language}/plans/{plan.slug}/").content.decode()
    for name in ("export.xlsx", "export.csv", "export.json", "export.xml", "feed/", "card/"):
        assert f'href="/{language}/plans/{plan.slug}/{name}"' in html
    assert f"&lt;iframe src=&quot;http://testserver/{language}/plans/{plan.slug}/card/&quot;" in html


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_card_says_where_the_plan_stands(client: Client, full: Plan, language: str) -> None:
    html = client.get(f"/{language}/plans/{full.slug}/card/").content.decode()
    assert (full.title_ar if language == "ar" else full.title_en) in html
    assert 'datetime="2025-03-01"' in html
    assert f'href="/{language}/plans/{full.slug}/" target="_blank"' in html


def test_the_card_alone_may_be_framed(client: Client, plan: Plan) -> None:
    card, page = client.get("/en/plans/gcc-aze/card/"), client.get("/en/plans/gcc-aze/")
    assert "X-Frame-Options" not in card.headers
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_the_card_leaves_no_cookie_and_runs_no_script(client: Client, plan: Plan) -> None:
    card = client.get("/en/plans/gcc-aze/card/")
    assert not card.cookies
    assert "<script" not in card.content.decode()


def test_the_card_costs_the_same_at_any_size(client: Client, full: Plan, pillar: Pillar) -> None:
    before = cost(client, f"/en/plans/{full.slug}/card/")
    for number in range(2, 8):
        make_commitment(pillar, f"ENE-{number}")
    assert cost(client, f"/en/plans/{full.slug}/card/") == before <= 5


def test_a_closed_site_gives_its_plans_to_nobody_unknown(client: Client, plan: Plan, settings: Any) -> None:
    settings.PUBLIC = False
    for name in ("export.json", "feed/", "card/"):
        assert client.get(f"/en/plans/{plan.slug}/{name}").status_code == 302
