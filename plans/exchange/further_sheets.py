"""Milestones and indicators of a plan on sheets of their own, beside the commitments of its workbook.

A row finds what it means by the number we gave it; without one, by its commitment and title, so that a file taken in
twice changes nothing the second time. Dates of milestones move as those of commitments do: not here. Measurements need
evidence and are entered with it.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from plans.exchange.sheet import PRECISIONS, Column, Reading, RowDifference, Sheet, SheetRow, plain
from plans.exchange.workbook import CellError, Page, Row, tidy
from plans.models import Commitment, DatePrecision, Indicator, Milestone, Plan

Further = Milestone | Indicator

# ------------------------------------------------------------------ the format

TITLES: Final = {"milestones": ("المعالم", "Milestones"), "indicators": ("المؤشرات", "Indicators")}
NAMES: Final = {name: kind for kind, names in TITLES.items() for name in names}

NUMBER: Final = Column(
    "number",
    "Number",
    "الرقم",
    "Given by Mithaq, by it a row finds its own again. Leave it empty for what is new.",
    "يعطيه النظام وبه يُعرف الصف عند الاستيراد. يُترك فارغاً لما هو جديد.",
    10,
)
CODE: Final = Column(
    "commitment_code",
    "Commitment code",
    "رمز الالتزام",
    "Required: a commitment of the plan, or of the first sheet.",
    "مطلوب: التزام من الخطة أو من الورقة الأولى.",
    14,
)
ONE_TITLE: Final = ("One title at least.", "عنوان واحد على الأقل.")
TITLE_AR: Final = Column("title_ar", "Title (Arabic)", "العنوان بالعربية", *ONE_TITLE, 40)
TITLE_EN: Final = Column("title_en", "Title (English)", "العنوان بالإنجليزية", *ONE_TITLE, 40)
A_DATE: Final = (
    "A date cell, or text such as 2026-06-30 or 30/06/2026. May stay empty.",
    "خلية تاريخ، أو نص مثل 2026-06-30 أو 30/06/2026. يجوز تركه فارغاً.",
)
A_NUMBER: Final = (
    "A number, four decimal places at most. May stay empty.",
    "عدد بأربع منازل عشرية على الأكثر. يجوز تركه فارغاً.",
)
EMPTIED: Final = ("May stay empty; emptied, it is cleared.", "يجوز تركها فارغة، وإفراغها يمحوها.")

COLUMNS: Final[dict[str, list[Column]]] = {
    "milestones": [
        NUMBER,
        CODE,
        TITLE_AR,
        TITLE_EN,
        Column(
            "due_on",
            "Due",
            "موعد الإنجاز",
            "A date. Filled here once; after that the date moves with a reason, in data entry.",
            "تاريخ يُملأ هنا مرة واحدة، وبعدها لا يُعدَّل الموعد إلا بسبب مبيَّن في إدخال البيانات.",
            14,
        ),
        Column(
            "due_precision",
            "Precision of the due date",
            "دقة موعد الإنجاز",
            "A word of the list on this sheet; empty is «day». «end of the plan» needs no date.",
            "كلمة من القائمة في هذه الورقة، والفارغ يعني «يوم». و«نهاية الخطة» لا تحتاج إلى تاريخ.",
            18,
        ),
        Column("done_on", "Met on", "أُنجز في", *A_DATE, 14),
    ],
    "indicators": [
        NUMBER,
        CODE,
        TITLE_AR,
        TITLE_EN,
        Column("unit_ar", "Unit (Arabic)", "الوحدة بالعربية", *EMPTIED),
        Column("unit_en", "Unit (English)", "الوحدة بالإنجليزية", *EMPTIED),
        Column("baseline", "Baseline", "خط الأساس", *A_NUMBER, 14),
        Column("baseline_on", "Date of the baseline", "تاريخ خط الأساس", *A_DATE, 14),
        Column("target", "Target", "المستهدف", *A_NUMBER, 14),
        Column("target_on", "Date of the target", "تاريخ المستهدف", *A_DATE, 14),
    ],
}
MILESTONE_STORED: Final = ["title_ar", "title_en", "due_on", "due_precision", "done_on", "baseline_due_on"]
INDICATOR_STORED: Final = [column.name for column in COLUMNS["indicators"] if column not in (NUMBER, CODE)]

# ------------------------------------------------------------------ what the sheets would change


def compare(
    plan: Plan, sheets: Mapping[str, Sheet], commitments: Mapping[str, Commitment]
) -> tuple[list[RowDifference], list[CellError]]:
    """What the further sheets would change, and what is wrong with them; `commitments` has those to come, too."""
    found: list[RowDifference] = []
    errors: list[CellError] = []
    for kind, sheet in sheets.items():
        known: Iterable[Further] = (
            Milestone.objects.filter(commitment__plan=plan).select_related("commitment").order_by("pk")
            if kind == "milestones"
            else Indicator.objects.filter(commitment__plan=plan).select_related("commitment").order_by("pk")
        )
        reading = _Further(kind, sheet, known, commitments)
        found += reading.run()
        errors += reading.errors
    return found, errors


def store(found: Iterable[RowDifference]) -> None:
    """Enter and change the milestones and indicators among these, after their commitments."""
    milestones = [one.thing for one in found if isinstance(one.thing, Milestone)]
    indicators = [one.thing for one in found if isinstance(one.thing, Indicator)]
    for milestone in milestones:  # a date entered for the first time is the one first agreed
        milestone.baseline_due_on = milestone.baseline_due_on or milestone.due_on
    Milestone.objects.bulk_create([one for one in milestones if one.pk is None])
    Milestone.objects.bulk_update([one for one in milestones if one.pk is not None], MILESTONE_STORED)
    Indicator.objects.bulk_create([one for one in indicators if one.pk is None])
    Indicator.objects.bulk_update([one for one in indicators if one.pk is not None], INDICATOR_STORED)


class _Further(Reading):
    """One run of `compare` over one sheet."""

    def __init__(
        self, kind: str, sheet: Sheet, known: Iterable[Further], commitments: Mapping[str, Commitment]
    ) -> None:
        super().__init__(sheet, {column.name: column for column in COLUMNS[kind]})
        self.kind, self.commitments = kind, commitments
        self.known = {one.pk: one for one in known}
        self.today = timezone.localdate()

    def run(self) -> list[RowDifference]:
        numbers: dict[int, int] = {}  # → the row that has it
        for row in self.sheet.rows:
            number = self._number(row)
            if number is None:
                continue
            if number in numbers:
                told = _("Row %(row)d has the number %(number)d already.")
                self.wrong(row, "number", told % {"row": numbers[number], "number": number})
            numbers.setdefault(number, row.number)
        unclaimed: dict[str, list[Further]] = {}
        for one in self.known.values():
            if one.pk not in numbers:
                unclaimed.setdefault(one.commitment.code, []).append(one)
        found = []
        told_before: dict[tuple[str, str, str], int] = {}
        for row in self.sheet.rows:
            if (one_row := self._row(row, unclaimed, told_before)) is not None:
                found.append(one_row)
        return found

    def _number(self, row: SheetRow) -> int | None:
        text = row.text("number")
        return int(text) if text.isdecimal() and len(text) <= 18 else None

    def _row(
        self, row: SheetRow, unclaimed: dict[str, list[Further]], told_before: dict[tuple[str, str, str], int]
    ) -> RowDifference | None:
        code, titles = row.text("commitment_code"), (row.text("title_ar"), row.text("title_en"))
        commitment = self.commitments.get(code)
        if commitment is None:
            told = _("The plan has no commitment «%s», and the first sheet enters none.") % code
            self.wrong(row, "commitment_code", told if code else _("Each row names its commitment."))
            return None
        if not any(titles):
            self.wrong(row, "title_ar", _("Give the title in one language at least."))
            return None
        known = None
        if row.text("number"):
            known = self.known.get(self._number(row) or 0)
            if known is None:
                told = _("Nothing in this plan has the number «%s». Leave it empty for what is new.")
                self.wrong(row, "number", told % row.text("number"))
                return None
            if known.commitment.code != code:
                told = _("Number %(number)d belongs to the commitment «%(code)s».")
                self.wrong(row, "commitment_code", told % {"number": known.pk, "code": known.commitment.code})
                return None
        else:
            if (code, *titles) in told_before:
                told = _("Row %d says the same already.")
                self.wrong(row, "title_ar", told % told_before[code, *titles])
                return None
            told_before[code, *titles] = row.number
            known = self._same(titles, unclaimed.get(code, []))
        return self._difference(row, known, commitment)

    def _same(self, titles: tuple[str, str], unclaimed: list[Further]) -> Further | None:
        """Takes from the unclaimed what has these titles; one left empty in the row is not asked for."""
        for one in unclaimed:
            stand = (tidy(one.title_ar), tidy(one.title_en))
            if all(typed in ("", stands) for typed, stands in zip(titles, stand, strict=True)):
                unclaimed.remove(one)
                return one
        return None

    def _difference(self, row: SheetRow, known: Further | None, commitment: Commitment) -> RowDifference:
        new = Milestone(commitment=commitment) if self.kind == "milestones" else Indicator(commitment=commitment)
        thing = known or new
        difference = RowDifference(row.number, thing, sheet=self.sheet.name)
        for name in ("title_ar", "title_en", "unit_ar", "unit_en"):
            if name not in self.columns:
                continue
            is_found_by_title = known is not None and not row.text("number") and name.startswith("title")
            if row.text(name) or not is_found_by_title:
                self._set(difference, name, self.columns[name], row.text(name))
        if isinstance(thing, Milestone):
            self._dates(row, difference, thing, known if isinstance(known, Milestone) else None)
        else:
            for name in ("baseline", "target"):
                self._set(difference, name, self.columns[name], self._decimal(row, name))
                self._set(difference, f"{name}_on", self.columns[f"{name}_on"], self._date(row, f"{name}_on"))
        checked = ("title_ar", "title_en", "unit_ar", "unit_en", "baseline", "target")
        self._clean(row, thing, {name: name for name in checked if name in self.columns})
        return difference

    def _dates(self, row: SheetRow, difference: RowDifference, milestone: Milestone, known: Milestone | None) -> None:
        done_before, due_before = milestone.done_on, milestone.due_on
        self._due(row, difference, known)
        starts, due = milestone.commitment.starts, milestone.due_on
        if due != due_before and starts and due and due < starts:
            self.wrong(row, "due_on", _("The date lies before the commitment starts."))
        done = self._date(row, "done_on")
        if done != done_before and done and done > self.today:
            self.wrong(row, "done_on", _("This day is still to come."))
        self._set(difference, "done_on", self.columns["done_on"], done)

    def _decimal(self, row: SheetRow, name: str) -> Decimal | None:
        text = row.text(name)
        if not text:
            return None
        plain_text = "".join(
            str(unicodedata.digit(letter, letter)) for letter in text.replace("٫", ".").replace("٬", "")
        )
        try:
            number = Decimal(plain_text)
            if number.is_finite():
                return number
        except InvalidOperation:
            pass
        self.wrong(row, name, _("«%s» is not a number. Write digits, and a point before decimals: 1200.5") % text)
        return None


# ------------------------------------------------------------------ giving them out


def rows_of(plan: Plan, language: str) -> dict[str, list[Row]]:
    """The plan's milestones and indicators as rows of their sheets."""
    order = ("commitment__position", "commitment__code", "pk")
    milestones = Milestone.objects.filter(commitment__plan=plan).select_related("commitment").order_by(*order)
    indicators = Indicator.objects.filter(commitment__plan=plan).select_related("commitment").order_by(*order)

    def cell(thing: Further, name: str) -> str | date:
        match name:
            case "number":
                return str(thing.pk)
            case "commitment_code":
                return thing.commitment.code
            case "due_precision":
                assert isinstance(thing, Milestone)
                precision = DatePrecision(thing.due_precision)
                is_said = thing.due_on or precision != DatePrecision.DAY
                return PRECISIONS[precision][0 if language == "ar" else 1] if is_said else ""
        value: str | date | Decimal | None = getattr(thing, name)
        if value is None:
            return ""
        return plain(value) if isinstance(value, Decimal) else value

    return {
        "milestones": [[cell(one, column.name) for column in COLUMNS["milestones"]] for one in milestones],
        "indicators": [[cell(one, column.name) for column in COLUMNS["indicators"]] for one in indicators],
    }


def pages(rows: Mapping[str, list[Row]], language: str, precisions: str) -> list[Page]:
    """The sheets to write; `precisions` is the range that words of a date's precision are chosen from."""
    return [
        Page(
            TITLES[kind][0 if language == "ar" else 1],
            [column.header(language) for column in columns],
            rows.get(kind, []),
            [column.width for column in columns],
            {index: precisions for index, column in enumerate(columns) if column.name == "due_precision"},
        )
        for kind, columns in COLUMNS.items()
    ]
