"""What becomes of an error in a task."""

import pickle

import psycopg
import pytest
from django.db import connection

from articles import tasks
from config.celery import QuietTask, TaskFailed, app

PIPE = 64 * 1024  # what Linux holds of what nobody reads


def fail_deep_down(depth: int = 150) -> None:
    if depth == 0:
        raise ValueError("The page is no page.")
    try:
        fail_deep_down(depth - 1)
    except ValueError as error:
        raise ValueError("x" * 1000) from error


@app.task(shared=False)
def failing() -> None:
    fail_deep_down()


def test_every_task_is_quiet() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("articles.")]
    assert ours
    assert ours and all(isinstance(task, QuietTask) for task in ours)


def test_an_error_fits_the_pipe_to_a_worker_that_reads_no_more(caplog: pytest.LogCaptureFixture) -> None:
    outcome = failing.apply()
    assert isinstance(outcome.result, TaskFailed)
    assert len(pickle.dumps((outcome.result, outcome.traceback))) < PIPE / 8
    assert "The page is no page." in caplog.text


def test_an_error_is_raised_where_a_task_is_called_as_a_function() -> None:
    with pytest.raises(ValueError, match="xxx"):
        failing()


@pytest.mark.django_db(transaction=True)
def test_a_task_whose_database_goes_away_ends_with_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    connection.ensure_connection()
    ours = connection.connection.info
    with psycopg.connect(dbname=ours.dbname, host=ours.host, port=ours.port, user=ours.user, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [ours.backend_pid])
    assert tasks.weigh_queue.apply().state == "SUCCESS"
    assert "the next run does what is left" in caplog.text
    connection.close()
    assert tasks.weigh_queue.apply().state == "SUCCESS"
    assert len(caplog.records) == 1
