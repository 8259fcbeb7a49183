"""The pipeline: a source is fetched, its feed parsed, each entry stored once, its page read, its meaning suggested.

State lives in PostgreSQL, so any worker may be killed at any moment. A run holds the source by a **lease** with a
fencing token: who lost it can store nothing more. Attempts are counted before the work, what is unique is held by
constraints, and the server's validators are stored only after every entry is, so that a run that follows a killed one
finds the same feed again and ends with the same rows. No request is made inside a transaction.
"""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from articles import apart, feeds, fetch, kinds, looking, runs, taking
from articles.carrying import carry_over
from articles.extract import LONGEST_TITLE, Extracted, extract_plain
from articles.feeds import Entry, Feed
from articles.fetch import FetchError, Robots, SourceError
from articles.lexicon import Lexicon, load_lexicon
from articles.matching import Match, keep_suggestions, match
from articles.models import Article, FetchRun, Revision, Source
from articles.runs import Interrupted, Lease, Stopped, Taken, take_lease
from articles.stories import Print, assign_stories, print_of
from articles.taking import Decision, Taking, names_a_page, stored_url, text_digest
from plans import bulk
from plans.language import detect

log = logging.getLogger(__name__)

RUN: Final = timedelta(minutes=4)  # of a scheduled run; what is left follows in the next one
CRASHES: Final = 3  # a page that ended a worker this often is set aside
TRIES: Final = 6  # of a page that fails, spread over three days
CONFIRMATIONS: Final = 3  # runs in a row that are sent to the same new address before it is believed
AHEAD: Final = 3  # pages fetched while the child reads another: what it goes on with while others are stored
TOGETHER: Final = 20  # texts stored in one transaction: with those ahead what a killed worker reads again at most
AGAIN: Final = 50  # pages that failed before, tried in one run
SELDOM: Final = 5.0  # seconds between two renewals of the lease where no page is asked for
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
MOVED: Final = gettext_noop("The source has moved for good; it is read at its new address from now on.")
REST_FOLLOWS: Final = gettext_noop("There was more than one run takes on; the rest follows in the next run.")

Progress = Callable[[int, int], None]


class CrashedPage(SourceError):
    code = "crashed"
    words = _("Reading the page ended the worker three times; it is set aside and the feed's text is kept.")


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


def text_retry(attempts: int) -> timedelta | None:
    """How long after its n-th failure a page is tried again; None: never by itself."""
    return timedelta(minutes=30) * 3 ** (attempts - 1) if attempts < TRIES else None


# ------------------------------------------------------------------ one run


def import_source(
    source: Source,
    *,
    trigger: str = FetchRun.Trigger.SCHEDULE,
    only_due: bool = False,
    texts: bool = True,
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
        texts=texts,
    )
    try:
        if taken.source.attempts > 2 * CRASHES and trigger == FetchRun.Trigger.SCHEDULE:
            raise runs.CrashedSource
        if feed is not None:
            return runs.succeed(taken, {}, whole=_take_in(visit, feed, progress))
        return _read(visit, taken, progress)
    except Interrupted as error:
        return runs.finish(run, error)
    except Stopped as error:
        return runs.close(taken, {"lease_until": None, "attempts": 0, "due_at": runs.rested(taken.source)}, error)
    except SourceError as error:
        return runs.fail(taken, error)
    except Exception:
        log.exception("The import of %s ended unexpectedly", taken.source.slug)
        return runs.fail(taken, runs.Unexpected())
    except BaseException:  # stopped by a person or the supervisor: the next run goes on at once
        runs.close(taken, {"lease_until": None}, Interrupted())
        raise
    finally:  # what the caller holds is what is stored now, without another question
        for column in Source._meta.concrete_fields:
            setattr(source, column.attname, getattr(taken.source, column.attname))


