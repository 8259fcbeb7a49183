"""Entries of a feed → articles: which are known already, and those that are not stored. A statement for each, whatever
the number of entries; no model is made of an article to which nothing is to be done.
"""

import enum
import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from articles.extract import LONGEST_TITLE, canonical_url, url_key
from articles.feeds import Entry
from articles.models import Article, FetchRun, Source
from articles.runs import LEASE, Interrupted, Lease, Stopped

log = logging.getLogger(__name__)


# ----------------------------------------------------------------- decisions: pure, so that a table of cases tests them


class Decision(enum.Enum):
    ADD = "add"
    READ = "read"  # known, but its page was not read yet or is to be tried again
    REVISE = "revise"
    SKIP = "skip"


@dataclass(frozen=True)
class Known:
    """What the decision needs to know of the article stored under an entry's identity."""

    own: bool  # first told by the very source that is being read
    digest: str  # of the entry when it was last stored
    text_state: str
    text_due_at: datetime | None


def decide(entry: Entry, known: Known | None, now: datetime) -> Decision:
    """What the import does with a feed entry, given the article already stored under its identity.

    Another source that offers the same address changes nothing: otherwise two feeds would take turns in rewriting.
    """
    if known is None:
        return Decision.ADD
    if not known.own:
        return Decision.SKIP
    if known.text_state == Article.TextState.PENDING:
        return Decision.READ  # edited or not: its attempts go on being counted
    if known.digest != entry.digest:
        return Decision.REVISE
    if known.text_due_at is not None and known.text_due_at <= now:
        return Decision.READ
    return Decision.SKIP


def identity_of(entry: Entry, source_id: int) -> str:
    """The name an article is stored under: its address, else the feed's own id, else the digest of its words."""
    key = url_key(entry.url)
    if _names_a_page(key) and len(key) <= 2000:
        return f"url:{key}"
    if entry.id:
        return f"id:{source_id}:{entry.id}"
    return f"text:{text_digest(entry.title, entry.text)}"


def names_a_page(url: str) -> bool:
    """Whether an address can be an article's: some feeds give every entry the outlet's front page."""
    return _names_a_page(url_key(url))


def _names_a_page(key: str) -> bool:
    return "/" in key or "?" in key


def text_digest(title: str, text: str) -> str:
    """SHA-256 of title, newline and text in UTF-8, in hexadecimal: names a revision."""
    return sha256(f"{title}\n{text}".encode()).hexdigest()


def stored_url(url: str) -> str:
    address = canonical_url(url)
    return address if len(address) <= 2000 else ""


# ------------------------------------------------------------------ what is known


class _Stored(NamedTuple):
    """An article as far as the decision asks for it."""

    pk: int
    source_id: int
    identity: str
    guid: str
    url: str
    title: str
    digest: str
    text_state: str
    text_due_at: datetime | None


@dataclass
class Taking:
    """An entry with which there is something to do; `key` is its article's, None until it is stored."""

    entry: Entry
    decision: Decision
    identity: str
    guid: str = ""  # of a new one: empty where another article of this source has used it up
    key: int | None = None


def sort_out(source: Source, entries: list[Entry], met: set[str]) -> list[Taking]:
    """What there is to do, in the order of the feed. `met`: identities met in this run, of which the first counts."""
    now = timezone.now()
    identities = [identity_of(entry, source.pk) for entry in entries]
    guids = [entry.id for entry in entries if entry.id]
    found = _stored(source, identities, guids)
    by_identity = {one.identity: one for one in found}
    by_guid = {one.guid: one for one in found if one.source_id == source.pk}
    takings = []
    for entry, identity in zip(entries, identities, strict=True):
        stored = by_identity.get(identity) or _under_its_id(entry, by_guid)
        names = {identity, stored.identity} if stored else {identity}
        if names & met:
            continue
        met |= names
        known = stored and Known(stored.source_id == source.pk, stored.digest, stored.text_state, stored.text_due_at)
        decision = decide(entry, known, now)
        if decision is Decision.SKIP:
            continue
        if stored is not None:
            takings.append(Taking(entry, decision, stored.identity, key=stored.pk))
            continue
        guid = "" if entry.id in by_guid else entry.id
        if guid:
            by_guid[guid] = _Stored(0, source.pk, identity, guid, entry.url, entry.title, "", "", None)
        takings.append(Taking(entry, decision, identity, guid))
    return takings


_KNOWN: Final = """
SELECT id, source_id, identity, guid, url, title, entry_digest, text_state, text_due_at FROM articles_article
WHERE identity = ANY(string_to_array(%s, %s)) OR source_id = %s AND guid = ANY(string_to_array(%s, %s)) AND guid <> ''
"""
# a separator of ASCII, which no address and no cleaned text holds: one string is told faster than an array of many
_BETWEEN: Final = "\x1f"


