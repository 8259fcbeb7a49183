"""How well the matching does on labelled texts: precision, recall and F1 per plan, pillar and language.

The texts have the form of a JSON object with `texts` (or their list alone, or one object a line): `id`, `text`, and
where known `title` and `lang`; the labels are `plans`, a list of slugs, or `plan`, true or false for the plan the
object names at its top; and, each only where it was judged, `member` (true or false) and `pillars` (a list of slugs).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from articles.lexicon import Lexicon
from articles.matching import match


class Unreadable(ValueError):
    """The texts have not the form described above; the message says where."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a person said of it. None: that was not judged."""

    id: str
    text: str
    title: str
    language: str
    plans: frozenset[str]
    only: str  # the one plan that was judged; empty: all of them
    member: bool | None
    pillars: frozenset[str] | None


@dataclass
class Count:
    """Right, wrong and missed decisions."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: bool, is_true: bool) -> None:
        self.right += found and is_true
        self.wrong += found and not is_true
        self.missed += is_true and not found

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text whose suggestions differ from its labels."""

    id: str
    what: str  # plans, members' news or pillars
    wrong: list[str]
    missed: list[str]


@dataclass
class Report:
    """Counts by what was asked («plan», «members' news», «pillar») and of which («all», a slug, a language)."""

    texts: int = 0
    counts: dict[tuple[str, str], Count] = field(default_factory=lambda: defaultdict(Count))
    mistakes: list[Mistake] = field(default_factory=list)

    def _note(self, text: Labelled, what: str, found: Iterable[str], true: Iterable[str]) -> None:
        found, true = set(found), set(true)
        for one in found | true:
            for which in ("all", text.language, one):
                self.counts[what, which].add(one in found, one in true)
        if found != true:
            self.mistakes.append(Mistake(text.id, what, sorted(found - true), sorted(true - found)))


def evaluate(texts: Iterable[Labelled], lexicon: Lexicon) -> Report:
    """Match each text and compare with its labels. Pillars are compared where a plan or a member was labelled."""
    report = Report()
    for text in texts:
        report.texts += 1
        found = match(text.text, text.title, text.language or None, lexicon=lexicon)
        plans = {one.plan for one in found.plans}
        members = {one.plan for one in found.members}
        if text.only:
            plans, members = plans & {text.only}, members & {text.only}
        report._note(text, "plan", plans, text.plans)
        if text.member is not None:
            report._note(text, "members' news", ["member"] if members else [], ["member"] if text.member else [])
        if text.pillars is not None:
            # what members do has areas of its own, where somebody labelled them
            areas = found.member_pillars if text.pillars and not text.plans else found.pillars
            report._note(text, "pillar", (one.pillar for one in areas), text.pillars)
    return report


def read(content: str) -> Iterator[Labelled]:
    """Return the labelled texts of a file; raises Unreadable."""
    try:
        data = json.loads(content)
    except json.JSONDecodeError:
        try:
            data = [json.loads(line) for line in content.splitlines() if line.strip()]
        except json.JSONDecodeError as error:
            raise Unreadable(f"not JSON: {error}.") from error
    only = ""
    if isinstance(data, dict) and "texts" in data:
        only, data = str(data.get("plan") or ""), data["texts"]
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise Unreadable("no list of texts.")
    for number, entry in enumerate(data, start=1):
        yield _labelled(entry, number, only)


def _labelled(entry: Any, number: int, only: str) -> Labelled:
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise Unreadable(f"text {number} has no «text».")
    plans, pillars, member = entry.get("plans"), entry.get("pillars"), entry.get("member")
    if plans is None:
        if not isinstance(entry.get("plan"), bool) or not only:
            raise Unreadable(f"text {number} has neither «plans» nor, with «plan» at the top of the file, «plan».")
        plans = [only] if entry["plan"] else []
    else:
        only = ""
    for name, value in (("plans", plans), ("pillars", pillars or [])):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Unreadable(f"«{name}» of text {number} is not a list of slugs.")
    if member is not None and not isinstance(member, bool):
        raise Unreadable(f"«member» of text {number} is neither true nor false.")
    return Labelled(
        str(entry.get("id", number)),
        entry["text"],
        str(entry.get("title") or ""),
        str(entry.get("lang") or ""),
        frozenset(plans),
        only,
        member,
        None if pillars is None else frozenset(pillars),
    )