@dataclass
class _Visit:
    """One run at work."""

    source: Source
    run: FetchRun
    lease: Lease
    ends: datetime | None
    has_pages_due: bool = False
    texts: bool = True
    robots: Robots = field(default_factory=Robots)
    in_hand: dict[str, fetch.Response] = field(default_factory=dict)  # pages fetched already: a source may be one
    begun_at: float = 0.0
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

    @cached_property
    def lexicon(self) -> Lexicon:
        """The names as they are when the run begins."""
        return load_lexicon()

    def begin(self, article: Article | None) -> None:
        """Hold the source for another while, show the counts and count the attempt at an article's page, in one
        statement. Raises Interrupted where another worker has the source, Stopped where somebody asked us to end."""
        if article is None and time.monotonic() - self.begun_at < SELDOM:
            return
        self.begun_at = time.monotonic()
        self.lease.begin(self.run, article)


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
        found = looking.look(response, kind=source.kind, selector=source.selector, before_each=visit.lease.renew)
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
    return runs.succeed(taken, learnt, whole=whole)


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
    if feed.title and source.name == looking.host_of(source.url):
        learnt["name"] = feed.title[:200]
    if feed.homepage and not source.homepage:
        learnt["homepage"] = feed.homepage
    return learnt


def _take_in(visit: _Visit, feed: Feed, progress: Progress | None) -> bool:
    """Store every entry. Returns whether the run came to the end of the feed."""
    if visit.is_over:
        visit.run.warnings = [*visit.run.warnings, REST_FOLLOWS]
        return False
    source = visit.source
    wanted = [entry for entry in feed.entries if kinds.wanted(entry, source.must_have, source.must_not_have)]
    if len(wanted) < len(feed.entries):
        visit.leave_out()
    takings = taking.sort_out(source, wanted, visit.met)
    visit.run.seen = len(feed.entries)
    fresh = [one for one in takings if one.decision is Decision.ADD]
    # the articles first, their texts later: an article is known even if its page ends the worker
    failed = taking.add(visit.run, visit.lease, fresh) if fresh else []
    for _one in failed:
        visit.count_failure(SOME_FAILED)
    if failed or not fresh:
        visit.lease.begin(visit.run, None)
    taking.note_edits([one for one in takings if one.decision is Decision.REVISE])
    if not visit.texts:
        return False
    work = _to_be_read(visit, [one for one in takings if one.key is not None])
    idle = len(feed.entries) - len(work)

    def tell(done: int) -> None:
        if progress is not None and feed.entries:
            progress(idle + done, len(feed.entries))

    tell(0)
    if not _read_texts(visit, work, tell):
        visit.run.warnings = [*visit.run.warnings, REST_FOLLOWS]
        return False
    return True


@dataclass
class _Item:
    """An article whose text is to be read, with what the feed says of it and, later, what its page says."""

    article: Article
    entry: Entry
    digest: str  # of the feed's entry: what the article is to remember
    is_edit: bool = False
    is_begun: bool = False  # its attempt is counted
    before: int | None = field(init=False)  # the revision it had
    page: Extracted | None = None
    error: SourceError | None = None
    text: str = ""  # to be kept; empty where there is none, or none that is better than what is kept
    meaning: Match | None = None
    print: Print | None = None

    def __post_init__(self) -> None:
        self.before = self.article.revision_id


def _to_be_read(visit: _Visit, takings: list[Taking]) -> list[_Item]:
    """The articles whose texts are to be read, in the order of the feed."""
    articles = Article.objects.in_bulk([one.key for one in takings])
    items = []
    for one in takings:
        article = articles.get(one.key)
        if article is not None:  # else removed in this very moment
            article.source = visit.source
            items.append(_Item(article, one.entry, one.entry.digest, is_edit=one.decision is Decision.REVISE))
    return items


# ------------------------------------------------------------------ texts: a page is fetched while the last one is read


