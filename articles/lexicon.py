"""What the matcher knows: names of parties, plans and areas, the two sides of each plan, the members of each bloc."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import yaml
from django.conf import settings

from plans.language import fold
from plans.language.gazetteer import Form, Gazetteer
from plans.models import Alias, Membership, Plan, Pulse

SEEDS: Final[Path] = settings.BASE_DIR / "seeds"
FALSE_FRIEND: Final = "false-friend"

T = TypeVar("T")
_fold = lru_cache(maxsize=8192)(fold)


class Name(NamedTuple):
    """A form the press uses and the one thing it names; a false friend names none of ours."""

    text: str
    language: str
    kind: str
    exact_case: bool = False
    party: str = ""
    plan: str = ""
    sector: str = ""

    @property
    def folded(self) -> str:
        """The key under which its spellings meet."""
        return _fold(self.text)


class Sides(NamedTuple):
    """The two parties of a plan: the bloc whose plans these are, and its partner."""

    bloc: str
    partner: str


@dataclass(frozen=True)
class Lexicon:
    """Read only once built, so that threads may share it."""

    names: tuple[Name, ...]
    sides: Mapping[str, Sides]  # by the plan's slug
    members: Mapping[str, frozenset[str]]  # by the bloc's

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The forms of all names, in their order. An Arabic or English false friend stands for itself alone."""
        return Gazetteer(
            Form(
                name.text,
                name.language,
                name.exact_case,
                inflects=name.kind != FALSE_FRIEND or name.language not in ("en", "ar"),
                forgives=bool(name.party) and name.kind in ("name", "adjective"),
            )
            for name in self.names
        )

    @cached_property
    def partners(self) -> frozenset[str]:
        """Every party that stands on the other side of a plan."""
        return frozenset(sides.partner for sides in self.sides.values())

    @cached_property
    def blocs(self) -> frozenset[str]:
        """The blocs whose plans these are."""
        return frozenset(sides.bloc for sides in self.sides.values() if sides.bloc in self.members)

    @cached_property
    def states(self) -> frozenset[str]:
        """The members of those blocs."""
        return frozenset(member for bloc in self.blocs for member in self.members[bloc])


def load_lexicon() -> Lexicon:
    """Return what the database knows now; whatever it does not hold is read from the seeds."""
    return _known_at(Pulse.objects.now())


@lru_cache(maxsize=1)
def _known_at(pulse: tuple[Any, ...]) -> Lexicon:
    """What the database knows at a beat: every table asked here beats when it changes."""
    names = tuple(
        # an alias of a pillar or commitment names an area; which plan it is of, the sides must still show
        Name(text, language, kind, exact_case, party or "", plan or "", sector or pillar or commitment or "")
        for text, language, kind, exact_case, party, plan, sector, pillar, commitment in Alias.objects.values_list(
            "text",
            "language",
            "kind",
            "exact_case",
            "party__slug",
            "plan__slug",
            "sector__slug",
            "pillar__sector__slug",
            "commitment__pillar__sector__slug",
        )
    )
    sides = Plan.objects.values_list("slug", "side_a__slug", "side_b__slug")
    members = _members(Membership.objects.filter(until=None).values_list("bloc__slug", "member__slug"))
    members = members or _seeded_members()
    return _lexicon(names or _seeded_names(), _sides(sides, dict(members)) or _seeded_sides(), members)


def seeded_lexicon() -> Lexicon:
    """Return what the seed files know, without a database."""
    return _lexicon(_seeded_names(), _seeded_sides(), _seeded_members())


@lru_cache(maxsize=1)
def _lexicon(
    names: tuple[Name, ...],
    sides: tuple[tuple[str, Sides], ...],
    members: tuple[tuple[str, frozenset[str]], ...],
) -> Lexicon:
    """The automaton takes a tenth of a second to build: it is kept for as long as nobody changes a name."""
    return Lexicon(names, dict(sides), dict(members))


def _frozen(by_slug: Mapping[str, T]) -> tuple[tuple[str, T], ...]:
    return tuple(sorted(by_slug.items(), key=lambda item: item[0]))


def _members(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, frozenset[str]], ...]:
    blocs: dict[str, set[str]] = defaultdict(set)
    for bloc, member in pairs:
        blocs[bloc].add(member)
    return _frozen({bloc: frozenset(members) for bloc, members in blocs.items()})


def _sides(
    plans: Iterable[tuple[str, str, str]], members: Mapping[str, frozenset[str]]
) -> tuple[tuple[str, Sides], ...]:
    """The bloc first, in whichever order a plan was entered."""
    return _frozen({slug: Sides(b, a) if b in members and a not in members else Sides(a, b) for slug, a, b in plans})


def _read(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or []  # noqa: S506, both are safe


@lru_cache(maxsize=1)
def _seeded_names() -> tuple[Name, ...]:
    return tuple(
        Name(
            str(row["text"]),
            row["lang"],
            row["kind"],
            bool(row.get("exact_case", False)),
            row["target"].get("party", ""),
            row["target"].get("plan", ""),
            row["target"].get("sector", ""),
        )
        for path in sorted((SEEDS / "aliases").glob("*.yaml"))
        for row in _read(path)
    )


@lru_cache(maxsize=1)
def _seeded_sides() -> tuple[tuple[str, Sides], ...]:
    plans = [_read(path) for path in sorted((SEEDS / "plans").glob("*.yaml"))]
    return _sides(((plan["slug"], plan["side_a"], plan["side_b"]) for plan in plans), dict(_seeded_members()))


@lru_cache(maxsize=1)
def _seeded_members() -> tuple[tuple[str, frozenset[str]], ...]:
    return _members(
        (party["slug"], membership["member"])
        for party in _read(SEEDS / "parties.yaml")
        for membership in party.get("members") or []
        if not membership.get("until")
    )
