"""HTML as feeds carry it → its text, quickly: a few tags known by name, well nested, attributes in order.

Most feeds put a paragraph, a link and a picture into their summaries. That is read here without a parser, to the letter
as `extract.plain_text` reads it with one (a test compares the two); for all else `simple` answers None.
"""

import re
from html import unescape
from typing import Final

# what other blocks may stand in: within any other element a block would end it, and only a parser knows which
_AROUND: Final = frozenset(["div", "blockquote", "section", "article"])
_BLOCKS: Final = _AROUND | {"p", "h1", "h2", "h3", "h4", "h5", "h6"}
_WITHIN: Final = frozenset(["a", "b", "em", "i", "small", "span", "strong", "sub", "sup", "u"])
_EMPTY: Final = frozenset(["br", "img"])
_NAMES: Final = "|".join(sorted(_BLOCKS | _WITHIN | _EMPTY, key=len, reverse=True))

_TAG: Final = re.compile(
    rf"""<(/?)({_NAMES})
    ((?>\s++[a-z][a-z0-9:_-]*+(?:=(?>"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++))?+)*+\s*+/?)>""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_UNSURE: Final = re.compile(
    "&(?!(?:amp|lt|gt|quot|nbsp|laquo|raquo|ndash|mdash|hellip|[lr][sd]quo|#(?:39|8[0-9]{3}));)"
)
_PARTING: Final = "\n\n"


def simple(markup: str) -> str | None:
    """The text of a fragment, with a blank line where a block begins or ends; None where it takes a parser."""
    if "&" in markup and _UNSURE.search(markup):
        return None
    parts = _TAG.split(markup)
    pieces: list[str] = []
    within: list[str] = []
    for at in range(0, len(parts) - 1, 4):
        text, ends, name, told = parts[at : at + 4]
        if "<" in text:
            return None
        pieces.append(text)
        name = name.lower()
        if name in _EMPTY:
            if ends:
                return None
            if name == "br":
                pieces.append(_PARTING)
            continue
        if ends:
            if told or not within or within.pop() != name:
                return None
        elif told.endswith("/") or (name in _BLOCKS and within and within[-1] not in _AROUND):
            return None
        else:
            within.append(name)
        if name in _BLOCKS:
            pieces.append(_PARTING)
    if "<" in parts[-1]:
        return None
    pieces.append(parts[-1])
    text = "".join([piece if piece is _PARTING else piece.replace("\n", " ") for piece in pieces])
    return unescape(text) if "&" in text else text
