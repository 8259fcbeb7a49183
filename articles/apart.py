"""Read a page in a process of its own: one at a time, with a limit on time and memory that no page can outlast.

What parses a hostile page may hang or eat all memory inside a C library, where no exception reaches. So the page is
read by a child, which is killed when its time is over, and which the worker outlives. It answers in JSON: nothing the
child says is executed here.
"""

import atexit
import contextlib
import json
import os
import resource
import select
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import IO, Any, Final

from django.utils.translation import gettext_lazy as _

from articles.extract import Extracted, NoArticle, extract
from articles.fetch import SourceError
from articles.listings import BadSelector, NothingListed, Survey, survey

SECONDS: Final = 20.0  # for one page; an article takes some hundredths
START_SECONDS: Final = 60.0  # for the child to come up, on a machine that is busy
MEMORY: Final = 2 * 1024**3  # bytes of address space
PAGES: Final = 500  # a child reads so many and makes way for a fresh one


class TooHard(SourceError):
    code = "too_hard"
    words = _("The page takes more time or memory to read than an article may; the feed's text is kept.")


class TooLong(SourceError):
    code = "too_long"
    words = _("The page takes more time or memory to look through than a page may.")


class Reader:
    """A child process that reads pages. One a process of ours; threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._pages = 0

    def read(self, html: str, url: str, seconds: float = SECONDS) -> Extracted:
        """As `extract`. Raises NoArticle, or TooHard where the page outlasted the child."""
        told = self._told(html, url, seconds)
        if told.get("error") == NoArticle.code:
            raise NoArticle
        if "error" in told:
            raise TooHard
        return Extracted(**told)

    def survey(self, html: str, url: str, selector: str = "", seconds: float = SECONDS) -> Survey:
        """As `listings.survey`. Raises NothingListed, BadSelector, or TooLong where the page outlasted the child."""
        try:
            told = self._told(html, url, seconds, selector)
        except TooHard:
            raise TooLong from None
        for error in (NothingListed, BadSelector):
            if told.get("error") == error.code:
                raise error
        if "error" in told:
            raise TooLong
        told["links"] = [(address, words) for address, words in told["links"]]
        told["offers"] = [(address, words, kind) for address, words, kind in told["offers"]]
        return Survey(**told)

    def interrupt(self) -> None:
        """End the child; who waits for its answer is told. Called from another thread than theirs."""
        child = self._child
        if child is not None and self._owner == os.getpid():
            child.kill()
            child.wait()  # a child that is only about to die would be given the next page

    def _told(self, html: str, url: str, seconds: float, selector: str | None = None) -> dict[str, Any]:
        """The child's answer, as it is; with a selector, empty or not, it says what the page lists.

        Raises TooHard where there is none in time.
        """
        with self._lock:
            try:
                child = self._ready()
                due = time.monotonic() + seconds  # a child that had to be started costs the page nothing
                _send(child.stdin, {"url": url, "selector": selector}, html.encode("utf-8", "surrogatepass"))
                answer, _body = _receive(child.stdout, due)
            except (OSError, ValueError):
                self.stop()
                raise TooHard from None
            except BaseException:
                self.stop()
                raise
            self._pages += 1
            return dict(answer)

    def _ready(self) -> "subprocess.Popen[bytes]":
        if self._owner != os.getpid():  # a fork has its parent's, which is the parent's to talk to
            self._child, self._owner = None, os.getpid()
        if self._child is not None and (self._child.poll() is not None or self._pages >= PAGES):
            self.stop()
        if self._child is None:
            self._child = subprocess.Popen(  # our own module
                [sys.executable, "-m", "articles.apart"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._pages = 0
            _receive(self._child.stdout, time.monotonic() + START_SECONDS)
        return self._child

    def stop(self) -> None:
        """End the child; the next page begins with a new one."""
        if self._child is None or self._owner != os.getpid():
            return
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()
        self._child = None


def _send(pipe: IO[bytes] | None, message: dict[str, Any], body: bytes = b"") -> None:
    assert pipe is not None
    head = json.dumps(message).encode()  # ASCII: a lone surrogate of a broken page passes too
    pipe.write(len(head).to_bytes(8, "big") + len(body).to_bytes(8, "big") + head + body)
    pipe.flush()


def _receive(pipe: IO[bytes] | None, due: float) -> tuple[Any, bytes]:
    """The other side's next message. Raises ValueError where it ends or its time is over."""
    assert pipe is not None
    sizes = _exactly(pipe, 16, due)
    head, body = int.from_bytes(sizes[:8], "big"), int.from_bytes(sizes[8:], "big")
    return json.loads(_exactly(pipe, head, due)), _exactly(pipe, body, due)


def _exactly(pipe: IO[bytes], size: int, ends: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        ready, _none, _nor = select.select([pipe], [], [], max(ends - time.monotonic(), 0))
        part = os.read(pipe.fileno(), min(size - len(data), 1 << 16)) if ready else b""
        if not part:
            raise ValueError("The other side is silent.")
        data += part
    return bytes(data)


reader: Final = Reader()


@atexit.register
def _leave() -> None:
    reader.stop()


# ------------------------------------------------------------------ the child


def serve() -> None:
    """Read pages from standard input until it ends."""
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        _soft, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _send(answers, {"ready": True})
    while sizes := asked.read(16):
        message = json.loads(asked.read(int.from_bytes(sizes[:8], "big")))
        page = asked.read(int.from_bytes(sizes[8:], "big")).decode("utf-8", "surrogatepass")
        url, selector = message["url"], message["selector"]
        try:
            answer = asdict(extract(page, url) if selector is None else survey(page, url, selector))
        except (NoArticle, NothingListed, BadSelector) as error:
            answer = {"error": error.code}
        except (MemoryError, RecursionError):
            answer = {"error": TooHard.code}
        _send(answers, answer)


if __name__ == "__main__":
    serve()
