"""Words of a text with their places."""

import re
from functools import partial
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")


class Token(NamedTuple):
    """A run of letters or digits; `start` and `end` are offsets into the text it was taken from."""

    text: str
    start: int
    end: int


_token = partial(tuple.__new__, Token)  # `Token(…)` itself runs Python code for each of a text's many words


def words(text: str) -> list[str]:
    """The words of `text` without their places."""
    return _WORD.findall(text)


def tokens(text: str) -> list[Token]:
    """The words of `text`, which is best normalised first: a combining mark would otherwise end a word.

    Hyphens and apostrophes separate: «Saudi-Azerbaijani» is two words, «Azerbaijan's» is «Azerbaijan» and «s».
    """
    return [_token((match.group(), match.start(), match.end())) for match in _WORD.finditer(text)]
