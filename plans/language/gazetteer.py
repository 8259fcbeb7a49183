"""Known forms found in a text, with borders that fit the language.

An Aho–Corasick automaton over the folded text finds the first word of every form; what stands before and after it in
the token, and the words that follow, decide whether the form is there. Arabic words may carry a conjunction, a
preposition and the article in front and a short ending behind; Azerbaijani, Turkish and Russian words end in their case
endings; English ones in a plural. A form may end a word with `*` for any ending.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import ahocorasick

from plans.language.normalisation import Normalised, fold
from plans.language.tokens import Token


class Form(NamedTuple):
    """A surface form as the press writes it, in which language, and whether case must agree and endings may follow.

    A form that `forgives` is found as well where one letter of a long word of it is missing, doubled, wrong or swapped.
    """

    text: str
    language: str
    exact_case: bool = False
    inflects: bool = True
    forgives: bool = False


class Hit(NamedTuple):
    """Form number `form` stands on the tokens `first` to `last` (inclusive)."""

    form: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Word:
    stem: str
    open_ended: bool
    needs_article: bool = False
    softens: bool = False  # its last letter, k or q, is not in the stem: köçürmək and köçürməyi, torpaq and torpağı


@dataclass(frozen=True, slots=True)
class _Pattern:
    form: int
    words: tuple[_Word, ...]
    language: str
    spelling: str  # as written where case must agree, else empty
    inflects: bool


@dataclass(frozen=True, slots=True)
class _Key:
    """What begins with one stem: forms of that one word, and longer ones by the first letter of their second word."""

    length: int  # of the stem
    alone: tuple[_Pattern, ...]
    longer: dict[str, tuple[_Pattern, ...]]

    @classmethod
    def of(cls, key: str, patterns: Iterable[_Pattern]) -> "_Key":
        alone, longer = list[_Pattern](), defaultdict[str, list[_Pattern]](list)
        for pattern in patterns:
            (longer[pattern.words[1].stem[0]] if len(pattern.words) > 1 else alone).append(pattern)
        return cls(len(key.lstrip(" ")), tuple(alone), {letter: tuple(some) for letter, some in longer.items()})


_PIECE = re.compile(r"[^\W_]+\*?")
_NOT_WORD = re.compile(r"[\W_]")
_GAP = re.compile(r"[\s'\"«»()\-/&]{1,3}|\. ?")

# (و|ف) (ب|ك|ل) (ال), or لل for ل+ال
_PROCLITICS = re.compile("[وف]?(?:[بكل]?(?:ال)?|لل)")
_ARTICLE = re.compile("[وف]?(?:[بك]?ال|لل)")
_ARABIC_TAIL = re.compile(
    "(?:ي|يه|يين|يون|يات|يتين|يتان|ه|ا|ات|ان|ين|ون|تين|تان|ها|هم|هما|نا|هن|اتها|اتهما|اتهم|تها|تهما|تهم|ته)"
)
_ARABIC_SHORT_TAIL = re.compile(
    "(?:ي|يه|يين|يون|يات|يتين|يتان|ه|ها|هما)"
)  # after three letters: more would meet other words
_TURKIC_TAIL = re.compile(
    "(?:l[iu][kqgy]?|l[ea]r|[sy]?[iu]|[iu]?n[iu]n|[iu]n|[sy]?[iu]nd?[ea]n?|n[iu]|[ny]?[ea]|[iu]?n?d[ea]n?|ki|d[iu]r|[iy]?l[ea]|c[ea]|ti?r|[iu]m[iu]z|s[iu]z|ci|r|n)+"
)
_RUSSIAN_TAIL = re.compile(
    "(?:(?:[иеая]?й?ск|анск|йц|ц|н|ск)?(?:а|я|о|е|и|ы|у|ю|ь|й|ом|ем|ей|ой|ою|ею|ам|ям|ах|ях|ами|ями|ов|ев|ий|ый|ая|яя|ое|ее|ые|ие"
    "|ого|его|ому|ему|им|ым|их|ых|ими|ыми|ую|юю|ия|ии|ию|ией|иям|иях|иями|ью|иев|ью|ья|ье|ью|ин|ым)|ец|цев|ск)"
)
_RUSSIAN_ENDING = re.compile(
    "(?:ского|ские|ский|ская|ское|ых|их|ые|ие|ый|ий|ой|ая|яя|ое|ее|ия|ии|ия|а|я|о|е|и|ы|у|ю|ь|й)$"
)
_ENGLISH_TAIL = re.compile("(?:s|es)")
_GERMAN_TAIL = re.compile("(?:s|n|en|e|er|es|em|ern)")
KNOWN_WORDS = 50_000  # whose misspellings are kept: the words of a language's press, with their endings
_FORGIVEN = 7  # letters from which one wrong one still leaves a word that is no other
_ARABIC_FRONT = re.compile("[وف]?(?:[بكل]?ال|لل|[بل])?(?=.{6})")
_SOFT = frozenset("kqgy")
_TAILS = {
    "az": _TURKIC_TAIL,
    "tr": _TURKIC_TAIL,
    "ru": _RUSSIAN_TAIL,
    "uk": _RUSSIAN_TAIL,
    "en": _ENGLISH_TAIL,
    "de": _GERMAN_TAIL,
}
_ARABIC_SCRIPT = frozenset({"ar", "fa", "ur"})


@lru_cache(maxsize=65536)
def _tail_fits(language: str, stem_length: int, tail: str) -> bool:
    if language in _ARABIC_SCRIPT:
        return bool((_ARABIC_TAIL if stem_length > 3 else _ARABIC_SHORT_TAIL).fullmatch(tail))
    pattern = _TAILS.get(language)
    return pattern is not None and len(tail) <= 12 and bool(pattern.fullmatch(tail))


@lru_cache(maxsize=4096)
def _is_before_a_word(letters: str, needs_article: bool) -> bool:
    """Whether Arabic particles are all that stands before a form in its token."""
    return bool((_ARTICLE if needs_article else _PROCLITICS).fullmatch(letters))


def _shorter(word: str) -> list[str]:
    """The word itself, and all it becomes when one letter is left out."""
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]


def _near(word: str, other: str) -> bool:
    """Whether one letter was added, left out or put for another, or two neighbours were swapped."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    rest, expected = word[at:], other[at:]
    return (
        rest[1:] == expected
        or rest == expected[1:]
        or rest[1:] == expected[1:]
        or (rest[:2] == expected[1::-1] and rest[2:] == expected[2:])
    )


