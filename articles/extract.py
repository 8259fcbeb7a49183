"""HTML → what an outlet said: title, text, date, language, canonical address. Pure: no network, clock or database.

trafilatura finds the article in the page; what it leaves of the page's own furniture is dropped here, and every text
is made safe once: plain, no markup, no control characters, no marks that turn the reading direction around.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

import lxml.etree
import lxml.html
import trafilatura
from django.utils.translation import gettext_lazy as _

from articles import fragments
from articles.fetch import SourceError
from plans.language.detection import detect

LONGEST_TITLE: Final = 500
LONGEST_TEXT: Final = 500_000  # characters; a longer page is no press article
MOST_ELEMENTS: Final = 20_000  # of a page; extraction takes time by their square, and a press article has hundreds


@dataclass(frozen=True)
class Extracted:
    """An article as its page tells it; empty where the page has nothing."""

    title: str
    text: str  # paragraphs parted by a blank line
    published: str = ""  # ISO 8601 or RFC 822 as the page writes it; `feeds.read_date` judges it
    language: str = ""
    canonical_url: str = ""
    author: str = ""


class NoArticle(SourceError):
    code = "no_article"
    words = _("The page holds no article that can be read; the feed's text is kept.")


# ------------------------------------------------------------------ plain text

# control characters but tab and newline; soft hyphen; zero-width and invisible marks but those Arabic script and
# Persian need (ZWNJ, ZWJ); embeddings, overrides and isolates, which can turn a sentence around; lone surrogates
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLOCK_TAGS: Final = (
    "address article aside blockquote body br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "html li main nav ol p pre section table td th tr ul"
)
_SILENT_TAGS: Final = "script style noscript template iframe object embed svg math head textarea select"
_BLOCKS: Final = frozenset(_BLOCK_TAGS.split())
_SILENT: Final = frozenset(_SILENT_TAGS.split())
_MARKUP: Final = re.compile(r"<[a-zA-Z/!?]|&[a-zA-Z#]")


def clean(text: str) -> str:
    """Text made safe to store: sanitised, spaces collapsed, paragraphs parted by one blank line."""
    is_plain = text.replace("\n", "").isprintable()  # nothing unsafe, and of the spaces only the plain one
    if not is_plain:
        text = _UNSAFE.sub("", _BREAKS.sub("\n", text))
    lines = text.split("\n")
    if is_plain and "  " not in text:
        text = "\n".join([line.strip() for line in lines]).strip()
    else:
        text = "\n".join([" ".join(line.split()) for line in lines]).strip()
    return re.sub(r"\n{3,}", "\n\n", text) if "\n\n\n" in text else text


def one_line(markup: str, longest: int = LONGEST_TITLE) -> str:
    """A title: plain, on one line, cut at a word where it is too long."""
    line = plain_text(markup)
    if "\n" in line:
        line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1].rsplit(" ", 1)[0] + "…"


def plain_text(markup: str) -> str:
    """The text of an HTML fragment (or of plain text, which is returned as it is but clean), one paragraph a block."""
    if ("<" not in markup and "&" not in markup) or not _MARKUP.search(markup):
        return clean(markup)[:LONGEST_TEXT]
    if not markup.isprintable():
        markup = _UNSAFE.sub("", _BREAKS.sub("\n", markup))
    simple = fragments.simple(markup)
    if simple is not None:
        return clean(simple)[:LONGEST_TEXT]
    return _parsed(markup)


def _parsed(markup: str) -> str:
    """The text of an HTML fragment, as a parser reads it."""
    try:
        root = lxml.html.fragment_fromstring(markup, create_parent="div")
    except (lxml.etree.LxmlError, ValueError):
        return clean(re.sub(r"<[^<>]*>", " ", markup))[:LONGEST_TEXT]
    pieces: list[str] = []
    _collect(root, pieces)
    return clean("".join(pieces))[:LONGEST_TEXT]


def _collect(root: Any, pieces: list[str]) -> None:
    # a loop, not recursion: a hostile page may nest as deep as the parser lets it
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        element, leaving = waiting.pop()
        tag = element.tag if isinstance(element.tag, str) else None
        if leaving:
            if tag in _BLOCKS:
                pieces.append("\n\n")
            if element is not root and element.tail:
                pieces.append(" ".join(element.tail.split("\n")))
            continue
        waiting.append((element, True))
        if tag is None or tag in _SILENT:  # a comment, an instruction, or what is not read
            continue
        if tag in _BLOCKS:
            pieces.append("\n\n")
        if element.text:
            pieces.append(" ".join(element.text.split("\n")))
        waiting.extend((child, False) for child in reversed(element))


# ------------------------------------------------------------------ the page's furniture

# What content systems leave at the end of an article in our four languages: sharing, comments, feeds, counters.
_FURNITURE: Final = re.compile(
    r"""^(
        شاركها | شارك(\s+(هذا|هذه|على|عبر|المقال|الخبر|الصفحة)\b.{0,40})? | مشاركة(\s+(المقال|الخبر))? | انشر(ها)?
      | (اترك|أضف|اكتب|إضافة)\s+(تعليق\w*|رد\w*)(\s+.{0,40})? | (لا\s+توجد\s+)?تعليقات | التعليقات(\s+مغلقة)?
      | إلغاء\s+الرد | طباعة | نسخ\s+الرابط | تم\s+نسخ\s+الرابط | اقرأ\s+(أيضا|أيضاً|ايضا|المزيد)
      | تابعنا(\s+على\b.{0,40})? | (الوسوم|وسوم|كلمات\s+مفتاحية)\s*:?
      | exit\s+mobile\s+version | share(\s+(this|on|via|it)\b.{0,40})?
      | (leave|post|add)\s+a\s+(comment|reply)(\s+.{0,40})? | cancel\s+reply | print(\s+this\s+(page|article))?
      | copy\s+link | link\s+copied | read\s+more | related\s+(articles|news|posts)
      | (tweet|facebook|twitter|x|telegram|whatsapp|email|linkedin|pinterest)
      | follow\s+us(\s+on\b.{0,40})? | subscribe(\s+.{0,40})? | advertisement
      | paylaş(ın)? | şərh(lər)?(\s+(yaz|bildir|əlavə\s+et)\w*)? | çap(\s+et)? | linki\s+kopyala | həmçinin\s+oxu(yun)?
      | поделиться(\s+.{0,40})? | (оставить|добавить)\s+комментарий | комментарии | распечатать | читайте\s+также
    )[\s.:…!»-]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_VOWELS: Final = re.compile("[\u064b-\u0652\u0640]")
