"""What texts suggest, by which words, and what of it is stored."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from articles.lexicon import load_lexicon, seeded_lexicon
from articles.matching import Match, match, suggest
from articles.models import Article, Suggestion
from articles.weighing import PILLAR_THRESHOLD, THRESHOLD
from plans.models import Alias, Membership, Party, Plan, Sector
from tests.articles.conftest import add_revision, make_article, make_source
from tests.plans.conftest import make_party, make_plan

TEXTS: list[dict[str, Any]] = [
    {**text, "lang": path.stem}
    for path in sorted((Path(__file__).parent / "matching").glob("*.yaml"))
    for text in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def matched(text: str, title: str = "", lang: str | None = None) -> Match:
    return match(text, title, lang, lexicon=seeded_lexicon())


# ------------------------------------------------------------------ the regression set
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text["id"])
def test_text_suggests_exactly_its_plans_and_areas(text: dict[str, Any]) -> None:
    found = matched(text["text"], text.get("title", ""))

    assert {one.plan for one in found.plans} == set(text["plans"]), text["why"]
    if "pillars" in text or not text["plans"]:
        assert {one.pillar for one in found.pillars} == set(text.get("pillars", [])), text["why"]


@pytest.mark.parametrize("text", [text for text in TEXTS if text["plans"]], ids=lambda text: text["id"])
def test_reasons_quote_the_text_as_given(text: dict[str, Any]) -> None:
    title, body = text.get("title", ""), text["text"]
    found = matched(body, title)

    for reasons in [one.reasons for one in found.plans] + [one.reasons for one in found.pillars]:
        assert reasons
        for reason in reasons:
            assert (title if reason.in_title else body)[reason.start : reason.end] == reason.quote
            assert reason.quote.strip() == reason.quote != ""


def test_every_text_of_the_set_has_a_name_of_its_own() -> None:
    assert len({text["id"] for text in TEXTS}) == len(TEXTS) >= 150


def test_language_is_told_for_every_text_of_the_set() -> None:
    wrong = {
        text["id"]: found
        for text in TEXTS
        if (found := matched(text["text"], text.get("title", "")).language) != text["lang"]
    }
    assert wrong == {}


def test_plan_that_leads_comes_first() -> None:
    found = match(
        "The GCC and Japan signed a joint action plan in Tokyo. The GCC Secretary General met Uzbekistan's ambassador.",
        lexicon=seeded_lexicon(),
        below_threshold=True,
    )
    assert [one.plan for one in found.plans][:2] == ["gcc-jpn", "gcc-uzb"]
    assert [one.score for one in found.plans] == sorted((one.score for one in found.plans), reverse=True)


def test_only_what_reaches_the_threshold_is_suggested() -> None:
    text = "GCC and Azerbaijan discuss trade. Elsewhere, Japan's parliament debated the media law."
    found, all_of_it = matched(text), match(text, lexicon=seeded_lexicon(), below_threshold=True)

    assert all(one.score >= THRESHOLD for one in found.plans)
    assert all(one.score >= PILLAR_THRESHOLD for one in found.pillars)
    assert len(all_of_it.plans) > len(found.plans)


def test_areas_are_those_of_a_suggested_plan() -> None:
    assert matched("Saudi Arabia and Oman discuss trade, energy and education.").pillars == []


@pytest.mark.parametrize("text", ["", " \n", "٣", "—", "😀", "\ud800"])
def test_text_without_words_suggests_nothing(text: str) -> None:
    found = matched(text)
    assert (found.plans, found.pillars) == ([], [])


pieces = st.sampled_from(
    [
        *("GCC", "Azerbaijan", "مجلس التعاون", "أذربيجان", "Körfəz Əməkdaşlıq Şurası", "ССАГПЗ", "Азербайджан"),
        *("joint action plan", "خطة العمل", "Baku", "باكو", "trade", "Read also:"),
        *(" - ", ": ", "\n", ". ", "، ", "و", "\u200f"),
    ]
)


@given(st.lists(pieces | st.text(max_size=8), max_size=12).map("".join), st.text(max_size=30))
def test_any_text_is_read_and_quoted_truly(text: str, title: str) -> None:
    for suggestion in matched(text, title).plans:
        assert 0 <= suggestion.score <= 1
        for reason in suggestion.reasons:
            assert (title if reason.in_title else text)[reason.start : reason.end] == reason.quote


@pytest.mark.parametrize("text", ["GCC and Japan, India ", "مجلس التعاون ", "GCC-", ". ", "| ", "(", "\u064b"])
def test_endless_text_is_read_as_far_as_an_article_goes(text: str) -> None:
    """Were the time to grow with the square of the length, this would not end."""
    assert all(one.score <= 1 for one in matched(text * 60_000).plans)


# ------------------------------------------------------------------ what is known
@pytest.mark.django_db
def test_empty_database_knows_what_the_seeds_know() -> None:
    assert load_lexicon() == seeded_lexicon()


@pytest.mark.django_db
def test_names_of_the_database_are_known_instead_of_the_seeds() -> None:
    party = make_party("gcc", kind="bloc")
    Alias.objects.create(text="Sixfold League", language="en", kind="name", party=party)

    assert [name.text for name in load_lexicon().names] == ["Sixfold League"]


@pytest.mark.django_db
def test_the_bloc_comes_first_in_whichever_order_a_plan_was_entered() -> None:
    gcc, aze, qat = make_party("gcc", kind="bloc"), make_party("aze"), make_party("qat")
    Membership.objects.create(bloc=gcc, member=qat)
    make_plan("aze-gcc", aze, gcc)

    assert load_lexicon().sides["aze-gcc"] == ("gcc", "aze")


@pytest.mark.django_db
def test_former_members_are_not_members() -> None:
    gcc, qat, yem = make_party("gcc", kind="bloc"), make_party("qat"), make_party("yem")
    Membership.objects.create(bloc=gcc, member=qat)
    Membership.objects.create(bloc=gcc, member=yem, since="2000-01-01", until="2005-01-01")

    assert load_lexicon().members == {"gcc": {"qat"}}


# ------------------------------------------------------------------ what is stored
@pytest.fixture
def trade(db: None) -> Sector:
    return Sector.objects.create(slug="trade", name_en="Trade", name_ar="التجارة")


@pytest.fixture
def wired(plan: Plan, trade: Sector) -> Article:
    """An article on the plan, its text read."""
    return make_article(
        make_source(), "GCC and Azerbaijan meet", "The GCC and Azerbaijan discussed trade in Riyadh.", language="en"
    )


def stored(article: Article) -> dict[str, float]:
    return {
        (one.plan or one.sector).slug: one.score  # type: ignore[union-attr]  # one of both, by constraint
        for one in article.suggestions.select_related("plan", "sector")
    }


def test_suggestions_are_stored_with_their_reasons_and_the_text_they_were_read_from(wired: Article) -> None:
    suggest(wired)

    assert stored(wired).keys() == {"gcc-aze", "trade"}
    of_trade = wired.suggestions.get(sector__slug="trade")
    assert of_trade.revision == wired.revision
    assert {"quote": "trade", "start": 33, "end": 38}.items() <= of_trade.reasons[0].items()


def test_queue_is_sorted_by_the_best_plan(wired: Article) -> None:
    suggest(wired)
    wired.refresh_from_db()

    assert wired.score == wired.suggestions.get(plan__slug="gcc-aze").score > THRESHOLD


def test_suggesting_again_changes_nothing(wired: Article) -> None:
    suggest(wired)
    before = list(wired.suggestions.values())
    suggest(wired)

    assert list(wired.suggestions.values()) == before


def test_decided_suggestions_stay_when_the_text_says_otherwise(wired: Article) -> None:
    suggest(wired)
    wired.suggestions.filter(plan__isnull=False).update(state=Suggestion.State.ACCEPTED)
    wired.suggestions.filter(sector__isnull=False).update(state=Suggestion.State.DISMISSED)
    decided = list(wired.suggestions.values())
    add_revision(wired, "The weather in Baku stays fine.")
    suggest(wired)

    assert list(wired.suggestions.values()) == decided


def test_open_suggestions_follow_the_text(wired: Article) -> None:
    suggest(wired)
    wired.title = "Weather"
    add_revision(wired, "The weather in Baku stays fine.")
    suggest(wired)
    wired.refresh_from_db()

    assert stored(wired) == {}
    assert wired.score == 0


def test_changed_text_gives_its_open_suggestion_new_reasons(wired: Article) -> None:
    suggest(wired)
    kept = wired.suggestions.get(plan__slug="gcc-aze")
    add_revision(wired, "Azerbaijan and the GCC met again.")
    suggest(wired)
    kept.refresh_from_db()

    assert kept.revision == wired.revision
    assert {reason["quote"] for reason in kept.reasons} >= {"Azerbaijan", "GCC"}


def test_new_name_counts_from_the_next_article_on(wired: Article, trade: Sector) -> None:
    gcc, aze = Party.objects.get(slug="gcc"), Party.objects.get(slug="aze")
    Alias.objects.create(text="GCC", language="en", kind="acronym", exact_case=True, party=gcc)
    name = Alias.objects.create(text="Land of Fire", language="en", kind="name", party=aze)
    article = make_article(wired.source, "News", "The GCC and the Odlar Yurdu agreed on a summit.", language="en")

    suggest(article)
    assert stored(article) == {}

    name.text = "Odlar Yurdu"
    name.save()
    suggest(article)
    assert stored(article).keys() == {"gcc-aze"}


def test_article_without_text_is_matched_by_its_title(plan: Plan) -> None:
    article = make_article(make_source(), "GCC and Azerbaijan sign a memorandum", text="", language="en")
    suggest(article)

    assert stored(article).keys() == {"gcc-aze"}


def test_plan_the_database_does_not_hold_is_not_stored(wired: Article) -> None:
    add_revision(wired, "The GCC and Japan signed a free trade agreement.")
    wired.revision.title = ""  # type: ignore[union-attr]  # just added
    suggest(wired)

    assert "gcc-jpn" not in stored(wired)
