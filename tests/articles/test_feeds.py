"""Feeds: what is read of them, what is left out, and what is told in plain words."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from articles import feeds
from articles.feeds import Entry, FeedError, parse, read_date
from tests.feeds.writing import atom, entry, item, rss

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://wire.example/news/feed.xml"


def only(body: str | bytes, content_type: str = "") -> Entry:
    """The one entry of a feed."""
    (found,) = parse(body.encode() if isinstance(body, str) else body, content_type, url=URL, now=NOW).entries
    return found


# ------------------------------------------------------------------ what is read


def test_an_rss_feed_is_read() -> None:
    feed = parse(
        rss(
            item(
                "خطة العمل المشترك",
                "https://wire.example/1",
                guid="tag:1",
                pubDate="Mon, 08 Dec 2025 13:00:00 +0300",
                description="<p>اجتمع الفريق.</p><p>وراجع الخطة.</p>",
            ),
            title="وكالة",
            link="https://wire.example/",
            language="ar-SA",
        ).encode(),
        url=URL,
        now=NOW,
    )
    assert (feed.title, feed.homepage, feed.language, feed.warnings) == ("وكالة", "https://wire.example/", "ar", [])
    assert feed.entries == [
        Entry(
            id="tag:1",
            url="https://wire.example/1",
            title="خطة العمل المشترك",
            published=datetime(2025, 12, 8, 10, tzinfo=UTC),
            language="ar",
            text="اجتمع الفريق.\n\nوراجع الخطة.",
        )
    ]


def test_an_atom_feed_is_read() -> None:
    told = only(
        atom(
            entry(
                "Joint plan",
                "https://wire.example/1",
                id="urn:1",
                published="2025-12-08T13:00:00+04:00",
                updated="2025-12-09T09:30:00Z",
                summary="Short.",
                content="The longer text of the two.",
            )
        )
    )
    assert (told.id, told.url, told.title) == ("urn:1", "https://wire.example/1", "Joint plan")
    assert told.published == datetime(2025, 12, 8, 9, tzinfo=UTC)
    assert told.updated == datetime(2025, 12, 9, 9, 30, tzinfo=UTC)
    assert told.text == "The longer text of the two."


def test_an_rdf_feed_is_read() -> None:
    told = only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>W</title></channel>'
        '<item rdf:about="https://wire.example/1"><title>Talks</title><link>https://wire.example/1</link></item></rdf:RDF>'
    )
    assert (told.url, told.title) == ("https://wire.example/1", "Talks")


def test_the_longest_text_of_an_entry_is_taken_without_its_markup_and_scripts() -> None:
    told = only(
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><title>A</title>'
        "<description>Short</description><content:encoded><![CDATA[<p>One &amp; two.</p><script>steal()</script>"
        '<p onclick="x()">Three<br>four.</p>]]></content:encoded></item></channel></rss>'
    )
    assert told.text == "One & two.\n\nThree\n\nfour."


def test_what_the_content_system_appends_to_a_text_is_dropped() -> None:
    text = "اجتمع الفريق في المنامة.\nوراجع الخطة."
    told = only(rss(item("خبر", description=f"{text}\n\nشاركها.\nاترك تعليقاً\n\nExit mobile version")))
    assert told.text == text


def test_relative_links_lead_from_the_address_of_the_feed() -> None:
    assert only(rss(item("A", "../1?x=2"))).url == "https://wire.example/1?x=2"
    assert only(atom(entry("A", "/2"))).url == "https://wire.example/2"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "http://[::1", "//", "#top"]
)
def test_a_link_that_is_no_web_address_is_left_out(link: str) -> None:
    assert only(rss(item("A", link))).url == ""


def test_an_id_that_is_an_address_serves_where_the_link_is_missing() -> None:
    assert only(rss(item("A", guid="https://wire.example/7"))).url == "https://wire.example/7"


def test_a_title_is_one_line_of_plain_text_with_its_entities_read() -> None:
    told = only(rss(item("الخطة &ndash;\n المرحلة <b>الثانية</b> &amp; ما بعدها\u202e")))
    assert told.title == "الخطة – المرحلة الثانية & ما بعدها"


def test_an_overlong_title_is_cut_at_a_word() -> None:
    title = only(rss(item("كلمة " * 400))).title
    assert len(title) <= 500
    assert title.endswith("كلمة…")


def test_an_overlong_id_is_named_by_its_digest() -> None:
    told = only(rss(item("A", guid="x" * 5000)))
    assert told.id.startswith("sha256:")
    assert told.id == only(rss(item("B", guid="x" * 5000))).id


def test_what_an_outlet_may_edit_shows_in_the_digest_of_an_entry() -> None:
    plain = only(rss(item("A", "https://wire.example/1", description="Text")))
    assert plain.digest == only(rss(item("A", "https://wire.example/1", description="<p>Text</p>"))).digest
    assert plain.digest != only(rss(item("B", "https://wire.example/1", description="Text"))).digest
    assert plain.digest != only(rss(item("A", "https://wire.example/1", description="Texts"))).digest


# ------------------------------------------------------------------ what is missing or odd


def test_an_entry_without_a_date_has_none_rather_than_a_guess() -> None:
    told = only(rss(item("A", "https://wire.example/1")))
    assert told.published is None


def test_an_entry_without_a_title_is_read() -> None:
    told = only(rss(item("", "https://wire.example/1", description="Only a text.")))
    assert (told.title, told.text) == ("", "Only a text.")


def test_an_entry_with_nothing_is_left_out_with_a_warning_and_the_rest_is_read() -> None:
    feed = parse(rss(item(guid=" "), item("A", "https://wire.example/1")).encode(), url=URL, now=NOW)
    assert [found.title for found in feed.entries] == ["A"]
    assert feed.warnings == [feeds.BARE_ENTRY]


@pytest.mark.parametrize(
    "written, read",
    [
        ("Mon, 08 Dec 2025 13:00:00 +0300", datetime(2025, 12, 8, 10, tzinfo=UTC)),
        ("Mon, 08 Dec 2025 13:00:00 GMT", datetime(2025, 12, 8, 13, tzinfo=UTC)),
        ("8 Dec 2025 13:00 MSK", datetime(2025, 12, 8, 10, tzinfo=UTC)),
        ("2025-12-08T13:00:00+04:00", datetime(2025, 12, 8, 9, tzinfo=UTC)),
        ("2025-12-08T13:00:00.250Z", datetime(2025, 12, 8, 13, tzinfo=UTC)),
        ("2025-12-08 13:00", datetime(2025, 12, 8, 13, tzinfo=UTC)),
        ("2025-12-08", datetime(2025, 12, 8, tzinfo=UTC)),
    ],
)
def test_dates_are_read_with_their_zone(written: str, read: datetime) -> None:
    date, _warning = read_date(written, NOW)
    assert date == read


@pytest.mark.parametrize(
    "written", ["yesterday", "08/12/2025", "2025-13-40", "الاثنين 8 2025", "8 nivôse 2025", "1", "99999999999999"]
)
def test_a_date_that_cannot_be_read_is_left_out_with_a_warning(written: str) -> None:
    assert read_date(written, NOW) == (None, feeds.UNREADABLE_DATE)


@pytest.mark.parametrize("written", ["1970-01-01T00:00:00Z", (NOW + timedelta(days=3)).isoformat()])
def test_a_date_that_cannot_be_true_is_left_out_with_a_warning(written: str) -> None:
    assert read_date(written, NOW) == (None, feeds.IMPOSSIBLE_DATE)


def test_a_zone_name_that_means_several_is_read_as_utc_with_a_warning() -> None:
    assert read_date("Mon, 08 Dec 2025 13:00:00 AST", NOW) == (
        datetime(2025, 12, 8, 13, tzinfo=UTC),
        feeds.ZONELESS_DATE,
    )


# ------------------------------------------------------------------ encodings


@pytest.mark.parametrize(
    "encoding, declared, header",
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "windows-1256", "text/xml; charset=iso-8859-1"),  # a lie; the bytes are valid UTF-8
        ("utf-8-sig", "utf-8", ""),
        ("utf-16", "utf-16", ""),
        ("windows-1256", "windows-1256", ""),
        ("windows-1256", "utf-8", "text/xml; charset=windows-1256"),
    ],
)
def test_arabic_is_read_in_whatever_encoding_it_comes(encoding: str, declared: str, header: str) -> None:
    body = rss(item("قمة المنامة")).replace('encoding="utf-8"', f'encoding="{declared}"').encode(encoding)
    assert only(body, header).title == "قمة المنامة"


def test_an_encoding_nobody_names_is_told_and_what_can_be_read_is_read() -> None:
    body = rss(item("Talks"), item("قمة")).encode("windows-1256")
    feed = parse(body, url=URL, now=NOW)
    assert feed.entries[0].title == "Talks"
    assert any("encoding" in warning for warning in feed.warnings)


def test_characters_that_xml_forbids_do_not_spoil_a_feed() -> None:
    assert only(rss(item("A\x0bB\x00C"))).title == "ABC"


def test_a_bare_ampersand_and_an_open_element_do_not_spoil_a_feed() -> None:
    body = '<rss version="2.0"><channel><item><title>Oil & gas</title><link>https://wire.example/1</link></item>'
    feed = parse(body.encode(), url=URL, now=NOW)
    assert feed.entries[0].title == "Oil & gas"
    assert any("damaged" in warning for warning in feed.warnings)


# ------------------------------------------------------------------ what is no feed


@pytest.mark.parametrize(
    "body, error",
    [
        (b"", feeds.Empty),
        (b" \n ", feeds.Empty),
        (b"this is no XML at all", feeds.NotXml),
        (b'{"items": []}', feeds.NotXml),
        (b"\x89PNG\r\n\x1a\n\x00\x00", feeds.NotXml),
        (b"<?xml version='1.0'?><catalogue><book/></catalogue>", feeds.NotXml),
        (b"<!doctype html><html><body><h1>News</h1></body></html>", feeds.NotAFeed),
        (rss().encode(), feeds.Empty),
        (atom().encode(), feeds.Empty),
        (b"<rss version='2.0'><channel><title>x</titl", feeds.Broken),
    ],
)
def test_what_is_no_feed_is_told_in_plain_words(body: bytes, error: type[FeedError]) -> None:
    with pytest.raises(error) as caught:
        parse(body, url=URL, now=NOW)
    assert str(caught.value).endswith(".")


def test_a_feed_that_defines_entities_is_not_expanded() -> None:
    layers = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = rss(item("x").replace(">x<", ">&a9;<"), head=f'<!DOCTYPE rss [<!ENTITY a0 "ha">{layers}]>')
    began = time.monotonic()
    with pytest.raises(feeds.Unsafe):
        parse(bomb.encode(), url=URL, now=NOW)
    assert time.monotonic() - began < 1


def test_an_entity_that_names_a_file_is_not_read() -> None:
    with pytest.raises(feeds.Unsafe):
        parse(rss(item("x"), head='<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>').encode(), url=URL, now=NOW)


def test_a_word_about_entities_inside_a_text_is_no_attack() -> None:
    body = rss("<item><title>A</title><description><![CDATA[How <!ENTITY works]]></description></item>")
    assert only(body).title == "A"


def test_a_huge_feed_is_read_up_to_five_hundred_entries() -> None:
    body = rss(*(item(f"Title {n}", f"https://wire.example/{n}") for n in range(1200)))
    began = time.monotonic()
    feed = parse(body.encode(), url=URL, now=NOW)
    assert len(feed.entries) == 500
    assert any("500" in warning for warning in feed.warnings)
    assert time.monotonic() - began < 10


def test_elements_nested_without_end_do_not_end_the_reader() -> None:
    deep = "<b>" * 50_000
    with pytest.raises(FeedError):
        parse(f"<rss><channel>{deep}".encode(), url=URL, now=NOW)


def test_markup_nested_without_end_inside_a_text_is_made_plain() -> None:
    told = only(rss(item("A", description="<b>" * 20_000 + "inside" + "</b>" * 20_000)))
    assert "<" not in told.text
