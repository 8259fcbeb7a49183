"""The pipeline: a source is fetched, its feed parsed, each entry stored once, its page read, its meaning suggested.

State lives in PostgreSQL, so any worker may be killed at any moment. A run holds the source by a **lease** with a
fencing token: who lost it can store nothing more. Attempts are counted before the work, what is unique is held by
constraints, and the server's validators are stored only after every entry is, so that a run that follows a killed one
finds the same feed again and ends with the same rows. No request is made inside a transaction.
"""

import enum
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from articles import apart, feeds, fetch, kinds
from articles.carrying import carry_over
from articles.extract import LONGEST_TITLE, Extracted, canonical_url, extract_plain, url_key
from articles.feeds import Entry, Feed
from articles.fetch import FetchError, Robots, SourceError
from articles.matching import suggest
from articles.models import Article, FetchRun, Revision, Source
from articles.stories import assign_story
from plans.language import detect

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=75)  # renewed before each entry: 20 s of waiting and 30 s of fetching at most
RUN: Final = timedelta(minutes=4)  # of a scheduled run; what is left follows in the next one
CRASHES: Final = 3  # a page that ended a worker this often is set aside
TRIES: Final = 6  # of a page that fails, spread over three days
LONGEST_BACKOFF: Final = timedelta(days=1)
CONFIRMATIONS: Final = 3  # runs in a row that are sent to the same new address before it is believed
GONE_FOR: Final = timedelta(hours=23)  # a day, less what the schedule may be early: then «gone» is believed
RHYTHM: Final = 20  # articles, the newest, from which a source's own rhythm is read
PAGE_TYPES: Final = "text/html, application/xhtml+xml, text/plain;q=0.5"

# what the importer writes of an article; the rest is the reviewers'
OURS: Final = (
    "entry_digest",
    "title",
    "url",
    "published_at",
    "listed_at",
    "language",
    "text_state",
    "text_error",
    "text_due_at",
    "text_attempts",
    "revision",
)

SOME_FAILED: Final = gettext_noop("An entry could not be stored; it is tried again with the next run.")
PAGE_FAILED: Final = gettext_noop("The page of an article could not be read; the feed's text is kept for now.")
PART_FAILED: Final = gettext_noop("A sitemap that the index names could not be read; it is tried with the next run.")
MOVED: Final = gettext_noop("The source has moved for good; it is read at its new address from now on.")
REST_FOLLOWS: Final = gettext_noop("There was more than one run takes on; the rest follows in the next run.")

Progress = Callable[[int, int], None]


class Interrupted(SourceError):
    code = "interrupted"
    words = _("The run was interrupted and another one took over.")


class NotAPage(SourceError):
    code = "not_a_page"
    words = _("The address of the article leads to a file, not to a page; the feed's text is kept.")


class Stopped(SourceError):
    code = "stopped"
    words = _("Somebody stopped this run. What it had read is kept; the next run goes on from there.")


class CrashedPage(SourceError):
    code = "crashed"
    words = _("Reading the page ended the worker three times; it is set aside and the feed's text is kept.")


class CrashedSource(SourceError):
    code = "crashed_source"
    words = _("Reading this source ended the worker again and again; it rests before it is tried again.")


class Unexpected(SourceError):
    code = "unexpected"
    words = _("Something unexpected happened; the administrators find it in the log.")


def plain_words(error_code: str, stored: str) -> str:
    """What a stored error says in the reader's language; `stored` where the code is not known any more."""
    if error_code.startswith("status_") and error_code[7:].isdigit():
        return fetch.status_words(int(error_code[7:]))
    waiting: list[type[SourceError]] = [SourceError]
    while waiting:
        kind = waiting.pop()
        if kind.code == error_code and kind is not SourceError:
            return str(kind.words)
        waiting += kind.__subclasses__()
    return stored


def host_of(url: str) -> str:
    """What a source is called until its feed says its name."""
    return (urlsplit(url).hostname or "")[:200]


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
    if names_a_page(entry.url) and len(key) <= 2000:
        return f"url:{key}"
    if entry.id:
        return f"id:{source_id}:{entry.id}"
    return f"text:{text_digest(entry.title, entry.text)}"


