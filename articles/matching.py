"""What an article is about: which plans and which areas of cooperation, with the very words that speak for it.

`articles.lexicon` holds the names, `articles.mentions` finds them, `articles.weighing` says what they amount to. Every
suggestion carries the spans it rests on, as offsets into the title or the text as given.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from articles.lexicon import Lexicon, load_lexicon
from articles.mentions import read
from articles.models import Article, Aside, Suggestion
from articles.queue import weigh_these
from articles.weighing import (
    PILLAR_THRESHOLD,
    THRESHOLD,
    MemberSuggestion,
    PillarSuggestion,
    PlanSuggestion,
    Reason,
    Weighing,
)
from plans import bulk
from plans.language import detect
from plans.models import Party, Plan, Sector


@dataclass(frozen=True, slots=True)
class Match:
    """Suggestions, best first."""

    language: str
    plans: list[PlanSuggestion]
    pillars: list[PillarSuggestion]
    members: list[MemberSuggestion] = field(default_factory=list)
    member_pillars: list[PillarSuggestion] = field(default_factory=list)  # areas of what members do with partners
    sides: dict[str, list[Reason]] = field(default_factory=dict)  # parties of the plans, and members, that it names


def match(
    text: str, title: str = "", lang: str | None = None, *, lexicon: Lexicon, below_threshold: bool = False
) -> Match:
    """Return which plans and areas a text concerns.

    Only what reaches the threshold, unless `below_threshold`; areas only where a plan is suggested, as they are those
    of its cooperation. `lang` is an ISO 639-1 code; without one the language is detected.
    """
    language = lang or detect(f"{title}\n{text}")
    weighing = Weighing(read(title, text, language, lexicon), language, lexicon)
    plans = weighing.plans()
    suggested = [suggestion for suggestion in plans if suggestion.score >= THRESHOLD]
    if below_threshold:
        return Match(language, plans, weighing.pillars(suggested or plans[:1]))
    members = [suggestion for suggestion in weighing.members(suggested) if suggestion.score >= THRESHOLD]
    return Match(
        language,
        suggested,
        [one for one in weighing.pillars(suggested) if one.score >= PILLAR_THRESHOLD] if suggested else [],
        members,
        [one for one in weighing.pillars((), members) if one.score >= PILLAR_THRESHOLD] if members else [],
        weighing.sides(),
    )


def suggest(article: Article) -> list[Suggestion]:
    """Store what the article's current text suggests, and return it; the queue's score is the best plan's.

    What a reviewer decided stays as it was. Run again on the same text it changes nothing.
    """
    revision = article.revision
    title, text = (revision.title, revision.text) if revision else (article.title, "")
    return keep_suggestions([(article, match(text, title, article.language or None, lexicon=load_lexicon()))])


@transaction.atomic
def keep_suggestions(found: Sequence[tuple[Article, Match]]) -> list[Suggestion]:
    """Store what the current texts of articles suggest, as `suggest` does of one, with few questions for all."""
    known: dict[int, list[Suggestion]] = defaultdict(list)
    for suggestion in Suggestion.objects.filter(
        article__in=[article.pk for article, _match in found]
    ).select_for_update():
        known[suggestion.article_id].append(suggestion)
    named = {one.plan for _article, told in found for one in told.plans}
    plans = Plan.objects.in_bulk(named, field_name="slug") if named else {}
    areas = {one.pillar for _article, told in found for one in told.pillars}
    sectors = Sector.objects.in_bulk(areas, field_name="slug") if areas else {}
    beside = _keep_asides(found)
    kept, made, changed, weighed = [], [], [], []
    for article, told in found:
        fresh: dict[tuple[int | None, int | None], PlanSuggestion | PillarSuggestion] = {
            (plans[one.plan].pk, None): one for one in told.plans if one.plan in plans
        }
        fresh.update({(None, sectors[one.pillar].pk): one for one in told.pillars if one.pillar in sectors})
        current = []
        for suggestion in known[article.pk]:
            one = fresh.pop((suggestion.plan_id, suggestion.sector_id), None)
            if suggestion.state == Suggestion.State.OPEN:
                if one is None:
                    suggestion.delete()
                    continue
                suggestion.score, suggestion.revision_id = one.score, article.revision_id
                suggestion.reasons = [reason.as_dict() for reason in one.reasons]
                suggestion.save(update_fields=["score", "reasons", "revision"])
            current.append(suggestion)
        for (plan, sector), one in fresh.items():
            reasons = [reason.as_dict() for reason in one.reasons]
            made.append(
                Suggestion(
                    article=article,
                    plan_id=plan,
                    sector_id=sector,
                    score=one.score,
                    revision_id=article.revision_id,
                    reasons=reasons,
                )
            )
            current.append(made[-1])
        score = max((one.score for one in current if one.plan_id), default=0.0)
        if (score, beside[article.pk]) != (article.score, article.beside):
            article.score, article.beside = score, beside[article.pk]
            changed.append(article)
        if score:
            weighed.append(article.pk)
        kept += current
    bulk.insert(made)
    bulk.update(changed, "score", "beside")
    weigh_these(weighed)
    return kept


def _keep_asides(found: Sequence[tuple[Article, Match]]) -> dict[int, Article.Beside]:
    """Write anew what texts say beside the plans, and return which queue that puts each article in."""
    Aside.objects.filter(article__in=[article.pk for article, _told in found]).delete()
    told = [one for _article, one in found if not one.plans]
    slugs = {member.plan for one in told for member in one.members}
    plans = Plan.objects.in_bulk(slugs, field_name="slug") if slugs else {}
    named = {party for one in told for party in one.sides} | {member.party for one in told for member in one.members}
    parties = Party.objects.in_bulk(named, field_name="slug") if named else {}
    beside: dict[int, Article.Beside] = {}
    made = []
    for article, one in found:
        beside[article.pk] = Article.Beside.NOTHING
        if one.plans:
            continue
        areas = [area.pillar for area in one.member_pillars]
        rows: list[tuple[Plan | None, str, float, list[Reason], Article.Beside]] = [
            (plans[member.plan], member.party, member.score, member.reasons, Article.Beside.MEMBERS)
            for member in one.members
            if member.plan in plans
        ] or [
            (None, party, max(reason.weight for reason in reasons), reasons, Article.Beside.ONE_SIDE)
            for party, reasons in one.sides.items()
        ]
        for plan, party, score, reasons, queue in rows:
            if party not in parties:
                continue
            beside[article.pk] = queue
            made.append(
                Aside(
                    article=article,
                    plan=plan,
                    party=parties[party],
                    sectors=areas if plan else [],
                    score=score,
                    reasons=[reason.as_dict() for reason in reasons],
                    revision_id=article.revision_id,
                )
            )
    bulk.insert(made)
    return beside
