"""Cells of a spreadsheet, as XLSX or CSV: what a file holds, and a file of what we hold. Knows nothing of plans.

Reading refuses what a person would not see the meaning of: merged cells, formulas, files of another kind. Writing is
safe against formula injection: nothing written is ever calculated, and `read` gives back what was written.
"""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

Value = str | float | date
Row = list[Value]

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_BYTES_UNPACKED: Final = 100 * 1024 * 1024
MOST_ROWS: Final = 2000
MOST_COLUMNS: Final = 100

ZIP: Final = b"PK\x03\x04"
OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"

# what a spreadsheet would calculate, with the apostrophes that keep it from doing so
CALCULATED: Final = re.compile(r"'*[=+\-@\t\r]")
PROTECTED: Final = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class CellError:
    """Something wrong, and where: the row as the spreadsheet numbers it, the column by its letter or header."""

    message: str
    row: int | None = None
    column: str = ""
    sheet: str = ""  # where it is another than the first

    def __str__(self) -> str:
        told = self._told()
        return _("Sheet «%(sheet)s»: %(message)s") % {"sheet": self.sheet, "message": told} if self.sheet else told

    def _told(self) -> str:
        where = {"row": self.row, "column": self.column, "message": self.message}
        if self.row and self.column:
            return _("Row %(row)d, column «%(column)s»: %(message)s") % where
        if self.row:
            return _("Row %(row)d: %(message)s") % where
        return _("Column «%(column)s»: %(message)s") % where if self.column else self.message


