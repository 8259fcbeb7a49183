"""One box over plans, commitments, evidence and news: what a query means here, what it finds, in which order.

Each thing's words stand in `articles_finding` as a tsvector of our own terms, together with words of the filters and of
the spans of time a thing lies in. A question is asked of the newest span first and of wider ones only while too little
is found, so that a word of every article costs no more than a rare one: PostgreSQL meets the two lists of the index and
reads only what lies in both. What was found is then ranked, the newest RANKED things of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple, Self

from django.db import OperationalError, connection, transaction
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from articles.indexing import weeks
from articles.lexicon import Lexicon, load_lexicon
from articles.models import Article, Finding
from articles.reading import characters
from plans.language import analyse, fold, tokens
from plans.language.analysis import query_terms
from plans.language.queries import Either, Expand, Node, Phrase, Query, Word, bare, read
from plans.models import Commitment, Evidence, Plan

PAGE: Final = 20
RANKED: Final = 500  # the newest of what is found
COUNTED: Final = 1000  # no count above it is exact, none is shown
RARE: Final = 25_000  # PostgreSQL expects some 10,000 of a million for a word it has not counted
COMMONEST: Final = "article"  # kind
PREFIX_WORDS: Final = 64  # the most common words a prefix stands for
ALIASES: Final = 40  # of a concept that are looked for
PATIENCE: Final = 2000  # milliseconds for one question
WEIGHTS: Final = "{0.1, 0.2, 0.4, 1.0}"  # of body (D is not used), C body, B lead, A title
EXCERPT: Final = 220  # characters


class TooSlow(Exception):
    """A question PostgreSQL did not answer in time."""


STATES: Final = {
    "waiting": gettext_lazy("waiting"),
    "accepted": gettext_lazy("accepted"),
    "dismissed": gettext_lazy("dismissed"),
    "withdrawn": gettext_lazy("withdrawn"),
}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Filters:
    """What the results are narrowed to; an empty field narrows nothing."""

    kind: str = ""
    plan: int | None = None
    pillar: int | None = None
    source: int | None = None
    language: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def words(self) -> list[str]:
        """The filters as words of the index."""
        named = {"kind": self.kind, "plan": self.plan, "pillar": self.pillar, "source": self.source}
        named |= {"lang": self.language, "state": self.state}
        return [f"{name}:{value}" for name, value in named.items() if value not in ("", None)]

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """The filters an address names; what is no filter of ours narrows nothing."""
        kind, language, state = asked.get("kind", ""), asked.get("language", ""), asked.get("state", "")
        return cls(
            kind=kind if kind in Finding.Kind.values else "",
            plan=_number(asked.get("plan")),
            pillar=_number(asked.get("pillar")),
            source=_number(asked.get("source")),
            language=language if language.isascii() and language.isalpha() and len(language) <= 3 else "",
            state=state if state in STATES else "",
            since=_day(asked.get("since")),
            until=_day(asked.get("until")),
        )

    def of(self, kind: str) -> "Filters":
        """The same, of one kind."""
        return replace(self, kind=kind)


class Place(NamedTuple):
    """Where a page begins: among the ranked results of the things that are not newer than one of them."""

    at: datetime
    pk: int
    offset: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f},{self.pk},{self.offset}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place an address names, or None where it names none."""
        try:
            when, pk, offset = text.split(",")
            at = datetime.strptime(when, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
            place = cls(at, int(pk), int(offset))
        except ValueError:
            return None
        return place if 0 <= place.pk < 2**63 and 0 <= place.offset <= COUNTED else None


class Row(NamedTuple):
    """A finding without its words."""

    pk: int
    kind: str
    thing: int
    at: datetime
    plans: list[int]
    pillars: list[int]
    source: int | None
    language: str
    state: str


@dataclass(frozen=True)
class Page:
    """Results in their order, where the next page begins, and of the newest found how many there are of each."""

    rows: list[Row]
    following: Place | None
    facets: Mapping[str, Counter[Any]]
    counted: int
    is_whole: bool  # whether all that was found was counted


# ------------------------------------------------------------------ asking


def may_read_texts(user: Any) -> bool:
    """Whether this person finds words of articles' texts; others find their titles alone."""
    return bool(user.has_perm("articles.view_article"))


def _spans(top: date) -> list[tuple[str, float]]:
    """Ever wider spans of time that end with a day, as parts of a question, and how many days each holds on average.

    The last one is all of it.
    """
    week = weeks(top), weeks(top - timedelta(days=7))
    before = top.replace(day=1) - timedelta(days=1)
    months = f"month:{top:%Y-%m}", f"month:{before:%Y-%m}"
    number = top.year * 4 + (top.month - 1) // 3
    quarters = tuple(f"quarter:{n // 4}-{n % 4 + 1}" for n in (number, number - 1))
    years = f"year:{top.year}", f"year:{top.year - 1}"
    spans = [(week, 10.5), (months, 45.0), (quarters, 137.0), (years, 550.0)]
    return [(" & (" + " | ".join(f"'{word}'" for word in words) + ")", days) for words, days in spans] + [("", 0.0)]


def _next_span(spans: list[tuple[str, float]], at: int, found: int, *, is_rare: bool) -> int:
    """The narrowest span in which enough is to be hoped for, after so little was found in one.

    All of it is asked at once of a rare word alone: of another one much might lie in years long past.
    """
    hoped = max(found, 0.5) / spans[at][1]
    wider = range(at + 1, len(spans) - 1)
    widest = len(spans) - (1 if is_rare else 2)
    return max(at + 1, next((one for one in wider if hoped * spans[one][1] >= RANKED), widest))


def _expected(cursor: Any, asked: str, conditions: list[str], values: list[Any]) -> int:
    """How many things PostgreSQL expects, which counts the common terms when it analyses the table."""
    cursor.execute(
        f"EXPLAIN (FORMAT JSON) SELECT id FROM articles_finding WHERE {' AND '.join(conditions)}",  # noqa: S608
        [asked, *values],
    )
    return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


@contextmanager
def _one_question() -> Iterator[Any]:
    """A cursor that uses the index and gives up in time. Raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('enable_seqscan', 'off', true),"
                " set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true),"
                " set_config('statement_timeout', %s, true)",
                [str(PATIENCE)],
            )
            yield cursor
            cursor.execute(  # the caller's transaction, as in a test, goes on as it was
                "SELECT set_config('enable_seqscan', 'on', true), set_config('statement_timeout', '0', true)"
            )
    except OperationalError as error:
        if "statement timeout" in str(error):
            raise TooSlow from error
        raise


FIELDS: Final = ", ".join(Row._fields).replace("pk", "id", 1)


def newest(
    cursor: Any, question: str, filters: Filters, *, texts: bool, below: Place | None = None, most: int = COUNTED
) -> tuple[list[Row], bool]:
    """The newest things that answer a question, and whether these are all; at least RANKED where there are so many."""
    column = "terms" if texts else "public_terms"
    conditions, values = [f"{column} @@ %s::tsquery"], []
    words = filters.words
    if filters.kind == COMMONEST:  # its list in the index is as long as the table: read in vain, beside every word
        words.remove(f"kind:{COMMONEST}")
        conditions.append(f"kind = '{COMMONEST}'")
    question += "".join(f" & '{word}'" for word in words)
    if below is not None:
        conditions.append("(at, id) <= (%s, %s)")
        values += [below.at, below.pk]
    if filters.since is not None:
        conditions.append("at >= %s")
        values.append(datetime(filters.since.year, filters.since.month, filters.since.day, tzinfo=UTC))
    if filters.until is not None:
        conditions.append("at < %s")
        after = filters.until + timedelta(days=1)
        values.append(datetime(after.year, after.month, after.day, tzinfo=UTC))
    if below is not None:
        top = below.at.date()
    else:  # where no news came of late, the last weeks would be looked through in vain
        cursor.execute("SELECT max(listed_at) FROM articles_article WHERE listed_at <= now()")
        top = (cursor.fetchone()[0] or datetime.now(UTC)).date()
    top = min(top, filters.until) if filters.until is not None else top
    spans = _spans(top)
    expected = _expected(cursor, question, conditions, values)
    at = 0 if expected > COUNTED else len(spans) - 1
    while True:
        span, days = spans[at]
        cursor.execute(
            f"SELECT {FIELDS} FROM articles_finding WHERE {' AND '.join(conditions)}"  # noqa: S608 names of our own
            " ORDER BY at DESC, id DESC LIMIT %s",
            [question + span, *values, most + 1],
        )
        rows = [Row(*row) for row in cursor.fetchall()]
        if not days or len(rows) >= RANKED:
            return rows[:most], len(rows) <= most and not days
        at = _next_span(spans, at, len(rows), is_rare=expected <= RARE)


def ranked(cursor: Any, question: str, rows: list[Row], *, texts: bool) -> list[Row]:
    """The newest RANKED of these, the best first; of two alike the newer."""
    column = "terms" if texts else "public_terms"
    first = rows[:RANKED]
    cursor.execute(
        f"SELECT id, ts_rank(%s, {column}, %s::tsquery, 1) FROM articles_finding WHERE id = ANY(%s)",  # noqa: S608
        [WEIGHTS, question, [row.pk for row in first]],
    )
    scores: dict[int, float] = dict(cursor.fetchall())
    return sorted(first, key=lambda row: (scores.get(row.pk, 0.0), row.at, row.pk), reverse=True)


def ask(query: Query, filters: Filters, user: Any, *, place: Place | None = None, size: int = PAGE) -> Page:
    """A page of what a query finds among what this person may see. Raises TooSlow."""
    texts = may_read_texts(user)
    question = query.tsquery if texts else f"{query.tsquery} & !'state:dismissed'"
    with _one_question() as cursor:
        rows, is_whole = newest(cursor, question, filters, texts=texts, below=place)
        order = ranked(cursor, query.tsquery, rows, texts=texts)
    offset = place.offset if place else 0
    shown = order[offset : offset + size]
    following: Place | None = None
    if rows and offset + size < len(order):
        following = Place(rows[0].at, rows[0].pk, offset + size)
    elif len(rows) > RANKED:
        following = Place(rows[RANKED].at, rows[RANKED].pk, 0)
    facets: dict[str, Counter[Any]] = {
        "kind": Counter(row.kind for row in rows),
        "plan": Counter(plan for row in rows for plan in row.plans),
        "pillar": Counter(pillar for row in rows for pillar in row.pillars),
        "source": Counter(row.source for row in rows if row.source),
        "language": Counter(row.language for row in rows if row.language),
        "state": Counter(row.state for row in rows if row.state),
    }
    return Page(shown, following, facets, len(rows), is_whole)


def newest_of(query: Query, filters: Filters, user: Any, *, most: int) -> list[Row]:
    """The newest things a query finds, unranked. Raises TooSlow."""
    texts = may_read_texts(user)
    question = query.tsquery if texts else f"{query.tsquery} & !'state:dismissed'"
    with _one_question() as cursor:
        return newest(cursor, question, filters, texts=texts)[0][:most]


def every(question: str, *, kind: str = "") -> list[int]:
    """The keys of all things that answer a question: the SQL of the box without an end to it, for measuring."""
    with _one_question() as cursor:
        rows, _whole = newest(cursor, question, Filters(kind=kind), texts=True, most=2**31 - 2)
        return [row.thing for row in rows]


def words_with(prefix: str) -> list[str]:
    """The terms that begin with a folded prefix, the most common first; PREFIX_WORDS of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT text FROM articles_term WHERE (text >= %s AND text < %s) OR (text >= %s AND text < %s)"
            " ORDER BY things DESC, text LIMIT %s",
            [prefix, f"{prefix}\U0010ffff", f"z:{prefix}", f"z:{prefix}\U0010ffff", PREFIX_WORDS],
        )
        return [text for (text,) in cursor.fetchall()]