def names_a_page(url: str) -> bool:
    """Whether an address can be an article's: some feeds give every entry the outlet's front page."""
    key = url_key(url)
    return "/" in key or "?" in key


def text_digest(title: str, text: str) -> str:
    """SHA-256 of title, newline and text in UTF-8, in hexadecimal: names a revision."""
    return sha256(f"{title}\n{text}".encode()).hexdigest()


def backoff(failures: int, interval: timedelta, asked: timedelta | None = None, spread: float = 0.0) -> timedelta:
    """How long a source rests after so many failures in a row: twice as long each time, a day at most.

    `asked` is what the server asked for (Retry-After); `spread`, from -1 to 1, parts sources that failed together.
    """
    rest = min(interval * 2 ** min(max(failures - 1, 0), 12), max(LONGEST_BACKOFF, interval))
    spread_rest: timedelta = rest * (1 + spread / 10)
    return max(spread_rest, asked or timedelta(0))


def next_interval(current: timedelta, rhythm: timedelta | None) -> timedelta:
    """How long until a source that adapts is read again: half the time between its articles, or where it had nothing
    new (`rhythm` is None) a quarter longer than before; within the bounds of the settings."""
    wanted = current * 1.25 if rhythm is None else rhythm / 2
    shortest, longest = settings.SOURCE_INTERVALS
    bounded: timedelta = min(max(wanted, shortest), longest)
    return bounded


def text_retry(attempts: int) -> timedelta | None:
    """How long after its n-th failure a page is tried again; None: never by itself."""
    return timedelta(minutes=30) * 3 ** (attempts - 1) if attempts < TRIES else None


# ------------------------------------------------------------------ the lease


@dataclass(frozen=True)
class Lease:
    source_id: int
    token: int

    def renew(self) -> None:
        """Hold the source for another while. Raises Interrupted where another worker has it now, Stopped where
        somebody asked this run to end.

        Inside a transaction it fences it: until the commit nobody can take the source over.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE articles_source SET lease_until = %s
                WHERE id = %s AND lease_token = %s AND lease_until IS NOT NULL
                RETURNING EXISTS (SELECT FROM articles_fetchrun r WHERE r.source_id = articles_source.id
                                  AND r.finished_at IS NULL AND r.stop_asked)
                """,
                [timezone.now() + LEASE, self.source_id, self.token],
            )
            row = cursor.fetchone()
        if row is None:
            raise Interrupted
        if row[0]:
            raise Stopped


TAKE: Final = """
WITH free AS (
    SELECT id FROM articles_source
    WHERE id = %(source)s AND (lease_until IS NULL OR lease_until < %(now)s)
          AND (NOT %(only_due)s OR is_active AND due_at <= %(now)s)
    FOR NO KEY UPDATE SKIP LOCKED
), interrupted AS (  -- whoever held it before did not come to an end
    UPDATE articles_fetchrun SET finished_at = %(now)s, error = %(error)s, error_code = %(code)s
    WHERE source_id IN (SELECT id FROM free) AND finished_at IS NULL
), begun AS (
    INSERT INTO articles_fetchrun
        (source_id, trigger, started_at, seen, new, updated, failed, error, error_code, warnings, stop_asked)
    SELECT id, %(trigger)s, %(now)s, 0, 0, 0, 0, '', '', '{}', false FROM free
    RETURNING id
)
UPDATE articles_source s SET lease_token = lease_token + 1, lease_until = %(until)s, attempts = attempts + 1
FROM free, begun WHERE s.id = free.id
RETURNING s.*, begun.id AS run_id, EXISTS (
    SELECT FROM articles_article a
    WHERE a.source_id = s.id AND (a.text_due_at <= %(now)s OR a.text_state = 'pending')
) AS has_pages_due
"""


def take_lease(source_id: int, *, only_due: bool, trigger: str = FetchRun.Trigger.SCHEDULE) -> "Taken | None":
    """Take the source in one statement, counting the attempt. None where another worker holds it (or it is not due, if
    that matters)."""
    now = timezone.now()
    asked = {
        "source": source_id,
        "now": now,
        "until": now + LEASE,
        "only_due": only_due,
        "trigger": str(trigger),
        "error": _english(Interrupted()),
        "code": Interrupted.code,
    }
    rows: Any = Source.objects.raw(TAKE, asked)  # with two columns more than a source has
    for source in rows:
        run = FetchRun(pk=source.run_id, source=source, trigger=trigger, started_at=now)
        run._state.adding = False
        return Taken(source, run, Lease(source.pk, source.lease_token), source.has_pages_due)
    return None


