"""A plan as a spreadsheet: taken in whole or not at all, given out and read back without a difference."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import Workbook, load_workbook

from plans.exchange.sheet import PRECISIONS, Sheet, read_date
from plans.exchange.spreadsheet import (
    BY_NAME,
    COLUMNS,
    apply,
    commitments_left_out,
    compare,
    export,
    read_rows,
    template,
)
from plans.exchange.workbook import SheetError
from plans.models import Commitment, Pillar, Plan, Sector
from plans.progress import move_date
from tests.conftest import make_user
from tests.plans.conftest import make_commitment

pytestmark = pytest.mark.django_db

SECTORS = {
    "energy": ("الطاقة", "Energy"),
    "trade": ("التجارة", "Trade"),
    "health": ("الصحة", "Health"),
    "tourism": ("السياحة", "Tourism"),
}


@pytest.fixture(autouse=True)
def sectors(db: None) -> None:
    for slug, (name_ar, name_en) in SECTORS.items():
        Sector.objects.get_or_create(slug=slug, defaults={"name_ar": name_ar, "name_en": name_en})


def a_row(code: str | int = "ENE-1", **cells: Any) -> dict[str, Any]:
    """A commitment as typed in Arabic."""
    return {
        "pillar_code": "ENE",
        "pillar_title_ar": "التعاون في الطاقة",
        "sector": "الطاقة",
        "code": code,
        "title_ar": f"تدريب المهندسين {code}",
        "starts": "2024-01-01",
        "due_on": "2026-06-30",
        **cells,
    }


def xlsx(*rows: dict[str, Any], language: str = "ar", change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with these rows under our headers; `change` does to its sheet what a person might."""
    book = Workbook()
    sheet: Any = book.active
    sheet.append([column.header(language) for column in COLUMNS])
    for row in rows:
        sheet.append([row.get(column.name) for column in COLUMNS])
    if change is not None:
        change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(*rows: dict[str, Any], language: str = "ar", delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([column.header(language) for column in COLUMNS])
    writer.writerows([row.get(column.name, "") for column in COLUMNS] for row in rows)
    return out.getvalue().encode(encoding)


def place(name: str) -> str:
    """The letter of a column of the template."""
    return chr(ord("A") + [column.name for column in COLUMNS].index(name))


def mistakes(plan: Plan, content: bytes) -> list[str]:
    """What is said when this file is taken in, in English; nothing of it may be stored."""
    before = (Pillar.objects.count(), Commitment.objects.count())
    with translation.override("en"), pytest.raises(SheetError) as refused:
        apply(plan, read_rows(content), None)
    assert (Pillar.objects.count(), Commitment.objects.count()) == before
    return [str(error) for error in refused.value.errors]


def take_in(plan: Plan, content: bytes) -> Any:
    return apply(plan, read_rows(content), None)


def a_whole_plan(pillars: int = 8, of_each: int = 15) -> list[dict[str, Any]]:
    rows = []
    for pillar in range(1, pillars + 1):
        name_ar, _name_en = list(SECTORS.values())[pillar % len(SECTORS)]
        for number in range(1, of_each + 1):
            is_first = number == 1
            rows.append(
                {
                    "pillar_code": f"P{pillar}",
                    "pillar_title_ar": f"المحور {pillar}" if is_first else "",
                    "sector": name_ar if is_first else "",
                    "code": f"P{pillar}-{number}",
                    "title_ar": f"الالتزام {number} في المحور {pillar}",
                    "text_ar": "يعمل الجانبان على تبادل الخبرات\nوتدريب الكوادر.",
                    "lead_a_ar": "وزارة الطاقة",
                    "starts": date(2024, 1, 1),
                    "due_on": date(2026, 1 + number % 12, 28),
                    "due_precision": "شهر",
                }
            )
    return rows


# ------------------------------------------------------------------ taken in
@pytest.mark.parametrize("write", [xlsx, as_csv])
def test_a_plan_of_8_pillars_and_120_commitments_is_entered_in_one_go_in_arabic(
    plan: Plan, write: Callable[..., bytes]
) -> None:
    done = take_in(plan, write(*a_whole_plan()))
    assert done.new == 128
    assert (plan.pillars.count(), plan.commitments.count()) == (8, 120)
    last = plan.commitments.get(code="P8-15")
    assert (last.title_ar, last.pillar.title_ar, last.pillar.sector.slug) == (
        "الالتزام 15 في المحور 8",
        "المحور 8",
        "energy",
    )
    assert last.due_on == last.baseline_due_on == date(2026, 4, 28)
    assert last.due_precision == "month"
    assert last.text_ar == "يعمل الجانبان على تبادل الخبرات\nوتدريب الكوادر."
    assert [pillar.code for pillar in plan.pillars.all()] == [f"P{number}" for number in range(1, 9)]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_headers_are_taken_in_either_language(plan: Plan, language: str) -> None:
    take_in(plan, xlsx(a_row(), language=language))
    assert plan.commitments.get().pillar.sector.slug == "energy"


@pytest.mark.parametrize("delimiter, encoding", [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")])
def test_csv_is_read_as_excel_writes_it_in_different_countries(plan: Plan, delimiter: str, encoding: str) -> None:
    take_in(plan, as_csv(a_row(), delimiter=delimiter, encoding=encoding))
    assert plan.commitments.get().title_ar == "تدريب المهندسين ENE-1"


@pytest.mark.parametrize("word", ["الطاقة", "Energy", "energy"])
def test_a_sector_is_named_in_either_language_or_by_its_slug(plan: Plan, word: str) -> None:
    take_in(plan, xlsx(a_row(sector=word)))
    assert plan.pillars.get().sector.slug == "energy"


@pytest.mark.parametrize("word", ["سنة", "year", "Year"])
def test_the_precision_of_a_date_is_a_word_in_either_language(plan: Plan, word: str) -> None:
    take_in(plan, xlsx(a_row(due_precision=word)))
    assert plan.commitments.get().due_precision == "year"


def test_a_commitment_is_due_by_the_end_of_the_plan_without_a_date(plan: Plan) -> None:
    take_in(plan, xlsx(a_row(due_on=None, due_precision="نهاية الخطة")))
    commitment = plan.commitments.get()
    assert (commitment.due_on, commitment.due_precision) == (None, "plan_end")


@pytest.mark.parametrize(
    "typed",
    [
        date(2026, 6, 30),
        datetime.combine(date(2026, 6, 30), time(9)),
        "2026-06-30",
        "30/06/2026",
        "30.6.2026",
        "٢٠٢٦/٠٦/٣٠",
    ],
)
def test_a_date_is_a_date_cell_or_typed_as_text(plan: Plan, typed: Any) -> None:
    take_in(plan, xlsx(a_row(due_on=typed)))
    assert plan.commitments.get().due_on == date(2026, 6, 30)


@pytest.mark.parametrize("typed", ["06/07/2026", "31/02/2026", "next spring", "2026"])
def test_what_is_no_date_or_two_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=typed):
        read_date(typed)


def test_a_row_with_a_pillar_alone_enters_a_pillar(plan: Plan) -> None:
    alone = {"pillar_code": "HLT", "pillar_title_en": "Health", "sector": "Health"}
    take_in(plan, xlsx(a_row(), alone))
    assert plan.pillars.get(code="HLT").commitments.count() == 0


def test_codes_typed_as_numbers_are_codes(plan: Plan) -> None:
    take_in(plan, xlsx(a_row(7, pillar_code=1)))
    assert plan.commitments.get().code == "7"


def test_the_history_says_who_took_the_sheet_in(plan: Plan) -> None:
    editor = make_user("editor")
    apply(plan, read_rows(xlsx(a_row())), editor)
    event: Any = plan.commitments.get().events.get()  # type: ignore[attr-defined] # made by pghistory
    assert event.pgh_context.metadata["user"] == editor.pk


# ------------------------------------------------------------------ what it would change
def kinds(plan: Plan, content: bytes) -> list[tuple[str, str]]:
    return [(one.code, one.kind) for one in compare(plan, read_rows(content))]


def test_a_dry_run_says_of_each_row_what_it_would_do_and_does_nothing(plan: Plan) -> None:
    take_in(plan, xlsx(a_row("ENE-1"), a_row("ENE-2")))
    again = xlsx(a_row("ENE-1"), a_row("ENE-2", lead_a_ar="وزارة الطاقة"), a_row("ENE-3"))
    assert kinds(plan, again) == [
        ("ENE", "unchanged"),
        ("ENE-1", "unchanged"),
        ("ENE-2", "changed"),
        ("ENE-3", "new"),
    ]
    assert plan.commitments.count() == 2


def test_a_change_is_told_field_by_field_old_and_new(plan: Plan) -> None:
    take_in(plan, xlsx(a_row(lead_a_en="Ministry of Energy")))
    changed = a_row(lead_a_en="Energy Authority", starts="2024-03-01", pillar_title_en="Energy")
    pillar, commitment = compare(plan, read_rows(xlsx(changed)))
    assert [(one.column.name, one.old, one.new) for one in pillar.changes] == [("pillar_title_en", "", "Energy")]
    assert [(one.column.name, one.old, one.new) for one in commitment.changes] == [
        ("lead_a_en", "Ministry of Energy", "Energy Authority"),
        ("starts", "2024-01-01", "2024-03-01"),
    ]
    take_in(plan, xlsx(changed))
    stored = plan.commitments.get()
    assert (stored.lead_a_en, stored.starts, stored.pillar.title_en) == (
        "Energy Authority",
        date(2024, 3, 1),
        "Energy",
    )


def test_a_commitment_moves_to_another_pillar(plan: Plan) -> None:
    take_in(plan, xlsx(a_row()))
    take_in(plan, xlsx(a_row(pillar_code="TRD", pillar_title_ar="التجارة", sector="Trade")))
    assert plan.commitments.get().pillar.code == "TRD"


def test_what_the_sheet_leaves_out_stays(plan: Plan) -> None:
    take_in(plan, xlsx(a_row("ENE-1"), a_row("ENE-2")))
    only = xlsx(a_row("ENE-2", lead_b_ar="وزارة الاقتصاد"))
    assert commitments_left_out(plan, compare(plan, read_rows(only))) == ["ENE-1"]
    take_in(plan, only)
    assert plan.commitments.count() == 2


def test_a_sheet_is_kept_between_dry_run_and_confirmation_without_loss(plan: Plan) -> None:
    sheet = read_rows(xlsx(a_row(due_on=date(2026, 6, 30)), a_row("ENE-2")))
    assert Sheet.unpacked(sheet.packed()) == sheet


# ------------------------------------------------------------------ dates and wording are not changed silently
@pytest.mark.parametrize("typed", [{"due_on": "2027-01-31"}, {"due_on": None}, {"due_precision": "year"}])
def test_a_date_that_stands_is_not_moved_by_a_spreadsheet(plan: Plan, typed: dict[str, Any]) -> None:
    take_in(plan, xlsx(a_row()))
    [told] = mistakes(plan, xlsx(a_row(**typed)))
    assert told.startswith("Row 2, column «O · موعد الإنجاز»: The due date is 2026-06-30 day.")
    assert "move the date" in told
    assert plan.commitments.get().due_on == date(2026, 6, 30)


def test_a_date_is_entered_where_none_was_agreed(plan: Plan) -> None:
    take_in(plan, xlsx(a_row(due_on=None)))
    take_in(plan, xlsx(a_row()))
    commitment = plan.commitments.get()
    assert commitment.due_on == commitment.baseline_due_on == date(2026, 6, 30)


def test_a_date_given_up_does_not_come_back(plan: Plan) -> None:
    take_in(plan, xlsx(a_row()))
    move_date(
        plan.commitments.get(), to=None, precision="day", decided_on=date(2026, 1, 1), by=None, reason_en="Given up."
    )
    assert len(mistakes(plan, xlsx(a_row()))) == 1
    assert kinds(plan, xlsx(a_row(due_on=None))) == [("ENE", "unchanged"), ("ENE-1", "unchanged")]


@pytest.mark.parametrize("typed", [{"title_ar": "شيء آخر"}, {"text_ar": "نص آخر"}, {"text_ar": None}])
def test_the_wording_agreed_is_not_changed_by_a_spreadsheet(plan: Plan, typed: dict[str, Any]) -> None:
    take_in(plan, xlsx(a_row(text_ar="النص المتفق عليه")))
    [told] = mistakes(plan, xlsx(a_row(**{"text_ar": "النص المتفق عليه", **typed})))
    assert "Other words were agreed" in told
    assert "amendment" in told


def test_wording_is_filled_in_where_none_stands(plan: Plan) -> None:
    take_in(plan, xlsx(a_row()))
    take_in(plan, xlsx(a_row(title_en="Training of engineers", text_ar="النص المتفق عليه")))
    commitment = plan.commitments.get()
    assert (commitment.title_en, commitment.text_ar) == ("Training of engineers", "النص المتفق عليه")


# ------------------------------------------------------------------ wrong input
def at(name: str, row: int = 2) -> str:
    return f"Row {row}, column «{place(name)} · {BY_NAME[name].ar}»: "


@pytest.mark.parametrize(
    "typed, told",
    [
        ({"sector": "Magic"}, at("sector") + "There is no sector «Magic». There are: "),
        ({"sector": None}, at("sector") + "A new pillar needs its sector."),
        ({"pillar_code": None}, at("pillar_code") + "Each row names its pillar."),
        ({"pillar_title_ar": None}, at("pillar_title_ar") + "A new pillar needs a title in one language at least."),
        ({"code": None}, at("code") + "A commitment needs its code."),
        ({"code": "ENE 1"}, at("code") + "Letters, digits, dots and hyphens"),
        ({"code": 1.5}, at("code") + "Write the code as text: a number loses its last zero."),
        ({"title_ar": None}, at("title_ar") + "A commitment needs a title in one language at least."),
        ({"due_on": "soon"}, at("due_on") + "«soon» is not a date."),
        ({"due_on": 46203.5}, at("due_on") + "«46203.5» is not a date."),
        ({"starts": "06/07/2024"}, at("starts") + "«06/07/2024» can be read in two ways."),
        ({"due_on": "2023-12-31"}, at("due_on") + "The commitment is due before it starts."),
        ({"due_precision": "about"}, at("due_precision") + "«about» is no precision of a date."),
        ({"lead_a_ar": "و" * 201}, at("lead_a_ar") + "Ensure this value has at most 200 characters (it has 201)."),
    ],
)
def test_a_mistake_is_told_with_its_row_and_column_and_nothing_is_saved(
    plan: Plan, typed: dict[str, Any], told: str
) -> None:
    [said] = mistakes(plan, xlsx(a_row(**typed), a_row("ENE-2", pillar_code="TRD", sector="Trade")))
    assert said.startswith(told)


def test_all_mistakes_are_told_at_once_in_the_order_of_rows(plan: Plan) -> None:
    said = mistakes(plan, xlsx(a_row(due_on="soon"), a_row("ENE-2"), a_row("ENE-3", due_precision="about")))
    assert [one.split(",")[0] for one in said] == ["Row 2", "Row 4"]


def test_a_code_stands_once_in_a_sheet(plan: Plan) -> None:
    assert mistakes(plan, xlsx(a_row(), a_row())) == [at("code", 3) + "Row 2 has the code «ENE-1» already."]


def test_a_code_that_is_the_address_of_a_page_is_told(plan: Plan) -> None:
    told = "A page of the plan has this address. Choose another code: «ENE-3»."
    assert mistakes(plan, xlsx(a_row("card"))) == [at("code", 2) + told]


def test_rows_that_contradict_each_other_about_a_pillar_are_told(plan: Plan) -> None:
    [said] = mistakes(plan, xlsx(a_row(), a_row("ENE-2", sector="Trade")))
    assert said == at("sector", 3) + "Row 2 says otherwise of this pillar: «الطاقة»."


def test_merged_cells_a_formula_and_a_missing_column_are_told(plan: Plan) -> None:
    def spoil(sheet: Any) -> None:
        sheet.merge_cells("A2:A3")
        sheet["N2"] = "=TODAY()"

    said = mistakes(plan, xlsx(a_row(), a_row("ENE-2"), change=spoil))
    assert said == [
        "Row 2: The cells A2:A3 are merged. Unmerge them: each row needs its own.",
        "Row 2, column «N»: This is a formula. Put its value in its place.",
    ]
    said = mistakes(plan, xlsx(a_row(), change=lambda sheet: sheet.delete_cols(4)))
    assert said == ["Row 1: The column «القطاع» / «Sector» is missing. A column you do not need stays empty."]


def test_a_formula_in_csv_is_told(plan: Plan) -> None:
    said = mistakes(plan, as_csv(a_row(lead_a_ar="=1+1")))
    assert said == ["Row 2, column «J»: This is a formula. Put its value in its place."]


@pytest.mark.parametrize(
    "header, told",
    [
        ("Secktor", "Row 1, column «D»: The template has no column «Secktor»."),
        ("Starts", "Row 1, column «N»: The column «البداية» is there twice."),
    ],
)
def test_a_header_of_another_name_or_one_there_twice_is_told(plan: Plan, header: str, told: str) -> None:
    said = mistakes(plan, xlsx(a_row(), change=lambda sheet: sheet.cell(1, 4, header)))
    assert said[0].startswith(told)


@pytest.mark.parametrize(
    "content, told",
    [
        (b"", "The sheet is empty."),
        (b"\xd0\xcf\x11\xe0 and so on", "This is an Excel file of the old kind."),
        (b"PK\x03\x04 but no workbook", "This is not a spreadsheet that can be read."),
        (b"MZ\x90\x00\x03", "The letters of this file cannot be told."),
        ("الرمز".encode("cp1256"), "The letters of this file cannot be told."),
        (b"x" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
        (b"a,b\n" * 2002, "The sheet has more than 2000 rows."),
    ],
)
def test_what_is_no_spreadsheet_or_too_large_is_told(plan: Plan, content: bytes, told: str) -> None:
    [said] = mistakes(plan, content)
    assert said.startswith(told)


def test_a_sheet_formatted_to_its_last_row_is_read_like_any_other(plan: Plan) -> None:
    def form(sheet: Any) -> None:
        sheet["A1048576"].number_format = "@"

    assert kinds(plan, xlsx(a_row(), change=form)) == [("ENE", "new"), ("ENE-1", "new")]


# ------------------------------------------------------------------ given out and read back
HARMFUL = '=HYPERLINK("http://example.org","x")'


@pytest.fixture
def varied(plan: Plan) -> Plan:
    """A plan with everything a spreadsheet could lose."""
    take_in(plan, xlsx(*a_whole_plan(2, 3)))
    pillar = plan.pillars.get(code="P1")
    make_commitment(pillar, "P1-90", title_en=HARMFUL, title_ar="+٩٦٦", text_en="- first\r\n- second\n")
    make_commitment(pillar, "P1-91", text_ar="'=1", text_en="''@x", lead_a_en=" -2 ", due_on=None)
    make_commitment(pillar, "1.10", due_on=None, due_precision="plan_end", starts=None, lead_b_ar='a;b,"c"\td')
    make_commitment(pillar, "007", due_precision="quarter")
    undated = make_commitment(pillar, "P1-92")
    move_date(undated, to=None, precision="month", decided_on=date(2026, 1, 1), by=None, reason_en="Given up.")
    Pillar.objects.create(plan=plan, code="ALONE", title_en="Alone", title_ar="وحيد", sector=pillar.sector, position=9)
    return plan


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("extension", ["xlsx", "csv"])
def test_a_round_trip_changes_nothing(varied: Plan, language: str, extension: str) -> None:
    with translation.override("ar" if language == "en" else "en"):
        content = export(varied, language, extension)
    found = compare(varied, read_rows(content))
    assert [(one.code, one.changes) for one in found if one.kind != "unchanged"] == []
    assert len(found) == 3 + 11
    assert commitments_left_out(varied, found) == []


@pytest.mark.parametrize("extension", ["xlsx", "csv"])
def test_nothing_given_out_is_calculated(varied: Plan, extension: str) -> None:
    content = export(varied, "en", extension)
    if extension == "csv":
        texts = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert f"'{HARMFUL}" in texts
        assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    else:
        sheets = load_workbook(io.BytesIO(content)).worksheets
        cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
        assert HARMFUL in [cell.value for cell in cells]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize("extension", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_template_is_empty_and_has_every_column(plan: Plan, language: str, extension: str) -> None:
    sheet = read_rows(template(language, extension))
    assert sheet.rows == []
    assert set(sheet.places) == set(BY_NAME)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_template_says_in_both_languages_what_belongs_into_each_column(language: str) -> None:
    book = load_workbook(io.BytesIO(template(language, "xlsx")))
    sheet, *_further, meanings = book.worksheets
    assert sheet.sheet_view.rightToLeft is (language == "ar")
    explained = {row[1]: row for row in meanings.iter_rows(min_row=2, values_only=True)}
    for column in COLUMNS:
        assert all(explained[column.en][:4])
        assert explained[column.en][0] == column.ar
    assert explained["Energy"][0] == "الطاقة"
    for choice in sheet.data_validations.dataValidation:
        name, cells = choice.formula1.replace("'", "").split("!")
        values = [row[0].value for row in book[name][cells]]
        of_language = 0 if language == "ar" else 1
        sectors, precisions = ({words[of_language] for words in listed.values()} for listed in (SECTORS, PRECISIONS))
        assert set(values) in (sectors, precisions)


# ------------------------------------------------------------------ the same queries at any size
def test_taking_in_comparing_and_giving_out_cost_the_same_queries_at_any_size(plan: Plan) -> None:
    costs = []
    for rows in (a_whole_plan(2, 2), a_whole_plan(8, 15)):
        changed = [{**row, "lead_a_ar": "جهة أخرى"} for row in rows]
        with CaptureQueriesContext(connection) as captured:
            take_in(plan, xlsx(*rows))
            take_in(plan, xlsx(*changed))
            export(plan, "ar", "csv")
        costs.append(len(captured))
        plan.commitments.all().delete()
        plan.pillars.all().delete()
    assert costs[0] == costs[1]