_GLUED_WORDS: Final = ("mobile version", "شاركها", "اترك")
_GLUED: Final = re.compile(r"\s*(exit mobile version|شاركها\.?|اترك تعليقا?ً?ا?)\s*$", re.IGNORECASE)


def without_furniture(text: str) -> str:
    """Drop sharing buttons, comment forms and the like from the end of a text, and only from there.

    A phrase in the middle of a sentence, or a paragraph of its own before the end, is the outlet's and stays.
    """
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _FURNITURE.match(_VOWELS.sub("", lines[-1]).strip())):
        lines.pop()
    end = lines[-1][-60:].lower()
    if len(lines[-1]) > 60 and any(words in end for words in _GLUED_WORDS):  # seldom, and the pattern is slow
        lines[-1] = _GLUED.sub("", lines[-1])
    return "\n".join(lines)


# ------------------------------------------------------------------ the article in the page


def extract(page: str, url: str) -> Extracted:
    """The article in an HTML page that came from `url`. Raises NoArticle where there is none.

    Runs C code on hostile input: the caller counts the attempt before it calls, and the page is at most as large as
    `fetch.Limits` allows.
    """
    try:
        tree = lxml.html.document_fromstring(_UNSAFE.sub("", _BREAKS.sub("\n", page)).encode(), parser=_parser())
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        raise NoArticle from None
    if sum(1 for _element in tree.iter()) > MOST_ELEMENTS:
        raise NoArticle
    told = _what_the_page_tells(tree)
    heads = [one_line(head.text_content()) for head in tree.iter("title", "h1")]
    try:
        found: Any = trafilatura.bare_extraction(
            tree,
            url=url,
            favor_precision=True,
            include_comments=False,
            include_tables=True,
            with_metadata=True,
            # a date that only a search through the whole page finds is often the footer's
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception:
        found = None
    text = without_furniture(clean(getattr(found, "text", "") or ""))[:LONGEST_TEXT]
    if not text:
        raise NoArticle
    guess = one_line(getattr(found, "title", "") or "")  # maybe from some heading beside the article
    title = told["title"] or (guess if any(guess in head for head in heads) else "")
    return Extracted(
        title=title,
        text="\n\n".join(part for part in re.split(r"\n+", text) if part != title),
        published=told.get("published") or getattr(found, "date", None) or "",
        language=detect(text, default=told["language"]),
        canonical_url=_own_canonical(told.get("canonical", ""), url),
        author=one_line(getattr(found, "author", "") or "", 200),
    )


def extract_plain(page: str) -> Extracted:
    """The article in a page of plain text. Raises NoArticle where there is none."""
    text = without_furniture(clean(page))[:LONGEST_TEXT]
    if not text:
        raise NoArticle
    return Extracted(title="", text=re.sub(r"\n+", "\n\n", text), language=detect(text, default=""))


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_pis=True)


