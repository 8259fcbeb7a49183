"""The worker: a message is a hint, so that messages may be lost, repeated or cut off by the death of a worker."""

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from celery import Celery
from django.utils import timezone

from articles import tasks
from articles.importer import import_source
from articles.models import Article, FetchRun, Fingerprint, Revision, Source, Story, Suggestion
from articles.outlets import add_source
from articles.runs import ask_for_import
from config.celery import app
from plans.models import Pillar
from tests.conftest import running_worker
from tests.feeds.server import Outlet
from tests.feeds.writing import MEETING, PARAGRAPHS, item, page, rss


def publish(outlet: Outlet, path: str = "/feed.xml") -> Source:
    """A source that is due: a feed of six entries, two of them copies of one report, one without a page."""
    texts = [PARAGRAPHS["ar"], MEETING, PARAGRAPHS["en"], [*MEETING, "وكالات"], PARAGRAPHS["ru"]]
    date = "Mon, 08 Dec 2025 13:00:00 GMT"
    items = []
    for number, text in enumerate(texts, start=1):
        outlet.put(f"/news/{number}", page(f"خبر {number}", *text, language="ar"))
        items.append(item(f"خبر {number}", f"/news/{number}", guid=str(number), pubDate=date))
    items.append(item("خبر بلا صفحة", "/gone", guid="gone", pubDate=date, description=MEETING[0]))
    outlet.put_feed(path, rss(*items), headers={"ETag": '"1"'})
    return add_source(outlet.url(path), "Wire")


# ------------------------------------------------------------------ messages


class Queue:
    """What waits at the broker for a worker."""

    def __init__(self) -> None:
        self.connection = app.connection_for_read()
        channel: Any = self.connection.default_channel
        self.redis = channel.client

    def clear(self) -> None:
        self.redis.delete("celery")

    def sources(self) -> list[int]:
        """The sources that messages name, in the order of sending."""
        waiting = [json.loads(message) for message in reversed(self.redis.lrange("celery", 0, -1))]
        return [int(message["headers"]["argsrepr"].strip("()").split(",")[0]) for message in waiting]


@pytest.fixture
def queue(broker: str) -> Iterator[Queue]:
    queue = Queue()
    queue.clear()
    yield queue
    queue.clear()
    queue.connection.release()


@pytest.fixture
def sources(db: None) -> dict[str, Source]:
    now = timezone.now()
    fields: dict[str, dict[str, Any]] = {
        "due": {"due_at": now},
        "late": {"due_at": now - timedelta(hours=1)},
        "not-yet": {"due_at": now + timedelta(minutes=1)},
        "paused": {"due_at": now, "is_active": False},
        "held": {"due_at": now, "lease_until": now + timedelta(minutes=1)},
    }
    return {
        slug: Source.objects.create(slug=slug, name=slug, url=f"https://{slug}.example/feed.xml", **more)
        for slug, more in fields.items()
    }


def test_a_scan_sends_what_is_due_and_nothing_else(queue: Queue, sources: dict[str, Source]) -> None:
    tasks.scan()
    assert queue.sources() == [sources["late"].pk, sources["due"].pk]


def test_the_button_makes_a_source_due_and_tells_a_worker(queue: Queue, sources: dict[str, Source]) -> None:
    assert tasks.import_now(sources["not-yet"]) is True
    assert queue.sources() == [sources["not-yet"].pk]
    sources["not-yet"].refresh_from_db()
    assert sources["not-yet"].due_at <= timezone.now()


@pytest.mark.django_db
@pytest.mark.parametrize("trigger", [FetchRun.Trigger.SCHEDULE, FetchRun.Trigger.BUTTON])
def test_a_message_that_comes_twice_does_nothing_the_second_time(outlet: Outlet, trigger: str) -> None:
    source = publish(outlet)
    for _ in range(3):
        tasks.import_one(source.pk, trigger)
    assert FetchRun.objects.get().new == 6
    assert len(outlet.asked("/feed.xml")) == 1


