"""Milestones and indicators in a plan's workbook: beside the commitments, all or nothing, back without a difference."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import Workbook, load_workbook

from plans.exchange.further_sheets import COLUMNS, TITLES
from plans.exchange.sheet import Sheet
from plans.exchange.spreadsheet import COLUMNS as OF_COMMITMENTS
from plans.exchange.spreadsheet import apply, compare, export, read_rows, template
from plans.exchange.workbook import SheetError
from plans.models import Commitment, Indicator, Milestone, Pillar, Plan
from plans.progress import move_date
from tests.plans.test_admin import signed_in
from tests.plans.test_spreadsheet import a_row, sectors, take_in
from tests.plans.test_spreadsheet_pages import confirm, look

__all__ = ["sectors"]  # a fixture of this file too
pytestmark = pytest.mark.django_db

MILESTONE = {"commitment_code": "ENE-1", "title_ar": "توقيع الاتفاق", "due_on": "2025-06-30"}
INDICATOR = {"commitment_code": "ENE-1", "title_en": "Engineers trained", "unit_en": "people", "target": "120"}


def book(
    *commitments: dict[str, Any],
    milestones: list[dict[str, Any]] | None = None,
    indicators: list[dict[str, Any]] | None = None,
    language: str = "ar",
) -> bytes:
    """A workbook with these rows; a sheet is there only where it is given rows."""
    made = Workbook()
    first: Any = made.active
    first.append([column.header(language) for column in OF_COMMITMENTS])
    for row in commitments:
        first.append([row.get(column.name) for column in OF_COMMITMENTS])
    for kind, rows in {"milestones": milestones, "indicators": indicators}.items():
        if rows is not None:
            sheet = made.create_sheet(TITLES[kind][0 if language == "ar" else 1])
            sheet.append([column.header(language) for column in COLUMNS[kind]])
            for row in rows:
                sheet.append([row.get(column.name) for column in COLUMNS[kind]])
    return saved(made)


def saved(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def mistakes(plan: Plan, content: bytes) -> list[str]:
    """What is said when this file is taken in, in English; nothing of it may be stored."""
    tables = (Pillar, Commitment, Milestone, Indicator)
    before = [table._default_manager.count() for table in tables]
    with translation.override("en"), pytest.raises(SheetError) as refused:
        apply(plan, read_rows(content), None)
    assert [table._default_manager.count() for table in tables] == before
    return [str(error) for error in refused.value.errors]


def further(plan: Plan, content: bytes) -> list[tuple[str, str]]:
    """What the further sheets would do."""
    return [(one.sheet, one.kind) for one in compare(plan, read_rows(content)) if one.sheet]


# ------------------------------------------------------------------ taken in
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_new_commitment_comes_with_its_milestones_and_indicators(plan: Plan, language: str) -> None:
    done = take_in(plan, book(a_row(), milestones=[MILESTONE], indicators=[INDICATOR], language=language))
    assert done.new == 4
    milestone, indicator = Milestone.objects.get(), Indicator.objects.get()
    assert (milestone.commitment.code, milestone.title_ar) == ("ENE-1", "توقيع الاتفاق")
    assert milestone.due_on == milestone.baseline_due_on == date(2025, 6, 30)
    assert (indicator.title_en, indicator.unit_en, indicator.target) == ("Engineers trained", "people", Decimal(120))


def test_a_file_without_these_sheets_leaves_milestones_and_indicators_as_they_are(plan: Plan) -> None:
    take_in(plan, book(a_row(), milestones=[MILESTONE], indicators=[INDICATOR]))
    assert take_in(plan, book(a_row())).unchanged == 2
    assert (Milestone.objects.count(), Indicator.objects.count()) == (1, 1)


def test_a_file_taken_in_twice_changes_nothing_the_second_time(plan: Plan) -> None:
    content = book(a_row(), milestones=[MILESTONE], indicators=[INDICATOR])
    take_in(plan, content)
    assert further(plan, content) == [("المعالم", "unchanged"), ("المؤشرات", "unchanged")]


@pytest.mark.parametrize("typed", ["2.5", 2.5, "٢٫٥"])
def test_a_number_is_a_number_cell_or_typed_in_any_digits(plan: Plan, typed: Any) -> None:
    take_in(plan, book(a_row(), indicators=[{**INDICATOR, "baseline": typed}]))
    assert Indicator.objects.get().baseline == Decimal("2.5")


def test_a_row_with_its_number_changes_what_it_is_about_and_tells_how(plan: Plan) -> None:
    take_in(plan, book(a_row(), milestones=[MILESTONE]))
    milestone = Milestone.objects.get()
    again = book(
        a_row(), milestones=[{**MILESTONE, "number": milestone.pk, "title_ar": "التوقيع", "done_on": "2025-06-12"}]
    )
    [found] = [one for one in compare(plan, read_rows(again)) if one.sheet]
    assert [(one.column.name, one.old, one.new) for one in found.changes] == [
        ("title_ar", "توقيع الاتفاق", "التوقيع"),
        ("done_on", "", "2025-06-12"),
    ]
    take_in(plan, again)
    milestone.refresh_from_db()
    assert (milestone.title_ar, milestone.done_on) == ("التوقيع", date(2025, 6, 12))


def test_a_row_found_by_one_title_leaves_the_other_title(plan: Plan) -> None:
    take_in(plan, book(a_row(), milestones=[MILESTONE]))
    Milestone.objects.update(title_en="Signature")
    assert further(plan, book(a_row(), milestones=[MILESTONE])) == [("المعالم", "unchanged")]


# ------------------------------------------------------------------ wrong input
def at(kind: str, name: str, row: int = 2) -> str:
    index = [column.name for column in COLUMNS[kind]].index(name)
    where = f"{chr(ord('A') + index)} · {COLUMNS[kind][index].ar}"
    return f"Sheet «{TITLES[kind][0]}»: Row {row}, column «{where}»: "


@pytest.mark.parametrize(
    "kind, typed, told",
    [
        ("milestones", {"commitment_code": None}, "Each row names its commitment."),
        ("milestones", {"commitment_code": "ENE-9"}, "The plan has no commitment «ENE-9»"),
        ("milestones", {"title_ar": None}, "Give the title in one language at least."),
        ("milestones", {"title_ar": "م" * 301}, "Ensure this value has at most 300 characters"),
        ("milestones", {"number": 999999}, "Nothing in this plan has the number «999999»."),
        ("milestones", {"number": "one"}, "Nothing in this plan has the number «one»."),
        ("milestones", {"due_on": "soon"}, "«soon» is not a date."),
        ("milestones", {"due_on": "2023-06-30"}, "The date lies before the commitment starts."),
        ("milestones", {"due_precision": "about"}, "«about» is no precision of a date."),
        ("milestones", {"done_on": "2999-01-01"}, "This day is still to come."),
        ("indicators", {"target": "many"}, "«many» is not a number."),
        ("indicators", {"target": "1,5"}, "«1,5» is not a number."),
        ("indicators", {"target": "NaN"}, "«NaN» is not a number."),
        ("indicators", {"baseline": "0.00001"}, "Ensure that there are no more than 4 decimal places."),
        ("indicators", {"baseline_on": "06/07/2024"}, "«06/07/2024» can be read in two ways."),
    ],
)
def test_a_mistake_is_told_with_its_sheet_row_and_column_and_nothing_is_saved(
    plan: Plan, kind: str, typed: dict[str, Any], told: str
) -> None:
    row = {**(MILESTONE if kind == "milestones" else INDICATOR), **typed}
    if typed == {"title_ar": None}:
        row.pop("title_en", None)
    sheets: dict[str, Any] = {kind: [row]}
    [said] = mistakes(plan, book(a_row(), **sheets))
    assert said.startswith(at(kind, next(iter(typed))) + told)


def test_mistakes_of_all_sheets_are_told_at_once(plan: Plan) -> None:
    said = mistakes(
        plan,
        book(
            a_row(due_precision="about"),
            milestones=[MILESTONE, {**MILESTONE}],
            indicators=[{**INDICATOR, "target": "many"}],
        ),
    )
    assert [one.split(":")[0] for one in said] == [
        "Row 2, column «P · دقة موعد الإنجاز»",
        "Sheet «المؤشرات»",
        "Sheet «المعالم»",
    ]
    assert said[2] == at("milestones", "title_ar", 3) + "Row 2 says the same already."


def test_merged_cells_a_formula_and_a_missing_column_of_a_further_sheet_are_told(plan: Plan) -> None:
    made = load_workbook(io.BytesIO(book(a_row(), milestones=[MILESTONE])))
    made["المعالم"].merge_cells("C2:D2")
    made["المعالم"]["E2"] = "=TODAY()"
    assert mistakes(plan, saved(made)) == [
        "Sheet «المعالم»: Row 2: The cells C2:D2 are merged. Unmerge them: each row needs its own.",
        "Sheet «المعالم»: Row 2, column «E»: This is a formula. Put its value in its place.",
    ]
    made = load_workbook(io.BytesIO(book(a_row(), milestones=[MILESTONE])))
    made["المعالم"].delete_cols(1)
    assert mistakes(plan, saved(made)) == [
        "Sheet «المعالم»: Row 1: The column «الرقم» / «Number» is missing. A column you do not need stays empty."
    ]


def test_a_number_stands_once_and_stays_with_its_commitment(plan: Plan) -> None:
    take_in(plan, book(a_row(), a_row("ENE-2"), milestones=[MILESTONE]))
    numbered = {**MILESTONE, "number": Milestone.objects.get().pk}
    [said] = mistakes(plan, book(a_row(), milestones=[numbered, numbered]))
    assert said.startswith(at("milestones", "number", 3) + "Row 2 has the number")
    [said] = mistakes(plan, book(a_row(), milestones=[{**numbered, "commitment_code": "ENE-2"}]))
    assert said.endswith("belongs to the commitment «ENE-1».")


def test_a_number_of_another_plan_is_not_taken(plan: Plan) -> None:
    other = Plan.objects.create(
        slug="other",
        side_a=plan.side_a,
        side_b=plan.side_b,
        title_en="Other",
        title_ar="أخرى",
        starts=plan.starts,
        ends=plan.ends,
    )
    take_in(other, book(a_row(), milestones=[MILESTONE]))
    number = Milestone.objects.get().pk
    [said] = mistakes(plan, book(a_row(), milestones=[{**MILESTONE, "number": number, "title_ar": "شيء آخر"}]))
    assert f"Nothing in this plan has the number «{number}»." in said


def test_the_date_of_a_milestone_is_not_moved_by_a_spreadsheet(plan: Plan) -> None:
    take_in(plan, book(a_row(), milestones=[MILESTONE]))
    [said] = mistakes(plan, book(a_row(), milestones=[{**MILESTONE, "due_on": "2025-09-30"}]))
    assert said.startswith(at("milestones", "due_on") + "The due date is 2025-06-30 day. A date moves with a reason")


# ------------------------------------------------------------------ given out and read back
@pytest.fixture
def varied(plan: Plan) -> Plan:
    """Milestones and indicators with everything a spreadsheet could lose."""
    take_in(plan, book(a_row(), a_row("ENE-2", pillar_code="TRD", pillar_title_ar="التجارة", sector="Trade")))
    first, second = plan.commitments.order_by("code")
    Milestone.objects.create(commitment=first, title_ar="=1+1", due_on=date(2025, 1, 31), due_precision="quarter")
    for _twin in range(2):
        Milestone.objects.create(commitment=first, title_en="Twin\r\nof two ", done_on=date(2025, 3, 3))
    Milestone.objects.create(commitment=second, title_en="At the end", due_precision="plan_end")
    moved = Milestone.objects.create(commitment=second, title_ar="أُجّل", due_on=date(2025, 5, 5))
    for to in (date(2026, 5, 5), None):
        move_date(moved, to=to, precision="month", decided_on=date(2025, 1, 1), by=None, reason_en="Late.")
    Indicator.objects.create(commitment=first, title_en="-2", baseline=Decimal("0"), target=Decimal("-0.0001"))
    Indicator.objects.create(
        commitment=second,
        title_ar="نسبة",
        unit_ar="%",
        baseline=Decimal("12345678901234.5"),
        baseline_on=date(2023, 12, 31),
        target=Decimal(1000),
        target_on=date(2028, 12, 31),
    )
    return plan


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_round_trip_changes_nothing(varied: Plan, language: str) -> None:
    with translation.override("ar" if language == "en" else "en"):
        sheet = read_rows(export(varied, language, "xlsx"))
    assert Sheet.unpacked(sheet.packed()) == sheet
    found = compare(varied, sheet)
    assert [(one.code, one.changes) for one in found if one.kind != "unchanged"] == []
    assert [one.sheet for one in found].count(TITLES["milestones"][0 if language == "ar" else 1]) == 5
    assert [one.sheet for one in found].count(TITLES["indicators"][0 if language == "ar" else 1]) == 2


def test_nothing_given_out_is_calculated(varied: Plan) -> None:
    sheets = load_workbook(io.BytesIO(export(varied, "en", "xlsx"))).worksheets
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_template_has_both_sheets_and_says_what_belongs_into_each_column(language: str) -> None:
    content = template(language, "xlsx")
    assert {kind: sheet.rows for kind, sheet in read_rows(content).further.items()} == {kind: [] for kind in TITLES}
    made = load_workbook(io.BytesIO(content))
    explained = [row[:4] for row in made.worksheets[-1].iter_rows(min_row=2, values_only=True)]
    for kind, columns in COLUMNS.items():
        sheet = made[TITLES[kind][0 if language == "ar" else 1]]
        assert sheet.sheet_view.rightToLeft is (language == "ar")
        for column in columns:
            assert (column.ar, column.en, column.meaning_ar, column.meaning_en) in explained
    [choice] = made[TITLES["milestones"][0 if language == "ar" else 1]].data_validations.dataValidation
    name, cells = choice.formula1.replace("'", "").split("!")
    assert [row[0].value for row in made[name][cells]][-1] == ("نهاية الخطة" if language == "ar" else "end of the plan")


def test_the_page_shows_of_which_sheet_a_row_is_and_takes_it_in(plan: Plan) -> None:
    desk = signed_in("editor")
    looked = look(desk, plan, book(a_row(), milestones=[MILESTONE], indicators=[INDICATOR], language="en"))
    html = looked.content.decode()
    assert "<bdi>Milestones</bdi> 2" in html
    assert "<bdi>Indicators</bdi> 2" in html
    assert not Milestone.objects.exists()
    confirm(desk, plan, looked.context["signed"])
    assert (Milestone.objects.count(), Indicator.objects.count()) == (1, 1)


def test_the_sheets_cost_the_same_queries_at_any_size(plan: Plan) -> None:
    costs = []
    for size in (2, 40):
        with CaptureQueriesContext(connection) as captured:
            take_in(
                plan,
                book(
                    a_row(),
                    milestones=[{**MILESTONE, "title_ar": f"م{number}"} for number in range(size)],
                    indicators=[{**INDICATOR, "title_en": f"I{number}"} for number in range(size)],
                ),
            )
            export(plan, "ar", "xlsx")
        costs.append(len(captured))
        plan.commitments.all().delete()
        plan.pillars.all().delete()
    assert costs[0] == costs[1]
