"""Ingestion, measured: `python -m bench ingestion`. The same feeds and pages, on the same machine, in turns:

(a) the floor: feeds parsed and pages read in one process, nothing else;
(b) our import from the request to PostgreSQL, with matching, stories and all indexes, by one worker and by two;
(c) the package `reader` on the same feeds, for the part that feeds are, beside one worker of ours and beside two.

Short rounds follow one another, as a machine that others use too is faster now and slower then; ratios are of all
rounds together, with those of the slowest and the fastest round. Two cores that are threads of one are each slower
while both are busy: the same pages then cost the child more CPU than the floor, and how much is told. `SOURCES`,
`ENTRIES` and `ROUNDS` set how much.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from bench.outlets import Sample, sample

SOURCES, ENTRIES = int(os.environ.get("SOURCES", "4")), int(os.environ.get("ENTRIES", "40"))
ROUNDS: Final = int(os.environ.get("ROUNDS", "9"))
ALL_THAT_IS_DUE: Final = "[]\n"  # told to a worker
FEEDS: Final = max(SOURCES, 24)  # for the part that feeds are, which is done in a moment
TICK: Final = os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------ processes


def cpu(*processes: int) -> float:
    """Seconds of CPU that processes, and the ended ones they waited for, have taken so far."""
    return sum(sum(_taken(number)) for number in processes)


def _taken(number: int) -> tuple[float, float]:
    """Seconds of CPU of a process itself, and of the ended ones it waited for."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, 0.0
    own, system, waited, waited_system = (int(field) / TICK for field in fields[11:15])
    return own + system, waited + waited_system


