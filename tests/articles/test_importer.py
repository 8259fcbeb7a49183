"""The import: each entry once, whatever the outlet does, and every failure told in plain words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from articles import importer, outlets
from articles.feeds import Entry
from articles.importer import import_source, text_retry
from articles.models import Article, FetchRun, Revision, Source
from articles.runs import ask_for_import, backoff, due_sources
from articles.taking import Decision, Known, decide
from tests.feeds.server import Outlet
from tests.feeds.writing import MEETING, PARAGRAPHS, atom, entry, item, page, rss

pytestmark = pytest.mark.django_db

FULL, FAILED, PENDING = Article.TextState.FULL, Article.TextState.FAILED, Article.TextState.PENDING
SUMMARY = "The group met in Manama."


def offer(outlet: Outlet, *items: str, path: str = "/feed.xml") -> None:
    """Let the outlet publish these items, without validators."""
    outlet.put_feed(path, rss(*items))


def publish(outlet: Outlet, number: int = 1, *, title: str = "", summary: str = SUMMARY, language: str = "en") -> str:
    """Let the outlet publish a page. Returns the item of the feed that leads to it."""
    title = title or f"Talks {number}"
    outlet.put(f"/news/{number}", page(title, *PARAGRAPHS[language], f"Report {number}.", language=language))
    return item(
        title,
        outlet.url(f"/news/{number}"),
        guid=f"tag:{number}",
        pubDate="Mon, 08 Dec 2025 13:00:00 +0300",
        description=summary,
    )


def read(source: Source, trigger: str = FetchRun.Trigger.COMMAND) -> FetchRun:
    """Import a source that nobody holds."""
    run = import_source(source, trigger=trigger)
    assert run is not None
    return run


def counts(run: FetchRun) -> tuple[int, int, int, int]:
    return run.seen, run.new, run.updated, run.failed


def stored() -> list[Any]:
    """All that is stored of the news."""
    return [*Article.objects.order_by("pk").values(), *Revision.objects.order_by("pk").values()]


def later(source: Source) -> None:
    """Let the time come at which pages that failed are tried again."""
    source.articles.filter(text_due_at__isnull=False).update(text_due_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def wire(outlet: Outlet) -> Source:
    return outlets.add_source(outlet.url("/feed.xml"), "Wire")


# ------------------------------------------------------------------ each entry once


def test_an_entry_is_stored_with_the_full_text_of_its_page(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, 1, title="الربط الكهربائي", language="ar"))
    run = read(wire)
    assert (counts(run), run.error, run.warnings) == ((1, 1, 0, 0), "", [])
    article = wire.articles.get()
    assert article.revision is not None
    assert article.revision.text == "\n\n".join([*PARAGRAPHS["ar"], "Report 1."])
    assert (article.title, article.language, article.text_state) == ("الربط الكهربائي", "ar", FULL)
    assert article.published_at == article.listed_at == datetime(2025, 12, 8, 10, tzinfo=UTC)
    assert article.url == outlet.url("/news/1")


def test_an_entry_is_stored_once_however_often_it_is_offered(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    read(wire)
    before = stored()
    for _ in range(3):
        assert counts(read(wire)) == (1, 0, 0, 0)
    assert stored() == before
    assert len(outlet.asked("/news/1")) == 1


@pytest.mark.parametrize("other", ["/news/1/", "/news/1?utm_source=feed", "/news/1#comments"])
def test_spellings_of_one_address_are_one_article(outlet: Outlet, wire: Source, other: str) -> None:
    offer(outlet, publish(outlet), item("Talks 1", outlet.url(other), guid="tag:other"))
    assert counts(read(wire)) == (2, 1, 0, 0)
    assert counts(read(wire)) == (2, 0, 0, 0)


def test_the_same_article_under_two_feeds_is_stored_once_and_told_by_the_first(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    offer(outlet, item("Another title", outlet.url("/news/1"), guid="x"), path="/other.xml")
    read(wire)
    before = stored()
    other = outlets.add_source(outlet.url("/other.xml"), "Other")
    for _ in range(2):
        assert counts(read(other)) == (1, 0, 0, 0)
        assert counts(read(wire)) == (1, 0, 0, 0)
    assert stored() == before


def test_an_article_that_moves_to_a_new_address_under_its_own_id_stays_one(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    read(wire)
    outlet.put("/2025/talks", page("Talks 1"))
    offer(outlet, item("Talks 1", outlet.url("/2025/talks"), guid="tag:1", description=SUMMARY))
    read(wire)
    assert wire.articles.get().url == outlet.url("/2025/talks")
    assert counts(read(wire)) == (1, 0, 0, 0)


def test_an_id_that_is_given_to_another_piece_names_another_article(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, 1))
    read(wire)
    outlet.put("/news/2", page("Something else"))
    offer(outlet, item("Something else", outlet.url("/news/2"), guid="tag:1"))
    assert counts(read(wire)) == (1, 1, 0, 0)
    assert counts(read(wire)) == (1, 0, 0, 0)
    assert [article.title for article in wire.articles.order_by("pk")] == ["Talks 1", "Something else"]


def test_two_entries_that_share_an_id_and_a_title_do_not_take_turns(outlet: Outlet, wire: Source) -> None:
    outlet.put("/a", page("Talks"))
    outlet.put("/b", page("Talks"))
    offer(outlet, item("Talks", outlet.url("/a"), guid="1"), item("Talks", outlet.url("/b"), guid="1"))
    assert counts(read(wire)) == (2, 1, 0, 0)
    before = stored()
    assert counts(read(wire)) == (2, 0, 0, 0)
    assert stored() == before


def test_entries_that_all_lead_to_the_front_page_are_told_apart_by_their_ids(outlet: Outlet, wire: Source) -> None:
    offer(outlet, *(item(f"Talks {n}", outlet.url("/"), guid=f"tag:{n}", description=SUMMARY) for n in range(3)))
    assert counts(read(wire)) == (3, 3, 0, 0)
    assert counts(read(wire)) == (3, 0, 0, 0)
    assert not outlet.asked("/")


def test_entries_without_address_and_id_are_told_apart_by_their_words(outlet: Outlet, wire: Source) -> None:
    offer(
        outlet, item("Talks", description="One."), item("Talks", description="Two."), item("Talks", description="One.")
    )
    assert counts(read(wire)) == (3, 2, 0, 0)
    assert counts(read(wire)) == (3, 0, 0, 0)


def test_an_atom_feed_is_imported(outlet: Outlet, wire: Source) -> None:
    publish(outlet)
    outlet.put("/feed.xml", atom(entry("Talks 1", "/news/1", id="urn:1", updated="2025-12-08T10:00:00Z")), "text/xml")
    assert counts(read(wire)) == (1, 1, 0, 0)
    assert wire.articles.get().text_state == FULL


def test_an_entry_without_date_or_title_takes_what_its_page_says(outlet: Outlet, wire: Source) -> None:
    outlet.put("/a", page("Told by the page", meta={"article:published_time": "2025-12-08T10:00:00Z"}))
    outlet.put("/b", page(""))
    offer(outlet, item(link=outlet.url("/a")), item(link=outlet.url("/b")))
    assert counts(read(wire)) == (2, 2, 0, 0)
    told, bare = wire.articles.order_by("pk")
    assert (told.title, told.published_at) == ("Told by the page", datetime(2025, 12, 8, 10, tzinfo=UTC))
    assert (bare.title, bare.published_at, bare.listed_at) == ("", None, bare.first_seen_at)


def test_a_page_of_plain_text_is_read_as_it_is(outlet: Outlet, wire: Source) -> None:
    outlet.put("/a.txt", "\n".join([*PARAGRAPHS["ar"], "", "شاركها."]), "text/plain; charset=utf-8")
    offer(outlet, item("خبر", outlet.url("/a.txt")))
    read(wire)
    article = wire.articles.get()
    assert article.revision is not None
    assert (article.text_state, article.revision.text) == (FULL, "\n\n".join(PARAGRAPHS["ar"]))


def test_a_source_nobody_named_takes_the_name_of_its_feed(outlet: Outlet) -> None:
    source = outlets.add_source(outlet.url("/feed.xml"))
    outlet.put_feed("/feed.xml", rss(publish(outlet), title="وكالة الأنباء", link="https://wire.example/"))
    read(source)
    assert (source.name, source.homepage) == ("وكالة الأنباء", "https://wire.example/")


# ------------------------------------------------------------------ nothing new, nothing stored


def test_a_feed_that_has_not_changed_is_not_sent_again(outlet: Outlet, wire: Source) -> None:
    feed = outlet.put_feed("/feed.xml", rss(publish(outlet)), headers={"ETag": '"7"', "Last-Modified": "Mon, 1"})
    read(wire)
    feed.status, feed.body = 304, b""
    before = stored()
    run = read(wire)
    assert (counts(run), run.error) == ((0, 0, 0, 0), "")
    assert outlet.asked("/feed.xml")[1].headers["if-none-match"] == '"7"'
    assert outlet.asked("/feed.xml")[1].headers["if-modified-since"] == "Mon, 1"
    assert stored() == before


def test_an_edited_entry_becomes_a_new_revision_and_the_old_one_stays(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, title="Talks"))
    read(wire)
    first = wire.articles.get().revision
    offer(outlet, publish(outlet, title="Talks end"))
    assert counts(read(wire)) == (1, 0, 1, 0)
    article = wire.articles.get()
    assert [revision.title for revision in article.revisions.all()] == ["Talks", "Talks end"]
    assert (article.title, article.revision) == ("Talks end", article.revisions.last())
    assert first in article.revisions.all()
    assert counts(read(wire)) == (1, 0, 0, 0)


def test_an_edit_that_is_taken_back_goes_back_to_the_old_revision(outlet: Outlet, wire: Source) -> None:
    for title in ("Talks", "Talks end", "Talks"):
        offer(outlet, publish(outlet, title=title))
        read(wire)
    article = wire.articles.get()
    assert article.revisions.count() == 2
    assert article.revision == article.revisions.get(number=1)


def test_an_edit_of_what_is_not_kept_is_no_revision(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, summary="Short."))
    read(wire)
    offer(outlet, publish(outlet, summary="Shorter."))
    assert counts(read(wire)) == (1, 0, 0, 0)
    assert Revision.objects.count() == 1


def test_what_a_reviewer_decided_survives_an_edit(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    read(wire)
    wire.articles.update(state=Article.State.ACCEPTED)
    offer(outlet, publish(outlet, title="Talks end"))
    read(wire)
    assert wire.articles.get().state == Article.State.ACCEPTED


# ------------------------------------------------------------------ one bad entry never stops the rest


@pytest.fixture
def faulty_database(db: None) -> None:
    """A database that refuses articles called «Bad»."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_bad() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'bad' USING ERRCODE = 'data_exception'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_bad BEFORE INSERT ON articles_article FOR EACH ROW "
            "WHEN (NEW.title = 'Bad') EXECUTE FUNCTION refuse_bad()"
        )


