"""Sources: their health, what the buttons do, and how one is added."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from kombu.simple import SimpleQueue
from pytest_django.fixtures import DjangoAssertNumQueries

from articles.models import FetchRun, Source
from config.celery import app
from plans.models import Party, User
from tests.articles.conftest import make_source
from tests.conftest import make_user
from tests.feeds.server import Outlet, serve

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/en/sources/"}

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>وكالة نموذج</title><language>ar</language>
<item><title>فريق الطاقة يجتمع في باكو</title><link>https://wire.example/1</link><guid>1</guid>
<pubDate>Mon, 08 Dec 2025 10:00:00 GMT</pubDate></item>
<item><title>Trade &amp; tariffs</title><link>https://wire.example/2</link><guid>2</guid></item></channel></rss>"""


def page(client: Client, path: str = "", language: str = "en") -> str:
    response = client.get(f"/{language}/sources/{path}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def make_run(source: Source, **fields: Any) -> FetchRun:
    now = timezone.now()
    return FetchRun.objects.create(source=source, **{"started_at": now, "finished_at": now, "seen": 3, **fields})


@pytest.fixture
def administrator_in(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def queue(broker: str) -> Iterator[SimpleQueue]:
    """What workers are told, as they would take it from the broker."""
    with app.connection_for_read(broker) as connection, connection.SimpleQueue(app.conf.task_default_queue) as queue:
        queue.clear()
        yield queue
        queue.clear()


@pytest.fixture
def no_broker() -> Iterator[None]:
    """A broker that is down."""
    kept, app.conf["broker_url"] = app.conf.broker_url, "redis://127.0.0.1:1/0"
    forget_connections()
    yield
    app.conf["broker_url"] = kept
    forget_connections()


def forget_connections() -> None:
    """Let Celery connect anew with its next message, as it does after a fork."""
    app._after_fork()  # type: ignore[attr-defined]  # not in the stubs


@pytest.fixture
def outlet(settings: LazySettings) -> Iterator[Outlet]:
    with serve() as outlet:
        settings.FETCH_ALLOWED_HOSTS = [outlet.netloc]
        yield outlet


# ------------------------------------------------------------------ the list


@pytest.mark.parametrize("language, direction", [("ar", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("path", ["", "sample-wire/", "add/"])
def test_every_page_keeps_its_manners(administrator_in: Client, path: str, language: str, direction: str) -> None:
    make_run(make_source(last_error="No answer.", last_error_code="timeout", failures=3), error="No answer.")
    html = page(administrator_in, path, language)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert re.search(r"<title>[^<]{3,} · ", html)
    assert html.count("<h1") == 1
    assert len(ids) == len(set(ids))
    assert not re.search(r'\sstyle="|\son\w+="|<script(?![^>]* src=)|<style', html)


def test_what_needs_a_person_stands_first(client: Client, db: None) -> None:
    now, ago = timezone.now(), timezone.now() - timedelta(days=11)
    make_source("healthy")
    make_source("paused", is_active=False)
    make_source("quiet", last_new_at=ago)
    make_source("late", failures=1, last_error="The outlet answered too late.")
    make_source("failing", failures=3, last_error="The outlet answered too late.")
    make_source("new", last_run_at=None)
    make_source("queued", due_at=now - timedelta(seconds=1))
    make_source("running", lease_until=now + timedelta(minutes=1))
    make_source("overdue", due_at=now - timedelta(hours=3))
    html = page(client)
    order = ["failing", "late", "overdue", "quiet", "running", "queued", "new", "healthy", "paused"]
    assert re.findall(r'<tbody id="s-([^"]+)"', html) == order
    assert (
        "9 sources." in html and "1 is failing." in html and "2 are late." in html and "1 brings nothing new." in html
    )


def test_a_failing_source_says_what_happened_what_is_kept_and_what_to_do(client: Client, db: None) -> None:
    read = timezone.now() - timedelta(days=1)
    make_source(
        failures=4,
        last_error="There is nothing at this address (404).",
        last_error_code="not_found",
        last_success_at=read,
    )
    html = page(client)
    assert "There is nothing at this address (404). Check the address." in html
    assert "4 failures in a row" in html
    assert "Nothing was lost: what was read until" in html
    assert "The next attempt is at" in html
    assert "Find the new address on the outlet's site" in html.replace("&#x27;", "'")


def test_a_refusal_asks_for_something_else_than_a_slow_server(client: Client, db: None) -> None:
    make_source("refusing", failures=1, last_error="x", last_error_code="blocked")
    make_source("slow", failures=1, last_error="x", last_error_code="too_slow")
    html = page(client)
    assert "Mithaq does not get round a refusal" in html and "There is nothing to do for now." in html


def test_a_source_that_never_brought_anything_is_an_alarm_after_ten_days(client: Client, db: None) -> None:
    source = make_source(last_new_at=None)
    make_run(source, started_at=timezone.now() - timedelta(days=11))
    assert "never brought anything new" in page(client)


def test_an_error_is_told_in_the_readers_language(client: Client, db: None) -> None:
    make_source(failures=1, last_error="Stored in English.", last_error_code="no such code")
    assert "Stored in English." in page(client, language="ar")


def test_the_last_runs_open_in_place(client: Client, db: None) -> None:
    source = make_source()
    for number in range(8):
        make_run(source, seen=70 + number, started_at=timezone.now() - timedelta(hours=number), trigger="button")
    html = page(client)
    assert "The last 6 runs" in html
    assert re.findall(r'data-label="Seen">(\d+)<', html) == ["70", "71", "72", "73", "74", "75"]
    assert "by hand" in html


def test_new_articles_are_counted_over_thirty_days(client: Client, db: None) -> None:
    source = make_source()
    for days, new in ((0, 4), (0, 1), (29, 2), (31, 100)):
        make_run(source, new=new, started_at=timezone.now() - timedelta(days=days))
    html = page(client)
    assert "<b>7</b>" in html
    assert len(re.findall(r'<rect x="[0-9.]+%"', html)) == 2  # two days with any


def test_sources_without_any_say_what_belongs_here(client: Client, administrator: User) -> None:
    assert "There is none yet." in page(client)
    assert "Add the first source" not in page(client)
    client.force_login(administrator)
    assert "Add the first source" in page(client)


def test_sources_cost_the_same_queries_at_any_size(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    def more(count: int) -> None:
        for _number in range(count):
            source = make_source(f"outlet-{Source.objects.count()}", failures=1, last_error="No answer.")
            make_run(source, new=2)
            make_run(source, error="No answer.")

    more(2)
    with django_assert_num_queries(5):
        client.get("/en/sources/")
    more(15)
    with django_assert_num_queries(5):
        client.get("/en/sources/")


# ------------------------------------------------------------------ import now


@pytest.mark.parametrize("role, status", [("viewer", 403), ("reviewer", 302), ("editor", 302), ("administrator", 302)])
def test_importing_now_is_for_those_who_may(
    client: Client, source: Source, role: str, status: int, queue: SimpleQueue
) -> None:
    client.force_login(make_user(role))
    assert client.post("/en/sources/sample-wire/import/").status_code == status
    assert ("Import now" in page(client)) is (status == 302 and Source.objects.get().due_at > timezone.now())


def test_the_button_makes_a_source_due_and_tells_a_worker(
    client: Client, source: Source, reviewer: User, queue: SimpleQueue
) -> None:
    client.force_login(reviewer)
    response = client.post("/en/sources/sample-wire/import/", follow=True)
    source.refresh_from_db()
    assert source.due_at <= timezone.now()
    message = queue.get(timeout=5)
    message.ack()
    assert message.headers["task"] == "articles.tasks.import_one"
    assert message.payload[0] == [source.pk, "button"]
    assert "Sample Wire is being read." in response.content.decode()
    assert response.redirect_chain[-1][0] == "/en/sources/#s-sample-wire"


def test_without_a_broker_the_wish_is_kept_for_the_next_worker_that_looks(
    client: Client, source: Source, reviewer: User, no_broker: None
) -> None:
    client.force_login(reviewer)
    response = client.post("/en/sources/sample-wire/import/", follow=True)
    source.refresh_from_db()
    assert source.due_at <= timezone.now()
    assert "The next worker that looks will read Sample Wire." in response.content.decode()


def test_a_paused_source_is_not_imported(client: Client, reviewer: User) -> None:
    source = make_source(is_active=False)
    client.force_login(reviewer)
    response = client.post("/en/sources/sample-wire/import/", follow=True)
    assert "The source is paused." in response.content.decode()
    assert Source.objects.get().due_at == source.due_at


def test_htmx_gets_the_row_alone_which_asks_again_until_it_is_read(
    client: Client, source: Source, reviewer: User, queue: SimpleQueue
) -> None:
    client.force_login(reviewer)
    row = client.post("/en/sources/sample-wire/import/", headers=HTMX).content.decode()
    assert row.startswith('<tbody id="s-sample-wire"')
    assert "<html" not in row
    assert 'hx-get="/en/sources/sample-wire/row/"' in row and "Waits for a worker" in row
    assert "Sample Wire is being read." in row  # the message comes along
    Source.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    make_run(source, finished_at=None, seen=5, new=2)
    running = client.get("/en/sources/sample-wire/row/", headers=HTMX).content.decode()
    assert "5 seen, 2 new, 0 updated, 0 failed so far" in running and "hx-get" in running
    Source.objects.update(lease_until=None, due_at=timezone.now() + timedelta(hours=1))
    done = client.get("/en/sources/sample-wire/row/", headers=HTMX).content.decode()
    assert "Healthy" in done and "hx-get" not in done


def test_a_row_asked_for_as_a_page_is_the_sources_page(client: Client, source: Source) -> None:
    assert client.get("/en/sources/sample-wire/row/")["Location"] == "/en/sources/sample-wire/"
    assert client.get("/en/sources/nowhere/row/").status_code == 404


# ------------------------------------------------------------------ pause, settings


def test_a_source_is_paused_and_goes_on(administrator_in: Client, source: Source) -> None:
    administrator_in.post("/en/sources/sample-wire/switch/", {"pause": "1"})
    assert not Source.objects.get().is_active
    assert "Paused" in page(administrator_in)
    administrator_in.post("/en/sources/sample-wire/switch/", {"activate": "1"})
    source = Source.objects.get()
    assert source.is_active and source.due_at <= timezone.now()


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_pausing_adding_and_changing_are_not_for_everybody(client: Client, source: Source, role: str) -> None:
    client.force_login(make_user(role))
    assert client.post("/en/sources/sample-wire/switch/", {"pause": "1"}).status_code == 403
    assert client.post("/en/sources/sample-wire/", {"name": "Mine"}).status_code == 403
    assert client.get("/en/sources/add/").status_code == 403
    assert 'name="interval_minutes"' not in page(client, "sample-wire/")


def test_strangers_see_a_source_and_are_asked_to_sign_in_for_more(client: Client, source: Source) -> None:
    assert "Runs, the newest first" in page(client, "sample-wire/")
    for path in ("add/", "sample-wire/import/", "sample-wire/switch/"):
        assert client.post(f"/en/sources/{path}")["Location"].startswith("/en/")


def settings_of(**changed: Any) -> dict[str, Any]:
    form = {"name": "Sample Wire", "language": "ar", "publisher": "", "reliability": "press", "party": ""}
    return {**form, "interval_minutes": 60, **changed}


def test_settings_are_changed(administrator_in: Client, source: Source, aze: Party) -> None:
    administrator_in.post(
        "/en/sources/sample-wire/", settings_of(name="Wire of Baku", party=aze.pk, interval_minutes=15)
    )
    source.refresh_from_db()
    assert (source.name, source.party, source.interval_minutes) == ("Wire of Baku", aze, 15)
    assert source.url == "https://sample-wire.example/feed.xml"


@pytest.mark.parametrize(
    "wrong, words", [({"name": ""}, "This field is required"), ({"interval_minutes": 4}, "Five minutes at least")]
)
def test_wrong_settings_say_why_and_keep_what_was_typed(
    administrator_in: Client, source: Source, wrong: dict[str, Any], words: str
) -> None:
    response = administrator_in.post("/en/sources/sample-wire/", settings_of(publisher="Kept", **wrong))
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html and 'value="Kept"' in html
    source.refresh_from_db()
    assert (source.name, source.interval_minutes) == ("Sample Wire", 60)


# ------------------------------------------------------------------ add


def test_an_address_is_tested_before_anything_is_stored(administrator_in: Client, outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", FEED)
    html = unescape(
        administrator_in.post("/en/sources/add/", {"url": outlet.url("/feed.xml"), "test": "1"}).content.decode()
    )
    assert "What an import would find" in html
    assert "وكالة نموذج" in html and "2 entries" in html and "Trade & tariffs" in html
    assert re.search(r'name="name" value="وكالة نموذج"', html)
    assert re.search(r'<option value="ar" selected>', html)
    assert not Source.objects.exists()


def test_a_tested_address_is_saved_and_read_at_once(
    administrator_in: Client, outlet: Outlet, queue: SimpleQueue
) -> None:
    outlet.put_feed("/feed.xml", FEED)
    form = {**settings_of(name="وكالة نموذج"), "url": outlet.url("/feed.xml"), "save": "1"}
    response = administrator_in.post("/en/sources/add/", form)
    source = Source.objects.get()
    assert response["Location"] == f"/en/sources/{source.slug}/"
    assert (source.name, source.url, source.is_verified) == ("وكالة نموذج", outlet.url("/feed.xml"), True)
    assert queue.get(timeout=5).payload[0] == [source.pk, "button"]


@pytest.mark.parametrize(
    "answer, words",
    [
        (
            ("text/html", "<html><body>News</body></html>", 200),
            "The web page holds no article and no list of articles.",
        ),
        (("application/xml", "<rss><channel>", 200), "kept"),
        (("application/rss+xml", "", 404), "There is nothing at this address (404)."),
        (("application/rss+xml", "", 500), "500"),
    ],
)
def test_what_is_no_feed_says_what_it_is(
    administrator_in: Client, outlet: Outlet, answer: tuple[str, str, int], words: str
) -> None:
    content_type, body, status = answer
    outlet.put("/feed.xml", body, content_type, status=status)
    response = administrator_in.post("/en/sources/add/", {"url": outlet.url("/feed.xml"), "test": "1"})
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert words in html
    assert outlet.url("/feed.xml") in html  # what was typed is kept
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    "url, words",
    [
        ("", "This field is required."),
        ("no address", "This is no web address."),
        ("ftp://wire.example/feed", "web address"),
        ("http://127.0.0.1:9/feed.xml", "private network"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
    ],
)
def test_what_is_no_address_to_read_is_refused(administrator_in: Client, url: str, words: str) -> None:
    for step in ("test", "save"):
        response = administrator_in.post("/en/sources/add/", {**settings_of(), "url": url, step: "1"})
        assert response.status_code == 422
        assert words in unescape(response.content.decode())
    assert not Source.objects.exists()


def test_an_address_known_already_leads_to_its_source(administrator_in: Client, source: Source) -> None:
    response = administrator_in.post("/en/sources/add/", {"url": source.url, "test": "1"})
    html = response.content.decode()
    assert response.status_code == 422
    assert "This address is a source already." in html and 'href="/en/sources/sample-wire/"' in html


def test_a_source_without_a_name_is_not_saved_and_nothing_typed_is_lost(
    administrator_in: Client, outlet: Outlet
) -> None:
    form = {**settings_of(name="", publisher="Kept"), "url": outlet.url("/feed.xml"), "save": "1"}
    response = administrator_in.post("/en/sources/add/", form)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'value="Kept"' in html and f'name="url" value="{outlet.url("/feed.xml")}"' in html
    assert not Source.objects.exists()


# ------------------------------------------------------------------ kinds, outlines, documents, a look


def test_a_page_of_news_offers_its_feeds_to_choose_from(administrator_in: Client, outlet: Outlet) -> None:
    links = "".join(f'<a href="/2026/02/news-of-the-day-{n}">News of the day number {n} of May</a>' for n in range(5))
    head = '<link rel="alternate" type="application/rss+xml" title="All news" href="/feed.xml">'
    outlet.put("/news", f"<html><head>{head}</head><body>{links}</body></html>")
    html = administrator_in.post("/en/sources/add/", {"url": outlet.url("/news"), "test": "1"}).content.decode()
    assert "page that lists articles" in html and "5 entries" in html
    assert outlet.url("/feed.xml") in html and "All news" in html


def test_a_test_of_a_source_stores_nothing(administrator_in: Client, outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", FEED)
    source = make_source(url=outlet.url("/feed.xml"))
    html = administrator_in.get(f"/en/sources/{source.slug}/test/").content.decode()
    assert "فريق الطاقة يجتمع في باكو" in html and "2 entries" in html
    assert not source.articles.exists() and not source.runs.exists()


def test_a_test_says_what_is_wrong(administrator_in: Client, outlet: Outlet) -> None:
    source = make_source(url=outlet.url("/absent.xml"))
    assert "(404)" in administrator_in.get(f"/en/sources/{source.slug}/test/").content.decode()


def test_sources_go_out_and_come_in_as_an_outline(administrator_in: Client) -> None:
    make_source()
    file = administrator_in.get("/en/sources/opml/")
    assert file["Content-Type"].startswith("text/x-opml") and b"sample-wire.example" in file.content
    Source.objects.all().delete()
    upload = SimpleUploadedFile("a.opml", file.content)
    page = administrator_in.post("/en/sources/opml/", {"file": upload}, follow=True).content.decode()
    assert "1 source is added, switched off." in page
    assert not Source.objects.get().is_active


def test_an_outline_that_is_none_says_so_beside_the_field(administrator_in: Client) -> None:
    answer = administrator_in.post("/en/sources/opml/", {"file": SimpleUploadedFile("a.opml", b"<html/>")})
    assert answer.status_code == 422 and "This is no OPML file" in answer.content.decode()


def test_a_document_at_hand_is_stored_and_shown(administrator_in: Client) -> None:
    text = "\n\n".join(["The energy group met in Baku and agreed on a programme of training for engineers."] * 4)
    upload = {"file": SimpleUploadedFile("note.txt", text.encode()), "title": "Energy group", "published": "2026-02-01"}
    answer = administrator_in.post("/en/sources/document/", upload, follow=True)
    assert answer.status_code == 200 and "Energy group" in answer.content.decode()


def test_a_run_at_work_is_stopped_from_the_page(administrator_in: Client) -> None:
    source = make_source(lease_until=timezone.now() + timedelta(minutes=1))
    run = FetchRun.objects.create(source=source)
    administrator_in.post(f"/en/sources/{source.slug}/stop/", {"on_page": "1"})
    run.refresh_from_db()
    assert run.stop_asked


@pytest.mark.parametrize("path", ["test/", "stop/"])
def test_only_those_who_may_import_test_and_stop(client: Client, path: str) -> None:
    client.force_login(make_user("viewer"))
    source = make_source()
    answer = (
        client.get(f"/en/sources/{source.slug}/{path}")
        if path == "test/"
        else client.post(f"/en/sources/{source.slug}/{path}")
    )
    assert answer.status_code == 403
