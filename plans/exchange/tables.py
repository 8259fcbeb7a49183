"""A plan as tables, in the reader's language: CSV of its commitments, a workbook of all that is recorded."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from plans.exchange.record import Record
from plans.exchange.shapes import Addresses
from plans.exchange.workbook import CALCULATED
from plans.models import Assessment, Commitment, DateChange, DatePrecision, Evidence, Level, Plan, Status
from plans.reader import in_words, reader_language
from plans.templatetags.mithaq import schedule_name, side_name, words_for_date

Cell = str | int | date | None


@dataclass(frozen=True)
class Table:
    """A sheet: its name, the heads of its columns, and rows of texts, numbers and dates."""

    name: str
    heads: Sequence[str]
    rows: Iterator[Sequence[Cell]]


def field(model: type[Any], name: str) -> str:
    """A field's name in the reader's language, as a head of a column."""
    words = str(model._meta.get_field(name).verbose_name)
    return words[:1].upper() + words[1:]


def yes(is_so: bool) -> str:
    return _("yes") if is_so else ""


def words_for_day(on: date | None, precision: str) -> str:
    if precision == DatePrecision.PLAN_END:
        return words_for_date(date.max, precision)
    return words_for_date(on, precision) if on else ""


def level_name(level: str) -> str:
    return str(Level(level).label) if level else ""


def plan_table(record: Record, at: Addresses) -> Table:
    """The plan's own facts, one a line."""
    plan = record.plan
    facts: list[tuple[str, Cell]] = [
        (field(Plan, "title_en"), plan.title_en),
        (field(Plan, "title_ar"), plan.title_ar),
        (field(Plan, "kind"), plan.get_kind_display()),
        (field(Plan, "lifecycle"), plan.get_lifecycle_display()),
        (field(Plan, "side_a"), in_words(plan.side_a, "name")),
        (field(Plan, "side_b"), in_words(plan.side_b, "name")),
        (field(Plan, "starts"), plan.starts),
        (field(Plan, "ends"), plan.ends),
        (field(Plan, "adopted_on"), words_for_day(plan.adopted_on, plan.adopted_precision)),
        (_("Place of adoption"), in_words(plan, "adopted_place")),
        (_("Lead body of side A"), in_words(plan, "lead_a")),
        (_("Lead body of side B"), in_words(plan, "lead_b")),
        (_("Commitments"), plan.commitment_count),
        *[(str(Status(status).label), getattr(plan, f"count_{status}")) for status in Status.values],
        (_("Note"), in_words(plan, "note")),
        (_("Address"), at("plan", plan.slug)),
    ]
    if record.has_demo:
        facts.append((_("Demo"), _("Rows marked as demo are invented for demonstration.")))
    return Table(_("Plan"), [_("Fact"), _("Value")], iter(facts))


def commitments_table(record: Record, at: Addresses) -> Table:
    """The commitments, a row each, in the plan's order."""
    plan = record.plan
    heads = [
        *[field(Commitment, name) for name in ("code", "pillar", "title_en", "title_ar", "text_en", "text_ar")],
        _("Lead body of side A"),
        _("Lead body of side B"),
        *[field(Commitment, name) for name in ("starts", "baseline_due_on", "due_on", "due_precision", "done_on")],
        pgettext("a commitment and its due date", "Calendar"),
        field(Commitment, "status"),
        *[_("%(side)s says") % {"side": side_name(plan, side)} for side in "ab"],
        field(Commitment, "level_assessor"),
        *[field(Commitment, name) for name in ("is_contested", "last_evidence_on", "last_checked_on")],
        pgettext("commitment", "Silent"),
        _("Address"),
        _("Demo"),
    ]

    def row(one: Any) -> Sequence[Cell]:
        return [
            one.code,
            in_words(one.pillar, "title"),
            one.title_en,
            one.title_ar,
            one.text_en,
            one.text_ar,
            in_words(one, "lead_a"),
            in_words(one, "lead_b"),
            one.starts,
            one.baseline_due_on,
            one.due_on,
            one.get_due_precision_display() if one.due_on or one.due_precision == DatePrecision.PLAN_END else "",
            one.done_on,
            schedule_name(one.schedule),
            str(Status(one.status).label),
            level_name(one.level_a),
            level_name(one.level_b),
            level_name(one.level_assessor),
            yes(one.is_contested),
            one.last_evidence_on,
            one.last_checked_on,
            yes(one.is_silent),
            at("commitment", plan.slug, one.code),
            yes(one.is_demo),
        ]

    return Table(_("Commitments"), heads, map(row, record.commitments))


