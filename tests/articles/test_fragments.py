"""What feeds usually carry is read without a parser, and to the letter as one would read it."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from articles import extract, feeds, fragments

TAGS = [
    *["a", "b", "div", "p", "P", "br", "br/", "br /", "img src='x'", "img src=x /", "span", "h1", "blockquote"],
    *["a href=/more", "a href=/more/", 'a href="x y" target=_blank', "a href='é' disabled", "p class='a\"b'", "p/"],
    *["a href=", "p\na=1", "article\tx", "u", "li", "table", "script"],
]
TEXTS = [
    *["x", "text", " ", "  ", "\n", " \n ", "слово", "نص", "a > b", "a < b", "\u200c", "\u00a0", "\u200b", "]]>"],
    *[
        "&amp;",
        "&lt;",
        "&gt;",
        "&nbsp;",
        "&laquo;",
        "&hellip;",
        "&#39;",
        "&#8217;",
        "&#8238;",
        "&amp;lt;",
        "&copy",
        "&",
    ],
]
SELDOM = some.integers(0, 5).map(lambda number: number == 0)


@some.composite
def markup(draw: some.DrawFn, depth: int = 0) -> str:
    """A fragment as feeds carry it, now and then with a tag that ends nothing or is not ended."""
    written = ""
    for _ in range(draw(some.integers(0, 4))):
        tag = draw(some.sampled_from(TAGS))
        name = tag.split()[0].rstrip("/")
        if draw(SELDOM):
            written += draw(some.sampled_from([f"<{tag}>", f"</{name}>"]))
        elif depth < 3 and draw(some.booleans()):
            written += f"<{tag}>{draw(markup(depth + 1))}" + ("" if name in ("br", "img") else f"</{name}>")
        else:
            written += draw(some.sampled_from(TEXTS))
    return written


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(markup())
def test_what_is_read_without_a_parser_is_what_one_reads(written: str) -> None:
    safe = extract._UNSAFE.sub("", extract._BREAKS.sub("\n", written))
    quick = fragments.simple(safe)
    assert quick is None or extract.clean(quick) == extract._parsed(safe)


@pytest.mark.parametrize(
    "written",
    [
        '<p>The group met. <a class="more" href="/1?a=1&amp;b=2">More&hellip;</a></p>',
        "<div><img src='/1.jpg' alt=''><p>One</p><p>Two<br />Three</p></div>",
        "<p>خطة <b>العمل</b></p>",
        "Fish &amp; chips",
    ],
)
def test_a_usual_summary_takes_no_parser(written: str) -> None:
    assert fragments.simple(written) is not None


@pytest.mark.parametrize(
    "written",
    [
        "<ul><li>One<li>Two",
        "<b>One</p>",
        "<ul><li>One</ul>",
        "<script>One</script>",
        "<!-- One -->",
        "<p a='<b>'>",
        "&copy 1",
    ],
)
def test_what_takes_a_parser_is_left_to_it(written: str) -> None:
    assert fragments.simple(written) is None
    assert extract.plain_text(written) == extract._parsed(written)


# ------------------------------------------------------------------ addresses and dates


@pytest.mark.parametrize(
    "base", ["https://wire.example/feed/", "http://127.0.0.1:8000/0/feed.xml", "https://wire.example"]
)
@pytest.mark.parametrize(
    "link",
    [
        *["/news/1", "/news/../1", "/news//1", "/./1", "//other.example/1", "/a.b/c.html?x=1&y=2", "/"],
        *[
            "https://wire.example/1",
            "https://wire.example:8443/1?a=b",
            "http://wire.example//1",
            "http://wire.example/1?",
        ],
    ],
)
def test_a_usual_address_is_what_joining_makes_of_it(base: str, link: str) -> None:
    joined = feeds.web_address(f"{link}#x", base).removesuffix("#x")
    assert feeds.web_address(link, base) == joined


@pytest.mark.parametrize(
    "address",
    [
        *[
            "https://wire.example/1",
            "http://wire.example:80/1",
            "https://wire.example:443/",
            "http://wire.example:8080/a/",
        ],
        *["http://127.0.0.1:59999/~a/b_c-d.html", f"https://{'a' * 64}.example/", "https://wire.example:70000/1"],
        *["https://wire..example/1", "https://wire.example//1;a=b"],
    ],
)
def test_a_usual_address_is_canonical_as_it_stands(address: str) -> None:
    assert extract.canonical_url(address) == extract.canonical_url(f"{address}#x")
    assert extract.url_key(address) == extract.url_key(f"{address}#x")


@pytest.mark.parametrize(
    "written",
    [
        *["Mon, 08 Dec 2025 13:00:00 +0300", "Tue, 8 Dec 2025 13:00:00 GMT", "Mon, 08 Dec 2025 13:00:00 -0000"],
        *["Mon, 31 Feb 2025 13:00:00 +0300", "Mon, 08 Foo 2025 13:00:00 +0300", "Mon, 08 Dec 2025 24:00:00 UTC"],
        *["Mon, 08 Dec 2025 13:00:00 +9900", "Mon, 08 Dec 1969 13:00:00 Z", "Mon, 08 Dec 2035 13:00:00 Z"],
    ],
)
def test_a_usual_date_is_read_as_any_other(written: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert feeds.read_date(written, now) == feeds.read_date(written.replace(" ", "  "), now)