def children(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(place.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


@contextmanager
def outlets() -> Iterator[tuple[str, int]]:
    """Our outlets in a process of their own; gives their address and its number."""
    command = [sys.executable, "-m", "bench.outlets", str(FEEDS), str(ENTRIES)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin and server.stdout
    try:
        yield f"127.0.0.1:{int(server.stdout.readline())}", server.pid
    finally:
        server.stdin.close()
        server.wait()


class Worker:
    """A process that reads what is due until nothing is, as a Celery worker does, and says what it took."""

    def __init__(self, place: str) -> None:
        environment = {**os.environ, "FETCH_ALLOWED_HOSTS": place}
        command = [sys.executable, "-m", "bench.ingestion", place]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.listen()  # it has warmed up

    def listen(self) -> dict[str, Any]:
        assert self.process.stdout
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def start(self, what: str) -> None:
        """Let it read all that is due, or the feeds of sources with these keys, a list in JSON."""
        assert self.process.stdin
        self.process.stdin.write(what)
        self.process.stdin.flush()

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def work(place: str) -> None:
    """The worker's side: warm up, then at each line read what is due, or of these sources the feeds alone."""
    import django

    django.setup()
    from django.utils import timezone

    from articles import apart, importer, matching, runs
    from articles.lexicon import load_lexicon
    from articles.models import Source

    def parts() -> tuple[float, float]:
        """What this process has taken itself, and what its children have, ended ones included."""
        own, waited = _taken(os.getpid())
        return own, waited + cpu(*children(os.getpid()))

    matching.match("x", lexicon=load_lexicon())
    apart.reader.read("<p>" + "Warm. " * 50, f"http://{place}/")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        seen = 0
        before = parts()
        for source in json.loads(line):
            run = importer.import_source(Source(pk=source), texts=False)
            seen += run.new if run else 0
        while line == ALL_THAT_IS_DUE and (due := runs.due_sources(timezone.now())):
            for source in due:
                run = importer.import_source(Source(pk=source), only_due=True)
                seen += run.new if run else 0
        own, child = (now - then for now, then in zip(parts(), before, strict=True))
        print(json.dumps({"new": seen, "own": own, "child": child}), flush=True)


# ------------------------------------------------------------------ what is measured


@dataclass
class Took:
    wall: float
    own: float = 0.0  # CPU of the workers
    child: float = 0.0  # of the children that read pages
    postgres: float = 0.0
    server: float = 0.0  # of our outlets, which elsewhere are other people's machines


def floor(served: Sample, place: str) -> Took:
    from django.utils import timezone

    from articles import feeds
    from articles.extract import extract

    began, used = time.perf_counter(), time.process_time()
    for path in served.feeds:
        feeds.parse(served.answers[path][1], "application/rss+xml", url=f"http://{place}{path}", now=timezone.now())
    for path in served.pages:
        extract(served.answers[path][1].decode(), f"http://{place}{path}")
    return Took(time.perf_counter() - began, time.process_time() - used)


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # texts are immutable, but for us
        cursor.execute("TRUNCATE articles_source CASCADE")
        cursor.execute("TRUNCATE articles_story CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")


def fill(served: Sample, place: str) -> None:
    from articles.models import Source

    empty()
    Source.objects.bulk_create(
        Source(slug=f"s{n}", name=f"s{n}", url=f"http://{place}{path}", full_text=True)
        for n, path in enumerate(served.feeds)
    )


def ours(served: Sample, place: str, server: int, postmaster: int, workers: list[Worker]) -> Took:
    from articles.models import Article

    fill(served, place)
    watched = [postmaster, *children(postmaster)]
    before, before_server = cpu(*watched), cpu(server)
    began = time.perf_counter()
    for worker in workers:
        worker.start(ALL_THAT_IS_DUE)
    said = [worker.listen() for worker in workers]
    wall = time.perf_counter() - began
    postgres, outlet = cpu(*watched) - before, cpu(server) - before_server
    stored = Article.objects.filter(text_state=Article.TextState.FULL, revision__isnull=False).count()
    assert stored == len(served.pages), f"{stored} of {len(served.pages)} stored"
    return Took(wall, sum(one["own"] for one in said), sum(one["child"] for one in said), postgres, outlet)


def feed_part(served: Sample, place: str, postmaster: int, workers: list[Worker]) -> Took:
    """Our feeds without their pages: requested, parsed, every entry stored."""
    from articles.models import Article, Source

    fill(served, place)
    keys = list(Source.objects.order_by("pk").values_list("pk", flat=True))
    watched = [postmaster, *children(postmaster)]
    before, began = cpu(*watched), time.perf_counter()
    for number, worker in enumerate(workers):
        worker.start(f"{json.dumps(keys[number :: len(workers)])}\n")
    said = [worker.listen() for worker in workers]
    wall = time.perf_counter() - began
    assert Article.objects.count() == len(served.pages)
    return Took(wall, sum(one["own"] for one in said), postgres=cpu(*watched) - before)


def reader_part(served: Sample, place: str) -> Took:
    """What `reader` takes for the same: its own defaults, one thread, SQLite in a file."""
    from reader import make_reader

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(str(Path(folder) / "reader.sqlite"))
        for path in served.feeds:
            reader.add_feed(f"http://{place}{path}")
        began, used = time.perf_counter(), time.process_time()
        reader.update_feeds()
        took = Took(time.perf_counter() - began, time.process_time() - used)
        assert reader.get_entry_counts().total == len(served.pages)
        reader.close()
    return took


@dataclass
class Round:
    floor: Took
    worker: Took  # our import, by one worker
    workers: Took  # and by two
    feeds: Took  # our feeds without their pages, by one worker
    feeds_by_two: Took
    reader: Took


def ingestion(postmaster: int) -> None:
    """Compare in turns, and say where the time goes."""
    from django.conf import settings

    of_feeds = sample(FEEDS, ENTRIES)
    served = replace(of_feeds, feeds=of_feeds.feeds[:SOURCES], pages=of_feeds.pages[: SOURCES * ENTRIES])
    pages = len(served.pages)
    size = sum(len(served.answers[path][1]) for path in served.pages) / pages / 1000
    print(f"Ingestion of {SOURCES} feeds with {ENTRIES} entries each, pages of {size:.0f} kB, {ROUNDS} rounds;")
    print(f"feeds without their pages: {FEEDS}")
    rounds: list[Round] = []
    with outlets() as (place, server):
        settings.FETCH_ALLOWED_HOSTS = [place]
        fill(served, place)
        empty()
        one, other = Worker(place), Worker(place)
        for number in range(ROUNDS):
            last = Round(
                floor(served, place),
                ours(served, place, server, postmaster, [one]),
                ours(served, place, server, postmaster, [one, other]),
                feed_part(of_feeds, place, postmaster, [one]),
                feed_part(of_feeds, place, postmaster, [one, other]),
                reader_part(of_feeds, place),
            )
            rounds.append(last)
            print(
                f"  round {number + 1}: floor {pages / last.floor.wall:.1f} pages/s, "
                f"one worker {pages / last.worker.wall:.1f}, two {pages / last.workers.wall:.1f}; "
                f"{FEEDS / last.feeds.wall:.1f} feeds/s, by two {FEEDS / last.feeds_by_two.wall:.1f}, "
                f"reader {FEEDS / last.reader.wall:.1f}",
                flush=True,
            )
        for worker in (one, other):
            worker.end()
        empty()

    def ratio(over: Callable[[Round], float], under: Callable[[Round], float]) -> str:
        each = [over(one) / under(one) for one in rounds]
        return f"{sum(map(over, rounds)) / sum(map(under, rounds)):.2f}  ({min(each):.2f}–{max(each):.2f})"

    def tell(what: str, figure: str) -> None:
        print(f"  {what:<58} {figure:>20}")

    tell("one worker against the floor (aim: 0.85)", ratio(lambda one: one.floor.wall, lambda one: one.worker.wall))
    dearer = ratio(lambda one: one.worker.child, lambda one: one.floor.own)
    tell("  CPU of its child for the same pages, times the floor's", dearer)
    tell(
        "  share of the time in which its child reads", ratio(lambda one: one.worker.child, lambda one: one.worker.wall)
    )
    tell("two workers against one (aim: 1.6)", ratio(lambda one: one.worker.wall, lambda one: one.workers.wall))
    reader, by_one, by_two = attrgetter("reader.wall"), attrgetter("feeds.wall"), attrgetter("feeds_by_two.wall")
    tell("feeds taken in by one worker, against reader (aim: 5)", ratio(reader, by_one))
    tell("feeds taken in by two workers, against reader", ratio(reader, by_two))
    for who, spent_by in (
        ("reader, in all", attrgetter("reader.own")),
        ("one worker", attrgetter("feeds.own")),
        ("PostgreSQL for one worker", attrgetter("feeds.postgres")),
    ):
        tell(f"CPU a feed: {who}", f"{statistics.median(map(spent_by, rounds)) / FEEDS * 1000:.1f} ms")
    tell("CPU a page: floor", f"{statistics.median(one.floor.own for one in rounds) / pages * 1000:.1f} ms")
    for who, took in (("one worker", attrgetter("worker")), ("two workers", attrgetter("workers"))):
        for what, part in (
            ("reading pages, in the child", attrgetter("child")),
            ("all else, in the worker", attrgetter("own")),
            ("PostgreSQL", attrgetter("postgres")),
            ("the outlets themselves", attrgetter("server")),
        ):
            spent = statistics.median(part(took(one)) for one in rounds)
            tell(f"CPU a page, {who}: {what}", f"{spent / pages * 1000:.1f} ms")
    busy = statistics.median(one.workers.postgres / one.workers.wall / 2 for one in rounds)
    tell("share of two cores that PostgreSQL takes, two workers", f"{busy:.0%}")


if __name__ == "__main__":
    work(sys.argv[1])
