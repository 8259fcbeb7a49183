"""Where a quote stands after its source has edited the text: position, exact words, likeness, difference of words.

The rule is that of our own measurements (`python -m bench anchoring` repeats them): a quote is carried over silently
only where it is like enough (`FLOOR`), where its numbers, names and negations are the same, and where the words found
are not another sentence that stood in the old text beside it. Everything else «needs review»: a person looks at old
and new beside each other. A number the publisher corrected is news, and never carried over unseen.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Levenshtein

from articles.lexicon import Lexicon
from plans.language import fold
from plans.language.normalisation import Normalised, normalise
from plans.language.tokens import tokens

FLOOR: Final = 0.62  # of 300 quotes that are gone, none is found above it; at 0.50 one in 25 of those of three words
CONTEXT: Final = 32
WEIGHTS: Final = {"quote": 50, "prefix": 20, "suffix": 20, "place": 2}  # Hypothesis' own
LONG_ENOUGH: Final = 4  # words that stand once in a text are the quote, whatever stands around them

EVERY_LANGUAGE: Final = frozenset({"ar", "fa", "en", "de", "fr", "ru", "uk", "az", "tr", "", "*"})
_NUMBER = re.compile(r"\d+(?:[.,٫٬/:-]\d+)*")
_CAPITALISED = re.compile(r"[^\W\d_]+")
# words of number, of months and of denial
_TELLING_WORDS: Final = """
ثلاثين ثلاثون اربعين اربعون خمسين خمسون ستين ستون سبعين سبعون ثمانين ثمانون تسعين تسعون عشرين عشرون مئتين مئتي مائتي
واحده واحد اثنين اثنان اثنتين اثنتان ثلاثه ثلاث اربعه اربع خمسه خمس سته ست سبعه سبع ثمانيه ثماني ثمان تسعه تسع عشره عشر
اول اولي ثاني ثانيه ثالث ثالثه رابع رابعه خامس خامسه سادس سادسه سابع سابعه ثامن ثامنه تاسع تاسعه عاشر عاشره
مليار مليارات مليون ملايين الف الاف مئه مائه
يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion
first second third fourth fifth sixth seventh eighth ninth tenth half double
один одна два две три четыре пять шесть семь восемь девять десять двадцать тридцать сорок пятьдесят сто тысяч тысячи
миллион миллиона миллионов миллиард миллиарда миллиардов первый второй третий
bir iki uc dord bes alti yeddi sekkiz doqquz on iyirmi otuz qirx elli altmis yetmis seksen doxsan yuz min milyon milyard
birinci ikinci ucuncu dorduncu besinci
january february march april may june july august september october november december
yanvar fevral mart aprel iyun iyul avqust sentyabr oktyabr noyabr dekabr
not no never none without لم لن ليس ليست لا دون غير не ни нет без yox deyil
"""
_TELLING: Final = frozenset(fold(_TELLING_WORDS).split())
_PARTICLES = re.compile(r"^(?:و|ف)?(?:ب|ك|ل)?(?:ال)?")


class Selector(NamedTuple):
    """A quote as its annotation keeps it: place in the old text, words, and what stands around them."""

    start: int
    end: int
    exact: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Found:
    """Where a quote stands now: offsets in code points, how it was found, how like it is, and whether to ask a person.

    `is_sure` is False where a number, a name or a negation differs, or where the words are another sentence of the old
    text; `differs` holds what of the quote's facts is not in the new words, and the reverse.
    """

    start: int
    end: int
    method: str  # «position», «exact», «fuzzy», «words»
    score: float
    is_sure: bool
    differs: tuple[str, ...] = ()


def find(quote: Selector, old: str, new: str, lexicon: Lexicon | None = None) -> Found | None:
    """Where the quote of the old text stands in the new one; None where nothing is like it. Pure."""
    if not quote.exact.strip() or not new.strip():
        return None
    if new[quote.start : quote.end] == quote.exact and (
        quote.start == 0
        or new[: quote.start][-CONTEXT:] == quote.prefix[-CONTEXT:]
        or new[quote.end :][:CONTEXT] == quote.suffix[:CONTEXT]
    ):
        return Found(quote.start, quote.end, "position", 1.0, is_sure=True)
    search = _Search(quote, old, new)
    best = search.exactly()
    if best is None:
        best = max(search.nearly(), key=lambda one: one.score, default=None)
        if best is None or best.score < FLOOR:
            return None
    start, end = search.new.original(best.start, best.end)
    differs = () if best.method == "exact" else differing_facts(quote.exact, new[start:end], lexicon)
    sure = not differs and (best.method == "exact" or not search.is_another_sentence(best))
    return Found(start, end, best.method, round(best.score, 3), sure, differs)


class _Candidate(NamedTuple):
    start: int  # in the folded new text
    end: int
    method: str
    score: float


class _Search:
    """Both texts folded: spelling, diacritics and kinds of space are no difference."""

    def __init__(self, quote: Selector, old: str, new: str) -> None:
        self.new: Normalised = normalise(new)
        self.text = self.new.text
        self.quote = normalise(quote.exact).text
        self.prefix = normalise(quote.prefix[-CONTEXT:]).text
        self.suffix = normalise(quote.suffix[:CONTEXT]).text
        self.before, self.after = normalise(old[: quote.start]).text, normalise(old[quote.end :]).text
        self.place = len(self.before)
        self.edges = _edges(self.text)

    def score(self, start: int, end: int) -> float:
        """How like the quote this span is, with what stands around it, from 0 to 1."""
        weighed = [(WEIGHTS["quote"], Levenshtein.normalized_similarity(self.quote, self.text[start:end]))]
        if self.prefix:
            there = self.text[max(0, start - len(self.prefix)) : start]
            weighed.append((WEIGHTS["prefix"], Indel.normalized_similarity(self.prefix, there)))
        if self.suffix:
            there = self.text[end : end + len(self.suffix)]
            weighed.append((WEIGHTS["suffix"], Indel.normalized_similarity(self.suffix, there)))
        weighed.append((WEIGHTS["place"], 1 - abs(start - self.place) / max(len(self.text), 1)))
        return sum(weight * value for weight, value in weighed) / sum(weight for weight, _value in weighed)

    def exactly(self) -> _Candidate | None:
        """The same words, best surrounded; a few words that stand alone elsewhere are not taken for the quote."""
        found: list[_Candidate] = []
        at = self.text.find(self.quote)
        while at >= 0 and len(found) < 200:
            end = at + len(self.quote)
            if at in self.edges and end in self.edges:
                found.append(_Candidate(at, end, "exact", self.score(at, end)))
            at = self.text.find(self.quote, at + 1)
        best = max(found, key=lambda one: one.score, default=None)
        if best is None:
            return None
        is_long = len(self.quote.split()) >= LONG_ENOUGH and len(found) == 1
        # the same words elsewhere in the old text may be what is found here, and the quote be gone
        stood_elsewhere = self.quote in self.before or self.quote in self.after
        if best.score >= FLOOR + (0.1 if stood_elsewhere else 0) or (is_long and not stood_elsewhere):
            return best
        return None

    def nearly(self) -> list[_Candidate]:
        spans = {
            ("fuzzy", self._aligned(self.prefix, self.suffix)),
            ("fuzzy", self._aligned("", "")),
            ("words", self._by_words()),
        }
        return [
            _Candidate(*span, how, self.score(*span)) for how, span in spans if span is not None and span[0] < span[1]
        ]

    def _aligned(self, prefix: str, suffix: str) -> tuple[int, int] | None:
        """The best window for the quote with its surroundings, cut back to the quote itself."""
        needle = prefix + self.quote + suffix
        if len(needle) > len(self.text):
            low, high = 0, len(self.text)
        else:
            alignment = fuzz.partial_ratio_alignment(needle, self.text)
            if alignment is None or alignment.score < 40:
                return None
            slack = 12 + len(needle) // 8  # words grew or shrank
            low, high = max(0, alignment.dest_start - slack), min(len(self.text), alignment.dest_end + slack)
        return self._cut_back(needle, low, high, len(prefix), len(prefix) + len(self.quote))

    def _cut_back(self, needle: str, low: int, high: int, start: int, end: int) -> tuple[int, int] | None:
        kept = [block for block in Indel.opcodes(needle, self.text[low:high]) if block.tag == "equal"]
        inside = [
            (block.dest_start + max(start - block.src_start, 0), block.dest_end - max(block.src_end - end, 0))
            for block in kept
            if block.src_end > start and block.src_start < end
        ]
        if not inside:
            return None
        # an equal letter or two far off at either end are chance
        return self._tightest([(low + a, low + b) for a, b in inside])

    def _tightest(self, pieces: list[tuple[int, int]]) -> tuple[int, int]:
        limit = len(self.quote) * 1.5 + 8
        while len(pieces) > 1 and pieces[-1][1] - pieces[0][0] > limit:
            head, tail = pieces[1][0] - pieces[0][1], pieces[-1][0] - pieces[-2][1]
            pieces = pieces[1:] if head >= tail else pieces[:-1]
        return self._snapped(pieces[0][0], pieces[-1][1])

    def _by_words(self) -> tuple[int, int] | None:
        """Where the words before and after the quote went, by the difference of the texts' words."""
        old = [word.text for word in tokens(self.before + "\n" + self.quote + "\n" + self.after)]
        new = tokens(self.text)
        first, count = len(tokens(self.before)), len(tokens(self.quote))
        if not new or not count or len(old) > 6000 or len(new) > 6000:
            return None
        kept = [
            (block.dest_start + max(first - block.src_start, 0), block.dest_end - max(block.src_end - first - count, 0))
            for block in Indel.opcodes(old, [word.text for word in new])
            if block.tag == "equal" and block.src_end > first and block.src_start < first + count
        ]
        if not kept:
            return None
        return self._ended(new[kept[0][0]].start, new[kept[-1][1] - 1].end)

    def _snapped(self, start: int, end: int) -> tuple[int, int]:
        """Outward to the edges of words, where that is a letter or two; else inward."""
        while start > 0 and start not in self.edges:
            start -= 1
        while end < len(self.text) and end not in self.edges:
            end += 1
        return self._ended(start, end)

    def _ended(self, start: int, end: int) -> tuple[int, int]:
        """With the marks the quote ends with."""
        while end < len(self.text) and not self.text[end].isalnum() and not self.text[end].isspace():
            if self.text[end] not in self.quote[-3:]:
                break
            end += 1
        return start, end

    def is_another_sentence(self, found: _Candidate) -> bool:
        """Whether the words found stood beside the quote in the old text, more alike than it: no edit."""
        words = self.text[found.start : found.end]
        own = fuzz.ratio(words, self.quote)
        return any(
            words in side or _best_window(words, side) >= own for side in (self.before, self.after) if len(side) > 8
        )


