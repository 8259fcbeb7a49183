"""Annotations as the W3C Web Annotation Data Model has them (JSON-LD), out and in.

Out: an AnnotationCollection of AnnotationPages for an article, a plan or a commitment. Motivations are the model's own
words for our kinds; the kind itself goes along as a tag of a `classifying` body. In: the same, with a dry run first.
Sources: https://www.w3.org/TR/annotation-model/ and https://www.w3.org/TR/annotation-protocol/
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from articles.anchoring import Selector, find
from articles.lexicon import load_lexicon
from articles.models import Annotation, Article, Revision
from articles.review import CONTEXT, ReviewError, annotate
from plans.exchange.shapes import Addresses
from plans.models import Commitment, Evidence, Plan, User
from plans.progress import ProgressError

CONTEXT_ADDRESS: Final = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE: Final = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
ON_A_PAGE: Final = 100
MOST_BYTES: Final = 5 * 1024 * 1024
MOST_AT_ONCE: Final = 2000
MOTIVATIONS: Final = {Evidence.Kind.CORRECTION: "editing", Evidence.Kind.DISPUTE: "questioning"}
TAG: Final = "mithaq:kind:"
SPEAKER_TAG: Final = "mithaq:speaker:"


def standing() -> QuerySet[Annotation]:
    """The quotes that stand, with what an export says of them."""
    return (
        Annotation.objects.filter(undone_at=None, evidence__withdrawal=None)
        .select_related("revision__article__source", "plan__side_a", "plan__side_b", "pillar", "commitment__plan")
        .select_related("evidence", "created_by")
        .order_by("pk")
    )


# ------------------------------------------------------------------ out


def annotation_of(one: Annotation, at: Addresses, *, inside: bool) -> dict[str, Any]:
    """One annotation: its quote and place, what it says, and what it is linked to.

    The article's text is not public: what stands around the quote, a reviewer's note and their name go to those who
    work here alone (`inside`).
    """
    evidence, article = one.evidence, one.revision.article
    bodies: list[dict[str, Any]] = [
        {"type": "TextualBody", "purpose": "classifying", "value": f"{TAG}{one.kind}"},
        {"type": "TextualBody", "purpose": "tagging", "value": f"{SPEAKER_TAG}{one.speaker}"},
        {"type": "SpecificResource", "purpose": "linking", "source": at("plan", one.plan.slug)},
    ]
    if one.commitment is not None:
        linked = at("commitment", one.plan.slug, one.commitment.code)
        bodies.append({"type": "SpecificResource", "purpose": "linking", "source": linked})
    for language in ("en", "ar"):
        words = getattr(evidence, f"gloss_{language}")
        if words:
            bodies.append({"type": "TextualBody", "purpose": "describing", "value": words, "language": language})
    if one.note and inside:
        bodies.append({"type": "TextualBody", "purpose": "commenting", "value": one.note, "format": "text/plain"})
    quote = {"type": "TextQuoteSelector", "exact": one.exact}
    if inside:
        quote |= {"prefix": one.prefix, "suffix": one.suffix}
    target: dict[str, Any] = {
        "source": {
            "id": article.url or at("article", article.pk),
            "type": "Text",
            "format": "text/plain",
            "language": article.language or "und",
        },
        "state": {
            "type": "TimeState",
            "sourceDate": one.revision.retrieved_at.isoformat(),
            "cached": at("archive", one.revision.digest),
        },
        "selector": [quote, {"type": "TextPositionSelector", "start": one.start, "end": one.end}],
    }
    told: dict[str, Any] = {
        "@context": CONTEXT_ADDRESS,
        "id": at("quote_data", one.pk),
        "type": "Annotation",
        "motivation": ["classifying", MOTIVATIONS.get(Evidence.Kind(one.kind), "linking")],
        "created": one.created_at.isoformat(),
        "body": bodies,
        "target": target,
    }
    if one.created_by is not None and inside:
        told["creator"] = {"type": "Person", "name": one.created_by.shown_name}
    return told


def collection_of(quotes: QuerySet[Annotation], address: str, label: str) -> dict[str, Any]:
    """The collection, with its first page inside it as the model allows; `address` carries no query."""
    total = quotes.count()
    last = max(1, -(-total // ON_A_PAGE))
    return {
        "@context": CONTEXT_ADDRESS,
        "id": address,
        "type": "AnnotationCollection",
        "label": label,
        "total": total,
        "first": f"{address}?page=1",
        "last": f"{address}?page={last}",
    }


def page_of(
    quotes: QuerySet[Annotation], number: int, address: str, label: str, at: Addresses, *, inside: bool
) -> dict[str, Any]:
    """A page of the collection; empty beyond the last."""
    start = (number - 1) * ON_A_PAGE
    found = list(quotes[start : start + ON_A_PAGE + 1])
    items = [annotation_of(one, at, inside=inside) for one in found[:ON_A_PAGE]]
    for item in items:
        del item["@context"]
    page: dict[str, Any] = {
        "@context": CONTEXT_ADDRESS,
        "id": f"{address}?page={number}",
        "type": "AnnotationPage",
        "partOf": {"id": address, "type": "AnnotationCollection", "label": label},
        "startIndex": start,
        "items": items,
    }
    if number > 1:
        page["prev"] = f"{address}?page={number - 1}"
    if len(found) > ON_A_PAGE:
        page["next"] = f"{address}?page={number + 1}"
    return page


# ------------------------------------------------------------------ in


class LinkedError(ValueError):
    """A file that cannot be read at all; the message says why."""


@dataclass
class Taken:
    """What an import did, or with `dry` would do: annotations made, known before, and refused, each with its reason."""

    made: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


class _Undo(Exception):  # no error: a dry run ends with it
    pass


def read(content: bytes) -> list[dict[str, Any]]:
    """The annotations of a JSON-LD file: one, a list, a page or a collection with pages inside. Raises LinkedError."""
    if len(content) > MOST_BYTES:
        raise LinkedError(_("The file is larger than 5 MB: take it in parts."))
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise LinkedError(_("This is no JSON in UTF-8: %s") % error) from None
    found = list(_annotations(data, depth=0))
    if not found:
        raise LinkedError(_("The file holds no annotation of the W3C Web Annotation Data Model."))
    if len(found) > MOST_AT_ONCE:
        raise LinkedError(_("More than %d annotations at once: take them in parts.") % MOST_AT_ONCE)
    return found


def _annotations(data: Any, depth: int) -> Iterable[dict[str, Any]]:
    if depth > 4:
        return
    if isinstance(data, list):
        for one in data:
            yield from _annotations(one, depth + 1)
    elif isinstance(data, dict):
        kinds = _listed(data.get("type"))
        if "Annotation" in kinds:
            yield data
        elif "AnnotationPage" in kinds:
            yield from _annotations(data.get("items"), depth + 1)
        elif "AnnotationCollection" in kinds:
            yield from _annotations(data.get("first"), depth + 1)


def take_in(annotations: list[dict[str, Any]], by: User, *, dry: bool) -> Taken:
    """Record the annotations as this person's; what stands already is not recorded twice. With `dry` nothing stays."""
    taken = Taken()
    try:
        with transaction.atomic():
            for number, one in enumerate(annotations, 1):
                try:
                    with transaction.atomic():
                        _take_one(one, by, taken)
                except (ReviewError, ProgressError, LinkedError) as error:
                    taken.refused.append(_("Annotation %(n)d: %(why)s") % {"n": number, "why": error})
                except ValidationError as error:
                    why = " ".join(error.messages)
                    taken.refused.append(_("Annotation %(n)d: %(why)s") % {"n": number, "why": why})
            if dry:
                raise _Undo
    except _Undo:
        pass
    return taken


