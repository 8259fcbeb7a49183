"""Each command works on its own: it starts the embedded PostgreSQL where none runs, and leaves all as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import psycopg
import pytest

from config.embedded import PostgresServer, database_settings

ROOT = Path(__file__).resolve().parent.parent.parent
FORGOTTEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATABASE_POOL", "DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder that was migrated and seeded by two commands, as after `make install`."""
    folder = Path(mkdtemp(prefix="mithaq-manage-"))
    folder.chmod(0o711)
    for arguments in (["migrate"], ["seed", "--facts-only"]):
        done = manage(folder, *arguments)
        assert done.returncode == 0, done.stderr
    yield folder
    rmtree(folder)


def manage(data: Path, *arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment, "MITHAQ_DATA": str(data)},
        input=told,
        capture_output=True,
        text=True,
        timeout=120,
    )


def runs(data: Path) -> bool:
    place = database_settings(data)
    try:
        psycopg.connect(host=place["HOST"], port=place["PORT"], user=place["USER"], dbname=place["NAME"]).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_command_leaves_no_server_where_it_found_none(data: Path) -> None:
    assert manage(data, "showmigrations").returncode == 0
    assert not runs(data)


def test_a_command_leaves_the_server_where_it_found_one(data: Path) -> None:
    with PostgresServer(data, is_durable=False, say=lambda words: None):
        assert manage(data, "showmigrations").returncode == 0
        assert runs(data)


def test_matching_prints_its_lines_and_nothing_else(data: Path) -> None:
    line = json.dumps({"id": 7, "text": "The GCC and Azerbaijan discussed their joint action plan on energy."})
    done = manage(data, "match", "--jsonl", "-", told=line + "\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(answer) for answer in done.stdout.splitlines()]
    assert [(answer["id"], answer["plans"][0]["plan"]) for answer in answers] == [(7, "gcc-aze")]


def test_an_import_prints_one_object_and_succeeds_whatever_the_source_answered(data: Path) -> None:
    done = manage(data, "ingest", "--url", "http://127.0.0.1:1/feed.xml", "--json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts.keys() == {"seen", "new", "updated", "failed", "error"}
    assert counts["error"] and not counts["seen"]


def test_the_doctor_says_what_to_do(data: Path) -> None:
    done = manage(data, "doctor")
    assert done.returncode == 1, "there is no administrator yet"
    assert "manage.py createsuperuser" in done.stdout


def test_a_data_folder_that_cannot_be_used_is_a_plain_sentence(data: Path) -> None:
    (data / "blocked").write_text("")
    done = manage(data / "blocked", "showmigrations")
    assert done.returncode == 1
    assert "MITHAQ_DATA" in done.stderr and "Traceback" not in done.stderr