def _stored(source: Source, identities: list[str], guids: list[str]) -> list[_Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [_BETWEEN.join(identities), _BETWEEN, source.pk, _BETWEEN.join(guids), _BETWEEN])
        return [_Stored(*row) for row in cursor.fetchall()]


def _under_its_id(entry: Entry, by_guid: dict[str, _Stored]) -> _Stored | None:
    """The article an entry means by the feed's own id.

    An id alone is not enough: outlets give the id of a removed piece to a new one, which then has another address and
    another title.
    """
    stored = by_guid.get(entry.id) if entry.id else None
    if stored and stored.title != entry.title and url_key(stored.url) != url_key(entry.url):
        return None
    return stored


# ------------------------------------------------------------------ what is new

_TOLD: Final = (
    "source_id",
    "identity",
    "guid",
    "url",
    "title",
    "language",
    "published_at",
    "first_seen_at",
    "listed_at",
)
_ALIKE: Final[dict[str, Any]] = {  # by every new article: what the model says it begins with
    str(field.column): str(begins) if isinstance(begins := field.get_default(), str) else begins
    for field in Article._meta.concrete_fields
    if field.column not in _TOLD and not (field.primary_key or field.null)
}
_ADD: Final = f"""
WITH held AS (
    UPDATE articles_source SET lease_until = %s WHERE id = %s AND lease_token = %s AND lease_until IS NOT NULL
    RETURNING id
), added AS (
    INSERT INTO articles_article ({", ".join([*_TOLD, *_ALIKE])})
    SELECT held.id, identity, guid, url, title, language, published_at, %s, coalesce(published_at, %s)
           {", %s" * len(_ALIKE)}
    FROM held, json_to_recordset(%s)
        AS told(identity text, guid text, url text, title text, language text, published_at timestamptz)
    ON CONFLICT DO NOTHING  -- another source told it in this very moment
    RETURNING id, identity
), counted AS (
    UPDATE articles_fetchrun SET seen = %s, new = %s + (SELECT count(*) FROM added), failed = %s, warnings = %s
    WHERE id = %s AND EXISTS (SELECT FROM held) RETURNING stop_asked
)
SELECT stop_asked, added.id, identity FROM counted LEFT JOIN added ON true
"""  # noqa: S608 our own columns


def add(run: FetchRun, lease: Lease, takings: list[Taking]) -> list[Taking]:
    """Store new articles and show the run's counts, if the source is still held, in one statement. Returns those that
    could not be stored: one bad entry never stops the rest.

    Raises Interrupted where another worker has the source, Stopped, once they are stored, where somebody asked us to
    end.
    """
    try:
        # a statement is a transaction of its own; within another one, its failure must spoil no more than itself
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            rows = _added(run, lease, takings)
    except DatabaseError:
        if len(takings) == 1:
            entry = takings[0].entry
            log.exception("An entry of %s could not be stored: %s", run.source.slug, entry.url or entry.id)
            return takings
        return [failed for taking in takings for failed in add(run, lease, [taking])]
    if not rows:
        raise Interrupted
    keys = {identity: key for _stopped, key, identity in rows}
    for taking in takings:
        taking.key = keys.get(taking.identity)
    run.new += sum(taking.key is not None for taking in takings)
    if rows[0][0]:
        raise Stopped
    return []


def _added(run: FetchRun, lease: Lease, takings: list[Taking]) -> list[Any]:
    now, source = timezone.now(), run.source
    told = [
        {
            "identity": taking.identity,
            "guid": taking.guid,
            "url": stored_url(taking.entry.url),
            "title": taking.entry.title[:LONGEST_TITLE],
            "language": source.language or taking.entry.language,  # until its text is weighed
            "published_at": taking.entry.published and taking.entry.published.isoformat(),
        }
        for taking in takings
    ]
    values = [
        now + LEASE,
        lease.source_id,
        lease.token,
        now,
        now,
        *_ALIKE.values(),
        json.dumps(told, ensure_ascii=False),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [*values, run.seen, run.new, run.failed, run.warnings, run.pk])
        rows: list[Any] = cursor.fetchall()
    return rows


def note_edits(takings: list[Taking]) -> None:
    """Noted before the pages are read: should one end the worker, it is due and its attempts are counted."""
    if not takings:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE articles_article SET entry_digest = digest, text_attempts = 0, text_due_at = %s
            FROM unnest(%s::bigint[], %s::text[]) AS edited(key, digest) WHERE id = key
            """,
            [timezone.now(), [one.key for one in takings], [one.entry.digest for one in takings]],
        )