def _take_one(one: dict[str, Any], by: User, taken: Taken) -> None:
    target = next((t for t in _listed(one.get("target")) if isinstance(t, dict)), None)
    if target is None:
        raise LinkedError(_("It has no target with a selector."))
    revision = _revision_of(target)
    start, end = _place_in(revision, target)
    said = _said(_listed(one.get("body")))
    before = revision.annotations.filter(
        start=start, end=end, kind=said["kind"], plan=said["plan"], commitment=said["commitment"], undone_at=None
    )
    if before.exists():
        taken.known += 1
        return
    annotate(revision, start, end, by=by, **said)
    taken.made += 1


def _revision_of(target: dict[str, Any]) -> Revision:
    state = target.get("state")
    cached = str(state.get("cached", "")) if isinstance(state, dict) else ""
    digest = re.search(r"[0-9a-f]{64}", cached)
    if digest:
        revision = Revision.objects.filter(digest=digest.group()).select_related("article__source").first()
        if revision is not None:
            return revision
    source = target.get("source")
    address = str(source.get("id", "") if isinstance(source, dict) else source or "")
    if not address or "\x00" in address:
        raise LinkedError(_("Its target names no source."))
    articles = Article.objects.select_related("revision__article__source")
    article = articles.filter(url=address[:2000]).first() or articles.filter(pk=_own(address, "article")).first()
    if article is None or article.revision is None:
        raise LinkedError(_("No article with the address %s is held here.") % address[:200])
    return article.revision


