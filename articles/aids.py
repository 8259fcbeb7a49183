"""What helps a reader of the text: days made explicit, people with their dated offices, and where the text disagrees.

Pure functions over the text as stored; offsets count its code points. Nothing here decides: a hint leads to a form that
a person may record, or leave.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from hijridate import Hijri

from articles.reading import block_spans
from plans.language import fold, normalise, sentences
from plans.models import Disagreement, OfficeHolder, Plan

ENOUGH: Final = 40  # of each kind; hostile text would hold thousands
LONGEST: Final = 60_000  # characters looked at

# ------------------------------------------------------------------ days


class Said(NamedTuple):
    """Words of the text that mean a day or a time, and the first and last day they mean."""

    start: int
    end: int
    words: str
    first: date
    last: date


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _week(day: date) -> tuple[date, date]:
    first = day - timedelta(days=(day.weekday() + 1) % 7)  # weeks of the Gulf begin on Sunday
    return first, first + timedelta(days=6)


# words, folded, and how many units from the day of publication they are
_NOW, _LAST, _NEXT = 0, -1, 1
_UNITS: Final = {
    "year": (r"(?:العام|السنه|عام)", r"year"),
    "month": (r"الشهر", r"month"),
    "week": (r"الاسبوع", r"week"),
}
_ARABIC: Final = {
    _NOW: r"(?:الحالي|الجاري)[هة]?",
    _LAST: r"(?:الماضي|المنصرم|الفائت)[هة]?",
    _NEXT: r"(?:المقبل|القادم)[هة]?",
}
_ENGLISH: Final = {_NOW: "(?:this|the current)", _LAST: "last", _NEXT: "next"}
_BEGINS: Final = r"(?P<begin>(?:بدايه|مطلع|اوائل)\s+|(?:the\s+)?(?:beginning|start)\s+of\s+)?"
_THIS: Final = {_NOW: r"هذ[اه]\s+", _LAST: r"(?!)", _NEXT: r"(?!)"}  # only «this» stands before its word
_RELATIVE: Final = [
    (re.compile(rf"{_BEGINS}\b(?:{_THIS[way]}{arabic}|{arabic}\s+{_ARABIC[way]})\b"), unit, way)
    for unit, (arabic, _english) in _UNITS.items()
    for way in (_NOW, _LAST, _NEXT)
] + [
    (re.compile(rf"{_BEGINS}\b{_ENGLISH[way]}\s+{english}\b"), unit, way)
    for unit, (_arabic, english) in _UNITS.items()
    for way in (_NOW, _LAST, _NEXT)
]
_YESTERDAY: Final = re.compile(r"\b(?:امس|yesterday|вчера|dunen)\b")
_WEEKDAYS: Final = {
    0: r"الاثنين|monday",
    1: r"الثلاثاء|tuesday",
    2: r"الاربعاء|wednesday",
    3: r"الخميس|thursday",
    4: r"الجمعه|friday",
    5: r"السبت|saturday",
    6: r"الاحد|sunday",
}
_WEEKDAY: Final = {day: re.compile(rf"\b(?:يوم\s+|on\s+)(?:{names})\b") for day, names in _WEEKDAYS.items()}
_HIJRI_NAMES: Final = [
    "محرم",
    "صفر",
    "ربيع الاول",
    "ربيع (?:الثاني|الاخر)",
    "جمادي (?:الاولي|الاول)",
    "جمادي (?:الاخره|الثانيه)",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذ[وي] القعده",
    "ذ[وي] الحجه",
]
_HIJRI: Final = re.compile(
    r"\b(?P<day>[0-3]?\d)\s+(?:من\s+)?(?:شهر\s+)?(?:"
    + "|".join(f"(?P<m{at}>{name})" for at, name in enumerate(_HIJRI_NAMES, 1))
    + r")\s+(?:عام\s+|سنه\s+)?(?P<year>1[34]\d\d)\b"
)


def days_said(text: str, published: date) -> list[Said]:
    """The days a text names by what they are to its own («this year», «on Monday») or by the Hijri calendar."""
    folded = normalise(text[:LONGEST])
    found: list[Said] = []

    def add(match: re.Match[str], days: tuple[date, date]) -> None:
        start, end = folded.original(*match.span())
        found.append(Said(start, end, text[start:end], *days))

    for pattern, unit, way in _RELATIVE:
        for match in pattern.finditer(folded.text):
            first, last = _relative(unit, way, published)
            if match["begin"]:
                last = min(last, _month(first.year, first.month)[1]) if unit == "year" else first
            add(match, (first, last))
    for match in _YESTERDAY.finditer(folded.text):
        add(match, (published - timedelta(days=1),) * 2)
    for weekday, pattern in _WEEKDAY.items():
        back = (published.weekday() - weekday) % 7
        for match in pattern.finditer(folded.text):
            add(match, (published - timedelta(days=back),) * 2)
    for match in _HIJRI.finditer(folded.text):
        month = next(at for at in range(1, 13) if match[f"m{at}"])
        try:
            day = Hijri(int(match["year"]), month, int(match["day"])).to_gregorian()
        except (ValueError, OverflowError):
            continue
        add(match, (date(day.year, day.month, day.day),) * 2)
    return sorted(set(found))[:ENOUGH]


def _relative(unit: str, way: int, published: date) -> tuple[date, date]:
    if unit == "year":
        return _year(published.year + way)
    if unit == "month":
        return _month(published.year, published.month + way)
    return _week(published + timedelta(days=7 * way))


# ------------------------------------------------------------------ people


@dataclass(frozen=True)
class Person:
    """A person the text names: where, the office recorded for the day of the text, and the others with their days."""

    start: int
    end: int
    name: str
    then: OfficeHolder | None
    offices: list[OfficeHolder]


def people_named(text: str, holders: Iterable[OfficeHolder], on: date) -> list[Person]:
    """The office-holders a text names, each where it is named first."""
    folded = normalise(text[:LONGEST])
    by_name: dict[tuple[str, str], list[OfficeHolder]] = {}
    for holder in holders:
        by_name.setdefault((fold(holder.name_en).strip(), fold(holder.name_ar).strip()), []).append(holder)
    found = []
    for names, offices in by_name.items():
        places = [folded.text.find(name) for name in names if len(name) > 3]
        at = min((place for place in places if place >= 0), default=-1)
        if at < 0:
            continue
        name = next(name for name in names if name and folded.text.startswith(name, at))
        start, end = folded.original(at, at + len(name))
        then = next((one for one in offices if _held(one, on)), None)
        found.append(Person(start, end, text[start:end], then, offices))
    return sorted(found, key=lambda person: person.start)[:ENOUGH]


def _held(holder: OfficeHolder, on: date) -> bool:
    return (holder.since is None or holder.since <= on) and (holder.until is None or on <= holder.until)


# ------------------------------------------------------------------ where the text disagrees


@dataclass(frozen=True)
class Hint:
    """Words of the text that disagree with what is recorded, and what that is (`recorded`, in words of its own)."""

    start: int
    end: int
    words: str
    recorded: str
    about: str
    sentence: tuple[int, int]


_OFFICE_WORDS: Final = {
    word: key
    for key, words in {
        "deputy": "نائب vice deputy",
        "president": "رييس رئيس president chairman",
        "minister": "وزير minister",
        "secretary": "امين secretary",
        "assistant": "مساعد assistant aide",
        "adviser": "مستشار adviser advisor counsellor",
        "ambassador": "سفير ambassador envoy",
        "director": "مدير director head",
    }.items()
    for word in words.split()
}
_WORD: Final = re.compile(r"\w+")
_STOPS: Final = re.compile(r"[.!?؟؛;:\n]|\b(?:مع|و?بين|with|and|met)\b")
TITLE_WITHIN: Final = 90  # characters before a name in which its title stands


def _offices_in(words: str) -> set[str]:
    found = set()
    for word in _WORD.findall(words):
        for form in (word, re.sub(r"^[وبلف]?(?:ال|لل)", "", word), word.rstrip("s")):
            if form in _OFFICE_WORDS:
                found.add(_OFFICE_WORDS[form])
    return found


def hints_of(text: str, plan: Plan, holders: Iterable[OfficeHolder], published: date) -> list[Hint]:
    """Where a text's title of a person, or a date or period of the plan, disagrees with what is recorded."""
    spans = [
        (block.start + one.start, block.start + one.end)
        for block in block_spans(text[:LONGEST])
        for one in sentences(text[block.start : block.end], "ar")
    ]
    return sorted(
        [*_titles(text, holders, published, spans), *_about_the_plan(text, plan, published, spans)],
        key=lambda hint: hint.start,
    )[:ENOUGH]


