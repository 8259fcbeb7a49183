"""A briefing as a Word document (DOCX), right to left where it is Arabic, from the same content as its page."""

import io
from collections.abc import Iterable
from typing import Any, Final

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from plans.briefing import Content
from plans.paper import Line, Paper, Section, Source, Span, Table, papers_of

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# faces that Word and LibreOffice have or replace by one of the same measure, with Arabic letters
LATIN: Final = "Calibri"
ARABIC: Final = "Arial"
OVERDUE: Final = RGBColor(0xB3, 0x26, 0x1E)
CONTESTED: Final = RGBColor(0x74, 0x30, 0x8C)
QUIET: Final = RGBColor(0x5F, 0x66, 0x6F)
FLAG_COLOURS: Final = {"overdue": OVERDUE, "contested": CONTESTED}
SIZE: Final = 9.5
RTL_LANGUAGES: Final = {"ar", "fa", "ur", "he"}


def word_of(content: Content, language: str) -> bytes:
    """The bytes of the document; language is «ar», «en», or «ar-en» for both side by side."""
    papers = papers_of(content, language)
    document = Document()
    _set_up(document, papers[0])
    if len(papers) == 1:
        _write(document, papers[0])
    else:
        _write_side_by_side(document, papers)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# ------------------------------------------------------------------ OOXML that python-docx has no words for


