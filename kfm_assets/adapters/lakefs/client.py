"""One repository on a lakeFS server, as requests: each with a time-out, and each repeated only where that is safe.

Nothing here knows what a lake promises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import urllib3
from lakefs_sdk.client import LakeFSClient
from lakefs_sdk.configuration import Configuration
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from kfm_assets.adapters.lakefs.faults import Doubtful, Refused, ended, translated
from kfm_assets.errors import Conflict, NoChanges, NotFound

Answer = TypeVar("Answer")
Row = Mapping[str, Any]
"""One object, difference or reference, as the server's JSON has it."""

PAGE = 1000
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where a repository is and how to get in. The keys are not shown."""

    endpoint: str
    repository: str
    access_key: str
    secret_key: str
    timeout_seconds: float = 60.0
    attempts: int = 5
    first_wait_seconds: float = 0.1

    def __repr__(self) -> str:
        """Name the place alone."""
        return f"lakefs://{self.repository} at {self.endpoint}"


class Client:
    """Requests to one repository."""

    def __init__(self, server: Server) -> None:
        """Remember the server; the first request reaches it."""
        self.server = server
        self.repository = server.repository
        configuration = Configuration(
            host=f"{server.endpoint.rstrip('/').removesuffix('/api/v1')}/api/v1",
            username=server.access_key,
            password=server.secret_key,
        )
        configuration.retries = False  # type: ignore[assignment] # urllib3's own repeat what had its effect
        self.sdk = LakeFSClient(configuration)  # type: ignore[no-untyped-call]
        self.api = self.sdk.objects_api.api_client
        _limit(self.api.rest_client, server.timeout_seconds)

    @property
    def timeout(self) -> urllib3.Timeout:
        """How long a connection may take, and then each wait for bytes."""
        return urllib3.Timeout(connect=_CONNECT_SECONDS, read=self.server.timeout_seconds)

    # --- asking

    def read(self, what: str, ask: Callable[[], Answer]) -> Answer:
        """Ask for something that changes nothing, or that may be done twice; again where no answer came."""
        with ended():
            for attempt in self.attempts():
                with attempt, translated(what):
                    answer = ask()
        return answer

    def write(self, what: str, act: Callable[[], Answer], done: Callable[[], Answer | None]) -> Answer:
        """Carry something out once. Where no answer came, `done` looks whether it was, before it is tried again.

        Raises:
            Unavailable: when it was not, or nobody can say.
        """
        doubtful = False
        with ended():
            for attempt in self.attempts():
                with attempt:
                    try:
                        with translated(what):
                            return act()
                    except (Conflict, NoChanges, NotFound):  # what stands in the way may be what an earlier one did
                        if not doubtful or (found := done()) is None:
                            raise
                        return found
                    except Doubtful:
                        doubtful = True
                        if (found := done()) is None:
                            raise
                        return found
        raise AssertionError  # the loop returns or raises

    def protected(self) -> set[str]:
        """Return the patterns of the branches that the server protects."""
        api = self.sdk.repositories_api
        rules = self.read("read the protection", lambda: api.get_branch_protection_rules(self.repository))
        return {rule.pattern for rule in rules}

    def attempts(self) -> Retrying:
        """Return the loop that tries again after a while, where trying again is safe."""
        return Retrying(
            stop=stop_after_attempt(self.server.attempts),
            wait=wait_exponential_jitter(multiplier=self.server.first_wait_seconds, max=5, jitter=0.1),
            retry=retry_if_exception_type((Refused, Doubtful)),
            sleep=time.sleep,
            reraise=True,
        )

    # --- lists, as plain dicts: the SDK's models take thirty times as long as the server

    def objects(self, ref: str, prefix: str) -> Iterator[Row]:
        """Yield every object whose path begins with some text, sorted by path, with its metadata."""
        query = [("prefix", prefix), ("user_metadata", "true")]
        return self._pages(f"list {prefix or 'all'} at {ref}", "/refs/{ref}/objects/ls", {"ref": ref}, query)

    def differences(self, left: str, right: str) -> Iterator[Row]:
        """Yield every path on which two commits differ, sorted, with what the right one has there."""
        path, names = "/refs/{left}/diff/{right}", {"left": left, "right": right}
        return self._pages(
            f"compare {left} and {right}", path, names, [("type", "two_dot"), ("include_right_stats", "true")]
        )

    def references(self, kind: str) -> Iterator[Row]:
        """Yield every branch (`branches`) or tag (`tags`), hidden branches too."""
        return self._pages(f"list {kind}", f"/{kind}", {}, [("show_hidden", "true")] if kind == "branches" else [])

    def commits(self, ref: str, amount: int = 100) -> Iterator[Row]:
        """Yield a commit and its first parents, newest first."""
        return self._pages(
            f"read the log of {ref}", "/refs/{ref}/commits", {"ref": ref}, [("first_parent", "true")], amount
        )

    def _pages(
        self, what: str, path: str, names: Mapping[str, str], query: list[tuple[str, str]], amount: int = PAGE
    ) -> Iterator[Row]:
        after = ""
        while True:
            asked = [*query, ("amount", str(amount)), *([("after", after)] if after else [])]
            page = self.read(what, lambda asked=asked: self.send("GET", path, names, asked))  # type: ignore[misc]
            yield from page["results"]
            if not page["pagination"]["has_more"]:
                return
            after = page["pagination"]["next_offset"]

    def send(
        self, method: str, path: str, names: Mapping[str, str], query: list[tuple[str, str]], body: object = None
    ) -> dict[str, Any]:
        """Make one request below the repository's address, and return the answer as plain JSON."""
        headers = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        answer = self.api.call_api(
            "/repositories/{repository}" + path,
            method,
            {"repository": self.repository, **names},
            query,
            headers,
            body=body,
            response_types_map={"2XX": "object"},
            auth_settings=["basic_auth"],
            _return_http_data_only=True,
        )
        return cast("dict[str, Any]", answer)


def _limit(rest: Any, seconds: float) -> None:  # noqa: ANN401 - the SDK's, untyped
    """Give every request of the SDK's a time-out: it has none of its own, and waits for ever."""
    plain = rest.request

    def request(method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - passed on
        options["_request_timeout"] = options.get("_request_timeout") or (_CONNECT_SECONDS, seconds)
        return plain(method, url, **options)

    rest.request = request
