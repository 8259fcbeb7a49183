"""Say which plans and areas texts concern. Texts in, JSON lines out; nothing is stored."""

import io
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from articles.lexicon import Lexicon, load_lexicon, seeded_lexicon
from articles.matching import match


class Unreadable(Exception):
    """Why a line cannot be answered; `id` where that much could be read."""

    def __init__(self, why: str, id: str | int | None = None) -> None:
        super().__init__(why)
        self.id = id


class Command(BaseCommand):
    help = "Suggest plans and areas for texts, one JSON object a line: id, text, and where known title and lang."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jsonl", metavar="FILE", required=True, help="the texts; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale: JSON is UTF-8
        path = options["jsonl"]
        try:
            if path == "-":
                unreadable = self.answer_all(sys.stdin.buffer)
            else:
                with Path(path).open("rb") as lines:
                    unreadable = self.answer_all(lines)
        except BrokenPipeError:  # nobody reads on: `… | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from error
        if unreadable:
            raise CommandError(f"{unreadable} of the lines could not be read.")

    def answer_all(self, lines: BinaryIO) -> int:
        """Answer each line, and return how many could not be read. One that names its id is answered all the same."""
        lexicon = self.lexicon()
        unreadable = 0
        for number, line in numbered(lines):
            try:
                answer = answered(read(line), lexicon)
            except Unreadable as error:
                unreadable += 1
                self.stderr.write(f"Line {number}: {error}")
                if error.id is None:
                    continue
                answer = {"id": error.id, "plans": [], "pillars": [], "error": str(error)}
            # a lone surrogate cannot be written as UTF-8, but as the escape that JSON has for it
            written = json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
            self.stdout.write(written)
            self.stdout.flush()
        return unreadable

    def lexicon(self) -> Lexicon:
        try:
            return load_lexicon()
        except ProgrammingError:  # no migration has run yet
            self.stderr.write("The database has no tables yet: matching by the seed files.")
            return seeded_lexicon()


def numbered(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number from 1."""
    for number, line in enumerate(lines, start=1):
        if stripped := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
            yield number, stripped


def read(line: bytes) -> dict[str, Any]:
    """Return the object of a line, its id and text there and of the right kind; raise Unreadable."""
    try:
        entry = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}.") from error
    if not isinstance(entry, dict):
        raise Unreadable("not a JSON object.")
    id = entry.get("id")
    if not isinstance(id, str | int) or isinstance(id, bool):
        raise Unreadable("no «id».")
    if not isinstance(entry.get("text"), str):
        raise Unreadable("no «text».", id)
    for key in ("title", "lang"):
        if not isinstance(entry.get(key) or "", str):
            raise Unreadable(f"«{key}» is not a text.", id)
    return entry


def answered(entry: dict[str, Any], lexicon: Lexicon) -> dict[str, Any]:
    """What is suggested for a text, best first, in the form of the answer."""
    lang = (entry.get("lang") or "").lower().replace("_", "-").split("-")[0]
    found = match(entry["text"], entry.get("title") or "", lang or None, lexicon=lexicon)
    return {
        "id": entry["id"],
        "plans": [
            {"plan": one.plan, "score": one.score, "reasons": [reason.as_dict() for reason in one.reasons]}
            for one in found.plans
        ],
        "pillars": [{"pillar": one.pillar, "score": one.score} for one in found.pillars],
    }
