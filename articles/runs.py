"""A run of a source: it is taken by a lease, held while it lasts, and closed with what was learnt and when it is due.

One worker at a time reads a source. Who takes it gets a token, one higher than the last; whoever was thought dead and
was not has an older one and can neither store nor close any more (a fencing token). All of it is in PostgreSQL.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from articles import fetch
from articles.fetch import FetchError, SourceError
from articles.models import Article, FetchRun, Source

# renewed before each page, and good for what happens until the next: 20 s of waiting, 30 s of fetching, 20 s of reading
LEASE: Final = timedelta(seconds=90)
LONGEST_BACKOFF: Final = timedelta(days=1)
GONE_FOR: Final = timedelta(hours=23)  # a day, less what the schedule may be early: then «gone» is believed
RHYTHM: Final = 20  # articles, the newest, from which a source's own rhythm is read


class Interrupted(SourceError):
    code = "interrupted"
    words = _("The run was interrupted and another one took over.")


class Stopped(SourceError):
    code = "stopped"
    words = _("Somebody stopped this run. What it had read is kept; the next run goes on from there.")


class CrashedSource(SourceError):
    code = "crashed_source"
    words = _("Reading this source ended the worker again and again; it rests before it is tried again.")


class Unexpected(SourceError):
    code = "unexpected"
    words = _("Something unexpected happened; the administrators find it in the log.")


# ------------------------------------------------------------------ when the next is due


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


def rested(source: Source) -> datetime:
    return timezone.now() + timedelta(minutes=source.interval_minutes)


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

    def hold(self) -> None:
        """Fence the transaction: until it ends nobody can take the source over. Raises Interrupted where somebody
        has."""
        held = Source.objects.filter(pk=self.source_id, lease_token=self.token, lease_until__isnull=False)
        if not held.update(lease_until=timezone.now() + LEASE):
            raise Interrupted

    def begin(self, run: FetchRun, article: Article | None) -> None:
        """Hold the source for another while, show the run's counts and count the attempt at an article's page, in one
        statement. Raises Interrupted where another worker has the source, Stopped where somebody asked us to end."""
        with connection.cursor() as cursor:
            cursor.execute(
                BEGIN,
                {
                    "until": timezone.now() + LEASE,
                    "source": self.source_id,
                    "token": self.token,
                    "run": run.pk,
                    "seen": run.seen,
                    "new": run.new,
                    "updated": run.updated,
                    "failed": run.failed,
                    "warnings": run.warnings,
                    "article": article.pk if article else None,
                    "attempts": article.text_attempts if article else None,
                },
            )
            row = cursor.fetchone()
        if row is None:
            raise Interrupted
        if row[0]:
            raise Stopped


BEGIN: Final = """
WITH held AS (
    UPDATE articles_source SET lease_until = %(until)s
    WHERE id = %(source)s AND lease_token = %(token)s AND lease_until IS NOT NULL
    RETURNING id
), counted AS (
    UPDATE articles_article SET text_attempts = %(attempts)s
    WHERE id = %(article)s AND EXISTS (SELECT FROM held)
)
UPDATE articles_fetchrun
SET seen = %(seen)s, new = %(new)s, updated = %(updated)s, failed = %(failed)s, warnings = %(warnings)s
WHERE id = %(run)s AND EXISTS (SELECT FROM held)
RETURNING stop_asked
"""

_FIELDS: Final = Source._meta.concrete_fields
TAKE: Final = f"""
WITH free AS (
    SELECT id FROM articles_source
    WHERE id = %(source)s AND (lease_until IS NULL OR lease_until < %(now)s)
          AND (NOT %(only_due)s OR is_active AND due_at <= %(now)s)
    FOR NO KEY UPDATE SKIP LOCKED
), interrupted AS (  -- whoever held it before did not come to an end
    UPDATE articles_fetchrun SET finished_at = %(now)s, error = %(error)s, error_code = %(code)s
    WHERE source_id = %(source)s AND finished_at IS NULL AND EXISTS (SELECT FROM free)
), begun AS (
    INSERT INTO articles_fetchrun
        (source_id, trigger, started_at, seen, new, updated, failed, error, error_code, warnings, stop_asked)
    SELECT id, %(trigger)s, %(now)s, 0, 0, 0, 0, '', '', '{{}}', false FROM free
    RETURNING id
)
UPDATE articles_source s SET lease_token = lease_token + 1, lease_until = %(until)s, attempts = attempts + 1
FROM begun WHERE s.id = %(source)s
RETURNING {", ".join(f"s.{field.column}" for field in _FIELDS)}, begun.id, EXISTS (
    SELECT FROM articles_article a
    WHERE a.source_id = s.id AND (a.text_due_at <= %(now)s OR a.text_state = 'pending')
)
"""  # noqa: S608 our own columns


def take_lease(source_id: int, *, only_due: bool, trigger: str = FetchRun.Trigger.SCHEDULE) -> "Taken | None":
    """Take the source in one statement, counting the attempt. None where another worker holds it (or it is not due, if
    that matters)."""
    now = timezone.now()
    asked: dict[str, Any] = {
        "source": source_id,
        "now": now,
        "until": now + LEASE,
        "only_due": only_due,
        "trigger": str(trigger),
        "error": english(Interrupted()),
        "code": Interrupted.code,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, asked)
        row = cursor.fetchone()
    if row is None:
        return None
    *values, run_id, has_pages_due = row
    source = Source.from_db(connection.alias, [field.attname for field in _FIELDS], values)
    run = FetchRun(pk=run_id, source=source, trigger=trigger, started_at=now)
    run._state.adding = False
    return Taken(source, run, Lease(source.pk, source.lease_token), has_pages_due)


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


def ask_to_stop(run: FetchRun) -> bool:
    """Ask a run to end before its next entry. Returns whether it was still going."""
    return bool(FetchRun.objects.filter(pk=run.pk, finished_at=None).update(stop_asked=True))


# ------------------------------------------------------------------ the end of a run


def succeed(taken: Taken, learnt: dict[str, Any], *, whole: bool) -> FetchRun:
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
    return close(taken, changes, None)


def _rhythm(source: Source) -> timedelta | None:
    """The usual time between the newest articles of a source; None where there are too few to tell."""
    days = list(source.articles.order_by("-listed_at").values_list("listed_at", flat=True)[:RHYTHM])
    return (days[0] - days[-1]) / (len(days) - 1) if len(days) > 2 else None


def fail(taken: Taken, error: SourceError) -> FetchRun:
    now, source = timezone.now(), taken.source
    asked = error.retry_after if isinstance(error, FetchError) else None
    interval = timedelta(minutes=source.interval_minutes)
    rest = backoff(source.failures + 1, interval, asked, random.uniform(-1, 1))
    changes: dict[str, Any] = {
        "due_at": now + rest,
        "lease_until": None,
        "attempts": 0,
        "failures": source.failures + 1,
        "last_error": english(error),
        "last_error_code": error.code,
        "last_run_at": now,
    }
    if isinstance(error, fetch.Gone):  # RFC 9110, 15.5.11: likely for good; asked once more, a day later
        if source.gone_at is None:
            changes |= {"gone_at": now, "due_at": now + timedelta(days=1)}
        elif now - source.gone_at >= GONE_FOR:
            changes["is_active"] = False
    return close(taken, changes, error)


def close(taken: Taken, changes: dict[str, Any], error: SourceError | None) -> FetchRun:
    """End the run and let go of the source, in one statement. Where another worker has it, the run says so alone."""
    run = taken.run
    run.finished_at = timezone.now()
    if error is not None:
        run.error, run.error_code = english(error), error.code
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
                english(lost),
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


def finish(run: FetchRun, error: SourceError | None) -> FetchRun:
    run.finished_at = timezone.now()
    if error is not None:
        run.error, run.error_code = english(error), error.code
    run.save()
    return run


def english(words: object) -> str:
    """Words are stored in one language; `plain_words` or the template shows them in the reader's."""
    with translation.override("en"):
        return str(words)
