"""What opening the next story costs among a million articles: `python -m bench review` (ARTICLES=1000000)."""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import queue
from articles.models import Article, Source
from articles.queue import Wanted
from plans.models import Plan, User
from plans.rights import BACKEND


def fill(articles: int) -> None:
    """Articles of the last ten years with one revision each; three of ten wait, every one suggests a plan."""
    plans = list(Plan.objects.order_by("pk").values_list("pk", flat=True))
    sources = list(Source.objects.order_by("pk").values_list("pk", flat=True))
    text = " ".join(Article.objects.exclude(revision=None).values_list("revision__text", flat=True)[:1])
    statements: list[tuple[str, list[Any]]] = [
        (
            "INSERT INTO articles_article (source_id, identity, guid, url, title, language, first_seen_at, listed_at,"
            " published_at, text_state, text_error, text_attempts, entry_digest, state, decided_at, score, priority,"
            " beside)"
            " SELECT (%s::bigint[])[1 + n %% %s], 'url:bench/' || n, '', 'https://bench.example/' || n,"
            " 'Bench ' || n, CASE n %% 3 WHEN 0 THEN 'ar' WHEN 1 THEN 'en' ELSE 'ru' END,"
            " now() - n * interval '5 minutes', now() - n * interval '5 minutes', now() - n * interval '5 minutes',"
            " 'full', '', 0, '',"
            " CASE WHEN n %% 10 < 3 THEN 'waiting' WHEN n %% 10 < 5 THEN 'accepted' ELSE 'dismissed' END,"
            " CASE WHEN n %% 10 < 3 THEN NULL ELSE now() - n * interval '1 minute' END,"
            " 0.4 + (n::bigint * 7919 %% 600) / 1000.0, 0, '' FROM generate_series(1, %s) n",
            [sources, len(sources), articles],
        ),
        (
            "INSERT INTO articles_revision (article_id, number, title, text, digest, retrieved_at)"
            " SELECT id, 1, title, %s, md5(id::text) || md5(id::text), now() FROM articles_article"
            " WHERE identity LIKE 'url:bench/%%'",
            [text],
        ),
        (
            "UPDATE articles_article a SET revision_id = r.id, priority = a.score"
            " + extract(epoch FROM listed_at - '2020-01-01'::timestamptz) / 8640000 FROM articles_revision r"
            " WHERE r.article_id = a.id AND a.identity LIKE 'url:bench/%%'",
            [],
        ),
        (
            "INSERT INTO articles_suggestion (article_id, plan_id, score, reasons, revision_id, state)"
            " SELECT id, (%s::bigint[])[1 + id %% %s], score, '[]', revision_id,"
            " CASE state WHEN 'waiting' THEN 'open' ELSE state END FROM articles_article"
            " WHERE identity LIKE 'url:bench/%%'",
            [plans, len(plans)],
        ),
    ]
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE articles_article, articles_suggestion, articles_revision")


def review(tell: Callable[[str, str], None]) -> None:
    articles = int(os.environ.get("ARTICLES", "1000000"))
    began = time.perf_counter()
    fill(articles)
    took = time.perf_counter() - began
    print(f"Review among {articles} articles, made in {took:.0f} s (medians of 20; ×: times the health page)")
    user = User.objects.get(username="demo-admin")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, BACKEND)
    health = []
    for _ in range(20):
        began = time.perf_counter()
        client.get("/health/")
        health.append(time.perf_counter() - began)
    empty = statistics.median(health) * 1000
    tell("the health page", f"{empty:.1f} ms")
    rare = Plan.objects.order_by("-pk").values_list("slug", flat=True)[0]
    for narrowed in ("", f"of_plan={rare}", "of_language=ru", f"of_source={Source.objects.earliest('pk').slug}"):
        wanted = list(Wanted.read(QueryDict(narrowed)).of(user, timezone.now()).values_list("pk", flat=True)[:21])
        times, busy, alone = [], [], []
        statements: list[str] = []
        for pk in wanted:
            path = f"/en/review/{pk}/?{narrowed}"
            began, worked = time.perf_counter(), time.process_time()
            answer = client.get(path, headers={"HX-Request": "true"})
            times.append(time.perf_counter() - began)
            busy.append(time.process_time() - worked)
            assert answer.status_code == 200
            with CaptureQueriesContext(connection) as captured:
                client.get(path, headers={"HX-Request": "true"})
            statements = [query["sql"] for query in captured.captured_queries]
            began = time.perf_counter()
            for statement in statements:
                if statement.startswith("SELECT"):
                    connection.connection.execute(statement.encode()).fetchall()
            alone.append(time.perf_counter() - began)
        page, work, sql = (statistics.median(some[1:]) * 1000 for some in (times, busy, alone))
        asked = f"SQL {sql:.0f} ms, {len(statements)} queries"
        figures = f"{page:.0f} ms, of these Python {work:.0f} ms; {asked}; {page / empty:.0f}×"
        tell(f"next story, {narrowed or 'the whole queue'}", figures)
    times = []
    for _ in range(6):
        began = time.perf_counter()
        client.get("/en/review/queue/")
        times.append(time.perf_counter() - began)
    tell("the queue's own page, with all its counts", f"{statistics.median(times[1:]) * 1000:.0f} ms")
    began = time.perf_counter()
    changed = queue.weigh(Article.objects.all())
    tell(f"ordering the queue anew ({changed} changed)", f"{time.perf_counter() - began:.1f} s")
