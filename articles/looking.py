"""What an address holds: an answer is read in the child process, sitemaps of an index are fetched and put together.

Nothing is stored here: the importer stores what was seen, a preview shows it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from articles import apart, feeds, fetch, kinds
from articles.extract import Extracted, extract_plain
from articles.fetch import SourceError

PART_FAILED: Final = gettext_noop("A sitemap that the index names could not be read; it is tried with the next run.")


class NotAPage(SourceError):
    code = "not_a_page"
    words = _("The address of the article leads to a file, not to a page; the feed's text is kept.")


def look(
    response: fetch.Response, *, kind: str, selector: str = "", before_each: Callable[[], None] = lambda: None
) -> kinds.Found:
    """What an answer holds; of an index of sitemaps the newest are fetched and put together. Raises a SourceError.

    `before_each` is called before another fetch. A sitemap that fails is told as a warning, if another can be read.
    """
    now = timezone.now()
    found = kinds.read(response.body, response.content_type, url=response.url, now=now, kind=kind, selector=selector)
    if not found.parts:
        return found
    entries, warnings = [], list(found.feed.warnings)
    failed: SourceError = feeds.Empty()
    for part in found.parts:
        before_each()
        try:
            answer = fetch.fetch(part, accept=feeds.ACCEPT)
            inside = kinds.read(answer.body, answer.content_type, url=answer.url, now=now, kind=kinds.Kind.SITEMAP)
        except SourceError as error:
            failed = error
            warnings.append(PART_FAILED)
            continue
        entries += inside.feed.entries
        warnings += inside.feed.warnings
    if not entries:  # an index of indexes is followed no further
        raise failed
    feed = replace(found.feed, entries=entries[: feeds.MOST_ENTRIES], warnings=list(dict.fromkeys(warnings)))
    return replace(found, feed=feed)


def markup_of(response: fetch.Response) -> tuple[str, bool]:
    """What an answer says, and whether it is plain text. Raises NotAPage where it is a file."""
    kind = response.content_type.split(";")[0].strip().lower()
    if kind and kind not in ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"):
        raise NotAPage
    text, _warnings = feeds.decode(response.body, response.content_type)
    return text, kind == "text/plain" and "<html" not in text[:1000].lower()


def text_of(response: fetch.Response) -> Extracted:
    """The article in an answer. Raises a SourceError that says in plain words why there is none."""
    text, is_plain = markup_of(response)
    return extract_plain(text) if is_plain else apart.reader.read(text, response.url)


def host_of(url: str) -> str:
    """What a source is called until its feed says its name."""
    return (urlsplit(url).hostname or "")[:200]
