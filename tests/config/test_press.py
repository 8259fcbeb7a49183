"""The demo press prints the same feeds and pages after every restart, and answers as a web server should."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

import feedparser
import pytest
from trafilatura import extract

from config.press import (
    Answer,
    News,
    Outlet,
    Press,
    PressServer,
    answer,
    demo_day,
    demo_moment,
    forget_demo_day,
    load_press,
    press_address,
)

ROOT = Path(__file__).resolve().parent.parent.parent
MOMENT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8765"
PRESS = load_press(ROOT / "seeds" / "demo" / "news")


@pytest.fixture(autouse=True)
def no_day_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MITHAQ_DEMO_DAY", raising=False)


def get(path: str, *, press: Press = PRESS, now: datetime = MOMENT, tag: str = "", since: str = "") -> Answer:
    return answer(press, path, base=BASE, moment=MOMENT, now=now, if_none_match=tag, if_modified_since=since)


# ------------------------------------------------------------------ the demo's day
def test_the_demo_day_is_written_once_and_stays(tmp_path: Path) -> None:
    first = demo_moment(tmp_path / "var")
    assert demo_day(tmp_path / "var") == first.date()
    assert demo_moment(tmp_path / "var") == first
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=2)


def test_a_demo_day_of_long_ago_is_kept(tmp_path: Path) -> None:
    (tmp_path / "demo-day").write_text("2025-03-01\n", encoding="utf-8")
    assert demo_day(tmp_path) == date(2025, 3, 1)


def test_the_environment_decides_the_demo_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITHAQ_DEMO_DAY", "2026-01-31")
    assert demo_moment(tmp_path) == datetime(2026, 1, 31, tzinfo=UTC)
    assert not (tmp_path / "demo-day").exists()


def test_a_demo_day_that_is_no_date_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITHAQ_DEMO_DAY", "yesterday")
    with pytest.raises(ValueError, match="MITHAQ_DEMO_DAY holds «yesterday»"):
        demo_day(tmp_path)


def test_forgetting_the_demo_day_starts_it_anew(tmp_path: Path) -> None:
    (tmp_path / "demo-day").write_text("2025-03-01\n", encoding="utf-8")
    forget_demo_day(tmp_path)
    assert demo_day(tmp_path) != date(2025, 3, 1)
    forget_demo_day(tmp_path)
    forget_demo_day(tmp_path)


def test_two_who_come_first_agree_on_the_day(tmp_path: Path) -> None:
    seen: list[datetime] = []
    threads = [threading.Thread(target=lambda: seen.append(demo_moment(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and len(set(seen)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["demo-day"]


# ------------------------------------------------------------------ feeds and pages
@pytest.mark.parametrize("slug", PRESS.outlets)
def test_every_outlet_has_a_well_formed_feed_of_its_kind(slug: str) -> None:
    told = get(f"/{slug}/feed.xml")
    assert told.status == HTTPStatus.OK
    parsed = feedparser.parse(told.body)
    assert not parsed.bozo
    assert parsed.version == {"rss": "rss20", "atom": "atom10"}[PRESS.outlets[slug].feed]
    assert len(parsed.entries) >= 4
    for entry in parsed.entries:
        assert entry.title and entry.summary and entry.published_parsed
        assert entry.link.startswith(f"{BASE}/{slug}/")
        assert get(entry.link.removeprefix(BASE)).status == HTTPStatus.OK


def test_a_feed_is_the_same_bytes_after_a_restart() -> None:
    again = load_press(ROOT / "seeds" / "demo" / "news")
    assert get("/namudhaj/feed.xml").body == get("/namudhaj/feed.xml", press=again).body


def test_the_identity_of_an_entry_does_not_hang_on_the_port() -> None:
    elsewhere = answer(PRESS, "/namudhaj/feed.xml", base="http://127.0.0.1:9", moment=MOMENT, now=MOMENT)
    ids = [
        [entry.id for entry in feedparser.parse(told.body).entries] for told in (get("/namudhaj/feed.xml"), elsewhere)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("news", PRESS.news, ids=lambda news: news.id)
def test_a_page_holds_the_article_and_says_its_language_and_address(news: News) -> None:
    page = get(news.path, now=MOMENT + timedelta(days=30)).body.decode()
    assert f'<html lang="{news.language}" dir="{"rtl" if news.language == "ar" else "ltr"}">' in page
    assert f'<link rel="canonical" href="{BASE}{news.path}">' in page
    text = extract(page)
    assert text is not None
    for paragraph in news.paragraphs:
        assert " ".join(paragraph.split()) in " ".join(text.split())


def test_text_that_looks_like_markup_is_printed_as_text() -> None:
    outlet = Outlet("x", "X & <Y>", "en", "rss", "t")
    news = News("x", "a", "en", "<b>Bold</b> & more", ('1 < 2 & "3"',), timedelta())
    press = Press({"x": outlet}, (news,))
    page = get("/x/a.html", press=press).body.decode()
    assert "<b>" not in page and "1 &lt; 2 &amp; &quot;3&quot;" in page
    assert ET.fromstring(get("/x/feed.xml", press=press).body).findtext("channel/item/title") == "<b>Bold</b> & more"


def test_the_index_lists_every_outlet() -> None:
    page = get("/").body.decode()
    for slug in PRESS.outlets:
        assert f'href="/{slug}/feed.xml"' in page
        assert get(f"/{slug}/").status == HTTPStatus.OK


@pytest.mark.parametrize("path", ["/nobody/feed.xml", "/namudhaj/none.html", "/namudhaj/../feed.xml", "/feed.xml"])
def test_what_is_not_printed_is_not_found(path: str) -> None:
    assert get(path).status == HTTPStatus.NOT_FOUND


def test_an_article_appears_when_its_time_has_come() -> None:
    later = next(item for item in PRESS.news if item.age < timedelta())
    before, after = MOMENT - later.age - timedelta(seconds=1), MOMENT - later.age
    assert get(later.path, now=before).status == HTTPStatus.NOT_FOUND
    assert later.id not in get(f"/{later.outlet}/feed.xml", now=before).body.decode()
    assert get(later.path, now=after).status == HTTPStatus.OK
    assert later.id in get(f"/{later.outlet}/feed.xml", now=after).body.decode()


# ------------------------------------------------------------------ conditional requests
def test_a_reader_with_the_same_copy_is_told_so() -> None:
    first = get("/namudhaj/feed.xml")
    for same in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"other", {first.headers["ETag"]}', "*"):
        told = get("/namudhaj/feed.xml", tag=same)
        assert told.status == HTTPStatus.NOT_MODIFIED and told.body == b""
    assert get("/namudhaj/feed.xml", since=first.headers["Last-Modified"]).status == HTTPStatus.NOT_MODIFIED


def test_a_reader_with_another_copy_gets_the_whole() -> None:
    long_ago = format_datetime(MOMENT - timedelta(days=900), usegmt=True)
    assert get("/namudhaj/feed.xml", tag='"other"').status == HTTPStatus.OK
    assert get("/namudhaj/feed.xml", since=long_ago).status == HTTPStatus.OK
    assert get("/namudhaj/feed.xml", since="no date").status == HTTPStatus.OK


def test_a_new_article_ends_the_old_copy() -> None:
    later = next(item for item in PRESS.news if item.age < timedelta())
    feed = f"/{later.outlet}/feed.xml"
    before = get(feed, now=MOMENT)
    after = get(feed, now=MOMENT - later.age, tag=before.headers["ETag"])
    assert after.status == HTTPStatus.OK
    assert get(feed, now=MOMENT - later.age, since=before.headers["Last-Modified"]).status == HTTPStatus.OK


# ------------------------------------------------------------------ over the wire
@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    server = PressServer(("127.0.0.1", 0), PRESS, tmp_path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.base
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_press_answers_over_http_under_its_own_address(served: str) -> None:
    with urllib.request.urlopen(f"{served}/obrazets-inform/feed.xml?x=1") as told:
        tag, entries = told.headers["ETag"], feedparser.parse(told.read()).entries
    assert entries[0].link.startswith(f"{served}/obrazets-inform/")
    with urllib.request.urlopen(entries[0].link) as page:
        assert entries[0].title in page.read().decode()
    with urllib.request.urlopen(urllib.request.Request(entries[0].link, method="HEAD")) as head:
        assert head.read() == b"" and int(head.headers["Content-Length"]) > 0
    with pytest.raises(HTTPError) as unchanged:
        urllib.request.urlopen(
            urllib.request.Request(f"{served}/obrazets-inform/feed.xml", headers={"If-None-Match": tag})
        )
    assert unchanged.value.code == HTTPStatus.NOT_MODIFIED


@pytest.mark.parametrize("text", ["8765", "127.0.0.1:", ":8765", "127.0.0.1:99999", "127.0.0.1:http"])
def test_an_address_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="MITHAQ_PRESS"):
        press_address(text)
    assert press_address("127.0.0.1:8765") == ("127.0.0.1", 8765)


def command(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", **os.environ, "MITHAQ_DATA": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "-m", "django", "press", *arguments],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, how: signal.Signals) -> None:
    with command(tmp_path, "127.0.0.1:0") as process:
        assert process.stderr
        address = process.stderr.readline().rsplit(" ", 1)[-1].strip()
        with urllib.request.urlopen(address) as told:
            assert told.status == HTTPStatus.OK
        process.send_signal(how)
        assert process.wait(10) == 0


def test_a_port_in_use_is_a_clear_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = command(tmp_path, f"127.0.0.1:{port}")
        _out, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"The demo press cannot listen on 127.0.0.1:{port}" in told and "MITHAQ_PRESS" in told
