"""What tests share: the database, a broker, a worker in a process of its own, a browser."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker

from config.embedded import PostgresServer, valkey
from config.people import ensure_roles
from plans.models import User
from tests import machine

PASSWORD = "correct horse battery"


# ------------------------------------------------------------------ PostgreSQL
@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """The embedded PostgreSQL, unless DATABASE_URL names another."""
    if not settings.EMBEDDED_POSTGRES:
        yield
        return
    with PostgresServer(machine.DATA, is_durable=False, say=lambda words: None):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests of several connections are cleaned up by TRUNCATE, which the record refuses everybody else."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE %s",
            ["%\\_no\\_truncate"],
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


@pytest.fixture(autouse=True)
def language_of_the_site() -> Iterator[None]:
    """A request leaves its language in the thread: the next test begins with the site's own."""
    yield
    translation.deactivate()


# ------------------------------------------------------------------ people
@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """A password is hashed slowly on purpose, against thieves; tests make a thousand people, and have none."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def make_user(role: str, username: str = "") -> User:
    """Return a person of a role, with `PASSWORD`."""
    ensure_roles()
    user = User.objects.create_user(username or role, password=PASSWORD, is_staff=role != "viewer")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def reviewer(db: None) -> User:
    return make_user("reviewer")


@pytest.fixture
def editor(db: None) -> User:
    return make_user("editor")


@pytest.fixture
def administrator(db: None) -> User:
    return make_user("administrator")


# ------------------------------------------------------------------ broker and worker
@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Address of a running broker: the embedded Valkey, unless REDIS_URL names another."""
    if not settings.EMBEDDED_VALKEY:
        yield settings.CELERY_BROKER_URL
        return
    with valkey(machine.DATA):
        yield settings.CELERY_BROKER_URL


def child_environment(broker: str, **more: str) -> dict[str, str]:
    """Return the environment in which another process works on the test database."""
    database = connection.settings_dict
    host, port = str(database["HOST"]).replace("/", "%2F"), database["PORT"] or 5432
    own = {
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{host}:{port}/{database['NAME']}",
        "REDIS_URL": broker,
        "SECRET_KEY": settings.SECRET_KEY,
        "FETCH_ALLOWED_HOSTS": ",".join(settings.FETCH_ALLOWED_HOSTS),
        "FETCH_HOST_PAUSE": str(settings.FETCH_HOST_PAUSE),
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    return {**os.environ, **own, **more}


@contextmanager
def running_worker(broker: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker in a process group of its own, which answers when the block begins."""
    command = [sys.executable, "-m", "celery", "--app", "config", "worker", "--pool", "solo", "--loglevel", "INFO"]
    worker = subprocess.Popen(
        command,
        env=child_environment(broker, **more),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert worker.stderr is not None
    said = []
    for line in worker.stderr:
        said.append(line)
        if line.rstrip().endswith("ready."):
            break
    else:
        pytest.fail("The worker did not start:\n" + "".join(said))
    drain = subprocess.Popen(["cat"], stdin=worker.stderr, stdout=subprocess.DEVNULL)  # a full pipe would stop it
    try:
        yield worker
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGTERM)
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        drain.wait()
        worker.stderr.close()


@pytest.fixture
def worker(transactional_db: None, broker: str, settings: LazySettings) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker on the test database. What FETCH_ALLOWED_HOSTS holds must be set before this fixture."""
    with running_worker(broker) as process:
        yield process


# ------------------------------------------------------------------ the browser
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": machine.browser(), "args": sandbox}
