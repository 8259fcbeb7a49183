"""Bytes from a URL, politely and safely: the one HTTP client of the project.

Every address that comes from outside (a feed, a page, a redirect) is hostile until it is judged. A name is resolved
once, every address it resolves to is judged, and the connection goes to the judged address itself, so that a second
answer of the name server changes nothing. Bounds hold for the whole fetch: time, bytes on the wire, bytes unpacked,
redirects. Sources of the rules: RFC 9110 (HTTP), RFC 6890 and the IANA special-purpose registries (addresses).
"""

import contextlib
import functools
import ipaddress
import math
import queue
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin, urlsplit

import certifi
import urllib3
from django.conf import settings
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from protego import Protego
from urllib3.connection import HTTPConnection, HTTPSConnection

from articles.unpacking import CHUNK, TooMuch, Torn, bounded, unpack

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MIB: Final = 1024 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PERMANENT: Final = (301, 308)
LONGEST_TURN: Final = 20.0  # seconds in all for one fetch; a host with a longer queue is asked in a later run
ROBOTS_SECONDS: Final = 10.0  # of a fetch, for what its hosts say to programs
BUSY_REST: Final = timedelta(minutes=1)  # where a server asks for fewer requests and does not say for how long


@dataclass(frozen=True)
class Limits:
    """What one fetch may cost, redirects included. Times in seconds, sizes in bytes."""

    seconds: float = field(default_factory=lambda: float(settings.FETCH_SECONDS))
    connect_seconds: float = 10.0
    wire_bytes: int = 10 * MIB
    body_bytes: int = 10 * MIB
    redirects: int = 5


@dataclass(frozen=True)
class Response:
    """What the server answered: `status` is 200 to 299, or 304 where nothing changed (`body` is empty then)."""

    status: int
    url: str  # after redirects
    headers: dict[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)
    moved_to: str = ""  # where redirects that hold for good lead, if the first is one of them (RFC 9110, 15.4.2)

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def etag(self) -> str:
        """The validator to send next time, or empty. One too long to keep is not a validator."""
        value = self.headers.get("etag", "")
        return value if len(value) <= 500 else ""

    @property
    def last_modified(self) -> str:
        value = self.headers.get("last-modified", "")
        return value if len(value) <= 100 else ""


@dataclass(frozen=True)
class Redirect:
    """Where an answer sends us, and whether for good."""

    location: str
    is_permanent: bool


class SourceError(Exception):
    """Why a source or a page could not be read: a short code for machines and `str(error)` in plain words."""

    code = "error"
    words: "str | _StrPromise" = _("It could not be read.")

    def __str__(self) -> str:
        return str(self.words)


class FetchError(SourceError):
    """The address could not be fetched. `retry_after`: how long the server asked us to stay away, if it did."""

    retry_after: timedelta | None = None


class Refused(FetchError):
    code = "refused"
    words = _(
        "This address leads into a private network and is not fetched. "
        "An administrator can except a host of your own network (FETCH_ALLOWED_HOSTS)."
    )


class BadAddress(FetchError):
    code = "bad_address"
    words = _("This is not a web address Mithaq reads: it must begin with http:// or https:// and name a public host.")


class NotFound(FetchError):
    code = "not_found"
    words = _("There is nothing at this address (404). Check the address.")


class Gone(FetchError):
    code = "gone"
    words = _("The outlet says this address is gone for good (410). Look for its new address.")


class Blocked(FetchError):
    code = "blocked"
    words = _("The server does not let us in (401 or 403). Ask the outlet for another address.")


class Busy(FetchError):
    code = "busy"
    words = _("The server asks for fewer requests. It is tried again later.")


class Disallowed(FetchError):
    code = "disallowed"
    words = _("The outlet asks programs not to read this page (robots.txt); the feed's text is kept.")


class BadStatus(FetchError):
    code = "bad_status"
    words = _("The server answered with an error instead of the page.")

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status
        self.code = f"status_{status}"

    def __str__(self) -> str:
        return status_words(self.status)