def evidence_table(record: Record, at: Addresses) -> Table:
    heads = [
        _("Number"),
        *[field(Evidence, name) for name in ("pillar", "commitment", "kind", "speaker", "quote", "language")],
        *[field(Evidence, name) for name in ("gloss_en", "gloss_ar", "summary_en", "summary_ar")],
        *[field(Evidence, name) for name in ("publisher", "title", "url", "published_on", "published_precision")],
        *[field(Evidence, name) for name in ("digest", "recorded_at")],
        _("Withdrawn"),
        _("Why it was withdrawn"),
        _("Address of the record"),
        _("Demo"),
    ]

    def row(one: Evidence) -> Sequence[Cell]:
        return [
            one.pk,
            in_words(one.pillar, "title") if one.pillar else "",
            one.commitment.code if one.commitment else "",
            one.get_kind_display(),
            side_name(record.plan, one.speaker) if one.speaker in "ab" else one.get_speaker_display(),
            one.quote,
            one.language,
            one.gloss_en,
            one.gloss_ar,
            one.summary_en,
            one.summary_ar,
            one.publisher,
            one.title,
            one.url,
            one.published_on,
            one.get_published_precision_display(),
            one.digest,
            one.recorded_at.date(),
            one.withdrawal.recorded_at.date() if one.is_withdrawn else None,
            one.withdrawal.reason if one.is_withdrawn else "",
            at("evidence", one.pk),
            yes(one.is_demo),
        ]

    return Table(pgettext("several pieces", "Evidence"), heads, map(row, record.evidence))


def assessments_table(record: Record) -> Table:
    heads = [
        *[field(Assessment, name) for name in ("commitment", "side", "level", "on", "ground", "evidence")],
        *[field(Assessment, name) for name in ("note_en", "note_ar", "recorded_at")],
        _("Stands"),
        _("Why it was withdrawn"),
        _("Demo"),
    ]

    def row(one: Assessment) -> Sequence[Cell]:
        stands = not one.is_withdrawn and not one.ground.is_withdrawn
        fallen = one if one.is_withdrawn else one.ground
        return [
            one.commitment.code,
            side_name(record.plan, one.side) if one.side else _("assessor"),
            level_name(one.level),
            one.on,
            one.ground_id,
            " ".join(str(pk) for pk in sorted(piece.pk for piece in one.evidence.all())),
            one.note_en,
            one.note_ar,
            one.recorded_at.date(),
            yes(stands),
            "" if stands else fallen.withdrawal.reason,
            yes(one.is_demo),
        ]

    return Table(_("Assessments"), heads, map(row, record.assessments))


def dates_table(record: Record) -> Table:
    names = ("from_date", "to_date", "decided_on", "reason_en", "reason_ar", "evidence", "asked_by", "agreed_by")
    heads = [
        field(DateChange, "commitment"),
        field(DateChange, "milestone"),
        *[field(DateChange, name) for name in names],
    ]

    def row(one: DateChange) -> Sequence[Cell]:
        owner = one.milestone.commitment if one.milestone else one.commitment
        assert owner is not None  # a constraint of the table: one of the two
        return [
            owner.code,
            in_words(one.milestone, "title") if one.milestone else "",
            words_for_day(one.from_date, one.from_precision),
            words_for_day(one.to_date, one.to_precision),
            one.decided_on,
            one.reason_en,
            one.reason_ar,
            one.evidence_id,
            side_name(record.plan, one.asked_by) if one.asked_by else "",
            side_name(record.plan, one.agreed_by) if one.agreed_by else "",
        ]

    return Table(_("Dates moved"), heads, map(row, record.dates_moved))


# ------------------------------------------------------------------ writing


def unharmed(value: Cell) -> str:
    """A cell of CSV: what a spreadsheet would calculate has an apostrophe before it."""
    words = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    words = ILLEGAL_CHARACTERS_RE.sub("", words)
    return f"'{words}" if CALCULATED.match(words) else words


class _Echo:
    """A file that gives back what is written, for the csv module to write lines to be streamed."""

    def write(self, line: str) -> str:
        return line


def csv_lines(table: Table) -> Iterator[bytes]:
    """The table as CSV for Excel, a line at a time: UTF-8 with its mark, nothing that would be calculated."""
    writer: Any = csv.writer(_Echo())
    yield b"\xef\xbb\xbf" + writer.writerow([unharmed(head) for head in table.heads]).encode()
    for row in table.rows:
        yield writer.writerow([unharmed(value) for value in row]).encode()


WIDEST = 60


def write_workbook(record: Record, at: Addresses, file: IO[bytes]) -> None:
    """Write the whole plan as XLSX, row by row; the sheets run from right to left in Arabic."""
    book = Workbook(write_only=True)
    tables = [
        plan_table(record, at),
        commitments_table(record, at),
        evidence_table(record, at),
        assessments_table(record),
        dates_table(record),
    ]
    for table in tables:
        sheet = book.create_sheet(table.name)
        sheet.sheet_view.rightToLeft = reader_language() == "ar"
        sheet.freeze_panes = "A2"
        for column, head in enumerate(table.heads, 1):
            sheet.column_dimensions[get_column_letter(column)].width = min(max(len(head) + 4, 14), WIDEST)
        if table.name == tables[0].name:
            sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, WIDEST
        sheet.append([_cell(sheet, head, is_head=True) for head in table.heads])
        for row in table.rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: Any, value: Cell, *, is_head: bool = False) -> Any:
    if value is None or value == "":
        return None
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if is_head:
        cell.font = Font(bold=True)
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes what begins with «=» for a formula
        if CALCULATED.match(str(cell.value)):
            cell.quotePrefix = True  # nor does Excel when somebody edits the cell
    return cell
