"""What may be wrong with an installation, and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

OLDEST_POSTGRES = 150_000  # PostgreSQL 15, as the server itself counts


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` says what to do, and is empty where nothing is wrong."""

    what: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return not self.mend


def examine() -> Iterator[Finding]:
    """Look at everything in turn; where the database does not answer, what needs it is left out."""
    yield _arabic()
    yield from _safety()
    yield _broker()
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding(f"database: {str(error).splitlines()[0]}", "Check DATABASE_URL and that PostgreSQL runs.")
        return
    yield _database()
    migrations = _migrations()
    yield migrations
    if migrations.is_well:
        looks: list[Callable[[], Finding]] = [_seeds, _sources, _administrator]
        for look in looks:
            yield look()


def _arabic() -> Finding:
    compiled = settings.BASE_DIR / "locale" / "ar" / "LC_MESSAGES" / "django.mo"
    source = compiled.with_suffix(".po")
    if not compiled.exists():
        return Finding("the Arabic is not compiled", "Run `make install`.")
    if compiled.stat().st_mtime < source.stat().st_mtime:
        return Finding("the Arabic was changed since it was compiled", "Run `make install`.")
    return Finding("the Arabic is compiled")


def _safety() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            "DEBUG is on: errors show the inside to everybody", "Unset DEBUG where others can reach the site."
        )
    if settings.EMBEDDED_POSTGRES:
        yield Finding("embedded PostgreSQL: for one machine, to try and to develop")
        return
    if not settings.HTTPS:
        yield Finding("HTTPS is off: cookies travel in the open", "Set HTTPS=true behind a proxy with TLS.")
    if "localhost" in settings.DEFAULT_FROM_EMAIL:
        yield Finding(
            "no contact: publishers cannot reach whoever reads their feeds", "Set DEFAULT_FROM_EMAIL, EMAIL_URL."
        )


def _broker() -> Finding:
    from config.celery import app

    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:
        if settings.EMBEDDED_VALKEY:
            return Finding("the broker rests: it runs with `make run` alone")
        return Finding(
            f"broker: {error}", "Check REDIS_URL and that Redis or Valkey runs; until then nothing is imported."
        )
    workers = app.control.ping(timeout=1)
    if not workers:
        return Finding(
            "the broker answers, but no worker does", "Start one: celery --app config worker (see compose.yaml)."
        )
    return Finding(f"the broker answers, and so many workers: {len(workers)}")


def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
        cursor.execute("SHOW server_encoding")
        encoding = cursor.fetchone()[0]
    assert connection.connection is not None
    if connection.connection.info.server_version < OLDEST_POSTGRES:
        return Finding(f"PostgreSQL {version} is too old", "Mithaq needs PostgreSQL 15 or newer.")
    if encoding != "UTF8":
        return Finding(
            f"the database stores {encoding}", "Make a database with ENCODING 'UTF8' and load the data there."
        )
    return Finding(f"PostgreSQL {version}, UTF8")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if left:
        return Finding(f"migrations not applied: {len(left)}", "Run `manage.py migrate`.")
    return Finding("every migration is applied")


def _seeds() -> Finding:
    from plans.models import Alias, Plan

    plans, aliases = Plan.objects.count(), Alias.objects.count()
    if not plans or not aliases:
        return Finding(f"{plans} plans and {aliases} aliases: nothing can be matched", "Run `manage.py seed`.")
    return Finding(f"{plans} plans, {aliases} aliases")


def _sources() -> Finding:
    from articles import importer
    from articles.models import Source

    active = Source.objects.filter(is_active=True)
    if not active.exists():
        return Finding("no source is switched on", "Switch sources on, or add one, on the page «Sources».")
    judged: Any = active.with_health(timezone.now())
    sick = judged.filter(health__in=("failing", "quiet"))
    named = [
        f"{source.name} ({importer.plain_words(source.last_error_code, source.last_error) or 'nothing new for long'})"
        for source in sick[:6]
    ]
    if named:
        more = ", and more" if len(named) > 5 else ""
        return Finding(
            f"sources that fail or fell silent: {'; '.join(named[:5])}{more}",
            "What to do about each stands on the page «Sources».",
        )
    late = active.filter(due_at__lt=timezone.now() - timedelta(hours=1)).count()
    if late:
        return Finding(f"sources due for more than an hour: {late}", "Is a worker running, and the scheduler?")
    return Finding(f"{active.count()} sources are read, none of them late")


def _administrator() -> Finding:
    from plans.models import User

    if (
        not User.objects.filter(is_superuser=True).exists()
        and not User.objects.filter(groups__name="administrator", is_demo=False).exists()
    ):
        return Finding("there is no administrator besides the demo's", "Run `manage.py createsuperuser`.")
    return Finding("there is an administrator")
