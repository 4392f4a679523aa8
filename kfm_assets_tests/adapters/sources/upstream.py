"""An upstream service on this machine that does as it is told, and misbehaves as real ones do."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Upstream:
    """What each path does, one behaviour for each request, the last for ever; and what it was asked."""

    base: str
    behaviours: dict[str, list[Behaviour]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, path: str, *behaviours: Behaviour) -> None:
        self.behaviours[path] = list(behaviours)

    def asked(self, path: str) -> int:
        return self.paths.count(path)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.paths.append(request.path)
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            waiting = self.behaviours.get(request.path, [status(404)])
            behaviour = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        behaviour(request)


@contextmanager
def serving() -> Iterator[Upstream]:
    upstream = Upstream("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                upstream.handle(self)
            except ConnectionError:
                self.close_connection = True  # the client had enough; some tests make it so

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            if not isinstance(sys.exception(), ConnectionError):
                upstream.broken.append(repr(sys.exception()))

    server = Server(("127.0.0.1", 0), Handler)
    upstream.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield upstream
    finally:
        upstream.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert upstream.broken == []


def send(content: bytes, code: int = 200, *, length: int | None = None, **headers: str) -> Behaviour:
    """Answer with some bytes; `length` is what it claims, where that is not the truth."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)
        if length is not None:
            request.close_connection = True

    return behave


def status(code: int, **headers: str) -> Behaviour:
    """Answer with a status and a word."""
    return send(b"" if code in {204, 304} else b"no\n", code, **headers)


def stall(content: bytes, upstream: Upstream) -> Behaviour:
    """Announce the whole, send half, and fall silent."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2])
        request.wfile.flush()
        upstream.over.wait(10)
        request.close_connection = True

    return behave


def trickle(upstream: Upstream) -> Behaviour:
    """Send a byte now and then, often enough that no read times out, for five seconds."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        ends = time.monotonic() + 5
        while time.monotonic() < ends and not upstream.over.is_set():
            request.wfile.write(b".")
            request.wfile.flush()
            time.sleep(0.02)
        request.close_connection = True

    return behave


def chunks_cut_off(content: bytes) -> Behaviour:
    """Send one chunk and hang up before the last one."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        request.close_connection = True

    return behave


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    request.close_connection = True


def listing(*names: str) -> bytes:
    """Return the page that Apache's mod_autoindex makes of a folder."""
    rows = "".join(f'<tr><td><a href="{name}">{name}</a></td></tr>\n' for name in names)
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html><body><table>\n'
        '<tr><th><a href="?C=N;O=D">Name</a></th></tr>\n<tr><td><a href="/pub/">Parent Directory</a></td></tr>\n'
        f"{rows}</table></body></html>\n"
    ).encode()
