"""Extraction: the article out of its page, and nothing of the page's own."""

import json
import time

import pytest

from articles.extract import (
    MOST_ELEMENTS,
    Extracted,
    NoArticle,
    canonical_url,
    clean,
    extract,
    one_line,
    plain_text,
    url_key,
    without_furniture,
)
from tests.feeds.writing import PARAGRAPHS, page

URL = "https://wire.example/news/1"


def read(html: str, url: str = URL) -> Extracted:
    return extract(html, url)


# ------------------------------------------------------------------ the article


@pytest.mark.parametrize("language", PARAGRAPHS)
def test_the_article_is_found_between_navigation_and_footer(language: str) -> None:
    told = read(page("Electricity link", language=language))
    assert told.text == "\n\n".join(PARAGRAPHS[language])
    assert (told.title, told.language) == ("Electricity link", language)


def test_no_script_style_or_markup_survives() -> None:
    nasty = '<script>alert("x")</script><p onclick="steal()">A last word <img src=x onerror=alert(1)> of the group.</p>'
    told = read(page("Talks", *PARAGRAPHS["en"], after=nasty + "<iframe src='//ads.example'>ad</iframe><svg>x</svg>"))
    for word in ("alert", "SCRIPT-IN-HEAD", "steal", "onerror", "<", "color: black"):
        assert word not in told.text


def test_marks_that_turn_the_reading_around_do_not_survive() -> None:
    first, *rest = PARAGRAPHS["ar"]
    told = read(page("خبر\u202e", first.replace("المنامة", "\u202eالمنامة\u2066\u200f\x00"), *rest, language="ar"))
    assert told.text.split("\n\n")[0] == first
    assert told.title == "خبر"


def test_joiners_of_arabic_script_survive() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize(
    "language, tail",
    [
        ("ar", ["شاركها.", "اترك تعليقاً", "Exit mobile version"]),
        ("ar", ["شارك هذا المقال على فيسبوك", "اقرأ أيضاً"]),
        ("en", ["Share this on", "Leave a comment", "Follow us on Telegram"]),
        ("az", ["Paylaş", "Şərh yaz"]),
        ("ru", ["Поделиться в Telegram", "Оставить комментарий"]),
    ],
)
def test_what_the_content_system_appends_is_dropped(language: str, tail: list[str]) -> None:
    after = "".join(f"<p>{line}</p>" for line in tail)
    assert read(page("A title", language=language, after=after)).text == "\n\n".join(PARAGRAPHS[language])


def test_the_same_words_inside_the_article_are_the_outlets_own() -> None:
    text = "شاركها الوزير رأيه.\n\nShare this\n\nوقال الفريق إن العمل مستمر."
    assert without_furniture(text) == text


def test_the_title_is_not_repeated_in_the_text() -> None:
    told = read(page("Electricity link", "Electricity link", *PARAGRAPHS["en"]))
    assert told.text == "\n\n".join(PARAGRAPHS["en"])


# ------------------------------------------------------------------ what the page tells of itself


def test_linked_data_is_believed_before_the_page() -> None:
    data = {"@graph": [{"@type": "NewsArticle", "headline": "The headline", "datePublished": "2025-12-08T10:00:00Z"}]}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    told = read(page("The heading", meta={"og:title": "Shared title"}, after=script))
    assert (told.title, told.published) == ("The headline", "2025-12-08T10:00:00Z")


def test_damaged_linked_data_is_passed_over() -> None:
    script = f'<script type="application/ld+json">{"[" * 100_000}</script>'
    assert read(page("The heading", after=script)).title == "The heading"


def test_the_date_the_page_names_is_taken() -> None:
    told = read(page("A", meta={"article:published_time": "2025-12-08T13:00:00+03:00"}))
    assert told.published == "2025-12-08T13:00:00+03:00"


def test_a_page_without_a_date_has_none_and_not_the_footers() -> None:
    assert read(page("A")).published == ""


