"""Search over titles: words however they are written, in any language, marked where they stand."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from articles.models import Article, Source
from articles.review import dismiss
from articles.search import LIMIT, Words
from plans.models import Commitment, Pillar, Plan, User
from tests.articles.conftest import make_article
from tests.plans.conftest import make_commitment

pytestmark = pytest.mark.django_db

SEARCH = "/en/search/"


def found(client: Client, query: str, language: str = "en") -> str:
    response = client.get(f"/{language}/search/", {"q": query})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "title, query",
    [
        ("أذربيجان والخليج", "اذربيجان"),  # hamza on alef or none
        ("اذربيجان والخليج", "أذربيجان"),
        ("لجنة الطاقة", "لجنه الطاقه"),  # ta marbuta or ha
        ("لقاء في مبنى الأمانة", "مبني"),  # dotless or dotted ya
        ("اتّفاقيّةُ التعاون", "اتفاقية"),  # with or without vowel signs
        ("التعــاون", "التعاون"),  # tatweel
        ("مسؤول في باكو", "مسوول"),
        ("Bakıda ENERJİ iclası", "enerji"),
        ("Bakıda enerji iclası", "BAKIDA"),
        ("Azərbaycan və Körfəz", "azerbaycan korfez"),
        ("Отчёт о сотрудничестве", "отчет"),
        ("Energy: oil & gas (2028)", "gas (2028)"),
        ("Gulf and Azerbaijan", "azerbaijan gulf"),  # in any order
        ("100% renewable", "100%"),
    ],
)
def test_a_word_is_found_however_it_is_written(client: Client, source: Source, title: str, query: str) -> None:
    article = make_article(source, title)
    make_article(source, "Something else")
    assert list(Article.objects.filter(Words.read(query).among("title"))) == [article]
    assert '<b class="hit">' in Words.read(query).mark(title)
    assert f'href="{reverse("article", args=[article.pk])}"'.replace("/ar/", "/en/") in found(client, query)


@pytest.mark.parametrize("query", ["enrgy", "gulf japan", "\\d+", ".*", "[", "(", "ئ"])
def test_what_stands_in_no_title_is_not_found(client: Client, source: Source, query: str) -> None:
    make_article(source, "Gulf energy 2028")
    html = found(client, query)
    assert "No title holds" in html
    assert "Gulf energy" not in html


@pytest.mark.parametrize("query", ["", "   ", "\x00", "ـ", "َ"])
def test_a_query_without_letters_finds_nothing_and_says_what_is_searched(
    client: Client, source: Source, query: str
) -> None:
    make_article(source, "Gulf energy 2028")
    html = found(client, query)
    assert "Gulf energy" not in html
    assert 'class="empty"' in html


def test_the_words_found_are_set_off_and_the_rest_is_escaped() -> None:
    assert Words.read("gas").mark("Oil & Gas <b>") == 'Oil &amp; <b class="hit">Gas</b> &lt;b&gt;'


def test_a_long_query_is_cut() -> None:
    words = Words.read("word " * 100)
    assert len(words.text) <= 200
    assert len(words.patterns) == 8


def test_plans_commitments_and_news_are_found_together(
    client: Client, plan: Plan, commitment: Commitment, source: Source
) -> None:
    Commitment.objects.filter(pk=commitment.pk).update(title_en="Azerbaijan trains experts")
    make_article(source, "Azerbaijan opens a centre")
    html = found(client, "azerbaijan")
    for expected in (
        f"/en/plans/{plan.slug}/",
        f"/en/plans/{plan.slug}/ENE-1/",
        f"/en/news/{Article.objects.get().pk}/",
    ):
        assert f'href="{expected}"' in html
    assert 'value="azerbaijan"' in html


def test_a_commitment_is_found_by_its_code(client: Client, commitment: Commitment) -> None:
    assert f"/en/plans/gcc-aze/{commitment.code}/" in found(client, "ene-1")


def test_an_arabic_query_finds_what_an_english_page_calls_otherwise(client: Client, plan: Plan) -> None:
    assert f'href="/en/plans/{plan.slug}/"' in found(client, "أذربيجان")
    assert f'href="/ar/plans/{plan.slug}/"' in found(client, "Azerbaijan", language="ar")


def test_the_public_does_not_find_what_concerns_no_plan(client: Client, source: Source, reviewer: User) -> None:
    dismiss(make_article(source, "Marathon results"), reviewer)
    assert "No title holds" in found(client, "marathon")
    client.force_login(reviewer)
    assert "results" in found(client, "marathon")


def test_more_than_is_shown_is_said(client: Client, source: Source) -> None:
    for number in range(LIMIT + 1):
        make_article(source, f"Energy {number}", text="")
    html = found(client, "energy")
    assert html.count('class="hit"') == LIMIT
    assert f"The newest {LIMIT}. Add a word to narrow it down." in html


def test_search_costs_the_same_queries_at_any_size(
    client: Client, source: Source, pillar: Pillar, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def more(count: int) -> None:
        for number in range(count):
            make_article(source, "Energy", text="")
            make_commitment(pillar, f"ENE-{Commitment.objects.count() + 1}", title_en=f"Energy {number}")

    more(2)
    with django_assert_num_queries(5):
        client.get(SEARCH, {"q": "energy"})
    more(10)
    with django_assert_num_queries(5):
        client.get(SEARCH, {"q": "energy"})
