"""Russian words to index terms: the lemma and the snowball stem, and what nouns share with their adjectives."""

import re
import threading
from functools import lru_cache
from typing import Any, Final

import snowballstemmer

from plans.language.lists import kin
from plans.language.normalisation import fold

_lock = threading.Lock()
_KIN: Final = {fold(word): fold(first) for word, first in kin("ru").items()}
# инвестиция, инвестиционный; экономика, экономический; нефтехимия, нефтехимический
_FAMILY: Final = ((re.compile("(?:ционный|ция)$"), "ц"), (re.compile("(?:ический|ика|ия)$"), "и"))
FAMILY: Final = "f:"


@lru_cache(maxsize=1)
def _tools() -> tuple[Any, Any]:
    import pymorphy3  # loads its dictionary: 30 MB that only Russian text needs

    return pymorphy3.MorphAnalyzer(lang="ru"), snowballstemmer.stemmer("russian")


@lru_cache(maxsize=100_000)
def terms(word: str) -> tuple[str, ...]:
    """The index terms of a folded Russian word."""
    with _lock:
        morphology, stemmer = _tools()
        stem = stemmer.stemWord(word)
        readings = morphology.parse(word)
    best = readings[0].score if readings else 0.0
    lemmas = {fold(reading.normal_form): None for reading in readings[:3] if reading.score * 3 >= best}
    found: dict[str, None] = {stem: None}
    for lemma in lemmas:
        head = _KIN.get(lemma, lemma)
        found[head] = None
        if head == lemma:
            for pattern, end in _FAMILY:
                shared = pattern.sub(end, lemma)
                if shared != lemma and len(shared) >= 5:
                    found[FAMILY + shared] = None
                    break
    return tuple(found)


query_terms = terms
