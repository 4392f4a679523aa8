"""A proxy on loopback that passes requests on to a server, and misbehaves at one of them, once, or from then on."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Match = Callable[[str, str, bytes], bool]
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Fault(StrEnum):
    """What is done to the request. Where it says after, the server has carried it out by then."""

    BUSY = "429"
    ERROR = "500 before"
    ERROR_AFTER = "500 after"
    DROP = "dropped before"
    DROP_AFTER = "dropped after"
    STALL = "stalled, and never carried out"
    STALL_AFTER = "stalled after"
    LATE = "stalled, and carried out later"
    GONE = "dropped before, and whatever follows"
    GONE_AFTER = "dropped after, and whatever follows"


class Misbehaving:
    """What is to go wrong, whether it has, and how often the same was asked for again after it."""

    def __init__(self, upstream: str, late_seconds: float) -> None:
        self.upstream = urlsplit(upstream)
        self.late_seconds = late_seconds
        self.happened = 0
        self.again = 0
        self.pending: list[threading.Thread] = []
        self.gone = False
        self._plan: tuple[Match, Fault] | None = None
        self._taken: Match | None = None
        self._lock = threading.Lock()

    def plan(self, match: Match, fault: Fault) -> None:
        """Let this happen to the first request that matches by method, path and body."""
        self._plan = (match, fault)

    def take(self, method: str, path: str, body: bytes) -> Fault | None:
        """Return what happens to a request."""
        with self._lock:
            if self.gone:
                return Fault.DROP
            if self._taken and self._taken(method, path, body):
                self.again += 1
            if self._plan is None or not self._plan[0](method, path, body):
                return None
            (self._taken, fault), self._plan = self._plan, None
            self.happened += 1
            self.gone = fault in {Fault.GONE, Fault.GONE_AFTER}
            return fault

    def come_back(self) -> None:
        """Let a server that went answer again, and forget what was to go wrong."""
        with self._lock:
            self.gone, self._plan = False, None

    def settle(self) -> None:
        """Wait for what is carried out later."""
        for thread in self.pending:
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer is two writes, and the second would wait for 40 ms
    plans: Misbehaving

    def log_message(self, *_) -> None:
        """Say nothing."""

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.plans.take(self.command, urlsplit(self.path).path, body)
        if fault in {Fault.BUSY, Fault.ERROR}:
            self.answer(429 if fault is Fault.BUSY else 500, [], b'{"message": "misbehaving"}')
        elif fault is Fault.LATE:
            thread = threading.Thread(target=self.later, args=(self.command, self.path, body, dict(self.headers)))
            self.plans.pending.append(thread)
            thread.start()
            self.hang()
        elif fault in {Fault.DROP, Fault.GONE, Fault.STALL}:
            self.hang() if fault is Fault.STALL else self.drop()
        else:
            answer = self.forward(self.command, self.path, body, dict(self.headers))
            if fault in {Fault.DROP_AFTER, Fault.GONE_AFTER}:
                self.drop()
            elif fault is Fault.STALL_AFTER:
                self.hang()
            elif fault is Fault.ERROR_AFTER:
                self.answer(500, [], b'{"message": "misbehaving"}')
            else:
                self.answer(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve  # noqa: N815 - the base class asks for these names

    def later(self, *request) -> None:
        time.sleep(self.plans.late_seconds)
        with suppress(OSError, http.client.HTTPException):
            self.forward(*request)

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]):
        connection = http.client.HTTPConnection(self.plans.upstream.hostname, self.plans.upstream.port, timeout=30)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() not in {*_HOP, "host"}}
            connection.request(method, path, body, kept | {"Content-Length": str(len(body))})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def answer(self, status: int, headers, content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {*_HOP, "date", "server"}:
                self.send_header(name, value)
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != http.client.NO_CONTENT:
            self.wfile.write(content)

    def hang(self) -> None:
        """Keep the connection until the other side has had enough."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.settimeout(20)
            self.connection.recv(1)

    def drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def misbehaving(upstream: str, late_seconds: float):
    """Run a proxy; give its address and what is to go wrong."""
    plans = Misbehaving(upstream, late_seconds)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"plans": plans}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", plans
    finally:
        plans.settle()
        server.shutdown()
        server.server_close()
        thread.join()
