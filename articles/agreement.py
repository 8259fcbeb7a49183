"""Second reading of a share of the quoted texts, and how far two readers agree: Cohen's kappa a kind, on sentences.

Which texts are read twice is decided by the digest of the text, not by a person or a clock: the same ones on every
machine, and nobody can choose. The second reader does not see the first one's quotes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from articles.models import Annotation, ReadingShare, Revision, SecondReading
from articles.reading import block_spans
from articles.review import NotTheirPlan, ReviewError
from plans.language.sentences import Span, sentences
from plans.models import Evidence, Plan, User

LOOKED_AT = 500  # newest quoted texts of plans with a share; older ones have had their time
COMPARED = 1000


def is_chosen(digest: str, plan: str, percent: int) -> bool:
    """Whether the text with this digest is read twice for the plan with this slug."""
    drawn = int.from_bytes(hashlib.sha256(f"{plan}:{digest}".encode()).digest()[:8])
    return drawn % 100 < percent


def sentences_of(text: str) -> list[Span]:
    """The sentences of a text, with offsets into it."""
    return [
        Span(block.start + one.start, block.start + one.end)
        for block in block_spans(text)
        for one in sentences(text[block.start : block.end])
    ]


def waiting_for(reader: User) -> list[tuple[Revision, Plan]]:
    """The texts this person may read as the second: drawn, quoted by others alone, and not read twice yet."""
    mine = Annotation.objects.filter(revision=OuterRef("revision"), created_by=reader)
    read = SecondReading.objects.filter(revision=OuterRef("revision"), plan=OuterRef("plan"))
    quoted = (
        Annotation.objects.filter(undone_at=None, plan__in=Plan.objects.editable_by(reader))
        .filter(plan__reading_share__percent__gt=0)
        .exclude(Exists(mine))
        .exclude(Exists(read))
        .select_related("revision__article__source", "plan__side_a", "plan__side_b", "plan__reading_share")
        .order_by("-created_at", "-pk")[:LOOKED_AT]
    )
    found: dict[tuple[int, int], tuple[Revision, Plan]] = {}
    for one in quoted:
        if is_chosen(one.revision.digest, one.plan.slug, one.plan.reading_share.percent):
            found.setdefault((one.revision_id, one.plan_id), (one.revision, one.plan))
    return list(found.values())


@transaction.atomic
def set_share(plan: Plan, percent: int) -> ReadingShare:
    """Have this share of the plan's quoted texts read twice. Raises ReviewError outside 0 to 100."""
    if not 0 <= percent <= 100:
        raise ReviewError(_("A share is 0 to 100 per cent."))
    share, _made = ReadingShare.objects.update_or_create(plan=plan, defaults={"percent": percent})
    return share


@transaction.atomic
def read(revision: Revision, plan: Plan, reader: User, kinds: dict[str, str]) -> SecondReading:
    """Keep what the second reader found; the first to send it is the second reader.

    Raises NotTheirPlan, ReviewError where the person quoted the text themselves, where somebody was quicker, or where
    a kind or a sentence is none.
    """
    if not Plan.objects.editable_by(reader).filter(pk=plan.pk).exists():
        raise NotTheirPlan(_("You work in other plans than this one."))
    if revision.annotations.filter(created_by=reader).exists():
        raise ReviewError(_("You have quoted this text yourself: somebody else must read it."))
    known = {f"{span.start}-{span.end}" for span in sentences_of(revision.text)}
    if not kinds.keys() <= known or not set(kinds.values()) <= set(Evidence.Kind.values):
        raise ReviewError(_("A sentence or a kind is none of this text’s: nothing was kept. Open the page anew."))
    reading, made = SecondReading.objects.get_or_create(
        revision=revision, plan=plan, defaults={"reader": reader, "kinds": kinds}
    )
    if not made and (reading.reader_id != reader.pk or reading.kinds != kinds):
        raise ReviewError(_("This text has been read a second time already."))
    return reading


# ------------------------------------------------------------------ agreement


@dataclass(frozen=True)
class Agreement:
    """Of one kind: sentences compared, to how many both readers, the first or the second alone gave it, and kappa."""

    kind: str
    compared: int
    both: int
    first: int
    second: int
    kappa: float | None

    @property
    def label(self) -> str:
        return str(Evidence.Kind(self.kind).label)


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    """Cohen's kappa of two readers' yes and no; None where chance alone would agree on all (no yes, or no no).

    J. Cohen (1960), A coefficient of agreement for nominal scales: (observed − expected) ÷ (1 − expected).
    """
    n = len(first)
    if n == 0:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    yes, also = sum(first) / n, sum(second) / n
    expected = yes * also + (1 - yes) * (1 - also)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def agreements(readings: Iterable[SecondReading]) -> list[Agreement]:
    """The agreement of first and second reading, a kind each, over all sentences of the texts read twice."""
    firsts: list[frozenset[str]] = []
    seconds: list[frozenset[str]] = []
    for reading in readings:
        quotes = [
            quote
            for quote in reading.revision.annotations.all()
            if quote.undone_at is None and quote.plan_id == reading.plan_id and quote.created_by_id != reading.reader_id
        ]
        for span in sentences_of(reading.revision.text):
            given = reading.kinds.get(f"{span.start}-{span.end}")
            firsts.append(frozenset(q.kind for q in quotes if q.start < span.end and q.end > span.start))
            seconds.append(frozenset([given] if given else []))
    return [_agreement(kind, firsts, seconds) for kind in Evidence.Kind.values]


def _agreement(kind: str, firsts: list[frozenset[str]], seconds: list[frozenset[str]]) -> Agreement:
    one, two = [kind in found for found in firsts], [kind in found for found in seconds]
    both = sum(a and b for a, b in zip(one, two, strict=True))
    return Agreement(kind, len(one), both, sum(one) - both, sum(two) - both, kappa(one, two))


def compared(user: User) -> list[SecondReading]:
    """The newest second readings of this person's plans, with what the first readers quoted."""
    found = SecondReading.objects.filter(plan__in=Plan.objects.editable_by(user))
    return list(found.select_related("revision").prefetch_related("revision__annotations")[:COMPARED])