class TooLarge(FetchError):
    code = "too_large"
    words = _("The answer is larger than 10 MiB and was cut off.")


class TooSlow(FetchError):
    code = "too_slow"
    words = _("The server took too long to answer. It is tried again later.")


class TooManyRedirects(FetchError):
    code = "too_many_redirects"
    words = _("The address leads from one redirect to the next without an end.")


class Unreachable(FetchError):
    code = "unreachable"
    words = _("The server cannot be reached or broke off the connection.")


class NameUnknown(FetchError):
    code = "name_unknown"
    words = _("There is no server of this name. Check the address.")


class NotTrusted(FetchError):
    code = "not_trusted"
    words = _("The server's certificate does not hold, so what it says cannot be trusted.")


class Garbled(FetchError):
    code = "garbled"
    words = _("The server's answer is packed in a way that cannot be read.")


def status_words(status: int) -> str:
    """The plain words for an HTTP status that has none of its own, in the reader's language."""
    if status >= 500:
        return _("The server has a fault of its own (%(status)d). It is tried again later.") % {"status": status}
    return _("The server answered with the status %(status)d instead of the page.") % {"status": status}


# ------------------------------------------------------------------ which addresses are public

# What Python 3.11 calls global and we do not ask all the same: relays, transition and protocol assignments.
_NOT_PUBLIC_4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")
)
# Of IPv6 only global unicast (2000::/3) is public; within it, what carries an IPv4 address or is set apart is not.
# Mapped, compatible, translated and NAT64 addresses, and local ones of every kind, lie outside 2000::/3.
_PUBLIC_6: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)


def is_public(address: str) -> bool:
    """Whether a numeric address lies in the public internet. Judges the address, never a spelling of it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # a zone («fe80::1%eth0») included
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC_4)
    return (
        ip.scope_id is None and ip in _PUBLIC_6 and ip.is_global and not any(ip in network for network in _NOT_PUBLIC_6)
    )


# ------------------------------------------------------------------ which URLs are asked

_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_LOCAL_NAMES: Final = (".localhost", ".local", ".internal", ".lan", ".home", ".corp", ".intranet", ".arpa", ".onion")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """A URL taken apart once; everything later (name, connection, Host header) is built from these parts alone."""

    scheme: str
    host: str  # lower case, IDNA; an IPv6 address without brackets
    port: int
    path: str  # with the query, percent-encoded

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def is_excepted(self) -> bool:
        """Whether the settings name this host (or host and port) as one of our own network."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        allowed = {name.strip().lower() for name in settings.FETCH_ALLOWED_HOSTS}
        return host in allowed or f"{host}:{self.port}" in allowed

    @property
    def is_number(self) -> bool:
        """Whether the host is an address rather than a name, in any spelling (WHATWG URL: «ends in a number»)."""
        return ":" in self.host or bool(_NUMBER.fullmatch(self.host.rsplit(".", 1)[-1]))


