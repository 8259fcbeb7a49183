"""Everything in one process tree: database, broker, demo press, web server, worker and scheduler, under one supervisor.

Each service is a child in a session of its own, so that Ctrl-C reaches the supervisor alone; it ends them in order.
A child that dies is started again, later each time. On Linux a supervisor that is killed takes its children with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from config import embedded
from config.embedded import EmbeddedError, PostgresServer, dies_with_parent
from config.press import press_address

HOST = "127.0.0.1"
SOONEST, LATEST = 0.5, 30.0  # seconds until a service that died is started again
STEADY = 60.0  # seconds after which a service is thought well, and its next death its first
PATIENCE = 5.0  # seconds a service has to end by itself; what it leaves undone is claimed again
STEP = 0.2  # seconds between two looks at the services
READY_SECONDS = 60.0

Say = Callable[[str], None]


class CannotStart(Exception):
    """Why Mithaq cannot run here, and what to do."""


@dataclass
class Service:
    """A program that is kept running; its output goes to a log of its name in the data folder."""

    name: str
    command: list[str]
    folder: Path
    log: Path
    needed: bool = True  # without it nothing works; else a start that fails is said once and left at that
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    began: float = 0.0
    due: float = 0.0
    pause: float = SOONEST

    def start(self, environment: dict[str, str]) -> None:
        """Start it. Called in the main thread alone: the kernel ties «dies with the parent» to the thread."""
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.pass_fds,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 one prepared call into libc
            )

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the service and to all it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


# ------------------------------------------------------------------ before anything starts


def web_port() -> int:
    """Return the port the environment asks for, 8000 by default. Raises CannotStart where it is none."""
    asked = os.environ.get("PORT", "").strip() or "8000"
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise CannotStart(f"PORT is «{asked}»; it takes a number from 1 to 65535.")
    return int(asked)


def check_port(port: int) -> None:
    """Raises CannotStart, in plain words, where nobody may listen on the port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used: {error.strerror}. Another program listens there; "
                f"end it, or choose another port: PORT={port + 1} make run"
            ) from error


