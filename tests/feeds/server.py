"""An outlet of our own: a real HTTP server on the loopback address, whose pages a test writes."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Page:
    """What the server answers at a path. `hold`: it answers only when the event is set; `reached` says it was asked."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None  # instead of all the above: write to the socket yourself


@dataclass
class Request:
    path: str
    headers: dict[str, str]  # names in lower case


@dataclass
class Outlet:
    port: int
    scheme: str = "http"
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.netloc}{path}"

    def put(self, path: str, body: str | bytes, content_type: str = "text/html; charset=utf-8", **more: object) -> Page:
        page = Page(body.encode() if isinstance(body, str) else body, content_type, **more)  # type: ignore[arg-type]
        self.pages[path] = page
        return page

    def put_feed(self, path: str, body: str | bytes, **more: object) -> Page:
        return self.put(path, body, "application/rss+xml; charset=utf-8", **more)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Outlet]:
    """An outlet that answers until the block ends, under TLS where told how; 404 for what it was not given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            outlet.requests.append(Request(self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = outlet.pages.get(self.path) or outlet.pages.get(self.path.split("?")[0]) or Page(b"", status=404)
            page.reached.set()
            if page.hold is not None:
                page.hold.wait(30)
            self.close_connection = True
            try:
                if page.answer is not None:
                    page.answer(self)
                    return
                self.send_response(page.status)
                for name, value in {"Content-Type": page.content_type, **page.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)
            except OSError:  # the reader went away, as some tests want it to
                pass

        def log_message(self, *args: object) -> None:
            """Tests print nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls is None:
                super().finish_request(request, client_address)
                return
            # in the request's own thread: a reader may refuse the certificate
            with tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as secret, suppress(OSError):
                secret.do_handshake()
                super().finish_request(secret, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    outlet = Outlet(server.server_address[1], "http" if tls is None else "https")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield outlet
    finally:
        for page in outlet.pages.values():
            if page.hold is not None:
                page.hold.set()
        server.shutdown()
        server.server_close()


@contextmanager
def dripping(outlet: Outlet, start: bytes) -> Iterator[str]:
    """The address of a page that begins so and goes on, a byte now and then, until the block ends."""
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        while not gone.wait(0.05):
            handler.wfile.write(b"x")

    outlet.put("/", "").answer = drip
    try:
        yield outlet.url("/")
    finally:
        gone.set()
