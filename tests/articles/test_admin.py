"""News in the admin: sources are kept there, everything else is read."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article, FetchRun, Source
from plans.models import Plan, User
from tests.articles.conftest import SENTENCE, make_article, make_source, suggest

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def fill(plan: Plan, prefix: str, count: int) -> None:
    for number in range(count):
        source = make_source(f"{prefix}-{number}")
        suggest(make_article(source), plan)
        FetchRun.objects.create(source=source, seen=1, new=1)


def queries_of(client: Client, page: str) -> CaptureQueriesContext:
    client.get(page)  # types of content are looked up once in a process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return captured


@pytest.mark.parametrize("table", ["source", "fetchrun", "article", "revision", "suggestion", "annotation"])
def test_a_list_costs_the_same_queries_at_any_size(desk: Client, plan: Plan, table: str) -> None:
    page = f"/en/admin/articles/{table}/"
    fill(plan, "first", 2)
    few = queries_of(desk, page)
    fill(plan, "then", 5)
    assert len(queries_of(desk, page)) == len(few)


def test_a_list_of_revisions_leaves_their_texts_in_the_database(desk: Client, article: Article) -> None:
    captured = queries_of(desk, "/en/admin/articles/revision/")
    assert not any('"articles_revision"."text"' in query["sql"] for query in captured)


def test_an_article_is_read_with_its_current_text(desk: Client, article: Article) -> None:
    html = desk.get(f"/ar/admin/articles/article/{article.pk}/change/").content.decode()
    assert SENTENCE in html
    assert 'name="_save"' not in html


@pytest.mark.parametrize("table", ["fetchrun", "article", "revision", "suggestion", "annotation", "source"])
def test_nothing_of_the_news_is_made_here(client: Client, administrator: User, table: str) -> None:
    client.force_login(administrator)
    assert client.get(f"/en/admin/articles/{table}/add/").status_code == 403


def test_an_editor_keeps_a_source(desk: Client, source: Source) -> None:
    page = f"/en/admin/articles/source/{source.pk}/change/"
    form: Any = desk.get(page).context["adminform"].form
    shown = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    assert desk.post(page, {**shown, "publisher": "State agency", "interval_minutes": 30}).status_code == 302
    source.refresh_from_db()
    assert (source.publisher, source.interval_minutes) == ("State agency", 30)


def test_a_source_is_read_every_five_minutes_at_most(desk: Client, source: Source) -> None:
    page = f"/en/admin/articles/source/{source.pk}/change/"
    form: Any = desk.get(page).context["adminform"].form
    shown = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    assert "Five minutes at least." in desk.post(page, {**shown, "interval_minutes": 1}).content.decode()
