"""The log of decisions: what was decided about each suggestion, and what it rested on at that time."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from articles import asides, review
from articles.matching import suggest
from articles.models import Article, Decision
from plans.models import Membership, Plan, Sector, User
from tests.articles.conftest import add_revision, make_article, make_source
from tests.plans.conftest import make_party

pytestmark = pytest.mark.django_db

TEXT = "The Gulf Cooperation Council and Azerbaijan signed a memorandum on energy."


@pytest.fixture
def article(plan: Plan) -> Article:
    Sector.objects.create(slug="energy", name_en="Energy", name_ar="الطاقة")
    one = make_article(make_source(), "", TEXT, language="en")
    suggest(one)
    return one


def printed(**options: str) -> list[dict[str, object]]:
    out = StringIO()
    call_command("decisions", stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_accepted_suggestion_is_kept_with_its_score_the_weights_and_what_each_span_names(
    article: Article, plan: Plan, reviewer: User
) -> None:
    suggestion = article.suggestions.get(plan=plan)
    review.accept(article, [plan], [], reviewer)
    (line,) = [one for one in printed() if one["plan"]]

    assert (line["decision"], line["plan"], line["score"]) == ("accept", "gcc-aze", suggestion.score)
    assert line["was_suggested"] is True
    named = {(one["quote"], one["concept"]) for one in line["features"]}  # type: ignore[attr-defined]
    assert named >= {("Gulf Cooperation Council", "party:gcc"), ("Azerbaijan", "party:aze")}
    assert all(0 < one["weight"] <= 1 for one in line["features"])  # type: ignore[attr-defined]


def test_what_is_dismissed_with_it_is_kept_too(article: Article, plan: Plan, reviewer: User) -> None:
    review.accept(article, [plan], [], reviewer)
    (line,) = [one for one in printed() if one["pillar"]]

    assert (line["decision"], line["pillar"]) == ("dismiss", "energy")
    assert {one["concept"] for one in line["features"]} == {"sector:energy"}  # type: ignore[attr-defined]


def test_a_plan_that_only_the_reviewer_named_is_told_apart(article: Article, plan: Plan, reviewer: User) -> None:
    article.suggestions.all().delete()
    review.accept(article, [plan], [], reviewer)

    assert [(one["was_suggested"], one["features"]) for one in printed()] == [(False, [])]


def test_a_line_stays_as_it_was_when_the_text_changes_or_the_decision_is_taken_back(
    article: Article, plan: Plan, reviewer: User
) -> None:
    suggestion = article.suggestions.get(plan=plan)
    review.dismiss_suggestion(suggestion, reviewer)
    before = printed()
    review.reopen_suggestion(suggestion, reviewer)
    add_revision(article, "Nothing of the kind.")
    article.refresh_from_db()
    suggest(article)

    assert not article.suggestions.exists()
    assert printed()[0] == before[0]
    assert [one["decision"] for one in printed()] == ["dismiss", "reopen"]


def test_the_same_decision_twice_is_one_line(article: Article, plan: Plan, reviewer: User) -> None:
    suggestion = article.suggestions.get(plan=plan)
    review.accept_suggestion(suggestion, reviewer)
    review.accept_suggestion(suggestion, reviewer)

    assert len(printed()) == 1


def test_members_news_raised_and_members_news_dismissed_are_kept_with_the_member(plan: Plan, reviewer: User) -> None:
    Membership.objects.create(bloc=plan.side_a if plan.side_a.kind == "bloc" else plan.side_b, member=make_party("sau"))
    source = make_source()
    raised, dismissed = (
        make_article(source, str(n), "Saudi Arabia and Azerbaijan signed a memorandum.", language="en")
        for n in range(2)
    )
    for one in (raised, dismissed):
        suggest(one)
    asides.raise_to_plan(raised, plan, reviewer)
    asides.dismiss(dismissed, reviewer)

    told = {one["decision"]: one for one in printed() if one["party"]}
    assert told.keys() == {"raise", "dismiss"}
    assert {one["concept"] for one in told["raise"]["features"]} >= {"party:sau", "party:aze"}  # type: ignore[attr-defined]


def test_the_export_names_no_person_and_begins_at_a_day(article: Article, plan: Plan, reviewer: User) -> None:
    review.dismiss(article, reviewer)

    assert all(reviewer.username not in json.dumps(one) for one in printed())
    assert Decision.objects.filter(by=reviewer).exists()
    assert printed(since="2999-01-01") == []
    with pytest.raises(CommandError, match="a day is wanted"):
        call_command("decisions", since="soon")
