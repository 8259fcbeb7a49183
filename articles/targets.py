"""What a quote of a plan may speak of, kept in each process until the plans change."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from plans.language import fold
from plans.models import Commitment, Pillar, Plan, User
from plans.reader import in_words, reader_language

ARTICLE = re.compile(r"\b(?:وال|بال|لل|ال)")


class Target(NamedTuple):
    """A commitment as the choice shows it, and the beginnings of its title's words in both languages."""

    pk: int
    name: str
    sector: int | None
    words: frozenset[str]


class Area(NamedTuple):
    """A pillar and its commitments, in their order."""

    pk: int
    title: str
    sector: int | None
    commitments: tuple[Target, ...]


def beginnings(text: str) -> frozenset[str]:
    """The longer words of a text by their first letters, so that «renewable» meets «renewables»."""
    return frozenset(word[:5] for word in re.findall(r"\w{4,}", ARTICLE.sub("", fold(text))))


def areas_of(plan: int, pulse: tuple[Any, ...]) -> tuple[Area, ...]:
    """The pillars of the plan with this key, in the reader's language; in two queries at each pulse of the plans."""
    return _areas_of(plan, reader_language(), pulse)


@lru_cache(maxsize=64)  # a plan of a hundred commitments takes some 400 kB
def _areas_of(plan: int, language: str, pulse: tuple[Any, ...]) -> tuple[Area, ...]:
    pillars = Pillar.objects.filter(plan=plan).order_by("position", "code")
    sectors = {pillar.pk: pillar.sector_id for pillar in pillars}
    below: dict[int, list[Target]] = {pk: [] for pk in sectors}
    for one in Commitment.objects.filter(pillar__in=sectors).order_by("position", "code"):
        name, words = f"{one.code} {in_words(one, 'title')}", beginnings(f"{one.title_en} {one.title_ar}")
        below[one.pillar_id].append(Target(one.pk, name, sectors[one.pillar_id], words))
    return tuple(Area(one.pk, in_words(one, "title"), one.sector_id, tuple(below[one.pk])) for one in pillars)


def names_of_plans(pulse: tuple[Any, ...]) -> dict[int, tuple[str, str]]:
    """Slug and short name in the reader's language of every plan by its key; in one query at each pulse of the plans.

    Who may see or edit which plan is for the one who asks.
    """
    return _names_of_plans(reader_language(), pulse)


@lru_cache(maxsize=8)
def _names_of_plans(language: str, pulse: tuple[Any, ...]) -> dict[int, tuple[str, str]]:
    return {plan.pk: (plan.slug, short_name(plan)) for plan in Plan.objects.with_sides()}


def editable_by(user: User, pulse: tuple[Any, ...]) -> frozenset[int]:
    """The keys of the plans in which this person works; in one query at each pulse of the plans."""
    return _editable_by(user.pk, user.is_superuser, user.party_id, pulse)


@lru_cache(maxsize=64)
def _editable_by(pk: int, is_superuser: bool, party_id: int | None, pulse: tuple[Any, ...]) -> frozenset[int]:
    person = User(pk=pk, is_superuser=is_superuser, party_id=party_id)
    return frozenset(Plan.objects.editable_by(person).order_by().values_list("pk", flat=True))


@lru_cache(maxsize=256)
def plan_of(plan: int, pulse: tuple[Any, ...]) -> Plan:
    """The plan with this key and its sides, to be read and not to be changed; in one query at each pulse."""
    return Plan.objects.with_sides().get(pk=plan)


def short_name(plan: Plan) -> str:
    return f"{in_words(plan.side_a, 'short')} – {in_words(plan.side_b, 'short')}"
