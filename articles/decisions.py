"""The log of what people decide about suggestions, each with what it rested on: to learn weights from, one day.

A suggestion is written over when its article changes or is matched anew; a line of this log never is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from articles.models import Aside, Decision, Suggestion
from plans.models import User

Action = Decision.Action


def _concept(feature: str, one: Suggestion | Aside) -> str:
    """Which of our things a reason names: «party:aze», «plan:gcc-aze», «sector:energy»; empty where none."""
    if feature == "area" and isinstance(one, Suggestion) and one.sector is not None:
        return f"sector:{one.sector.slug}"
    if feature == "named" and isinstance(one, Aside):
        return f"party:{one.party.slug}"
    if one.plan is None:
        return ""
    if feature == "plan":
        return f"plan:{one.plan.slug}"
    if feature in ("side-a", "side-b"):
        if isinstance(one, Aside) and feature == "side-a":
            return f"party:{one.party.slug}"
        sides = (one.plan.side_a, one.plan.side_b)
        bloc_first = sides if sides[0].kind == "bloc" or sides[1].kind != "bloc" else sides[::-1]
        return f"party:{bloc_first[feature == 'side-b'].slug}"
    return ""


def keep(decided: Iterable[Suggestion | Aside], action: str, by: User | None, at: datetime) -> None:
    """Log one decision about these. In the caller's transaction, before anything is written over."""
    Decision.objects.bulk_create(
        Decision(
            action=action,
            article_id=one.article_id,
            revision_id=one.revision_id,
            plan_id=one.plan_id,
            sector_id=one.sector_id if isinstance(one, Suggestion) else None,
            party_id=one.party_id if isinstance(one, Aside) else None,
            was_suggested=bool(one.reasons),
            score=one.score,
            features=[{**reason, "concept": _concept(reason["feature"], one)} for reason in one.reasons],
            by=by,
            at=at,
        )
        for one in decided
    )


def lines(since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Every decision in its order, as an object of plain values. People are not named: the log is for learning."""
    found = Decision.objects.select_related("plan", "sector", "party", "article")
    if since is not None:
        found = found.filter(at__gte=since)
    for one in found.order_by("at", "pk").iterator(chunk_size=1000):
        yield {
            "at": one.at.isoformat(),
            "decision": one.action,
            "article": one.article_id,
            "revision": one.revision_id,
            "language": one.article.language,
            "plan": one.plan.slug if one.plan else None,
            "pillar": one.sector.slug if one.sector else None,
            "party": one.party.slug if one.party else None,
            "was_suggested": one.was_suggested,
            "score": one.score,
            "features": one.features,
        }
