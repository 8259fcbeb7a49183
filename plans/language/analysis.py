"""Text to index terms, and words of a query to what is looked for, in any of our languages.

A word is analysed by its script: Arabic letters as Arabic, Cyrillic as Russian, Latin as the text's own language, so
that «ACWA Power» in an Arabic text is found by the same words as in an English one.
"""

from typing import Final, NamedTuple

from plans.language import arabic, azerbaijani, english, russian
from plans.language.normalisation import fold, normalise
from plans.language.tokens import tokens, words

LONGEST_WORD: Final = 60  # letters kept: longer runs are addresses and noise
MOST_WORDS: Final = 50_000  # of a text: a tsvector holds 1 MB

_TURKIC: Final = frozenset({"az", "tr", "uz", "kk"})


class Occurrence(NamedTuple):
    """A word where it stands: its terms, and its place in the original text."""

    terms: tuple[str, ...]
    start: int
    end: int


def index_terms(word: str, language: str) -> tuple[str, ...]:
    """The terms under which a folded word of a text in this language is found; at least one."""
    word = word[:LONGEST_WORD]
    first = word[0]
    if "\u0600" <= first <= "\u06ff":
        return arabic.terms(word)
    if "\u0400" <= first <= "\u052f":
        return russian.terms(word)
    if first.isdigit():
        return (word,)
    if language in _TURKIC:
        return azerbaijani.terms(word)
    return english.terms(word)


def query_terms(word: str, language: str | None = None) -> tuple[str, ...]:
    """What to look for when a folded word is asked for. In Latin letters and no language named, every reading."""
    word = word[:LONGEST_WORD]
    first = word[0]
    if "\u0600" <= first <= "\u06ff":
        return arabic.query_terms(word)
    if "\u0400" <= first <= "\u052f":
        return russian.query_terms(word)
    if first.isdigit():
        return (word,)
    found: tuple[str, ...] = ()
    if language is None or language in _TURKIC:
        found += azerbaijani.query_terms(word)
    if language not in _TURKIC:
        found += english.query_terms(word)
    return tuple(dict.fromkeys(found))


def analyse(text: str, language: str) -> list[Occurrence]:
    """The words of a text with their terms, in order; of a very long text its beginning."""
    folded = normalise(text)
    found = []
    for token in tokens(folded.text)[:MOST_WORDS]:
        start, end = folded.original(token.start, token.end)
        found.append(Occurrence(index_terms(token.text, language), start, end))
    return found


def words_of(text: str) -> list[str]:
    """The folded words of a text."""
    return words(fold(text))