@dataclass(frozen=True)
class Taken:
    """A source that is ours for a while: as it was when taken, with the run that begins."""

    source: Source
    run: FetchRun
    lease: Lease
    has_pages_due: bool


def due_sources(now: datetime, limit: int = 200) -> list[int]:
    """Sources to read now, the longest due first."""
    return list(Source.objects.due(now).values_list("pk", flat=True)[:limit])


def ask_for_import(source: Source) -> None:
    """Make a source due now; the next scan takes it, or a message that comes sooner."""
    Source.objects.filter(pk=source.pk).update(due_at=timezone.now())


# ------------------------------------------------------------------ one run


def import_source(
    source: Source,
    *,
    trigger: str = FetchRun.Trigger.SCHEDULE,
    only_due: bool = False,
    progress: Progress | None = None,
    feed: Feed | None = None,
) -> FetchRun | None:
    """Read a source once; or store the entries of a `feed` in hand. Returns the finished run, or None where another
    worker is reading it.

    What goes wrong with the source is told in the run and on the source, in plain words, and raises nothing.
    """
    taken = take_lease(source.pk, only_due=only_due, trigger=trigger)
    if taken is None:
        return None
    run, lease = taken.run, taken.lease
    visit = _Visit(
        taken.source,
        run,
        lease,
        ends=None if trigger == FetchRun.Trigger.COMMAND else timezone.now() + RUN,
        has_pages_due=taken.has_pages_due,
    )
    try:
        if taken.source.attempts > 2 * CRASHES and trigger == FetchRun.Trigger.SCHEDULE:
            raise CrashedSource
        if feed is not None:
            return _succeed(taken, {}, whole=_take_in(visit, feed, progress))
        return _read(visit, taken, progress)
    except Interrupted as error:
        return _finish(run, error)
    except Stopped as error:
        return _close(taken, {"lease_until": None, "attempts": 0, "due_at": _rested(taken.source)}, error)
    except SourceError as error:
        return _fail(taken, error)
    except Exception:
        log.exception("The import of %s ended unexpectedly", taken.source.slug)
        return _fail(taken, Unexpected())
    except BaseException:  # stopped by a person or the supervisor: the next run goes on at once
        _close(taken, {"lease_until": None}, Interrupted())
        raise
    finally:  # what the caller holds is what is stored now, without another question
        for column in Source._meta.concrete_fields:
            setattr(source, column.attname, getattr(taken.source, column.attname))


def ask_to_stop(run: FetchRun) -> bool:
    """Ask a run to end before its next entry. Returns whether it was still going."""
    return bool(FetchRun.objects.filter(pk=run.pk, finished_at=None).update(stop_asked=True))


def _rested(source: Source) -> datetime:
    return timezone.now() + timedelta(minutes=source.interval_minutes)


@dataclass
class _Visit:
    """One run at work."""

    source: Source
    run: FetchRun
    lease: Lease
    ends: datetime | None
    has_pages_due: bool = False
    robots: Robots = field(default_factory=Robots)
    in_hand: dict[str, fetch.Response] = field(default_factory=dict)  # pages fetched already: a source may be one
    met: set[str] = field(default_factory=set)  # identities: a feed may offer an article twice, the first time counts

    @property
    def is_over(self) -> bool:
        return self.ends is not None and timezone.now() > self.ends

    def count_failure(self, *warnings: str) -> None:
        self.run.failed += 1
        self.run.warnings = list(dict.fromkeys([*self.run.warnings, *warnings]))

    def leave_out(self) -> None:
        if kinds.LEFT_OUT not in self.run.warnings:
            self.run.warnings = [*self.run.warnings, kinds.LEFT_OUT]

    def show(self) -> None:
        """Save the counts: people watch them live."""
        self.run.save(update_fields=["seen", "new", "updated", "failed", "warnings"])


