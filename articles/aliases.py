"""Names that reviewers find in the press: proposed from a quote, seen by a second person, looked for in stored news.

An approved name is an Alias like any other. The stored news that have its words and still wait are then matched anew;
what is left to do stands in the database, so that a worker that was killed goes on, and two share the work. What a
person decided stays: decided articles are not looked at, and `keep_suggestions` leaves decided suggestions alone.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import indexing
from articles.lexicon import Lexicon, Name, load_lexicon
from articles.matching import Match, keep_suggestions, match
from articles.models import AliasProposal, Article, Aside, RematchDue, Rematching, Suggestion
from articles.search import COUNTED, Filters, newest_of, words_with
from plans.language import fold, tokens
from plans.language.analysis import query_terms
from plans.language.gazetteer import Form, Gazetteer
from plans.language.normalisation import normalise
from plans.language.queries import Both, Phrase, Query, Word
from plans.models import Alias, Party, Plan, Sector, User

log = logging.getLogger(__name__)

State = AliasProposal.State
APPROVES: Final = "articles.change_aliasproposal"
LOOKED_AT: Final = 40  # of the newest that have the words, for the preview
SHOWN: Final = 5
BATCH: Final = 25
SHORTEST: Final = 2  # letters
MOST_WORDS: Final = 10

Thing = Party | Plan | Sector


class AliasError(ValueError):
    """A name that cannot be proposed, or a proposal that cannot be decided; its message is for the person."""


class Decided(AliasError):
    """It no longer waits."""


class NotTheirsToDecide(AliasError):
    """Somebody else must approve what you proposed."""


# ------------------------------------------------------------------ which news have the name


def query_of(text: str, language: str) -> Query:
    """What asks search for all words of a name, in any order and inflection: a superset of where the name stands."""
    parts: list[Phrase] = []
    for piece in text.split():
        for token in tokens(fold(piece.replace("*", " "))):
            known = words_with(token.text) if piece.endswith("*") else []
            terms = dict.fromkeys([*query_terms(token.text, language), *known])
            parts.append(Phrase((Word(token.text, tuple(terms)),)))
    return Query(text, Both(tuple(parts)))


@dataclass(frozen=True)
class Preview:
    """What a name would do: how many waiting articles have its words; of the newest, which it would newly match."""

    found: int
    is_whole: bool  # whether no more than `found` have its words
    looked: int
    stands: int  # of those looked at, in how many the name stands as it is written
    new: list[Article]

    @property
    def examples(self) -> list[Article]:
        return self.new[:SHOWN]

    def as_dict(self) -> dict[str, Any]:
        counts = {"found": self.found, "is_whole": self.is_whole, "looked": self.looked, "stands": self.stands}
        return {**counts, "new": len(self.new)}


def preview(name: Name, by: User) -> Preview:
    """How many stored articles a name would newly match: looked up in search, tried on the newest. Raises TooSlow."""
    rows = newest_of(query_of(name.text, name.language), Filters(kind="article", state="waiting"), by, most=COUNTED + 1)
    keys = [row.thing for row in rows[:LOOKED_AT]]
    articles = Article.objects.filter(pk__in=keys).select_related("revision", "source").order_by("-listed_at", "-pk")
    lexicon = load_lexicon()
    more = replace(lexicon, names=(*lexicon.names, name))
    only = Gazetteer([Form(name.text, name.language, name.exact_case)])
    stands, new = 0, []
    for article in articles:
        if not _stands_in(article, only, name.language):
            continue
        stands += 1
        before, after = (_said(_matched(article, one)) for one in (lexicon, more))
        if after - before:
            new.append(article)
    return Preview(min(len(rows), COUNTED), len(rows) <= COUNTED, len(articles), stands, new)


def _parts(article: Article) -> tuple[str, str]:
    revision = article.revision
    return (revision.title, revision.text) if revision else (article.title, "")


def _matched(article: Article, lexicon: Lexicon) -> Match:
    title, text = _parts(article)
    return match(text, title, article.language or None, lexicon=lexicon)


def _stands_in(article: Article, only: Gazetteer, language: str) -> bool:
    for part in _parts(article):
        folded = normalise(part)
        if only.find(part, folded, tokens(folded.text), frozenset({language})):
            return True
    return False


def _said(found: Match) -> set[tuple[str, str]]:
    """What a match comes to, to be compared with another; a side named alone is no match."""
    said = {("plan", one.plan) for one in found.plans} | {("pillar", one.pillar) for one in found.pillars}
    said |= {("member", f"{one.plan} {one.party}") for one in found.members}
    return said | {("member's pillar", one.pillar) for one in found.member_pillars}


# ------------------------------------------------------------------ proposing


def name_of(text: str, language: str, kind: str, thing: Thing, *, exact_case: bool = False) -> Name:
    """The name as the matching would know it. Raises AliasError where it is none."""
    text = " ".join(text.split())
    words = tokens(fold(text.replace("*", " ")))
    if len("".join(word.text for word in words)) < SHORTEST:
        raise AliasError(_("A name has two letters at least."))
    if len(words) > MOST_WORDS or len(text) > 200:
        raise AliasError(_("This is a sentence rather than a name: keep the words that name it."))
    named = {"party": "", "plan": "", "sector": ""} | {str(thing._meta.model_name): thing.slug}
    return Name(text, language, kind, exact_case, **named)


def _is_known(name: Name) -> bool:
    return any(
        one.folded == name.folded
        and one.language == name.language
        and (one.party, one.plan, one.sector) == (name.party, name.plan, name.sector)
        for one in load_lexicon().names
    )


@transaction.atomic
def propose(
    text: str,
    *,
    language: str,
    kind: str,
    thing: Thing,
    by: User,
    exact_case: bool = False,
    article: Article | None = None,
    seen: Preview | None = None,
) -> AliasProposal:
    """Keep a name until a second person decides, and return the proposal; the same twice is one.

    Raises AliasError where it is no name or is known already.
    """
    name = name_of(text, language, kind, thing, exact_case=exact_case)
    if kind not in Alias.Kind.values or kind == Alias.Kind.FALSE_FRIEND:
        raise AliasError(_("Choose what kind of name it is."))
    if _is_known(name):
        raise AliasError(_("This name is known already."))
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # twice at once by one person
    said = {"text": name.text, "language": language, str(thing._meta.model_name): thing}
    waiting = AliasProposal.objects.filter(state=State.WAITING, **said).first()
    return waiting or AliasProposal.objects.create(
        **said,
        kind=kind,
        exact_case=exact_case,
        article=article,
        proposed_by=by,
        preview=seen.as_dict() if seen else {},
    )


# ------------------------------------------------------------------ deciding


def for_lists(proposals: QuerySet[AliasProposal]) -> QuerySet[AliasProposal]:
    """With what a page shows of each."""
    return proposals.select_related(
        "party", "plan__side_a", "plan__side_b", "sector", "article", "proposed_by", "decided_by"
    )


def _lock(proposal: AliasProposal, by: User) -> AliasProposal:
    found = AliasProposal.objects.select_for_update(of=("self",), no_key=True)
    locked = found.select_related("party", "plan", "sector").get(pk=proposal.pk)
    if locked.state != State.WAITING:
        raise Decided(_("Somebody has decided this meanwhile."))
    if locked.proposed_by_id == by.pk:
        raise NotTheirsToDecide(_("Somebody else must approve what you proposed."))
    return locked


def _decide(proposal: AliasProposal, state: str, by: User, note: str) -> AliasProposal:
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.note = state, by, timezone.now(), note
    proposal.save(update_fields=["state", "decided_by", "decided_at", "note"])
    return proposal


@transaction.atomic
def accept(proposal: AliasProposal, *, by: User) -> Rematching:
    """Make the alias, and ask for the stored news to be matched anew; return that work.

    Raises NotTheirsToDecide for one's own, Decided where it no longer waits, AliasError where the name came in
    another way meanwhile.
    """
    proposal = _lock(proposal, by)
    thing = proposal.thing
    if _is_known(name_of(proposal.text, proposal.language, proposal.kind, thing)):
        raise AliasError(_("This name is known by now. Return the proposal."))
    alias = Alias.objects.create(
        text=proposal.text,
        language=proposal.language,
        kind=proposal.kind,
        exact_case=proposal.exact_case,
        origin=Alias.Origin.STAFF,
        **{str(thing._meta.model_name): thing},
    )
    _decide(proposal, State.ACCEPTED, by, "")
    return Rematching.objects.create(alias=alias)


@transaction.atomic
def give_back(proposal: AliasProposal, *, by: User, note: str) -> AliasProposal:
    """Return a proposal with a note to who made it.

    Raises AliasError without a note, NotTheirsToDecide for one's own, Decided where it no longer waits.
    """
    proposal = _lock(proposal, by)
    if not note.strip():
        raise AliasError(_("Say what is missing."))
    return _decide(proposal, State.RETURNED, by, note.strip())


# ------------------------------------------------------------------ matching anew


def go_on(rematching: Rematching) -> bool:
    """Take the next step of a rematching: list what is to be looked at, or look at some of it. Whether any is left."""
    if rematching.begun_at is None:
        _begin(rematching)
    with transaction.atomic():
        due = rematching.due.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:BATCH]
        keys = {one.pk: one.article_id for one in due}
        changed = _match_anew(list(keys.values())) if keys else 0
        RematchDue.objects.filter(pk__in=keys).delete()
        Rematching.objects.filter(pk=rematching.pk).update(
            looked=F("looked") + len(keys), changed=F("changed") + changed
        )
    if keys:
        return True
    if not rematching.due.exists():  # else another worker has the last ones in hand, and finishes it
        Rematching.objects.filter(pk=rematching.pk, finished_at=None).update(finished_at=timezone.now())
    return False


def _begin(rematching: Rematching) -> None:
    """List the waiting articles that have the words of the alias. Done twice, it is done once."""
    indexing.catch_up()
    with transaction.atomic(), connection.cursor() as cursor:
        locked = Rematching.objects.select_for_update(of=("self",)).select_related("alias").get(pk=rematching.pk)
        if locked.begun_at is None:
            question = query_of(locked.alias.text, locked.alias.language).tsquery
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                "INSERT INTO articles_rematchdue (rematching_id, article_id)"
                " SELECT %s, thing FROM articles_finding JOIN articles_article ON articles_article.id = thing"
                " WHERE terms @@ %s::tsquery AND articles_article.state = 'waiting' ORDER BY at DESC",
                [locked.pk, f"{question} & 'kind:article'"],
            )
            locked.total = cursor.rowcount
            cursor.execute("SET LOCAL enable_seqscan = on")
            locked.begun_at = timezone.now()
            locked.save(update_fields=["total", "begun_at"])
    rematching.refresh_from_db()


def _match_anew(keys: list[int]) -> int:
    """Match these articles anew, those that nobody has decided about; return how many have something new."""
    waiting = Article.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys, state="waiting")
    articles = list(waiting.select_related("revision").order_by("pk"))
    lexicon = load_lexicon()
    found = []
    for article in articles:
        try:
            found.append((article, _matched(article, lexicon)))
        except Exception:  # one text that breaks the matching must not hold up the others
            log.exception("Article %s could not be matched anew.", article.pk)
    before = _suggested(keys)
    keep_suggestions(found)
    return len({article for article, *_what in _suggested(keys) - before})


def _suggested(keys: list[int]) -> set[tuple[Any, ...]]:
    suggestions = Suggestion.objects.filter(article__in=keys).values_list("article", "plan", "sector")
    asides = Aside.objects.filter(article__in=keys, plan__isnull=False).values_list("article", "plan", "party")
    return {(*row, "") for row in suggestions} | {(*row, "aside") for row in asides}


def rematch_all() -> int:
    """Finish every rematching that is asked for; return how many were open."""
    waiting = list(Rematching.objects.filter(finished_at=None).order_by("asked_at", "pk"))
    for rematching in waiting:
        while go_on(rematching):
            pass
    return len(waiting)
