"""The word lists beside this package, read once when a language is first used."""

from collections.abc import Iterator
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def lines(name: str) -> Iterator[str]:
    """The lines of a list without remarks and empty ones."""
    for line in (_DATA / name).read_text("utf-8").splitlines():
        content = line.partition("#")[0].strip()
        if content:
            yield content


def sections(name: str) -> dict[str, list[str]]:
    """The words of a list under each «[heading]»."""
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for line in lines(name):
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), [])
        else:
            words.extend(line.split())
    return found


def kin(language: str) -> dict[str, str]:
    """Each word that means the same thing as another in another part of speech → that other."""
    found: dict[str, str] = {}
    here = False
    for line in lines("kin.txt"):
        if line.startswith("["):
            here = line.strip("[]") == language
        elif here:
            first, *others = line.split()
            found |= dict.fromkeys(others, first)
    return found