@pytest.mark.usefixtures("faulty_database")
def test_an_entry_that_cannot_be_stored_is_tried_again_and_the_rest_is_stored(outlet: Outlet, wire: Source) -> None:
    outlet.put_feed(
        "/feed.xml",
        rss(publish(outlet, 1), publish(outlet, 2, title="Bad"), publish(outlet, 3)),
        headers={"ETag": '"7"'},
    )
    run = read(wire)
    assert (counts(run), run.error, run.warnings) == ((3, 2, 0, 1), "", [importer.SOME_FAILED])
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_bad ON articles_article")
    assert counts(read(wire)) == (3, 1, 0, 0)
    assert "if-none-match" not in outlet.asked("/feed.xml")[1].headers


@pytest.fixture
def faulty_texts(db: None) -> None:
    """A database that refuses texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_texts() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'data_exception'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_texts BEFORE INSERT ON articles_revision "
            "FOR EACH ROW EXECUTE FUNCTION refuse_texts()"
        )


@pytest.mark.usefixtures("faulty_texts")
def test_a_text_that_could_not_be_stored_is_no_fault_of_its_page(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    for _ in range(importer.CRASHES + 1):
        assert read(wire).failed == 1
    assert len(outlet.asked("/news/1")) == importer.CRASHES + 1
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_texts ON articles_revision")
    assert counts(read(wire)) == (1, 0, 0, 0)
    assert wire.articles.get().text_state == FULL


def test_an_entry_with_letters_no_database_holds_does_not_stop_the_rest(outlet: Outlet, wire: Source) -> None:
    offer(outlet, item("A&#0;B\ud800".encode("utf-8", "replace").decode(), description="x\x00y"), publish(outlet))
    assert read(wire).new == 2


def test_half_a_character_in_an_address_does_not_stop_the_rest(outlet: Outlet, wire: Source) -> None:
    items = [{"id": str(n), "url": outlet.url(f"/{n}{half}")} for n, half in enumerate(["", "\ud800"])]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    outlet.put("/feed.xml", feed, content_type="application/feed+json")
    run = read(wire)
    assert (run.new, run.error) == (2, "")


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"status": 404}, "There is nothing at this address (404)."),
        ({"status": 403}, "The server does not let us in"),
        ({"status": 500}, "The server answered with an error instead of the page."),
        ({"status": 429}, "The server asks for fewer requests."),
        ({"body": b"x" * 20_000_000}, "The answer is larger than 10 MiB"),
        ({"body": b"<p>"}, "The page holds no article that can be read"),
        ({"body": b"%PDF-1.7", "content_type": "application/pdf"}, "leads to a file, not to a page"),
        ({"status": 302, "headers": {"Location": "http://10.0.0.1/"}}, "leads into a private network"),
        ({"status": 302, "headers": {"Location": "/news/2"}}, "leads from one redirect to the next"),
        ({"answer": breaks_off}, "cannot be reached or broke off"),
    ],
)
def test_a_page_that_cannot_be_read_leaves_the_feeds_text_and_says_why(
    outlet: Outlet, wire: Source, answer: dict[str, object], words: str
) -> None:
    offer(outlet, publish(outlet, 1), publish(outlet, 2), publish(outlet, 3))
    outlet.put("/news/2", **{"body": b"", **answer})  # type: ignore[arg-type]
    run = read(wire)
    assert (counts(run), run.error) == ((3, 3, 0, 1), "")
    assert run.warnings[0] == importer.PAGE_FAILED
    assert words in run.warnings[1]
    article = Article.objects.get(guid="tag:2")
    assert article.revision is not None
    assert (article.revision.text, article.text_state) == (SUMMARY, FAILED)
    assert words in article.text_error
    assert Article.objects.filter(text_state=FULL).count() == 2


def test_a_page_that_failed_is_read_later_even_if_the_feed_has_not_changed(outlet: Outlet, wire: Source) -> None:
    feed = outlet.put_feed("/feed.xml", rss(publish(outlet)), headers={"ETag": '"7"'})
    good = outlet.pages.pop("/news/1")
    read(wire)
    feed.status, feed.body = 304, b""
    assert counts(read(wire)) == (0, 0, 0, 0)  # not yet its time
    later(wire)
    outlet.pages["/news/1"] = good
    assert counts(read(wire)) == (0, 0, 1, 0)
    article = wire.articles.get()
    assert (article.text_state, article.text_error, article.text_due_at) == (FULL, "", None)
    assert article.revision is not None
    assert PARAGRAPHS["en"][0] in article.revision.text


def test_a_page_that_goes_on_failing_is_given_up_in_the_end(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    outlet.pages.pop("/news/1")
    for _ in range(importer.TRIES + 2):
        read(wire)
        later(wire)
    assert len(outlet.asked("/news/1")) == importer.TRIES
    assert wire.articles.get().text_due_at is None


def test_an_edit_whose_page_fails_keeps_the_full_text_until_the_page_is_back(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, title="Talks"))
    read(wire)
    offer(outlet, publish(outlet, title="Talks end"))
    good = outlet.pages.pop("/news/1")
    assert counts(read(wire)) == (1, 0, 0, 1)
    article = wire.articles.get()
    assert article.revision is not None
    assert (article.text_state, article.revision.number) == (FULL, 1)
    later(wire)
    good.body = page("Talks end", *PARAGRAPHS["en"][:2]).encode()  # shorter than it was
    outlet.pages["/news/1"] = good
    assert counts(read(wire)) == (1, 0, 1, 0)
    article.refresh_from_db()
    assert article.revision is not None
    assert article.revision.text == "\n\n".join(PARAGRAPHS["en"][:2])
    assert article.revision.title == "Talks end"


def test_a_page_shorter_than_the_feeds_own_text_was_not_understood(outlet: Outlet, wire: Source) -> None:
    long = " ".join(PARAGRAPHS["en"])
    offer(outlet, item("Talks", outlet.url("/a"), description=long))
    outlet.put("/a", page("Talks", "Please accept our cookies so that you can go on reading this page."))
    read(wire)
    assert wire.articles.get().revision.text == long  # type: ignore[union-attr]


def test_a_source_whose_feed_holds_the_whole_text_asks_for_no_page(outlet: Outlet, wire: Source) -> None:
    Source.objects.update(full_text=False)
    offer(outlet, publish(outlet))
    assert counts(read(wire)) == (1, 1, 0, 0)
    assert wire.articles.get().revision.text == SUMMARY  # type: ignore[union-attr]
    assert not outlet.asked("/news/1")


# ------------------------------------------------------------------ a source that fails


@pytest.mark.parametrize(
    "answer, code",
    [
        ({"status": 404}, "not_found"),
        ({"status": 410}, "gone"),
        ({"status": 500}, "status_500"),
        ({"body": b"this is no XML"}, "not_xml"),
        ({"body": b"<html><body><h1>Welcome</h1></body></html>"}, "nothing_listed"),
        ({"body": rss().encode()}, "empty"),
        ({"body": b""}, "empty"),
        ({"body": b"x" * 20_000_000}, "too_large"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/latest/"}}, "refused"),
        ({"answer": breaks_off}, "unreachable"),
    ],
)
def test_a_source_that_cannot_be_read_says_why_and_rests(
    outlet: Outlet, wire: Source, answer: dict[str, object], code: str
) -> None:
    outlet.put("/feed.xml", **{"body": b"", **answer})  # type: ignore[arg-type]
    run = read(wire)
    assert (run.error_code, wire.last_error_code, wire.failures) == (code, code, 1)
    assert run.error == wire.last_error == importer.plain_words(code, "")
    assert run.error.endswith((".", ").", "!"))
    assert wire.due_at > timezone.now() + timedelta(minutes=50)
    assert wire.lease_until is None
    offer(outlet, publish(outlet))
    assert counts(read(wire)) == (1, 1, 0, 0)
    assert (wire.last_error, wire.last_error_code, wire.failures) == ("", "", 0)


def test_what_was_read_before_survives_a_failure(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    read(wire)
    before = stored()
    outlet.pages.clear()
    read(wire)
    assert stored() == before


def test_a_source_rests_as_long_as_the_server_asks(outlet: Outlet, wire: Source) -> None:
    outlet.put("/feed.xml", "", status=503, headers={"Retry-After": "36000"})
    read(wire)
    assert wire.due_at > timezone.now() + timedelta(hours=9)


@pytest.mark.parametrize("failures, rest", [(1, 60), (2, 120), (3, 240), (4, 480), (5, 960), (6, 1440), (50, 1440)])
def test_a_source_rests_twice_as_long_after_each_failure_and_a_day_at_most(failures: int, rest: int) -> None:
    assert backoff(failures, timedelta(hours=1)) == timedelta(minutes=rest)


def test_sources_that_failed_together_do_not_come_back_together() -> None:
    assert backoff(1, timedelta(hours=1), spread=1.0) - backoff(1, timedelta(hours=1), spread=-1.0) == timedelta(
        minutes=12
    )


def test_a_page_is_tried_again_over_three_days() -> None:
    rests = [rest for attempt in range(1, 9) if (rest := text_retry(attempt)) is not None]
    assert len(rests) == importer.TRIES - 1
    assert timedelta(days=2) < sum(rests, timedelta()) < timedelta(days=3)


# ------------------------------------------------------------------ what is decided of an entry

ENTRY = Entry(url="https://wire.example/1", title="Talks")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "known, decision",
    [
        (None, Decision.ADD),
        (Known(True, ENTRY.digest, FULL, None), Decision.SKIP),
        (Known(True, "other", FULL, None), Decision.REVISE),
        (Known(True, "", PENDING, None), Decision.READ),
        (Known(True, "other", PENDING, None), Decision.READ),
        (Known(True, ENTRY.digest, FAILED, None), Decision.SKIP),
        (Known(True, ENTRY.digest, FAILED, NOW), Decision.READ),
        (Known(True, ENTRY.digest, FULL, NOW), Decision.READ),
        (Known(True, ENTRY.digest, FAILED, NOW + timedelta(seconds=1)), Decision.SKIP),
        (Known(False, "other", FULL, None), Decision.SKIP),
        (Known(False, "other", PENDING, NOW), Decision.SKIP),
    ],
)
def test_what_is_done_with_an_entry(known: Known | None, decision: Decision) -> None:
    assert decide(ENTRY, known, NOW) is decision


# ------------------------------------------------------------------ the lease


def hold(source: Source, until: timedelta) -> FetchRun:
    """Let another worker hold a source, as one that was killed leaves it."""
    Source.objects.filter(pk=source.pk).update(lease_until=timezone.now() + until, lease_token=7, attempts=1)
    return FetchRun.objects.create(source=source)


def test_a_source_that_a_worker_holds_is_not_read_by_another(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    hold(wire, timedelta(seconds=30))
    assert import_source(wire) is None
    assert not outlet.requests


def test_the_source_of_a_killed_worker_is_taken_over_once_its_lease_has_run_out(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet))
    killed = hold(wire, -timedelta(seconds=1))
    assert counts(read(wire)) == (1, 1, 0, 0)
    killed.refresh_from_db()
    assert killed.finished_at is not None
    assert killed.error_code == "interrupted"
    assert (wire.lease_token, wire.lease_until, wire.attempts) == (8, None, 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_stores_nothing_more(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, 1), publish(outlet, 2), publish(outlet, 3))
    good = outlet.pages["/news/2"].body

    def takes_over(handler: BaseHTTPRequestHandler) -> None:
        Source.objects.update(lease_token=99)
        connection.close()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + good)

    outlet.pages["/news/2"].answer = takes_over
    run = read(wire)
    assert (run.error_code, run.new) == ("interrupted", 3)
    wire.refresh_from_db()
    assert (wire.lease_token, wire.lease_until is not None) == (99, True)  # the other's, untouched
    assert list(Article.objects.order_by("pk").values_list("text_state", flat=True)) == [PENDING] * 3


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_an_outlet_is_asked(outlet: Outlet, wire: Source) -> None:
    offer(outlet, publish(outlet, 1))
    seen: list[int] = []

    def watching(answer: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
        def watch(handler: BaseHTTPRequestHandler) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
                )
                seen.append(cursor.fetchone()[0])
            connection.close()
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + answer)

        return watch

    for asked in outlet.pages.values():
        asked.answer = watching(asked.body)
    assert counts(read(wire)) == (1, 1, 0, 0)
    assert seen == [0, 0]


def test_a_run_that_is_stopped_lets_go_of_the_source_and_the_next_ends_with_the_same_rows(
    outlet: Outlet, wire: Source
) -> None:
    pages = 2 + importer.AHEAD
    offer(outlet, *(publish(outlet, n) for n in range(1, pages + 1)))

    def stop(done: int, of: int) -> None:
        if done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(wire, progress=stop)
    assert FetchRun.objects.get().error_code == "interrupted"
    assert Article.objects.filter(text_state=FULL).count() >= 2, "what was read is kept"
    assert counts(read(wire)) == (pages, 0, 0, 0)
    assert Article.objects.filter(text_state=FULL).count() == pages


def test_a_page_that_ended_the_worker_three_times_is_set_aside_even_if_it_is_edited(
    outlet: Outlet, wire: Source
) -> None:
    offer(outlet, publish(outlet, 1), publish(outlet, 2))
    Article.objects.create(
        source=wire, identity=f"url:{outlet.netloc}/news/1", guid="tag:1", text_attempts=importer.CRASHES
    )
    assert counts(read(wire)) == (2, 1, 0, 1)
    article = Article.objects.get(guid="tag:1")
    assert article.revision is not None
    assert (article.text_state, article.text_due_at, article.revision.text) == (FAILED, None, SUMMARY)
    assert "ended the worker" in article.text_error
    assert not outlet.asked("/news/1")


def test_a_source_that_ends_the_worker_again_and_again_rests(outlet: Outlet, wire: Source) -> None:
    Source.objects.update(attempts=2 * importer.CRASHES)
    run = read(wire, FetchRun.Trigger.SCHEDULE)
    assert run.error_code == "crashed_source"
    assert not outlet.requests
    assert wire.due_at > timezone.now() + timedelta(minutes=50)


def test_what_is_more_than_a_run_takes_on_follows_in_the_next(
    outlet: Outlet, wire: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet.put_feed("/feed.xml", rss(publish(outlet, 1), publish(outlet, 2)), headers={"ETag": '"7"'})
    with monkeypatch.context() as short:
        short.setattr(importer, "RUN", timedelta(0))
        run = read(wire, FetchRun.Trigger.SCHEDULE)
    assert (counts(run), run.warnings) == ((0, 0, 0, 0), [importer.REST_FOLLOWS])
    assert (wire.etag, wire.pk) == ("", due_sources(timezone.now())[0])
    assert counts(read(wire, FetchRun.Trigger.SCHEDULE)) == (2, 2, 0, 0)


# ------------------------------------------------------------------ which sources are due


def test_sources_are_due_the_longest_waiting_first_and_never_while_paused_or_held() -> None:
    now = timezone.now()

    def source(name: str, ago: timedelta, **fields: object) -> Source:
        return Source.objects.create(
            slug=name, name=name, url=f"https://{name}.example/feed.xml", due_at=now - ago, **fields
        )

    late = source("late", timedelta(minutes=5))
    later = source("later", timedelta(hours=2))
    freed = source("freed", timedelta(minutes=1), lease_until=now - timedelta(seconds=1))
    source("paused", timedelta(hours=9), is_active=False)
    source("held", timedelta(hours=9), lease_until=now + timedelta(seconds=30))
    source("not-yet", -timedelta(minutes=1))
    assert due_sources(now) == [later.pk, late.pk, freed.pk]


def test_a_source_that_was_read_is_due_about_an_interval_later(outlet: Outlet, wire: Source) -> None:
    Source.objects.update(adapts=False)
    offer(outlet, publish(outlet))
    read(wire)
    rest = wire.due_at - timezone.now()
    assert timedelta(minutes=53) < rest < timedelta(minutes=67)
    ask_for_import(wire)
    assert due_sources(timezone.now()) == [wire.pk]


# ------------------------------------------------------------------ sources by hand


def test_an_address_that_is_a_source_already_is_not_added_again(outlet: Outlet, wire: Source) -> None:
    assert outlets.add_source(f" {outlet.url('/feed.xml')} ", "Other name") == wire
    assert Source.objects.get().name == "Wire"


def test_sources_of_one_name_get_addresses_of_their_own(outlet: Outlet, wire: Source) -> None:
    assert outlets.add_source(outlet.url("/2.xml"), "Wire").slug == "wire-2"
    assert outlets.add_source(outlet.url("/3.xml"), "وكالة").slug != ""


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://2130706433/", "http://[::1]/", "http://localhost/", "file:///x", "x", ""]
)
def test_an_address_that_is_not_read_is_not_added(url: str) -> None:
    with pytest.raises(ValidationError):
        outlets.add_source(url)
    assert not Source.objects.exists()


def test_an_address_is_tested_without_storing_anything(outlet: Outlet) -> None:
    offer(outlet, *(publish(outlet, number, title="الربط الكهربائي", language="ar") for number in range(7)))
    preview = outlets.preview_source(Source(url=outlet.url("/feed.xml"), kind="auto"))
    assert (preview.title, preview.count, len(preview.entries)) == ("Sample Wire", 7, 5)
    assert not Source.objects.exists()
    assert not Article.objects.exists()


# ------------------------------------------------------------------ the report the project began with, in other words


def test_a_report_on_the_plan_is_imported_once_and_suggests_that_plan_alone(
    outlet: Outlet, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MITHAQ_DATA = tmp_path
    call_command("seed", "--facts-only")
    tail = "<p>شاركها.</p><p>اترك تعليقاً</p><p>Exit mobile version</p>"
    outlet.put("/doha", page("لقاء خليجي أذربيجاني في الدوحة", *MEETING, language="ar", after=tail))
    report = item("لقاء خليجي أذربيجاني في الدوحة", outlet.url("/doha"), guid="doha", description=MEETING[0])
    offer(outlet, report)
    offer(outlet, report, report, path="/again.xml")
    source = outlets.add_source(outlet.url("/feed.xml"), "Wire")
    for again in (source, source, outlets.add_source(outlet.url("/again.xml"), "Again")):
        read(again)
    article = Article.objects.get()
    assert article.revision is not None
    assert article.revision.text == "\n\n".join(MEETING)
    plans = article.suggestions.exclude(plan=None)
    assert [suggestion.plan.slug for suggestion in plans] == ["gcc-aze"]  # type: ignore[union-attr]
    assert article.score == plans.get().score > 0.5
    areas = {suggestion.sector.slug for suggestion in article.suggestions.exclude(sector=None)}  # type: ignore[union-attr]
    assert areas >= {"energy", "investment", "trade", "education-culture", "political-security"}
    for reason in plans.get().reasons:
        words = article.revision.title if reason["in_title"] else article.revision.text
        assert words[reason["start"] : reason["end"]] == reason["quote"]
