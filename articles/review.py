"""The reviewer's operations: accept, dismiss, annotate, and their undoing. Each is one transaction.

A decision about an article holds for the copies of its story that still wait, so that the same news is decided once.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import decisions
from articles.models import Annotation, Article, Aside, Decision, Notice, Revision, Suggestion
from articles.reading import language_of, trimmed
from plans import approval, disagreements, progress
from plans.models import Assessment, Commitment, Evidence, Pillar, Plan, Proposal, Sector, Side, User

CONTEXT = 32  # code points of the text kept before and after a quote, as Hypothesis does

ASSESSOR = ""  # the side of an assessment that is neither side's own


class ReviewError(ValueError):
    """Something a reviewer may not do; its message is for the person who tried."""


class BadQuote(ReviewError):
    """The offsets do not cut a quote out of the text."""


class DecidedMeanwhile(ReviewError):
    """Somebody else decided about the article while it was open here: nothing is overwritten unseen."""

    def __init__(self, article: Article) -> None:
        who = article.decided_by.shown_name if article.decided_by else str(_("somebody"))
        words: dict[str, Any] = {
            Article.State.ACCEPTED: _(
                "%s has accepted this article meanwhile. Your step was not taken: look, then decide."
            ),
            Article.State.DISMISSED: _(
                "%s has dismissed this article meanwhile. Your step was not taken: look, then decide."
            ),
        }
        undone = _("The decision was undone meanwhile. Your step was not taken: look, then decide.")
        super().__init__(words[article.state] % who if article.state in words else undone)


class NotTheirSide(ReviewError):
    """A focal point reports for their own party alone."""


class NotTheirPlan(ReviewError):
    """Who is limited to some plans reviews for those alone."""


def only_their_own(by: User | None, plan: Plan) -> None:
    """Raise NotTheirPlan where this person works in other plans than this one."""
    if by is not None and not Plan.objects.editable_by(by).filter(pk=plan.pk).exists():
        raise NotTheirPlan(_("You work in other plans than this one."))


# ------------------------------------------------------------------ decisions


def lock(article: Article) -> Article:
    """The article as it stands, until the transaction ends: two reviewers on one article follow each other."""
    return Article.objects.select_for_update(of=("self",), no_key=True).get(pk=article.pk)


def decision_of(article: Article) -> str:
    """What a page shows of the decision about an article, to be sent back with the next step (`seen`)."""
    return f"{article.state} {article.decided_at.isoformat()}" if article.decided_at else str(article.state)


def _not_meanwhile(article: Article, by: User | None, seen: str | None) -> None:
    if seen is None or seen == decision_of(article) or (by is not None and article.decided_by_id == by.pk):
        return
    raise DecidedMeanwhile(article)


def _waiting_copies(article: Article) -> QuerySet[Article]:
    if article.story_id is None:
        return Article.objects.none()
    copies = Article.objects.filter(story=article.story_id, state=Article.State.WAITING).exclude(pk=article.pk)
    return copies.order_by("pk").select_for_update(of=("self",), no_key=True)


def _decide(article: Article, state: str, by: User | None, at: datetime | None) -> None:
    article.state, article.decided_by, article.decided_at = state, by, at
    article.save(update_fields=["state", "decided_by", "decided_at"])


ACTIONS = {
    Suggestion.State.ACCEPTED: Decision.Action.ACCEPT,
    Suggestion.State.DISMISSED: Decision.Action.DISMISS,
    Suggestion.State.OPEN: Decision.Action.REOPEN,
}
OF_THE_LOG = ("plan__side_a", "plan__side_b")


def _decide_suggestions(suggestions: QuerySet[Suggestion], state: str, by: User | None, at: datetime) -> None:
    changing = suggestions.exclude(state=state)
    decided = list(changing.select_related(*OF_THE_LOG, "sector"))
    decisions.keep(decided, ACTIONS[Suggestion.State(state)], by, at)
    changing.filter(pk__in=[one.pk for one in decided]).update(state=state, decided_by=by, decided_at=at)


def _log_asides(articles: Iterable[Article], action: str, plans: Iterable[Plan], by: User | None, at: datetime) -> None:
    """Log what is decided of news beside the plans: all of it, or what is raised to these plans."""
    asides = Aside.objects.filter(article__in=articles).select_related(*OF_THE_LOG, "party")
    if plans := list(plans):
        asides = asides.filter(Q(plan__in=plans) | Q(plan=None))
    decisions.keep(asides, action, by, at)


@transaction.atomic
def accept(
    article: Article,
    plans: Iterable[Plan],
    sectors: Iterable[Sector],
    by: User | None,
    *,
    seen: str | None = None,
    at: datetime | None = None,
) -> Article:
    """Record that the article concerns these plans and areas, and return it; what else was suggested is dismissed.

    A plan nobody suggested may be named; it is kept as a suggestion without reasons. Raises ReviewError without a plan,
    DecidedMeanwhile where somebody else decided since the page was `seen`.
    """
    plans, sectors = list(plans), list(sectors)
    if not plans:
        raise ReviewError(_("Choose a plan, or dismiss the article."))
    now = at or timezone.now()
    article = lock(article)
    _not_meanwhile(article, by, seen)
    copies = list(_waiting_copies(article))
    chosen = Q(plan__in=plans) | Q(sector__in=sectors)
    named = {("plan", plan.pk) for plan in plans} | {("sector", sector.pk) for sector in sectors}
    known = {
        ("plan", plan) if plan else ("sector", sector)
        for plan, sector in article.suggestions.values_list("plan", "sector")
    }
    for kind, pk in sorted(named - known):
        Suggestion.objects.create(
            article=article,
            plan_id=pk if kind == "plan" else None,
            sector_id=pk if kind == "sector" else None,
            score=0,
            revision_id=article.revision_id,
        )
    for one in (article, *copies):
        _decide_suggestions(one.suggestions.filter(chosen), Suggestion.State.ACCEPTED, by, now)
        open_ones = one.suggestions.filter(state=Suggestion.State.OPEN).exclude(chosen)
        _decide_suggestions(open_ones, Suggestion.State.DISMISSED, by, now)
        _decide(one, Article.State.ACCEPTED, by, now)
    _log_asides([article, *copies], Decision.Action.RAISE, plans, by, now)
    return article


@transaction.atomic
def dismiss(article: Article, by: User | None, *, seen: str | None = None, at: datetime | None = None) -> Article:
    """Record that the article concerns no plan, and return it. Raises DecidedMeanwhile."""
    now = at or timezone.now()
    article = lock(article)
    _not_meanwhile(article, by, seen)
    both = (article, *_waiting_copies(article))
    for one in both:
        _decide_suggestions(one.suggestions.all(), Suggestion.State.DISMISSED, by, now)
        _decide(one, Article.State.DISMISSED, by, now)
    _log_asides(both, Decision.Action.DISMISS, (), by, now)
    return article


@transaction.atomic
def reopen(article: Article, by: User | None, *, seen: str | None = None) -> Article:
    """Undo the decision about an article: it waits again, and so does what was decided in the same step.

    Suggestions decided one by one before keep their decision; a plan that only the reviewer had named goes.
    Quotes recorded from the article stand: each is undone on its own.
    """
    article = lock(article)
    if article.state == Article.State.WAITING:
        return article
    _not_meanwhile(article, by, seen)
    decided_at = article.decided_at
    same_step = [article]
    if article.story_id is not None:
        copies = Article.objects.filter(story=article.story_id, decided_at=decided_at).exclude(pk=article.pk)
        same_step += copies.order_by("pk").select_for_update(of=("self",), no_key=True)
    decided = Suggestion.objects.filter(article__in=same_step, decided_at=decided_at)
    decisions.keep(decided.select_related(*OF_THE_LOG, "sector"), Decision.Action.REOPEN, by, timezone.now())
    if article.beside:
        _log_asides(same_step, Decision.Action.REOPEN, (), by, timezone.now())
    decided.filter(reasons=[], score=0).delete()
    decided.update(state=Suggestion.State.OPEN, decided_by=None, decided_at=None)
    for one in same_step:
        _decide(one, Article.State.WAITING, None, None)
    article.refresh_from_db()
    return article


@transaction.atomic
def _decide_one(suggestion: Suggestion, state: str, by: User | None) -> Suggestion:
    lock(suggestion.article)
    found = Suggestion.objects.select_for_update(of=("self",)).select_related(*OF_THE_LOG, "sector")
    suggestion = found.get(pk=suggestion.pk)
    if suggestion.state != state:
        is_open = state == Suggestion.State.OPEN
        decisions.keep([suggestion], ACTIONS[Suggestion.State(state)], by, timezone.now())
        suggestion.state = state
        suggestion.decided_by = None if is_open else by
        suggestion.decided_at = None if is_open else timezone.now()
        suggestion.save(update_fields=["state", "decided_by", "decided_at"])
    return suggestion


def accept_suggestion(suggestion: Suggestion, by: User | None) -> Suggestion:
    """Record that this one suggestion is right; the article itself goes on waiting."""
    return _decide_one(suggestion, Suggestion.State.ACCEPTED, by)


def dismiss_suggestion(suggestion: Suggestion, by: User | None) -> Suggestion:
    """Record that this one suggestion is wrong; the article itself goes on waiting."""
    return _decide_one(suggestion, Suggestion.State.DISMISSED, by)


def reopen_suggestion(suggestion: Suggestion, by: User | None) -> Suggestion:
    """Undo the decision about one suggestion."""
    return _decide_one(suggestion, Suggestion.State.OPEN, by)


# ------------------------------------------------------------------ quotes


class Quote(NamedTuple):
    """A quote cut out of a text with its context, as a W3C TextQuoteSelector and TextPositionSelector."""

    start: int
    end: int
    exact: str
    prefix: str
    suffix: str


def cut_quote(text: str, start: int, end: int) -> Quote:
    """The quote at these offsets (code points, end exclusive), without white space at its ends.

    Raises BadQuote where the offsets leave the text or hold nothing but white space.
    """
    if not 0 <= start < end <= len(text):
        raise BadQuote(_("Select a sentence of the article first."))
    start, end = trimmed(text, start, end)
    if start == end:
        raise BadQuote(_("The selection holds no words."))
    return Quote(start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def published_on(article: Article) -> date:
    """The day an article was published; where it does not say, the day it was first seen."""
    return timezone.localtime(article.published_at or article.first_seen_at).date()


def _linkable(url: str) -> str:
    # a feed of an intranet may give an address whose host the citation's field refuses: cite outlet and date then
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return ""
    return url


@transaction.atomic
def annotate(
    revision: Revision,
    start: int,
    end: int,
    *,
    kind: str,
    plan: Plan,
    by: User,
    speaker: str = Evidence.Speaker.THIRD,
    pillar: Pillar | None = None,
    commitment: Commitment | None = None,
    note: str = "",
    gloss_en: str = "",
    gloss_ar: str = "",
) -> Annotation:
    """Record the words at these offsets as evidence and return the annotation; the server cuts them from its own copy.

    An article that waited is accepted for the plan, because whoever quotes it has found that it speaks of it. The same
    quote of the same text recorded twice by one person is one annotation. Raises BadQuote, ProgressError where plan,
    pillar and commitment do not belong together, NotTheirPlan where the person works in other plans, ValidationError
    where the evidence is not complete.
    """
    only_their_own(by, plan)
    quote = cut_quote(revision.text, start, end)
    article = lock(revision.article)
    twice = revision.annotations.filter(
        start=quote.start,
        end=quote.end,
        kind=kind,
        speaker=speaker,
        plan=plan,
        pillar=pillar or (commitment.pillar if commitment else None),
        commitment=commitment,
        created_by=by,
        undone_at=None,
    ).first()
    if twice is not None:
        return twice
    source = article.source
    evidence = progress.record_evidence(
        plan=plan,
        pillar=pillar,
        commitment=commitment,
        kind=kind,
        speaker=speaker,
        quote=quote.exact,
        language=language_of(quote.exact, article.language or source.language) or "und",
        gloss_en=gloss_en,
        gloss_ar=gloss_ar,
        publisher=source.publisher or source.name,
        title=revision.title or article.title,
        url=_linkable(article.url),
        published_on=published_on(article),
        retrieved_at=revision.retrieved_at,
        digest=revision.digest,
        recorded_by=by,
        is_demo=source.is_demo,
    )
    annotation = Annotation(
        revision=revision,
        **quote._asdict(),
        kind=kind,
        speaker=speaker,
        plan=plan,
        pillar=evidence.pillar,
        commitment=commitment,
        note=note,
        evidence=evidence,
        created_by=by,
    )
    annotation.full_clean(validate_unique=False)
    annotation.save()
    if article.state == Article.State.WAITING:
        _accept_for(article, plan, by, annotation.created_at)
    return annotation


def _accept_for(article: Article, plan: Plan, by: User | None, now: datetime) -> None:
    # the areas and other plans stay open: the reviewer has spoken of this plan alone
    suggestion, _made = article.suggestions.get_or_create(
        plan=plan, sector=None, defaults={"score": 0, "revision": article.revision}
    )
    copies = list(_waiting_copies(article))
    suggestions = Suggestion.objects.filter(Q(pk=suggestion.pk) | Q(article__in=copies, plan=plan))
    _decide_suggestions(suggestions, Suggestion.State.ACCEPTED, by, now)
    for one in (article, *copies):
        _decide(one, Article.State.ACCEPTED, by, now)
    _log_asides([article, *copies], Decision.Action.RAISE, [plan], by, now)


@transaction.atomic
def undo_annotation(annotation: Annotation, by: User | None, *, reason: str = "") -> Annotation:
    """Take a quote back: its evidence is withdrawn with the reason, and every status that rested on it falls.

    An article that was accepted by this very quote, and of which no other stands, waits again. Undone twice, the first
    undoing holds. Raises ReviewError where the plan asks for approval and more than the person's own slip would go.
    """
    article = lock(annotation.revision.article)
    annotation = Annotation.objects.select_for_update(of=("self",)).select_related("evidence").get(pk=annotation.pk)
    only_their_own(by, annotation.plan)
    if annotation.undone_at is None:
        carries = Assessment.objects.standing().filter(ground=annotation.evidence).exists()
        if annotation.plan.asks_approval and (carries or annotation.created_by != by):
            raise ReviewError(
                _("This withdrawal needs somebody else’s approval: propose it on the page of the evidence.")
            )
        progress.withdraw(
            annotation.evidence, reason=reason or str(_("Recorded in error; undone by the reviewer.")), by=by
        )
        annotation.undone_at = timezone.now()
        annotation.save(update_fields=["undone_at"])
        others = Annotation.objects.filter(revision__article=article, undone_at=None)
        if article.decided_at == annotation.created_at and not others.exists():
            reopen(article, by)
    return annotation


@transaction.atomic
def restore_annotation(annotation: Annotation, by: User) -> Annotation:
    """Record anew a quote that was taken back, with the levels that rested on it, and return the new annotation.

    The record is append-only: the withdrawal stays, and the quote comes back as a new piece of evidence.
    """
    old = Annotation.objects.select_related("evidence", "revision__article__source").get(pk=annotation.pk)
    if old.undone_at is None:
        return old
    again = annotate(old.revision, old.start, old.end, by=by, **_as_recorded(old))
    _carry_levels(old, again, by)
    _carry_conversation(old, again)
    return again


def _as_recorded(annotation: Annotation) -> dict[str, Any]:
    """What `annotate` was told, beside text, place and person."""
    names = ("kind", "speaker", "plan", "pillar", "commitment", "note")
    glosses = {name: getattr(annotation.evidence, name) for name in ("gloss_en", "gloss_ar")}
    return {name: getattr(annotation, name) for name in names} | glosses


def _carry_levels(old: Annotation, new: Annotation, by: User) -> None:
    """What a side held because of the old quote it holds because of the new one."""
    if new.commitment is None or new.commitment != old.commitment:
        return
    for said in Assessment.objects.filter(ground=old.evidence, withdrawal=None).order_by("on", "pk"):
        approval.record_or_propose(
            Proposal.Kind.ASSESS,
            new.commitment,
            side=said.side,
            level=said.level,
            ground=new.evidence,
            on=said.on,
            note_en=said.note_en,
            note_ar=said.note_ar,
            by=by,
        )


def _carry_conversation(old: Annotation, new: Annotation) -> None:
    """What people said about the old quote, and who is to look at it, goes with the new one."""
    old.comments.update(annotation=new)
    new.assigned_to_id = old.assigned_to_id
    new.save(update_fields=["assigned_to"])
    Notice.objects.filter(annotation=old).update(annotation=new, key=f"quote:{new.pk}")


@transaction.atomic
def change_annotation(annotation: Annotation, by: User, **changes: Any) -> Annotation:
    """Record a quote otherwise (what `annotate` takes: place, kind, speaker, …) and return what holds now.

    A note alone is changed in place. For anything else the record is append-only: the old evidence is withdrawn as
    replaced, the new one recorded, and the levels that rested on it go with it while the commitment is the same.
    Raises what `undo_annotation` and `annotate` raise.
    """
    old = Annotation.objects.select_related("evidence", "revision__article__source").get(pk=annotation.pk)
    if old.undone_at is not None:
        raise ReviewError(_("This quote has been taken back."))
    before = _as_recorded(old) | {"start": old.start, "end": old.end}
    after = before | changes
    if after["commitment"] is not None and "pillar" not in changes:
        after["pillar"] = after["commitment"].pillar
    if after == before | {"note": after["note"]}:
        old.note = after["note"]
        old.save(update_fields=["note"])
        return old
    undo_annotation(old, by, reason=str(_("Recorded otherwise by the reviewer; a new piece of evidence replaces it.")))
    new = annotate(old.revision, by=by, **after)
    new.replaces = old
    new.save(update_fields=["replaces"])
    _carry_levels(old, new, by)
    _carry_conversation(old, new)
    return new


# ------------------------------------------------------------------ from a quote to a status


def sides_open_to(user: User, plan: Plan) -> list[str]:
    """Whose view this person may record: a focal point their own party's, others each side's and the assessor's."""
    if not user.has_perm("plans.add_assessment"):
        return []
    if user.party_id is None:
        return [Side.A, Side.B, ASSESSOR]
    return [side for side in (Side.A, Side.B) if plan.side(side).pk == user.party_id]


