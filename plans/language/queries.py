"""What people type into a search box, read: words, «phrases», AND, OR, NOT (-), prefixes (word*) and brackets.

A query is read into a tree that turns into a tsquery of our own terms. Words without a sign between them must all be
there. What cannot be read is answered with a sentence, never with silence.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from plans.language.analysis import query_terms
from plans.language.normalisation import fold, normalise
from plans.language.tokens import tokens

LONGEST: Final = 1000  # characters
MOST_WORDS: Final = 30
DEEPEST: Final = 8
SHORTEST_PREFIX: Final = 2

_PIECE = re.compile(r'"(?P<phrase>[^"]*)"|(?P<sign>[()]|\|\|?|&&?)|(?P<word>[^\s()"|&]+)')
_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟＂", '"'))
_OR: Final = frozenset({"OR", "ИЛИ", "أو"})
_AND: Final = frozenset({"AND"})
_NOT: Final = frozenset({"NOT"})

#: a prefix → the terms it stands for, none where there is no such word
Expand = Callable[[str], list[str]]


class BadQuery(Exception):
    """A query that cannot be read; `code` says why, as `fault` in the pages words it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Word(NamedTuple):
    """One word asked for; any of its terms will do."""

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other; a single word is a phrase of one."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    parts: "tuple[Node, ...]"


Node = Phrase | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: its tree, and the text it was read from."""

    text: str
    root: Node

    @property
    def tsquery(self) -> str:
        """The question as PostgreSQL takes it."""
        return _written(self.root)

    @property
    def words(self) -> list[Word]:
        """The words that must or may stand in what is found: those to be marked."""
        return list(_wanted(self.root))

    @property
    def is_plain(self) -> bool:
        """Whether it is words alone, which may be a name."""
        parts = self.root.parts if isinstance(self.root, Both) else (self.root,)
        return all(isinstance(part, Phrase) for part in parts)


def read(text: str, language: str | None = None, expand: Expand | None = None) -> Query:
    """The query a person typed. Raises BadQuery; `language` names its language where it is known."""
    if len(text) > LONGEST:
        raise BadQuery("long")
    pieces = _pieces(text)
    if not pieces:
        raise BadQuery("empty")
    reader = _Reader(pieces, language, expand)
    root = reader.either(0)
    if reader.at < len(pieces):
        raise BadQuery("brackets")
    if not reader.words:
        raise BadQuery("empty")
    if not _is_bounded(root):
        raise BadQuery("negative")
    return Query(" ".join(text.split()), root)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Kind and text of each part of a query: «phrase», «word», or the sign itself."""
    text = text.translate(_QUOTES).replace("\x00", " ")
    if text.count('"') % 2:
        raise BadQuery("quotes")
    found = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if match.lastgroup == "sign":
            found.append(({"|": "or", "&": "and"}.get(piece[0], piece), piece))
        elif match.lastgroup == "word" and piece in _OR:
            found.append(("or", piece))
        elif match.lastgroup == "word" and piece in _AND:
            found.append(("and", piece))
        elif match.lastgroup == "word" and (piece in _NOT or piece == "-"):
            found.append(("not", piece))
        elif match.lastgroup == "word" and piece[0] in "-!" and len(piece) > 1:
            found += [("not", piece[0]), ("word", piece[1:])]
        else:
            found.append((match.lastgroup or "", match.group("phrase") if match.lastgroup == "phrase" else piece))
    return found


class _Reader:
    """Reads pieces by descent: OR binds weakest, then AND, then NOT."""

    def __init__(self, pieces: list[tuple[str, str]], language: str | None, expand: Expand | None) -> None:
        self.pieces, self.language, self.expand = pieces, language, expand
        self.at = 0
        self.words = 0

    @property
    def kind(self) -> str:
        return self.pieces[self.at][0] if self.at < len(self.pieces) else ""

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self.kind == "or":
            self.at += 1
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Node:
        parts: list[Node] = []
        wanted = True
        while self.kind not in ("", "or", ")"):
            if self.kind == "and":
                if wanted:
                    raise BadQuery("operator")
                self.at += 1
                wanted = True
                continue
            part = self.one(depth)
            if part is not None:
                parts.append(part)
            wanted = False
        if wanted or (not parts and self.words):
            raise BadQuery("operator" if self.words or self.kind != "" or self.at else "empty")
        if not parts:
            raise BadQuery("empty")
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, depth: int) -> Node | None:
        kind, text = self.pieces[self.at]
        self.at += 1
        if depth > DEEPEST:
            raise BadQuery("brackets")
        if kind == "not":
            if self.kind in ("", "or", "and", ")"):
                raise BadQuery("operator")
            part = self.one(depth + 1)
            return Not(part) if part is not None else None
        if kind == "(":
            inner = self.either(depth + 1)
            if self.kind != ")":
                raise BadQuery("brackets")
            self.at += 1
            return inner
        if kind == "word":
            return self.word(text)
        return self.phrase(text)

    def phrase(self, text: str) -> Node | None:
        folded = [token.text for token in tokens(fold(text))]
        self.words += len(folded)
        if self.words > MOST_WORDS:
            raise BadQuery("words")
        return Phrase(tuple(Word(one, query_terms(one, self.language)) for one in folded)) if folded else None

    def word(self, text: str) -> Node | None:
        stem = text.rstrip("*")
        folded = [token.text for token in tokens(fold(stem))]
        if not text.endswith("*") or not folded:
            self.words += len(folded)
            if self.words > MOST_WORDS:
                raise BadQuery("words")
            # «neft-kimya» is two words, which must both be there
            parts = tuple(Phrase((Word(one, query_terms(one, self.language)),)) for one in folded)
            return None if not parts else parts[0] if len(parts) == 1 else Both(parts)
        self.words += 1
        if len(folded) > 1 or len(folded[0]) < SHORTEST_PREFIX:
            raise BadQuery("prefix")
        known = self.expand(folded[0]) if self.expand else []
        every = dict.fromkeys([*query_terms(folded[0], self.language), *known])
        return Phrase((Word(folded[0] + "*", tuple(every)),))


def _is_bounded(node: Node) -> bool:
    """Whether a query asks for something, not merely for all that lacks something."""
    if isinstance(node, Not):
        return False
    if isinstance(node, Both):
        return any(map(_is_bounded, node.parts))
    return all(map(_is_bounded, node.parts)) if isinstance(node, Either) else True


def _written(node: Node) -> str:
    if isinstance(node, Phrase):
        words = ("(" + " | ".join(f"'{term}'" for term in word.terms) + ")" for word in node.words)
        return "(" + " <-> ".join(words) + ")"
    if isinstance(node, Not):
        return f"!{_written(node.part)}"
    return "(" + (" | " if isinstance(node, Either) else " & ").join(map(_written, node.parts)) + ")"


def _wanted(node: Node) -> Iterator[Word]:
    if isinstance(node, Phrase):
        yield from node.words
    elif not isinstance(node, Not):
        for part in node.parts:
            yield from _wanted(part)


def bare(text: str) -> str:
    """A query as a name is looked up: folded, without quotes."""
    return normalise(text.translate(_QUOTES).replace('"', " ")).text.strip()
