"""The demo press: invented outlets, served over loopback HTTP as real feeds and pages for the importer to read.

Everything it says is in `seeds/demo/news/`. It needs no database. Dates hang on the moment the demo was first started
(`demo_moment`), kept in a file, so that a restart serves the very same feeds and nothing is imported twice.
"""

import contextlib
import hashlib
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

import yaml

ATOM = "http://www.w3.org/2005/Atom"
RIGHT_TO_LEFT = {"ar"}


# ------------------------------------------------------------------ the day the demo hangs on
def demo_moment(data: Path) -> datetime:
    """The moment, in UTC, from which the demo counts its dates.

    `MITHAQ_DEMO_DAY` (an ISO date or date and time) decides; without it the file `demo-day` in the data folder,
    which is made with the present moment at first use. Raises ValueError where either holds no date.
    """
    given = os.environ.get("MITHAQ_DEMO_DAY", "").strip()
    if given:
        return _moment(given, "MITHAQ_DEMO_DAY")
    file = data / "demo-day"
    if not file.exists():
        _write_once(file, datetime.now(UTC).replace(second=0, microsecond=0).isoformat())
    return _moment(file.read_text(encoding="utf-8").strip(), str(file))


def demo_day(data: Path) -> date:
    """The day of seeding, from which demo commitments count: the date of `demo_moment` in UTC."""
    return demo_moment(data).date()


def forget_demo_day(data: Path) -> None:
    """Let the demo begin anew: the next use of `demo_moment` writes the day it happens on."""
    (data / "demo-day").unlink(missing_ok=True)


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{where} holds «{text}», which is no ISO date such as 2026-11-25.") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_once(file: Path, text: str) -> None:
    # the press and the seeds may both be first: whoever links the name wins, and no one reads half a file
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, prefix=".demo-day-", encoding="utf-8") as draft:
        draft.write(text + "\n")
        draft.flush()
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, file)


# ------------------------------------------------------------------ what it prints
@dataclass(frozen=True)
class Outlet:
    """An invented outlet; `feed` is «rss» or «atom»."""

    slug: str
    name: str
    language: str
    feed: str
    tagline: str


@dataclass(frozen=True)
class News:
    """An article of an outlet; `age` is how long before the demo's moment it was published (negative: after it)."""

    outlet: str
    id: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    age: timedelta

    @property
    def path(self) -> str:
        return f"/{self.outlet}/{self.id}.html"


@dataclass(frozen=True)
class Press:
    """All outlets by slug and all news, newest first."""

    outlets: dict[str, Outlet]
    news: tuple[News, ...]

    def of(self, outlet: Outlet, *, moment: datetime, now: datetime) -> list[News]:
        """What the outlet has published by `now`, newest first."""
        return [item for item in self.news if item.outlet == outlet.slug and moment - item.age <= now]


