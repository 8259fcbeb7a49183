"""Sentences of a text with their places, for the review page and for what must stand in one sentence."""

import re
from typing import NamedTuple


class Span(NamedTuple):
    """A part of a text: offsets in code points, end exclusive."""

    start: int
    end: int


_CLOSERS = "\"'”’»›)]}"
_END = re.compile(rf"[.!?…؟۔。]+[{re.escape(_CLOSERS)}]*|[؛]|\n+|\r\n?|\u2028|\u2029")

_ABBREVIATIONS = {
    "en": "mr mrs ms dr prof st gen col lt sgt hon rev jr sr vs etc no vol art ltd inc co corp jan feb mar apr jun jul "
    "aug sep sept oct nov dec approx est dept gov sen rep u.s u.k u.n e.g i.e a.m p.m h.e h.h h.r.h h.m",
    "de": "dr prof bzw ca z.b u.a d.h nr st mio mrd abs art str usw vgl",
    "ru": "г гг в вв т.е т.к т.д т.п и.о им ул д стр руб долл млн млрд тыс трлн проф акад ст п пп см ср напр др",
    "az": "s c b n və.s s.ə cən prof dos dr akad mln mlrd min man h",
    "tr": "dr prof doç sn sok cad vb vs no yy alb gen bkz",
    "ar": "د أ م ص ب ج ه ت ق",
}
_ABBREVIATIONS_BY_LANGUAGE = {language: frozenset(words.split()) for language, words in _ABBREVIATIONS.items()}
# a date or ordinal may end in a point before a word in lower case or, in German and Turkish, before a month
_ORDINAL_LANGUAGES = frozenset({"de", "tr", "az"})
_LAST_WORD = re.compile(r"[\w.]+$")


def sentences(text: str, lang: str = "") -> list[Span]:
    """Spans of the sentences of `text`, without the white space around them; together they hold all that is visible.

    A line break always ends a sentence. A point after an abbreviation or initial, inside a number or an address, or
    before a lower-case letter does not. The Arabic question mark and semicolon end one.
    """
    known = _ABBREVIATIONS_BY_LANGUAGE.get(lang, _ABBREVIATIONS_BY_LANGUAGE["en"])
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        mark = match.group()
        if mark[0] in ".…" and not _ends_here(text, match.start(), match.end(), known, lang):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    if spans and not any(char.isalnum() for char in text[start:end]) and "\n" not in text[spans[-1].end : start]:
        spans[-1] = Span(spans[-1].start, end)  # a stray «.» or «»» belongs to the sentence before
    else:
        spans.append(Span(start, end))


def _ends_here(text: str, at: int, end: int, known: frozenset[str], lang: str) -> bool:
    """Whether the point at `at`, whose marks run to `end`, closes a sentence."""
    if end >= len(text):
        return True
    following = text[end]
    if not following.isspace():
        # «3.5», «gcc-sg.org», «U.S.»; but a missing space between Arabic sentences is common
        return "\u0600" <= following <= "\u06ff" and not following.isdigit() and at > 0 and text[at - 1].isalpha()
    rest = text[end : end + 40].lstrip(" \t\xa0")
    if not rest or rest[0] == "\n":
        return True
    word = _LAST_WORD.search(text, max(0, at - 24), at)
    last = word.group().lstrip(".") if word else ""
    if end - at == 1 and last:
        if last.lower() in known:
            return False
        if len(last) == 1 and last.isalpha() and last.isupper():
            return False  # the initial of a name
        if last.isdigit() and len(last) <= 2 and lang in _ORDINAL_LANGUAGES and rest[0].isalpha():
            return False
    return not (rest[0].isalpha() and rest[0].islower())
