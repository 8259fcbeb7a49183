"""`manage.py up`, as `make run` calls it: one process tree that mends itself and leaves nothing behind."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import URLError

import psycopg
import pytest

from config.embedded import database_settings, valkey_socket
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
STOPS_WITHIN = 10.0  # seconds


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Site:
    """Mithaq run by its own command on a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATABASE_POOL", "DJANGO_ALLOW_ASYNC_UNSAFE")
        }
        self.environment = {**environment, "MITHAQ_DATA": str(data), "PORT": str(self.port)}
        self.said = ""

    def start(self, *, ignoring: signal.Signals | None = None) -> None:
        """Start it and return once it says its address. `ignoring`: a signal the parent has ignored."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=(lambda: signal.signal(ignoring, signal.SIG_IGN)) if ignoring else None,  # noqa: PLW1509
        )
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if line.startswith("  demo-focal-aze"):  # the last line
                return
        pytest.fail(f"It did not start:\n{self.said}\n{self.logs()}")

    def again(self, port: int | None = None, data: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Start another one, which is expected to refuse."""
        environment = {**self.environment, "PORT": str(port or self.port), "MITHAQ_DATA": str(data or self.data)}
        command = [sys.executable, "manage.py", "up"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    def end(self, number: signal.Signals) -> float:
        """Send a signal; return the seconds until the process has ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        with self.process:
            assert self.process.stdout
            self.said += self.process.stdout.read()
            self.process.wait(60)
        return time.monotonic() - began

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def ask(self, question: str) -> int:
        place = database_settings(self.data)
        with psycopg.connect(host=place["HOST"], user=place["USER"], dbname=place["NAME"]) as connection:
            row = connection.execute(question.encode()).fetchone()
        assert row
        return int(row[0])

    def processes(self) -> dict[int, str]:
        """Return the living processes that belong to this data folder, by their number."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                environment = (entry / "environ").read_bytes()
                # Valkey writes its title over its environment, and names its socket there
                named = (str(self.data).encode(), str(valkey_socket(self.data)).encode())
                is_ours = any(name in words for name in named) or f"MITHAQ_DATA={self.data}\0".encode() in environment
                if is_ours and words:
                    found[int(entry.name)] = words.decode(errors="replace")
        return found

    def one(self, words: str) -> int:
        """Return the number of the first process whose command holds the words, or 0."""
        return min((number for number, command in self.processes().items() if words in command), default=0)

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.data.glob("*.log")))


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mithaq-up-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def site(data: Path) -> Iterator[Site]:
    """A first start, on an empty folder."""
    site = Site(data)
    site.start()
    yield site
    if site.process.poll() is None:
        site.end(signal.SIGTERM)


def test_the_first_start_says_the_address_and_the_demo_accounts(site: Site) -> None:
    assert f"http://127.0.0.1:{site.port}/" in site.said
    accounts = json.loads((site.data / "demo-accounts.json").read_text())
    assert {"viewer", "reviewer", "editor", "approver", "administrator"} == {account["role"] for account in accounts}
    for account in accounts:
        assert re.search(rf"{account['username']}\s+{account['password']}\s+{account['role']}", site.said)


def test_it_shows_how_far_it_is_while_it_prepares(site: Site) -> None:
    assert "plans with their sources" in site.said


def test_the_plans_are_there_once_it_answers(site: Site) -> None:
    assert "gcc-aze" in site.get("/en/") and "أذربيجان" in site.get("/ar/plans/gcc-aze/")


def test_it_binds_the_loopback_address_alone(site: Site) -> None:
    connection = HTTPConnection("127.0.0.2", site.port, timeout=5)
    with pytest.raises(OSError, match="refused"):
        connection.connect()


def test_the_news_are_imported_by_the_worker_without_anybody_asking(site: Site) -> None:
    assert until(lambda: site.ask("SELECT count(*) FROM articles_article") >= 30), site.logs()


def test_a_second_start_on_the_same_data_says_where_the_first_one_runs(site: Site) -> None:
    refused = site.again(port=free_port())
    assert refused.returncode == 1
    assert f"Mithaq runs already on {site.data}: http://127.0.0.1:{site.port}/" in refused.stderr


def test_a_port_in_use_is_a_clear_message(site: Site, tmp_path: Path) -> None:
    refused = site.again(data=tmp_path)
    assert refused.returncode == 1
    assert f"Port {site.port} cannot be used" in refused.stderr and "PORT=" in refused.stderr
    assert not (tmp_path / "postgres").exists(), "nothing was started for it"


def test_a_port_that_is_none_is_a_clear_message(site: Site, tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**site.environment, "PORT": "eighty", "MITHAQ_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1 and "PORT is «eighty»" in refused.stderr


@pytest.mark.parametrize(
    "program", ["valkey-server", "celery --app config worker", "gunicorn config.wsgi", "config beat"]
)
def test_what_dies_is_started_again(site: Site, program: str) -> None:
    former = site.one(program)
    assert former
    os.killpg(former, signal.SIGKILL)
    assert until(lambda: site.one(program) not in (0, former)), site.logs()


def test_the_database_is_started_again_too(site: Site) -> None:
    os.kill(site.one("config/embedded.py"), signal.SIGKILL)

    def answers() -> bool:
        try:
            return "gcc-aze" in site.get("/en/")
        except URLError:
            return False

    assert until(answers), site.logs()


def test_ctrl_c_ends_every_process_in_time(site: Site) -> None:
    assert site.end(signal.SIGINT) < STOPS_WITHIN
    assert site.process.returncode == 0
    assert site.processes() == {}


def test_another_start_finds_everything_as_it_was_and_ends_by_sigterm(site: Site, data: Path) -> None:
    passwords = (data / "demo-accounts.json").read_text()
    second = Site(data)
    second.start(ignoring=signal.SIGINT)
    articles = second.ask("SELECT count(*) FROM articles_article")
    assert "The data is as it was." in second.said
    assert (data / "demo-accounts.json").read_text() == passwords
    assert articles >= 30
    assert second.end(signal.SIGTERM) < STOPS_WITHIN
    assert second.processes() == {}


def test_a_parent_that_ignores_ctrl_c_does_not_make_us_deaf(data: Path) -> None:
    site = Site(data)
    site.start(ignoring=signal.SIGINT)
    assert site.end(signal.SIGINT) < STOPS_WITHIN
    assert site.processes() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_a_supervisor_that_is_killed_leaves_nothing_behind(data: Path) -> None:
    site = Site(data)
    site.start()
    assert until(lambda: site.ask("SELECT count(*) FROM articles_fetchrun") > 0)  # the worker is at work
    site.end(signal.SIGKILL)
    # the worker ends what it is reading first
    assert until(lambda: site.processes() == {}, seconds=120), site.processes()