def load_press(folder: Path) -> Press:
    """Read the outlets and news of a folder of YAML files (`seeds/README.md` has the forms).

    Raises KeyError where an article names no outlet of `outlets.yaml` or lacks a field.
    """
    rows = yaml.safe_load((folder / "outlets.yaml").read_text(encoding="utf-8"))
    outlets = {row["slug"]: Outlet(**{name: row[name] for name in Outlet.__dataclass_fields__}) for row in rows}
    news = [
        News(
            outlet=row["outlet"],
            id=row["id"],
            language=row.get("language") or outlets[row["outlet"]].language,
            title=row["title"],
            paragraphs=tuple(row["paragraphs"]),
            age=timedelta(days=row.get("days_ago", 0), hours=row.get("hours_ago", 0)),
        )
        for path in sorted(folder.glob("*.yaml"))
        if path.name != "outlets.yaml"
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    return Press(outlets, tuple(sorted(news, key=lambda item: (item.age, item.outlet, item.id))))


def feed_xml(outlet: Outlet, news: list[News], *, base: str, moment: datetime) -> bytes:
    """The outlet's feed, RSS 2.0 or Atom 1.0; an entry carries the first paragraph, the page the whole text."""
    return _atom(outlet, news, base, moment) if outlet.feed == "atom" else _rss(outlet, news, base, moment)


def _guid(item: News) -> str:
    # no address in it: the press may move to another port and its news stays the same news
    return f"urn:mithaq-demo:{item.outlet}:{item.id}"


def _rss(outlet: Outlet, news: list[News], base: str, moment: datetime) -> bytes:
    ET.register_namespace("atom", ATOM)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for name, text in [
        ("title", outlet.name),
        ("link", f"{base}/{outlet.slug}/"),
        ("description", outlet.tagline),
        ("language", outlet.language),
    ]:
        ET.SubElement(channel, name).text = text
    ET.SubElement(
        channel, f"{{{ATOM}}}link", href=f"{base}/{outlet.slug}/feed.xml", rel="self", type="application/rss+xml"
    )
    for item in news:
        entry = ET.SubElement(channel, "item")
        ET.SubElement(entry, "title").text = item.title
        ET.SubElement(entry, "link").text = base + item.path
        ET.SubElement(entry, "guid", isPermaLink="false").text = _guid(item)
        ET.SubElement(entry, "pubDate").text = format_datetime(moment - item.age)
        ET.SubElement(entry, "description").text = item.paragraphs[0]
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _atom(outlet: Outlet, news: list[News], base: str, moment: datetime) -> bytes:
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": outlet.language})

    def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
        element = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        element.text = text
        return element

    add(root, "title", outlet.name)
    add(root, "id", f"urn:mithaq-demo:{outlet.slug}")
    add(root, "link", href=f"{base}/{outlet.slug}/feed.xml", rel="self")
    add(root, "link", href=f"{base}/{outlet.slug}/")
    add(root, "updated", max((moment - item.age for item in news), default=moment).isoformat())
    add(add(root, "author"), "name", outlet.name)
    for item in news:
        entry = add(root, "entry")
        add(entry, "title", item.title)
        add(entry, "link", href=base + item.path)
        add(entry, "id", _guid(item))
        add(entry, "published", (moment - item.age).isoformat())
        add(entry, "updated", (moment - item.age).isoformat())
        add(entry, "summary", item.paragraphs[0])
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


# what surrounds an article on a page and is none of it: the importer has to tell them apart
FURNITURE = {
    "ar": {
        "sections": "الرئيسية سياسة اقتصاد ثقافة رياضة",
        "share": "شارك",
        "also": "اقرأ أيضاً: أحوال الطقس اليوم",
        "subscribe": "اشترك في النشرة",
        "notice": "وسيلة مُختلقة للعرض",
    },
    "en": {
        "sections": "Home Politics Business Culture Sport",
        "share": "Share",
        "also": "Read also: today’s weather",
        "subscribe": "Subscribe to our newsletter",
        "notice": "An invented outlet, for demonstration",
    },
    "az": {
        "sections": "Əsas Siyasət İqtisadiyyat Mədəniyyət İdman",
        "share": "Paylaş",
        "also": "Həmçinin oxuyun: bu günün havası",
        "subscribe": "Bülletenə abunə olun",
        "notice": "Nümayiş üçün uydurma nəşr",
    },
    "ru": {
        "sections": "Главная Политика Экономика Культура Спорт",
        "share": "Поделиться",
        "also": "Читайте также: погода сегодня",
        "subscribe": "Подпишитесь на рассылку",
        "notice": "Вымышленное издание для показа",
    },
}


def _page(language: str, title: str, head: str, body: str) -> bytes:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"{head}</head>\n<body>\n{body}</body>\n</html>\n"
    ).encode()


def article_page(outlet: Outlet, item: News, *, base: str, moment: datetime) -> bytes:
    """The page of an article as an outlet prints it: navigation, article, notes beside it, footer."""
    around = FURNITURE[item.language]
    home = f"/{outlet.slug}/"
    published = moment - item.age
    address = escape(base + item.path)
    menu = "".join(f'<li><a href="{home}">{escape(section)}</a></li>' for section in around["sections"].split())
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in item.paragraphs)
    head = (
        f'<link rel="canonical" href="{address}">\n<meta property="og:type" content="article">\n'
        f'<meta property="og:title" content="{escape(item.title)}">\n'
        f'<meta property="og:site_name" content="{escape(outlet.name)}">\n'
        f'<meta property="article:published_time" content="{published.isoformat()}">\n'
    )
    body = (
        f'<header><a href="{home}">{escape(outlet.name)}</a>\n<nav><ul>{menu}</ul></nav></header>\n'
        f"<main>\n<article>\n<h1>{escape(item.title)}</h1>\n"
        f'<time datetime="{published.isoformat()}">{published:%Y-%m-%d %H:%M} UTC</time>\n{text}\n</article>\n'
        f'<aside><p><a href="{address}">{around["share"]}</a></p><p><a href="{home}">{around["also"]}</a></p></aside>\n'
        f"</main>\n<footer><p>{around['subscribe']}</p><p>{escape(outlet.name)} · {around['notice']}</p></footer>\n"
    )
    return _page(item.language, f"{item.title} – {outlet.name}", head, body)


