"""Bytes of a feed → its entries: RSS 0.9x, 1.0, 2.0 and Atom. Pure: no network, clock or database.

The bytes are decoded by our own rule and stripped of what breaks parsers; a plain feed is read by `plainfeeds`, any
other by feedparser; then every field is made plain text, an http(s) address or a date with a zone. What was odd is told
in `warnings`.
"""

import codecs
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from articles import plainfeeds
from articles.extract import one_line, plain_text, without_furniture
from articles.fetch import SourceError
from articles.plainfeeds import Item, Told
from plans.language import fold

LONGEST_ID: Final = 1_000_000  # characters that are looked at
MOST_ENTRIES: Final = 500  # a run; what is beyond is told as a warning

ACCEPT: Final = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"

# Warnings are stored as they stand here; a page shows them in the reader's language.
UNREADABLE_DATE: Final = gettext_noop("A date cannot be read and is left out.")
IMPOSSIBLE_DATE: Final = gettext_noop("A date lies in the future or before 1971 and is left out.")
ZONELESS_DATE: Final = gettext_noop("A date names no zone that is certain and is read as UTC.")
UNREADABLE_ENTRY: Final = gettext_noop("An entry cannot be read and is left out.")
TOO_MANY: Final = gettext_noop("The feed holds more than 500 entries; the first 500 are read.")
UNREADABLE_CHARACTERS: Final = gettext_noop("Some characters cannot be read: their encoding is unknown.")
GUESSED_ENCODING: Final = gettext_noop("The encoding is not declared, or wrongly; it was told from the words.")
BARE_ENTRY: Final = gettext_noop("An entry has neither address nor title nor text and is left out.")


@dataclass(frozen=True)
class Entry:
    """One item of a feed: plain text throughout; empty where the feed has nothing. `id` is the feed's own."""

    id: str = ""
    url: str = ""  # absolute, http or https
    title: str = ""
    published: datetime | None = None  # with its zone
    updated: datetime | None = None
    language: str = ""
    text: str = ""  # the longest text the feed itself carries, paragraphs parted by a blank line
    author: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all the outlet may edit: the same digest means there is nothing to do."""
        parts = (self.title, self.url, self.text, *(str(date or "") for date in (self.published, self.updated)))
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Feed:
    title: str
    homepage: str
    language: str
    entries: list[Entry]
    warnings: list[str] = field(default_factory=list)


class FeedError(SourceError):
    """What was fetched is no feed that can be read."""


class NotAFeed(FeedError):
    code = "not_a_feed"
    words = _("This is a web page, not a feed. Look for the address of the outlet's RSS or Atom feed.")


class NotXml(FeedError):
    code = "not_xml"
    words = _("What the address answers is not XML, so it is not a feed. Check the address.")


class Broken(FeedError):
    code = "broken"
    words = _("The feed is damaged: not one entry can be read.")


class Empty(FeedError):
    code = "empty"
    words = _("The feed is empty: it holds no entries.")


class Unsafe(FeedError):
    code = "unsafe_xml"
    words = _("The feed defines XML entities of its own, which can be an attack, and is not read.")


# ------------------------------------------------------------------ bytes to text

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
# all that XML 1.0 does not allow (2.2), lone surrogates included
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")


def decode(body: bytes, content_type: str = "") -> tuple[str, list[str]]:
    """Bytes to text. Returns the text and warnings.

    The order: byte order mark, valid UTF-8, the charset of the HTTP header, the declaration in the document, what the
    words themselves look like. Valid UTF-8 beats every declaration: no other encoding of our languages yields it by
    chance, wrong declarations abound. So do the words, where a declaration makes none of them a word.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace"), []
    try:
        return body.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    declared = [match[1] for match in [_CHARSET.search(content_type)] if match]
    declared += [
        match[1].decode("ascii") for pattern in (_XML_ENCODING, _META_CHARSET) if (match := pattern.search(body[:4096]))
    ]
    nearly = body.decode("utf-8", errors="replace")
    if nearly.count("\ufffd") * 20 < sum(char > "\x7f" for char in nearly):  # UTF-8 with a character cut in two
        return nearly, [UNREADABLE_CHARACTERS]
    guess = _guess_encoding(body)
    for encoding in declared:
        try:
            if codecs.lookup(encoding).name == "utf-8":
                continue
            text = body.decode(encoding)
        except (LookupError, UnicodeError):  # unknown, or not what the bytes are
            continue
        if guess is None or _of_words(text) >= 0.5:
            return text, []
        break
    if guess is not None:
        return body.decode(guess, errors="replace"), [GUESSED_ENCODING]
    return nearly, [UNREADABLE_CHARACTERS]


