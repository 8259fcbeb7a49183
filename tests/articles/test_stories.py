"""Copies of one news are one story; other news is not."""

import threading
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from articles.models import Article, Fingerprint, Source, Story
from articles.stories import assign_story, is_same_news, shingles
from tests.articles.conftest import add_revision, make_article, make_source

PARAGRAPHS = [
    "عقد فريق العمل المشترك بين مجلس التعاون وأذربيجان اجتماعه الأول في الرياض يوم الأحد بحضور ممثلين عن الجانبين.",
    "وناقش المجتمعون خطة لتدريب مئة مهندس في مجال الطاقة المتجددة خلال عامين، على أن تبدأ الدفعة الأولى في الخريف.",
    "وقال بيان صدر عقب الاجتماع إن الجانبين اتفقا على تبادل البيانات الإحصائية كل ثلاثة أشهر وعلى موقع مشترك.",
    "ومن المقرر أن يعقد الاجتماع الثاني في باكو قبل نهاية العام لمتابعة ما تم إنجازه ووضع جدول زمني لبقية المشاريع.",
]
OTHER_PARAGRAPHS = [
    "افتتح في الدوحة معرض للكتاب بمشاركة خمسين دار نشر من عشرين دولة، ويستمر المعرض حتى نهاية الأسبوع الجاري.",
    "وتقام على هامش المعرض ندوات عن الترجمة والرواية التاريخية، إضافة إلى ورش عمل لتعليم الخط العربي للأطفال.",
]
TEXT = "\n\n".join(PARAGRAPHS)
RESPELT = TEXT.replace("أ", "ا").replace("ة", "ه").replace("ي ", "ى ").replace("،", ",").replace("مجلس", "مجلــس")
SHORTENED = "\n\n".join([PARAGRAPHS[0], PARAGRAPHS[1]])
WITH_AN_OPENING = "خاص بموقعنا – تابعوا آخر الأخبار.\n\n" + TEXT + "\n\nشارك الخبر مع أصدقائك."
HALF_SHARED = "\n\n".join([*PARAGRAPHS[:2], *OTHER_PARAGRAPHS])
OTHER = "\n\n".join(OTHER_PARAGRAPHS)


@pytest.fixture
def outlets(db: None) -> list[Source]:
    return [make_source(f"outlet-{number}") for number in range(3)]


# ------------------------------------------------------------------ what is the same news
@pytest.mark.parametrize("copy", [TEXT, RESPELT, SHORTENED, WITH_AN_OPENING], ids=["equal", "respelt", "cut", "framed"])
def test_copy_is_the_same_news(copy: str) -> None:
    assert is_same_news(shingles(TEXT), shingles(copy))


@pytest.mark.parametrize("other", [HALF_SHARED, OTHER], ids=["half the paragraphs", "nothing in common"])
def test_other_text_is_other_news(other: str) -> None:
    assert not is_same_news(shingles(TEXT), shingles(other))


def test_text_of_a_few_words_is_like_too_many_others() -> None:
    assert not is_same_news(shingles("أقر المجلس الخطة اليوم."), shingles("أقر المجلس الخطة اليوم."))


# ------------------------------------------------------------------ stories
@pytest.mark.parametrize("copy", [TEXT, RESPELT, SHORTENED, WITH_AN_OPENING], ids=["equal", "respelt", "cut", "framed"])
def test_copies_share_a_story(outlets: list[Source], copy: str) -> None:
    first, second = make_article(outlets[0], text=TEXT), make_article(outlets[1], text=copy)

    assert assign_story(first) is None
    story = assign_story(second)
    assert story is not None
    assert set(story.articles.all()) == {first, second}


def test_articles_that_share_half_their_paragraphs_stay_apart(outlets: list[Source]) -> None:
    first, second = make_article(outlets[0], text=TEXT), make_article(outlets[1], text=HALF_SHARED)

    assert (assign_story(first), assign_story(second)) == (None, None)
    assert not Story.objects.exists()


def test_same_words_a_month_later_are_other_news(outlets: list[Source]) -> None:
    first = make_article(outlets[0], text=TEXT)
    later = make_article(outlets[1], text=TEXT, listed_at=timezone.now() + timedelta(days=30))

    assign_story(first)
    assert assign_story(later) is None