def _own(address: str, name: str) -> Any:
    """The last argument of an address of our own page of that name; None where it is none."""
    path = re.sub(r"^https?://[^/]+", "", address)
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return next(reversed(match.kwargs.values()), None) if match.url_name == name else None


def _place_in(revision: Revision, target: dict[str, Any]) -> tuple[int, int]:
    """Where the target's selectors point in this very text: both must agree, or the quote be found surely."""
    chosen = {s.get("type"): s for s in _listed(target.get("selector")) if isinstance(s, dict)}
    quote, place = chosen.get("TextQuoteSelector"), chosen.get("TextPositionSelector")
    if quote is None or not isinstance(quote.get("exact"), str) or not quote["exact"].strip():
        raise LinkedError(_("It has no TextQuoteSelector with its exact words."))
    exact = quote["exact"]
    start = place.get("start") if place else None
    if isinstance(start, int) and 0 <= start < len(revision.text) and revision.text[start:].startswith(exact):
        return start, start + len(exact)
    prefix, suffix = str(quote.get("prefix") or ""), str(quote.get("suffix") or "")
    if len(exact) > len(revision.text) * 2:
        raise LinkedError(_("Its words are not in the article’s text."))
    around = prefix[-CONTEXT:] + exact + suffix[:CONTEXT]
    at = len(prefix[-CONTEXT:])
    selector = Selector(at, at + len(exact), exact, prefix[-CONTEXT:], suffix[:CONTEXT])
    found = find(selector, around, revision.text, load_lexicon())
    if found is None or not found.is_sure:
        raise LinkedError(_("Its words are not in the article’s text."))
    return found.start, found.end


def _said(bodies: list[Any]) -> dict[str, Any]:
    """What `annotate` is told, as the bodies say it."""
    said: dict[str, Any] = {"kind": "", "plan": None, "commitment": None}
    for body in (one for one in bodies if isinstance(one, dict)):
        value, purpose = str(body.get("value") or ""), body.get("purpose")
        if value.startswith(TAG):
            said["kind"] = value.removeprefix(TAG)
        elif value.startswith(SPEAKER_TAG):
            said["speaker"] = value.removeprefix(SPEAKER_TAG)
        elif purpose == "commenting":
            said["note"] = value[:20_000]
        elif purpose == "describing" and body.get("language") in ("en", "ar"):
            said[f"gloss_{body['language']}"] = value[:20_000]
        elif purpose == "linking":
            _link(said, str(body.get("source") or body.get("id") or ""))
    if said["kind"] not in Evidence.Kind.values:
        raise LinkedError(_("Its kind is none of ours: it needs a body «%s…».") % TAG)
    if said.get("speaker", Evidence.Speaker.THIRD) not in Evidence.Speaker.values:
        raise LinkedError(_("Who speaks is none of a, b, both and third."))
    if said["plan"] is None:
        raise LinkedError(_("It is linked to no plan that is held here."))
    return said


def _link(said: dict[str, Any], address: str) -> None:
    found = re.search(r"/plans/([-\w]+)/(?:([-\w.]+)/)?$", address)
    if found is None:
        return
    plan = Plan.objects.filter(slug=found[1]).first()
    if plan is None:
        raise LinkedError(_("No plan «%s» is held here.") % found[1][:80])
    said["plan"] = plan
    if found[2]:
        said["commitment"] = Commitment.objects.filter(plan=plan, code=found[2]).select_related("pillar").first()
        if said["commitment"] is None:
            raise LinkedError(_("The plan has no commitment «%s».") % found[2][:80])


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