def test_the_language_is_read_from_the_text_rather_than_the_page() -> None:
    html = page("خبر", language="ar").replace('lang="ar"', 'lang="en"')
    assert read(html).language == "ar"


@pytest.mark.parametrize(
    "link, address",
    [
        ("https://wire.example/news/1?utm_source=x", "https://wire.example/news/1"),
        ("/news/one", "https://wire.example/news/one"),
        ("https://www.wire.example/news/1", "https://www.wire.example/news/1"),
        ("https://other.example/news/1", ""),  # a page cannot speak for another outlet
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_canonical_address_is_the_pages_own_or_none(link: str, address: str) -> None:
    assert read(page("A", canonical=link)).canonical_url == address


# ------------------------------------------------------------------ what is no article


@pytest.mark.parametrize(
    "html", ["", "   ", "<html></html>", "<!-- only a comment -->", "<script>x</script>", "\x00\x01"]
)
def test_a_page_without_an_article_is_told(html: str) -> None:
    with pytest.raises(NoArticle):
        read(html)


@pytest.mark.parametrize("piece", ["<p>word word word word.</p>", "<div>deep", "<b>"])
def test_a_page_made_to_take_for_ever_is_given_up(piece: str) -> None:
    began = time.monotonic()
    with pytest.raises(NoArticle):
        read("<html><body>" + piece * 200_000)
    assert time.monotonic() - began < 10


def test_a_long_page_is_read() -> None:
    paragraphs = [
        f"Paragraph {number} of the long report on the link, with some more words in it." for number in range(900)
    ]
    assert len(paragraphs) < MOST_ELEMENTS
    assert read(page("A long report", *paragraphs)).text.count("\n\n") == 899


# ------------------------------------------------------------------ plain text


def test_a_fragment_becomes_paragraphs() -> None:
    assert plain_text("<div>One <b>bold</b> word.<p>Two&nbsp;words.</p><br>Three</div>") == (
        "One bold word.\n\nTwo words.\n\nThree"
    )


def test_text_that_is_no_markup_stays_as_it_is() -> None:
    assert plain_text("Growth < 5 % & rising\n\nIn 2025") == "Growth < 5 % & rising\n\nIn 2025"


def test_a_title_is_one_line() -> None:
    assert one_line(" A\n title&nbsp;with <i>marks</i> ") == "A title with marks"


# ------------------------------------------------------------------ the address that names an article


@pytest.mark.parametrize(
    "url, canonical",
    [
        ("HTTPS://Wire.Example:443/News/1#top", "https://wire.example/News/1"),
        ("https://wire.example/1?utm_source=x&id=7&fbclid=y", "https://wire.example/1?id=7"),
        ("https://wire.example/1?b=2&a=1", "https://wire.example/1?b=2&a=1"),
        ("https://wire.example", "https://wire.example/"),
        ("https://wire.example:8443/1", "https://wire.example:8443/1"),
        ("https://مثال.example/خبر", "https://xn--mgbh0fb.example/%D8%AE%D8%A8%D8%B1"),
        ("https://wire.example/%d8%ae", "https://wire.example/%D8%AE"),
        ("https://wire.example/a%2Fb", "https://wire.example/a%2Fb"),
        ("ftp://wire.example/1", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_an_address_is_written_in_one_way(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "other",
    [
        "http://wire.example/news/1",
        "https://wire.example/news/1/",
        "https://WIRE.example/news/1?utm_campaign=z#comments",
        "https://wire.example:443/news/1",
    ],
)
def test_two_spellings_of_an_address_name_one_article(other: str) -> None:
    assert url_key(other) == url_key(URL)


@pytest.mark.parametrize("other", ["https://wire.example/news/2", "https://wire.example/news/1?page=2"])
def test_another_address_names_another_article(other: str) -> None:
    assert url_key(other) != url_key(URL)
