"""What a person does with news beside the plans: raise it to a plan, or dismiss it. Both are the review's decisions."""

from articles import review
from articles.models import Article, Aside
from plans.models import Plan, Sector, User


def raise_to_plan(article: Article, plan: Plan, by: User | None) -> Article:
    """Accept the article for the plan, with the areas the text names, so that evidence may be quoted from it.

    Undone by `review.reopen`. Raises ReviewError where somebody decided about it, or the plan is not this person's.
    """
    review.only_their_own(by, plan)
    slugs = {slug for aside in Aside.objects.filter(article=article) for slug in aside.sectors}
    return review.accept(article, [plan], Sector.objects.filter(slug__in=slugs), by, seen=str(Article.State.WAITING))


def dismiss(article: Article, by: User | None) -> Article:
    """Record that the article concerns no plan. Raises DecidedMeanwhile."""
    return review.dismiss(article, by, seen=str(Article.State.WAITING))