def _read(visit: _Visit, taken: Taken, progress: Progress | None) -> FetchRun:
    source = visit.source
    response = fetch.fetch(
        source.url,
        accept=feeds.ACCEPT,
        etag=source.etag,
        last_modified=source.last_modified,
        # feeds and sitemaps are published for programs, pages are not
        robots=visit.robots if source.kind in (Source.Kind.LISTING, Source.Kind.PAGE) else None,
    )
    learnt = _moved(visit, response.moved_to)
    whole = True
    if not response.not_modified:
        found = look(response, kind=source.kind, selector=source.selector, before_each=visit.lease.renew)
        feed = found.feed
        if found.kind == Source.Kind.PAGE:
            visit.in_hand[response.url] = response
        if source.kind == Source.Kind.AUTO:
            learnt["kind"] = found.kind
            if found.kind in (Source.Kind.LISTING, Source.Kind.PAGE):
                visit.robots.check_page(response.url)
        visit.run.warnings = [*visit.run.warnings, *feed.warnings]
        whole = _take_in(visit, feed, progress)
        if whole and SOME_FAILED not in visit.run.warnings and not found.parts:
            # an index of sitemaps may stay as it is while they change
            learnt |= {"etag": response.etag, "last_modified": response.last_modified}
        learnt |= _of_the_feed(source, feed)
    if visit.has_pages_due or not response.not_modified:
        whole = whole and _try_pages_again(visit)
    return _succeed(taken, learnt, whole=whole)


def look(
    response: fetch.Response, *, kind: str, selector: str = "", before_each: Callable[[], None] = lambda: None
) -> kinds.Found:
    """What an answer holds; of an index of sitemaps the newest are fetched and put together. Raises a SourceError.

    `before_each` is called before another fetch. A sitemap that fails is told as a warning, if another can be read.
    """
    now = timezone.now()
    found = kinds.read(response.body, response.content_type, url=response.url, now=now, kind=kind, selector=selector)
    if not found.parts:
        return found
    entries, warnings = [], list(found.feed.warnings)
    failed: SourceError = feeds.Empty()
    for part in found.parts:
        before_each()
        try:
            answer = fetch.fetch(part, accept=feeds.ACCEPT)
            inside = kinds.read(answer.body, answer.content_type, url=answer.url, now=now, kind=kinds.Kind.SITEMAP)
        except SourceError as error:
            failed = error
            warnings.append(PART_FAILED)
            continue
        entries += inside.feed.entries
        warnings += inside.feed.warnings
    if not entries:  # an index of indexes is followed no further
        raise failed
    feed = replace(found.feed, entries=entries[: feeds.MOST_ENTRIES], warnings=list(dict.fromkeys(warnings)))
    return replace(found, feed=feed)


def _moved(visit: _Visit, moved_to: str) -> dict[str, Any]:
    """What is learnt of a permanent redirect (RFC 9110, 15.4.2): one answer may err, three runs in a row do not."""
    source = visit.source
    if not moved_to:
        return {"moved_to": "", "moved_times": 0} if source.moved_to else {}
    times = source.moved_times + 1 if moved_to == source.moved_to else 1
    if times < CONFIRMATIONS or len(moved_to) > 2000 or Source.objects.filter(url=moved_to).exists():
        return {"moved_to": moved_to[:2000], "moved_times": min(times, CONFIRMATIONS)}
    visit.run.warnings = [*visit.run.warnings, MOVED]
    return {"url": moved_to, "moved_to": "", "moved_times": 0}


def _of_the_feed(source: Source, feed: Feed) -> dict[str, Any]:
    """What a source nobody described learns from its feed."""
    learnt: dict[str, Any] = {}
    if feed.title and source.name == host_of(source.url):
        learnt["name"] = feed.title[:200]
    if feed.homepage and not source.homepage:
        learnt["homepage"] = feed.homepage
    return learnt


def _take_in(visit: _Visit, feed: Feed, progress: Progress | None) -> bool:
    """Store every entry. Returns whether the run came to the end of the feed."""
    visit.lease.renew()
    for number, entry in enumerate(feed.entries, start=1):
        if visit.is_over:
            visit.run.warnings = [*visit.run.warnings, REST_FOLLOWS]
            return False
        visit.run.seen += 1
        try:
            if _take_in_one(visit, entry):
                visit.show()
        except (Interrupted, Stopped):
            raise
        except Exception:  # one bad entry never stops the rest
            log.exception("An entry of %s could not be stored: %s", visit.source.slug, entry.url or entry.id)
            visit.count_failure(SOME_FAILED)
        if progress is not None:
            progress(number, len(feed.entries))
    visit.show()
    return True