# words as our languages write them, in the letters that the encodings of a single byte hold
_WORDS: Final = {
    "cp1256": re.compile("[\u0621-\u063a\u0640-\u0652]+"),
    "cp1251": re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+"),
    "cp1254": re.compile("[A-ZÇĞİÖŞÜ]?[a-zçğıöşüâîû]+|[A-ZÇĞİÖŞÜ]+"),
}
_RUN: Final = re.compile(r"[^\W\d_]{2,}")
_TAG: Final = re.compile(r"<[^<>]*>")  # each character is looked at once


def _of_words(text: str, *encodings: str) -> float:
    """Which part of the runs of letters beyond ASCII are words of one script, in capitals where capitals may stand."""
    runs = [run for run in _RUN.findall(_TAG.sub(" ", text)[:100_000]) if not run.isascii()]
    kinds = encodings or tuple(_WORDS)
    if not runs:
        return 0.0
    return max(sum(bool(_WORDS[kind].fullmatch(run)) for run in runs) for kind in kinds) / len(runs)


def _guess_encoding(body: bytes) -> str | None:
    """The encoding of our languages in which these bytes are words, or None where they are none in any."""
    scores = {kind: _of_words(body.decode(kind, errors="replace"), kind) for kind in _WORDS}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] >= 0.8 else None


# ------------------------------------------------------------------ dates

_MILITARY: Final = {"z": 0, "ut": 0, "utc": 0, "gmt": 0}
_US: Final = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONES: Final = {
    **_MILITARY,
    **_US,
    "msk": 3,
    "мск": 3,
}  # RFC 822, 5.1, and Moscow. «AST» is +3 in the Gulf and -4 in Canada
_ISO: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE
)
_USUAL_MONTHS: Final = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_USUAL: Final = re.compile(  # RFC 822 with the year in full, as nearly every feed writes it
    rf"[A-Za-z]{{3}}, (\d\d) ({'|'.join(_USUAL_MONTHS)}) (\d{{4}}) ((?:[01]\d|2[0-3]):\d\d:\d\d) "
    r"(?:((?!-0000)[+-]\d\d[0-5]\d)|GMT|UTC|Z)",
    re.ASCII,
)
_ZONE_NAME: Final = re.compile(r"\b([A-Za-z]{1,5})\)?\s*$")
_OFFSET: Final = re.compile(r"(?<=[\d\s])([+-])(\d{2}):?(\d{2})\s*$")

# Months and what stands about a date, as outlets write them in our languages. Folded: «أبريل» meets «ابريل».
_MONTHS_SPELT: Final = (
    "january jan yanvar января январь янв يناير جانفي كانون_الثاني",
    "february feb fevral февраля февраль фев февр فبراير فيفري شباط",
    "march mar mart марта март мар مارس آذار",
    "april apr aprel апреля апрель апр أبريل إبريل أفريل نيسان",
    "may мая май مايو ماي أيار",
    "june jun iyun июня июнь июн يونيو يونيه جوان حزيران",
    "july jul iyul июля июль июл يوليو يوليه يوليوز جويلية تموز",
    "august aug avqust августа август авг أغسطس غشت أوت آب",
    "september sep sept sentyabr сентября сентябрь сен сент سبتمبر شتنبر أيلول",
    "october oct oktyabr октября октябрь окт أكتوبر تشرين_الأول",
    "november nov noyabr ноября ноябрь ноя нояб نوفمبر نونبر تشرين_الثاني",
    "december dec dekabr декабря декабрь дек ديسمبر دجنبر كانون_الأول",
)
_MONTHS: Final = {
    fold(word.replace("_", " ")): number for number, spelt in enumerate(_MONTHS_SPELT, 1) for word in spelt.split()
}
_WORDS_ABOUT_A_DATE: Final = (
    "monday mon tuesday tue wednesday wed thursday thu friday fri saturday sat sunday sun at of on th st nd rd "
    "bazar ertəsi çərşənbə axşamı cümə şənbə günü il saat ci cı cü cu "
    "понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс года год г в "
    "الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت يوم الموافق ميلادي الساعة في سنة عام"
)
_ABOUT_A_DATE: Final = frozenset(fold(word) for word in _WORDS_ABOUT_A_DATE.split())
_HALVES: Final = {"am": 0, "ص": 0, "صباحا": 0, "صباح": 0, "pm": 12, "م": 12, "مساء": 12}
_PARTS_OF_A_DATE: Final = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}\.\d{1,2}\.\d{4}|\d{4}/\d{1,2}/\d{1,2}|\d+|[^\W\d_]+"
)
LONGEST_DATE: Final = 200  # characters; reading a longer one takes time by their square
_EARLIEST: Final = datetime(1971, 1, 2, tzinfo=UTC)