def read_url(url: str) -> Target:
    """Take a URL apart.

    Raises BadAddress for what is no http(s) address, Refused for a port that is not the web's and for what is private
    by its spelling alone: a number in any notation, a name that means this machine or this network.
    """
    url = url.strip()
    if re.search(r"[\x00-\x20\x7f\\]", url.split("?")[0].split("#")[0].replace(" ", "%20")):
        raise BadAddress
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise BadAddress from None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or "%" in parts.netloc:
        raise BadAddress
    if ":" in host:
        try:
            host = str(ipaddress.IPv6Address(host))
        except ValueError:
            raise BadAddress from None
    else:
        try:
            host = host.encode("idna").decode("ascii").lower().rstrip(".")
        except UnicodeError:
            raise BadAddress from None
        if len(host) > 253 or not _HOST.fullmatch(host):
            raise BadAddress
    path = quote(parts.path or "/", safe="%/:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="%/:@!$&'()*+,;=~-._?[]|")
    target = Target(
        parts.scheme, host, _PORTS[parts.scheme] if port is None else port, f"{path}?{query}" if query else path
    )
    if not target.is_excepted:
        if target.port not in _PORTS.values():
            raise Refused
        if target.is_number:
            if not is_public(_numeric(host)):
                raise Refused
        elif "." not in host or f".{host}".endswith(_LOCAL_NAMES):
            raise Refused
    return target


def _numeric(host: str) -> str:
    """The address a number means («2130706433», «0x7f.1»), as the system reads it; no name server is asked."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError):
        raise BadAddress from None


def resolve(target: Target, *, seconds: float) -> list[str]:
    """The addresses of a target's host, each one judged.

    Raises Refused if any of them is not public (a name with one good and one bad address is a trap), NameUnknown
    where there is none, TooSlow where the name server does not answer in time.
    """
    addresses = [_numeric(target.host)] if target.is_number else _asked(target, seconds)
    if not target.is_excepted and not all(is_public(address) for address in addresses):
        raise Refused
    return addresses


def _asked(target: Target, seconds: float) -> list[str]:
    # the dot at the end keeps search domains out («intranet» must not become «intranet.example.org»)
    name = target.host if target.is_excepted else target.host + "."
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(name, target.port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="resolve").start()  # getaddrinfo knows no time limit of its own
    try:
        addresses = answer.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        raise TooSlow from None
    if isinstance(addresses, OSError) or not addresses:
        raise NameUnknown
    return addresses


# ------------------------------------------------------------------ politeness


def await_turn(host: str, longest: float = LONGEST_TURN) -> float:
    """Wait until this host may be asked again, and book the next turn, across all workers and machines.

    The turn is booked in one statement in PostgreSQL; the wait is for our own slot, never longer than `longest`
    seconds (or one pause), and returned. Where it would be longer, Busy is raised and nothing booked: the host has a
    queue, or asked to be left alone; a later run asks it. Never called in a transaction.
    """
    pause = settings.FETCH_HOST_PAUSE
    if pause <= 0:
        return 0.0
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO articles_host AS host (name, next_at)
            VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(pause)s))
            ON CONFLICT (name) DO UPDATE
                SET next_at = greatest(host.next_at, clock_timestamp()) + make_interval(secs => %(pause)s)
                WHERE host.next_at < clock_timestamp() + make_interval(secs => %(longest)s)
            RETURNING extract(epoch FROM next_at - make_interval(secs => %(pause)s) - clock_timestamp())
            """,
            {"name": host[:255], "pause": pause, "longest": max(longest, pause)},
        )
        row = cursor.fetchone()
        if row is None:
            cursor.execute("SELECT next_at - clock_timestamp() FROM articles_host WHERE name = %s", [host[:255]])
            busy = Busy()
            for (rest,) in cursor.fetchall():
                busy.retry_after = rest
            raise busy
    wait = max(float(row[0]), 0.0)
    if wait:
        time.sleep(wait)
    return wait


def let_rest(host: str, asked: timedelta) -> None:
    """Leave a host alone for as long as it asked, whichever page it said it of and whichever worker would ask next."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO articles_host AS host (name, next_at)
            VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(asked)s))
            ON CONFLICT (name) DO UPDATE SET next_at = greatest(host.next_at, excluded.next_at)
            """,
            {"name": host[:255], "asked": asked.total_seconds()},
        )


