"""Sources that mean harm, or might as well: each ends in a clear error of its own, and the others are imported."""

import gzip
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from io import StringIO
from typing import Any

import brotli
import pytest
from django.conf import LazySettings
from django.core.management import call_command

from articles.importer import plain_words
from articles.models import Article, Source
from tests.feeds.server import Outlet
from tests.feeds.writing import item, page, rss

pytestmark = pytest.mark.django_db

GOOD = rss(item("Energy group meets in Baku", "/1"))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>'
XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
OUTSIDE = '<!DOCTYPE rss [<!ENTITY % dtd SYSTEM "http://127.0.0.1:1/evil.dtd"> %dtd;]>'


def sends(first: bytes, then: bytes = b"", times: int = 1) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer written by hand, its second part again and again."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(first)
        for _ in range(times):
            handler.wfile.write(then)
            handler.wfile.flush()

    return answer


def dribbles(first: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of a byte now and then, until the reader goes away."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.settimeout(0.2)
        handler.wfile.write(first)
        while True:
            handler.wfile.write(b" ")
            try:
                if not handler.connection.recv(1):
                    return
            except TimeoutError:
                continue

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
MIB = 1024 * 1024

# what is answered, as arguments of `Outlet.put`, and the code of the error that stands on the source
HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "nothing there": ({"status": 404}, "not_found"),
    "gone": ({"status": 410}, "gone"),
    "shut out": ({"status": 403}, "blocked"),
    "too many requests": ({"status": 429, "headers": {"Retry-After": "3600"}}, "busy"),
    "fault": ({"status": 503}, "status_503"),
    "redirect home": ({"status": 302, "headers": {"Location": "http://10.0.0.1/feed"}}, "refused"),
    "redirect to metadata": ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, "refused"),
    "redirect in disguise": ({"status": 302, "headers": {"Location": "http://[::ffff:7f00:1]/"}}, "refused"),
    "redirect through NAT64": ({"status": 302, "headers": {"Location": "http://[64:ff9b::7f00:1]/"}}, "refused"),
    "redirect to a number": ({"status": 302, "headers": {"Location": "http://2130706433/"}}, "refused"),
    "redirect to a file": ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "bad_address"),
    "redirect without end": ({"status": 302, "headers": {"Location": "?again"}}, "too_many_redirects"),
    "slow head": ({"answer": dribbles(b"HTTP/1.1 200 OK\r\nX-Slow:")}, "too_slow"),
    "slow body": ({"answer": dribbles(HEAD + b"\r\n<rss>")}, "too_slow"),
    "endless head": ({"answer": sends(HEAD, b"X-More: again and again\r\n", 1000)}, "unreachable"),
    "endless body": ({"answer": sends(HEAD + b"\r\n", b" " * MIB, 12)}, "too_large"),
    "broken off": ({"answer": sends(HEAD + b"Content-Length: 9000\r\n\r\n<rss>")}, "unreachable"),
    "no HTTP": ({"answer": sends(b"SSH-2.0-OpenSSH_9.6\r\n")}, "unreachable"),
    "gzip bomb": ({"body": gzip.compress(b" " * 12 * MIB), "headers": {"Content-Encoding": "gzip"}}, "too_large"),
    "brotli bomb": (
        {"body": brotli.compress(b" " * 12 * MIB, quality=1), "headers": {"Content-Encoding": "br"}},
        "too_large",
    ),
    "gzip file bomb": ({"body": gzip.compress(b"<urlset>" + b" " * 21 * MIB)}, "broken"),
    "packed falsely": ({"body": b"<rss/>", "headers": {"Content-Encoding": "gzip"}}, "garbled"),
    "packed falsely as brotli": ({"body": b"<rss/>", "headers": {"Content-Encoding": "br"}}, "garbled"),
    "packed in ways unknown": ({"body": b"x", "headers": {"Content-Encoding": "zstd"}}, "garbled"),
    "billion laughs": ({"body": rss(item("&l9;", "/1"), head=BOMB).replace("&amp;l9;", "&l9;")}, "unsafe_xml"),
    "billion laughs in UTF-16": (
        {"body": rss(item("x"), head=BOMB).replace("utf-8", "utf-16").encode("utf-16")},
        "unsafe_xml",
    ),
    "billion laughs in a sitemap": ({"body": f"<?xml version='1.0'?>{BOMB}<urlset/>"}, "unsafe_xml"),
    "a file by entity": ({"body": rss(item("&x;"), head=XXE).replace("&amp;x;", "&x;")}, "unsafe_xml"),
    "a definition from elsewhere": ({"body": rss(item("x"), head=OUTSIDE)}, "unsafe_xml"),
    "empty": ({"body": b""}, "empty"),
    "no entries": ({"body": rss()}, "empty"),
    "noise": ({"body": bytes(range(256)) * 100}, "not_xml"),
    "a login": ({"body": "<html><body><form><input name=password></form></body></html>"}, "nothing_listed"),
    "elements without end": ({"body": "<html><body>" + "<div>" * 200_000}, "nothing_listed"),
    "links without end": ({"body": "<html><body>" + "<a href=/1>x</a>" * 200_000}, "nothing_listed"),
    "JSON without end": ({"body": '{"a":' * 100_000}, "broken"),
    "JSON that is no feed": ({"body": '{"ok": true}'}, "not_a_feed"),
}  # fmt: skip