def _stem(word: str, language: str) -> str:
    """What of a word stays the same through its cases."""
    if language in ("ru", "uk") and (len(word) > 4 or (len(word) == 4 and word[-1] in "ая")):
        shorter = _RUSSIAN_ENDING.sub("", word)
        return shorter if len(shorter) >= 3 else word
    return word


def _softens(word: str, language: str) -> bool:
    """Whether the last letter of a word is another one before an ending that begins with a vowel."""
    return language in ("az", "tr") and len(word) > 4 and word.endswith(("k", "q"))


class Gazetteer:
    """All forms, ready to be found. Building takes about 20 µs a form; afterwards it is read only and may be shared."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self.forms: list[Form] = list(forms)
        by_key: dict[str, list[_Pattern]] = defaultdict(list)
        for number, form in enumerate(self.forms):
            pattern = self._compile(number, form)
            if pattern is not None:
                first = pattern.words[0].stem
                by_key[first if form.language in _ARABIC_SCRIPT else " " + first].append(pattern)
        self._automaton = ahocorasick.Automaton()
        for key, patterns in by_key.items():
            self._automaton.add_word(key, _Key.of(key, patterns))
        if by_key:
            self._automaton.make_automaton()
        self._empty = not by_key
        self._misspelt: dict[str, set[str]] = defaultdict(set)  # a word with a letter left out → the words it may be
        self._with_word: dict[str, list[tuple[_Pattern, int]]] = defaultdict(list)  # and where they stand in forms
        for number, form in enumerate(self.forms):
            if form.forgives and (pattern := self._compile(number, form)) and not pattern.spelling:
                self._forgive(form, pattern)
        self._fronts = {word[:2] for word in self._with_word}
        self._longest = max(map(len, self._with_word), default=0) + len("وبال") + 1  # letters of what may misspell one
        self._meant = lru_cache(maxsize=KNOWN_WORDS)(self._meaning)

    def _forgive(self, form: Form, pattern: _Pattern) -> None:
        for at, piece in enumerate(_PIECE.findall(fold(form.text))):
            word = piece.rstrip("*").removeprefix("ال") if form.language in _ARABIC_SCRIPT else piece.rstrip("*")
            if len(word) < _FORGIVEN:
                continue
            self._with_word[word].append((pattern, at))
            for shorter in _shorter(word):
                self._misspelt[shorter].add(word)

    @staticmethod
    def _compile(number: int, form: Form) -> _Pattern | None:
        pieces = _PIECE.findall(fold(form.text))
        if not pieces:
            return None
        words = []
        for index, piece in enumerate(pieces):
            bare = piece.rstrip("*")
            needs_article = softens = False
            if form.language == "ar" and index == 0 and bare.startswith("ال") and len(bare) > 4:
                # «الهند» is India, «هند» a woman's name; in a longer name the article may fall away
                bare, needs_article = bare[2:], len(pieces) == 1
            elif form.inflects and not form.exact_case and not piece.endswith("*"):
                softens = _softens(bare, form.language)
                bare = bare[:-1] if softens else _stem(bare, form.language)
            words.append(_Word(bare, piece.endswith("*"), needs_article, softens))
        return _Pattern(
            number, tuple(words), form.language, form.text.strip() if form.exact_case else "", form.inflects
        )

    def find(self, original: str, folded: Normalised, words: Sequence[Token], languages: frozenset[str]) -> list[Hit]:
        """Every form of these languages that stands in the text, overlapping ones too, in order of their first word.

        `words` are the tokens of `folded.text`, `original` the text it was folded from.
        """
        if self._empty or not words:
            return []
        starts = [word.start for word in words]
        last = len(words) - 1
        hits: list[Hit] = []
        for end, key in self._automaton.iter(" " + _NOT_WORD.sub(" ", folded.text)):
            # the haystack starts with a space of its own, a key outside Arabic script with the one before its word
            at = end - key.length
            index = bisect_right(starts, at) - 1
            if index < 0:
                continue
            token = words[index]
            before, after = token.text[: at - token.start], token.text[end - token.start :]
            patterns = key.alone
            # most forms that begin alike differ in their second word
            if key.longer and index < last:
                patterns += key.longer.get(words[index + 1].text[0], ())
            for pattern in patterns:
                if pattern.language in languages and self._stands(
                    pattern, original, folded, words, index, before, after
                ):
                    hits.append(Hit(pattern.form, index, index + len(pattern.words) - 1))
        hits += self._forgiven(original, folded, words, languages, hits)
        hits.sort(key=lambda hit: (hit.first, -hit.last))
        return hits

    def _forgiven(
        self, original: str, folded: Normalised, words: Sequence[Token], languages: frozenset[str], hits: list[Hit]
    ) -> list[Hit]:
        """Forms in which one long word is misspelt, where nothing else was found."""
        if not self._with_word:
            return []
        known = {at for hit in hits for at in range(hit.first, hit.last + 1)}
        forgiven = []
        for index, token in enumerate(words):
            if not _FORGIVEN - 1 <= len(token.text) <= self._longest or index in known:
                continue
            text, meant = self._meant(token.text)
            for word in meant:
                right = Token(token.text.replace(text, word), token.start, token.end)
                corrected = [*words[max(0, index - 8) : index], right, *words[index + 1 : index + 9]]
                for pattern, at in self._with_word[word]:
                    start = min(index, 8) - at
                    if pattern.language not in languages or start < 0:
                        continue
                    before = corrected[start].text.partition(pattern.words[0].stem)
                    if not before[1]:
                        continue
                    if self._stands(pattern, original, folded, corrected, start, before[0], before[2]):
                        first = index - at
                        forgiven.append(Hit(pattern.form, first, first + len(pattern.words) - 1))
        return forgiven

    def _meaning(self, word: str) -> tuple[str, tuple[str, ...]]:
        """A word of a text without Arabic particles in front, and the long words of forms that it may misspell."""
        text = word
        if "\u0621" <= text[0] <= "\u064a" and (front := _ARABIC_FRONT.match(text)):
            text = text[front.end() :]
        if text[:2] not in self._fronts or text in self._with_word:
            return text, ()
        meant = {word for shorter in _shorter(text) for word in self._misspelt.get(shorter, ()) if _near(text, word)}
        return text, tuple(sorted(meant))

    def _stands(
        self,
        pattern: _Pattern,
        original: str,
        folded: Normalised,
        words: Sequence[Token],
        index: int,
        before: str,
        after: str,
    ) -> bool:
        first = pattern.words[0]
        arabic = pattern.language in _ARABIC_SCRIPT
        if before and not arabic:
            return False
        if (before or first.needs_article) and not _is_before_a_word(before, first.needs_article):
            return False
        last = index + len(pattern.words) - 1
        if last >= len(words):
            return False
        if not self._tail(pattern, first, after, final=last == index):
            return False
        for offset, expected in enumerate(pattern.words[1:], start=1):
            token, previous = words[index + offset], words[index + offset - 1]
            if not token.text.startswith(expected.stem):
                return False
            if not self._tail(pattern, expected, token.text[len(expected.stem) :], final=index + offset == last):
                return False
            gap = folded.text[previous.end : token.start]
            if not _GAP.fullmatch(gap) or (gap[0] == "." and len(previous.text) > 1):
                return False
        if pattern.spelling:
            start, _ = folded.original(words[index].start, words[index].start + 1)
            written = original[start : start + len(pattern.spelling)]
            # a headline may be in capitals throughout
            return written in (pattern.spelling, pattern.spelling.upper())
        return True

    @staticmethod
    def _tail(pattern: _Pattern, word: _Word, tail: str, *, final: bool) -> bool:
        if word.softens:
            if tail[:1] not in _SOFT:
                return False
            tail = tail[1:]
        if not tail or word.open_ended:
            return True
        if not pattern.inflects or len(word.stem) < 2:
            return False
        # Arabic and English inflect the last word of a name, the others every word
        if not final and pattern.language in ("ar", "en", "fa", "ur"):
            return False
        if pattern.spelling and pattern.language not in ("az", "tr"):
            return False
        return _tail_fits(pattern.language, len(word.stem), tail)
