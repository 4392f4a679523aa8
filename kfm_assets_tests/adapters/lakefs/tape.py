"""Exchanges with a lakeFS server, recorded below the SDK and played again: what is asked must be what was asked.

A request is its method, path, query, the headers that carry metadata, and its body. On playing, each gets the answers
that it got, in their order; one that was never made fails the test, and so does one that was made and is not now.
Names that the server or chance chose are numbered, dates are one date, and no credential is ever looked at.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import threading
from collections import defaultdict, deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3

_ID = re.compile(r'"(?:id|commit_id|meta_range_id|reference|base_commit_id)": ?"([0-9a-f]{64})"|^"?([0-9a-f]{64})"?$')
_PLACE = re.compile(r'local://(/[^"]*?)/repository-of-test/data/([^"/]+/[^"/]+)"')
REPOSITORY = "repository-of-test"


class Tape:
    """What went to and fro, for one lake."""

    def __init__(self, repository: str) -> None:
        """Start with nothing."""
        self.repository = repository
        self.exchanges: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def asked(self, method: str, url: str, headers: Any, body: Any) -> str:
        """Return a request as text."""
        parts = urlsplit(url)
        request: dict[str, Any] = {"method": method, "path": parts.path, "query": parse_qsl(parts.query)}
        meta = {key.lower(): value for key, value in headers.items() if key.lower().startswith("x-lakefs-")}
        if meta:
            request["meta"] = meta
        if isinstance(body, str):
            request["body"] = json.loads(body)
        elif body is not None:
            content = body.read()
            body.seek(0)
            request["body"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return json.dumps(request, sort_keys=True, ensure_ascii=False).replace(self.repository, REPOSITORY)

    def keep(self, asked: str, answer: urllib3.HTTPResponse, content: bytes) -> None:
        """Record an exchange."""
        kept: dict[str, Any] = {"asked": asked, "status": answer.status, "type": answer.headers.get("Content-Type", "")}
        try:
            kept["text"] = content.decode().replace(self.repository, REPOSITORY)
        except UnicodeDecodeError:
            kept["base64"] = base64.b64encode(content).decode()
        with self._lock:
            self.exchanges.append(kept)

    def save(self, path: Path) -> None:
        """Write what was recorded."""
        lines = "\n".join(json.dumps(kept, sort_keys=True, ensure_ascii=False) for kept in self.exchanges)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(_plain(lines, self.exchanges).encode(), 9, mtime=0))


def load(path: Path) -> list[dict[str, Any]]:
    """Read a recording."""
    text = gzip.decompress(path.read_bytes()).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def _plain(text: str, exchanges: list[dict[str, Any]]) -> str:
    """Number what the server chose, in the order in which it said it; make all dates one."""
    said = [kept.get("text", "") for kept in exchanges]
    ids = dict.fromkeys(a or b for line in said for a, b in _ID.findall(line))
    places = [found for line in said for found in _PLACE.findall(line)]
    root = min((place[0] for place in places), key=len, default=None)
    for number, identity in enumerate(ids, 1):
        text = text.replace(identity, hashlib.sha256(f"id {number}".encode()).hexdigest())
    for number, inside in enumerate(dict.fromkeys(place[1] for place in places), 1):
        text = text.replace(inside, f"object/{number}")
    if root:
        text = text.replace(root, "/store")
    return re.sub(r'(\\"(?:mtime|creation_date)\\": ?)\d+', r"\g<1>1767225600", text)


class Recorder:
    """Stands before a connection pool and writes down what passes."""

    def __init__(self, pool: urllib3.PoolManager, tape: Tape) -> None:
        self._pool, self._tape = pool, tape

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        asked = self._tape.asked(method, url, options.get("headers") or {}, options.get("body"))
        preload = options.pop("preload_content", True)
        answer = self._pool.request(method, url, preload_content=True, **options)
        self._tape.keep(asked, answer, answer.data)
        return _answer(answer.status, answer.headers.get("Content-Type", ""), answer.data, preload=preload)

    def clear(self) -> None:
        self._pool.clear()


class Player:
    """Stands in place of a connection pool and answers what was recorded."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self._tape = Tape(REPOSITORY)
        self._answers: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        self._lock = threading.Lock()
        for kept in exchanges:
            self._answers[kept["asked"]].append(kept)

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        asked = self._tape.asked(method, url, options.get("headers") or {}, options.get("body"))
        with self._lock:
            assert self._answers[asked], f"this request was never recorded: {asked}"
            kept = self._answers[asked].popleft()
        content = kept["text"].encode() if "text" in kept else base64.b64decode(kept["base64"])
        return _answer(kept["status"], kept["type"], content, preload=options.get("preload_content", True))

    def clear(self) -> None:
        """Nothing to let go."""

    def left(self) -> list[str]:
        """Return the requests that were recorded and not made."""
        return [asked for asked, answers in self._answers.items() for _ in answers]


def _answer(status: int, kind: str, content: bytes, *, preload: bool) -> urllib3.HTTPResponse:
    headers = {"Content-Type": kind} if kind else {}
    return urllib3.HTTPResponse(io.BytesIO(content), headers, status, preload_content=preload)
