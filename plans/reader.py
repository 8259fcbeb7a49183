"""The reader's language, and the text of a bilingual field in it. Imports nothing of ours: models speak with it too."""

from typing import Any

from django.utils.translation import get_language


def reader_language() -> str:
    """«ar» or «en», whichever the page is in."""
    return "ar" if (get_language() or "").startswith("ar") else "en"


def text_in_reader_language(thing: Any, field: str) -> tuple[str, str]:
    """The text of a bilingual field and the language it is in: the reader's, else the other one."""
    mine = reader_language()
    other = "en" if mine == "ar" else "ar"
    text = getattr(thing, f"{field}_{mine}", "")
    return (text, mine) if text else (getattr(thing, f"{field}_{other}", ""), other)


def in_words(thing: Any, field: str) -> str:
    """As `text_in_reader_language`, the text alone."""
    return str(text_in_reader_language(thing, field)[0])
