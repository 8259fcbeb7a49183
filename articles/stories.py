"""The same news told by several outlets becomes one story.

Candidates share a band of their MinHash over three-word shingles of normalised text; the exact sets of shingles then
decide. The bounds are measured: syndicated copies lie above them, articles that share half their paragraphs below.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from datasketch import MinHash
from django.db import connection, transaction
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When

from articles.models import Article, Source, Story
from plans.compiled import compiled_update, keys_told, told_keys
from plans.language import normalise, words

JACCARD: Final = 0.45
CONTAINMENT: Final = 0.62
FEWEST: Final = 12  # shingles; a shorter text is like too many others
BANDS: Final = 32
ROWS: Final = 2  # of a band: at the bound of Jaccard 0.45 a pair is missed once in a thousand; of 32 bits each
APART: Final = timedelta(days=7)  # between two copies of one story
LOCK: Final = 0x73746F7279  # of PostgreSQL, held to the end of the transaction: two copies may come at once

LONGEST_WORD: Final = 64  # letters that tell a word: hostile text would have some kept that are as long as itself
WHOLE: Final = 2**64 - 1
ODD: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # what a number of 64 bits is spread by, losing nothing
_EMPTY: Final = MinHash(num_perm=BANDS * ROWS, hashfunc=lambda shingle: shingle & 0xFFFFFFFF, scheme="affine32")

Shingles = frozenset[int]


@lru_cache(maxsize=50_000)  # the words of a language's press, with their endings
def _digest(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest())


def shingles(text: str) -> Shingles:
    """Return a 64-bit digest of every three consecutive words of the normalised text, which their order tells too."""
    digests = [_digest(word[:LONGEST_WORD]) for word in words(normalise(text).text)]
    return frozenset(
        (first * ODD[0] + second * ODD[1] + third) & WHOLE
        for first, second, third in zip(digests, digests[1:], digests[2:], strict=False)
    )


def _signed(number: int) -> int:
    """Its last 64 bits as PostgreSQL holds them."""
    return ((number + 2**63) & WHOLE) - 2**63


def is_same_news(one: Shingles, other: Shingles) -> bool:
    """Whether two texts tell the same news: alike as a whole, or one held almost wholly in the other."""
    if min(len(one), len(other)) < FEWEST:
        return False
    shared = len(one & other)
    return shared >= JACCARD * len(one | other) or shared >= CONTAINMENT * min(len(one), len(other))


def bands(of: Shingles) -> list[int]:
    """Return the bands of the MinHash of a set of shingles, each a signed 64-bit number that tells its place too."""
    sketch = _EMPTY.copy()
    sketch.update_batch(of)
    values = sketch.hashvalues.tolist()
    rows = zip(values[::ROWS], values[1::ROWS], strict=True)
    return [_signed((first << 32 | second) * ODD[0] + band * ODD[1]) for band, (first, second) in enumerate(rows)]


@dataclass(frozen=True)
class Print:
    """What a text is known again by."""

    shingles: Shingles
    bands: list[int]


def print_of(text: str) -> Print | None:
    """The print of a text; None of one too short to be told from others."""
    found = shingles(text)
    return Print(found, bands(found)) if len(found) >= FEWEST else None


def assign_story(article: Article) -> Story | None:
    """Put the article with the copies of its news, and return their story; None while nobody else tells it.

    Stories that turn out to be one are joined into the oldest. An article stays with its story when its text is edited.
    Run again it changes nothing.
    """
    own = print_of(article.revision.text) if article.revision else None
    if own is not None:
        assign_stories([(article, own)])
    return article.story


@transaction.atomic
def assign_stories(printed: Sequence[tuple[Article, Print]]) -> None:
    """Put articles with the copies of their news, as `assign_story` does one, with few questions for all."""
    if not printed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_KEEP, [json.dumps([{"article": one.pk, "bands": own.bands} for one, own in printed])])
    shared = _sharing_a_band(printed)
    prints = {article.pk: own.shingles for article, own in printed}
    known = {article.pk: article for article, _own in printed}
    strangers = set().union(*shared.values()) - known.keys()
    for copy in Article.objects.filter(pk__in=strangers).select_related("revision") if strangers else ():
        if copy.revision is not None:
            known[copy.pk], prints[copy.pk] = copy, shingles(copy.revision.text)
    stories = set[int]()
    for article, own in printed:
        copies = [
            known[pk]
            for pk in shared[article.pk]
            if pk in known
            and abs(known[pk].listed_at - article.listed_at) <= APART
            and is_same_news(own.shingles, prints[pk])
        ]
        if copies:
            stories.add(_join(article, copies, known))
    if stories:
        _choose_leads(told_keys(stories))


_KEEP: Final = """
INSERT INTO articles_fingerprint (article_id, bands)
SELECT article, bands FROM json_to_recordset(%s) AS told(article bigint, bands bigint[])
ON CONFLICT (article_id) DO UPDATE SET bands = excluded.bands
"""
# of the days they may be of, and number by number: PostgreSQL takes it that many of all arrays share a number with one
# so long, would compare them whole, and not ask an index of them
_STRANGERS: Final = """
SELECT article_id, band FROM articles_article article JOIN articles_fingerprint ON article_id = article.id
CROSS JOIN unnest(bands) AS band JOIN unnest(%(bands)s::bigint[]) AS asked ON asked = band
WHERE listed_at BETWEEN %(since)s AND %(until)s AND article_id <> ALL(%(own)s::bigint[])
"""


def _sharing_a_band(printed: Sequence[tuple[Article, Print]]) -> dict[int, set[int]]:
    """The articles that may tell the same as each of these, by its key."""
    days = [article.listed_at for article, _own in printed]
    by_band: dict[int, set[int]] = defaultdict(set)
    for article, own in printed:
        for band in own.bands:
            by_band[band].add(article.pk)
    with connection.cursor() as cursor:
        own_keys = _array(article.pk for article, _own in printed)
        asked: dict[str, Any] = {
            "bands": _array(by_band),
            "own": own_keys,
            "since": min(days) - APART,
            "until": max(days) + APART,
        }
        cursor.execute(_STRANGERS, asked)
        for pk, band in cursor.fetchall():
            by_band[band].add(pk)
    return {article.pk: set().union(*(by_band[band] for band in own.bands)) - {article.pk} for article, own in printed}


def _array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes an array; a list is told number by number."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _join(article: Article, copies: list[Article], known: dict[int, Article]) -> int:
    """Give an article and its copies one story, and return its key."""
    told = {one.story_id for one in (article, *copies) if one.story_id}
    if len(told) == 1 and all(one.story_id for one in (article, *copies)):
        return told.pop()
    oldest = Story.objects.filter(pk__in=told).order_by("pk").first() if told else None
    story = oldest or Story.objects.create()
    joined = {article.pk, *(copy.pk for copy in copies)}
    others = told - {story.pk}
    its_own = Q(pk__in=joined) | Q(story__in=others) if others else Q(pk__in=joined)
    Article.objects.filter(its_own).exclude(story=story).update(story=story)
    for one in known.values():
        if one.pk in joined or one.story_id in told:
            one.story = story
    if others:
        Story.objects.filter(pk__in=others).delete()
    return story.pk


#: whose word goes before whose, where several tell the same
RELIABILITY: Final = Case(*(When(source__reliability=kind, then=rank) for rank, kind in enumerate(Source.Reliability)))


@compiled_update
def _choose_leads(stories: str) -> tuple[QuerySet[Story], dict[str, Any]]:
    """The copies that reviewers see: one already decided, else the most reliable, of these the first published."""
    is_waiting = Q(state=Article.State.WAITING)
    undecided, decided = Case(When(is_waiting, then=1), default=0), Case(When(~is_waiting, then=F("decided_at")))
    order = (undecided, decided, RELIABILITY, "listed_at", "pk")
    lead = Subquery(Article.objects.filter(story=OuterRef("pk")).order_by(*order).values("pk")[:1])
    return Story.objects.filter(pk__in=keys_told(stories)).exclude(lead=lead), {"lead": lead}
