"""A plan as a spreadsheet, one row a commitment: read it, say what it would change, change it all or not at all.

A workbook has milestones and indicators on further sheets (`further_sheets`); CSV has the commitments alone.

`read_rows` → `compare` → `apply` take a file in; `template` and `export` give one out. The headers are fixed words in
Arabic and in English, whichever the file has; the sheet «Columns» says in both languages what belongs into each.

Two things a spreadsheet does not do: move a date (that needs a reason: `progress.move_date`) and change the wording
agreed (that is an amendment; while a plan is negotiated nothing is agreed yet). It fills them where nothing stands;
where something else stands, it is refused.
Nothing is deleted: what the sheet leaves out stays as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pghistory
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from plans.exchange import further_sheets, workbook
from plans.exchange.sheet import (
    PRECISIONS,
    Column,
    FieldDifference,
    Reading,
    RowDifference,
    Sheet,
    SheetRow,
    Thing,
    rows_under,
    short,
)
from plans.exchange.workbook import Page, Row, SheetError, tidy
from plans.models import Commitment, DatePrecision, Pillar, Plan, Sector, User

# ------------------------------------------------------------------ the format


AS_AGREED_EN: Final = (
    "As agreed. Once the plan is adopted, what is filled in changes by an amendment, on the commitment's page."
)
AS_AGREED_AR: Final = "كما اتُّفق عليه. بعد اعتماد الخطة لا يتغيّر ما مُلئ إلا بتعديل متفق عليه من صفحة الالتزام."

COLUMNS: Final = (
    Column(
        "pillar_code",
        "Pillar code",
        "رمز المحور",
        "Required. Short, Latin letters, «ENE». A row with a pillar alone enters a pillar without commitments.",
        "مطلوب. قصير وبأحرف لاتينية، مثل «ENE». والصف الذي فيه محور وحده يُدخل محوراً بلا التزامات.",
        12,
    ),
    Column(
        "pillar_title_ar",
        "Pillar title (Arabic)",
        "عنوان المحور بالعربية",
        "For a new pillar one title at least, in one of its rows; in its other rows it may stay empty.",
        "للمحور الجديد عنوان واحد على الأقل في أحد صفوفه، ويجوز تركه فارغاً في بقية صفوفه.",
        28,
    ),
    Column(
        "pillar_title_en",
        "Pillar title (English)",
        "عنوان المحور بالإنجليزية",
        "As above, in English.",
        "كما سبق، بالإنجليزية.",
        28,
    ),
    Column(
        "sector",
        "Sector",
        "القطاع",
        "For a new pillar, in one of its rows: one of the sectors listed on this sheet, by either name.",
        "للمحور الجديد في أحد صفوفه: أحد القطاعات المذكورة في هذه الورقة، بأي من الاسمين.",
        24,
    ),
    Column(
        "code",
        "Commitment code",
        "رمز الالتزام",
        "Required, once in a plan: letters, digits, dots, hyphens, «ENE-3». By it a row finds its commitment again.",
        "مطلوب ولا يتكرر في الخطة: أحرف لاتينية وأرقام ونقاط وواصلات، مثل «ENE-3». وبه يُعرف الالتزام عند الاستيراد.",
        14,
    ),
    Column("title_ar", "Title (Arabic)", "العنوان بالعربية", f"One title at least. {AS_AGREED_EN}", "", 40),
    Column("title_en", "Title (English)", "العنوان بالإنجليزية", f"One title at least. {AS_AGREED_EN}", "", 40),
    Column("text_ar", "Text as agreed (Arabic)", "النص المتفق عليه بالعربية", AS_AGREED_EN, AS_AGREED_AR, 50),
    Column("text_en", "Text as agreed (English)", "النص المتفق عليه بالإنجليزية", AS_AGREED_EN, AS_AGREED_AR, 50),
    Column(
        "lead_a_ar",
        "Lead body of side A (Arabic)",
        "الجهة القائدة لدى الجانب الأول بالعربية",
        "May stay empty; emptied, it is cleared.",
        "يجوز تركها فارغة، وإفراغها يمحوها.",
        28,
    ),
    Column(
        "lead_a_en",
        "Lead body of side A (English)",
        "الجهة القائدة لدى الجانب الأول بالإنجليزية",
        "May stay empty; emptied, it is cleared.",
        "يجوز تركها فارغة، وإفراغها يمحوها.",
        28,
    ),
    Column(
        "lead_b_ar",
        "Lead body of side B (Arabic)",
        "الجهة القائدة لدى الجانب الثاني بالعربية",
        "May stay empty; emptied, it is cleared.",
        "يجوز تركها فارغة، وإفراغها يمحوها.",
        28,
    ),
    Column(
        "lead_b_en",
        "Lead body of side B (English)",
        "الجهة القائدة لدى الجانب الثاني بالإنجليزية",
        "May stay empty; emptied, it is cleared.",
        "يجوز تركها فارغة، وإفراغها يمحوها.",
        28,
    ),
    Column(
        "starts",
        "Starts",
        "البداية",
        "A date cell, or text such as 2026-06-30 or 30/06/2026. May stay empty.",
        "خلية تاريخ، أو نص مثل 2026-06-30 أو 30/06/2026. يجوز تركه فارغاً.",
        14,
    ),
    Column(
        "due_on",
        "Due",
        "موعد الإنجاز",
        "As above, not before the start. Filled here once; after that the date moves with a reason, in data entry.",
        "كما سبق، ولا يسبق البداية. يُملأ هنا مرة واحدة، وبعدها لا يُعدَّل الموعد إلا بسبب مبيَّن في إدخال البيانات.",
        14,
    ),
    Column(
        "due_precision",
        "Precision of the due date",
        "دقة موعد الإنجاز",
        "How exactly it is known, a word of the list on this sheet; empty is «day». «end of the plan» needs no date.",
        "مدى دقته بكلمة من القائمة في هذه الورقة، والفارغ يعني «يوم». و«نهاية الخطة» لا تحتاج إلى تاريخ.",
        18,
    ),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}

OF_A_PILLAR: Final = ("pillar_title_ar", "pillar_title_en", "sector")
WORDING: Final = ("title_ar", "title_en", "text_ar", "text_en")
LEADS: Final = ("lead_a_ar", "lead_a_en", "lead_b_ar", "lead_b_en")
STORED: Final = ("pillar", *WORDING, *LEADS, "starts", "due_on", "due_precision", "baseline_due_on")

# ------------------------------------------------------------------ reading a file


def read_rows(file: bytes) -> Sheet:
    """The rows of an XLSX or CSV file with our headers, Arabic or English; wholly empty rows are passed over.

    The first sheet has the commitments; sheets named as `further_sheets` names them are read beside it. Raises
    SheetError with everything that is wrong: merged cells, formulas, columns missing, unknown or there twice.
    """
    first, *others = workbook.read(file, further_sheets.NAMES)
    read, errors = [], []
    for name, rows in [first, *others]:
        kind = further_sheets.NAMES[name] if name else ""
        try:
            read.append((kind, rows_under(further_sheets.COLUMNS[kind] if kind else COLUMNS, rows, name)))
        except SheetError as error:
            errors += error.errors
    if errors:
        raise SheetError(errors)
    (_kind, sheet), *rest = read
    return replace(sheet, further=dict(rest))


# ------------------------------------------------------------------ what a sheet would change


@dataclass(frozen=True)
class Applied:
    """How many rows did what."""

    new: int
    changed: int
    unchanged: int


def is_agreed(plan: Plan) -> bool:
    """Whether the plan's wording is agreed: while it is negotiated, it may still be edited."""
    return plan.lifecycle != Plan.Lifecycle.NEGOTIATING