def _take_in_one(visit: _Visit, entry: Entry) -> bool:
    """Do what there is to do for an entry. Returns whether there was anything."""
    source = visit.source
    if not kinds.wanted(entry, source.must_have, source.must_not_have):
        visit.leave_out()
        return False
    identity = identity_of(entry, source.pk)
    article = _known(source, entry, identity)
    names = {identity, article.identity if article else identity}
    if names & visit.met:
        return False
    visit.met |= names
    known = article and Known(
        own=article.source_id == source.pk,
        digest=article.entry_digest,
        text_state=article.text_state,
        text_due_at=article.text_due_at,
    )
    decision = decide(entry, known or None, timezone.now())
    if decision is Decision.SKIP:
        return False
    visit.lease.renew()
    if article is None:
        try:
            article = _add(source, visit.lease, entry, identity)
        except IntegrityError:  # another source told it in this very moment
            return False
        visit.run.new += 1
        visit.show()
    elif decision is Decision.REVISE:
        # noted before the page is read: should that end the worker, the page is due and its attempts are counted
        article.entry_digest, article.text_attempts, article.text_due_at = entry.digest, 0, timezone.now()
        article.save(update_fields=["entry_digest", "text_attempts", "text_due_at"])
    _read_and_store(visit, article, entry, entry.digest)
    return True


def _known(source: Source, entry: Entry, identity: str) -> Article | None:
    """The article an entry means: by its identity, else by the feed's own id.

    An id alone is not enough: outlets give the id of a removed piece to a new one, which then has another address and
    another title.
    """
    article = Article.objects.select_related("source").filter(identity=identity).first()
    if article is None and entry.id:
        article = source.articles.select_related("source").filter(guid=entry.id).first()
        if article and article.title != entry.title and url_key(article.url) != url_key(entry.url):
            return None
    return article


def _add(source: Source, lease: Lease, entry: Entry, identity: str) -> Article:
    """The item first, its text later: an article is known even if its page ends the worker."""
    now = timezone.now()
    guid = entry.id
    if guid and source.articles.filter(guid=guid).exists():
        guid = ""  # used up by another article of this source
    with transaction.atomic():
        lease.renew()
        return Article.objects.create(
            source=source,
            identity=identity,
            guid=guid,
            url=_stored_url(entry.url),
            title=entry.title[:LONGEST_TITLE],
            language=source.language or detect(entry.text or entry.title, default=entry.language or ""),
            published_at=entry.published,
            first_seen_at=now,
            listed_at=entry.published or now,
            text_state=Article.TextState.PENDING,
        )


def _stored_url(url: str) -> str:
    address = canonical_url(url)
    return address if len(address) <= 2000 else ""


def _read_and_store(visit: _Visit, article: Article, entry: Entry, digest: str) -> None:
    """Fetch the article's page and store its text; without a page, or where it fails, the feed's own text."""
    page: Extracted | None = None
    error: SourceError | None = None
    if visit.source.full_text and names_a_page(entry.url):
        page, error = _page_of(article, entry.url, visit)
    if error is not None:
        visit.count_failure(PAGE_FAILED, _english(error.words))
    before, attempts = article.revision_id, article.text_attempts
    try:
        _store(visit.lease, article, entry, page, error, digest=digest)
    except (Interrupted, Stopped):
        raise
    except Exception:
        # that it could not be stored is no fault of the page: only what ends the worker is to be counted
        Article.objects.filter(pk=article.pk).update(text_attempts=max(attempts - 1, 0))
        raise
    if before is not None and article.revision_id != before:
        visit.run.updated += 1


def _page_of(article: Article, url: str, visit: _Visit) -> tuple[Extracted | None, SourceError | None]:
    # counted before the work, so that a page that kills the worker cannot do so for ever; of an article that was read
    # before, a page that merely fails is not tried as often as this
    if article.text_attempts >= (CRASHES if article.text_state == Article.TextState.PENDING else TRIES):
        return None, CrashedPage()
    article.text_attempts += 1
    Article.objects.filter(pk=article.pk).update(text_attempts=article.text_attempts)
    try:
        if url in visit.in_hand:
            return text_of(visit.in_hand[url]), None
        return read_page(url, visit.robots), None
    except SourceError as error:
        return None, error


