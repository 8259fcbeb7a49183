"""What a web page lists: its articles and its feeds, and whether it is an article itself.

Pure, and on bare names alone, so that the child process can do it: what parses a hostile page may hang or eat all
memory inside a C library. `apart.reader.survey` asks it to.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urldefrag, urlsplit

import lxml.etree
import lxml.html
from django.utils.translation import gettext_lazy as _

from articles.extract import linked_data, one_line
from articles.feeds import MOST_ENTRIES, FeedError, web_address

FEWEST_LINKS: Final = 4  # to articles; with fewer a page is no list of them
SHORTEST_ARTICLE: Final = 200  # characters in paragraphs; with fewer a page without links is no article
MOST_ELEMENTS: Final = 50_000  # of a page; a front page has some thousands
MOST_OFFERS: Final = 100

Link = tuple[str, str]  # an address and its words


class NothingListed(FeedError):
    code = "nothing_listed"
    words = _("The web page holds no article and no list of articles. Give the address of a feed or of a page of news.")


class BadSelector(FeedError):
    code = "bad_selector"
    words = _("The selector is no CSS selector, or finds nothing on the page.")


@dataclass(frozen=True)
class Survey:
    """What was seen on a page."""

    is_article: bool
    title: str
    language: str  # as the page says it
    links: list[Link]  # to articles
    offers: list[tuple[str, str, str]]  # feeds: their address, title and media type


def survey(text: str, url: str, selector: str = "") -> Survey:
    """What a page from `url` holds; its links as `selector` names them, else such as look like articles.

    Raises NothingListed for what is no page, BadSelector for what is no selector.
    """
    tree = _tree(text)
    links = list(islice(_selected(tree, selector, url) if selector else _articles_linked(tree, url), MOST_ENTRIES + 1))
    return Survey(
        is_article=_is_article(tree, url),
        title=one_line(tree.findtext(".//title") or ""),
        language=tree.get("lang") or "",
        links=links,
        offers=list(islice(_offers(tree, url), MOST_OFFERS)),
    )


_ASIDE: Final = frozenset(("nav", "header", "footer", "aside", "form", "menu"))
_OFF_TOPIC: Final = re.compile(
    r"/(tag|tags|author|authors|category|categories|login|signin|register|search|about|contact|privacy|terms|rss|"
    r"subscribe|page/\d+)(/|$)|\.(jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|css|js)$",
    re.IGNORECASE,
)


def _tree(text: str) -> Any:
    if text.count("<") > 2 * MOST_ELEMENTS:
        raise NothingListed
    try:
        return lxml.html.document_fromstring(
            text.replace("\x00", "").encode(errors="replace"), lxml.html.HTMLParser(encoding="utf-8", no_network=True)
        )
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:  # no element at all
        raise NothingListed from error


def _is_article(tree: Any, url: str) -> bool:
    """Whether a page says that it is an article, or holds one and no list of others."""
    for meta in tree.iterfind(".//meta[@property='og:type']"):
        if (meta.get("content") or "").strip().lower() == "article":
            return True
    told = list(islice(linked_data(tree), 2))
    if len(told) == 1:  # more of them: a page of news that tells of each
        return True
    paragraphs = sum(len("".join(one.itertext())) for one in tree.iter("p") if not _is_aside(one))
    return paragraphs >= SHORTEST_ARTICLE and len(list(_articles_linked(tree, url))) < FEWEST_LINKS


def _links_lead_from(tree: Any, url: str) -> str:
    """Where the relative links of a page lead from: its own address, or what it names instead (HTML, base)."""
    base = next(tree.iter("base"), None)
    return (web_address(base.get("href") or "", url) if base is not None else "") or url


def _is_aside(element: Any) -> bool:
    return any(one.tag in _ASIDE for one in element.iterancestors())


def _articles_linked(tree: Any, base: str) -> Iterator[Link]:
    """Links of the page's own site that look as if they led to articles: each address once, with its longest words."""
    site = (urlsplit(base).hostname or "").removeprefix("www.")
    words: dict[str, str] = {}
    lead_from = _links_lead_from(tree, base)
    for link in tree.iter("a"):
        address = urldefrag(web_address(link.get("href") or "", lead_from)).url
        parts = urlsplit(address)
        if not address or (parts.hostname or "").removeprefix("www.") != site or _is_aside(link):
            continue
        if address == urldefrag(base).url or _OFF_TOPIC.search(parts.path):
            continue
        title = one_line(link.text_content())
        slug = parts.path.rstrip("/").rsplit("/", 1)[-1]
        looks = bool(re.search(r"\d{3,}", address)) or slug.count("-") >= 3 or slug.count("_") >= 3
        if address in words or len(title) >= 40 or (looks and title):
            words[address] = max(words.get(address, ""), title, key=len)
    for address, title in words.items():
        if len(title) >= 15:
            yield address, title


def _selected(tree: Any, selector: str, base: str) -> Iterator[Link]:
    try:
        elements = tree.cssselect(selector)
    except Exception as error:  # cssselect has several errors of its own for what is no selector
        raise BadSelector from error
    seen = set()
    lead_from = _links_lead_from(tree, base)
    for element in elements:
        link = element if element.tag == "a" else next(element.iter("a"), None)
        if link is None:
            continue
        address = urldefrag(web_address(link.get("href") or "", lead_from)).url
        if address and address not in seen:
            seen.add(address)
            yield address, one_line(link.text_content()) or one_line(element.text_content())


def _offers(tree: Any, url: str) -> Iterator[tuple[str, str, str]]:
    """The alternates a page declares (HTML, link rel=alternate), in its order."""
    lead_from = _links_lead_from(tree, url)
    for link in tree.iter("link"):
        address = web_address(link.get("href") or "", lead_from)
        if address and "alternate" in (link.get("rel") or "").lower().split():
            kind = (link.get("type") or "").split(";")[0].strip().lower()
            if kind.endswith(("+xml", "+json")):
                yield address, one_line(link.get("title") or ""), kind