def test_every_hostile_source_ends_in_an_error_of_its_own_and_the_others_are_imported(
    outlet: Outlet, settings: LazySettings
) -> None:
    settings.FETCH_SECONDS = 2
    outlet.put("/1", page("Energy group meets in Baku"))
    outlet.put("/2", page("Trade group meets in Manama"))
    outlet.put_feed("/first", GOOD)
    outlet.put_feed("/last", rss(item("Trade group meets in Manama", "/2")))
    names = ["first", *HOSTILE, "last"]
    for number, name in enumerate(names):
        path = f"/{name}" if name in ("first", "last") else f"/{number}.xml"
        if name in HOSTILE:
            answer = {"body": b"", "content_type": "text/xml", **HOSTILE[name][0]}
            outlet.put(path, **answer)
        Source.objects.create(slug=f"s{number}", name=name, url=outlet.url(path), kind="auto")
    told = StringIO()
    call_command("ingest", "--all", "--json", stdout=told, stderr=StringIO())
    counts = json.loads(told.getvalue())
    assert (counts["new"], Article.objects.count()) == (2, 2)
    stored = dict(Source.objects.values_list("name", "last_error_code"))
    assert stored == {"first": "", "last": "", **{name: code for name, (_answer, code) in HOSTILE.items()}}
    for source in Source.objects.filter(name__in=HOSTILE):
        assert source.failures == 1
        assert plain_words(source.last_error_code, "") == source.last_error
        assert f"{source.name}: {source.last_error}" in counts["error"]


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"status": 404}, "nothing at this address"),
        ({"body": b"", "content_type": "application/pdf"}, "a file, not to a page"),
        ({"answer": dribbles(b"HTTP/1.1 200 OK\r\nX-Slow:")}, "took too long"),
        ({"body": "<html>" + "<p>x" * 30_000}, "no article"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.2/admin"}}, "private network"),
    ],
)
def test_a_hostile_page_costs_its_article_the_full_text_and_nothing_else(
    outlet: Outlet, settings: LazySettings, answer: dict[str, Any], words: str
) -> None:
    settings.FETCH_SECONDS = 2
    settings.FETCH_ALLOWED_HOSTS = [outlet.netloc]
    outlet.put("/bad", **{"body": b"", **answer})
    outlet.put("/1", page("Energy group meets in Baku"))
    outlet.put_feed("/feed", rss(item("Bad", "/bad", description="The feed's own words."), item("Good", "/1")))
    told = StringIO()
    call_command("ingest", "--url", outlet.url("/feed"), "--json", stdout=told, stderr=StringIO())
    assert json.loads(told.getvalue()) == {"seen": 2, "new": 2, "updated": 0, "failed": 1, "error": ""}
    bad = Article.objects.get(title="Bad")
    assert bad.revision is not None
    assert (bad.text_state, bad.revision.text) == ("failed", "The feed's own words.")
    assert words in bad.text_error
    assert Article.objects.get(title="Good").text_state == "full"
