"""One polite GET: streamed, bounded, tried again where that may help. What the bytes mean is not looked at here.

An attempt that fails in a way that may pass (no connection, a time-out, a body that is cut off or shorter than
announced, 408, 425, 429, 5xx, and what the caller's `check` calls passing) is tried again. Everything else is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from kfm_assets.adapters.sources.host import Host, PassingError
from kfm_assets.adapters.sources.manners import Manners, Timing, retry_after
from kfm_assets.errors import BadInput, Unavailable
from kfm_assets.ports import Clock

OK = 200
NO_CONTENT = 204
NOT_MODIFIED = 304

_ANSWERS = (OK, NO_CONTENT, NOT_MODIFIED)
_PASSING = (408, 425, 429)
_SERVER_ERROR = 500
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the final address, the status (200, 204 or 304), headers with lower-case names, the bytes as sent."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


class Fetcher:
    """Fetches addresses; knows the state of each host that it asked."""

    def __init__(
        self, clock: Clock, user_agent: str, manners: Manners, timing: Timing, bases: Mapping[str, str]
    ) -> None:
        """Keep the settings. `bases` maps a host to the base URL that is asked in its place, such as a local mirror."""
        self._clock = clock
        # Bytes are kept as the file that they are; a transport coding would hide it.
        self._headers = {"user-agent": user_agent, "accept-encoding": "identity"}
        self._manners = manners
        self._timing = timing
        self._bases = {host: base.rstrip("/") for host, base in bases.items()}
        self._hosts: dict[str, Host] = {}

    def get(self, url: str, headers: Mapping[str, str], check: Callable[[Answer], None]) -> Answer:
        """Return the answer that an address gives.

        Raises:
            Unavailable: when no attempt succeeded, or the host's circuit is open.
            BadInput: when the body is larger than allowed; and what `check` raises.
        """
        name = urlsplit(url).netloc
        host = self._hosts.setdefault(name, Host(name, self._manners, self._timing))
        started = self._timing.monotonic()

        def ended(state: RetryCallState) -> bool:
            spent = self._timing.monotonic() - started + state.upcoming_sleep
            return (
                state.attempt_number >= self._manners.attempts
                or spent > self._manners.patience_seconds
                or _asked(state) > self._manners.retry_after_cap_seconds
                or host.is_open
            )

        retrying = Retrying(
            retry=retry_if_exception_type(PassingError),
            wait=self._wait,
            stop=ended,
            sleep=self._timing.sleep,
            reraise=True,
        )
        # A client for each fetch: none is carried into a forked process, none has to be closed by somebody else.
        with self._client() as client:
            try:
                return retrying(self._attempt, client, host, url, headers, check)
            except PassingError as error:
                attempts = retrying.statistics["attempt_number"]
                raise Unavailable(f"{error} (attempts: {attempts})", advice=error.advice) from error

    def _client(self) -> httpx.Client:
        manners = self._manners
        return httpx.Client(
            headers=self._headers,
            timeout=httpx.Timeout(manners.read_seconds, connect=manners.connect_seconds),
            follow_redirects=True,
            max_redirects=_MOST_REDIRECTS,
            verify=_trust(),
        )

    def _attempt(
        self, client: httpx.Client, host: Host, url: str, headers: Mapping[str, str], check: Callable[[Answer], None]
    ) -> Answer:
        with host.turn():
            try:
                answer = self._exchange(client, url, headers)
            except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
                raise Unavailable(f"{url}: {error}", advice="look at the address of the feed") from error
            except httpx.HTTPError as error:
                raise PassingError(f"{url}: {str(error) or type(error).__name__}") from error
            check(answer)
            return answer

    def _exchange(self, client: httpx.Client, url: str, headers: Mapping[str, str]) -> Answer:
        deadline = self._timing.monotonic() + self._manners.attempt_seconds
        asked = self._asked_at(url)
        with client.stream("GET", asked, headers=dict(headers)) as response:
            final = self._known_as(url, response)
            if asked.startswith("https:") and response.url.scheme != "https":
                raise Unavailable(f"{url} redirects to {final}, which is not encrypted", advice="look at the address")
            self._demand_answer(final, response)
            content = self._body(final, response, deadline)
        # A cookie is between the service and us, and no part of what it published.
        kept = {name: value for name, value in response.headers.items() if name != "set-cookie"}
        return Answer(final, response.status_code, kept, content)

    def _body(self, url: str, response: httpx.Response, deadline: float) -> bytes:
        content = bytearray()
        announced = response.headers.get("content-length", "")
        most = self._manners.most_bytes
        too_large = BadInput(f"{url} sends more than {most} bytes", advice="look at it: no upstream file is this large")
        if announced.isdecimal() and int(announced) > most:
            raise too_large
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > most:
                raise too_large
            if self._timing.monotonic() > deadline:
                raise PassingError(f"{url}: not complete after {self._manners.attempt_seconds:g} seconds")
        return bytes(content)

    def _demand_answer(self, url: str, response: httpx.Response) -> None:
        status = response.status_code
        if status in _ANSWERS:
            return
        message = f"{url} answers {status} {response.reason_phrase}".rstrip()
        if status in _PASSING or status >= _SERVER_ERROR:
            raise PassingError(message, retry_after(response.headers.get("retry-after", ""), self._clock.now()))
        raise Unavailable(message, advice="look at the address; the service may have moved or replaced the file")

    def _wait(self, state: RetryCallState) -> float:
        most = min(self._manners.backoff_cap_seconds, self._manners.backoff_seconds * 2 ** (state.attempt_number - 1))
        return max(self._timing.between(0.0, most), _asked(state))

    def _asked_at(self, url: str) -> str:
        parts = urlsplit(url)
        base = self._bases.get(parts.netloc)
        return url if base is None else url.replace(f"{parts.scheme}://{parts.netloc}", base, 1)

    def _known_as(self, url: str, response: httpx.Response) -> str:
        """Return the address that answered, by the name of the host that was asked for."""
        final = str(response.url)
        if not response.history:
            return url
        parts = urlsplit(url)
        base = self._bases.get(parts.netloc)
        return final if base is None else final.replace(base, f"{parts.scheme}://{parts.netloc}", 1)


def _asked(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.wait_seconds if isinstance(error, PassingError) else 0.0


@cache
def _trust() -> SSLContext:
    # Reading the certificates takes longer than a request; once is enough.
    return httpx.create_ssl_context()
