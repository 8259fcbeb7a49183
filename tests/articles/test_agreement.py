"""Second reading of a share of the quoted texts, and how far two readers agree."""

import hashlib
from typing import Any

import pytest
from django.test import Client

from articles import agreement
from articles.models import Annotation, Article, SecondReading
from articles.review import ReviewError, annotate
from plans.models import Plan, User
from tests.articles.conftest import SENTENCE, TEXT
from tests.conftest import make_user

AT = TEXT.index(SENTENCE)
KEY = f"{AT}-{AT + len(SENTENCE)}"


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def second(db: None) -> User:
    return make_user("reviewer", "second")


@pytest.fixture
def quote(article: Article, plan: Plan, reviewer: User) -> Annotation:
    assert article.revision is not None
    agreement.set_share(plan, 100)
    return annotate(article.revision, AT, AT + len(SENTENCE), kind="progress", plan=plan, by=reviewer)


def test_which_texts_are_read_twice_is_drawn_by_their_digest() -> None:
    digests = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(2000)]
    drawn = [one for one in digests if agreement.is_chosen(one, "gcc-aze", 10)]
    assert 150 <= len(drawn) <= 250
    assert drawn == [one for one in digests if agreement.is_chosen(one, "gcc-aze", 10)]
    assert not any(agreement.is_chosen(one, "gcc-aze", 0) for one in digests)
    assert all(agreement.is_chosen(one, "gcc-aze", 100) for one in digests)


@pytest.mark.parametrize(
    ("both", "first", "second", "neither", "kappa"),
    [(20, 5, 10, 15, 0.4), (10, 0, 0, 10, 1.0), (0, 5, 5, 0, -1.0), (25, 25, 25, 25, 0.0)],
)
def test_kappa_is_cohens(both: int, first: int, second: int, neither: int, kappa: float) -> None:
    one = [True] * (both + first) + [False] * (second + neither)
    two = [True] * both + [False] * first + [True] * second + [False] * neither
    assert agreement.kappa(one, two) == pytest.approx(kappa)


def test_kappa_is_not_told_where_chance_alone_agrees_on_all() -> None:
    assert agreement.kappa([False] * 5, [False] * 5) is None
    assert agreement.kappa([], []) is None


def test_a_text_waits_for_anybody_but_who_quoted_it(quote: Annotation, reviewer: User, second: User) -> None:
    assert agreement.waiting_for(reviewer) == []
    assert agreement.waiting_for(second) == [(quote.revision, quote.plan)]
    with pytest.raises(ReviewError):
        agreement.read(quote.revision, quote.plan, reviewer, {})


def test_the_second_reader_does_not_see_the_first_ones_quotes(client: Client, quote: Annotation, second: User) -> None:
    client.force_login(second)
    html = client.get(f"/en/review/second/{quote.revision_id}/gcc-aze/").text
    assert SENTENCE in html and "<mark" not in html and "selected" not in html
    assert "Guidelines" in html


def test_what_two_readers_found_is_compared_a_kind_each(client: Client, quote: Annotation, second: User) -> None:
    client.force_login(second)
    client.post(f"/en/review/second/{quote.revision_id}/gcc-aze/", {f"s{KEY}": "progress"})
    assert SecondReading.objects.get().kinds == {KEY: "progress"}
    rows = {row.kind: row for row in agreement.agreements(agreement.compared(second))}
    assert (rows["progress"].both, rows["progress"].compared, rows["progress"].kappa) == (1, 3, 1.0)
    assert rows["delay"].kappa is None
    assert "1.00" in client.get("/en/review/agreement/").text
    assert agreement.waiting_for(second) == []


@pytest.mark.parametrize("kinds", [{"0-3": "progress"}, {KEY: "nonsense"}])
def test_a_sentence_or_kind_that_is_none_is_refused(quote: Annotation, second: User, kinds: dict[str, str]) -> None:
    with pytest.raises(ReviewError):
        agreement.read(quote.revision, quote.plan, second, kinds)


def test_a_text_is_read_a_second_time_once(quote: Annotation, second: User) -> None:
    agreement.read(quote.revision, quote.plan, second, {KEY: "progress"})
    agreement.read(quote.revision, quote.plan, second, {KEY: "progress"})
    with pytest.raises(ReviewError):
        agreement.read(quote.revision, quote.plan, make_user("reviewer", "third"), {})
    assert SecondReading.objects.count() == 1


@pytest.mark.parametrize(("percent", "kept"), [("25", 25), ("101", 100), ("-1", 100), ("x", 100), ("", 100)])
def test_an_editor_sets_the_share_of_a_plan(client: Client, quote: Annotation, percent: str, kept: int) -> None:
    client.force_login(make_user("editor"))
    client.post("/en/review/agreement/", {"plan": "gcc-aze", "percent": percent})
    quote.plan.reading_share.refresh_from_db()
    assert quote.plan.reading_share.percent == kept


@pytest.mark.parametrize("role", ["viewer", "editor", "approver"])
def test_who_does_not_review_reads_nothing_twice(client: Client, quote: Annotation, role: str) -> None:
    client.force_login(make_user(role))
    assert client.get("/en/review/second/").status_code == 403
    address: Any = f"/en/review/second/{quote.revision_id}/gcc-aze/"
    assert client.post(address, {}).status_code == 403
    assert not SecondReading.objects.exists()


def test_a_reviewer_does_not_set_the_share(client: Client, quote: Annotation, second: User) -> None:
    client.force_login(second)
    assert client.post("/en/review/agreement/", {"plan": "gcc-aze", "percent": "5"}).status_code == 403
