"""Plain feeds are read quickly, and to the letter as feedparser reads them; it reads whatever is not plain."""

from html import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from articles import feeds, plainfeeds
from tests.feeds.writing import atom, entry, item, rss

SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "own": "https://wire.example/ns",
}
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMES = [
    "title",
    "title",
    "link",
    "link",
    "guid",
    "id",
    "pubDate",
    "published",
    "updated",
    "description",
    "summary",
    "content",
    "author",
    "category",
    "comments",
    "enclosure",
    "source",
    "language",
    "image",
    "url",
    "name",
    "email",
    "uri",
    "item",
    "entry",
    "generator",
    "rights",
    "thumb",
    "fulltext",
    "body",
    "base",
    "content:encoded",
    "dc:creator",
    "dc:date",
    "dc:language",
    "dc:subject",
    "dc:title",
    "dc:description",
    "atom:link",
    "atom:id",
    "atom:updated",
    "media:content",
    "media:thumbnail",
    "media:title",
    "media:group",
    "slash:comments",
    "itunes:author",
    "itunes:summary",
    "own:thing",
]
TEXTS = some.one_of(
    some.sampled_from(
        [
            "",
            "  ",
            "Joint plan",
            "خطة العمل",
            "Ð¿Ð»Ð°Ð½",
            "caf\u0093e\u0094",
            "<p>One</p><p>Two</p>",
            "a &amp; b",
            "https://wire.example/1?a=1&amp;b=2&c;",
            "http:///wire.example/2",
            "tag:wire.example,2026:1",
            "/news/3",
            "Mon, 08 Dec 2025 13:00:00 +0300",
            "2025-12-08T13:00:00Z",
            "x@wire.example (A. Writer)",
            "ar-SA",
        ]
    ),
    some.text(some.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
)
ATTRIBUTES = some.dictionaries(
    some.sampled_from(
        [
            "type",
            "rel",
            "href",
            "isPermaLink",
            "url",
            "term",
            "domain",
            "xml:lang",
            "xml:base",
            "lang",
            "rdf:about",
            "mode",
            "src",
            "title",
        ]
    ),
    some.sampled_from(
        [
            "text",
            "html",
            "HTML",
            "xhtml",
            "self",
            "alternate",
            "true",
            "false",
            "https://wire.example/4",
            "az",
            "base64",
        ]
    ),
    max_size=2,
)
SELDOM = some.integers(0, 9).map(lambda number: number == 0)


@some.composite
def elements(draw: some.DrawFn, names: list[str], depth: int = 0) -> str:
    """An element as feeds have it, now and then with what feeds do not have."""
    name = draw(some.sampled_from(names))
    told = draw(ATTRIBUTES) if name in ("link", "atom:link", "guid", "category", "content") or draw(SELDOM) else {}
    inside = escape(draw(TEXTS))
    if draw(SELDOM):
        inside = f"<![CDATA[{draw(TEXTS).replace(']]>', '')}]]>" + inside
    if (name in ("author", "media:group", "source") or draw(SELDOM)) and depth < 2 and draw(some.booleans()):
        inside += "".join(draw(some.lists(elements(names, depth + 1), max_size=3)))
    if draw(SELDOM):
        inside = f"<!-- {'x'} -->{inside}"
    said = "".join(f' {key}="{escape(value)}"' for key, value in told.items())
    return f"<{name}{said}>{inside}</{name}>"


@some.composite
def documents(draw: some.DrawFn) -> str:
    """A feed of one of the formats, from plain to odd."""
    names = draw(some.lists(some.sampled_from(NAMES), min_size=4, max_size=10))
    head = "".join(draw(some.lists(elements(names), max_size=3)))
    spaces = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in SPACES.items()) + f' xmlns:rdf="{RDF}"'
    items = draw(some.lists(some.lists(elements(names), max_size=5).map("".join), min_size=1, max_size=3))
    root = spaces + (' xml:lang="az-AZ"' if draw(SELDOM) else "")
    kind = draw(some.sampled_from(["rss", "atom", "rdf"]))
    if kind == "atom":
        inside = "".join(f"<entry>{one}</entry>" for one in items)
        return f'<feed xmlns="{SPACES["atom"]}"{root}>{head}{inside}</feed>'
    if kind == "rdf":
        inside = "".join(f'<item rdf:about="https://wire.example/{n}">{one}</item>' for n, one in enumerate(items))
        return f'<rdf:RDF xmlns="http://purl.org/rss/1.0/"{root}><channel>{head}</channel>{inside}</rdf:RDF>'
    inside = "".join(f"<item>{one}</item>" for one in items)
    version = draw(some.sampled_from(["2.0", "0.91", "0.92"]))
    return f'<rss version="{version}"{root}><channel>{head}{inside}</channel></rss>'


