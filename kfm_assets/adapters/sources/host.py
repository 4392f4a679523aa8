"""One upstream host: at most one request at a time, a pause between two, and a circuit breaker.

The breaker is M. Nygard's (Release It!, 2nd ed., "Circuit Breaker"): closed, requests go through and failures in a row
are counted; open, they are refused without asking; half-open, when some time has passed, one goes through and decides.
As requests to a host go one by one, a half-open circuit sees one trial by itself. All of it holds within a process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kfm_assets.adapters.sources.manners import Manners, Timing
from kfm_assets.errors import KfmError, Unavailable


class PassingError(Unavailable):
    """An attempt that failed in a way that may pass: it counts against the host and is worth another attempt.

    `wait_seconds` is the least that the service asked us to wait.
    """

    def __init__(self, message: str, wait_seconds: float = 0.0) -> None:
        """Keep what failed and what the service asked for."""
        when = f"in {wait_seconds:.0f} seconds, as the service asks" if wait_seconds else "later"
        super().__init__(message, advice=f"try again {when}, or use a folder of files as the source")
        self.wait_seconds = wait_seconds


class Host:
    """The state of one host."""

    def __init__(self, name: str, manners: Manners, timing: Timing) -> None:
        """Start with a closed circuit."""
        self._name = name
        self._manners = manners
        self._timing = timing
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._free_at = timing.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether a request would be refused now."""
        return self._closed_again_in() > 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the host for one attempt, when it is our turn; how the attempt ends is noted.

        Raises:
            Unavailable: at once, while the circuit is open.
        """
        with self._lock:
            self._admit()
            pause = self._free_at - self._timing.monotonic()
            if pause > 0:
                self._timing.sleep(pause)
            try:
                yield
            except PassingError:
                self._failed()
                raise
            except KfmError:
                self._answered()  # the answer is no use, but there was one
                raise
            else:
                self._answered()
            finally:
                self._free_at = self._timing.monotonic() + self._manners.interval_seconds

    def _closed_again_in(self) -> float:
        if self._opened_at is None:
            return 0.0
        return self._opened_at + self._manners.open_seconds - self._timing.monotonic()

    def _admit(self) -> None:
        wait = self._closed_again_in()
        if wait > 0:
            raise Unavailable(
                f"{self._name} is not asked: it failed {self._failures} times in a row",
                advice=f"try again in {wait:.0f} seconds, or use a folder of files as the source",
            )

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= self._manners.failures_to_open:
            self._opened_at = self._timing.monotonic()

    def _answered(self) -> None:
        self._failures = 0
        self._opened_at = None