def _add(parent: Any, name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


def _is_rtl(language: str) -> bool:
    return language[:2] in RTL_LANGUAGES


def _direct(paragraph: Paragraph, paper: Paper) -> Paragraph:
    """Set the paragraph's direction: in a right-to-left one, Word's «start» is at the right."""
    if paper.direction == "rtl":
        properties = paragraph._p.get_or_add_pPr()
        bidi = OxmlElement("w:bidi")
        properties.insert_element_before(
            bidi, "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr"
        )
    return paragraph


def _run(
    paragraph: Paragraph,
    text: str,
    language: str,
    *,
    bold: bool = False,
    size: float = SIZE,
    colour: RGBColor | None = None,
) -> Run:
    run = paragraph.add_run(text)
    run.bold = bold or None
    run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    properties = run._r.get_or_add_rPr()
    # the schema has an order: fonts first, bold and its complex twin, colour, sizes, then direction and language
    fonts = properties.get_or_add_rFonts()
    for key, face in [("ascii", LATIN), ("hAnsi", LATIN), ("cs", ARABIC)]:
        fonts.set(qn(f"w:{key}"), face)
    if bold:
        twin = OxmlElement("w:bCs")
        properties.find(qn("w:b")).addnext(twin)
    height = OxmlElement("w:szCs")
    height.set(qn("w:val"), str(int(size * 2)))
    properties.find(qn("w:sz")).addnext(height)
    if _is_rtl(language):
        _add(properties, "w:rtl")
        _add(properties, "w:lang", bidi=language)
    elif language:
        _add(properties, "w:lang", val=language)
    return run


def _spans(paragraph: Paragraph, spans: Iterable[Span], paper: Paper, size: float = SIZE) -> None:
    for span in spans:
        _run(paragraph, span.text, span.language, bold=span.strong, size=size)


def _refs(paragraph: Paragraph, refs: list[int], paper: Paper) -> None:
    """The numbers of citations, raised, each a link to its place among the sources."""
    for number in refs:
        link = _add(paragraph._p, "w:hyperlink", anchor=f"source{number}", history="1")
        run = _run(paragraph, f"[{number}]", "", size=SIZE - 1, colour=QUIET)
        run.font.superscript = True
        link.append(run._r)


def _bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    start = OxmlElement("w:bookmarkStart")
    start.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    end = OxmlElement("w:bookmarkEnd")
    end.set(qn("w:id"), str(number))
    paragraph._p.append(start)
    paragraph._p.append(end)


def _set_up(document: DocumentObject, paper: Paper) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(16)
    page.top_margin = page.bottom_margin = Mm(14)
    if paper.direction == "rtl":
        page._sectPr.insert_element_before(OxmlElement("w:bidi"), "w:rtlGutter", "w:docGrid")
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(SIZE)
    normal.paragraph_format.space_after = Pt(1)
    normal.paragraph_format.space_before = Pt(0)
    for name, size, before in [("Title", 15, 2), ("Heading 1", 11, 6)]:
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = LATIN, Pt(size), RGBColor(0x15, 0x18, 0x1C)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(2)
        style.paragraph_format.keep_with_next = True
    document.core_properties.title = paper.title.text
    document.core_properties.language = paper.language
    document.core_properties.author = ""
    document.core_properties.comments = ""
    foot = _direct(page.footer.paragraphs[0], paper)
    _run(foot, f"{paper.foot}  ", paper.language, size=8, colour=QUIET)
    number = _run(foot, "", "", size=8, colour=QUIET)
    for kind in ("begin", "", "end"):
        if kind:
            _add(number._r, "w:fldChar", fldCharType=kind)
        else:
            text = _add(number._r, "w:instrText")
            text.text = "PAGE"


# ------------------------------------------------------------------ the paper, in one column


def _paragraph(place: Any, paper: Paper, style: str | None = None) -> Paragraph:
    return _direct(place.add_paragraph(style=style), paper)


def _heading(place: Any, text: str, paper: Paper, style: str = "Heading 1", size: float = 11) -> None:
    _run(_paragraph(place, paper, style), text, paper.language, bold=True, size=size)


def _write(document: DocumentObject, paper: Paper) -> None:
    _head(document, paper)
    for section in paper.sections:
        _heading(document, section.title, paper)
        if section.table is not None:
            _table(document, section.table, paper)
        else:
            _lines(document, section, paper)
        if section.more:
            _run(_paragraph(document, paper), section.more, paper.language, colour=QUIET)
    _heading(document, paper.sources_title, paper)
    for source in paper.sources:
        _source(_paragraph(document, paper), source, paper)


def _head(place: Any, paper: Paper) -> None:
    told = " ".join([paper.occasion, *([f"[{paper.demo_word}]"] if paper.is_demo else [])])
    _run(_paragraph(place, paper), told, paper.language, size=8.5, colour=QUIET)
    _run(_paragraph(place, paper), paper.prepared, paper.language, size=8.5, colour=QUIET)
    _run(_paragraph(place, paper, "Title"), paper.title.text, paper.title.language, bold=True, size=15)
    _run(_paragraph(place, paper), paper.line, paper.language, bold=True, size=10.5)


def _lines(place: Any, section: Section, paper: Paper) -> None:
    if not section.lines:
        _run(_paragraph(place, paper), section.empty, paper.language, colour=QUIET)
    for line in section.lines:
        paragraph = _paragraph(place, paper)
        paragraph.paragraph_format.keep_together = True
        _run(paragraph, "– ", "", colour=QUIET)
        _line(paragraph, line, paper)


def _line(paragraph: Paragraph, line: Line, paper: Paper) -> None:
    if line.flag_words:
        colour = FLAG_COLOURS.get(line.flag, QUIET)
        _run(paragraph, f"{line.flag_words}  ", paper.language, bold=True, colour=colour)
    _spans(paragraph, line.spans, paper)
    _refs(paragraph, line.refs, paper)


def _table(document: DocumentObject, table: Table, paper: Paper) -> None:
    grid = document.add_table(rows=1, cols=len(table.head), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    if paper.direction == "rtl":
        visual = OxmlElement("w:bidiVisual")
        grid._tbl.tblPr.insert_element_before(
            visual, "w:tblStyleRowBandSize", "w:tblStyleColBandSize", "w:tblW", "w:jc", "w:tblLayout", "w:tblLook"
        )
    _add(grid.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")
    for cell, words in zip(grid.rows[0].cells, table.head, strict=True):
        _run(_first(cell, paper), words, paper.language, bold=True, size=8.5)
    for row in table.rows:
        made = grid.add_row()
        _add(made._tr.get_or_add_trPr(), "w:cantSplit")
        head = _first(made.cells[0], paper)
        _run(head, row.head.text, row.head.language, bold=row.is_total, size=9)
        _refs(head, row.refs, paper)
        for cell, (_label, words) in zip(made.cells[1:], row.cells, strict=True):
            _run(_first(cell, paper), words, paper.language, bold=row.is_total, size=9)


def _first(cell: _Cell, paper: Paper) -> Paragraph:
    return _direct(cell.paragraphs[0], paper)


def _source(paragraph: Paragraph, source: Source, paper: Paper) -> None:
    """One source, numbered: its words or our summary, publisher, date, address or that none is recorded."""
    _bookmark(paragraph, f"source{source.number}", source.number)
    _run(paragraph, f"{source.number}. ", "", bold=True, size=8.5)
    words = f"{source.marks[0]}{source.text.text}{source.marks[1]}"
    _run(paragraph, words, source.text.language, size=8.5)
    if source.meaning:
        _run(paragraph, f" ({source.meaning})", paper.language, size=8.5, colour=QUIET)
    _run(paragraph, " – ", "", size=8.5)
    _run(paragraph, source.publisher, "", size=8.5)
    _run(paragraph, f", {source.day}; " if paper.language == "en" else f"، {source.day}؛ ", paper.language, size=8.5)
    _run(paragraph, source.url or source.address, "" if source.url else paper.language, size=8.5, colour=QUIET)
    if source.is_demo:
        _run(paragraph, f" [{paper.demo_word}]", paper.language, size=8.5, colour=QUIET)


# ------------------------------------------------------------------ English and Arabic side by side


def _write_side_by_side(document: DocumentObject, papers: list[Paper]) -> None:
    """A table of two columns, a row a section, so that both languages of one thing stand on one height."""
    grid = document.add_table(rows=0, cols=len(papers), style="Table Grid")

    def row() -> list[_Cell]:
        return list(grid.add_row().cells)

    def fill(cell: _Cell, write: Any) -> None:
        write()
        first = cell.paragraphs[0]
        if not first.text and len(cell.paragraphs) > 1:  # a cell is made with an empty paragraph
            first._p.getparent().remove(first._p)

    for cell, paper in zip(row(), papers, strict=True):
        fill(cell, lambda cell=cell, paper=paper: _head(cell, paper))
    for sections in zip(*(paper.sections for paper in papers), strict=True):
        for cell, paper, section in zip(row(), papers, sections, strict=True):

            def write(cell: _Cell = cell, paper: Paper = paper, section: Section = section) -> None:
                _heading(cell, section.title, paper)
                _lines(cell, section, paper)
                if section.more:
                    _run(_paragraph(cell, paper), section.more, paper.language, colour=QUIET)

            fill(cell, write)
    first, second = papers
    _heading(document, f"{first.sources_title} · {second.sources_title}", first)
    for source, other in zip(first.sources, second.sources, strict=True):
        paragraph = _paragraph(document, first)
        _source(paragraph, source, first)
        told = other.meaning if source.is_quote else other.text.text
        if told:
            _run(paragraph, f" ({told})", second.language, size=8.5, colour=QUIET)
