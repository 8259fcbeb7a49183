"""What an article is about: which plans and which areas of cooperation, with the very words that speak for it.

`articles.lexicon` holds the names, `articles.mentions` finds them, `articles.weighing` says what they amount to. Every
suggestion carries the spans it rests on, as offsets into the title or the text as given.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from articles.lexicon import Lexicon, load_lexicon
from articles.mentions import read
from articles.models import Article, Suggestion
from articles.queue import weigh
from articles.weighing import PILLAR_THRESHOLD, THRESHOLD, PillarSuggestion, PlanSuggestion, Weighing
from plans.language import detect
from plans.models import Plan, Sector


@dataclass(frozen=True, slots=True)
class Match:
    """Suggestions, best first."""

    language: str
    plans: list[PlanSuggestion]
    pillars: list[PillarSuggestion]


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
    pillars = weighing.pillars(suggested) if suggested else []
    return Match(language, suggested, [suggestion for suggestion in pillars if suggestion.score >= PILLAR_THRESHOLD])


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
    kept, made, weighed = [], [], []
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
        if score != article.score:
            article.score = score
            article.save(update_fields=["score"])
        if score:
            weighed.append(article.pk)
        kept += current
    Suggestion.objects.bulk_create(made)
    if weighed:
        weigh(Article.objects.filter(pk__in=weighed))
    return kept