def told(document: str) -> tuple[plainfeeds.Told | None, plainfeeds.Told]:
    """What is read quickly, and what feedparser reads."""
    text, _warnings = feeds.xml_text(document.encode())
    salvaged, _is_damaged = feeds._salvaged(text)
    return plainfeeds.told(text, feeds.MOST_ENTRIES + 1), salvaged


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_what_is_read_quickly_is_what_feedparser_reads(document: str) -> None:
    quick, salvaged = told(document)
    assert quick is None or quick == salvaged


PLAIN = {
    "rss": rss(
        item("One", "https://wire.example/1", guid="1", pubDate="Mon, 08 Dec 2025 13:00:00 +0300", description="<p>A"),
        title="Wire",
        link="https://wire.example/",
        language="ar",
    ),
    "atom": atom(
        entry("One", "https://wire.example/1", id="tag:1", updated="2025-12-08T13:00:00Z", summary="A", content="B"),
        link="https://wire.example/",
    ),
    "wordpress": (
        f'<rss version="2.0" xmlns:content="{SPACES["content"]}" xmlns:dc="{SPACES["dc"]}" '
        f'xmlns:atom="{SPACES["atom"]}" xmlns:slash="{SPACES["slash"]}"><channel><title>Wire</title>'
        '<atom:link href="https://wire.example/feed/" rel="self" type="application/rss+xml"/>'
        "<link>https://wire.example</link><description/><language>az</language>"
        "<image><url>https://wire.example/i.png</url><title>Wire</title><link>https://wire.example</link></image>"
        "<item><title>One</title><link>https://wire.example/1</link><comments>https://wire.example/1#c</comments>"
        "<dc:creator><![CDATA[A. Writer]]></dc:creator><category><![CDATA[News]]></category>"
        '<guid isPermaLink="false">https://wire.example/?p=1</guid><description><![CDATA[<p>A</p>]]></description>'
        "<content:encoded><![CDATA[<p>A</p><p>B</p>]]></content:encoded><slash:comments>0</slash:comments>"
        '<enclosure url="https://wire.example/1.jpg" length="1" type="image/jpeg"/></item></channel></rss>'
    ),
    "rdf": (
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="{RDF}" xmlns:dc="{SPACES["dc"]}">'
        '<channel rdf:about="https://wire.example/"><title>Wire</title><link>https://wire.example/</link>'
        '<items><rdf:Seq><rdf:li rdf:resource="https://wire.example/1"/></rdf:Seq></items></channel>'
        '<item rdf:about="https://wire.example/1"><title>One</title><link>https://wire.example/1</link>'
        "<dc:date>2025-12-08T13:00:00Z</dc:date></item></rdf:RDF>"
    ),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_feed_is_read_quickly(kind: str) -> None:
    quick, salvaged = told(PLAIN[kind])
    assert quick is not None
    assert quick == salvaged
    assert quick.title == "Wire" or kind == "rss" or kind == "atom"
    assert quick.items[0].title == "One"


ODD = {
    "an entity": '<!DOCTYPE rss [<!ENTITY x "y">]><rss><channel><item><title>&x;</title></item></channel></rss>',
    "no XML": "<rss><channel><item><title>A & B</title></item></channel></rss>",
    "another root": "<channel><item><title>A</title></item></channel>",
    "a base": '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/x/"><entry><title>A</title></entry></feed>',
    "markup": "<rss><channel><item><title>A <b>B</b></title></item></channel></rss>",
    "two titles": "<rss><channel><item><title>A</title><title>B</title></item></channel></rss>",
    "borrowed names": '<rss xmlns:dc="http://purl.org/rss/1.0/modules/content/"><channel><item/></channel></rss>',
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_plain_is_left_to_feedparser(kind: str) -> None:
    assert plainfeeds.told(ODD[kind], 10) is None
