"""Many rows told as one text are stored as if each had been saved by itself."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from articles.models import Article, Aside, Revision, Suggestion
from plans import bulk
from plans.models import Plan
from tests.articles.conftest import make_article, make_source

pytestmark = pytest.mark.django_db

HARD = 'سطر\nثانٍ "مقتبس" \\ ،\t%s 𝄞'


@pytest.fixture
def article() -> Article:
    return make_article(make_source(), text="One.")


def again(one: Revision | Suggestion | Aside) -> dict[str, object]:
    """What is stored of it."""
    return dict(type(one).objects.filter(pk=one.pk).values().get())


def held(one: Revision | Suggestion | Aside) -> dict[str, object]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def test_new_rows_are_stored_in_one_statement_and_get_their_keys(article: Article) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    made = [
        Revision(article=article, number=n, title=HARD, text=f"{HARD}{n}", digest=f"{n:064}", retrieved_at=moment)
        for n in range(2, 30)
    ]
    with CaptureQueriesContext(connection) as asked:
        bulk.insert(made)

    assert len(asked) == 1
    assert [again(one) for one in made] == [held(one) for one in made]
    assert not made[0]._state.adding


def test_numbers_objects_lists_and_nothing_are_stored_as_they_are(article: Article, plan: Plan) -> None:
    reasons = [{"feature": "plan", "weight": 0.1, "quote": HARD, "start": 3, "end": 2**40, "in_title": True}]
    suggestion = Suggestion(article=article, plan=plan, score=1 / 3, reasons=reasons, revision=None)
    aside = Aside(article=article, plan=None, party=plan.side_a, sectors=["trade", HARD[:10]], score=0.5, reasons=[])
    bulk.insert([suggestion])
    bulk.insert([aside])

    assert again(suggestion) == held(suggestion)
    assert again(aside) == held(aside)


def test_one_row_that_cannot_be_stored_is_an_error_and_nothing_is(article: Article) -> None:
    now = datetime.now(UTC)
    made = [Revision(article=article, number=n, title="", text="x", digest="0", retrieved_at=now) for n in (2, 2)]
    with pytest.raises(DatabaseError), transaction.atomic():
        bulk.insert(made)

    assert article.revisions.count() == 1


def test_named_fields_alone_are_written(article: Article) -> None:
    other = make_article(article.source, "Other", text="Two.")
    Article.objects.filter(pk=other.pk).update(state=Article.State.ACCEPTED)
    for n, one in enumerate((article, other)):
        one.title, one.score, one.guid, one.text_due_at = f"{HARD}{n}", n / 7, "not to be written", None
    with CaptureQueriesContext(connection) as asked:
        bulk.update([article, other], "title", "score", "text_due_at")

    assert len(asked) == 1
    rows = Article.objects.order_by("pk").values_list("title", "score", "text_due_at", "state")
    assert list(rows) == [(f"{HARD}0", 0.0, None, "waiting"), (f"{HARD}1", 1 / 7, None, "accepted")]
    assert not Article.objects.filter(guid="not to be written").exists()


def test_what_was_removed_meanwhile_stays_removed(article: Article) -> None:
    gone = make_article(article.source, "Gone")
    Article.objects.filter(pk=gone.pk).delete()
    article.title = "Kept"
    bulk.update([gone, article], "title")

    assert list(Article.objects.values_list("title", flat=True)) == ["Kept"]


def test_nothing_costs_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        bulk.insert([])
        bulk.update([], "title")

    assert not asked
