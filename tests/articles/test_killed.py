"""Everything that can die dies in the middle of an import, by kill -9, and not a row is lost or doubled."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from django.conf import settings

from config import embedded
from config.embedded import PostgresServer
from config.up import Service, Supervisor, services
from tests.feeds.server import Outlet
from tests.feeds.writing import MEETING, PARAGRAPHS, item, page, rss

SOURCES, ENTRIES = 50, 40
ALL = SOURCES * ENTRIES

# every row of the news, without what hangs on the moment and the order of making
ROWS: dict[str, LiteralString] = {
    "articles": """
        SELECT a.identity, s.slug, a.guid, a.url, a.title, a.language, a.published_at, a.listed_at, a.text_state,
               a.text_error, a.text_attempts, a.text_due_at, a.entry_digest, a.state, a.score, r.number, r.digest
        FROM articles_article a JOIN articles_source s ON s.id = a.source_id
        LEFT JOIN articles_revision r ON r.id = a.revision_id ORDER BY a.identity
    """,
    "revisions": """
        SELECT a.identity, r.number, r.title, r.text, r.digest
        FROM articles_revision r JOIN articles_article a ON a.id = r.article_id ORDER BY a.identity, r.number
    """,
    "suggestions": """
        SELECT a.identity, p.slug, c.slug, g.score, g.reasons::text, g.state
        FROM articles_suggestion g JOIN articles_article a ON a.id = g.article_id
        LEFT JOIN plans_plan p ON p.id = g.plan_id LEFT JOIN plans_sector c ON c.id = g.sector_id
        ORDER BY a.identity, p.slug, c.slug
    """,
    "stories": """
        SELECT l.identity, array_agg(a.identity ORDER BY a.identity)
        FROM articles_story t JOIN articles_article l ON l.id = t.lead_id JOIN articles_article a ON a.story_id = t.id
        GROUP BY t.id, l.identity ORDER BY l.identity
    """,
    "fingerprints": """
        SELECT a.identity, f.bands FROM articles_fingerprint f JOIN articles_article a ON a.id = f.article_id
        ORDER BY a.identity
    """,
    "sources": "SELECT slug, etag, failures, attempts, lease_until FROM articles_source WHERE is_active ORDER BY slug",
}
READ = "SELECT count(*) FROM articles_article WHERE text_state = 'full'"
UNREAD = """
SELECT count(*) FROM articles_source
WHERE is_active AND (last_success_at IS NULL OR lease_until IS NOT NULL OR due_at <= now())
"""
# leases of the dead run out in a minute and a half, and a source that failed comes again in an hour: here at once
TIME_GOES_BY = "UPDATE articles_source SET lease_until = NULL, due_at = now()"
AFRESH = """
SET session_replication_role = replica;
TRUNCATE articles_article, articles_story, articles_fetchrun CASCADE;
SET session_replication_role = DEFAULT;
UPDATE articles_source
SET etag = '', last_success_at = NULL, last_run_at = NULL, last_new_at = NULL, due_at = now(), interval_minutes = 60
"""


def publish(outlet: Outlet) -> None:
    """Fifty outlets with forty articles each; the first article of two neighbours is one agency's."""
    words = " ".join(PARAGRAPHS["en"]).split()
    for source in range(SOURCES):
        items = []
        for entry in range(ENTRIES):
            path, minute = f"/{source}/{entry}", source * ENTRIES + entry
            dice = random.Random(source // 2 if entry == 0 else f"{source} {entry}")
            said = [" ".join(dice.sample(words, 30)) + "." for _paragraph in range(2)]
            text = [*said, MEETING[1]] if entry % 10 == 0 else said
            date = f"Mon, 23 Nov 2026 {minute // 60 % 24:02}:{minute % 60:02}:{minute // 1440:02} GMT"
            outlet.put(path, page(f"News {source} {entry}", *text))
            items.append(item(f"News {source} {entry}", outlet.url(path), guid=f"{source}-{entry}", pubDate=date))
        outlet.put_feed(f"/{source}/feed.xml", rss(*items), headers={"ETag": f'"{source}"'})


class Site:
    """Database, broker, worker and scheduler of a data folder, kept by the supervisor of `up`."""

    def __init__(self, data: Path, outlet: Outlet, database: PostgresServer, lock: int) -> None:
        self.data, self.database, self.said = data, database, list[str]()
        kept = [one for one in services(data, 0, lock, with_press=False) if one.name != "web"]
        left_out = ("DATABASE_URL", "REDIS_URL", "DATABASE_POOL")
        self.environment = {name: value for name, value in os.environ.items() if name not in left_out}
        self.environment |= {"MITHAQ_DATA": str(data), "MITHAQ_SCAN_SECONDS": "3", "FETCH_ALLOWED_HOSTS": outlet.netloc}
        self.supervisor = Supervisor(kept, self.environment, self.said.append, database)

    def manage(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def service(self, name: str) -> Service:
        return next(one for one in self.supervisor.services if one.name == name)

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        place = embedded.database_settings(self.data)
        return psycopg.connect(
            host=place["HOST"], port=place["PORT"], user=place["USER"], dbname=place["NAME"], autocommit=True
        )

    def do(self, statements: LiteralString) -> None:
        with self.connect() as connection:
            connection.execute(statements)

    def ask(self, question: LiteralString) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(question).fetchall()

    def count(self, question: LiteralString) -> int:
        """The one number a question asks for; -1 while the database is down."""
        try:
            return int(self.ask(question)[0][0])
        except psycopg.Error:
            return -1

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.ask(question) for name, question in ROWS.items()}

    def until(self, holds: Callable[[], bool], seconds: float = 400) -> None:
        """Keep the services running, as `up` does, until something holds."""
        ends, pause = time.monotonic() + seconds, threading.Event()
        while not holds():
            if time.monotonic() > ends:
                pytest.fail("\n".join([*self.said, self.logs()]))
            self.supervisor.look(time.monotonic())
            pause.wait(0.1)

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.data.glob("*.log")))

    # -------------------------------------------------------------- deaths

    def kill_service(self, name: str) -> None:
        """A service and all it has started die at once."""
        self.service(name).tell(signal.SIGKILL)

    def kill_database(self) -> None:
        """The server and every process of it die at once, as in a power cut."""
        assert self.database.cluster
        postmaster = int((self.database.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        for number in (postmaster, *children(postmaster)):
            os.kill(number, signal.SIGKILL)

    def empty_broker(self) -> None:
        self.until(lambda: embedded.valkey_answers(self.data))
        with embedded_client(self.data) as client:
            client.flushall()


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(number) for number in listed.split()]


@contextmanager
def embedded_client(data: Path) -> Iterator[Any]:
    import redis

    client = redis.Redis(unix_socket_path=str(embedded.valkey_socket(data)))
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def site(outlet: Outlet) -> Iterator[Site]:
    data = Path(tempfile.mkdtemp(prefix="mithaq-killed-"))
    data.chmod(0o711)  # as root, PostgreSQL runs as another user, who must get in
    try:
        with PostgresServer(data, say=lambda words: None) as database, embedded.valkey_lock(data) as lock:
            site = Site(data, outlet, database, lock)
            site.manage("migrate", "--verbosity", "0")
            site.manage("seed", "--facts-only")
            site.do("UPDATE articles_source SET is_active = false")
            told = [
                {"slug": f"outlet-{n}", "name": f"Outlet {n}", "url": outlet.url(f"/{n}/feed.xml")}
                for n in range(SOURCES)
            ]
            (data / "sources.json").write_text(
                json.dumps([{"model": "articles.source", "fields": fields} for fields in told])
            )
            site.manage("loaddata", str(data / "sources.json"), "--verbosity", "0")
            try:
                yield site
            finally:
                site.supervisor.stop()
    finally:
        shutil.rmtree(data)


def test_killing_each_part_in_turn_and_emptying_the_broker_loses_and_doubles_nothing(
    site: Site, outlet: Outlet
) -> None:
    publish(outlet)
    site.supervisor.start()
    site.until(lambda: site.count(UNREAD) == 0)
    undisturbed = site.rows()
    assert len(undisturbed["articles"]) == len(undisturbed["revisions"]) == site.count(READ) == ALL
    assert len(undisturbed["stories"]) == SOURCES // 2
    assert undisturbed["suggestions"]

    site.supervisor.stop()
    site.do(AFRESH)
    site.supervisor.start()
    deaths: list[Callable[[], None]] = [
        lambda: site.kill_service("worker"),
        lambda: site.kill_service("beat"),
        lambda: site.kill_service("valkey"),
        site.empty_broker,
        site.kill_database,
    ]
    read = 0
    for death in deaths:
        read += ALL // (len(deaths) + 1)
        site.until(lambda: site.count(READ) >= read)  # noqa: B023 called at once
        death()
        site.until(lambda: site.count(READ) >= 0)
        site.do(TIME_GOES_BY)
    site.until(lambda: site.count(UNREAD) == 0)
    assert site.rows() == undisturbed
