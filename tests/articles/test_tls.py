"""Fetching under TLS: who is believed, and that nobody is waited for without end."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from django.conf import LazySettings

from articles import fetch as fetching
from articles.fetch import Limits, fetch
from articles.importer import import_source
from articles.models import Article, Source
from tests.feeds.server import Outlet, dripping, serve
from tests.feeds.writing import item, page, rss

SMALL = Limits(seconds=5, wire_bytes=100_000, body_bytes=100_000)

Open = Callable[..., Outlet]


@pytest.fixture
def open_outlet(settings: LazySettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Open]:
    """Opens outlets under TLS with a certificate for these names, of an authority that this machine trusts or not."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    fetching._tls.cache_clear()
    settings.FETCH_HOST_PAUSE = 0.001
    settings.FETCH_ALLOWED_HOSTS = []

    with ExitStack() as outlets:

        def opened(*names: str, authority: trustme.CA = trusted) -> Outlet:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(tls)
            outlet = outlets.enter_context(serve(tls))
            settings.FETCH_ALLOWED_HOSTS = [*settings.FETCH_ALLOWED_HOSTS, outlet.netloc]
            return outlet

        yield opened
    fetching._tls.cache_clear()


@pytest.mark.django_db
def test_a_source_under_tls_is_imported_with_its_pages(open_outlet: Open) -> None:
    outlet = open_outlet()
    outlet.put_feed("/feed.xml", rss(item("One", outlet.url("/1"))))
    outlet.put("/1", page("One"))
    source = Source.objects.create(name="Wire", slug="wire", url=outlet.url("/feed.xml"))

    run = import_source(source)
    assert run and (run.new, run.failed, run.error) == (1, 0, "")
    assert Article.objects.get().text_state == Article.TextState.FULL


def test_a_certificate_of_an_authority_nobody_trusts_is_refused(open_outlet: Open) -> None:
    outlet = open_outlet(authority=trustme.CA())
    outlet.put("/", "secret")
    with pytest.raises(fetching.NotTrusted):
        fetch(outlet.url("/"), limits=SMALL)
    assert not outlet.requests


def test_a_certificate_for_another_name_is_refused(open_outlet: Open) -> None:
    outlet = open_outlet("another.example", "127.0.0.2")
    outlet.put("/", "secret")
    with pytest.raises(fetching.NotTrusted):
        fetch(outlet.url("/"), limits=SMALL)
    assert not outlet.requests


def test_what_is_led_to_is_judged_by_its_own_certificate(open_outlet: Open) -> None:
    outlet, other = open_outlet(), open_outlet(authority=trustme.CA())
    outlet.put("/", "", status=302, headers={"Location": other.url("/")})
    with pytest.raises(fetching.NotTrusted):
        fetch(outlet.url("/"), limits=SMALL)
    assert not other.requests


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_server_that_sends_a_byte_now_and_then_is_cut_off_in_time(open_outlet: Open, start: bytes) -> None:
    began = time.monotonic()
    with dripping(open_outlet(), start) as url, pytest.raises(fetching.TooSlow):
        fetch(url, limits=Limits(seconds=0.6))
    assert time.monotonic() - began < 3


def test_a_server_that_never_shakes_hands_is_given_up(settings: LazySettings) -> None:
    with serve() as plain:  # it waits for a request, as we for its part of the handshake
        settings.FETCH_ALLOWED_HOSTS = [plain.netloc]
        settings.FETCH_HOST_PAUSE = 0.001
        began = time.monotonic()
        with pytest.raises(fetching.FetchError):
            fetch(f"https://{plain.netloc}/", limits=Limits(seconds=0.6))
    assert time.monotonic() - began < 3
