"""Speed, measured on this machine: `make bench`, or `python -m bench pages matching size …` for a part.

Everything runs on an embedded PostgreSQL of its own in a temporary folder, filled with the seeds and the demo news,
read over loopback HTTP. Machines differ and are noisy: compare ratios of one run, not figures of two.
"""

import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DATA = Path(tempfile.mkdtemp(prefix="mithaq-bench-"))
DATA.chmod(0o711)  # as root, PostgreSQL runs as another user, who must get in
for variable in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG"):
    os.environ.pop(variable, None)
os.environ |= {"MITHAQ_DATA": str(DATA), "MITHAQ_PRESS": "127.0.0.1:0", "DATABASE_POOL": "false"}
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402 settings read the environment above

django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from articles import importer, matching, stories  # noqa: E402
from articles.lexicon import Lexicon, load_lexicon  # noqa: E402
from articles.models import Article, Revision, Source  # noqa: E402
from bench import anchoring, searching  # noqa: E402
from bench.ingestion import ingestion  # noqa: E402
from config.embedded import PostgresServer  # noqa: E402
from config.press import PressServer, load_press  # noqa: E402
from plans.models import Plan, User  # noqa: E402
from plans.rights import BACKEND  # noqa: E402

settings.ROOT_URLCONF = "bench.urls"
ROUNDS = 15


def median(deed: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median time in seconds of a deed, after one round to warm up."""
    deed()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        deed()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def tell(what: str, figure: str) -> None:
    print(f"  {what:<46} {figure:>22}")


@contextmanager
def press() -> Iterator[str]:
    """The demo press on any free port; gives its address."""
    server = PressServer(("127.0.0.1", 0), load_press(settings.BASE_DIR / "seeds" / "demo" / "news"), DATA)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.MITHAQ_PRESS = server.base.removeprefix("http://")
    settings.FETCH_ALLOWED_HOSTS = [settings.MITHAQ_PRESS]
    try:
        yield server.base
    finally:
        server.shutdown()
        server.server_close()


def match() -> None:
    """What it costs to say which plan a text concerns."""
    print("Matching")
    texts = list(Revision.objects.values_list("title", "text"))
    words = sum(len(text.split()) for _title, text in texts) / len(texts)
    lexicon = load_lexicon()

    def all_of_them() -> None:
        for title, text in texts:
            matching.match(text, title, lexicon=lexicon)

    tell(f"suggestions, texts of {words:.0f} words", f"{len(texts) / median(all_of_them, 5):.0f} texts/s")
    one = median(lambda: [stories.shingles(text) for _title, text in texts], 5)
    tell("shingles of a story", f"{len(texts) / one:.0f} texts/s")
    build = median(lambda: Lexicon(lexicon.names, lexicon.sides, lexicon.members).gazetteer, 5)
    tell(f"building the automaton of {len(lexicon.names)} names", f"{build * 1000:.0f} ms")


def pages() -> None:
    """What a page costs in the server, beside the page that only asks whether the database answers."""
    print("Pages, signed in as administrator (median of one request; ×: times the health page)")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="demo-admin"), BACKEND)
    waiting = Article.objects.waiting().first()
    assert waiting
    health = median(lambda: client.get("/health/"))
    for path in [
        "/en/",
        "/ar/",
        "/en/plans/gcc-aze/",
        "/ar/plans/gcc-aze/",
        "/en/news/",
        f"/ar/review/{waiting.pk}/",
        "/en/sources/",
        "/en/search/?q=energy",
        "/ar/admin/plans/plan/",
    ]:
        assert client.get(path).status_code == 200, path
        seconds = median(lambda path=path: client.get(path))  # type: ignore[misc]
        tell(path, f"{seconds * 1000:.0f} ms  {seconds / health:.0f}×")


def p95(deed: Callable[[], object], rounds: int = 40) -> float:
    """Return the time in seconds that nineteen of twenty rounds stay under."""
    deed()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        deed()
        times.append(time.perf_counter() - began)
    return statistics.quantiles(times, n=20)[-1]


def size() -> None:
    """What pages cost among many plans, beside their own SQL asked by psycopg alone and an empty view of Django's."""
    plans, commitments = int(os.environ.get("PLANS", "500")), int(os.environ.get("COMMITMENTS", "50000"))
    began = time.perf_counter()
    call_command("synthesize", plans=plans, commitments=commitments)
    print(f"Among {plans} plans and {commitments} commitments, made in {time.perf_counter() - began:.0f} s")
    print("  p95 of a request, signed in: kept since the last change of the plans, and drawn after one")
    print(f"  {'':<26}     kept    drawn      SQL    empty  kept/SQL  drawn/SQL  queries   kB")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="demo-admin"), BACKEND)
    empty = p95(lambda: client.get("/empty/"))
    largest = Plan.objects.alias(n=Count("commitments")).earliest("-n", "pk")
    for path in ["/en/", f"/en/plans/{largest.slug}/", "/en/my/", "/en/table/"]:
        with CaptureQueriesContext(connection) as asked:
            response = client.get(path)
        assert response.status_code == 200, path
        queries = [query["sql"] for query in asked.captured_queries]
        statements = [query.encode() for query in queries if query.startswith("SELECT")]
        alone = connection.connection
        assert alone is not None

        def sql(statements: list[bytes] = statements, alone: Any = alone) -> None:
            for statement in statements:
                alone.execute(statement).fetchall()

        def draw(path: str = path) -> None:
            caches["pages"].clear()
            client.get(path)

        drawn, bare = p95(draw), p95(sql)
        kept = p95(lambda path=path: client.get(path))  # type: ignore[misc]
        times = "".join(f"{seconds * 1000:>6.0f} ms" for seconds in (kept, drawn, bare)) + f"{empty * 1000:>6.1f} ms"
        ratios = f"{kept / bare:>8.1f}× {drawn / bare:>9.1f}×"
        print(f"  {path:<26}{times} {ratios} {len(queries):>8} {len(response.content) // 1000:>4}")


