"""The same news told by several outlets becomes one story.

Candidates share a band of their MinHash over three-word shingles of normalised text; the exact sets of shingles then
decide. The bounds are measured: syndicated copies lie above them, articles that share half their paragraphs below.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from typing import Final

from datasketch import MinHash
from django.db import connection, transaction

from articles.models import Article, Fingerprint, Story
from plans.language import fold, tokens

JACCARD: Final = 0.45
CONTAINMENT: Final = 0.62
WORDS: Final = 3  # of a shingle
FEWEST: Final = 12  # shingles; a shorter text is like too many others
BANDS: Final = 32
ROWS: Final = 2  # of a band: at the bound of Jaccard 0.45 a pair is missed once in a thousand
APART: Final = timedelta(days=7)  # between two copies of one story
LOCK: Final = 0x73746F7279  # of PostgreSQL, held to the end of the transaction: two copies may come at once

Shingles = frozenset[int]


def shingles(text: str) -> Shingles:
    """Return the 64-bit digests of every three consecutive words of the normalised text."""
    words = [token.text for token in tokens(fold(text))]
    runs = zip(*(words[at:] for at in range(WORDS)), strict=False)
    return frozenset(
        int.from_bytes(blake2b(" ".join(run).encode(), digest_size=8).digest(), signed=True) for run in runs
    )


def is_same_news(one: Shingles, other: Shingles) -> bool:
    """Whether two texts tell the same news: alike as a whole, or one held almost wholly in the other."""
    if min(len(one), len(other)) < FEWEST:
        return False
    shared = len(one & other)
    return shared >= JACCARD * len(one | other) or shared >= CONTAINMENT * min(len(one), len(other))


def bands(of: Shingles) -> list[int]:
    """Return the bands of the MinHash of a set of shingles, each a signed 64-bit number that tells its place too."""
    sketch = MinHash(num_perm=BANDS * ROWS, hashfunc=lambda shingle: shingle & 0xFFFFFFFF, scheme="affine32")
    sketch.update_batch(sorted(of))
    rows = [int(value) for value in sketch.hashvalues]
    found = []
    for band in range(BANDS):
        told = repr((band, rows[band * ROWS : (band + 1) * ROWS])).encode()
        found.append(int.from_bytes(blake2b(told, digest_size=8).digest(), signed=True))
    return found


@transaction.atomic
def assign_story(article: Article) -> Story | None:
    """Put the article with the copies of its news, and return their story; None while nobody else tells it.

    Stories that turn out to be one are joined into the oldest. An article stays with its story when its text is edited.
    Run again it changes nothing.
    """
    own = shingles(article.revision.text) if article.revision else frozenset()
    if len(own) < FEWEST:
        return article.story
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    fingerprint, _made = Fingerprint.objects.update_or_create(article=article, defaults={"bands": bands(own)})
    copies = list(_copies(article, own, fingerprint))
    if not copies:
        return article.story
    told = {copy.story_id for copy in copies if copy.story_id} | ({article.story_id} if article.story_id else set())
    story = Story.objects.filter(pk__in=told).order_by("pk").first() or Story.objects.create()
    Article.objects.filter(story__in=told - {story.pk}).update(story=story)
    Article.objects.filter(pk__in=[article.pk, *(copy.pk for copy in copies)]).exclude(story=story).update(story=story)
    Story.objects.filter(pk__in=told - {story.pk}).delete()
    _choose_lead(story)
    article.story = story
    return story


def _copies(article: Article, own: Shingles, fingerprint: Fingerprint) -> Iterator[Article]:
    around = (article.listed_at - APART, article.listed_at + APART)
    candidates = (
        Article.objects.filter(fingerprint__bands__overlap=fingerprint.bands, listed_at__range=around)
        .exclude(pk=article.pk)
        .exclude(revision=None)
        .select_related("revision")
        .order_by("listed_at", "pk")
    )
    for candidate in candidates:
        assert candidate.revision is not None
        if is_same_news(own, shingles(candidate.revision.text)):
            yield candidate


def _choose_lead(story: Story) -> None:
    """The copy that reviewers see: one already decided, else the first published."""
    copies = story.articles.exclude(state=Article.State.WAITING).order_by("decided_at", "pk")
    lead = copies.first() or story.articles.order_by("listed_at", "pk").first()
    Story.objects.filter(pk=story.pk).exclude(lead=lead).update(lead=lead)
