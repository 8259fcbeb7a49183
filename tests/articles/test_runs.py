"""A run among others: what it costs where nothing changed, where a source moves or ends, and how a person stops it."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import apart, importer, runs, taking
from articles.extract import NoArticle
from articles.feeds import Entry
from articles.models import Article, FetchRun, Source
from tests.articles.conftest import hold_back
from tests.feeds.server import Outlet, Page
from tests.feeds.writing import item, page, rss
from tests.waiting import until

pytestmark = pytest.mark.django_db

MOVED = Page(b"", status=301, headers={"Location": "/new.xml"})


def one(outlet: Outlet) -> str:
    return rss(item("One", outlet.url("/1")))


def wire(outlet: Outlet, path: str = "/feed.xml", **fields: Any) -> Source:
    return Source.objects.create(name="Wire", slug="wire", url=outlet.url(path), **fields)


def test_an_unchanged_source_costs_one_conditional_request_and_three_queries(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", rss(item("One", outlet.url("/1"))), headers={"ETag": '"a"'})
    outlet.put("/1", page("One"))
    source = wire(outlet)
    importer.import_source(source)
    outlet.put_feed("/feed.xml", b"", status=304)
    outlet.requests.clear()
    with CaptureQueriesContext(connection) as asked:
        run = importer.import_source(Source(pk=source.pk))
    assert run and (run.seen, run.error) == (0, "")
    assert [request.path for request in outlet.requests] == ["/feed.xml"]
    assert outlet.requests[0].headers["if-none-match"] == '"a"'
    assert len(asked) <= 3


@pytest.mark.parametrize("entries", [1, 40])
def test_a_feed_costs_four_statements_however_many_entries_are_new(outlet: Outlet, entries: int) -> None:
    outlet.put_feed("/feed.xml", rss(*(item(f"News {n}", outlet.url(f"/{n}"), guid=str(n)) for n in range(entries))))
    source = wire(outlet)
    for new in (entries, 0):
        with CaptureQueriesContext(connection) as asked:
            run = importer.import_source(source, texts=False)
        assert run and (run.seen, run.new, run.failed) == (entries, new, 0)
        assert len([query for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]) <= 4
    assert FetchRun.objects.filter(seen=entries, error="").count() == 2


def test_who_has_lost_a_source_stores_no_entry_and_is_told(outlet: Outlet) -> None:
    source = wire(outlet)
    taken = runs.take_lease(source.pk, only_due=False)
    assert taken
    Source.objects.update(lease_token=taken.lease.token + 1)
    new = taking.sort_out(source, [Entry(url=outlet.url("/1"), title="One")], set())
    with pytest.raises(runs.Interrupted):
        taking.add(taken.run, taken.lease, new)
    assert not Article.objects.exists()


def test_who_is_asked_to_stop_while_a_feed_is_read_keeps_its_entries_and_stops(outlet: Outlet) -> None:
    source = wire(outlet)
    taken = runs.take_lease(source.pk, only_due=False)
    assert taken and runs.ask_to_stop(taken.run)
    new = taking.sort_out(source, [Entry(url=outlet.url("/1"), title="One")], set())
    with pytest.raises(runs.Stopped):
        taking.add(taken.run, taken.lease, new)
    assert (Article.objects.count(), taken.run.new) == (1, 1)


def test_an_article_that_another_source_tells_in_this_very_moment_is_left_to_it(outlet: Outlet) -> None:
    source, other = wire(outlet), Source.objects.create(name="Other", slug="other", url=outlet.url("/other.xml"))
    taken = runs.take_lease(source.pk, only_due=False)
    assert taken
    new = taking.sort_out(source, [Entry(url=outlet.url(f"/{n}"), title=str(n)) for n in range(2)], set())
    Article.objects.create(source=other, identity=new[0].identity)
    assert taking.add(taken.run, taken.lease, new) == []
    assert (new[0].key, taken.run.new, source.articles.get().pk) == (None, 1, new[1].key)


def test_a_source_that_has_moved_is_believed_the_third_time(outlet: Outlet) -> None:
    outlet.pages["/feed.xml"] = MOVED
    outlet.put_feed("/new.xml", one(outlet))
    source = wire(outlet, full_text=False)
    for told in range(1, 3):
        importer.import_source(source)
        assert (source.url, source.moved_times) == (outlet.url("/feed.xml"), told)
    run = importer.import_source(source)
    assert run and importer.MOVED in run.warnings
    assert (source.url, source.moved_to) == (outlet.url("/new.xml"), "")


def test_a_redirect_for_now_moves_nothing(outlet: Outlet) -> None:
    outlet.pages["/feed.xml"] = Page(b"", status=302, headers={"Location": "/new.xml"})
    outlet.put_feed("/new.xml", one(outlet))
    source = wire(outlet, full_text=False)
    for _ in range(4):
        importer.import_source(source)
    assert (source.url, source.moved_times) == (outlet.url("/feed.xml"), 0)


def test_a_source_that_comes_back_in_between_has_not_moved(outlet: Outlet) -> None:
    outlet.put_feed("/new.xml", one(outlet))
    source = wire(outlet, full_text=False)
    for answer in ("moved", "moved", "here", "moved"):
        outlet.pages["/feed.xml"] = MOVED
        if answer == "here":
            outlet.put_feed("/feed.xml", one(outlet))
        importer.import_source(source)
    assert (source.url, source.moved_times) == (outlet.url("/feed.xml"), 1)


def test_a_source_moves_onto_no_other(outlet: Outlet) -> None:
    outlet.pages["/feed.xml"] = MOVED
    outlet.put_feed("/new.xml", one(outlet))
    Source.objects.create(name="Other", slug="other", url=outlet.url("/new.xml"))
    source = wire(outlet, full_text=False)
    for _ in range(4):
        importer.import_source(source)
    assert source.url == outlet.url("/feed.xml")


def test_gone_twice_a_day_apart_pauses_a_source(outlet: Outlet) -> None:
    outlet.put("/feed.xml", b"", status=410)
    source = wire(outlet)
    importer.import_source(source)
    assert (source.is_active, source.last_error_code) == (True, "gone")
    assert source.due_at > timezone.now() + timedelta(hours=23)
    importer.import_source(source)
    assert source.is_active, "twice within the hour is one answer"
    Source.objects.update(gone_at=timezone.now() - timedelta(days=1))
    importer.import_source(source)
    assert not source.is_active


def test_a_source_that_answers_again_was_not_gone(outlet: Outlet) -> None:
    outlet.put("/feed.xml", b"", status=410)
    source = wire(outlet, full_text=False)
    importer.import_source(source)
    outlet.put_feed("/feed.xml", one(outlet))
    importer.import_source(source)
    assert source.gone_at is None


@pytest.mark.parametrize(
    "current, rhythm, expected",
    [
        (60, 60, 30),
        (60, 10, 15),
        (60, 10_000, 24 * 60),
        (60, None, 75),
        (24 * 60, None, 24 * 60),
    ],
)
def test_the_interval_follows_the_sources_own_rhythm_within_bounds(
    current: int, rhythm: int | None, expected: int
) -> None:
    found = runs.next_interval(timedelta(minutes=current), None if rhythm is None else timedelta(minutes=rhythm))
    assert found == timedelta(minutes=expected)


def test_a_source_with_an_interval_of_its_own_keeps_it(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", one(outlet))
    source = wire(outlet, full_text=False, adapts=False, interval_minutes=45)
    for _ in range(3):
        importer.import_source(source)
    assert source.interval_minutes == 45


def test_a_run_that_is_stopped_keeps_what_it_read_and_the_next_one_goes_on(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", rss(*(item(f"News {n}", outlet.url(f"/{n}")) for n in range(6))))
    for n in range(6):
        outlet.put(f"/{n}", page(f"News {n}"))
    source = wire(outlet)

    def stop_after_two(done: int, of: int) -> None:
        if done == 2:
            assert runs.ask_to_stop(FetchRun.objects.get(finished_at=None))

    run = importer.import_source(source, progress=stop_after_two)
    assert run and run.error_code == "stopped"
    read = Article.objects.filter(text_state=Article.TextState.FULL)
    assert (Article.objects.count(), read.count()) == (6, 2)
    assert (source.lease_until, source.failures) == (None, 0)
    again = importer.import_source(source)
    assert again and (again.new, again.error, read.count()) == (0, "", 6)
    assert all(len(outlet.asked(f"/{n}")) == 1 for n in range(6))


def test_a_run_that_has_ended_is_not_stopped(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", rss())
    run = importer.import_source(wire(outlet))
    assert run and not runs.ask_to_stop(run)


@pytest.mark.django_db(transaction=True)
def test_a_source_is_held_anew_when_the_child_alone_has_still_to_do(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", rss(*(item(f"News {n}", outlet.url(f"/{n}")) for n in range(3))))
    for n in range(3):
        outlet.put(f"/{n}", page(f"News {n}"))
    outlet.pages["/2"].hold = held = threading.Event()
    source = wire(outlet)
    hold_back(apart.reader)
    child = apart.reader._ready()

    def lease() -> datetime:
        ends = Source.objects.get(pk=source.pk).lease_until
        assert ends is not None
        return ends

    with ThreadPoolExecutor(1) as worker:
        run = worker.submit(in_a_thread, source)
        try:
            assert outlet.pages["/2"].reached.wait(30)
            before = lease()
            held.set()
            assert until(lambda: lease() > before)
        finally:
            held.set()
            os.kill(child.pid, signal.SIGCONT)
        found = run.result()
    assert found and (found.new, found.failed, found.error) == (3, 0, "")
    assert Article.objects.filter(text_state=Article.TextState.FULL).count() == 3


def in_a_thread(source: Source) -> FetchRun | None:
    try:
        return importer.import_source(Source(pk=source.pk))
    finally:
        connection.close()


def test_a_page_that_outlasts_its_time_ends_its_reader_and_nothing_else() -> None:
    reader = apart.Reader()
    hold_back(reader)
    try:
        with pytest.raises(apart.TooHard):
            reader.read(page("One"), "https://wire.example/1", seconds=0)
        assert reader.read(page("One"), "https://wire.example/1").title == "One"
    finally:
        reader.stop()


def test_a_reader_that_was_interrupted_between_two_pages_begins_anew() -> None:
    reader = apart.Reader()
    try:
        for _ in range(3):
            assert reader.read(page("One"), "https://wire.example/1").title == "One"
            reader.interrupt()
    finally:
        reader.stop()


def test_a_page_without_an_article_says_so_from_the_other_process() -> None:
    with pytest.raises(NoArticle):
        apart.reader.read("<html><body></body></html>", "https://wire.example/1")
