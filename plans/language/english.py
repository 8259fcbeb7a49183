"""English words to index terms: snowball's stem, after a short list of words that mean the same thing."""

import threading
from functools import lru_cache
from typing import Any, Final

import snowballstemmer

from plans.language.lists import kin

_lock = threading.Lock()
_KIN: Final = kin("en")


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def terms(word: str) -> tuple[str, ...]:
    """The index term of a folded English word."""
    head = _KIN.get(word, word)
    with _lock:
        return (str(_stemmer().stemWord(head)),)


query_terms = terms