def _read_texts(visit: _Visit, work: list[_Item], done: Callable[[int], object]) -> bool:
    """Fetch the articles' pages and store their texts. Returns whether the run came to their end.

    While the child reads one page, the next are fetched here and the last ones weighed and stored, some together. What
    a killed worker had in hand is read again. A page that was begun before and not ended is read alone, so that what
    ends workers is found out and nothing else is blamed.
    """
    reading: deque[tuple[_Item, Future[Extracted]]] = deque()
    in_hand: list[_Item] = []
    whole = True

    def weigh(item: _Item) -> None:
        _weigh(visit, item)
        in_hand.append(item)

    def collect(left: int) -> None:
        """Weigh what was read, in the order of the feed, until the child has so many pages left."""
        while len(reading) > left:
            item, page = reading[0]
            try:
                item.page = page.result()
            except SourceError as error:
                item.error = error
            reading.popleft()
            weigh(item)
            if len(in_hand) >= TOGETHER:
                keep()

    def keep() -> None:
        _store(visit, in_hand)
        in_hand.clear()

    def store() -> None:
        collect(0)
        keep()

    child = ThreadPoolExecutor(1, "reader")  # one page at a time; the thread only waits
    try:
        for number, item in enumerate(work, start=1):
            if visit.is_over:
                whole = False
                break
            alone = item.article.text_attempts > 0
            if alone:
                store()
            html: tuple[str, str] | None = None
            try:
                html = _page_of(visit, item)
            except SourceError as error:
                if isinstance(error, (Interrupted, Stopped)):
                    raise
                item.error = error
            if html is not None:
                reading.append((item, child.submit(apart.reader.read, *html)))
                collect(AHEAD)
            else:
                weigh(item)
            if alone:
                store()
            elif len(in_hand) >= TOGETHER:
                keep()
            done(number)
        if reading:
            visit.lease.hold()  # those the child still has may take it nearly as long as a lease lasts
        keep()  # while the last pages are read
        store()
    except Interrupted:
        raise
    except Stopped:
        store()
        raise
    except BaseException:  # the process is to end: what is read already is kept
        while reading and reading[0][1].done():
            collect(len(reading) - 1)
        keep()
        raise
    finally:
        if reading:
            child.shutdown(wait=False, cancel_futures=True)
            apart.reader.interrupt()
        child.shutdown()
    visit.show()
    return whole


def _page_of(visit: _Visit, item: _Item) -> tuple[str, str] | None:
    """The article's page and its address, for the child to read; None where there is none to be read apart.

    Raises a SourceError where there ought to be one.
    """
    article, url = item.article, item.entry.url
    if not (visit.source.full_text and names_a_page(url)):
        visit.begin(None)
        return None
    # counted before the work, so that a page that kills the worker cannot do so for ever; of an article that was read
    # before, a page that merely fails is not tried as often as this
    if article.text_attempts >= (CRASHES if article.text_state == Article.TextState.PENDING else TRIES):
        raise CrashedPage
    article.text_attempts += 1
    visit.begin(article)
    item.is_begun = True
    response = visit.in_hand.get(url) or fetch.fetch(url, accept=PAGE_TYPES, robots=visit.robots)
    text, is_plain = looking.markup_of(response)
    if is_plain:
        item.page = extract_plain(text)
        return None
    return text, response.url


def _weigh(visit: _Visit, item: _Item) -> None:
    """Judge what is known of an article now, and what it means; nothing is stored yet."""
    now, article, entry, page, error = timezone.now(), item.article, item.entry, item.page, item.error
    text, title, published = entry.text, entry.title, entry.published
    if page is not None:
        # a page that yields less than the feed itself was not understood
        text = page.text if len(page.text) >= len(entry.text) else entry.text
        title = title or page.title
        if published is None:
            published, _warning = feeds.read_date(page.published, now)
    article.entry_digest = item.digest
    article.title = (title or article.title)[:LONGEST_TITLE]
    article.url = stored_url(entry.url) or article.url
    if published is not None:
        article.published_at = article.listed_at = published
    if text:
        article.language = visit.source.language or (
            page.language if page and text is page.text and page.language else detect(text, default=article.language)
        )
    elif article.revision_id is None:
        article.language = visit.source.language or detect(article.title, default=article.language)
    # a text that was read whole is not given up for the feed's because its page fails today
    item.text = "" if error is not None and article.text_state == Article.TextState.FULL else text
    if error is None:
        article.text_state, article.text_error = Article.TextState.FULL, ""
        article.text_due_at, article.text_attempts = None, 0
    else:
        visit.count_failure(PAGE_FAILED, runs.english(error.words))
        article.text_error = runs.english(error.words)
        if article.revision_id is None or article.text_state != Article.TextState.FULL:
            article.text_state = Article.TextState.FAILED
        is_final = isinstance(error, (CrashedPage, looking.NotAPage)) or (
            isinstance(error, apart.TooHard) and article.text_attempts >= CRASHES
        )
        rest = None if is_final else text_retry(article.text_attempts)
        asked = error.retry_after if isinstance(error, FetchError) else None
        article.text_due_at = None if rest is None else now + max(rest, asked or rest)
    if item.text or article.revision_id is None:
        item.meaning = match(item.text, article.title, article.language or None, lexicon=visit.lexicon)
        item.print = print_of(item.text)


