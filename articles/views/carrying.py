"""The page of quotes whose source has edited its text: old and new beside each other, for a person to decide."""

import difflib
import re
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from articles import carrying
from articles.models import Anchor
from articles.reading import block_spans
from articles.review import BadQuote, ReviewError
from articles.views import may
from plans.language.sentences import Span, sentences
from plans.views import person

ON_A_PAGE = 10
AROUND = 120  # characters of the text shown on either side
SENTENCES_OFFERED = 150


@dataclass
class Pair:
    """A quote as it was and as it seems to be now, each within its text, with the differing words marked."""

    anchor: Anchor
    old: SafeString
    new: SafeString
    before: tuple[str, str]
    after: tuple[str, str]
    places: list[tuple[str, str]]  # what a form sends, and the sentence


def pair_of(anchor: Anchor) -> Pair:
    quote, now = anchor.annotation, anchor.revision.text
    was = quote.revision.text
    found = now[anchor.start : anchor.end] if anchor.start is not None else ""
    old, new = compared(quote.exact, found)
    return Pair(
        anchor,
        old,
        new,
        (was[max(0, quote.start - AROUND) : quote.start], was[quote.end : quote.end + AROUND]),
        (now[max(0, anchor.start - AROUND) : anchor.start], now[anchor.end or 0 : (anchor.end or 0) + AROUND])
        if anchor.start is not None
        else ("", ""),
        [(f"{span.start}-{span.end}", now[span.start : span.end]) for span in sentences_of(now)],
    )


def sentences_of(text: str) -> list[Span]:
    """The sentences of a text, those of a very long one up to a number a list can hold."""
    return [
        Span(block.start + one.start, block.start + one.end)
        for block in block_spans(text)
        for one in sentences(text[block.start : block.end])
    ][:SENTENCES_OFFERED]


_PIECE = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


def compared(old: str, new: str) -> tuple[SafeString, SafeString]:
    """Both texts with the words that differ as `<del>` and `<ins>`, never cutting a word."""
    if not new:
        return escape(old), SafeString()
    was, now = _PIECE.findall(old)[:3000], _PIECE.findall(new)[:3000]
    left, right = [], []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
        gone, come = escape("".join(was[a:b])), escape("".join(now[c:d]))
        left.append(gone if tag == "equal" or not gone else f"<del>{gone}</del>")
        right.append(come if tag == "equal" or not come else f"<ins>{come}</ins>")
    return mark_safe("".join(left)), mark_safe("".join(right))  # noqa: S308  # every piece is escaped above


@may("articles.change_anchor")
@require_GET
def edited(request: HttpRequest) -> HttpResponse:
    """Quotes that need a person because their source edited its text, oldest first."""
    pages = Paginator(carrying.to_review(person(request)), ON_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {"page": page, "pairs": [pair_of(anchor) for anchor in page.object_list], "total": pages.count}
    return render(request, "articles/edited.html", context)


@may("articles.change_anchor")
@require_POST
def decide_edited(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the place proposed, choose another, or withdraw the quote."""
    anchor = get_object_or_404(Anchor.objects.select_related("annotation"), pk=pk)
    user, step = person(request), request.POST.get("step") or request.GET.get("step", "")
    try:
        if step == "again":
            carrying.ask_again(anchor, user)
            messages.success(request, _("The quote waits for a decision again."))
        elif step == "withdraw":
            carrying.withdraw(anchor, user, reason=request.POST.get("reason", "")[:2000])
            again = reverse("annotation_restore", args=[anchor.annotation_id])
            messages.success(request, _("The quote was withdrawn."), extra_tags=f"undo:{again}")
        else:
            start, end = place_of(request.POST.get("place", "")) if step == "choose" else (None, None)
            carrying.confirm(anchor, user, start=start, end=end)
            back = f"{reverse('review_edited_decide', args=[pk])}?step=again"
            messages.success(request, _("Recorded where the quote stands now."), extra_tags=f"undo:{back}")
    except ReviewError as error:
        messages.error(request, str(error))
    return redirect("review_edited")


def place_of(value: str) -> tuple[int, int]:
    """Offsets as a form sends them («120-180»). Raises BadQuote where they are none."""
    found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})", value)
    if found is None:
        raise BadQuote(_("Choose where the quote stands in the new text, or withdraw it."))
    return int(found[1]), int(found[2])
