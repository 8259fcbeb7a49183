"""`manage.py ingest`: one JSON object on standard output, and a status that tells of the run, not of the outlet."""

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.models import Article, FetchRun, Source
from tests.conftest import child_environment
from tests.feeds.server import Outlet
from tests.feeds.writing import atom, entry, item, page, rss

pytestmark = pytest.mark.django_db


@pytest.fixture
def wire(outlet: Outlet) -> Outlet:
    """An outlet with a feed of two entries."""
    for number in (1, 2):
        outlet.put(f"/{number}", page(f"Talks {number}"))
    outlet.put_feed("/feed.xml", rss(item("Talks 1", "/1"), item("Talks 2", "/2"), title="The feed's own name"))
    return outlet


def ingest(*arguments: str) -> dict[str, Any]:
    """What the command prints."""
    told, aside = StringIO(), StringIO()
    call_command("ingest", *arguments, "--json", stdout=told, stderr=aside)
    (line,) = told.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_the_feed_at_a_new_address_becomes_a_source_and_is_imported_once(wire: Outlet) -> None:
    assert ingest("--url", wire.url("/feed.xml")) == {"seen": 2, "new": 2, "updated": 0, "failed": 0, "error": ""}
    source = Source.objects.get()
    assert (source.name, source.url) == ("The feed's own name", wire.url("/feed.xml"))
    assert FetchRun.objects.get().trigger == FetchRun.Trigger.COMMAND


def test_a_second_time_nothing_is_new(wire: Outlet) -> None:
    ingest("--url", wire.url("/feed.xml"), "--name", "Wire")
    assert ingest("--url", wire.url("/feed.xml")) == {"seen": 2, "new": 0, "updated": 0, "failed": 0, "error": ""}
    assert Source.objects.get().name == "Wire"
    assert Article.objects.count() == 2


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [{"id": "1", "url": "/1", "title": "Talks 1"}, {"id": "2", "url": "/2", "title": "Talks 2"}],
}
SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
FRONT = """<html><head><title>Wire</title>
<link rel="alternate" type="application/rss+xml" title="All news" href="/feed.xml"></head><body>{}</body></html>"""


def every_kind(outlet: Outlet) -> dict[str, bytes]:
    """An address of each kind, each with two articles or one."""
    places = SITEMAP.format("".join(f"<url><loc>{outlet.url(f'/{n}')}</loc></url>" for n in (1, 2)))
    links = "".join(
        f'<p><a href="/talks-of-the-group-{n}">The talks of the working group {n}</a></p>' for n in range(5)
    )
    index = f"<sitemapindex><sitemap><loc>{outlet.url('/news.xml.gz')}</loc></sitemap></sitemapindex>"
    return {
        "/atom": atom(entry("Talks 1", "/1", id="1"), entry("Talks 2", "/2", id="2")).encode(),
        "/json": json.dumps(JSON_FEED).encode(),
        "/news.xml": places.encode(),
        "/news.xml.gz": gzip.compress(places.encode()),
        "/sitemaps.xml": index.encode(),
        "/news/": FRONT.format(links).encode(),
        "/": FRONT.format("<p>Welcome</p>").encode(),
    }


@pytest.mark.parametrize(
    "path, kind, seen",
    [
        ("/feed.xml", "feed", 2),
        ("/atom", "feed", 2),
        ("/json", "json", 2),
        ("/news.xml", "sitemap", 2),
        ("/news.xml.gz", "sitemap", 2),
        ("/sitemaps.xml", "sitemap", 2),
        ("/news/", "listing", 5),
        ("/1", "page", 1),
    ],
)
def test_the_kind_of_an_address_is_found_by_itself(wire: Outlet, path: str, kind: str, seen: int) -> None:
    for place, body in every_kind(wire).items():
        wire.put(place, body, "application/octet-stream")
    for number in range(5):
        wire.put(f"/talks-of-the-group-{number}", page(f"The talks of the working group {number}"))
    told = ingest("--url", wire.url(path))
    assert (told["seen"], told["new"], told["failed"], told["error"]) == (seen, seen, 0, "")
    assert Source.objects.get().kind == kind
    assert Article.objects.filter(text_state="full").count() == seen


def test_the_address_of_a_site_tells_the_feeds_it_offers(wire: Outlet) -> None:
    wire.put("/", every_kind(wire)["/"])
    told = ingest("--url", wire.url("/"))
    assert told["error"] and told["new"] == 0
    assert told["feeds"] == [{"url": wire.url("/feed.xml"), "title": "All news", "kind": "feed"}]


