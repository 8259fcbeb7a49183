"""What Celery does: look for what is due, and import a source. A message is a hint; the work lies in PostgreSQL."""

import logging
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from articles import aliases, importer, indexing, notices, queue, runs, saved
from articles.models import Article, FetchRun, Source

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def scan() -> None:
    """Send every due source to a worker. Run twice, or by two schedulers, it changes nothing."""
    for source_id in runs.due_sources(timezone.now()):
        if not hint(source_id):
            return  # no broker: the next scan finds the same sources


@shared_task(ignore_result=True)
def weigh_queue() -> None:
    """Order the review queue anew: commitments fall silent and speak again. Run twice it changes nothing."""
    queue.weigh(Article.objects.all())


@shared_task(ignore_result=True)
def tell() -> None:
    """Tell people what happened, and send the digests that are due. Run twice nobody is told anything twice."""
    now = timezone.now()
    notices.gather(now)
    notices.send_digests(now)


@shared_task(ignore_result=True)
def import_one(source_id: int, trigger: str = FetchRun.Trigger.SCHEDULE) -> None:
    """Import a source while it is due, so that a message that comes twice does nothing."""
    importer.import_source(Source(pk=source_id), trigger=trigger, only_due=True)  # deleted meanwhile: nothing to do


def hint(source_id: int, trigger: str = FetchRun.Trigger.SCHEDULE) -> bool:
    """Tell a worker that a source is due. Returns whether the message was sent; without it the next scan comes to it.

    A message nobody has taken by the next scan is dropped: that scan sends another.
    """
    scans: Any = settings.CELERY_BEAT_SCHEDULE["scan"]
    try:
        import_one.apply_async((source_id, str(trigger)), expires=max(scans["schedule"], 30.0), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker cannot be reached (%s); the next scan finds what is due.", error)
        return False
    return True


def import_now(source: Source) -> bool:
    """What the button does: make the source due and tell a worker at once. Returns whether a worker was told."""
    runs.ask_for_import(source)
    return hint(source.pk, FetchRun.Trigger.BUTTON)


@shared_task(ignore_result=True)
def index_changes() -> None:
    """Let search know what has changed. Run twice it changes nothing."""
    indexing.catch_up(5000)


@shared_task(ignore_result=True)
def send_saved_searches() -> None:
    """Mail the kept searches that are due. Run twice, nobody gets a mail twice."""
    saved.send_due(timezone.now())


@shared_task(ignore_result=True)
def count_terms() -> None:
    """Count anew how common each word is, so that a prefix finds the common ones first."""
    indexing.count_terms()


@shared_task(ignore_result=True)
def rematch() -> None:
    """Go on matching stored news anew after a name was approved. Run twice, or killed, it does what is left."""
    aliases.rematch_all()


def rematch_now() -> None:
    """Tell a worker that news wait to be matched anew; without a broker the next run by schedule does it."""
    try:
        rematch.apply_async(expires=300, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker cannot be reached (%s); the schedule finds what is to be matched anew.", error)
