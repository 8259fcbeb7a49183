"""Fetching: what is refused, what is bounded, what is told in plain words."""

import gzip
import socket
import threading
import time
import zlib
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import brotli
import pytest
from django.conf import LazySettings
from django.utils import timezone

from articles import fetch as fetching
from articles.fetch import FetchError, Limits, Robots, fetch, is_public, read_retry_after, read_url
from articles.models import Host
from tests.feeds.server import Outlet, dripping

SMALL = Limits(seconds=5, wire_bytes=100_000, body_bytes=100_000)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """A name server that answers every name with these addresses. Returns the list of names it is asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",  # noqa: S104
        "172.16.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1",
        "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "nonsense", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_told_apart(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "192.0.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_of_the_public_internet_is_public(address: str) -> None:
    assert is_public(address) is True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0x7f.0.0.1/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://127.0.0.1./", "http://0/",
        "http://0.0.0.0/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://169.254.169.254/latest/",
        "http://[fd00:ec2::254]/", "http://10.0.0.1/", "http://localhost/", "http://LOCALHOST/", "http://localhost./",
        "http://intranet/", "http://printer.local/", "http://db.internal/", "http://a.localhost/",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_in_every_spelling(url: str, settings: LazySettings) -> None:
    settings.FETCH_HOST_PAUSE = 0
    with pytest.raises(fetching.Refused):
        fetch(url, limits=SMALL)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "data:text/html,x", "javascript:alert(1)",
        "unix:///run/x", "//example.org/", "example.org", "", "http://", "http:///path", "http://user@example.org/",
        "http://user:secret@example.org/", "http://example.org\\@127.0.0.1/", "http://exa\tmple.org/", "http://exa\nmple.org/",
        "http://example.org:80@127.0.0.1/", "http://[::1%25eth0]/", "http://[::1", "http://example.org:99999/",
        "http://exa mple.org/", "http://%31%32%37.0.0.1/", "http://-/", "http://a..b/",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_not_asked(url: str, settings: LazySettings) -> None:
    settings.FETCH_HOST_PAUSE = 0
    with pytest.raises(fetching.BadAddress):
        fetch(url, limits=SMALL)


@pytest.mark.parametrize("url", ["http://example.org:22/", "https://example.org:6379/", "http://example.org:8080/"])
def test_only_the_ports_of_the_web_are_asked(url: str) -> None:
    with pytest.raises(fetching.Refused):
        read_url(url)


def test_a_name_that_leads_to_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1")
    with pytest.raises(fetching.Refused):
        fetch("http://innocent.example.org/", limits=SMALL)


@pytest.mark.django_db
def test_an_address_that_is_refused_costs_no_turn() -> None:
    with pytest.raises(fetching.Refused):
        fetch("http://2130706433/", limits=SMALL)
    assert not Host.objects.exists()


def test_a_name_with_one_public_and_one_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.FETCH_HOST_PAUSE = 0
    resolving(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(fetching.Refused):
        fetch("http://example.org/", limits=SMALL)


def test_a_name_is_resolved_once_and_the_judged_address_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.FETCH_HOST_PAUSE = 0
    asked = resolving(monkeypatch, "93.184.216.34")
    called: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        called.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with pytest.raises(fetching.Unreachable):
        fetch("http://rebinding.example.org/", limits=SMALL)
    assert asked == ["rebinding.example.org."]
    assert called == ["93.184.216.34"]


def test_a_host_named_in_the_settings_is_excepted_with_any_port(settings: LazySettings) -> None:
    settings.FETCH_ALLOWED_HOSTS = ["intranet.example", "10.0.0.5:8080", "[::1]:81"]
    assert read_url("http://intranet.example:9999/").is_excepted
    assert read_url("http://10.0.0.5:8080/x").is_excepted
    assert read_url("http://[::1]:81/").is_excepted
    with pytest.raises(fetching.Refused):
        read_url("http://10.0.0.5:8081/")
    assert not read_url("http://intranet.example.org/").is_excepted


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/", "//localhost/"])
def test_a_redirect_into_a_private_network_is_refused(outlet: Outlet, target: str) -> None:
    outlet.put("/moved", "", status=302, headers={"Location": target})
    with pytest.raises(fetching.Refused):
        fetch(outlet.url("/moved"), limits=SMALL)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)"])
def test_a_redirect_to_another_scheme_is_not_followed(outlet: Outlet, target: str) -> None:
    outlet.put("/moved", "", status=302, headers={"Location": target})
    with pytest.raises(fetching.BadAddress):
        fetch(outlet.url("/moved"), limits=SMALL)


def test_five_redirects_are_followed_and_a_sixth_is_not(outlet: Outlet) -> None:
    for hop in range(6):
        outlet.put(f"/{hop}", "", status=301, headers={"Location": f"/{hop + 1}"})
    outlet.put("/6", "arrived")
    response = fetch(outlet.url("/1"), limits=SMALL)
    assert (response.body, response.url) == (b"arrived", outlet.url("/6"))
    with pytest.raises(fetching.TooManyRedirects):
        fetch(outlet.url("/0"), limits=SMALL)


def test_the_proxy_of_the_environment_is_not_used(outlet: Outlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    outlet.put("/", "ours")
    assert fetch(outlet.url("/"), limits=SMALL).body == b"ours"


def test_a_redirect_that_leads_nowhere_is_told(outlet: Outlet) -> None:
    outlet.put("/moved", "", status=302, headers={"Location": "http://[::1"})
    with pytest.raises(fetching.BadAddress):
        fetch(outlet.url("/moved"), limits=SMALL)


def test_a_redirect_in_arabic_letters_is_followed(outlet: Outlet) -> None:
    outlet.put("/moved", "", status=302, headers={"Location": "/خبر".encode().decode("latin-1")})
    outlet.put("/%D8%AE%D8%A8%D8%B1", "arrived")
    assert fetch(outlet.url("/moved"), limits=SMALL).body == b"arrived"


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    "status, error, code",
    [
        (401, fetching.Blocked, "blocked"),
        (403, fetching.Blocked, "blocked"),
        (404, fetching.NotFound, "not_found"),
        (410, fetching.Gone, "gone"),
        (418, fetching.BadStatus, "status_418"),
        (429, fetching.Busy, "busy"),
        (500, fetching.BadStatus, "status_500"),
    ],
)
def test_a_bad_answer_has_a_name_and_plain_words(
    outlet: Outlet, status: int, error: type[FetchError], code: str
) -> None:
    outlet.put("/", "", status=status)
    with pytest.raises(error) as caught:
        fetch(outlet.url("/"), limits=SMALL)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_the_time_a_server_asks_for_is_kept_within_a_minute_and_a_day(outlet: Outlet) -> None:
    outlet.put("/", "", status=503, headers={"Retry-After": "1200"})
    with pytest.raises(fetching.BadStatus) as caught:
        fetch(outlet.url("/"), limits=SMALL)
    assert caught.value.retry_after == timedelta(minutes=20)
    assert read_retry_after("0") == timedelta(minutes=1)
    assert read_retry_after("999999999") == timedelta(days=1)
    assert read_retry_after("Wed, 21 Oct 2099 07:28:00 GMT") == timedelta(days=1)
    assert read_retry_after("soon") is None


def test_a_server_that_is_not_there_is_unreachable(settings: LazySettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.FETCH_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    with pytest.raises(fetching.Unreachable):
        fetch(f"http://127.0.0.1:{port}/", limits=SMALL)


def test_we_say_who_we_are_and_carry_no_cookies(outlet: Outlet, settings: LazySettings) -> None:
    settings.FETCH_USER_AGENT = "Mithaq/0.1 (+mailto:desk@example.org)"
    outlet.put("/", "", headers={"Set-Cookie": "id=1"})
    fetch(outlet.url("/"), accept="text/html", limits=SMALL)
    fetch(outlet.url("/"), limits=SMALL)
    assert outlet.requests[0].headers["user-agent"] == "Mithaq/0.1 (+mailto:desk@example.org)"
    assert outlet.requests[0].headers["accept"] == "text/html"
    assert outlet.requests[0].headers["host"] == outlet.netloc
    assert "cookie" not in outlet.requests[1].headers


def test_what_has_not_changed_is_not_sent_again(outlet: Outlet) -> None:
    outlet.put("/feed", "<rss/>", headers={"ETag": '"7"', "Last-Modified": "Mon, 08 Dec 2025 10:00:00 GMT"})
    first = fetch(outlet.url("/feed"), limits=SMALL)
    outlet.put("/feed", "", status=304)
    second = fetch(outlet.url("/feed"), etag=first.etag, last_modified=first.last_modified, limits=SMALL)
    assert second.not_modified and second.body == b""
    assert outlet.requests[1].headers["if-none-match"] == '"7"'
    assert outlet.requests[1].headers["if-modified-since"] == "Mon, 08 Dec 2025 10:00:00 GMT"


def test_an_address_in_arabic_letters_is_asked_in_percent_encoding(outlet: Outlet) -> None:
    outlet.put("/%D8%AE%D8%A8%D8%B1", "خبر")
    assert fetch(outlet.url("/خبر?a=ب ت"), limits=SMALL).body.decode() == "خبر"


# ------------------------------------------------------------------ limits


def test_a_page_of_20_mb_is_too_large(outlet: Outlet) -> None:
    outlet.put("/", b"x" * 20_000_000)
    with pytest.raises(fetching.TooLarge):
        fetch(outlet.url("/"))


def test_a_page_without_a_length_is_cut_at_the_limit(outlet: Outlet) -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65536)
            sent += 65536

    outlet.put("/", "").answer = endless
    with pytest.raises(fetching.TooLarge):
        fetch(outlet.url("/"), limits=SMALL)
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "encoding, pack", [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)]
)
def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_at_the_limit(
    outlet: Outlet, encoding: str, pack: Any
) -> None:
    huge = b"\0" * 30_000_000
    outlet.put("/", pack(huge), headers={"Content-Encoding": encoding})
    with pytest.raises(fetching.TooLarge):
        fetch(outlet.url("/"), limits=SMALL)


def test_packed_answers_are_unpacked(outlet: Outlet) -> None:
    words = "خطة العمل المشترك ".encode() * 3000
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        "gzip": gzip.compress(words[:9000]) + gzip.compress(words[9000:]),
        "deflate": zlib.compress(words),
        "Deflate": bare.compress(words) + bare.flush(),
        "br": brotli.compress(words),
        "identity": words,
    }
    for encoding, body in packed.items():
        outlet.put("/", body, headers={"Content-Encoding": encoding})
        assert fetch(outlet.url("/")).body == words, encoding


@pytest.mark.parametrize("encoding, body", [("br", b"x"), ("gzip", b"no gzip"), ("gzip, gzip", b"x")])
def test_an_answer_packed_in_an_unknown_way_is_told(outlet: Outlet, encoding: str, body: bytes) -> None:
    outlet.put("/", body, headers={"Content-Encoding": encoding})
    with pytest.raises(fetching.Garbled):
        fetch(outlet.url("/"), limits=SMALL)


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(outlet: Outlet) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    outlet.put("/", "").answer = half
    with pytest.raises(fetching.Unreachable):
        fetch(outlet.url("/"), limits=SMALL)


def test_a_packed_answer_that_breaks_off_is_not_taken_for_a_whole_one(outlet: Outlet) -> None:
    outlet.put("/", gzip.compress(b"word " * 5000)[:40], headers={"Content-Encoding": "gzip"})
    with pytest.raises(fetching.Garbled):
        fetch(outlet.url("/"), limits=SMALL)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_server_that_sends_a_byte_now_and_then_is_cut_off_in_time(outlet: Outlet, start: bytes) -> None:
    began = time.monotonic()
    with dripping(outlet, start) as url, pytest.raises(fetching.TooSlow):
        fetch(url, limits=Limits(seconds=0.6))
    assert time.monotonic() - began < 3


def test_headers_without_end_are_cut_off(outlet: Outlet) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")

    outlet.put("/", "").answer = endless
    with pytest.raises(FetchError):
        fetch(outlet.url("/"), limits=SMALL)


def test_a_name_server_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.FETCH_HOST_PAUSE = 0
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answered.wait(30) and [])
    try:
        with pytest.raises(fetching.TooSlow):
            fetch("http://example.org/", limits=Limits(seconds=0.3))
    finally:
        answered.set()


# ------------------------------------------------------------------ politeness


@pytest.mark.django_db
def test_requests_to_one_host_are_paused_and_other_hosts_are_not_kept_waiting(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FETCH_HOST_PAUSE = 2.0
    waits: list[float] = []
    monkeypatch.setattr("articles.fetch.time.sleep", waits.append)
    for _ in range(3):
        fetching.await_turn("news.example.org")
    fetching.await_turn("other.example.org")
    assert [round(wait) for wait in waits] == [2, 4]
    assert Host.objects.count() == 2


@pytest.mark.django_db
def test_a_host_with_a_long_queue_is_left_for_later(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FETCH_HOST_PAUSE = 8.0
    monkeypatch.setattr("articles.fetch.time.sleep", lambda seconds: None)
    for _ in range(3):
        fetching.await_turn("news.example.org")
    with pytest.raises(fetching.Busy):
        fetching.await_turn("news.example.org")


def test_a_host_of_our_own_network_is_asked_without_pause_and_without_a_database(outlet: Outlet) -> None:
    outlet.put("/", "here")
    for _ in range(3):
        assert fetch(outlet.url("/")).body == b"here"


@pytest.mark.django_db
def test_a_host_that_asks_for_fewer_requests_is_left_alone_by_everybody(public_outlet: Outlet) -> None:
    public_outlet.put("/1", "", status=429, headers={"Retry-After": "600"})
    with pytest.raises(fetching.Busy):
        fetch("http://wire.example/1", limits=SMALL)
    with pytest.raises(fetching.Busy) as caught:
        fetch("http://wire.example/2", limits=SMALL)
    assert caught.value.retry_after is not None
    assert timedelta(minutes=9) < caught.value.retry_after <= timedelta(minutes=10)
    assert [request.path for request in public_outlet.requests] == ["/1"]


@pytest.mark.django_db
def test_a_host_that_does_not_say_for_how_long_rests_a_minute(public_outlet: Outlet) -> None:
    public_outlet.put("/1", "", status=429)
    with pytest.raises(fetching.Busy):
        fetch("http://wire.example/1", limits=SMALL)
    assert Host.objects.get(name="wire.example").next_at > timezone.now() + timedelta(seconds=50)


@pytest.mark.django_db
def test_a_page_the_outlet_shuts_off_from_programs_is_not_asked(public_outlet: Outlet) -> None:
    public_outlet.put("/robots.txt", "User-agent: *\nDisallow: /private/\n", "text/plain")
    public_outlet.put("/news/1", "open")
    robots = Robots()
    assert fetch("http://wire.example/news/1", robots=robots).body == b"open"
    with pytest.raises(fetching.Disallowed):
        fetch("http://wire.example/private/1", robots=robots)
    assert [request.path for request in public_outlet.requests] == ["/robots.txt", "/news/1"]


@pytest.mark.django_db
def test_a_redirect_to_a_page_shut_off_from_programs_is_not_followed(public_outlet: Outlet) -> None:
    public_outlet.put("/robots.txt", "User-agent: Mithaq\nDisallow: /private/\n", "text/plain")
    public_outlet.put("/news/1", "", status=302, headers={"Location": "/private/1"})
    with pytest.raises(fetching.Disallowed):
        fetch("http://wire.example/news/1", robots=Robots())


@pytest.mark.django_db
@pytest.mark.parametrize("status", [401, 404, 410])
def test_where_an_outlet_says_nothing_to_programs_all_is_open(public_outlet: Outlet, status: int) -> None:
    public_outlet.put("/robots.txt", "", status=status)
    public_outlet.put("/news/1", "open")
    assert fetch("http://wire.example/news/1", robots=Robots()).body == b"open"


@pytest.mark.django_db
def test_while_nobody_knows_what_an_outlet_says_to_programs_its_pages_wait(public_outlet: Outlet) -> None:
    public_outlet.put("/robots.txt", "", status=500)
    robots = Robots()
    for number in range(3):
        with pytest.raises(fetching.BadStatus):
            fetch(f"http://wire.example/{number}", robots=robots)
    assert [request.path for request in public_outlet.requests] == ["/robots.txt"]


def test_a_host_of_our_own_network_is_not_asked_what_it_says_to_programs(outlet: Outlet) -> None:
    outlet.put("/", "here")
    fetch(outlet.url("/"), robots=Robots())
    assert [request.path for request in outlet.requests] == ["/"]
