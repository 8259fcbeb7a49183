"""Celery, as the worker and the scheduler start it: `celery --app config`."""

import logging
import os
from typing import Any

from celery import Celery, Task
from django.db import InterfaceError, OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = logging.getLogger(__name__)


class TaskFailed(Exception):
    """What is left of an error for the worker: its kind and words; the log has the rest."""


class QuietTask(Task):  # type: ignore[type-arg]  # not subscriptable at run time
    """A task whose state is in PostgreSQL: what one run cannot do, the next run by schedule does.

    A worker's process hands an error over through a pipe of 64 kB, and once the worker is ending nobody reads it. An
    error of Django and psycopg with its causes is larger: the process would wait for the worker, and the worker for it.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.run(*args, **kwargs)
        except Exception as error:
            if self.request.called_directly:
                raise
            words = f"{type(error).__name__}: {error}"[:500]
            if not isinstance(error, OperationalError | InterfaceError):
                log.exception("%s failed.", self.name)
                raise TaskFailed(words) from None
            log.warning("%s stopped at PostgreSQL (%s); the next run does what is left.", self.name, words)


app = Celery("mithaq", task_cls=QuietTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
