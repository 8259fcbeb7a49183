"""News to test with, beside the small plan of tests/plans: an outlet, articles with a text, what they may mean."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import urllib3.util.connection
from django.conf import LazySettings
from django.utils import timezone

from articles import apart
from articles.models import Article, Revision, Source, Story, Suggestion
from articles.queue import weigh
from articles.taking import text_digest
from plans.models import Plan, Sector
from tests.feeds.server import Outlet, serve
from tests.plans.conftest import aze, commitment, gcc, pillar, plan  # noqa: F401  # fixtures

SENTENCE = "أنهت الدفعة الثانية برنامجها في الطاقة المتجددة."
TEXT = f"اجتمع فريق الطاقة في باكو يوم الأحد. {SENTENCE}\n\nويعود الفريق إلى الاجتماع في الربيع المقبل."


def make_source(slug: str = "sample-wire", **fields: Any) -> Source:
    defaults = {
        "name": slug.replace("-", " ").title(),
        "url": f"https://{slug}.example/feed.xml",
        "language": "ar",
        "last_run_at": timezone.now(),
        "last_new_at": timezone.now(),
        "due_at": timezone.now() + timedelta(hours=1),
    }
    return Source.objects.create(slug=slug, **{**defaults, **fields})


def make_article(source: Source, title: str = "فريق الطاقة يجتمع في باكو", text: str = TEXT, **fields: Any) -> Article:
    """An article with its text, as the importer leaves it; `text=""` is one whose text was not read yet."""
    number = Article.objects.count() + 1
    defaults = {
        "identity": f"url:{source.slug}/{number}",
        "url": f"https://{source.slug}.example/{number}",
        "language": "ar",
        "published_at": timezone.now() - timedelta(minutes=number),
        "listed_at": timezone.now() - timedelta(minutes=number),
        "text_state": "full",
    }
    article = Article.objects.create(source=source, title=title, **{**defaults, **fields})
    if text:
        add_revision(article, text)
    return article


def add_revision(article: Article, text: str) -> Revision:
    """The article's text from now on."""
    article.revision = article.revisions.create(
        number=article.revisions.count() + 1, title=article.title, text=text, digest=text_digest(article.title, text)
    )
    article.save(update_fields=["revision"])
    return article.revision


def suggest(article: Article, of: Plan | Sector, score: float = 0.9, words: str = "الطاقة") -> Suggestion:
    """That the article may concern a plan or an area, because of a word of its text."""
    kind = {"plan": of} if isinstance(of, Plan) else {"sector": of}
    start = article.revision.text.find(words) if article.revision else -1
    reason = {"feature": "side-a" if isinstance(of, Plan) else "area", "weight": 1.0, "quote": words, "start": start}
    reasons = [{**reason, "end": start + len(words), "in_title": False}] if start >= 0 else []
    suggestion = article.suggestions.create(**kind, score=score, reasons=reasons, revision=article.revision)
    if isinstance(of, Plan) and score > article.score:
        article.score = score
        article.save(update_fields=["score"])
    weigh(Article.objects.filter(pk=article.pk))
    return suggestion


def make_story(*articles: Article) -> Story:
    """The same news at several outlets; the first article leads."""
    story = Story.objects.create(lead=articles[0])
    for article in articles:
        article.story = story
        article.save(update_fields=["story"])
    return story


@pytest.fixture
def source(db: None) -> Source:
    return make_source()


@pytest.fixture
def article(source: Source, plan: Plan) -> Article:  # noqa: F811  # the fixture
    """An article that waits because it seems to concern the plan."""
    article = make_article(source)
    suggest(article, plan)
    return article


@pytest.fixture
def outlet(settings: LazySettings) -> Iterator[Outlet]:
    """An outlet on the loopback address, which the settings except from the ban on private addresses."""
    with serve() as outlet:
        settings.FETCH_ALLOWED_HOSTS = [outlet.netloc]
        yield outlet


PUBLIC = "93.184.216.34"


@pytest.fixture
def public_outlet(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outlet]:
    """An outlet at http://wire.example, as the public internet has it: every name leads to one public address."""
    resolve, connect = socket.getaddrinfo, urllib3.util.connection.create_connection

    def getaddrinfo(host: str, port: int, *args: Any, **named: Any) -> list[Any]:
        is_name = isinstance(host, str) and host.rstrip(".").endswith(".example")
        return resolve(PUBLIC if is_name else host, port, *args, **named)

    with serve() as outlet:

        def create_connection(address: tuple[str, int], *args: Any, **named: Any) -> socket.socket:
            return connect(("127.0.0.1", outlet.port) if address[0] == PUBLIC else address, *args, **named)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
        settings.FETCH_HOST_PAUSE = 0.001
        yield outlet


def hold_back(reader: apart.Reader) -> None:
    """Give the child of a reader no time: whatever it is asked next, it does not answer."""
    child = reader._ready()
    os.kill(child.pid, signal.SIGSTOP)