def read_page(url: str, robots: Robots | None = None) -> Extracted:
    """The article at an address. Raises a SourceError that says in plain words why there is none."""
    return text_of(fetch.fetch(url, accept=PAGE_TYPES, robots=robots))


def text_of(response: fetch.Response) -> Extracted:
    """The article in an answer. Raises a SourceError that says in plain words why there is none."""
    kind = response.content_type.split(";")[0].strip().lower()
    if kind and kind not in ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"):
        raise NotAPage
    text, _warnings = feeds.decode(response.body, response.content_type)
    if kind == "text/plain" and "<html" not in text[:1000].lower():
        return extract_plain(text)
    return apart.reader.read(text, response.url)


def _store(
    lease: Lease, article: Article, entry: Entry, page: Extracted | None, error: SourceError | None, *, digest: str
) -> None:
    """Store what is known of an article now: one transaction, fenced by the lease. `digest` is of the feed's entry."""
    now = timezone.now()
    text, title = entry.text, entry.title
    published = entry.published
    if page is not None:
        # a page that yields less than the feed itself was not understood
        text = page.text if len(page.text) >= len(entry.text) else entry.text
        title = title or page.title
        if published is None:
            published, _warning = feeds.read_date(page.published, now)
    with transaction.atomic():
        lease.renew()
        article.entry_digest = digest
        article.title = (title or article.title)[:LONGEST_TITLE]
        article.url = _stored_url(entry.url) or article.url
        if published is not None:
            article.published_at = article.listed_at = published
        if text:
            article.language = article.source.language or detect(text, default=article.language)
        if error is None:
            article.text_state, article.text_error = Article.TextState.FULL, ""
            article.text_due_at, article.text_attempts = None, 0
        else:
            article.text_error = _english(error.words)
            if article.revision_id is None or article.text_state != Article.TextState.FULL:
                article.text_state = Article.TextState.FAILED
            is_final = isinstance(error, (CrashedPage, NotAPage)) or (
                isinstance(error, apart.TooHard) and article.text_attempts >= CRASHES
            )
            rest = None if is_final else text_retry(article.text_attempts)
            asked = error.retry_after if isinstance(error, FetchError) else None
            article.text_due_at = None if rest is None else now + max(rest, asked or rest)
        if text and not (error is not None and article.text_state == Article.TextState.FULL):
            article.revision = _revision(article, text, now)
        article.save(update_fields=OURS)  # a reviewer's decision may have come meanwhile
        if article.revision is not None:
            carry_over(article.revision)
        suggest(article)
        assign_story(article)
    article.refresh_from_db()


def _revision(article: Article, text: str, now: datetime) -> Revision:
    """The article's revision with this text, made if it is new; an outlet that takes an edit back gets the old one."""
    digest = text_digest(article.title, text)
    revision = article.revisions.filter(digest=digest).first()
    if revision is None:
        last = article.revisions.order_by("-number").values_list("number", flat=True).first()
        revision = article.revisions.create(
            number=(last or 0) + 1, title=article.title, text=text, digest=digest, retrieved_at=now
        )
    return revision


def _try_pages_again(visit: _Visit) -> bool:
    """Pages that failed or were never come to, also of articles the feed has dropped meanwhile.

    Returns whether the run came to their end.
    """
    if not visit.source.full_text:
        return True
    due = Q(text_due_at__lte=timezone.now()) | Q(text_state=Article.TextState.PENDING)
    waiting = visit.source.articles.filter(due).exclude(url="").exclude(identity__in=visit.met)
    for article in waiting.select_related("source", "revision").order_by("pk")[:50]:
        if visit.is_over:
            return False
        visit.lease.renew()
        # where no page was read yet, what is stored is the feed's own text; where one was, the page alone renews it
        is_of_feed = article.revision is not None and article.text_state != Article.TextState.FULL
        entry = Entry(
            id=article.guid,
            url=article.url,
            title=article.title,
            published=article.published_at,
            text=article.revision.text if article.revision and is_of_feed else "",
        )
        try:
            # the digest of the feed's entry stays: the feed's next edit is to be noticed
            _read_and_store(visit, article, entry, article.entry_digest)
        except (Interrupted, Stopped):
            raise
        except Exception:
            log.exception("The page of an article could not be stored: %s", article.url)
            visit.count_failure(PAGE_FAILED)
    return True


