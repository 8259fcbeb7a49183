"""Carrying quotes over to a later text of their article, and what a reviewer does where that needs a person.

The annotation and its evidence go on pointing into the archived text they were cut from: what a source once said it
has said. An `Anchor` says where the words stand in the text the outlet shows now.
"""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.anchoring import Found, Selector, find
from articles.lexicon import load_lexicon
from articles.models import Anchor, Annotation, Revision
from articles.review import NotTheirPlan, ReviewError, cut_quote, undo_annotation
from plans.models import Plan, User


@transaction.atomic
def carry_over(revision: Revision) -> list[Anchor]:
    """Find every standing quote of the article's other texts in this one; run again it changes nothing.

    Returns the anchors made. What is found surely is `anchored`, else it `needs review` and waits on a page.
    """
    waiting = (
        Annotation.objects.filter(revision__article=revision.article_id, undone_at=None)
        .exclude(revision=revision)
        .exclude(Exists(Anchor.objects.filter(annotation=OuterRef("pk"), revision=revision)))
        .select_related("revision")
    )
    quotes = list(waiting)
    if not quotes:  # nearly always: nothing is quoted, and no lexicon need be read
        return []
    lexicon = load_lexicon()
    anchors = []
    for quote in quotes:
        selector = Selector(quote.start, quote.end, quote.exact, quote.prefix, quote.suffix)
        found = find(selector, quote.revision.text, revision.text, lexicon)
        anchors.append(Anchor(annotation=quote, revision=revision, **_as_found(found)))
    Anchor.objects.bulk_create(anchors, ignore_conflicts=True)
    return anchors


def _as_found(found: Found | None) -> dict[str, Any]:
    if found is None:
        return {"method": Anchor.Method.NONE, "state": Anchor.State.REVIEW}
    return {
        "start": found.start,
        "end": found.end,
        "method": found.method,
        "score": found.score,
        "differs": [word.lstrip("^=")[:200] for word in found.differs],
        "state": Anchor.State.ANCHORED if found.is_sure else Anchor.State.REVIEW,
    }


def to_review(user: User) -> QuerySet[Anchor]:
    """The quotes of this person's plans that need a person, of the texts the outlets show now, oldest first."""
    return (
        Anchor.objects.filter(
            state=Anchor.State.REVIEW,
            revision__article__revision=F("revision"),
            annotation__undone_at=None,
            annotation__plan__in=Plan.objects.editable_by(user),
        )
        .select_related("annotation__revision", "annotation__plan", "annotation__commitment", "annotation__evidence")
        .select_related("revision__article__source")
        .order_by("made_at", "pk")
    )


def _locked(anchor: Anchor, by: User) -> Anchor:
    found = Anchor.objects.select_for_update(of=("self",)).select_related("annotation", "revision").get(pk=anchor.pk)
    if not Plan.objects.editable_by(by).filter(pk=found.annotation.plan_id).exists():
        raise NotTheirPlan(_("You work in other plans than this one."))
    if found.annotation.undone_at is not None:
        raise ReviewError(_("This quote has been taken back."))
    return found


@transaction.atomic
def confirm(anchor: Anchor, by: User, *, start: int | None = None, end: int | None = None) -> Anchor:
    """Record that the quote stands there: at the place proposed, or at the one the reviewer chose.

    Raises ReviewError where no place is known, BadQuote where the offsets cut nothing, NotTheirPlan.
    """
    found = _locked(anchor, by)
    if start is not None and end is not None:
        quote = cut_quote(found.revision.text, start, end)
        found.start, found.end, found.method = quote.start, quote.end, Anchor.Method.PERSON
    if found.start is None:
        raise ReviewError(_("Choose where the quote stands in the new text, or withdraw it."))
    return _decided(found, Anchor.State.CONFIRMED, by)


@transaction.atomic
def withdraw(anchor: Anchor, by: User, *, reason: str = "") -> Anchor:
    """Take the quote back because the source no longer says it; its evidence is withdrawn with the reason."""
    found = _locked(anchor, by)
    why = reason.strip() or str(_("The source edited its text and no longer says this."))
    undo_annotation(found.annotation, by, reason=why)
    return _decided(found, Anchor.State.WITHDRAWN, by)


@transaction.atomic
def ask_again(anchor: Anchor, by: User) -> Anchor:
    """Undo a confirmation: the quote waits for a person again."""
    found = _locked(anchor, by)
    found.state, found.decided_by, found.decided_at = Anchor.State.REVIEW, None, None
    found.save(update_fields=["state", "decided_by", "decided_at"])
    return found


def _decided(anchor: Anchor, state: str, by: User) -> Anchor:
    anchor.state, anchor.decided_by, anchor.decided_at = state, by, timezone.now()
    anchor.save(update_fields=["start", "end", "method", "state", "decided_by", "decided_at"])
    return anchor