def read_date(value: str, now: datetime) -> tuple[datetime | None, str]:
    """A date as feeds write it (RFC 822, ISO 8601, or a day with its month in words) and a warning or "".

    Strict: what cannot be read, lies over a day ahead of `now` or before 1971 is None, never a guess. A zone that is
    missing or means several things is read as UTC, with a warning.
    """
    if not value:
        return None, ""
    try:
        if usual := _USUAL.fullmatch(value):
            day, month, year, clock, zone = usual.groups("Z")
            return _bounded_date(datetime.fromisoformat(f"{year}-{_USUAL_MONTHS[month]}-{day}T{clock}{zone}"), now)
        value = " ".join(value.split())
        if not value:
            return None, ""
        if len(value) > LONGEST_DATE:
            return None, UNREADABLE_DATE
        if iso := _ISO.fullmatch(value):
            day, clock, zone = iso.groups()
            date = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or '').upper()}")
        else:
            fields = parsedate_tz(value) if value.isascii() else None
            if fields is None or fields[0] < 1000:
                return _bounded_date(_in_words(value), now)
            offset = fields[9]
            name = _ZONE_NAME.search(value)
            if name and not re.search(r"[+-]\d{4}", value):
                hours = _ZONES.get(name[1].lower())
                offset = None if hours is None else hours * 3600
            date = datetime(*fields[:6], tzinfo=None if offset is None else timezone(timedelta(seconds=offset)))
        return _bounded_date(date, now)
    except (ValueError, OverflowError, TypeError):
        return None, UNREADABLE_DATE


def _bounded_date(date: datetime, now: datetime) -> tuple[datetime | None, str]:
    zoneless = ""
    if date.tzinfo is None:
        zoneless = ZONELESS_DATE
        date = date.replace(tzinfo=UTC)
    if date < _EARLIEST or date > now + timedelta(days=1):
        return None, IMPOSSIBLE_DATE
    return date, zoneless


def _in_words(value: str) -> datetime:
    """A date like «الثلاثاء ٢٤ تشرين الثاني ٢٠٢٦», «24 noyabr 2026, 18:30», «24 ноября 2026 г.» or «24.11.2026».

    Raises ValueError where a word means nothing here, or day, month or year is missing: no part is guessed.
    """
    folded = fold(value)
    zone: timezone | None = None
    if (offset := _OFFSET.search(folded)) and ":" in folded[: offset.start()]:
        sign, hours, minutes = offset.groups()
        zone = timezone(timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1))
        folded = folded[: offset.start()]
    parts = _PARTS_OF_A_DATE.findall(folded)
    found: dict[str, int] = {}
    clock: list[int] = []

    def note(name: str, number: int) -> None:
        if name in found:
            raise ValueError(value)
        found[name] = number

    at = 0
    while at < len(parts):
        part, pair = parts[at], " ".join(parts[at : at + 2])
        at += 1
        if ":" in part:
            note("clock", 0)
            clock = [int(number) for number in part.split(":")]
        elif "." in part or "/" in part:
            numbers = part.split(".") if "." in part else part.split("/")[::-1]
            for name, number in zip(("day", "month", "year"), numbers, strict=True):
                note(name, int(number))
        elif part.isdigit():
            note("year" if len(part) == 4 else "day", int(part))
        elif pair in _MONTHS:
            note("month", _MONTHS[pair])
            at += 1
        elif part in _MONTHS:
            note("month", _MONTHS[part])
        elif part in _HALVES and clock and ":" in parts[at - 2] and clock[0] <= 12:
            clock[0] = clock[0] % 12 + _HALVES[part]
        elif part in _ZONES and clock:
            zone = timezone(timedelta(hours=_ZONES[part]))
        elif part not in _ABOUT_A_DATE and part not in _HALVES:
            raise ValueError(value)
    if not {"day", "month", "year"} <= found.keys():
        raise ValueError(value)
    hour, minute, second = [*clock, 0, 0, 0][:3]
    return datetime(found["year"], found["month"], found["day"], hour, minute, second, tzinfo=zone)