def _titles(text: str, holders: Iterable[OfficeHolder], on: date, spans: list[tuple[int, int]]) -> Iterable[Hint]:
    for person in people_named(text, holders, on):
        before = text[max(0, person.start - TITLE_WITHIN) : person.start]
        folded = normalise(before)
        begins = [match.end() for match in _STOPS.finditer(folded.text)]
        called = folded.text[begins[-1] if begins else 0 :]
        words = [match for match in _WORD.finditer(called) if _offices_in(match[0])]
        recorded = [one for one in person.offices if _held(one, on)] or person.offices
        held = {
            word for one in recorded for word in _offices_in(f"{fold(one.office.title_en)} {fold(one.office.title_ar)}")
        }
        if not words or _offices_in(called) <= held:
            continue
        at = (begins[-1] if begins else 0) + words[0].start()
        start = person.start - len(before) + folded.original(at, at + 1)[0]
        yield Hint(
            start,
            person.end,
            text[start : person.end],
            "; ".join(f"{one}: {one.office}" for one in recorded),
            str(Disagreement.About.TITLE),
            _sentence_at(start, spans),
        )


_PLAN: Final = re.compile(r"خطه|\bplan\b|\bплан|\bplan[iı]")
_BEGAN: Final = re.compile(r"\b(?:بدا|بداء|بدات|بدء|انطلق|انطلقت|دخلت|began|begun|started|starts|launched|entered)\b")
_PERIOD: Final = re.compile(r"\b(20\d\d)\s*[-–—/]\s*(20\d\d)\b")  # the dashes of periods
_IN_YEAR: Final = re.compile(r"\b(20\d\d)\b")


