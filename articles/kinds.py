"""Bytes of a source → its entries, whatever kind it is: feed, JSON Feed, news sitemap, listing page or single page.

No network, clock or database; web pages are looked at in the child process. Each kind ends in the same `Feed`, so the
importer has one way for all. A kind that nobody named is found from the bytes themselves; a content type is believed
last, servers send any.
"""

import gzip
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from articles import apart, feeds
from articles.extract import one_line, plain_text, without_furniture
from articles.feeds import MOST_ENTRIES, Broken, Empty, Entry, Feed, FeedError, NotAFeed, web_address
from articles.listings import FEWEST_LINKS, BadSelector, NothingListed
from articles.models import Source
from plans.language import fold

LONGEST: Final = 20 * 1024 * 1024  # bytes of a sitemap unpacked
PARTS: Final = 3  # sitemaps of an index that one run reads, the newest


Kind = Source.Kind


class NotAnOutline(FeedError):
    code = "not_an_outline"
    words = _("This is no OPML file, not a feed list that another program wrote.")


@dataclass(frozen=True)
class Found:
    """What an address holds: its kind and entries; `parts` are the sitemaps that an index names, still to be read."""

    kind: Kind
    feed: Feed
    parts: list[str] = field(default_factory=list)


def read(
    body: bytes, content_type: str = "", *, url: str, now: datetime, kind: str = Kind.AUTO, selector: str = ""
) -> Found:
    """The entries in these bytes. Raises a FeedError in plain words where there are none."""
    body = _unzipped(body)
    kind = kind_of(body, content_type, url) if kind == Kind.AUTO else Kind(kind)
    if kind == Kind.JSON:
        return Found(kind, _json_feed(body, content_type, url, now))
    if kind == Kind.SITEMAP:
        return _sitemap(body, content_type, url, now)
    if kind == Kind.LISTING:
        return Found(kind, _listing(body, content_type, url, selector))
    if kind == Kind.PAGE:
        return Found(kind, Feed(title="", homepage=url, language="", entries=[Entry(url=url)]))
    return Found(Kind.FEED, feeds.parse(body, content_type, url=url, now=now))


_START: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(urlset|sitemapindex|rss|feed|rdf)\b", re.IGNORECASE)

_PAGE: Final = re.compile(r"<!doctype\s+html|<html\b|<head\b|<body\b", re.IGNORECASE)


def kind_of(body: bytes, content_type: str, url: str) -> Kind:
    """What these bytes are. What is none of ours is called a feed, whose reader says what is wrong with it."""
    text, _warnings = feeds.decode(body, content_type)
    start = text[:8192].lstrip()
    if start.startswith("{"):
        return Kind.JSON
    root, page = _START.search(start), _PAGE.search(start)
    if root and (page is None or root.start() < page.start()):
        return Kind.SITEMAP if root[1].lower() in ("urlset", "sitemapindex") else Kind.FEED
    if page is None:
        return Kind.FEED
    return Kind.PAGE if apart.reader.survey(text, url).is_article else Kind.LISTING


