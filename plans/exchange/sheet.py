"""What the sheets of a plan's spreadsheet have in common: columns, rows as read, and what a row would change.

`spreadsheet` reads the commitments with it, `further_sheets` the milestones and indicators.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from plans.exchange.workbook import CellError, Row, SheetError, Value, tidy
from plans.models import Commitment, DatePrecision, Indicator, Milestone, Pillar
from plans.reader import reader_language

Thing = Pillar | Commitment | Milestone | Indicator

# ------------------------------------------------------------------ the format


@dataclass(frozen=True)
class Column:
    """A column: the field it fills, its header and its meaning in both languages, its width in characters."""

    name: str
    en: str
    ar: str
    meaning_en: str
    meaning_ar: str
    width: int = 18

    def header(self, language: str) -> str:
        return self.ar if language == "ar" else self.en


PRECISIONS: Final = {
    DatePrecision.DAY: ("يوم", "day"),
    DatePrecision.MONTH: ("شهر", "month"),
    DatePrecision.QUARTER: ("ربع سنة", "quarter"),
    DatePrecision.YEAR: ("سنة", "year"),
    DatePrecision.PLAN_END: ("نهاية الخطة", "end of the plan"),
}
PRECISION_BY_WORD: Final = {
    word: str(precision) for precision, words in PRECISIONS.items() for word in (*words, str(precision))
}


@dataclass(frozen=True)
class SheetRow:
    """A row as it stands in the file, by the columns' names; `number` is the spreadsheet's own."""

    number: int
    cells: Mapping[str, Value]

    def text(self, name: str) -> str:
        value = self.cells[name]
        return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Sheet:
    """What a file says: its rows, and where each column stands in it («F · Title (Arabic)»)."""

    rows: list[SheetRow]
    places: Mapping[str, str]
    further: "Mapping[str, Sheet]" = field(default_factory=dict)  # «milestones», «indicators»
    name: str = ""  # as the file writes it; the first sheet needs none

    def packed(self) -> dict[str, Any]:
        """The sheet in JSON's types, for `unpacked`."""
        rows = [
            [row.number, [{"d": v.isoformat()} if isinstance(v, date) else v for v in row.cells.values()]]
            for row in self.rows
        ]
        names = list(self.rows[0].cells) if self.rows else []
        further = {name: sheet.packed() for name, sheet in self.further.items()}
        return {"names": names, "rows": rows, "places": dict(self.places), "further": further, "name": self.name}

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> "Sheet":
        """The sheet that was packed."""

        def value(kept: Any) -> Value:
            return date.fromisoformat(kept["d"]) if isinstance(kept, dict) else kept

        rows = [
            SheetRow(number, dict(zip(packed["names"], map(value, values), strict=True)))
            for number, values in packed["rows"]
        ]
        further = {name: cls.unpacked(sheet) for name, sheet in packed["further"].items()}
        return cls(rows, packed["places"], further, packed["name"])


def rows_under(columns: Iterable[Column], read: list[Row], name: str = "") -> Sheet:
    """The rows under the header of these columns, Arabic or English; wholly empty rows are passed over.

    Raises SheetError with every column that is missing, unknown or there twice.
    """
    by_header = {header: column.name for column in columns for header in (column.en, column.ar)}
    header, *rows = read
    found: dict[int, str] = {}
    places: dict[str, str] = {}
    errors = []
    for index, title in enumerate(header):
        letter, known = get_column_letter(index + 1), by_header.get(str(title))
        if known is None:
            if title == "" and all(row[index] == "" for row in rows):
                continue
            told = _("The template has no column «%s». Keep the headers of the template as they are.") % title
            errors.append(CellError(told, 1, letter, name))
        elif known in places:
            errors.append(CellError(_("The column «%s» is there twice.") % title, 1, letter, name))
        else:
            found[index], places[known] = known, f"{letter} · {title}"
    for column in columns:
        if column.name not in places:
            told = _("The column «%(ar)s» / «%(en)s» is missing. A column you do not need stays empty.")
            errors.append(CellError(told % {"ar": column.ar, "en": column.en}, 1, "", name))
    if errors:
        raise SheetError(errors)
    named = [
        SheetRow(number, {column: row[index] for index, column in found.items()}) for number, row in enumerate(rows, 2)
    ]
    return Sheet([row for row in named if any(value != "" for value in row.cells.values())], places, name=name)


# ------------------------------------------------------------------ what a row would change


@dataclass(frozen=True)
class FieldDifference:
    """A field that would change, in the words of the template."""

    column: Column
    old: str
    new: str

    @property
    def label(self) -> str:
        """The column's header in the reader's language."""
        return self.column.header(reader_language())