def compare(plan: Plan, sheet: Sheet) -> list[RowDifference]:
    """What taking the sheet in would do to the plan, row by row; a pillar stands before the first row that names it.

    Milestones and indicators of further sheets follow; they may belong to commitments that are new in the first.
    Changes nothing. Raises SheetError with every mistake, by row and column. Costs the same queries at any size.
    """
    comparison = _Comparison(plan, sheet)
    found = comparison.run()
    found_further, errors = further_sheets.compare(plan, sheet.further, comparison.commitments)
    if comparison.errors or errors:
        raise SheetError(sorted([*comparison.errors, *errors], key=lambda error: (error.sheet, error.row or 0)))
    return found + found_further


@transaction.atomic
def apply(plan: Plan, sheet: Sheet, by: User | None) -> Applied:
    """Take the sheet into the plan, all of it or, with SheetError, nothing; the history says who did it."""
    Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk)  # two imports follow each other
    found = compare(plan, sheet)
    kinds = [one.kind for one in found]  # what is stored is new no more
    with pghistory.context(user=by.pk if by else None, source="spreadsheet"):
        _store(plan, [one for one in found if one.kind != "unchanged"])
    return Applied(kinds.count("new"), kinds.count("changed"), kinds.count("unchanged"))


def _store(plan: Plan, found: list[RowDifference]) -> None:
    pillars = [(one.thing, one.is_new) for one in found if isinstance(one.thing, Pillar)]
    commitments = [(one.thing, one.is_new) for one in found if isinstance(one.thing, Commitment)]
    last = plan.pillars.aggregate(last=Max("position"))["last"]
    for position, pillar in enumerate(
        [pillar for pillar, is_new in pillars if is_new], 0 if last is None else last + 1
    ):
        pillar.position = position
    last = plan.commitments.aggregate(last=Max("position"))["last"]
    new = [commitment for commitment, is_new in commitments if is_new]
    for position, commitment in enumerate(new, 0 if last is None else last + 1):
        commitment.position = position
    for commitment, _is_new in commitments:  # a date entered for the first time is the one first agreed
        commitment.baseline_due_on = commitment.baseline_due_on or commitment.due_on
    Pillar.objects.bulk_create([pillar for pillar, is_new in pillars if is_new])
    Pillar.objects.bulk_update([p for p, is_new in pillars if not is_new], ["title_ar", "title_en", "sector"])
    Commitment.objects.bulk_create(new)
    Commitment.objects.bulk_update([c for c, is_new in commitments if not is_new], STORED)
    further_sheets.store(found)