def test_messages_of_sources_that_are_paused_held_or_deleted_do_nothing(sources: dict[str, Source]) -> None:
    deleted = sources["due"].pk
    sources["due"].delete()
    for source_id in (deleted, sources["paused"].pk, sources["held"].pk):
        tasks.import_one(source_id)
    assert not FetchRun.objects.exists()


@pytest.fixture(params=["redis://127.0.0.1:1/0", "redis+socket:///nowhere/valkey.sock"])
def no_broker(request: pytest.FixtureRequest) -> Iterator[None]:
    """The settings of the site, with a broker that is not there."""
    alone = Celery("alone")
    alone.config_from_object("django.conf:settings", namespace="CELERY")
    alone.conf.update(broker_url=request.param)
    alone.set_current()
    yield
    app.set_current()
    alone.close()


@pytest.mark.usefixtures("no_broker")
def test_a_missing_broker_costs_no_wait_and_loses_nothing(sources: dict[str, Source]) -> None:
    began = time.monotonic()
    assert tasks.import_now(sources["not-yet"]) is False
    tasks.scan()
    assert time.monotonic() - began < 2
    assert Source.objects.due(timezone.now()).filter(pk=sources["not-yet"].pk).exists()


# ------------------------------------------------------------------ a worker that is killed


def everything() -> dict[str, Any]:
    """All rows of the news, without what hangs on the moment and the order of making."""
    articles = Article.objects.order_by("identity")
    return {
        "articles": list(
            articles.values_list(
                "identity", "guid", "url", "title", "language", "published_at", "text_state", "text_error",
                "text_attempts", "entry_digest", "state", "score", "revision__number", "revision__digest",
            )
        ),
        "revisions": list(
            Revision.objects.order_by("article__identity", "number").values_list(
                "article__identity", "number", "title", "text", "digest"
            )
        ),
        "suggestions": list(
            Suggestion.objects.order_by("article__identity", "plan__slug", "sector__slug").values_list(
                "article__identity", "plan__slug", "sector__slug", "score", "reasons", "state", "revision__digest"
            )
        ),
        "stories": sorted(
            (story.lead.identity if story.lead else "", sorted(story.articles.values_list("identity", flat=True)))
            for story in Story.objects.all()
        ),
        "fingerprints": sorted(Fingerprint.objects.values_list("article__identity", "bands")),
        "sources": list(Source.objects.values_list("url", "etag", "failures", "attempts", "lease_until")),
    }  # fmt: skip


def await_worker(outlet: Outlet) -> None:
    """Wait until a worker has done all it was sent: it takes one message after the other, and this one last."""
    last = add_source(outlet.url("/last.xml"), "Last")
    ask_for_import(last)
    assert tasks.hint(last.pk)
    assert outlet.put("/last.xml", "", status=404).reached.wait(60)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_an_import_leaves_the_same_rows(
    outlet: Outlet, queue: Queue, broker: str, pillar: Pillar
) -> None:
    source = publish(outlet)
    import_source(source)
    undisturbed = everything()
    assert len(undisturbed["articles"]) == 6
    assert undisturbed["suggestions"]
    assert len(undisturbed["stories"]) == 1
    Article.objects.all().delete()
    Story.objects.all().delete()
    Source.objects.all().delete()

    source = publish(outlet)
    outlet.pages["/news/3"].hold = held = Event()
    with running_worker(broker) as worker:
        assert tasks.import_now(source)
        assert outlet.pages["/news/3"].reached.wait(60)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert Article.objects.count() == 6
    assert Article.objects.filter(text_state=Article.TextState.PENDING).count() >= 4
    assert FetchRun.objects.get(source=source).finished_at is None

    held.set()
    tasks.scan()
    assert queue.sources() == []  # the dead worker's lease still holds
    Source.objects.filter(pk=source.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    with running_worker(broker):
        tasks.scan()
        await_worker(outlet)
    Source.objects.exclude(pk=source.pk).delete()
    assert everything() == undisturbed
    assert list(source.runs.order_by("pk").values_list("error_code", "new")) == [("interrupted", 6), ("", 0)]