def _about_the_plan(text: str, plan: Plan, published: date, spans: list[tuple[int, int]]) -> Iterable[Hint]:
    if plan.starts is None:
        return
    said = days_said(text, published)
    recorded = f"{plan}: {plan.starts.year}–{plan.ends.year if plan.ends else '…'}"
    for start, end in spans:
        folded = normalise(text[start:end])
        if not _PLAN.search(folded.text):
            continue
        for period in _PERIOD.finditer(folded.text):
            if plan.ends and (int(period[1]), int(period[2])) != (plan.starts.year, plan.ends.year):
                yield _hint(text, start, folded.original(*period.span()), recorded, "period", (start, end))
        if not _BEGAN.search(folded.text):
            continue
        for one in said:
            if start <= one.start < end and not one.first.year <= plan.starts.year <= one.last.year:
                yield _hint(text, 0, (one.start, one.end), recorded, "date", (start, end))
        bare = _PERIOD.sub(lambda match: " " * len(match[0]), folded.text)
        for year in _IN_YEAR.finditer(bare):
            if int(year[1]) != plan.starts.year:
                yield _hint(text, start, folded.original(*year.span()), recorded, "date", (start, end))


def _hint(text: str, base: int, span: tuple[int, int], recorded: str, about: str, sentence: tuple[int, int]) -> Hint:
    start, end = base + span[0], base + span[1]
    return Hint(start, end, text[start:end], recorded, about, sentence)


def _sentence_at(place: int, spans: list[tuple[int, int]]) -> tuple[int, int]:
    return next(((start, end) for start, end in spans if start <= place < end), (place, place + 1))


# ------------------------------------------------------------------ copies beside each other


class Piece(NamedTuple):
    """Words of one of two copies; `differs` where the other has not the same."""

    words: str
    differs: bool


WORDS_COMPARED: Final = 6000  # of each copy: comparing takes the square of them


def beside(mine: str, theirs: str) -> tuple[list[Piece], list[Piece], bool]:
    """Two copies as pieces, with their differences marked, and whether both were compared to their end."""
    left, right = (re.findall(r"\s*\S+", one)[: WORDS_COMPARED + 1] for one in (mine, theirs))
    is_whole = max(len(left), len(right)) <= WORDS_COMPARED
    left, right = left[:WORDS_COMPARED], right[:WORDS_COMPARED]
    plain_left, plain_right = ([fold(word).strip(" .,،؛:;«»\"'") for word in one] for one in (left, right))
    pieces: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, a, b, c, d in SequenceMatcher(None, plain_left, plain_right, autojunk=len(left) > 2000).get_opcodes():
        if a < b:
            pieces[0].append(Piece("".join(left[a:b]), tag != "equal"))
        if c < d:
            pieces[1].append(Piece("".join(right[c:d]), tag != "equal"))
    return *pieces, is_whole
