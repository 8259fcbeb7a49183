"""Sources as people keep them: added by address or outline, looked at before anything is stored, taken along."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import urljoin

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import apart, feeds, fetch, kinds, listings
from articles.extract import extract_plain, one_line
from articles.feeds import Entry, Feed
from articles.fetch import SourceError
from articles.importer import import_source
from articles.looking import host_of, look, text_of
from articles.models import Article, FetchRun, Source
from articles.taking import identity_of
from plans.language import detect
from plans.models import Party


def add_source(url: str, name: str = "", **described: Any) -> Source:
    """The source at this address, made if it is new. Raises ValidationError for what is no address to read."""
    url = url.strip()
    known = Source.objects.filter(url=url).first()
    if known is not None:
        return known
    try:
        fetch.read_url(url)
    except SourceError as error:
        raise ValidationError({"url": str(error)}) from error
    source = Source(url=url, name=name.strip()[:200] or host_of(url), **{"kind": Source.Kind.AUTO, **described})
    stem = slugify(source.name)[:70] or slugify(host_of(url).replace(".", "-"))[:70] or "source"
    for number in range(1, 1000):
        source.slug = stem if number == 1 else f"{stem}-{number}"
        if Source.objects.filter(slug=source.slug).exists():
            continue
        source.full_clean()
        try:
            with transaction.atomic():
                source.save()
        except IntegrityError:  # somebody was quicker: with this address, or with this slug
            known = Source.objects.filter(url=url).first()
            if known is not None:
                return known
            continue
        return source
    raise ValidationError({"name": gettext("Too many sources have this name.")})


@dataclass(frozen=True)
class Preview:
    """What an import would find at an address; nothing of it is stored."""

    kind: str
    offers: list[kinds.Offer]  # feeds that the page names or that lie where feeds usually do
    title: str
    homepage: str
    language: str
    entries: list[Entry]  # the first five that would be read
    count: int  # of all that would be read
    left_out: int  # for the words they have or lack
    known: int  # of those that would be read, stored already
    warnings: list[str]

    @property
    def kind_name(self) -> str:
        return str(Source.Kind(self.kind).label)


def preview_source(source: Source) -> Preview:
    """Look at a source, stored or not, without storing anything. Raises a SourceError that says in plain words what is
    wrong."""
    response = fetch.fetch(source.url.strip(), accept=feeds.ACCEPT)
    found = look(response, kind=source.kind, selector=source.selector)
    feed = found.feed
    if found.kind in (Source.Kind.LISTING, Source.Kind.PAGE):
        fetch.Robots().check_page(response.url)
    if found.kind == Source.Kind.PAGE:
        page = text_of(response)
        feed = replace(feed, title=page.title, entries=[replace(feed.entries[0], title=page.title, text=page.text)])
    read = [entry for entry in feed.entries if kinds.wanted(entry, source.must_have, source.must_not_have)]
    known = Article.objects.filter(identity__in=[identity_of(entry, source.pk or 0) for entry in read]).count()
    sample = " ".join(f"{entry.title} {entry.text}" for entry in feed.entries[:5])
    return Preview(
        kind=found.kind,
        offers=_offers(response) if found.kind in (Source.Kind.LISTING, Source.Kind.PAGE) else [],
        title=feed.title,
        homepage=feed.homepage,
        language=feed.language or detect(sample, default=""),
        entries=read[:5],
        count=len(read),
        left_out=len(feed.entries) - len(read),
        known=known,
        warnings=feed.warnings,
    )


def offers_beside(source: Source) -> list[kinds.Offer]:
    """The feeds that the site of a source offers, where its address turned out to be a page; a choice for a person."""
    is_page = source.kind in (Source.Kind.LISTING, Source.Kind.PAGE)
    if not is_page and source.last_error_code != listings.NothingListed.code:
        return []
    try:
        return _offers(fetch.fetch(source.url, accept=feeds.ACCEPT))
    except SourceError:
        return []


def _offers(response: fetch.Response) -> list[kinds.Offer]:
    """The feeds a site offers: those its page declares, else those in the usual places."""
    declared = kinds.offers(response.body, response.content_type, response.url)
    if declared:
        return declared
    found = []
    for place in kinds.USUAL_PLACES:
        address = urljoin(response.url, place)
        try:
            answer = fetch.fetch(address, accept=feeds.ACCEPT)
            inside = kinds.read(answer.body, answer.content_type, url=answer.url, now=timezone.now())
        except SourceError:
            continue
        if inside.kind not in (Source.Kind.LISTING, Source.Kind.PAGE):
            found.append(kinds.Offer(address, inside.feed.title, inside.kind))
            break  # one is enough: a site's other places hold the same
    return found


# ------------------------------------------------------------------ what a person can do about an error

_ELSEWHERE: Final = _("Find the new address on the outlet's site, add it here and pause this one.")
_ASK: Final = _("Mithaq does not get round a refusal: ask the outlet to let it in, or for another address.")
_WAIT: Final = _("There is nothing to do for now. If it lasts for days, open the address in a browser.")
_LOOK: Final = _("Test the source: that shows what the address holds now. If it is no longer news, look for another.")
_TELL: Final = _("Tell the outlet: its own readers will have the same trouble.")
_ADVICE: Final = {
    **dict.fromkeys(("not_found", "gone", "name_unknown", "bad_address", "too_many_redirects"), _ELSEWHERE),
    **dict.fromkeys(("blocked", "disallowed"), _ASK),
    **dict.fromkeys(("busy", "too_slow", "unreachable", "interrupted", "stopped"), _WAIT),
    **dict.fromkeys(("not_a_feed", "not_xml", "nothing_listed", "bad_selector", "empty", "too_long"), _LOOK),
    **dict.fromkeys(("broken", "garbled", "unsafe_xml", "too_large", "not_trusted"), _TELL),
    "refused": _("If the host is of your own network, an administrator can except it; otherwise pause the source."),
    **dict.fromkeys(("unexpected", "crashed_source"), _("Show it to an administrator, who finds more in the log.")),
}


def what_to_do(error_code: str) -> str:
    """What a person can do about a source's error, in the reader's language."""
    if error_code.startswith("status_"):
        return str(_WAIT if error_code >= "status_500" else _ELSEWHERE)
    return str(_ADVICE.get(error_code, _LOOK))


# ------------------------------------------------------------------ documents by hand

BY_HAND: Final = "documents-by-hand"
NOWHERE: Final = "https://documents.invalid/"  # RFC 2606: a name that never leads anywhere


class NotADocument(SourceError):
    code = "not_a_document"
    words = _("The file is no web page and no plain text. Save it as one of these first.")


def add_document(body: bytes, name: str, title: str = "", published: date | None = None) -> Article:
    """Store a web page or a plain text that a person has at hand as an article. The same text is stored once.

    Raises a SourceError where the file holds no text that can be read.
    """
    if b"\x00" in body[:4096] or body.startswith((b"%PDF", b"PK")):
        raise NotADocument
    text, _warnings = feeds.decode(body)
    is_page = re.search(r"<!doctype\s+html|<html\b|<body\b", text[:4096], re.IGNORECASE)
    found = apart.reader.read(text, NOWHERE) if is_page else extract_plain(text)
    on = datetime.combine(published, time(12), tzinfo=UTC) if published else None
    if on is None:
        on, _warning = feeds.read_date(found.published, timezone.now())
    entry = Entry(title=one_line(title or found.title or name), text=found.text, published=on)
    source, _made = Source.objects.get_or_create(
        slug=BY_HAND,
        defaults={
            "name": gettext("Documents by hand"),
            "kind": Source.Kind.FILE,
            "url": NOWHERE,
            "is_active": False,
            "full_text": False,
        },
    )
    import_source(source, trigger=FetchRun.Trigger.BUTTON, feed=Feed("", "", "", [entry]))
    return Article.objects.get(identity=identity_of(entry, source.pk))


# ------------------------------------------------------------------ outlines


@dataclass(frozen=True)
class Taken:
    """What came of an outline: sources that are new, those known before, and addresses refused, with the reason."""

    new: list[Source]
    known: list[Source]
    refused: list[tuple[str, str]]


class _OnlyLooking(Exception):
    """Undoes what was done to see what would come of it."""


def take_opml(body: bytes, *, dry_run: bool = False) -> Taken:
    """Make a source of each feed of an outline, switched off until a person has looked at it. Run twice, it adds
    nothing; a dry run adds nothing at all. Raises a FeedError where it is no outline."""
    outlines, taken = kinds.read_opml(body), Taken([], [], [])
    with suppress(_OnlyLooking), transaction.atomic():
        for outline in outlines:
            known = Source.objects.filter(url=outline.url).first()
            if known is not None:
                taken.known.append(known)
                continue
            try:
                taken.new.append(add_source(outline.url, outline.title, is_active=False, **_described(outline)))
            except ValidationError as error:
                taken.refused.append((outline.url, " ".join(error.messages)))
        if dry_run:
            raise _OnlyLooking
    return taken


KEPT_IN_OPML: Final = (
    "kind", "homepage", "language", "publisher", "reliability", "selector", "must_have", "must_not_have",
    "interval_minutes", "full_text", "adapts",
)  # fmt: skip


def _described(outline: kinds.Outline) -> dict[str, Any]:
    """What another Mithaq says of a source. What is not said, or makes no sense, is as for any new source."""
    described: dict[str, Any] = {}
    for name in KEPT_IN_OPML:
        told = outline.told.get(name)
        if told is None:
            continue
        field: Any = Source._meta.get_field(name)
        try:
            described[name] = field.clean(told, None)
        except ValidationError:
            continue
    party = Party.objects.filter(slug=outline.told.get("party", "")).first()
    return described | ({"party": party} if party else {})


def opml() -> bytes:
    """All sources as an outline for another program; what other programs do not know stands in names of our own."""
    rows = Source.objects.exclude(kind__in=[Source.Kind.FILE, Source.Kind.PAGE]).select_related("party")
    outlines = []
    for source in rows.order_by("name", "pk"):
        told = {name: str(getattr(source, name)) for name in KEPT_IN_OPML}
        told["party"] = source.party.slug if source.party else ""
        outlines.append(kinds.Outline(source.url, source.name, told))
    return kinds.write_opml("Mithaq", outlines)