class SheetError(ValueError):
    """A spreadsheet that cannot be taken as it is; `errors` says everything that is wrong with it."""

    def __init__(self, errors: Sequence[CellError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = list(errors)


def tidy(text: str) -> str:
    """Text as it is compared and stored: line ends of one kind, no control characters, no space around it."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))).strip()


# ------------------------------------------------------------------ reading


def read(content: bytes, names: Collection[str] = ()) -> list[tuple[str, list[Row]]]:
    """The rows of the first sheet, under the name «», and of the sheets of these names that are there and not empty.

    Each row is as long as its sheet's longest; empty cells are empty strings. Raises SheetError where it is neither
    XLSX nor CSV, too large, or has merged cells or formulas.
    """
    if len(content) > MOST_BYTES:
        raise SheetError([CellError(_("The file is larger than 5 MB."))])
    if content.startswith(ZIP):
        sheets = _read_xlsx(content, names)
    elif content.startswith(OLD_EXCEL):
        raise SheetError([CellError(_("This is an Excel file of the old kind. Save it as .xlsx and try again."))])
    else:
        sheets = [("", _read_csv(content))]
    for name, rows in sheets:
        while rows and not any(value != "" for value in rows[-1]):
            rows.pop()
        if not rows and not name:
            raise SheetError([CellError(_("The sheet is empty."))])
        width = max(map(len, rows), default=0)
        _refuse_size(len(rows), width, name)
        rows[:] = [row + [""] * (width - len(row)) for row in rows]
    return [(name, rows) for name, rows in sheets if rows]


def _refuse_size(rows: int, columns: int, name: str) -> None:
    if rows > MOST_ROWS + 1:
        told = ngettext(
            "The sheet has more than %d row. Import it in parts.",
            "The sheet has more than %d rows. Import it in parts.",
            MOST_ROWS,
        )
        raise SheetError([CellError(told % MOST_ROWS, sheet=name)])
    if columns > MOST_COLUMNS:
        raise SheetError([CellError(_("The sheet has far more columns than the template."), sheet=name)])


def _read_xlsx(content: bytes, names: Collection[str]) -> list[tuple[str, list[Row]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_BYTES_UNPACKED:
                raise SheetError([CellError(_("The file is larger than it seems: unpacked it has over 100 MB."))])
        book = load_workbook(io.BytesIO(content))
        first, *others = book.worksheets
    except SheetError:
        raise
    except Exception as error:  # a hostile or broken file fails anywhere inside openpyxl
        raise SheetError([CellError(_("This is not a spreadsheet that can be read. Save it as .xlsx or .csv."))]) from (
            error
        )
    read, errors = [], []
    for name, sheet in [("", first), *((tidy(sheet.title), sheet) for sheet in others)]:
        if not name or name in names:
            try:
                read.append((name, _rows(sheet, name)))
            except SheetError as error:
                errors += error.errors
    if errors:
        raise SheetError(errors)
    return read


def _rows(sheet: Worksheet, name: str) -> list[Row]:
    errors = [
        CellError(
            _("The cells %s are merged. Unmerge them: each row needs its own.") % area.coord, area.min_row, "", name
        )
        for area in sheet.merged_cells.ranges
    ]
    last_row = max((cell.row for cell in _filled(sheet)), default=0)
    last_column = max((cell.column for cell in _filled(sheet)), default=0)
    _refuse_size(last_row, last_column, name)
    rows: list[Row] = []
    for cells in sheet.iter_rows(min_row=1, max_row=last_row, max_col=last_column) if last_row else ():
        row: Row = []
        for cell in cells:
            letter = get_column_letter(cell.column)
            if cell.data_type == "f":
                told = _("This is a formula. Put its value in its place.")
                errors.append(CellError(told, cell.row, letter, name))
            elif cell.data_type == "e":
                told = _("This is an error of the spreadsheet: %s.") % cell.value
                errors.append(CellError(told, cell.row, letter, name))
            row.append(_value(cell.value))
        rows.append(row)
    if errors:
        raise SheetError(errors)
    return rows


def _filled(sheet: Worksheet) -> Iterable[Cell]:
    # a sheet formatted down to its last row has a million empty cells: only what is filled counts
    return [cell for cell in sheet._cells.values() if cell.value is not None]


def _value(value: Any) -> Value:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime():
            return value.date()
        case date():
            return value
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else value
    return tidy(str(value))


def _read_csv(content: bytes) -> list[Row]:
    text = _decode(content)
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)  # Excel writes what the country's settings say
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise SheetError([CellError(_("This is not a spreadsheet that can be read. Save it as .xlsx or .csv."))]) from (
            error
        )
    errors = [
        CellError(_("This is a formula. Put its value in its place."), number, get_column_letter(column))
        for number, row in enumerate(rows, 1)
        for column, value in enumerate(row, 1)
        if value.startswith("=")
    ]
    if errors:
        raise SheetError(errors)
    return [[tidy(value[1:] if PROTECTED.match(value) else value) for value in row] for row in rows]


def _decode(content: bytes) -> str:
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = _("The letters of this file cannot be told. Save it as .xlsx, or as «CSV UTF-8».")
        raise SheetError([CellError(told)]) from error
    if "\0" in text:
        raise SheetError([CellError(_("This is not a spreadsheet that can be read. Save it as .xlsx or .csv."))])
    return text


# ------------------------------------------------------------------ writing


@dataclass(frozen=True)
class Page:
    """A sheet to write: its name, rows below a header, widths of columns, and choices offered in some of them."""

    name: str
    header: list[str]
    rows: list[Row]
    widths: list[int]
    choices: dict[int, str]  # column (from 0) → the range its values come from


def write_csv(page: Page) -> bytes:
    """The sheet as CSV for Excel: UTF-8 with its mark, nothing that would be calculated."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(page.header)
    for row in page.rows:
        writer.writerow([_unharmed(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _unharmed(value: Value) -> str:
    text = value.isoformat() if isinstance(value, date) else tidy(str(value))
    return f"'{text}" if CALCULATED.match(text) else text


def write_xlsx(pages: Sequence[Page], *, right_to_left: bool) -> bytes:
    """The sheets as a workbook; texts are stored as texts, dates as dates."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        sheet = book.create_sheet(page.name)
        sheet.sheet_view.rightToLeft = right_to_left
        sheet.freeze_panes = "A2"
        for column, (title, width) in enumerate(zip(page.header, page.widths, strict=True), 1):
            dimension = sheet.column_dimensions[get_column_letter(column)]
            dimension.width = width
            dimension.number_format = "@"  # a code typed as 1.10 stays 1.10
            cell = sheet.cell(1, column, title)
            cell.font = Font(bold=True)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        for number, row in enumerate(page.rows, 2):
            for column, value in enumerate(row, 1):
                if value != "":
                    _write_cell(sheet.cell(number, column), value)
        for column, source in page.choices.items():
            letter = get_column_letter(column + 1)
            choice = DataValidation("list", formula1=source, allow_blank=True, showErrorMessage=False)
            choice.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
            sheet.add_data_validation(choice)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_cell(cell: Cell, value: Value) -> None:
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if isinstance(value, date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
        return
    cell.value = tidy(str(value))
    cell.data_type = "s"  # openpyxl takes what begins with «=» for a formula
    cell.number_format = "@"
    if CALCULATED.match(str(cell.value)):
        cell.quotePrefix = True  # nor does Excel when somebody edits the cell