class Robots:
    """What the robots.txt of each host allows (RFC 9309), asked once in the life of this object: one run of a source.

    It is asked for pages only: a feed is published for programs. Hosts of our own network are not asked.
    """

    def __init__(self) -> None:
        self._told: dict[str, Protego | FetchError] = {}

    def check(self, target: Target, left: "Left") -> None:
        """Raise Disallowed where programs are asked not to read a page, or the error for which nobody knows."""
        if target.is_excepted:
            return
        site = f"{target.scheme}://{target.netloc}"
        if site not in self._told:
            self._told[site] = self._ask(f"{site}/robots.txt", left)
        told = self._told[site]
        if isinstance(told, FetchError):
            raise told.with_traceback(None)
        if not told.can_fetch(target.url, settings.FETCH_USER_AGENT.split("/")[0]):  # the name alone: RFC 9309, 2.2.1
            raise Disallowed

    def check_page(self, url: str) -> None:
        """As `check`, of a page that was read before it was known to be one."""
        self.check(read_url(url), Left(ROBOTS_SECONDS, LONGEST_TURN))

    def _ask(self, url: str, left: "Left") -> Protego | FetchError:
        own = Left(seconds=min(left.seconds, ROBOTS_SECONDS), waiting=left.waiting)
        before = replace(own)
        try:
            answer = _follow(url, _headers("text/plain, */*;q=0.5"), Limits(), own, None)
        except (Busy, TooSlow, Unreachable, NameUnknown, NotTrusted) as error:
            return error
        except BadStatus as error:
            return error if error.status >= 500 else Protego.parse("")
        except FetchError:  # there is none, or it leads nowhere: all may be read (RFC 9309, 2.3.1.3)
            return Protego.parse("")
        finally:
            left.seconds -= before.seconds - own.seconds
            left.waiting -= before.waiting - own.waiting
        return Protego.parse(answer.body[: 512 * 1024].decode("utf-8", errors="replace"))


# ------------------------------------------------------------------ the fetch


@dataclass
class Left:
    """What a fetch may still cost, in seconds; its redirects and the robots.txt of their hosts draw on it too."""

    seconds: float  # of resolving, connecting and reading
    waiting: float  # for our turn


def fetch(
    url: str,
    *,
    accept: str = "*/*",
    etag: str = "",
    last_modified: str = "",
    limits: Limits | None = None,
    robots: Robots | None = None,
) -> Response:
    """Get a URL, following redirects; each hop is judged anew. Raises a FetchError that says why in plain words.

    With `etag` or `last_modified` from an earlier answer the server may say that nothing changed
    (`response.not_modified`). With `robots` each hop is asked only where its host lets programs in.
    """
    limits = limits or Limits()
    headers = _headers(accept)
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    return _follow(url, headers, limits, Left(limits.seconds, LONGEST_TURN), robots)


def _headers(accept: str) -> dict[str, str]:
    return {
        "User-Agent": settings.FETCH_USER_AGENT,
        "Accept": accept,
        "Accept-Encoding": "gzip, deflate, br",
        "Connection": "close",
    }


def _follow(url: str, headers: dict[str, str], limits: Limits, left: Left, robots: Robots | None) -> Response:
    moved_to, is_permanent = "", True
    for _hop in range(limits.redirects + 1):
        target = read_url(url)
        if robots is not None:
            robots.check(target, left)
        began = time.monotonic()
        addresses = resolve(target, seconds=min(left.seconds, limits.connect_seconds))
        left.seconds -= time.monotonic() - began
        if not target.is_excepted:
            left.waiting -= await_turn(target.host, left.waiting)
        began = time.monotonic()
        try:
            answer = _get(target, addresses, headers, limits, left.seconds)
        except FetchError as error:
            asked = error.retry_after or (BUSY_REST if isinstance(error, Busy) else None)
            if asked and not target.is_excepted:
                let_rest(target.host, asked)
            raise
        finally:
            left.seconds -= time.monotonic() - began
        if isinstance(answer, Response):
            return replace(answer, moved_to=moved_to)
        try:
            url = urljoin(target.url, answer.location)
        except ValueError:
            raise BadAddress from None
        is_permanent = is_permanent and answer.is_permanent
        if is_permanent:
            moved_to = url
    raise TooManyRedirects


def _get(
    target: Target, addresses: list[str], headers: dict[str, str], limits: Limits, seconds: float
) -> "Response | Redirect":
    """One request. Returns the response, or where a redirect leads."""
    if seconds <= 0:
        raise TooSlow
    deadline = time.monotonic() + seconds
    connection = _connect(target, addresses, limits, deadline)
    response: urllib3.BaseHTTPResponse | None = None
    try:
        connection.request(
            "GET", target.path, headers={**headers, "Host": target.netloc}, preload_content=False, decode_content=False
        )
        response = connection.getresponse()
        if response.status in REDIRECTS and (location := response.headers.get("Location")):
            with contextlib.suppress(UnicodeError):  # header bytes are read as Latin-1; many servers write UTF-8
                location = location.encode("latin-1").decode("utf-8")
            return Redirect(location, response.status in PERMANENT)
        return _answer(target, response, limits)
    except FetchError:
        raise
    except Exception as error:  # http.client's own among them: a status line that is none, headers without end
        raise (TooSlow if _is_timeout(error) else Unreachable) from error
    finally:
        if response is not None:
            response.close()
        connection.close()