class _Comparison(Reading):
    """One run of `compare`: the plan as it stands, and what was found wrong so far."""

    def __init__(self, plan: Plan, sheet: Sheet) -> None:
        super().__init__(sheet, BY_NAME)
        self.plan = plan
        self.pillars = {pillar.code: pillar for pillar in plan.pillars.select_related("sector")}
        self.commitments = {one.code: one for one in plan.commitments.select_related("pillar")}
        self.sectors: dict[str, Sector] = {}
        for sector in Sector.objects.all():
            self.sectors |= {sector.slug: sector, tidy(sector.name_en): sector, tidy(sector.name_ar): sector}

    def run(self) -> list[RowDifference]:
        found: list[RowDifference] = []
        areas = self._pillars()
        told: set[str] = set()
        seen: dict[str, int] = {}
        for row in self.sheet.rows:
            code = row.text("pillar_code")
            area = areas.get(code)
            if area is None:
                self.wrong(row, "pillar_code", _("Each row names its pillar."))
                continue
            if code not in told:
                told.add(code)
                found.append(area)
            if all(row.cells[name] == "" for name in BY_NAME if name not in ("pillar_code", *OF_A_PILLAR)):
                continue  # a pillar alone
            one = self._commitment(row, area.thing, seen)
            if one is not None:
                found.append(one)
        return found

    # -------------------------------------------------------------- pillars

    def _pillars(self) -> dict[str, RowDifference]:
        """What the rows say of each pillar together, by its code; where two contradict each other, an error."""
        said: dict[str, dict[str, tuple[SheetRow, str]]] = {}
        first: dict[str, SheetRow] = {}
        for row in self.sheet.rows:
            code = row.text("pillar_code")
            if not code:
                continue
            if isinstance(row.cells["pillar_code"], float):
                self.wrong(row, "pillar_code", _("Write the code as text: a number loses its last zero."))
            first.setdefault(code, row)
            words = said.setdefault(code, {})
            for name in OF_A_PILLAR:
                text = row.text(name)
                if not text:
                    continue
                if name not in words:
                    words[name] = (row, text)
                elif self._meant(name, words[name][1]) != self._meant(name, text):
                    told = _("Row %(row)d says otherwise of this pillar: «%(text)s».")
                    self.wrong(row, name, told % {"row": words[name][0].number, "text": words[name][1]})
        return {code: self._pillar(first[code], words) for code, words in said.items()}

    def _meant(self, name: str, text: str) -> Any:
        return self.sectors.get(text, text) if name == "sector" else text

    def _pillar(self, row: SheetRow, words: Mapping[str, tuple[SheetRow, str]]) -> RowDifference:
        code = row.text("pillar_code")
        known = self.pillars.get(code)
        pillar = known or Pillar(plan=self.plan, code=code)
        difference = RowDifference(row.number, pillar)
        for name in ("title_ar", "title_en"):
            if f"pillar_{name}" in words:
                new = words[f"pillar_{name}"][1]
                self._set(difference, name, BY_NAME[f"pillar_{name}"], new)
        if "sector" in words:
            place, text = words["sector"]
            sector = self.sectors.get(text)
            if sector is None:
                names = " · ".join(dict.fromkeys(str(one) for one in self.sectors.values()))
                self.wrong(
                    place,
                    "sector",
                    _("There is no sector «%(text)s». There are: %(names)s.")
                    % {
                        "text": text,
                        "names": names,
                    },
                )
            elif known is None or known.sector_id != sector.pk:
                old = "" if known is None else str(known.sector)
                difference.changes.append(FieldDifference(BY_NAME["sector"], old, str(sector)))
                pillar.sector = sector
        elif known is None:
            self.wrong(row, "sector", _("A new pillar needs its sector."))
        if not (pillar.title_ar or pillar.title_en):
            self.wrong(row, "pillar_title_ar", _("A new pillar needs a title in one language at least."))
        places = {"code": "pillar_code", "title_ar": "pillar_title_ar", "title_en": "pillar_title_en"}
        self._clean(row, pillar, places)
        return difference

    # -------------------------------------------------------------- commitments

    def _commitment(self, row: SheetRow, area: Thing, seen: dict[str, int]) -> RowDifference | None:
        assert isinstance(area, Pillar)
        code = row.text("code")
        if not code:
            self.wrong(row, "code", _("A commitment needs its code."))
            return None
        if isinstance(row.cells["code"], float):
            self.wrong(row, "code", _("Write the code as text: a number loses its last zero."))
        if code in seen:
            told = _("Row %(row)d has the code «%(code)s» already.")
            self.wrong(row, "code", told % {"row": seen[code], "code": code})
            return None
        seen[code] = row.number
        known = self.commitments.get(code)
        commitment = self.commitments[code] = known or Commitment(plan=self.plan, code=code)
        difference = RowDifference(row.number, commitment)
        if known is None or known.pillar.code != area.code:
            old = known.pillar.code if known else ""
            difference.changes.append(FieldDifference(BY_NAME["pillar_code"], old, area.code))
            commitment.pillar = area
        for name in WORDING:
            if known and is_agreed(self.plan) and tidy(getattr(known, name)) not in ("", row.text(name)):
                told = _("Other words were agreed: «%s». Record an amendment on the commitment's page instead.")
                self.wrong(row, name, told % short(getattr(known, name)))
            else:
                self._set(difference, name, BY_NAME[name], row.text(name))
        if not (commitment.title_ar or commitment.title_en):
            self.wrong(row, "title_ar", _("A commitment needs a title in one language at least."))
        for name in LEADS:
            self._set(difference, name, BY_NAME[name], row.text(name))
        starts = self._date(row, "starts")
        self._set(difference, "starts", BY_NAME["starts"], starts)
        self._due(row, difference, known)
        if commitment.starts and commitment.due_on and commitment.due_on < commitment.starts:
            self.wrong(row, "due_on", _("The commitment is due before it starts."))
        self._clean(row, commitment, {"code": "code", **{name: name for name in (*WORDING, *LEADS)}})
        return difference