def read_query(text: str, language: str | None = None, expand: Expand = words_with) -> Query:
    """The query a person typed, prefixes spelt out with the words of the index. Raises BadQuery."""
    return read(text, language, expand)


# ------------------------------------------------------------------ concepts


class Concept(NamedTuple):
    """A thing whose name the query is, and the question after all its names in every language."""

    kind: str  # party, plan or sector
    slug: str
    query: Query


NAMED: Final = ("name", "acronym", "adjective")


def concepts(query: Query, lexicon: Lexicon | None = None) -> list[Concept]:
    """What the whole query is a name of, however it is inflected."""
    if not query.is_plain:
        return []
    lexicon = lexicon or load_lexicon()
    folded = bare(query.text)
    asked = [token.text for token in tokens(folded)]
    found: dict[tuple[str, str], None] = {}
    for name in lexicon.names:
        if name.kind not in NAMED:
            continue
        words = [token.text for token in tokens(name.folded)]
        if len(words) != len(asked):
            continue
        if words == asked or all(
            set(query_terms(mine, name.language)) & set(query_terms(theirs, name.language))
            for mine, theirs in zip(asked, words, strict=True)
            if mine != theirs
        ):
            for kind in ("party", "plan", "sector"):
                if slug := getattr(name, kind):
                    found[kind, slug] = None
    return [
        Concept(kind, slug, Query(query.text, Either(tuple(_names(lexicon, kind, slug)))))
        for kind, slug in islice(found, 2)
    ]