# ------------------------------------------------------------------ the feed

_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(rss|feed|rdf)\b", re.IGNORECASE)
_HTML: Final = re.compile(r"<!doctype\s+html|<html\b|<head\b|<body\b", re.IGNORECASE)
_ENTITY: Final = re.compile("<![eE][nN][tT][iI][tT][yY]")
_SET_APART: Final = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)


def xml_text(body: bytes, content_type: str = "") -> tuple[str, list[str]]:
    """A document decoded, without what XML forbids, declared as UTF-8. Returns it and warnings.

    Raises Unsafe where it defines entities: they are how a small document becomes a huge one, or reads a file.
    """
    text, warnings = decode(body, content_type)
    text = _NOT_XML.sub("", text)
    if "<!" in text and _ENTITY.search(text) and _ENTITY.search(_SET_APART.sub("", text)):
        raise Unsafe
    return '<?xml version="1.0" encoding="utf-8"?>' + _XML_DECLARATION.sub("", text.lstrip(), count=1), warnings


def parse(body: bytes, content_type: str = "", *, url: str = "", now: datetime) -> Feed:
    """The feed in these bytes; relative links are resolved against `url`. Raises a FeedError in plain words."""
    if not body.strip():
        raise Empty
    text, warnings = xml_text(body, content_type)
    root, page = _ROOT.search(text), _HTML.search(text[:4096])
    if page and (root is None or page.start() < root.start()):
        raise NotAFeed
    if root is None:
        raise NotXml
    text = _within_bounds(text, root)
    told = plainfeeds.told(text, MOST_ENTRIES + 1)
    if told is None:
        told, is_damaged = _salvaged(text)
        if is_damaged:
            warnings.append(gettext_noop("The feed's XML is damaged; what could be read was read."))
    if not told.items:
        raise Empty

    language = language_code(told.language)
    entries: list[Entry] = []
    for item in told.items[:MOST_ENTRIES]:
        try:
            entry, odd = _entry(item, url, language, now)
        except Exception:
            warnings.append(UNREADABLE_ENTRY)
            continue
        if not (entry.url or entry.title or entry.text):
            warnings.append(BARE_ENTRY)
            continue
        entries.append(entry)
        warnings += odd
    if len(told.items) > MOST_ENTRIES:
        warnings.append(TOO_MANY)
    if not entries:
        raise Broken
    return Feed(
        title=one_line(told.title),
        homepage=web_address(told.link, url),
        language=language,
        entries=entries,
        warnings=list(dict.fromkeys(warnings)),
    )