def _store(visit: _Visit, items: list[_Item]) -> None:
    """Store what is known of articles now; where that fails, one by one: one bad entry never stops the rest."""
    if not items:
        return
    try:
        with transaction.atomic():
            visit.lease.hold()
            edited = _add_revisions(items)
            # in one exchange; what is a reviewer's stays: a decision may have come meanwhile
            bulk.update([item.article for item in items], *OURS)
            for article in edited:
                if article.revision is not None:
                    carry_over(article.revision)
            keep_suggestions([(item.article, item.meaning) for item in items if item.meaning])
            assign_stories([(item.article, item.print) for item in items if item.print])
    except Interrupted:
        raise
    except Exception:
        if len(items) > 1:
            for item in items:
                _store(visit, [item])
            return
        article = items[0].article
        log.exception("An entry of %s could not be stored: %s", visit.source.slug, article.url or article.guid)
        visit.count_failure(SOME_FAILED)
        if items[0].is_begun:
            # that it could not be stored is no fault of the page: only what ends the worker is to be counted
            begun = Article.objects.filter(pk=article.pk, text_attempts__gt=0)
            begun.update(text_attempts=F("text_attempts") - 1)
        return
    visit.run.updated += len(edited)


def _add_revisions(items: list[_Item]) -> list[Article]:
    """Give each article the revision with its text, made if it is new: an outlet that takes an edit back gets the old
    one. Returns the articles whose text is another than it was."""
    now = timezone.now()
    kept: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)  # by article and digest: key and number
    edited = [item.article.pk for item in items if item.text and item.before is not None]
    if edited:
        rows = Revision.objects.filter(article__in=edited).values_list("article", "digest", "pk", "number")
        for owner, digest, key, number in rows:
            kept[owner][digest] = key, number
    fresh = []
    for item in items:
        article, item.article.revision_id = item.article, item.before
        if not item.text:
            continue
        digest = text_digest(article.title, item.text)
        known = kept[article.pk]
        if digest in known:
            article.revision_id = known[digest][0]
            continue
        number = max((number for _key, number in known.values()), default=0) + 1
        fresh.append(
            Revision(
                article=article, number=number, title=article.title, text=item.text, digest=digest, retrieved_at=now
            )
        )
    bulk.insert(fresh)
    for revision in fresh:
        revision.article.revision = revision
    return [item.article for item in items if item.before is not None and item.article.revision_id != item.before]


def _try_pages_again(visit: _Visit) -> bool:
    """Pages that failed or were never come to, also of articles the feed has dropped meanwhile.

    Returns whether the run came to their end.
    """
    if not visit.source.full_text:
        return True
    due = Q(text_due_at__lte=timezone.now()) | Q(text_state=Article.TextState.PENDING)
    waiting = visit.source.articles.filter(due).exclude(url="").exclude(identity__in=visit.met)
    work = []
    for article in waiting.select_related("revision").order_by("pk")[:AGAIN]:
        article.source = visit.source
        # where no page was read yet, what is stored is the feed's own text; where one was, the page alone renews it
        is_of_feed = article.revision is not None and article.text_state != Article.TextState.FULL
        entry = Entry(
            id=article.guid,
            url=article.url,
            title=article.title,
            published=article.published_at,
            text=article.revision.text if article.revision and is_of_feed else "",
        )
        # the digest of the feed's entry stays: the feed's next edit is to be noticed
        work.append(_Item(article, entry, article.entry_digest))
    return _read_texts(visit, work, lambda done: None)
