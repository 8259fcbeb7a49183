"""Every kind of source ends in the same entries; a kind nobody named is found from the answer itself."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles import apart, importer, kinds, listings, outlets
from articles.feeds import Broken, Empty, Entry, NotAFeed, Unsafe
from articles.models import Article, FetchRun, Source
from config.doctor import _sources
from tests.articles.conftest import hold_back
from tests.feeds.server import Outlet
from tests.feeds.writing import atom, entry, item, page, rss

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SITE = "https://wire.example/"

JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "وكالة نموذج",
    "home_page_url": SITE,
    "language": "ar",
    "items": [
        {
            "id": "1",
            "url": "/news/1",
            "title": "فريق الطاقة يجتمع في باكو",
            "content_html": "<p>اجتمع الفريق.</p><script>alert(1)</script>",
            "date_published": "2026-02-01T10:00:00+04:00",
            "authors": [{"name": "Editor"}],
        },
        "no item",
    ],
}

NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
SITEMAP = f"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {NEWS}>
<url><loc>https://wire.example/old</loc><lastmod>2026-01-01</lastmod></url>
<url><loc>https://wire.example/new</loc><news:news><news:publication><news:name>Wire</news:name>
<news:language>en</news:language></news:publication><news:publication_date>2026-02-01T00:00:00Z</news:publication_date>
<news:title>Energy &amp; trade</news:title></news:news></url></urlset>"""

LINKS = "".join(
    f'<h3><a href="/2026/02/energy-group-meets-in-baku-{n}">The energy group met in Baku for the {n}th time</a></h3>'
    for n in range(5)
)
LISTING = f"""<!doctype html><html lang="en"><head><title>News</title>
<link rel="alternate" type="application/rss+xml" title="All news" href="/feed.xml">
<link rel="alternate" type="application/feed+json" href="/feed.json"></head><body>
<nav><a href="/2026/01/a-long-enough-name-in-the-menu-of-the-site">A long enough name in the menu of the site</a></nav>
<main>{LINKS}<a href="https://other.example/2026/02/news-of-another-outlet">News of another outlet, a long title</a>
<div class="brief"><a href="/b/1">Brief</a></div></main></body></html>"""

ARTICLE = page("The energy group meets", meta={"og:type": "article"})


def index(*places: str) -> str:
    parts = "".join(
        f"<sitemap><loc>{place}</loc><lastmod>2026-02-0{n}</lastmod></sitemap>" for n, place in enumerate(places, 1)
    )
    return (
        f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>'
    )


def read(body: str | bytes, **more: Any) -> kinds.Found:
    return kinds.read(body.encode() if isinstance(body, str) else body, url=SITE, now=NOW, **more)


@pytest.mark.parametrize(
    "body, kind",
    [
        (rss(item("One", SITE)), "feed"),
        (atom(entry("One", SITE)), "feed"),
        (json.dumps(JSON_FEED), "json"),
        (SITEMAP, "sitemap"),
        (index(SITE + "a.xml"), "sitemap"),
        (gzip.compress(SITEMAP.encode(), mtime=0), "sitemap"),
        (LISTING, "listing"),
        (ARTICLE, "page"),
    ],
)
def test_a_kind_is_found_from_the_bytes_whatever_their_type_says(body: str | bytes, kind: str) -> None:
    assert read(body, content_type="application/octet-stream").kind == kind