def outlet_page(outlet: Outlet, news: list[News]) -> bytes:
    """The front page of an outlet: its feed and the titles it has published."""
    kind = "application/atom+xml" if outlet.feed == "atom" else "application/rss+xml"
    head = f'<link rel="alternate" type="{kind}" href="/{outlet.slug}/feed.xml" title="{escape(outlet.name)}">\n'
    titles = "\n".join(f'<li><a href="{escape(item.path)}">{escape(item.title)}</a></li>' for item in news)
    top = f"<header><h1>{escape(outlet.name)}</h1><p>{escape(outlet.tagline)}</p></header>\n"
    body = f"{top}<main><ul>\n{titles}\n</ul></main>\n"
    return _page(outlet.language, outlet.name, head, body)


def index_page(press: Press) -> bytes:
    """The list of outlets with their feeds."""
    rows = "\n".join(
        f'<li lang="{outlet.language}"><a href="/{outlet.slug}/">{escape(outlet.name)}</a> '
        f'(<a href="/{outlet.slug}/feed.xml">feed.xml</a>)</li>'
        for outlet in press.outlets.values()
    )
    body = f"<main><h1>The demo press</h1><p>None of these outlets exists.</p><ul>\n{rows}\n</ul></main>\n"
    return _page("en", "The demo press", "", body)


# ------------------------------------------------------------------ how it answers
@dataclass(frozen=True)
class Answer:
    """What goes over the wire: status, headers by name, body."""

    status: HTTPStatus
    headers: dict[str, str]
    body: bytes


def answer(
    press: Press,
    path: str,
    *,
    base: str,
    moment: datetime,
    now: datetime,
    if_none_match: str = "",
    if_modified_since: str = "",
) -> Answer:
    """The answer to a GET of `path`, with 304 where the reader's copy is still good (RFC 9110, section 13)."""
    found = _find(press, path, base=base, moment=moment, now=now)
    if found is None:
        return Answer(
            HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain; charset=utf-8"}, b"Nothing is printed here.\n"
        )
    body, kind, changed = found
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "ETag": etag,
        "Last-Modified": format_datetime(changed, usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _is_fresh(etag, changed, if_none_match, if_modified_since):
        return Answer(HTTPStatus.NOT_MODIFIED, headers, b"")
    return Answer(HTTPStatus.OK, headers, body)


def _find(press: Press, path: str, *, base: str, moment: datetime, now: datetime) -> tuple[bytes, str, datetime] | None:
    if path == "/":
        return index_page(press), "text/html", moment
    slug, _, rest = path.lstrip("/").partition("/")
    outlet = press.outlets.get(slug)
    if outlet is None:
        return None
    news = press.of(outlet, moment=moment, now=now)
    newest = max((moment - item.age for item in news), default=moment)
    if rest == "":
        return outlet_page(outlet, news), "text/html", newest
    if rest == "feed.xml":
        kind = "application/atom+xml" if outlet.feed == "atom" else "application/rss+xml"
        return feed_xml(outlet, news, base=base, moment=moment), kind, newest
    for item in news:
        if item.path == path:
            return article_page(outlet, item, base=base, moment=moment), "text/html", moment - item.age
    return None


def _is_fresh(etag: str, changed: datetime, if_none_match: str, if_modified_since: str) -> bool:
    if if_none_match:  # it outranks the date
        return any(tag.strip().removeprefix("W/") in ("*", etag) for tag in if_none_match.split(","))
    if if_modified_since:
        with contextlib.suppress(ValueError, TypeError):
            return changed.replace(microsecond=0) <= parsedate_to_datetime(if_modified_since)
    return False


class PressServer(ThreadingHTTPServer):
    """The demo press on a socket; `base` is the beginning of every address it prints."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], press: Press, data: Path) -> None:
        self.press = press
        self.data = data
        super().__init__(address, PressHandler)
        host, port = self.server_address[:2]
        self.base = f"http://{host!s}:{port}"


class PressHandler(BaseHTTPRequestHandler):
    server: PressServer
    server_version = "DemoPress"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds: a reader that keeps the line open and silent is let go

    def do_GET(self) -> None:
        server = self.server
        told = answer(
            server.press,
            urlsplit(self.path).path,
            base=server.base,
            moment=demo_moment(server.data),  # read afresh: resetting the demo moves it while the press runs
            now=datetime.now(UTC),
            if_none_match=self.headers.get("If-None-Match", ""),
            if_modified_since=self.headers.get("If-Modified-Since", ""),
        )
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        if told.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    do_HEAD = do_GET  # noqa: N815 the name the standard library calls

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the importer's own run tells what was read."""


def press_address(text: str) -> tuple[str, int]:
    """Host and port of «host:port». Raises ValueError, naming the setting, where it is neither."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"MITHAQ_PRESS is «{text}»; it takes host:port, such as 127.0.0.1:8765.")
    return host.strip("[]"), int(port)
