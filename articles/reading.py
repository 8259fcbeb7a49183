"""How an article's text is laid out for reading: blocks, sentences and marked pieces, every code point in its place.

Pure functions. Offsets count code points of the text as stored; what is rendered holds the same characters, so that a
selection in the browser and a quote cut on the server mean the same words.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from plans.language import Span, detect, sentences

BLOCK_BREAK = re.compile(r"\n[ \t]*\n\s*")


class Highlight(NamedTuple):
    """A stored quote in the text and the number it has in the list beside it."""

    start: int
    end: int
    number: int


class Match(NamedTuple):
    """A matched word or phrase and what it speaks for: «party», «plan» or «pillar»."""

    start: int
    end: int
    feature: str


@dataclass
class Sentence:
    """A sentence of a block and its markup; `key` is what a form sends for it."""

    number: int
    start: int
    end: int
    html: SafeString
    after: SafeString = field(default_factory=SafeString)  # the white space between this sentence and the next

    @property
    def key(self) -> str:
        return f"{self.start}-{self.end}"


@dataclass
class Block:
    """A paragraph with its own language; `start` is the offset of its first character."""

    start: int
    end: int
    language: str
    sentences: list[Sentence]


def block_spans(text: str) -> list[Span]:
    """The paragraphs of a text, parted by blank lines, without the white space around them."""
    spans = []
    start = 0
    for end, following in [*((m.start(), m.end()) for m in BLOCK_BREAK.finditer(text)), (len(text), len(text))]:
        span = trimmed(text, start, end)
        if span.end > span.start:
            spans.append(span)
        start = following
    return spans


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends; empty where there was nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def characters(text: str) -> str:
    """Text escaped so that the page's text nodes hold the very same characters.

    A browser reads a bare carriage return as a line feed, and a pair of them as one: written as a reference it stays.
    """
    return str(escape(text)).replace("\r", "&#13;")


def marked(
    text: str,
    start: int,
    end: int,
    highlights: Sequence[Highlight] = (),
    matches: Sequence[Match] = (),
    *,
    anchors: bool = True,
) -> SafeString:
    """Markup of `text[start:end]`, cut wherever a highlight or a match begins or ends, so that they may overlap.

    A piece within highlights is a `<mark>` that names their numbers; behind its last piece a highlight has its number,
    set apart by `data-skip` because it is not the article's text. With `anchors` quotes and matches can be linked to.
    """
    highlights = [h for h in highlights if h.start < end and h.end > start]
    matches = [m for m in matches if m.start < end and m.end > start]
    cuts = {start, end}
    for span_start, span_end in [(h.start, h.end) for h in highlights] + [(m.start, m.end) for m in matches]:
        cuts.update(at for at in (span_start, span_end) if start < at < end)
    edges = sorted(cuts)
    out: list[str] = []
    for left, right in pairwise(edges):
        piece = characters(text[left:right])
        match = next((m for m in matches if m.start <= left and right <= m.end), None)
        if match is not None:
            anchor = f' id="m{left}"' if anchors and any(m.start == left for m in matches) else ""
            piece = f'<span class="match {escape(match.feature)}"{anchor}>{piece}</span>'
        covering = [h for h in highlights if h.start <= left and right <= h.end]
        if covering:
            numbers = " ".join(str(h.number) for h in covering)
            first = [h.number for h in covering if h.start == left]
            anchor = f' id="q{first[0]}"' if anchors and first else ""
            others = "".join(f'<span id="q{number}"></span>' for number in first[1:] if anchors)
            piece = f'{others}<mark data-a="{numbers}"{anchor}>{piece}</mark>'
        out.append(piece)
        for ended in (h for h in covering if h.end == right):
            out.append(
                format_html('<sup class="ref" data-skip><a href="#e{}">{}</a></sup>', ended.number, ended.number)
            )
    return mark_safe("".join(out))  # noqa: S308  # every piece is escaped above


def lay_out(
    text: str, language: str, highlights: Iterable[Highlight] = (), matches: Iterable[Match] = ()
) -> list[Block]:
    """The text as blocks of sentences with their marks; a block in another script gets its own language."""
    highlights, matches = list(highlights), list(matches)
    blocks = []
    number = 0
    for span in block_spans(text):
        own = language_of(text[span.start : span.end], language)
        found: list[Sentence] = []
        spans = [
            Span(span.start + s.start, span.start + s.end) for s in sentences(text[span.start : span.end], own)
        ] or [span]
        spans[0] = Span(span.start, spans[0].end)
        for at, sentence in enumerate(spans):
            number += 1
            following = spans[at + 1].start if at + 1 < len(spans) else span.end
            found.append(
                Sentence(
                    number=number,
                    start=sentence.start,
                    end=sentence.end,
                    html=marked(text, sentence.start, sentence.end, highlights, matches),
                    after=marked(text, sentence.end, following, highlights, matches),
                )
            )
        blocks.append(Block(span.start, span.end, own, found))
    return blocks


RIGHT_TO_LEFT_LETTERS = re.compile(r"[\u0590-\u08ff\ufb1d-\ufefc]")
LETTERS = re.compile(r"[^\W\d_]")


def language_of(block: str, language: str) -> str:
    """The article's language, unless most letters of the block run the other way: then what the block looks like."""
    letters = len(LETTERS.findall(block))
    if not letters:
        return language
    right_to_left = len(RIGHT_TO_LEFT_LETTERS.findall(block)) * 2 > letters
    if not language or right_to_left != (language[:2] in {"ar", "fa", "he", "ur"}):
        return detect(block, default=language or "en")
    return language