# ------------------------------------------------------------------ giving a file out


def template(language: str, extension: str) -> bytes:
    """An empty sheet to fill in, «xlsx» or «csv», with its headers in «ar» or «en»."""
    return _write([], language, extension, {})


def export(plan: Plan, language: str, extension: str) -> bytes:
    """The plan as such a sheet; read back, it changes nothing."""
    rows: list[Row] = []
    areas = list(plan.pillars.select_related("sector").order_by("position", "code"))
    commitments = plan.commitments.order_by("position", "code")
    of_area: dict[int, list[Commitment]] = {area.pk: [] for area in areas}
    for commitment in commitments:
        of_area[commitment.pillar_id].append(commitment)
    for area in areas:
        head: Row = [area.code, area.title_ar, area.title_en, getattr(area.sector, f"name_{language}")]
        rows += [[*head, *_cells(one, language)] for one in of_area[area.pk]] or [
            [*head, *[""] * (len(COLUMNS) - len(head))]
        ]
    return _write(rows, language, extension, further_sheets.rows_of(plan, language) if extension != "csv" else {})


def _cells(commitment: Commitment, language: str) -> Row:
    precision = DatePrecision(commitment.due_precision)
    is_said = commitment.due_on or precision != DatePrecision.DAY
    words = PRECISIONS[precision]
    return [
        commitment.code,
        *(getattr(commitment, name) for name in (*WORDING, *LEADS)),
        commitment.starts or "",
        commitment.due_on or "",
        words[0 if language == "ar" else 1] if is_said else "",
    ]