@transaction.atomic
def assess_from(
    annotation: Annotation,
    *,
    side: str,
    level: str,
    by: User,
    on: date | None = None,
    further: Iterable[Evidence] = (),
    note: str = "",
) -> Assessment | Proposal:
    """Record what a side («a», «b») or the assessor («») holds because of this quote, and return the assessment.

    Where the plan asks that somebody else approves it first, the proposal is returned.
    `on` is the day the quote was published unless given; `further` are quotes of other sources beside it.
    Raises ReviewError where the quote speaks of no commitment, NotTheirSide where the person may not speak for that
    side, Withdrawn where the quote was taken back.
    """
    if annotation.commitment is None:
        raise ReviewError(_("Only a commitment has a level: choose which one the quote speaks of."))
    if side not in sides_open_to(by, annotation.plan):
        raise NotTheirSide(_("You may record the view of your own party only."))
    in_arabic = language_of(note, "en") == "ar"
    # the button pressed twice is one assessment
    twice = Assessment.objects.standing().filter(
        commitment=annotation.commitment, side=side, level=level, ground=annotation.evidence, recorded_by=by
    )
    recorded = twice.first() or approval.record_or_propose(
        Proposal.Kind.ASSESS,
        annotation.commitment,
        side=side,
        level=level,
        ground=annotation.evidence,
        on=on or annotation.evidence.published_on,
        further=[piece for piece in further if piece != annotation.evidence],
        note_en="" if in_arabic else note,
        note_ar=note if in_arabic else "",
        by=by,
    )
    return cast("Assessment | Proposal", recorded)


@transaction.atomic
def annotate_and_assess(
    revision: Revision,
    start: int,
    end: int,
    *,
    by: User,
    side: str,
    level: str,
    on: date | None = None,
    further: Iterable[Evidence] = (),
    assess_note: str = "",
    contradiction: dict[str, Any] | None = None,
    replacing: Annotation | None = None,
    **said: Any,
) -> Annotation:
    """`annotate` with what is `said`, or `change_annotation` of the one it replaces; with a level `assess_from` too.

    Where the quote contradicts something, `disagreements.contradict`. All of it is recorded, or nothing.
    """
    if replacing is None:
        annotation = annotate(revision, start, end, by=by, **said)
    else:
        annotation = change_annotation(replacing, by, start=start, end=end, **said)
    if level:
        assess_from(annotation, side=side, level=level, by=by, on=on, further=further, note=assess_note)
    if contradiction:
        disagreements.contradict(annotation.evidence, by=by, **contradiction)
    return annotation