def test_a_json_feed_is_read_as_plain_text_with_absolute_links() -> None:
    (found,) = read(json.dumps(JSON_FEED)).feed.entries
    assert (found.id, found.url, found.language) == ("1", "https://wire.example/news/1", "ar")
    assert (found.text, found.author) == ("اجتمع الفريق.", "Editor")
    assert found.published == datetime(2026, 2, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "body, error",
    [
        ("{", Broken),
        ('{"a": 1}', NotAFeed),
        ("[]", NotAFeed),
        (json.dumps({**JSON_FEED, "items": []}), Empty),
        (json.dumps({**JSON_FEED, "items": [1, {}]}), Broken),
        ('{"a":' * 100_000, Broken),
    ],
)
def test_a_json_feed_that_is_none_says_so(body: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(body, kind="json")


def test_a_news_sitemap_gives_its_newest_first_with_their_titles() -> None:
    new, old = read(SITEMAP).feed.entries
    assert (new.url, new.title, new.language) == ("https://wire.example/new", "Energy & trade", "en")
    assert (old.url, old.published) == ("https://wire.example/old", datetime(2026, 1, 1, tzinfo=UTC))


def test_an_index_names_its_newest_sitemaps() -> None:
    found = read(index(*(f"{SITE}{n}.xml" for n in range(5))))
    assert found.parts == [f"{SITE}{n}.xml" for n in (4, 3, 2)]


@pytest.mark.parametrize(
    "body, error",
    [
        ('<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>', Unsafe),
        ("<urlset></urlset>", Empty),
        ("<sitemapindex></sitemapindex>", Empty),
        (gzip.compress(b"<urlset>" + b" " * 21 * 1024 * 1024, mtime=0), Broken),
        (gzip.compress(SITEMAP.encode(), mtime=0)[:40], Broken),
    ],
)
def test_a_hostile_sitemap_is_refused(body: str | bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(body, kind="sitemap")


def test_a_page_of_news_gives_the_links_to_its_own_articles() -> None:
    found = read(LISTING).feed
    assert [one.url for one in found.entries] == [
        f"https://wire.example/2026/02/energy-group-meets-in-baku-{n}" for n in range(5)
    ]
    assert (found.title, found.language) == ("News", "en")


def test_relative_links_lead_from_where_the_page_says() -> None:
    links = '<a href="b/1">Brief</a><link rel="alternate" type="application/rss+xml" href="feed.xml">'
    page_of_links = f'<html><head><base href="/en/"></head><body>{links}</body></html>'
    (found,) = read(page_of_links, kind="listing", selector="a").feed.entries
    assert found.url == "https://wire.example/en/b/1"
    (offer,) = kinds.offers(page_of_links.encode(), "text/html", SITE)
    assert offer.url == "https://wire.example/en/feed.xml"


@pytest.mark.parametrize("base", ["", "javascript:1", "data:,", "http://["])
def test_a_base_that_is_no_address_changes_nothing(base: str) -> None:
    page_of_links = f'<html><head><base href="{base}"></head><body><a href="/b/1">Brief</a></body></html>'
    (found,) = read(page_of_links, kind="listing", selector="a").feed.entries
    assert found.url == "https://wire.example/b/1"


def test_a_page_cannot_name_another_outlet_as_the_base_of_its_news() -> None:
    foreign = LISTING.replace("<head>", '<head><base href="https://other.example/">')
    with pytest.raises(listings.NothingListed):
        read(foreign, kind="listing")


def test_a_selector_says_which_links() -> None:
    (found,) = read(LISTING, kind="listing", selector=".brief").feed.entries
    assert (found.url, found.title) == ("https://wire.example/b/1", "Brief")


@pytest.mark.parametrize("selector", ["::", ".absent", "a["])
def test_a_selector_that_finds_nothing_says_so(selector: str) -> None:
    with pytest.raises(listings.BadSelector):
        read(LISTING, kind="listing", selector=selector)


def test_a_page_without_news_says_so() -> None:
    with pytest.raises(listings.NothingListed):
        read("<html><body><a href='/about'>About us</a></body></html>")


def test_a_page_says_which_feeds_its_site_offers() -> None:
    found = kinds.offers(LISTING.encode(), "text/html", SITE)
    assert [(one.url, one.title, one.kind) for one in found] == [
        ("https://wire.example/feed.xml", "All news", "feed"),
        ("https://wire.example/feed.json", "", "json"),
    ]


@pytest.mark.parametrize(
    "must, must_not, is_wanted",
    [("", "", True), ("BAKU\nطاقة", "", True), ("hockey", "", False), ("baku", "energy", False), ("", "hockey", True)],
)
def test_words_decide_what_is_read(must: str, must_not: str, is_wanted: bool) -> None:
    found = Entry(title="The energy group", text="It met in Baku.")
    assert kinds.wanted(found, must, must_not) is is_wanted


def test_an_outline_of_our_own_is_read_back() -> None:
    written = kinds.write_opml(
        "Mithaq",
        [
            kinds.Outline(SITE + "feed.xml", "Wire & Co", {"homepage": SITE, "must_have": "a\nb"}),
            kinds.Outline(SITE + "2.xml", "ثان"),
        ],
    )
    first, second = kinds.read_opml(written)
    assert (first.title, first.url) == ("Wire & Co", SITE + "feed.xml")
    assert first.told == {"homepage": SITE, "must_have": "a\nb"}
    assert (second.title, second.url, second.told) == ("ثان", SITE + "2.xml", {})


@pytest.mark.parametrize(
    "body, error",
    [
        (b"", Broken),
        (b"<html/>", kinds.NotAnOutline),
        (b"<opml><body><outline text='x'/></body></opml>", Empty),
        (b"<opml><body><outline xmlUrl='javascript:1'/></body></opml>", Empty),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml/>", Unsafe),
    ],
)
def test_what_is_no_outline_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        kinds.read_opml(body)


# ------------------------------------------------------------------ imported


@pytest.mark.django_db
def test_sources_of_every_kind_are_imported_by_their_address_alone(outlet: Outlet) -> None:
    outlet.put("/feed.json", json.dumps({**JSON_FEED, "items": [{"id": "1", "title": "JSON", "url": "/j"}]}))
    outlet.put("/map.xml.gz", gzip.compress(SITEMAP.replace(SITE, outlet.url("/")).encode()))
    outlet.put("/index.xml", index(outlet.url("/map.xml.gz")))
    outlet.put("/news", LISTING)
    outlet.put("/article", ARTICLE)
    found = {}
    for path in ("/feed.json", "/index.xml", "/news", "/article"):
        source = outlets.add_source(outlet.url(path))
        run = importer.import_source(source)
        assert run and run.error == ""
        found[path] = (source.kind, run.new)
    assert found == {
        "/feed.json": ("json", 1),
        "/index.xml": ("sitemap", 2),
        "/news": ("listing", 5),
        "/article": ("page", 1),
    }


@pytest.mark.django_db
def test_a_single_page_is_fetched_once_and_kept_as_an_article(outlet: Outlet) -> None:
    outlet.put("/article", ARTICLE)
    importer.import_source(outlets.add_source(outlet.url("/article")))
    article = Article.objects.get()
    assert (article.title, article.text_state) == ("The energy group meets", "full")
    assert len(outlet.asked("/article")) == 1


@pytest.mark.django_db
def test_entries_without_the_words_asked_for_are_left_out_and_said_to_be(outlet: Outlet) -> None:
    outlet.put_feed("/feed.xml", rss(item("Energy", outlet.url("/1")), item("Hockey", outlet.url("/2"))))
    source = outlets.add_source(outlet.url("/feed.xml"), must_not_have="hockey", full_text=False)
    run = importer.import_source(source)
    assert run and (run.new, run.warnings) == (1, [kinds.LEFT_OUT])


@pytest.mark.django_db
def test_an_address_is_looked_at_and_nothing_is_stored(outlet: Outlet) -> None:
    outlet.put("/news", LISTING)
    found = outlets.preview_source(Source(url=outlet.url("/news"), kind="auto"))
    assert (found.kind, found.count, len(found.offers)) == ("listing", 5, 2)
    assert not Source.objects.exists() and not Article.objects.exists()


@pytest.mark.django_db
def test_a_site_that_declares_no_feed_is_looked_at_in_the_usual_places(outlet: Outlet) -> None:
    outlet.put("/news", LISTING.replace('rel="alternate"', 'rel="other"'))
    outlet.put_feed("/rss.xml", rss(item("One", outlet.url("/1")), title="All"))
    (offer,) = outlets.preview_source(Source(url=outlet.url("/news"), kind="auto")).offers
    assert (offer.url, offer.title) == (outlet.url("/rss.xml"), "All")


@pytest.mark.django_db
def test_an_outline_adds_sources_switched_off_and_only_once() -> None:
    body = kinds.write_opml(
        "X", [kinds.Outline(SITE + "feed.xml", "Wire"), kinds.Outline("http://127.0.0.1/feed.xml", "Home")]
    )
    taken = outlets.take_opml(body)
    assert [(one.name, one.is_active) for one in taken.new] == [("Wire", False)]
    assert [url for url, _reason in taken.refused] == ["http://127.0.0.1/feed.xml"]
    again = outlets.take_opml(body)
    assert (again.new, [one.name for one in again.known]) == ([], ["Wire"])
    assert b"https://wire.example/feed.xml" in outlets.opml()


@pytest.mark.django_db
def test_a_document_at_hand_becomes_an_article_once() -> None:
    first = outlets.add_document(ARTICLE.encode(), "energy.html", published=date(2026, 2, 1))
    assert (first.title, first.text_state, first.source.kind) == ("The energy group meets", "full", "file")
    assert outlets.add_document(ARTICLE.encode(), "copy.html", published=date(2026, 2, 1)) == first
    assert not first.source.is_active


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"PK\x03\x04", b"a\x00b"])
def test_a_file_that_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(outlets.NotADocument):
        outlets.add_document(body, "x")


