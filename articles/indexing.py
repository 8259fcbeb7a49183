"""What search keeps of each thing: the terms of its words with weights and places, and words of the filters.

Triggers note in SearchDue what has changed; `catch_up` takes the notes and writes the findings. Killed half-way, a
transaction leaves its notes; run by two workers at once, each takes other notes.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import reduce
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from articles.models import Article, Finding, SearchDue, Suggestion
from plans.language import Occurrence, analyse
from plans.models import Commitment, Evidence, Pillar, Plan

Kind = Finding.Kind
BATCH: Final = 200
LAST_PLACE: Final = 16383  # a tsvector keeps no higher one
PLACES: Final = 255  # of a term, nor more of them
GAP: Final = 3  # words left out between two parts, so that no phrase spans them
COLUMNS: Final = "kind, thing, at, plans, pillars, source, language, state, public_terms, terms"


class Part(NamedTuple):
    """A part of a thing: its text and language, its weight («A» title, «B» lead, «C» body), and who may read it."""

    text: str
    language: str
    weight: str
    is_public: bool = True


class Thing(NamedTuple):
    """A thing as search sees it."""

    kind: str
    pk: int
    at: datetime
    parts: list[Part]
    plans: list[int]
    pillars: list[int]
    source: int | None = None
    language: str = ""
    state: str = ""


def weeks(day: date) -> str:
    return f"week:{day.toordinal() // 7}"


def spans(day: date) -> list[str]:
    """The spans of time a day lies in, as words of the index: search looks at the newest ones first."""
    return [weeks(day), f"month:{day:%Y-%m}", f"quarter:{day.year}-{(day.month + 2) // 3}", f"year:{day.year}"]


def filters(thing: Thing) -> list[str]:
    """The words of the filters under which a thing is found."""
    found = [f"kind:{thing.kind}", *spans(thing.at.date())]
    found += [f"plan:{pk}" for pk in thing.plans] + [f"pillar:{pk}" for pk in thing.pillars]
    if thing.source is not None:
        found.append(f"source:{thing.source}")
    if thing.language:
        found.append(f"lang:{thing.language}")
    if thing.state:
        found.append(f"state:{thing.state}")
    return found


def vector(parts: Iterable[tuple[list[Occurrence], str]], words: Iterable[str]) -> str:
    """A tsvector as PostgreSQL reads it: terms with places and weights, and words without a place."""
    places: dict[str, list[str]] = {}
    at = 0
    for occurrences, weight in parts:
        for occurrence in occurrences:
            at = min(at + 1, LAST_PLACE)
            place = f"{at}{weight}"
            for term in occurrence.terms:
                known = places.setdefault(term, [])
                if len(known) < PLACES:
                    known.append(place)
        at = min(at + GAP, LAST_PLACE)
    # a term is letters and digits, save for our own marks: there is nothing to escape between the quotes
    return " ".join([*(f"'{term}':{','.join(at)}" for term, at in places.items()), *(f"'{word}'" for word in words)])


def row(thing: Thing) -> tuple[Any, ...]:
    """The finding of a thing, as a row of COLUMNS."""
    analysed = [(analyse(part.text, part.language), part) for part in thing.parts if part.text]
    words = filters(thing)
    everything = vector([(found, part.weight) for found, part in analysed], words)
    public = vector([(found, part.weight) for found, part in analysed if part.is_public], words)
    fields = (thing.kind, thing.pk, thing.at, thing.plans, thing.pillars, thing.source, thing.language, thing.state)
    return (*fields, public, everything)


# ------------------------------------------------------------------ what things say


def lead_and_body(text: str) -> tuple[str, str]:
    """The first paragraph, and the rest."""
    lead, _gap, body = text.partition("\n\n")
    return lead, body


def _noon(day: date | None) -> datetime:
    return datetime.combine(day or date(1970, 1, 1), time(12), UTC)


def _articles(keys: list[int]) -> Iterator[Thing]:
    suggested: dict[int, list[Suggestion]] = {}
    suggestions = Suggestion.objects.filter(article__in=keys).exclude(state="dismissed").defer("reasons")
    for one in suggestions.order_by("pk"):
        suggested.setdefault(one.article_id, []).append(one)
    plans = {one.plan_id for some in suggested.values() for one in some if one.plan_id}
    sectors = {one.sector_id for some in suggested.values() for one in some if one.sector_id}
    pillars = list(Pillar.objects.filter(plan__in=plans, sector__in=sectors).values_list("pk", "plan", "sector"))
    for article in Article.objects.filter(pk__in=keys).select_related("revision"):
        mine = suggested.get(article.pk, [])
        of_plans = sorted({one.plan_id for one in mine if one.plan_id})
        of_sectors = {one.sector_id for one in mine if one.sector_id}
        lead, body = lead_and_body(article.revision.text if article.revision else "")
        yield Thing(
            Kind.ARTICLE.value,
            article.pk,
            article.listed_at,
            [
                Part(article.title, article.language, "A"),
                Part(lead, article.language, "B", is_public=False),
                Part(body, article.language, "C", is_public=False),
            ],
            of_plans,
            [pk for pk, plan, sector in pillars if plan in of_plans and sector in of_sectors],
            article.source_id,
            article.language,
            article.state,
        )


def _evidence(keys: list[int]) -> Iterator[Thing]:
    for one in Evidence.objects.filter(pk__in=keys).select_related("withdrawal"):
        parts = [
            Part(one.title, one.language or "en", "A"),
            Part(one.quote, one.language, "B"),
            *(Part(getattr(one, f"{name}_{of}"), of, "B") for name in ("gloss", "summary") for of in ("en", "ar")),
            Part(one.publisher, one.language or "en", "C"),
        ]
        pillars = [one.pillar_id] if one.pillar_id else []
        state = "withdrawn" if one.is_withdrawn else one.kind
        yield Thing(
            "evidence", one.pk, _noon(one.published_on), parts, [one.plan_id], pillars, None, one.language, state
        )


def _commitments(keys: list[int]) -> Iterator[Thing]:
    for one in Commitment.objects.filter(pk__in=keys):
        parts = [Part(one.code, "en", "A")]
        parts += [Part(getattr(one, f"title_{of}"), of, "A") for of in ("en", "ar")]
        parts += [Part(getattr(one, f"text_{of}"), of, "B") for of in ("en", "ar")]
        yield Thing("commitment", one.pk, _noon(one.starts), parts, [one.plan_id], [one.pillar_id], state=one.status)


def _plans(keys: list[int]) -> Iterator[Thing]:
    for one in Plan.objects.filter(pk__in=keys).select_related("side_a", "side_b"):
        parts = [Part(getattr(one, f"title_{of}"), of, "A") for of in ("en", "ar")]
        parts += [
            Part(getattr(side, f"{name}_{of}"), of, "A")
            for side in (one.side_a, one.side_b)
            for name in ("name", "short")
            for of in ("en", "ar")
        ]
        parts += [Part(getattr(one, f"note_{of}"), of, "C") for of in ("en", "ar")]
        yield Thing("plan", one.pk, _noon(one.adopted_on or one.starts), parts, [one.pk], [], state=one.lifecycle)


_READ: Final[dict[str, Callable[[list[int]], Iterator[Thing]]]] = {
    "article": _articles,
    "evidence": _evidence,
    "commitment": _commitments,
    "plan": _plans,
}

# ------------------------------------------------------------------ writing


def write(rows: Iterable[tuple[Any, ...]]) -> None:
    """Store findings in place of what was known of the same things. In the caller's transaction."""
    values = list(rows)
    if not values:
        return
    names = COLUMNS.split(", ")
    keep = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    places = "%s, %s, %s, %s::bigint[], %s::bigint[], %s, %s, %s, %s::tsvector, %s::tsvector"
    statement = (
        f"INSERT INTO articles_finding ({COLUMNS}) VALUES ({places})"  # noqa: S608 names of our own
        f" ON CONFLICT (kind, thing) DO UPDATE SET {keep}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
        learn_terms(reduce(set.union, (terms_of(one[-1]) for one in values), set()))


def terms_of(literal: str) -> set[str]:
    """The terms of a tsvector's literal, without the words of the filters."""
    return {item[1 : item.index("'", 1)] for item in literal.split(" ") if not item.endswith("'")}


def learn_terms(terms: set[str]) -> None:
    """Keep terms not met before, so that prefixes can be spelt out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_term (text, things) SELECT unnest(%s::text[]), 1 ON CONFLICT DO NOTHING",
            [sorted(terms)],
        )


def catch_up(most: int | None = None) -> int:
    """Write the findings of what was noted, at most so many; return how many things were looked at."""
    done = 0
    while most is None or done < most:
        with transaction.atomic():
            notes = list(SearchDue.objects.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
            if not notes:
                break
            for kind, read in _READ.items():
                keys = [note.thing for note in notes if note.kind == kind]
                things = list(read(keys)) if keys else []
                gone = set(keys) - {thing.pk for thing in things}
                Finding.objects.filter(kind=kind, thing__in=gone).delete()
                write(map(row, things))
            SearchDue.objects.filter(pk__in=[note.pk for note in notes]).delete()
            done += len(notes)
    return done


def note_all() -> None:
    """Note everything for search, as after a change of the analysis."""
    with connection.cursor() as cursor:
        for kind, table in (
            ("plan", Plan),
            ("commitment", Commitment),
            ("evidence", Evidence),
            ("article", Article),
        ):
            cursor.execute(
                "INSERT INTO articles_searchdue (kind, thing)"  # noqa: S608 names of our own
                f" SELECT %s, id FROM {table._meta.db_table} ORDER BY id ON CONFLICT DO NOTHING",
                [kind],
            )


def count_terms(sample: int = 20_000) -> None:
    """Count in how many of the newest things each term stands: what prefixes are spelt out with comes common first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_term (text, things) SELECT word, ndoc FROM ts_stat(%s)"
            " WHERE length(word) <= 64 AND word !~ '^(kind|week|month|quarter|year|plan|pillar|source|lang|state):'"
            " ON CONFLICT (text) DO UPDATE SET things = excluded.things",
            [f"SELECT terms FROM articles_finding ORDER BY id DESC LIMIT {int(sample)}"],  # noqa: S608 a number
        )