@dataclass
class RowDifference:
    """What a row means for a thing of the plan: «new», «changed» (and how) or «unchanged»."""

    row: int
    thing: Thing
    changes: list[FieldDifference] = field(default_factory=list)
    sheet: str = ""  # the name of a further sheet

    @property
    def is_new(self) -> bool:
        return self.thing.pk is None

    @property
    def kind(self) -> str:
        return "new" if self.is_new else "changed" if self.changes else "unchanged"

    @property
    def code(self) -> str:
        """The code of the pillar or commitment, for a milestone or indicator that of its commitment."""
        return self.thing.commitment.code if isinstance(self.thing, Milestone | Indicator) else self.thing.code

    @property
    def is_pillar(self) -> bool:
        return isinstance(self.thing, Pillar)


class Reading:
    """A sheet held against the plan; `errors` has what was found wrong so far."""

    def __init__(self, sheet: Sheet, columns: Mapping[str, Column]) -> None:
        self.sheet, self.columns = sheet, columns
        self.errors: list[CellError] = []

    def wrong(self, row: SheetRow, column: str, told: str) -> None:
        self.errors.append(CellError(told, row.number, self.sheet.places[column], self.sheet.name))

    def _due(self, row: SheetRow, difference: RowDifference, known: Commitment | Milestone | None) -> None:
        word = row.text("due_precision")
        precision = PRECISION_BY_WORD.get(word.lower() if word.isascii() else word) if word else DatePrecision.DAY.value
        if precision is None:
            words = " · ".join(f"{ar} / {en}" for ar, en in PRECISIONS.values())
            told = _("«%(word)s» is no precision of a date. There are: %(words)s.")
            self.wrong(row, "due_precision", told % {"word": word, "words": words})
            return
        errors = len(self.errors)
        due = self._date(row, "due_on")
        if len(self.errors) > errors:
            return
        if due is None and not word and known and known.due_on is None:
            precision = known.due_precision  # nothing is said of a date that is not there
        # as in data entry: a date given up has a date first agreed, and «by the end of the plan» is a date too
        is_dated = known and (known.due_on or known.baseline_due_on or known.due_precision == DatePrecision.PLAN_END)
        if known and is_dated and (known.due_on, known.due_precision) != (due, precision):
            told = _("The due date is %(date)s. A date moves with a reason: use «move the date» in data entry.")
            stands = [shown("due_on", known.due_on), shown("due_precision", known.due_precision)]
            self.wrong(row, "due_on", told % {"date": " ".join(filter(None, stands)) or "–"})
            return
        self._set(difference, "due_on", self.columns["due_on"], due)
        if precision != DatePrecision.DAY or not difference.is_new:
            self._set(difference, "due_precision", self.columns["due_precision"], precision)

    def _set(self, difference: RowDifference, name: str, column: Column, new: Any) -> None:
        old = getattr(difference.thing, name)
        if (tidy(old) if isinstance(old, str) else old) == new:
            return
        difference.changes.append(FieldDifference(column, shown(name, old), shown(name, new)))
        setattr(difference.thing, name, new)

    def _clean(self, row: SheetRow, thing: Thing, places: Mapping[str, str]) -> None:
        """Hold the model's own rules against what was read: lengths, letters of codes."""
        others = {one.name for one in thing._meta.concrete_fields} - places.keys()
        may_be_empty = {name for name in places if name.startswith("title_") and not getattr(thing, name)}
        try:
            thing.clean_fields(exclude=others | may_be_empty)
            if isinstance(thing, Commitment):
                thing.clean_code()
        except ValidationError as error:
            for name, told in error.message_dict.items():
                self.wrong(row, places[name], " ".join(told))

    def _date(self, row: SheetRow, name: str) -> date | None:
        value = row.cells[name]
        if value == "" or isinstance(value, date):
            return value or None  # type: ignore[return-value] # an empty text
        try:
            return read_date(str(value))
        except ValueError as error:
            self.wrong(row, name, str(error))
            return None


def read_date(text: str) -> date:
    """A date typed as 2026-06-30 or, day first, as 30/06/2026, in any digits.

    Raises ValueError in words where it is no date, or could be read in two ways (06/07/2026).
    """
    plain = "".join(str(unicodedata.digit(letter, letter)) for letter in text).strip("\u200e\u200f \t")
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", plain):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", plain):
        day, month, year = map(int, found.groups())
        if day <= 12 and month <= 12 and day != month:
            told = _("«%s» can be read in two ways. Write year, month, day: 2026-06-30.")
            raise ValueError(told % text)
    else:
        raise ValueError(_("«%s» is not a date. Write year, month, day: 2026-06-30.") % text)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(_("«%s» is not a date. Write year, month, day: 2026-06-30.") % text) from error


def shown(name: str, value: Any) -> str:
    """The value of a field as the page of differences writes it."""
    if name == "due_precision":
        return str(DatePrecision(value).label)
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing: «4», «2.5», «1200»."""
    return f"{number.normalize():f}"


def short(text: str) -> str:
    """The text, cut where it is long."""
    return text if len(text) <= 80 else f"{text[:79]}…"