def _names(lexicon: Lexicon, kind: str, slug: str) -> list[Node]:
    names: dict[tuple[tuple[str, ...], ...], Node] = {}
    for name in lexicon.names:
        if getattr(name, kind) != slug or name.kind not in NAMED:
            continue
        words = tuple(
            Word(token.text, query_terms(token.text, name.language))
            for token in tokens(fold(name.text.replace("*", "")))
        )
        if words:
            names.setdefault(tuple(word.terms for word in words), Phrase(words))
    return list(names.values())[:ALIASES]


# ------------------------------------------------------------------ showing


def places_of(query: Query, text: str, language: str) -> list[tuple[int, int]]:
    """Where words of the query stand in a text: offsets in code points."""
    wanted = {term for word in query.words for term in word.terms}
    return [(one.start, one.end) for one in analyse(text, language) if not wanted.isdisjoint(one.terms)]


def mark(text: str, places: list[tuple[int, int]]) -> SafeString:
    """The text as markup, these places set off; not in yellow, which is for quotations alone."""
    out, done = [], 0
    for start, end in places:
        out += [characters(text[done:start]), format_html('<b class="hit">{}</b>', text[start:end])]
        done = end
    return mark_safe("".join([*out, characters(text[done:])]))  # noqa: S308  # escaped