@contextmanager
def only_one(data: Path, port: int) -> Iterator[None]:
    """Hold the data folder; two supervisors on one folder would import everything twice. Raises CannotStart."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "up").open("a+")
    except OSError as error:
        raise CannotStart(
            f"The data folder cannot be used: {error}. Set MITHAQ_DATA to a folder of your own."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip()
            raise CannotStart(f"Mithaq runs already on {data}{': ' + where if where else ''}.") from None
        lock.truncate(0)
        lock.write(f"http://{HOST}:{port}/")
        lock.flush()
        yield


def settle_press(data: Path) -> str:
    """Return where the demo press listens: as set, else the usual port if it is free at the first start, else another.

    Kept, because the addresses of articles hold it.
    """
    if not os.environ.get("MITHAQ_PRESS") and not embedded.press_file(data).exists():
        host, port = press_address(settings.MITHAQ_PRESS)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError:
                trial.bind((host, 0))
            embedded.press_file(data).write_text("{}:{}".format(*trial.getsockname()))
    return embedded.press_place(data)


# ------------------------------------------------------------------ the services


def services(data: Path, port: int, valkey_lock: int | None, *, with_press: bool) -> list[Service]:
    """Return what runs beside the database, in the order of starting."""
    base = settings.BASE_DIR
    python = [sys.executable]
    celery = [*python, "-m", "celery", "--app", "config"]
    web = [*python, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}", "--workers", "2", "--threads", "4"]
    found = []
    if valkey_lock is not None:
        folder = embedded.valkey_folder(data)
        command = embedded.valkey_command(data)
        found.append(Service("valkey", command, folder, data / "valkey.log", pass_fds=(valkey_lock,)))
    if with_press:
        found.append(Service("press", [*python, "manage.py", "press"], base, data / "press.log", needed=False))
    beat = [*celery, "beat", "--schedule", str(data / "beat-schedule"), "--pidfile=", "--loglevel", "WARNING"]
    return [
        *found,
        Service("web", [*web, "--graceful-timeout", "4", "--no-control-socket"], base, data / "web.log"),
        Service("worker", [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"], base, data / "worker.log"),
        Service("beat", beat, base, data / "beat.log"),
    ]


class Supervisor:
    """Keeps services running until it is told to stop."""

    def __init__(
        self, kept: list[Service], environment: dict[str, str], say: Say, database: PostgresServer | None
    ) -> None:
        self.services = kept
        self.environment = environment
        self.say = say
        self.database = database
        self.told_to_stop = threading.Event()
        self._next_look = 0.0

    def start(self) -> None:
        for service in self.services:
            if service.log.exists() and service.log.stat().st_size > embedded.LOG_LIMIT:
                service.log.unlink()
            service.start(self.environment)

    def watch(self) -> None:
        """Start again what dies, until told to stop."""
        while not self.told_to_stop.wait(STEP):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Start again what has died and has rested long enough."""
        if self.database is not None and now >= self._next_look:
            self._next_look = now + 5
            with contextlib.suppress(EmbeddedError):
                if self.database.ensure():
                    self.say("PostgreSQL had ended and runs again.")
        for service in self.services:
            if service.runs:
                continue
            if service.process is not None:
                status = service.process.returncode
                service.tell(signal.SIGKILL)  # what it may have left behind
                service.process = None
                if now - service.began > STEADY:
                    service.pause = SOONEST
                service.due = now + service.pause
                self.say(f"{service.name} ended ({status}); it starts again in {service.pause:g} s. See {service.log}")
                service.pause = min(service.pause * 2, LATEST)
            if now >= service.due:
                service.start(self.environment)

    def stop(self) -> None:
        """End every service, the broker last, and wait for it."""
        brokers = [service for service in self.services if service.name == "valkey"]
        for group in ([service for service in self.services if service not in brokers], brokers):
            for service in group:
                service.tell(signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            for service in group:
                if service.process is not None:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        service.process.wait(max(deadline - time.monotonic(), 0))
                    service.tell(signal.SIGKILL)
                    service.process.wait()


# ------------------------------------------------------------------ the whole


def up(say: Say, show: Say) -> None:
    """Run Mithaq until SIGINT or SIGTERM. Progress goes to `say`, address and accounts to `show`.

    Raises CannotStart and EmbeddedError.
    """
    data, port = settings.MITHAQ_DATA, web_port()
    with ExitStack() as stack, interruptible() as interrupt:
        stack.enter_context(only_one(data, port))
        check_port(port)
        database = None
        if settings.EMBEDDED_POSTGRES:
            say("Starting PostgreSQL")
            database = PostgresServer(data, say=say)
            stack.enter_context(database)
            settings.MITHAQ_PRESS = settle_press(data)
        say("Preparing the database")
        call_command("migrate", verbosity=0)
        call_command("seed", "--if-empty")
        with_press = settings.EMBEDDED_POSTGRES and has_demo()
        connections.close_all()
        for connection in connections.all():
            connection.close_pool()  # type: ignore[attr-defined]
        lock = stack.enter_context(embedded.valkey_lock(data)) if settings.EMBEDDED_VALKEY else None
        environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        supervisor = Supervisor(services(data, port, lock, with_press=with_press), environment, say, database)
        interrupt.on_signal = supervisor.told_to_stop.set
        say("Starting the web server, the worker and the scheduler")
        stack.callback(supervisor.stop)
        stack.callback(say, "Stopping")
        supervisor.start()
        if answers(port, supervisor):
            scan_now()
            tell_address(port, data, show, say)
            supervisor.watch()
    say("Stopped; the next start finds everything as it was.")


def has_demo() -> bool:
    from plans import seeding

    return seeding.has_demo()


@dataclass
class Interrupt:
    """What a signal does: ends the preparation at once, or tells the supervisor."""

    on_signal: Callable[[], None] | None = None


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Take SIGINT, SIGTERM and SIGHUP, also where the parent had them ignored. Ends quietly when one comes early."""
    interrupt = Interrupt()

    def on_signal(number: int, frame: object) -> None:
        if interrupt.on_signal is None:
            raise KeyboardInterrupt
        interrupt.on_signal()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield interrupt
    except KeyboardInterrupt:
        return  # what was being prepared is rolled back, and prepared by the next start
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def answers(port: int, supervisor: Supervisor) -> bool:
    """Wait for the web server; return whether it answers, False where we are told to stop. Raises CannotStart."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.look(time.monotonic())
        connection = HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/health/")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            connection.close()
        if supervisor.told_to_stop.wait(STEP):
            return False
    raise CannotStart(f"The web server does not answer; see {settings.MITHAQ_DATA / 'web.log'}.")


def scan_now() -> None:
    """Let the worker look at once for what is due; the scheduler's first look is a minute away."""
    from articles.tasks import scan

    with contextlib.suppress(Exception):  # the broker may still be starting: the scheduler sends the next
        scan.apply_async(retry=False, expires=60)


def tell_address(port: int, data: Path, show: Say, say: Say) -> None:
    accounts: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError):
        accounts = json.loads((data / "demo-accounts.json").read_text(encoding="utf-8"))
    lines = [f"Mithaq runs at http://{HOST}:{port}/ (Ctrl-C stops it)"]
    if accounts:
        width = max(len(account["username"]) for account in accounts)
        lines.append("Demo accounts:")
        lines += [f"  {a['username']:{width}}  {a['password']}  {a['role']}" for a in accounts]
    say(f"Logs are in {data}")
    show("\n".join(["", *lines, ""]))
