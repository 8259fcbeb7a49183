"""What outlets publish, over real HTTP and into the database: every kind of source and every trap in what it says."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import brotli
import pytest
from django.core.management import call_command
from django.utils import timezone

from articles.models import Article, Source
from tests.feeds.server import Outlet
from tests.feeds.writing import PARAGRAPHS, atom, entry, item, page, rss

pytestmark = pytest.mark.django_db

NEWS = "Energy group meets in Baku"
ARABIC = "فريق الطاقة يجتمع في باكو ويراجع ما تحقق من الربط الكهربائي"
RUSSIAN = "Рабочая группа по энергетике собралась в Баку и рассмотрела ход работ"


def ingest(outlet: Outlet, path: str) -> dict[str, Any]:
    told = StringIO()
    call_command("ingest", "--url", outlet.url(path), "--json", stdout=told, stderr=StringIO())
    counts: dict[str, Any] = json.loads(told.getvalue())
    return counts


def only_article(outlet: Outlet, body: str | bytes, content_type: str = "application/xml") -> Article:
    """What becomes of a feed of one entry."""
    outlet.put("/feed", body, content_type)
    counts = ingest(outlet, "/feed")
    assert (counts["new"], counts["error"]) == (1, "")
    return Article.objects.get()


# ------------------------------------------------------------------ every kind

RSS_090 = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Wire</title><link>/</link></channel>
 <item><title>{title}</title><link>/1</link></item></rdf:RDF>"""