def _unzipped(body: bytes) -> bytes:
    """The bytes of a gzip file, which sitemaps often are. Raises Broken for one that is damaged or a bomb."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            found = file.read(LONGEST + 1)
    except (OSError, EOFError) as error:
        raise Broken from error
    if len(found) > LONGEST:
        raise Broken
    return found


# ------------------------------------------------------------------ JSON Feed (jsonfeed.org, version 1.1)


def _json_feed(body: bytes, content_type: str, url: str, now: datetime) -> Feed:
    text, warnings = feeds.decode(body, content_type)
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken from error
    if not isinstance(told, dict) or "jsonfeed.org/version/" not in str(told.get("version")):
        raise NotAFeed
    items = told.get("items")
    if not isinstance(items, list) or not items:
        raise Empty
    language = feeds.language_code(_text(told, "language"))
    entries = []
    for item in items[:MOST_ENTRIES]:
        if not isinstance(item, dict):
            warnings.append(feeds.UNREADABLE_ENTRY)
            continue
        dates = []
        for name in ("date_published", "date_modified"):
            date, warning = feeds.read_date(_text(item, name), now)
            dates.append(date)
            warnings += [warning] if warning else []
        texts = [plain_text(_text(item, "content_html")), *(_text(item, name) for name in ("content_text", "summary"))]
        authors = item.get("authors") or [item.get("author")]
        entry = Entry(
            id=feeds.short_id(one_line(str(item.get("id") or ""), feeds.LONGEST_ID)),
            url=web_address(_text(item, "url"), url) or web_address(_text(item, "external_url"), url),
            title=one_line(_text(item, "title")),
            published=dates[0] or dates[1],
            updated=dates[1],
            language=feeds.language_code(_text(item, "language")) or language,
            text=without_furniture(plain_text(max(texts, key=len))),
            author=one_line(", ".join(_text(one, "name") for one in authors if isinstance(one, dict)), 200),
        )
        if entry.url or entry.title or entry.text:
            entries.append(entry)
        else:
            warnings.append(feeds.BARE_ENTRY)
    if not entries:
        raise Broken
    if len(items) > MOST_ENTRIES:
        warnings.append(feeds.TOO_MANY)
    return Feed(
        title=one_line(_text(told, "title")),
        homepage=web_address(_text(told, "home_page_url"), url),
        language=language,
        entries=entries,
        warnings=list(dict.fromkeys(warnings)),
    )


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


# ------------------------------------------------------------------ sitemaps (sitemaps.org 0.9, Google's news names)


def _sitemap(body: bytes, content_type: str, url: str, now: datetime) -> Found:
    text, warnings = feeds.xml_text(body, content_type)
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = lxml.etree.fromstring(text.encode(), parser)
    except lxml.etree.XMLSyntaxError as error:
        raise Broken from error
    if root is None:
        raise Broken
    places = [one for one in root if isinstance(one.tag, str)]
    if _name(root) == "sitemapindex":
        never = datetime.min.replace(tzinfo=UTC)
        # the newest first; where the index has no dates, its last ones
        dated = [(feeds.read_date(_inside(one, "lastmod"), now)[0] or never, n, one) for n, one in enumerate(places)]
        newest = [one for _date, _n, one in sorted(dated, key=lambda row: row[:2], reverse=True)]
        parts = [web_address(_inside(one, "loc"), url) for one in newest]
        parts = [part for part in parts if part][:PARTS]
        if not parts:
            raise Empty
        return Found(Kind.SITEMAP, Feed("", _front(url), "", []), parts)
    entries = []
    for one in places:
        # «lastmod» is when the page was changed; where it alone is told, the page itself may know better
        published, warning = feeds.read_date(_inside(one, "publication_date") or _inside(one, "lastmod"), now)
        address = web_address(_inside(one, "loc"), url)
        if not address:
            continue
        if warning:
            warnings.append(warning)
        entries.append(
            Entry(
                url=address,
                title=one_line(_inside(one, "title")),
                published=published,
                language=feeds.language_code(_inside(one, "language")),
            )
        )
    if not entries:
        raise Empty
    entries.sort(key=lambda entry: entry.published or datetime.min.replace(tzinfo=UTC), reverse=True)
    if len(entries) > MOST_ENTRIES:
        warnings.append(feeds.TOO_MANY)
    return Found(
        Kind.SITEMAP, Feed("", _front(url), "", entries[:MOST_ENTRIES], warnings=list(dict.fromkeys(warnings)))
    )


def _name(element: Any) -> str:
    return str(lxml.etree.QName(element).localname).lower()


def _inside(element: Any, name: str) -> str:
    """The text of the first element of this name below, in any namespace."""
    for one in element.iter():
        if isinstance(one.tag, str) and _name(one) == name and one is not element:
            return (one.text or "").strip()
    return ""


def _front(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


# ------------------------------------------------------------------ pages


def _listing(body: bytes, content_type: str, url: str, selector: str) -> Feed:
    text, warnings = feeds.decode(body, content_type)
    seen = apart.reader.survey(text, url, selector)
    if not seen.links or (not selector and len(seen.links) < FEWEST_LINKS):
        raise BadSelector if selector else NothingListed
    if len(seen.links) > MOST_ENTRIES:
        warnings.append(feeds.TOO_MANY)
    entries = [Entry(url=address, title=title) for address, title in seen.links[:MOST_ENTRIES]]
    return Feed(seen.title, url, feeds.language_code(seen.language), entries, warnings)


# ------------------------------------------------------------------ what a site offers

_FEED_TYPES: Final = {
    "application/rss+xml": Kind.FEED,
    "application/atom+xml": Kind.FEED,
    "application/rdf+xml": Kind.FEED,
    "application/feed+json": Kind.JSON,
}
USUAL_PLACES: Final = ("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/feed.json", "/news-sitemap.xml")


@dataclass(frozen=True)
class Offer:
    """A source that a site names: where it is, what the site calls it, and what kind it says it is."""

    url: str
    title: str
    kind: Kind

    @property
    def kind_name(self) -> str:
        return str(self.kind.label)


def offers(body: bytes, content_type: str, url: str) -> list[Offer]:
    """The feeds a page declares, in its order (HTML, link rel=alternate), each address once."""
    text, _warnings = feeds.decode(body, content_type)
    found: dict[str, Offer] = {}
    for address, title, kind in apart.reader.survey(text, url).offers:
        if kind in _FEED_TYPES:
            found.setdefault(address, Offer(address, title, _FEED_TYPES[kind]))
    return list(found.values())


# ------------------------------------------------------------------ OPML (opml.org, version 2.0)


_OURS: Final = "https://mithaq.example/opml"  # OPML 2.0, 6: what it does not name stands in a namespace
_COMMON: Final = {"homepage": "htmlUrl", "language": "language"}  # what other programs understand too


@dataclass(frozen=True)
class Outline:
    """A source as an outline names it; `told` is what a Mithaq says of it beside, by the names of its fields."""

    url: str
    title: str
    told: dict[str, str] = field(default_factory=dict)


def read_opml(body: bytes) -> list[Outline]:
    """The feeds of an outline, in its order, each address once. Raises a FeedError where it is none."""
    text, _warnings = feeds.xml_text(body)
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=False, huge_tree=False)
    try:
        root = lxml.etree.fromstring(text.encode(), parser)
    except (lxml.etree.XMLSyntaxError, ValueError) as error:
        raise Broken from error
    if _name(root) != "opml":
        raise NotAnOutline
    found: dict[str, Outline] = {}
    for outline in root.iter("outline"):
        address = web_address(outline.get("xmlUrl") or "", "")
        if not address:
            continue
        told = {name: outline.get(common) for name, common in _COMMON.items()}
        told |= {name.removeprefix(f"{{{_OURS}}}"): said for name, said in outline.attrib.items() if _OURS in name}
        title = one_line(outline.get("title") or outline.get("text") or "")
        found.setdefault(address, Outline(address, title, {name: said for name, said in told.items() if said}))
    if not found:
        raise Empty
    return list(found.values())


def write_opml(title: str, outlines: list[Outline]) -> bytes:
    """An outline of sources, which `read_opml` reads back whole."""
    root = lxml.etree.Element("opml", version="2.0", nsmap={"mithaq": _OURS})
    head = lxml.etree.SubElement(root, "head")
    lxml.etree.SubElement(head, "title").text = title
    body = lxml.etree.SubElement(root, "body")
    for one in outlines:
        attributes = {"type": "rss", "text": one.title, "title": one.title, "xmlUrl": one.url}
        attributes |= {_COMMON.get(name, f"{{{_OURS}}}{name}"): said for name, said in one.told.items() if said}
        lxml.etree.SubElement(body, "outline", attributes)
    return bytes(lxml.etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


# ------------------------------------------------------------------ what is left out


def wanted(entry: Entry, must: str, must_not: str) -> bool:
    """Whether an entry has one of the words it must have and none that it must not; each line is a word or phrase.

    Compared without case and diacritics, in the words the feed itself carries, from the beginning of a word on: «oil»
    is in «oils», not in «turmoil». Arabic alone joins «and» and «the» to a word's front, so there any place will do.
    """
    if not must and not must_not:
        return True
    said = fold(f"{entry.title} {entry.text}")

    def has(word: str) -> bool:
        return bool(re.search(("" if "\u0600" <= word[0] <= "\u06ff" else r"\b") + re.escape(word), said))

    needed, barred = ([word for line in lines.splitlines() if (word := fold(line))] for lines in (must, must_not))
    return (not needed or any(map(has, needed))) and not any(map(has, barred))


LEFT_OUT: Final = gettext_noop("Entries without the words asked for were left out.")