def _salvaged(text: str) -> tuple[Told, bool]:
    """What feedparser makes of a feed, and whether it found it damaged. Raises a FeedError where it is none."""
    try:
        parsed: Any = feedparser.parse(
            # never a string: feedparser takes a string for an address or a file's name
            io.BytesIO(text.encode()),
            sanitize_html=False,  # everything becomes plain text below
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except Exception as error:  # it promises none and has let some through
        raise Broken from error
    is_damaged = bool(parsed.get("bozo"))
    if not parsed.entries:
        if parsed.get("version"):
            raise Broken if is_damaged else Empty
        raise NotXml if is_damaged else NotAFeed
    channel = parsed.feed
    items = [
        Item(
            id=str(item.get("id") or ""),
            link=str(item.get("link") or ""),
            title=str(item.get("title") or ""),
            # feedparser answers «updated» with «published» where a feed has only that; the raw keys do not
            published=str(dict.get(item, "published") or ""),
            updated=str(dict.get(item, "updated") or ""),
            author=str(item.get("author") or ""),
            texts=[
                *(str(content.get("value") or "") for content in item.get("content") or []),
                str(item.get("summary") or ""),
            ],
            language=(item.get("title_detail") or {}).get("language") or "",
        )
        for item in parsed.entries[: MOST_ENTRIES + 1]
    ]
    told = Told(channel.get("title") or "", channel.get("link") or "", channel.get("language") or "", items)
    return told, is_damaged


DEEPEST: Final = 2_000  # elements within one another, unclosed ones included; feedparser's time grows by the square
_OPENS_ENTRY: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_OPENS_OR_CLOSES: Final = re.compile(r"<[A-Za-z]|</|/>")


def _within_bounds(text: str, root: re.Match[str]) -> str:
    """The text of a feed, cut behind the last entry that is read: what follows would cost time and memory for nothing.

    Raises Broken where elements stand in one another without end.
    """
    if text.count("<") <= MOST_ENTRIES:
        return text
    surplus = next(islice(_OPENS_ENTRY.finditer(text), MOST_ENTRIES + 1, None), None)  # one more tells of too many
    if surplus is not None:
        text = text[: surplus.start()] + ("</channel>" if root[1].lower() == "rss" else "") + f"</{root[0][1:]}>"
    if text.count("<") > DEEPEST:
        depth = 0
        for mark in _OPENS_OR_CLOSES.finditer(_SET_APART.sub("", text)):
            depth = depth + 1 if mark[0][1:].isalpha() else max(depth - 1, 0)
            if depth > DEEPEST:
                raise Broken
    return text


def _entry(item: Item, base: str, language: str, now: datetime) -> tuple[Entry, list[str]]:
    published, odd = read_date(item.published, now)
    updated, odd_too = read_date(item.updated, now)
    guid = one_line(item.id, LONGEST_ID)
    link = web_address(item.link or "", base)
    if link.startswith(base) and urldefrag(link).url == base:  # an empty link leads to the feed itself
        link = ""
    if not link and guid.startswith(("http://", "https://")):
        link = web_address(guid, base)
    return (
        Entry(
            id=short_id(guid),
            url=link,
            title=one_line(item.title),
            published=published or updated,
            updated=updated,
            language=(language_code(item.language) if item.language else "") or language,
            text=without_furniture(max(map(plain_text, item.texts), key=len)),
            author=one_line(item.author)[:200] if item.author else "",
        ),
        [warning for warning in (odd, odd_too) if warning],
    )


def short_id(value: str) -> str:
    """An entry's id as it is stored: an index holds 2,700 bytes, and a longer id is as well named by its digest."""
    return (
        value
        if len(value) <= 500 or len(value.encode()) <= 2000
        else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    )


_IN_PATHS: Final = r"[\w~!$&'()*+,:@=%-]"  # and the dot, which may mean «the folder above» where a name begins
_IN_QUERIES: Final = r"(?:\?[\w~!$&'()*+,:@=%./-]+)?"
_WHOLE_ADDRESS: Final = re.compile(rf"https?://[a-z0-9.-]+(?::[0-9]+)?/(?:{_IN_PATHS}|[./])*+{_IN_QUERIES}", re.ASCII)
_PATH: Final = re.compile(rf"(?:/{_IN_PATHS}(?:{_IN_PATHS}|\.)*+)+/?{_IN_QUERIES}", re.ASCII)


@lru_cache(maxsize=64)
def _site(base: str) -> str:
    """Scheme and host of a base, which a path of its site follows; "" where it is no plain web address."""
    parts = urlsplit(base) if re.match("https?://[a-z0-9]", base) else None
    return f"{parts.scheme}://{parts.netloc}" if parts and len(base) <= 1000 else ""


def web_address(value: str, base: str) -> str:
    """An absolute http(s) address, or "" for everything else (`javascript:`, `data:`, nonsense)."""
    if len(value) < 1000:
        if _WHOLE_ADDRESS.fullmatch(value):
            return value
        if _PATH.fullmatch(value) and (site := _site(base)):
            return site + value
    try:
        address = urljoin(base, value.strip()) if value.strip() else ""
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc or len(address) > 2000:
        return ""
    return re.sub("[\x00-\x1f\x7f\ud800-\udfff]", "", address)  # JSON may tell half a character


def language_code(value: str) -> str:
    """«ar-SA» → «ar»; "" for what is no language code (RFC 5646)."""
    code = value.strip().lower().replace("_", "-").split("-")[0]
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""