@pytest.mark.django_db
def test_an_outline_carries_what_another_mithaq_needs_to_read_a_source_alike() -> None:
    described = {"kind": "listing", "selector": ".brief", "must_have": "baku", "full_text": False, "language": "az"}
    outlets.add_source(SITE + "news", "Wire", **described)
    body = outlets.opml()
    Source.objects.all().delete()
    assert outlets.take_opml(body, dry_run=True).new and not Source.objects.exists()
    outlets.take_opml(body)
    again = Source.objects.get()
    assert {name: getattr(again, name) for name in described} == described


@pytest.mark.django_db
def test_an_outline_that_describes_a_source_wrongly_still_adds_it() -> None:
    told = {"kind": "nonsense", "reliability": "x", "interval_minutes": "-1", "party": "none"}
    outlets.take_opml(kinds.write_opml("X", [kinds.Outline(SITE + "feed.xml", "Wire", told)]))
    assert (Source.objects.get().kind, Source.objects.get().reliability) == ("auto", "press")


@pytest.mark.django_db
def test_the_outline_command_writes_tells_and_adds(tmp_path: Path) -> None:
    file, told = tmp_path / "a.opml", StringIO()
    file.write_bytes(kinds.write_opml("X", [kinds.Outline(SITE + "feed.xml", "Wire")]))
    call_command("opml", "--import", str(file), "--dry-run", stdout=told)
    assert "1 would be added" in told.getvalue() and not Source.objects.exists()
    call_command("opml", "--import", str(file), stdout=told)
    call_command("opml", stdout=told)
    assert SITE + "feed.xml" in told.getvalue() and Source.objects.get().name == "Wire"
    with pytest.raises(CommandError):
        call_command("opml", "--import", str(tmp_path / "absent"))


@pytest.mark.django_db
def test_the_doctor_names_sources_that_fail_or_fell_silent() -> None:
    long_ago = timezone.now() - timedelta(days=20)
    made = {"last_run_at": timezone.now(), "due_at": timezone.now() + timedelta(hours=1)}
    outlets.add_source(SITE + "1", "Broken wire", failures=3, last_error_code="gone", last_error="x", **made)
    outlets.add_source(SITE + "2", "Silent wire", last_new_at=long_ago, **made)
    never = outlets.add_source(SITE + "3", "Empty wire", **made)
    FetchRun.objects.create(source=never, started_at=long_ago)
    outlets.add_source(SITE + "4", "Good wire", last_new_at=timezone.now(), **made)
    found = _sources()
    assert "Broken wire (The outlet says this address is gone for good" in found.what
    assert "Silent wire (nothing new for long)" in found.what and "Empty wire" in found.what
    assert "Good wire" not in found.what and "Sources" in found.mend


def test_a_page_that_takes_too_long_to_look_through_is_given_up() -> None:
    hold_back(apart.reader)
    with pytest.raises(apart.TooLong):
        apart.reader.survey(LISTING, SITE, seconds=0)
    assert apart.reader.survey(LISTING, SITE).links, "the next page has a child of its own"
