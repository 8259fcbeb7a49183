"""What is small and would cost hours: the reader of feeds goes through each once, whatever stands in it.

Before these bounds a feed of 400 kB held a worker for longer than anybody waited. So a case that fails here hangs.
"""

import json
from datetime import UTC, datetime

import pytest

from articles import feeds, kinds
from articles.feeds import FeedError
from tests.feeds.writing import atom, entry, item, rss

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://wire.example/news/feed"
DEEP = 1_000_000


def read(body: str) -> feeds.Feed:
    return kinds.read(body.encode(), url=URL, now=NOW).feed


@pytest.mark.parametrize(
    "body, error",
    [
        ("<rss><channel><item><!ENTITY>" + "<!--" * DEEP, feeds.Unsafe),
        ("<rss><channel><item>" + "<![CDATA[" * DEEP, feeds.Broken),
        ("<rss><channel><item><title>" + "<!--" * DEEP, feeds.Broken),
        ("<rss><channel>" + "<b>" * DEEP, feeds.Broken),
        ("<rss><channel>" + "<b>" * DEEP + "</b>" * DEEP + "</channel></rss>", feeds.Broken),
        ("<rss><channel>" + "<item>" * DEEP, feeds.Broken),
        ("<rss><channel><item><description>" + "<div><p>" * DEEP, feeds.Broken),
        ("<rss><channel>" + "<" * DEEP, feeds.Broken),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>" + "<entry><content type='xhtml'>" * DEEP, feeds.Broken),
        ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" + "<rdf:Seq>" * DEEP, feeds.Broken),
    ],
)
def test_what_stands_in_itself_without_end_is_given_up(body: str, error: type[FeedError]) -> None:
    with pytest.raises(error):
        read(body)


def test_a_feed_in_no_known_encoding_that_opens_without_end_is_given_up() -> None:
    with pytest.raises(feeds.Broken):
        kinds.read(b"<rss><channel>\xc7\xc8" + b"<" * DEEP, url=URL, now=NOW)


@pytest.mark.parametrize("written", ["1 may " * 100_000, "1" * DEEP, ":" * DEEP, "+01:00 " * 100_000])
def test_a_date_that_is_longer_than_any_date_is_left_out(written: str) -> None:
    assert feeds.read_date(written, NOW) == (None, feeds.UNREADABLE_DATE)


@pytest.mark.parametrize("prefix", ["", "a:"])
def test_of_a_hundred_thousand_entries_the_first_five_hundred_are_read(prefix: str) -> None:
    space = f"xmlns{':a' if prefix else ''}='http://www.w3.org/2005/Atom'"
    one = f"<{prefix}entry><{prefix}title>Talks</{prefix}title></{prefix}entry>"
    found = read(f"<{prefix}feed {space}>{one * 100_000}</{prefix}feed>")
    assert (len(found.entries), found.warnings) == (500, [feeds.TOO_MANY])


def test_a_long_feed_is_not_called_damaged_for_what_was_cut() -> None:
    body = rss(*(item(f"Title {n}", f"/{n}") for n in range(501)), title="Wire")
    found = read(body)
    assert (found.title, len(found.entries), found.warnings) == ("Wire", 500, [feeds.TOO_MANY])
    assert read(rss(*(item(f"Title {n}", f"/{n}") for n in range(500)))).warnings == []


def test_an_rdf_feed_is_cut_as_well() -> None:
    items = "".join(f"<item><title>{n}</title><link>https://wire.example/{n}</link></item>" for n in range(700))
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    found = read(f"<rdf:RDF {spaces}><channel><title>Wire</title></channel>{items}</rdf:RDF>")
    assert (found.title, len(found.entries), found.warnings) == ("Wire", 500, [feeds.TOO_MANY])


def test_markup_inside_a_text_is_not_counted() -> None:
    text = "Line<br>" * 200
    found = read(
        rss(*(f"<item><title>{n}</title><description><![CDATA[{text}]]></description></item>" for n in range(50)))
    )
    assert len(found.entries) == 50


def test_a_feed_whose_breaks_nobody_closes_is_still_read() -> None:
    found = read(rss(*(f"<item><title>{n}</title><description>Talks<br>end</description></item>" for n in range(300))))
    assert len(found.entries) == 300


# ------------------------------------------------------------------ ids and names as a database holds them


def json_feed(**fields: object) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"title": "Talks", **fields}]})


@pytest.mark.parametrize(
    "written",
    [json_feed(id="ق" * 1900), rss(item("Talks", guid="ق" * 1900)), atom(entry("Talks", "/1", id="ق" * 1900))],
)
def test_an_id_longer_than_an_index_holds_is_named_by_its_digest(written: str) -> None:
    (found,) = read(written).entries
    assert found.id.startswith("sha256:")


def test_the_names_of_a_json_feed_are_plain() -> None:
    (found,) = read(json_feed(id="1\x00\u202e", authors=[{"name": "<b>Leyla\x00</b>\u202e"}])).entries
    assert (found.id, found.author) == ("1", "Leyla")