class _Wire(socket.socket):
    """A socket whose reads end at one moment all together: a timeout bounds one read, and a server may send a byte now
    and then."""

    ends = math.inf

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left(self.ends))
        return super().recv_into(*args, **kwargs)


class _SecretWire(ssl.SSLSocket):
    """As `_Wire`, under TLS."""

    ends = math.inf

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left(self.ends))
        return super().recv_into(*args, **kwargs)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        plain = super()._new_conn()
        return _Wire(plain.family, plain.type, plain.proto, plain.detach())


def _connect(target: Target, addresses: list[str], limits: Limits, deadline: float) -> HTTPConnection:
    """Connect to the first judged address that answers; the name serves TLS and the Host header alone."""
    error: Exception | None = None
    for address in addresses[:4]:
        remaining = min(deadline - time.monotonic(), limits.connect_seconds)
        if remaining <= 0:
            break
        connection: HTTPConnection
        if target.scheme == "https":
            connection = HTTPSConnection(
                address,
                target.port,
                timeout=remaining,
                ssl_context=_tls(),
                server_hostname=target.host,  # which TLS itself compares with the certificate
            )
        else:
            connection = _Connection(address, target.port, timeout=remaining)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as failed:
            connection.close()
            raise NotTrusted from failed
        except (urllib3.exceptions.HTTPError, OSError) as failed:
            connection.close()
            if isinstance(failed.__cause__, ssl.SSLCertVerificationError):
                raise NotTrusted from failed
            error = failed
            continue
        assert isinstance(connection.sock, (_Wire, _SecretWire)), "its reads would have no end"
        connection.sock.settimeout(max(deadline - time.monotonic(), 0.001))
        connection.sock.ends = deadline
        return connection
    if error is None or _is_timeout(error):
        raise TooSlow from error
    raise Unreachable from error


def _is_timeout(error: Exception) -> bool:
    # urllib3 counts a refused connection among its timeouts
    return isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError)) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """The machine's certificates and the bundled ones: a slim container has none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _SecretWire
    return context


def _answer(target: Target, response: urllib3.BaseHTTPResponse, limits: Limits) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status
    if status == 304:
        return Response(status, target.url, headers, b"")
    if not 200 <= status < 300:
        raise _refusal(status, headers)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limits.wire_bytes:
        raise TooLarge
    wire = bounded(response.stream(CHUNK, decode_content=False), limits.wire_bytes)
    body = bytearray()
    try:
        for part in unpack(wire, headers.get("content-encoding", ""), limit=limits.body_bytes):
            body += part
    except TooMuch:
        raise TooLarge from None
    except Torn:
        raise Garbled from None
    return Response(status, target.url, headers, bytes(body))


def _refusal(status: int, headers: dict[str, str]) -> FetchError:
    if status == 404:
        return NotFound()
    if status == 410:
        return Gone()
    if status in (401, 403):
        return Blocked()
    error: FetchError = Busy() if status == 429 else BadStatus(status)
    if status in (429, 503):
        error.retry_after = read_retry_after(headers.get("retry-after", ""))
    return error


def read_retry_after(value: str) -> timedelta | None:
    """How long a server asks us to stay away: seconds or a date (RFC 9110, 10.2.3), within a minute and a day."""
    try:
        asked = (
            timedelta(seconds=int(value))
            if value.strip().isdigit()
            else parsedate_to_datetime(value).astimezone() - timezone.now()
        )
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return min(max(asked, timedelta(minutes=1)), timedelta(days=1))
