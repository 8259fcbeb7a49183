"""Folding of spellings that mean the same, with the way back to the original text.

The press writes أذربيجان, اذربيجان and آذربيجان, İLHAM and ilham, Чёрное and Черное. Folded, they are equal; offsets
kept beside the folded text say which original characters a match stands on. Folded text is compared and never shown.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_ARABIC_LETTERS = {
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",  # Persian yeh
    "ې": "ي",
    "ة": "ه",
    "ۀ": "ه",
    "ە": "ه",
    "ہ": "ه",
    "ک": "ك",  # Persian kaf
    "گ": "ك",
    "پ": "ب",
    "چ": "ج",
    "ژ": "ز",
    "ڤ": "ف",
}
_LATIN_LETTERS = {
    "ə": "e",
    "ǝ": "e",  # typed for ə on some keyboards
    "ә": "e",  # the Cyrillic twin of ə, common in Azerbaijani text from the web
    "ı": "i",
    "ß": "ss",
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
}
_CYRILLIC_LETTERS = {"ё": "е"}
_PUNCTUATION = dict.fromkeys("’‘‛ʼʻʹ`´′＇", "'") | dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("“”„‟", '"')
_FOLDED = _ARABIC_LETTERS | _LATIN_LETTERS | _CYRILLIC_LETTERS | _PUNCTUATION

# marks inside a word that carry no meaning here: tatweel, zero-width and bidi controls, soft hyphen, byte order mark
_DROPPED = frozenset(
    "\u0640\u00ad\u200b\u200c\u200d\u2060\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_CLUSTER = re.compile(r"[\s\S][\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0670]*")
# tanween on a final alef, in either order of writing: مشروعاً is مشروع
_TANWEEN_ALEF = re.compile(r"(?:\u0627\u0640?\u064b|\u064b\u0627)(?![\w\u064b-\u0655])")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Folded text and, for each of its characters, where the original character stands."""

    text: str
    starts: Sequence[int]  # starts[i]: offset of the original character that gave text[i]
    ends: Sequence[int]  # ends[i]: offset after the last original character that belongs to text[i]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text behind `text[start:end]`, end exclusive."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]


def _fold_cluster(cluster: str) -> str:
    """One character, or one with the combining marks that follow it → its folded form, possibly empty."""
    out: list[str] = []
    for char in unicodedata.normalize("NFKC", cluster):
        # İ lowers to i and a dot above, I to i: as ı folds to i too, no language need be known
        for lowered in char.lower():
            if lowered in _DROPPED or unicodedata.category(lowered) in ("Mn", "Me"):
                continue
            if lowered in _FOLDED:
                out.append(_FOLDED[lowered])
            elif lowered.isspace():
                out.append(" ")
            elif lowered <= "\x7f":
                out.append(lowered)
            elif lowered.isdecimal():
                out.append(str(unicodedata.decimal(lowered)))
            elif unicodedata.name(lowered, "").startswith("LATIN"):
                bare = (c for c in unicodedata.normalize("NFD", lowered) if unicodedata.category(c) != "Mn")
                out.append("".join(_LATIN_LETTERS.get(c, c) for c in bare))
            else:
                out.append(lowered)
    return "".join(out)


class _Table(dict[str, str]):
    """Folded form of each character met so far; there are a few hundred in all our languages."""

    def __missing__(self, char: str) -> str:
        folded = _fold_cluster(char)
        if len(self) < 20_000:  # hostile text could otherwise fill it with all of Unicode
            self[char] = folded
        return folded


_TABLE = _Table()


@lru_cache(maxsize=4)  # the title and the text of one article are asked for by several, one after the other
def normalise(text: str) -> Normalised:
    """Fold `text`: NFKC, case, diacritics, letter variants, digits, dashes, quotes and kinds of space.

    The rules know no language, so that one folded text serves the names in all of them.
    """
    if unicodedata.is_normalized("NFC", text):
        parts: Sequence[str] = text
        places: Sequence[int] = range(len(text))
    else:  # a letter and its mark stand apart: take them as one, or й would become и
        clusters = list(_CLUSTER.finditer(text))
        parts = [match.group() for match in clusters]
        places = [match.start() for match in clusters]
    folded = list(map(_TABLE.__getitem__ if parts is text else _fold_cluster, parts))
    if "\u064b" in text:
        silent = {at for match in _TANWEEN_ALEF.finditer(text) for at in range(match.start(), match.end())}
        folded = ["" if place in silent else char for place, char in zip(places, folded, strict=True)]
    joined = "".join(folded)
    if len(joined) == len(text) == len(folded) and all(folded):
        return Normalised(joined, range(len(text)), range(1, len(text) + 1))
    starts = [place for place, char in zip(places, folded, strict=True) for _ in char]
    # a mark dropped after a letter belongs to that letter; the letters of a ligature share one place
    ends = [len(text)] * len(starts)
    after, current = len(text), -1
    for index in range(len(starts) - 1, -1, -1):
        if starts[index] != current:
            if current >= 0:
                after = current
            current = starts[index]
        ends[index] = after
    return Normalised(joined, starts, ends)


def fold(text: str) -> str:
    """The folded form alone, each run of white space one space: the key under which spellings of one name meet."""
    if "\u064b" not in text and unicodedata.is_normalized("NFC", text):  # as `normalise`, without the places
        return " ".join("".join(map(_TABLE.__getitem__, text)).split())
    return " ".join(normalise(text).text.split())