def _best_window(words: str, text: str) -> float:
    if len(words) > len(text):
        return float(fuzz.ratio(words, text))
    alignment = fuzz.partial_ratio_alignment(words, text)
    if alignment is None:
        return 0.0
    return float(fuzz.ratio(words, text[alignment.dest_start : alignment.dest_end]))


def _edges(text: str) -> frozenset[int]:
    """Places where a quote may begin or end: anywhere but between two letters."""
    inside = {at for at in range(1, len(text)) if text[at - 1].isalnum() and text[at].isalnum()}
    return frozenset(at for at in range(len(text) + 1) if at not in inside)


# ------------------------------------------------------------------ numbers and names must be equal


def differing_facts(old: str, new: str, lexicon: Lexicon | None = None) -> tuple[str, ...]:
    """The numbers, names and negations of one text that the other has not, in order; empty where they are equal."""
    was, now = facts_of(old, lexicon), facts_of(new, lexicon)
    return tuple(sorted({*(was - now), *(now - was)}))


def facts_of(text: str, lexicon: Lexicon | None = None) -> Counter[str]:
    """What of a quote must never change unseen: digits in any script, words of number and denial, months, names.

    Names are those of the lexicon, under whatever form, and in scripts with capitals every capitalised word that does
    not open the text.
    """
    folded = normalise(text)
    words = tokens(folded.text)
    facts = Counter(_NUMBER.findall(folded.text))
    facts.update(word.text for word in words if word.text in _TELLING)
    bare = (_PARTICLES.sub("", word.text, count=1) for word in words if word.text not in _TELLING)
    facts.update(word for word in bare if word in _TELLING)
    facts.update(
        f"^{fold(found.group())}"
        for found in _CAPITALISED.finditer(text)
        if found.start() > 0 and found.group()[0].isupper()
    )
    if lexicon is not None:
        hits = lexicon.gazetteer.find(text, folded, words, EVERY_LANGUAGE)
        names = [lexicon.names[hit.form] for hit in hits]
        facts.update({f"={name.party or name.plan}" for name in names if name.party or name.plan})
    return facts