def marked(query: Query, text: str, language: str) -> SafeString:
    return mark(text, places_of(query, text, language))


def excerpt(query: Query, text: str, language: str) -> SafeString:
    """The part of a text in which most words of the query stand, marked; its beginning where none does."""
    places = places_of(query, text, language)
    best, most = 0, 0
    for start, _end in places:
        within = sum(start <= other < start + EXCERPT for other, _ in places)
        if within > most:
            best, most = start, within
    begin = max(0, best - 60)
    if begin:
        begin = text.rfind(" ", 0, begin) + 1
    finish = min(len(text), begin + EXCERPT + 60)
    if finish < len(text):
        finish = max(text.rfind(" ", begin, finish), begin + 1)
    here = [(start - begin, end - begin) for start, end in places if start >= begin and end <= finish]
    before, after = "… " if begin else "", " …" if finish < len(text) else ""
    return format_html("{}{}{}", before, mark(text[begin:finish].replace("\n\n", "  "), here), after)


class Result(NamedTuple):
    """A thing that was found, as the page shows it."""

    kind: str
    thing: Any
    title: SafeString
    excerpt: SafeString | str


def things(rows: list[Row], query: Query, user: Any, language: str) -> list[Result]:
    """The things behind these rows that this person may see, in their order, the words found marked."""
    keys: dict[str, list[int]] = {kind: [] for kind in Finding.Kind.values}
    for row in rows:
        keys[row.kind].append(row.thing)
    texts = may_read_texts(user)
    sides = ("plan__side_a", "plan__side_b")
    articles = Article.objects.visible_to(user).filter(pk__in=keys["article"])
    found: dict[tuple[str, int], Any] = {}
    if keys["article"]:
        articles = articles.select_related("source", *(["revision"] if texts else []))
        found |= {("article", one.pk): one for one in articles}
    if keys["evidence"]:
        evidence = Evidence.objects.filter(pk__in=keys["evidence"], plan__in=Plan.objects.visible_to(user))
        found |= {("evidence", one.pk): one for one in evidence.select_related(*sides, "withdrawal", "commitment")}
    if keys["commitment"]:
        commitments = Commitment.objects.filter(pk__in=keys["commitment"], plan__in=Plan.objects.visible_to(user))
        found |= {("commitment", one.pk): one for one in commitments.select_related(*sides)}
    if keys["plan"]:
        plans = Plan.objects.visible_to(user).filter(pk__in=keys["plan"]).with_sides()
        found |= {("plan", one.pk): one for one in plans}
    shown = []
    for row in rows:
        thing = found.get((row.kind, row.thing))
        if thing is not None:
            shown.append(_result(row.kind, thing, query, language, texts=texts))
    return shown


def titles(rows: list[Row], user: Any, language: str) -> list[tuple[Row, str, str]]:
    """Each row with the title of its thing and its path, of what this person may see."""
    nothing = Query("", Phrase(()))
    with translation.override(language):
        by_key = {(one.kind, one.thing.pk): one.thing for one in things(rows, nothing, user, language)}
        return [
            (row, str(by_key[row.kind, row.thing]), by_key[row.kind, row.thing].get_absolute_url())
            for row in rows
            if (row.kind, row.thing) in by_key
        ]


def _result(kind: str, thing: Any, query: Query, language: str, *, texts: bool) -> Result:
    if kind == "article":
        text = thing.revision.text if texts and thing.revision else ""
        return Result(
            kind,
            thing,
            marked(query, thing.title, thing.language),
            excerpt(query, text, thing.language) if text else "",
        )
    other = "en" if language == "ar" else "ar"
    if kind == "evidence":
        text, of = thing.quote, thing.language
        if not text:
            of = language if getattr(thing, f"summary_{language}") else other
            text = getattr(thing, f"summary_{of}")
        return Result(kind, thing, excerpt(query, text, of), "")
    of = language if getattr(thing, f"title_{language}") else other
    if not places_of(query, getattr(thing, f"title_{of}"), of):  # the other title holds the words: it is shown beside
        beside = getattr(thing, f"title_{other if of == language else language}")
        places = places_of(query, beside, other)
        return Result(
            kind, thing, marked(query, getattr(thing, f"title_{of}"), of), mark(beside, places) if places else ""
        )
    return Result(kind, thing, marked(query, getattr(thing, f"title_{of}"), of), "")