# ------------------------------------------------------------------ the end of a run


def _succeed(taken: Taken, learnt: dict[str, Any], *, whole: bool) -> FetchRun:
    now, source, run = timezone.now(), taken.source, taken.run
    interval = timedelta(minutes=source.interval_minutes)
    changes: dict[str, Any] = {
        "lease_until": None,
        "attempts": 0,
        "failures": 0,
        "gone_at": None,
        "last_error": "",
        "last_error_code": "",
        "last_run_at": now,
        "last_success_at": now,
        **learnt,
    }
    if run.new:
        changes["last_new_at"] = now
    if source.adapts and whole:
        interval = next_interval(interval, _rhythm(source) if run.new else None)
        changes["interval_minutes"] = round(interval.total_seconds() / 60)
    changes["due_at"] = now + interval * random.uniform(0.9, 1.1) if whole else now
    return _close(taken, changes, None)


def _rhythm(source: Source) -> timedelta | None:
    """The usual time between the newest articles of a source; None where there are too few to tell."""
    days = list(source.articles.order_by("-listed_at").values_list("listed_at", flat=True)[:RHYTHM])
    return (days[0] - days[-1]) / (len(days) - 1) if len(days) > 2 else None


def _fail(taken: Taken, error: SourceError) -> FetchRun:
    now, source = timezone.now(), taken.source
    asked = error.retry_after if isinstance(error, FetchError) else None
    interval = timedelta(minutes=source.interval_minutes)
    rest = backoff(source.failures + 1, interval, asked, random.uniform(-1, 1))
    changes: dict[str, Any] = {
        "due_at": now + rest,
        "lease_until": None,
        "attempts": 0,
        "failures": source.failures + 1,
        "last_error": _english(error),
        "last_error_code": error.code,
        "last_run_at": now,
    }
    if isinstance(error, fetch.Gone):  # RFC 9110, 15.5.11: likely for good; asked once more, a day later
        if source.gone_at is None:
            changes |= {"gone_at": now, "due_at": now + timedelta(days=1)}
        elif now - source.gone_at >= GONE_FOR:
            changes["is_active"] = False
    return _close(taken, changes, error)


def _close(taken: Taken, changes: dict[str, Any], error: SourceError | None) -> FetchRun:
    """End the run and let go of the source, in one statement. Where another worker has it, the run says so alone."""
    run = taken.run
    run.finished_at = timezone.now()
    if error is not None:
        run.error, run.error_code = _english(error), error.code
    columns = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in changes)
    lost = Interrupted()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH closed AS (
                UPDATE articles_source SET {columns} WHERE id = %s AND lease_token = %s RETURNING id
            )
            UPDATE articles_fetchrun SET finished_at = %s, seen = %s, new = %s, updated = %s, failed = %s,
                warnings = %s,
                error = CASE WHEN EXISTS (SELECT FROM closed) THEN %s ELSE %s END,
                error_code = CASE WHEN EXISTS (SELECT FROM closed) THEN %s ELSE %s END
            WHERE id = %s RETURNING error, error_code
            """,  # noqa: S608 names of our own columns
            [
                *changes.values(),
                taken.source.pk,
                taken.lease.token,
                run.finished_at,
                run.seen,
                run.new,
                run.updated,
                run.failed,
                run.warnings,
                run.error,
                _english(lost),
                run.error_code,
                lost.code,
                run.pk,
            ],
        )
        for run.error, run.error_code in cursor.fetchall():
            pass
    if run.error_code != lost.code:
        for name, value in changes.items():
            setattr(taken.source, name, value)
    return run


def _finish(run: FetchRun, error: SourceError | None) -> FetchRun:
    run.finished_at = timezone.now()
    if error is not None:
        run.error, run.error_code = _english(error), error.code
    run.save()
    return run


def _english(words: object) -> str:
    """Words are stored in one language; `plain_words` or the template shows them in the reader's."""
    with translation.override("en"):
        return str(words)
