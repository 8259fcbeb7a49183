"""What an article is about: which plans and which areas of cooperation, with the very words that speak for it.

`articles.lexicon` holds the names, `articles.mentions` finds them, `articles.weighing` says what they amount to. Every
suggestion carries the spans it rests on, as offsets into the title or the text as given.
"""

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


@transaction.atomic
def suggest(article: Article) -> list[Suggestion]:
    """Store what the article's current text suggests, and return it; the queue's score is the best plan's.

    What a reviewer decided stays as it was. Run again on the same text it changes nothing.
    """
    revision = article.revision
    title, text = (revision.title, revision.text) if revision else (article.title, "")
    found = match(text, title, article.language or None, lexicon=load_lexicon())
    plans = Plan.objects.in_bulk([one.plan for one in found.plans], field_name="slug")
    sectors = Sector.objects.in_bulk([one.pillar for one in found.pillars], field_name="slug")
    fresh: dict[tuple[int | None, int | None], PlanSuggestion | PillarSuggestion] = {
        (plans[one.plan].pk, None): one for one in found.plans if one.plan in plans
    }
    fresh.update({(None, sectors[one.pillar].pk): one for one in found.pillars if one.pillar in sectors})
    suggestions = []
    for suggestion in article.suggestions.select_for_update():
        one = fresh.pop((suggestion.plan_id, suggestion.sector_id), None)
        if suggestion.state == Suggestion.State.OPEN:
            if one is None:
                suggestion.delete()
                continue
            suggestion.score, suggestion.revision = one.score, revision
            suggestion.reasons = [reason.as_dict() for reason in one.reasons]
            suggestion.save(update_fields=["score", "reasons", "revision"])
        suggestions.append(suggestion)
    suggestions += Suggestion.objects.bulk_create(
        Suggestion(
            article=article,
            plan_id=plan,
            sector_id=sector,
            score=one.score,
            revision=revision,
            reasons=[reason.as_dict() for reason in one.reasons],
        )
        for (plan, sector), one in fresh.items()
    )
    article.score = max((one.score for one in suggestions if one.plan_id), default=0.0)
    article.save(update_fields=["score"])
    weigh(Article.objects.filter(pk=article.pk))
    return suggestions
