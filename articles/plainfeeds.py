"""Feeds as their formats say they are, read quickly: RSS 0.9x to 2.0, RSS 1.0 and Atom, well formed and plain.

feedparser understands whatever the web calls a feed and takes its time for it. Most feeds need none of that: a root we
know, leaves we know, no markup of another kind within them. Such a feed is read here with lxml, to the letter as
feedparser reads it (a test compares the two); for every other one `told` answers None, and feedparser has its turn.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import feedparser.html
import feedparser.mixin
import lxml.etree

# what feedparser calls a namespace, by its address in lower case; «» are the formats themselves
_SPACES: Final[dict[str, str]] = {
    address.lower(): name for address, name in feedparser.mixin._FeedParserMixin.namespaces.items()
}
_NAMES: Final = frozenset(_SPACES.values()) - {""}
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ABOUT: Final = f"{_RDF}about"
_RSS_1: Final = "{http://purl.org/rss/1.0/}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

# what changes nothing that we use, wherever it stands
_IDLE: Final = frozenset(
    [
        "category",
        "comments",
        "enclosure",
        "generator",
        "docs",
        "ttl",
        "copyright",
        "rights",
        "managingeditor",
        "webmaster",
        "cloud",
        "rating",
        "lastbuilddate",
        "pubdate",
        "updated",
        "subtitle",
        "logo",
        "icon",
        "skiphours",
        "skipdays",
        "hour",
        "day",
        "items",
        "dc_subject",
        "dc_publisher",
        "dc_rights",
        "dc_contributor",
        "dc_language",
        "media_thumbnail",
        "media_credit",
        "media_category",
    ]
)
_IMAGE: Final = frozenset(("title", "link", "description", "url", "width", "height"))
_PERSON: Final = frozenset(("name", "email", "uri", "url"))
_HTML: Final = ("text/html", "application/xhtml+xml")
_TYPES: Final = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}


@dataclass
class Item:
    """What a feed says of one article, in its own words; `texts` in the order of preference."""

    id: str = ""
    link: str = ""
    title: str = ""
    published: str = ""
    updated: str = ""
    author: str = ""
    texts: list[str] = field(default_factory=list)
    language: str = ""


@dataclass
class Told:
    """What a feed says, in its own words."""

    title: str = ""
    link: str = ""
    language: str = ""
    items: list[Item] = field(default_factory=list)


class _Odd(Exception):
    """There is more to this feed than is read here."""


def told(text: str, most: int) -> Told | None:
    """What a feed says, of its items the first `most`; None where it is not as plain as this."""
    if "<!DOCTYPE" in text or "<!doctype" in text:
        return None
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.etree.fromstring(text.encode(), parser)
        _check_spaces(root, text)
        return _read(root, most)
    except (lxml.etree.XMLSyntaxError, _Odd):
        return None


def _check_spaces(root: Any, text: str) -> None:
    """Raises _Odd where a prefix means another thing than its name says, or is declared further below."""
    if text.count("xmlns") != len(root.nsmap):
        raise _Odd
    for prefix, address in root.nsmap.items():
        name = _SPACES.get(address.lower())
        if (name is None and (not prefix or prefix.lower() in _NAMES)) or (prefix in _NAMES and prefix != name):
            raise _Odd
        if "userland" in address and name is None:
            raise _Odd


def _read(root: Any, most: int) -> Told:
    feed = Told()
    for name, value in root.attrib.items():
        if name == _LANGUAGE and root.tag != f"{_RDF}RDF":
            feed.language = value.replace("_", "-")
        elif name != "version" or root.tag != "rss":
            raise _Odd
    if root.tag == "rss":
        channel, *others = root
        if others or channel.tag != "channel" or channel.attrib:
            raise _Odd
        entries = _head(feed, channel, "item")
    elif root.tag == f"{_ATOM}feed":
        entries = _head(feed, root, "entry")
    elif root.tag == f"{_RDF}RDF":
        channel, *entries = root
        if channel.tag != f"{_RSS_1}channel" or set(channel.keys()) - {f"{_RDF}about"}:
            raise _Odd
        if _head(feed, channel, "item"):
            raise _Odd
        entries = [one for one in entries if one.tag != f"{_RSS_1}image"]
        if any(one.tag != f"{_RSS_1}item" for one in entries):
            raise _Odd
    else:
        raise _Odd
    lang = root.get(_LANGUAGE, "").replace("_", "-")
    feed.items = [_item(one, lang) for one in entries[:most]]
    return feed


def _head(feed: Told, channel: Any, kind: str) -> list[Any]:
    """Note what is said of the feed itself; returns its items."""
    items, titles, link = [], 0, None
    for one in channel:
        name = _name(one)
        if name == kind:
            items.append(one)
        elif name == "title":
            titles += 1
            feed.title = _content(one)
        elif name == "link":
            leads = _link(one)
            link = link if leads is None else leads
        elif name == "id":
            address = _words(one, is_address=True)
            link = address if link is None else link
        elif name in ("language", "dc_language"):
            feed.language = _words(one)
        elif name == "image":
            if one.attrib or any(_name(part) not in _IMAGE or len(part) for part in one):
                raise _Odd
        elif name in ("author", "contributor"):
            _author(one)
        elif name in ("items", "skiphours", "skipdays"):
            pass
        elif (name != "description" and not _is_idle(name)) or len(one):
            raise _Odd
    if titles > 1:
        raise _Odd
    feed.link = link or ""
    return items


def _item(element: Any, language: str) -> Item:
    item = Item()
    for name, value in element.items():
        if name != _ABOUT:
            raise _Odd
        item.id = value
    met: set[str] = set()
    link: str | None = None
    summary: str | None = None
    for one in element:
        name = _name(one)
        once = _ONCE.get(name)
        if once is not None:
            if once in met:
                raise _Odd
            met.add(once)
        if name == "title":
            item.title, item.language = _content(one), language
        elif name == "link":
            leads = _link(one, of_item=True)
            link = link if leads is None else leads
        elif name in ("guid", "id"):
            item.id, is_link = _guid(one)
            link = item.id if is_link and link is None else link
        elif name in ("description", "summary"):
            summary = _content(one)
        elif name in ("content", "content_encoded"):
            item.texts.append(_content(one))
        elif name in ("author", "dc_creator"):
            item.author = _author(one)
        elif name in ("pubdate", "published"):
            item.published = _words(one)
        elif name in ("updated", "dc_date"):
            item.updated = _words(one)
        elif len(one) or not _is_idle(name):
            raise _Odd
    item.link = link or ""
    item.texts.append(summary if summary is not None else item.texts[0] if item.texts else "")
    return item


# two of these would have to be weighed against each other
_ONCE: Final = {
    "title": "title",
    "guid": "id",
    "id": "id",
    "description": "summary",
    "summary": "summary",
}


def _guid(element: Any) -> tuple[str, bool]:
    """An item's own id, and whether it is an address too."""
    told = {name.lower(): value for name, value in element.items()}
    is_link = told.pop("ispermalink", "true") == "true"
    if told:
        raise _Odd
    return _words(element, is_address=is_link, may_have=tuple(element.keys())), is_link