RSS_091 = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
 "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>Wire</title>
 <item><title>{title}</title><link>/1</link></item></channel></rss>"""
RSS_100 = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="/"><title>Wire</title>
 </channel><item rdf:about="/1"><title>{title}</title><link>/1</link><dc:date>2026-02-01T06:00:00Z</dc:date></item>
 </rdf:RDF>"""
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": [{"id": 1, "url": "/1", "title": NEWS}]}
)
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/1</loc><news:news><news:title>{title}</news:title>
 <news:publication_date>2026-02-01T06:00:00Z</news:publication_date></news:news></url></urlset>"""
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>/map.xml</loc></sitemap></sitemapindex>'
LISTING = "<html><head><title>News</title></head><body><main>{links}</main></body></html>".format(
    links="".join(
        f'<li><a href="/2026/02/energy-group-meets-in-baku-{n}">{NEWS}, day {n}</a></li>' for n in range(1, 6)
    )
)


KINDS = "rss-0.90 rss-0.91 rss-0.92 rss-1.0 rss-2.0 atom json sitemap index gzip listing page".split()  # noqa: SIM905


@pytest.mark.parametrize(
    "body, kind, new",
    [
        (RSS_090.format(title=NEWS), "feed", 1),
        (RSS_091.format(title=NEWS), "feed", 1),
        (rss(item(NEWS, "/1")).replace("2.0", "0.92"), "feed", 1),
        (RSS_100.format(title=NEWS), "feed", 1),
        (rss(item(NEWS, "/1")), "feed", 1),
        (atom(entry(NEWS, "/1", id="urn:1")), "feed", 1),
        (JSON_FEED, "json", 1),
        (SITEMAP.format(title=NEWS), "sitemap", 1),
        (INDEX, "sitemap", 1),
        (gzip.compress(SITEMAP.format(title=NEWS).encode()), "sitemap", 1),
        (LISTING, "listing", 5),
        (page(NEWS), "page", 1),
    ],
    ids=KINDS,
)
@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/html"])
def test_an_address_alone_is_enough_whatever_it_holds_and_says_it_holds(
    outlet: Outlet, body: str | bytes, kind: str, new: int, content_type: str
) -> None:
    outlet.put("/source", body, content_type if kind != "page" else "text/html")
    outlet.put("/map.xml", SITEMAP.format(title=NEWS), "text/xml")
    for path in ("/1", *(f"/2026/02/energy-group-meets-in-baku-{n}" for n in range(1, 6))):
        outlet.put(path, page(NEWS))
    assert ingest(outlet, "/source") == {"seen": new, "new": new, "updated": 0, "failed": 0, "error": ""}
    assert Source.objects.get().kind == kind
    assert {article.text_state for article in Article.objects.all()} == {"full"}
    assert all(article.title.startswith(NEWS) for article in Article.objects.all())
    assert ingest(outlet, "/source") == {"seen": new, "new": 0, "updated": 0, "failed": 0, "error": ""}


@pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("br", brotli.compress)])
def test_packed_answers_are_read(outlet: Outlet, encoding: str, pack: Any) -> None:
    outlet.put("/1", page(NEWS))
    outlet.put("/feed", pack(rss(item(NEWS, "/1")).encode()), "text/xml", headers={"Content-Encoding": encoding})
    assert ingest(outlet, "/feed")["new"] == 1


# ------------------------------------------------------------------ encodings


@pytest.mark.parametrize("declared", ["", "; charset=utf-8", "; charset=iso-8859-1", "; charset=windows-1252"])
@pytest.mark.parametrize("title, encoding", [(ARABIC, "windows-1256"), (RUSSIAN, "windows-1251")])
def test_a_wrong_or_missing_declaration_does_not_spoil_a_text(
    outlet: Outlet, title: str, encoding: str, declared: str
) -> None:
    body = rss(item(title, guid="1")).replace(' encoding="utf-8"', "").encode(encoding)
    assert only_article(outlet, body, f"text/xml{declared}").title == title


@pytest.mark.parametrize("title, encoding", [(ARABIC, "windows-1256"), (RUSSIAN, "windows-1251"), (ARABIC, "utf-16")])
def test_a_declared_encoding_is_read(outlet: Outlet, title: str, encoding: str) -> None:
    body = rss(item(title, guid="1")).replace("utf-8", encoding).encode(encoding)
    assert only_article(outlet, body).title == title


def test_valid_utf_8_beats_a_declaration_of_windows_1256(outlet: Outlet) -> None:
    body = rss(item(ARABIC, guid="1")).replace("utf-8", "windows-1256").encode()
    assert only_article(outlet, body, "text/xml; charset=windows-1256").title == ARABIC


def test_a_character_cut_in_two_costs_that_character_alone(outlet: Outlet) -> None:
    body = rss(item(ARABIC, guid="1")).encode().replace("يجتمع".encode(), "يجتم".encode() + b"\xd8")
    assert only_article(outlet, body).title.startswith("فريق الطاقة يجتم")


# ------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    "written, published",
    [
        ("Sun, 01 Feb 2026 09:00:00 +0300", datetime(2026, 2, 1, 6, tzinfo=UTC)),
        ("2026-02-01T09:00:00", datetime(2026, 2, 1, 9, tzinfo=UTC)),
        ("الأحد ١ شباط ٢٠٢٦", datetime(2026, 2, 1, tzinfo=UTC)),
        ("الأحد، 1 فبراير 2026 - 06:30 م", datetime(2026, 2, 1, 18, 30, tzinfo=UTC)),
        ("1 كانون الثاني 2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("1 fevral 2026, 18:30", datetime(2026, 2, 1, 18, 30, tzinfo=UTC)),
        ("Bazar, 1 fevral 2026-cı il", datetime(2026, 2, 1, tzinfo=UTC)),
        ("1 февраля 2026 г., 10:15 МСК", datetime(2026, 2, 1, 7, 15, tzinfo=UTC)),
        ("Вс, 1 фев 2026 10:15:00 +0300", datetime(2026, 2, 1, 7, 15, tzinfo=UTC)),
        ("01.02.2026", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026/2/1", datetime(2026, 2, 1, tzinfo=UTC)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("1 января 1970", None),
        ("02/01/2026", None),
        ("32 февраля 2026", None),
        ("february", None),
        ("", None),
    ],
)
def test_a_date_is_read_or_left_out_and_never_guessed(outlet: Outlet, written: str, published: datetime | None) -> None:
    article = only_article(outlet, rss(item(NEWS, guid="1", pubDate=written)))
    assert article.published_at == published
    if published is None:
        assert article.listed_at == article.first_seen_at


def test_a_date_in_the_future_is_not_believed(outlet: Outlet) -> None:
    written = (timezone.now() + timedelta(days=40)).isoformat()
    assert only_article(outlet, rss(item(NEWS, guid="1", pubDate=written))).published_at is None


# ------------------------------------------------------------------ what a text may hide


def test_nul_control_characters_and_bidi_overrides_are_not_stored(outlet: Outlet) -> None:
    hidden = "\x00\x08\x0b\x1f\u202e\u2066\u200f\ufeff"
    title, text = f"Energy{hidden} group", f"{PARAGRAPHS['en'][0]}{hidden}"
    article = only_article(outlet, rss(item(title, guid="1", description=text)))
    assert article.revision is not None
    assert (article.title, article.revision.text) == ("Energy group", PARAGRAPHS["en"][0])


def test_markup_and_scripts_are_not_stored(outlet: Outlet) -> None:
    text = f"<p onclick=x>{PARAGRAPHS['en'][0]}<script>alert(1)</script><img src=x onerror=y></p><style>p{{}}</style>"
    article = only_article(outlet, rss(item("<b>Energy</b> &amp; trade", guid="1", description=text)))
    assert article.revision is not None
    assert (article.title, article.revision.text) == ("Energy & trade", PARAGRAPHS["en"][0])


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[", "mailto:a@b"]
)
def test_a_link_that_is_no_web_address_is_neither_stored_nor_asked(outlet: Outlet, link: str) -> None:
    article = only_article(outlet, rss(item(NEWS, link, guid="a-1")))
    assert article.url == ""
    assert [request.path for request in outlet.requests] == ["/feed"]


# ------------------------------------------------------------------ what is missing, and what names an article


def test_relative_links_lead_from_the_feed(outlet: Outlet) -> None:
    outlet.put("/n/1", page(NEWS))
    assert only_article(outlet, rss(item(NEWS, "n/1"))).url == outlet.url("/n/1")


@pytest.mark.parametrize(
    "entry", [item(NEWS), item(guid="1", description=PARAGRAPHS["en"][0]), item(description=PARAGRAPHS["en"][0])]
)
def test_an_entry_without_title_address_id_or_date_is_stored_once(outlet: Outlet, entry: str) -> None:
    outlet.put("/feed", rss(entry))
    assert ingest(outlet, "/feed")["new"] == 1
    assert ingest(outlet, "/feed")["new"] == 0


def test_tracking_does_not_make_another_article(outlet: Outlet) -> None:
    outlet.put("/1", page(NEWS))
    links = ["/1?utm_source=rss&utm_medium=x", "/1?fbclid=abc", "/1#comments", "/1/"]
    outlet.put("/feed", rss(*(item(NEWS, link) for link in links)))
    assert ingest(outlet, "/feed")["new"] == 1
    assert Article.objects.get().url == outlet.url("/1")


def test_a_parameter_that_names_the_article_stays(outlet: Outlet) -> None:
    outlet.put("/story", page(NEWS))
    outlet.put("/feed", rss(item(NEWS, "/story?id=1&utm_source=rss"), item(NEWS, "/story?id=2")))
    assert ingest(outlet, "/feed")["new"] == 2


# ------------------------------------------------------------------ robots and sitemaps that fail in part


def test_a_page_of_news_that_programs_may_not_read_is_not_imported(public_outlet: Outlet) -> None:
    public_outlet.put("/robots.txt", "User-agent: *\nDisallow: /news", "text/plain")
    public_outlet.put("/news", LISTING)
    told = StringIO()
    call_command("ingest", "--url", "http://wire.example/news", "--json", stdout=told, stderr=StringIO())
    assert "robots.txt" in json.loads(told.getvalue())["error"]
    assert not Article.objects.exists()


def test_a_sitemap_that_fails_does_not_take_the_others_with_it(outlet: Outlet) -> None:
    outlet.put("/1", page(NEWS))
    outlet.put("/map.xml", SITEMAP.format(title=NEWS), "text/xml")
    absent = INDEX.replace("<sitemap>", "<sitemap><loc>/absent.xml</loc></sitemap><sitemap>")
    outlet.put("/index.xml", absent, "text/xml", headers={"ETag": '"1"'})
    assert ingest(outlet, "/index.xml")["new"] == 1
    run = Source.objects.get().runs.get()
    assert "A sitemap that the index names could not be read" in run.warnings[0]


def test_an_index_is_asked_anew_since_its_sitemaps_change_without_it(outlet: Outlet) -> None:
    outlet.put("/map.xml", SITEMAP.format(title=NEWS), "text/xml")
    outlet.put("/index.xml", INDEX, "text/xml", headers={"ETag": '"1"'})
    ingest(outlet, "/index.xml")
    assert Source.objects.get().etag == ""