def _write(rows: list[Row], language: str, extension: str, further: Mapping[str, list[Row]]) -> bytes:
    is_arabic = language == "ar"
    sectors = [(tidy(one.name_ar), tidy(one.name_en)) for one in Sector.objects.all()]
    meanings = "الأعمدة" if is_arabic else "Columns"
    first_sector = len(COLUMNS) + 4
    first_precision = first_sector + len(sectors) + 2
    own = "A" if is_arabic else "B"
    names = [column.name for column in COLUMNS]
    precisions = f"'{meanings}'!${own}${first_precision}:${own}${first_precision + len(PRECISIONS) - 1}"
    page = Page(
        "الالتزامات" if is_arabic else "Commitments",
        [column.header(language) for column in COLUMNS],
        rows,
        [column.width for column in COLUMNS],
        {
            names.index("sector"): f"'{meanings}'!${own}${first_sector}:${own}${first_sector + len(sectors) - 1}",
            names.index("due_precision"): precisions,
        },
    )
    if extension == "csv":
        return workbook.write_csv(page)
    nothing: Row = [""] * 4
    meaning: list[Row] = [
        [one.ar, one.en, one.meaning_ar or f"عنوان واحد على الأقل. {AS_AGREED_AR}", one.meaning_en] for one in COLUMNS
    ]
    meaning += [nothing, ["القطاعات", "Sectors", "", ""]]
    meaning += [[ar, en, "", ""] for ar, en in sectors]
    meaning += [nothing, ["دقة التاريخ", "Precision of a date", "", ""]]
    meaning += [[ar, en, "", ""] for ar, en in PRECISIONS.values()]
    for kind, columns in further_sheets.COLUMNS.items():
        meaning += [nothing, [*further_sheets.TITLES[kind], "", ""]]
        meaning += [[one.ar, one.en, one.meaning_ar, one.meaning_en] for one in columns]
    explained = Page(meanings, ["العمود", "Column", "معناه", "Meaning"], meaning, [34, 34, 70, 70], {})
    beside = further_sheets.pages(further, language, precisions)
    return workbook.write_xlsx([page, *beside, explained], right_to_left=is_arabic)


def commitments_left_out(plan: Plan, found: Iterable[RowDifference]) -> list[str]:
    """Codes of the plan's commitments the sheet does not have; they stay as they are."""
    named = {one.thing.code for one in found if isinstance(one.thing, Commitment)}
    return [code for code in plan.commitments.order_by("code").values_list("code", flat=True) if code not in named]