# ------------------------------------------------------------------ an element


def _name(element: Any) -> str:
    """What feedparser would call an element: «content_encoded», «pubdate»."""
    tag = element.tag
    known = _TAGS.get(tag)
    if known is None:
        address, _mark, local = tag.removeprefix("{").rpartition("}")
        space = _SPACES.get(address.lower())
        if space is None:
            space = element.prefix or ""
        known = f"{space}_{local}".lower() if space else local.lower()
        if len(_TAGS) < 1000:
            _TAGS[tag] = known
    return known


_TAGS: Final[dict[str, str]] = {}


def _is_idle(name: str) -> bool:
    """Whether feedparser does nothing with an element that we use: what it has no method for it keeps apart."""
    if name in _IDLE:
        return True
    parser = feedparser.mixin._FeedParserMixin
    return not (hasattr(parser, f"_start_{name}") or hasattr(parser, f"_end_{name}"))


def _words(element: Any, *, is_address: bool = False, may_have: tuple[str, ...] = ()) -> str:
    """The text of a leaf. Raises _Odd where it is none, or has attributes."""
    told = element.keys()
    if len(element) or (told and set(told) - set(may_have)):
        raise _Odd
    words = (element.text or "").strip()
    return _mended(_address(words) if is_address else words)


def _content(element: Any) -> str:
    """The text of a leaf that may say of which kind it is."""
    kind = element.get("type")
    if kind is None:
        return _words(element)
    if _TYPES.get(kind.lower(), kind.lower()) not in ("", "text/plain", "text/html"):
        raise _Odd
    return _words(element, may_have=("type",))


def _link(element: Any, *, of_item: bool = False) -> str | None:
    """Where a link leads; None where it leads elsewhere than to the page itself."""
    if len(element):
        raise _Odd
    href = element.get("href")
    if href is None:
        words = _words(element, is_address=True)
        if of_item:
            words = words.replace("&amp;", "&")
        return _REFERENCE.sub(r"&\g<1>", words) if "&" in words else words
    if set(element.keys()) - {"href", "rel", "type", "title", "hreflang", "length"}:
        raise _Odd
    kind = element.get("type", "text/html" if element.get("rel", "").lower() != "self" else "").lower()
    is_page = element.get("rel", "alternate").lower() == "alternate" and _TYPES.get(kind, kind) in _HTML
    return _address(href) if is_page else None


def _author(element: Any) -> str:
    """A person's name, and address where that is told."""
    if not len(element):
        return _words(element)
    told: dict[str, str] = {}
    if element.attrib or (element.text or "").strip():
        raise _Odd
    for part in element:
        name = _name(part)
        if name not in _PERSON or name in told or len(part) or part.attrib or (part.tail or "").strip():
            raise _Odd
        told[name] = (part.text or "").strip()
    called, mail = told.get("name", ""), told.get("email", "")
    return f"{called} ({mail})" if called and mail else called or mail


_REFERENCE: Final = re.compile("&([A-Za-z0-9_]+);")
_LATIN_1: Final = re.compile("[\0-\xff]*")
_SLASHES: Final = re.compile("^([A-Za-z][A-Za-z0-9+-.]*://)(/*)")


def _address(value: str) -> str:
    return _SLASHES.sub(r"\1", value) if ":///" in value else value


def _mended(words: str) -> str:
    """UTF-8 that somebody took for Latin-1 and encoded again, and Windows' characters in the place of controls."""
    if words.isascii():
        return words
    if _LATIN_1.fullmatch(words):
        with suppress(UnicodeError):
            words = words.encode("iso-8859-1").decode("utf-8")
    return words if words.isprintable() else words.translate(feedparser.html._cp1252)