def test_run_again_it_changes_nothing(outlets: list[Source]) -> None:
    articles = [make_article(outlet, text=TEXT) for outlet in outlets]
    for article in articles:
        assign_story(article)
    before = list(Story.objects.values()), list(Article.objects.order_by("pk").values())
    for article in reversed(articles):
        assign_story(Article.objects.get(pk=article.pk))

    assert (list(Story.objects.values()), list(Article.objects.order_by("pk").values())) == before
    assert len(before[0]) == 1


def test_order_in_which_copies_come_makes_no_difference(outlets: list[Source]) -> None:
    cut, whole, framed = (
        make_article(outlet, text=text)
        for outlet, text in zip(outlets, [SHORTENED, TEXT, WITH_AN_OPENING], strict=True)
    )
    for article in (framed, cut, whole):
        assign_story(article)

    assert Story.objects.get().articles.count() == 3


def test_stories_that_turn_out_to_be_one_are_joined_into_the_oldest(outlets: list[Source]) -> None:
    halves = ["\n\n".join(PARAGRAPHS[:2]), "\n\n".join(PARAGRAPHS[2:])]
    pairs = [[make_article(outlet, text=half) for outlet in outlets[:2]] for half in halves]
    for article in [*pairs[0], *pairs[1]]:
        assign_story(article)
    oldest, _newer = Story.objects.order_by("pk")
    whole = make_article(outlets[2], text=TEXT)

    assert assign_story(whole) == oldest
    assert Story.objects.get().articles.count() == 5


def test_first_published_leads(outlets: list[Source]) -> None:
    now = timezone.now()
    late = make_article(outlets[0], text=TEXT, listed_at=now)
    early = make_article(outlets[1], text=TEXT, listed_at=now - timedelta(hours=3))
    assign_story(late)
    story = assign_story(early)

    assert story is not None
    assert Story.objects.get().lead == early


def test_decided_copy_leads_though_another_was_published_before(outlets: list[Source]) -> None:
    now = timezone.now()
    decided = make_article(outlets[0], text=TEXT, listed_at=now, state="accepted", decided_at=now)
    early = make_article(outlets[1], text=TEXT, listed_at=now - timedelta(hours=3))
    assign_story(decided)
    assign_story(early)

    assert Story.objects.get().lead == decided


def test_edited_article_stays_with_its_story(outlets: list[Source]) -> None:
    first, second = (make_article(outlet, text=TEXT) for outlet in outlets[:2])
    assign_story(first)
    story = assign_story(second)
    add_revision(second, OTHER)

    assert assign_story(second) == story
    assert Article.objects.get(pk=second.pk).story == story


def test_edit_that_makes_a_copy_joins_the_story(outlets: list[Source]) -> None:
    first, second = make_article(outlets[0], text=TEXT), make_article(outlets[1], text=OTHER)
    assign_story(first)
    assign_story(second)
    add_revision(second, RESPELT)

    assert assign_story(second) is not None
    assert Story.objects.get().articles.count() == 2


def test_article_without_a_text_has_no_story(outlets: list[Source]) -> None:
    assert assign_story(make_article(outlets[0], text="")) is None
    assert not Fingerprint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_copies_stored_at_the_same_moment_share_one_story() -> None:
    sources = [make_source(f"outlet-{number}") for number in range(4)]
    articles = [make_article(source, text=TEXT) for source in sources]
    together = threading.Barrier(len(articles))
    errors: list[BaseException] = []

    def store(article: Article) -> None:
        try:
            together.wait(timeout=30)
            assign_story(article)
        except BaseException as error:  # told to the test below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=store, args=[article]) for article in articles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert errors == []
    assert Story.objects.get().articles.count() == len(articles)


# ------------------------------------------------------------------ upgrades
def test_recent_news_printed_otherwise_is_printed_anew(outlets: list[Source]) -> None:
    upgrade = import_module("articles.migrations.0016_fingerprints_by_words")
    recent = make_article(outlets[0], text=TEXT)
    older = make_article(outlets[0], text=OTHER, listed_at=timezone.now() - timedelta(days=31))
    for article in (recent, older):
        assign_story(article)
    right = Fingerprint.objects.get(article=recent).bands
    Fingerprint.objects.update(bands=[1])

    upgrade.print_anew(apps, None)
    assert dict(Fingerprint.objects.values_list("article", "bands")) == {recent.pk: right, older.pk: [1]}
    assert assign_story(make_article(outlets[1], text=RESPELT)) is not None