def tell_of_anchoring() -> None:
    print("Quotes found again after an edit, 60 tries each")
    for what, figures in anchoring.report():
        print(f"  {what:<46} {figures}")


def search() -> None:
    """What search costs among ARTICLES invented articles, a million unless said otherwise."""
    began = time.perf_counter()
    call_command("synthesize", articles=int(os.environ.get("ARTICLES", "1000000")))
    print(f"Invented news loaded and indexed in {time.perf_counter() - began:.0f} s")
    searching.measure()


PARTS = ("ingestion", "matching", "pages", "size", "anchoring")
LONG_PARTS = ("search", "review")  # each fills the database with a million rows first


def main() -> None:
    asked = sys.argv[1:] or PARTS
    if unknown := set(asked) - {*PARTS, *LONG_PARTS}:
        sys.exit(f"No such part: {', '.join(sorted(unknown))}. Parts: {', '.join((*PARTS, *LONG_PARTS))}")
    with PostgresServer(DATA, is_durable=False, say=lambda words: None) as server, press():
        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        call_command("seed")
        print(f"Seeds\n  {'all of them, into an empty database':<46} {time.perf_counter() - began:>20.1f} s")
        if "ingestion" in asked:
            assert server.cluster
            ingestion(int((server.cluster / "postmaster.pid").read_text().split()[0]))
            call_command("seed")  # the sources, which the comparison has cleared away
        for source in Source.objects.filter(is_active=True):
            importer.import_source(source)
        if "matching" in asked:
            match()
        if "pages" in asked:
            pages()
        if "size" in asked:
            size()
        if "search" in asked:
            search()
        if "anchoring" in asked:
            tell_of_anchoring()
        if "review" in asked:
            from bench.review import review

            review(tell)
        if not sys.argv[1:]:
            print(f"Not measured, as each makes a million rows first: make bench ARGS='{' '.join(LONG_PARTS)}'")
        django.db.connections.close_all()


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