def _what_the_page_tells(tree: Any) -> dict[str, str]:
    """Title, date, language and canonical address from what the page says of itself, the surest first."""
    told: dict[str, str] = {"language": str(tree.get("lang") or "").split("-")[0].lower()[:3]}
    properties: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        if name and meta.get("content"):
            properties.setdefault(name.lower(), meta.get("content"))
    linked = next(linked_data(tree), {})
    headings = [one_line(heading.text_content()) for heading in tree.iter("h1")]
    titles = (
        str(linked.get("headline") or ""),
        properties.get("og:title", ""),
        headings[0] if len(headings) == 1 else "",
    )
    told["title"] = next((line for title in titles if (line := one_line(title))), "")
    times = [time.get("datetime") for time in tree.iter("time") if time.get("datetime")]
    dates = (
        str(linked.get("datePublished") or ""),
        *(
            properties.get(name, "")
            for name in ("article:published_time", "datepublished", "date", "dc.date", "dcterms.created", "pubdate")
        ),
        times[0] if times else "",
    )
    told["published"] = next((date.strip() for date in dates if date.strip()), "")
    for link in tree.iter("link"):
        if "canonical" in str(link.get("rel") or "").lower().split():
            told["canonical"] = str(link.get("href") or "")
            break
    return told


def linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """The page's articles in schema.org terms (JSON-LD)."""
    for script in tree.iter("script"):
        if "ld+json" not in str(script.get("type") or ""):
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        waiting = [data]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                kinds = node.get("@type")
                if any(str(kind).endswith("Article") for kind in (kinds if isinstance(kinds, list) else [kinds])):
                    yield node
                waiting += [node["@graph"]] if isinstance(node.get("@graph"), list) else []


# ------------------------------------------------------------------ the address that names an article

_TRACKING: Final = re.compile(
    r"(utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|"
    r"_ga|_gl|_hsenc|_hsmi|mkt_tok|oly_enc_id|oly_anon_id|vero_id|wickedid|_openstat|spm|cmpid|ref_src|ref_url|"
    r"at_(medium|campaign|custom\w*)|ns_(campaign|mchannel|source|linkname|fee)|pk_\w+|mtm_\w+|sc_channel|xtor)",
    re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}
# an address to which nothing of what follows applies: no query, no port that may be left out, nothing encoded
_CANONICAL: Final = re.compile(
    r"https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*(?::(?!80/|443/)[1-5]?[1-9][0-9]{0,3})?"
    r"/[A-Za-z0-9/:@!$&'()*+,;=~._-]*"
)


@lru_cache(maxsize=4096)  # an import asks for each of a feed several times
def canonical_url(url: str) -> str:
    """The address without what does not name the article: tracking parameters, fragment, default port, capitals.

    Parameters that stay keep their order; the address still leads where it led. "" for what is no web address.
    """
    if _CANONICAL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        return ""
    try:
        host = host.encode("idna").decode("ascii").lower() if ":" not in host else f"[{host}]"
    except UnicodeError:
        return ""
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    # one spelling of percent-encoding: what need not be encoded is not, the rest in capital hex
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    if "%2f" in parts.path.lower() or "%25" in parts.path:
        path = quote(parts.path, safe="%/:@!$&'()*+,;=~-._")
    query = parts.query
    if query:
        kept = [
            (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
        ]
        is_changed = len(kept) < query.count("&") + 1
        query = urlencode(kept) if is_changed else quote(query, safe="%/:@!$&'()*+,;=~-._?[]|")
    return urlunsplit((scheme, netloc, path or "/", query, ""))


@lru_cache(maxsize=4096)
def url_key(url: str) -> str:
    """What two addresses of one article share: the canonical address without scheme and closing slash, or "".

    Outlets move from http to https and add or drop the slash without the article becoming another one.
    """
    path, mark, query = canonical_url(url).partition("://")[2].partition("?")
    return path.rstrip("/") + mark + query


def _own_canonical(link: str, url: str) -> str:
    """The page's canonical address where it lies on the page's own host: a page cannot speak for another outlet."""
    try:
        address = canonical_url(urljoin(url, link.strip())) if link.strip() else ""
    except ValueError:
        return ""

    def host(address: str) -> str:
        return (urlsplit(address).hostname or "").removeprefix("www.")

    return address if address and host(address) == host(url) else ""