def test_an_edit_is_counted_as_updated_and_a_page_that_fails_as_failed(wire: Outlet) -> None:
    ingest("--url", wire.url("/feed.xml"))
    wire.put_feed("/feed.xml", rss(item("Talks end", "/1"), item("Talks 2", "/2"), item("Talks 3", "/3")))
    assert ingest("--url", wire.url("/feed.xml")) == {"seen": 3, "new": 1, "updated": 1, "failed": 1, "error": ""}


@pytest.mark.parametrize(
    "body, status, words",
    [
        ("this is no XML", 200, "not XML"),
        (rss(), 200, "empty"),
        ("<html><body><h1>Welcome</h1></body></html>", 200, "web page"),
        ("", 404, "404"),
        ("", 500, "500"),
    ],
)
def test_what_the_outlet_answered_is_told_and_is_no_fault_of_the_run(
    outlet: Outlet, body: str, status: int, words: str
) -> None:
    outlet.put("/feed.xml", body, status=status)
    told = ingest("--url", outlet.url("/feed.xml"))
    assert words in told.pop("error")
    assert told == {"seen": 0, "new": 0, "updated": 0, "failed": 0}


def test_a_file_at_hand_becomes_one_article_once(tmp_path: Path) -> None:
    file = tmp_path / "talks.html"
    file.write_text(page("Talks"), encoding="utf-8")
    assert ingest("--file", str(file)) == {"seen": 1, "new": 1, "updated": 0, "failed": 0, "error": ""}
    assert ingest("--file", str(file))["new"] == 0
    assert Article.objects.get().title == "Talks"


def test_a_file_that_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "talks.pdf"
    file.write_bytes(b"%PDF-1.7")
    assert "no web page and no plain text" in ingest("--file", str(file))["error"]
    assert ingest("--file", str(tmp_path / "absent"))["error"]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/feed.xml", "http://10.0.0.1/", "http://2130706433/", "http://[::1]/", "http://localhost/"],
)
def test_a_private_address_is_refused_and_not_stored(url: str) -> None:
    told = ingest("--url", url)
    assert "private network" in told["error"]
    assert not Source.objects.exists()


def test_a_host_may_be_excepted_with_every_port_of_it(wire: Outlet, settings: LazySettings) -> None:
    settings.FETCH_ALLOWED_HOSTS = ["127.0.0.1"]
    assert ingest("--url", wire.url("/feed.xml"))["new"] == 2


@pytest.mark.parametrize("url", ["ftp://wire.example/feed.xml", "wire.example", "http://"])
def test_what_is_no_address_is_told(url: str) -> None:
    assert ingest("--url", url)["error"]


def test_all_active_sources_are_read_and_the_paused_are_not(wire: Outlet) -> None:
    for number, path in enumerate(["/feed.xml", "/other.xml", "/gone.xml"]):
        Source.objects.create(
            slug=f"s{number}",
            name=f"S{number}",
            url=wire.url(path),
            is_active=path != "/other.xml",
            due_at=timezone.now(),
        )
    told = ingest("--all")
    assert (told["new"], "404" in told["error"], "S2:" in told["error"]) == (2, True, True)
    assert not wire.asked("/other.xml")


def test_without_a_choice_only_what_is_due_is_read(wire: Outlet) -> None:
    now = timezone.now()
    for slug, due in (("due", now), ("not-yet", now + timedelta(hours=1))):
        Source.objects.create(slug=slug, name=slug, url=wire.url(f"/feed.xml?{slug}"), due_at=due)
    assert ingest()["new"] == 2
    assert [request.path for request in wire.requests if "feed" in request.path] == ["/feed.xml?due"]


def test_one_source_is_read_by_its_name_in_addresses_due_or_not(wire: Outlet) -> None:
    due = timezone.now() + timedelta(hours=1)
    Source.objects.create(slug="wire", name="Wire", url=wire.url("/feed.xml"), due_at=due)
    assert ingest("--source", "wire")["new"] == 2
    with pytest.raises(CommandError):
        ingest("--source", "nobody")


def test_the_source_of_a_killed_worker_is_waited_for(wire: Outlet) -> None:
    until = timezone.now() + timedelta(seconds=1)
    Source.objects.create(slug="wire", name="Wire", url=wire.url("/feed.xml"), lease_until=until)
    assert ingest("--source", "wire")["new"] == 2


@pytest.mark.django_db(transaction=True)
def test_standard_output_holds_the_json_alone_and_the_status_is_nought(wire: Outlet) -> None:
    wire.pages.pop("/2")
    command = [sys.executable, "manage.py", "ingest", "--url", wire.url("/feed.xml"), "--name", "Wire", "--json"]
    ran = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=child_environment("redis://127.0.0.1:1/0"),  # no broker is needed
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"seen": 2, "new": 2, "updated": 0, "failed": 1, "error": ""}
