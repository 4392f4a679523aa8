"""How the live source behaves towards a service: time-outs, patience, pace, sizes. Values only.

Time is handed in, so that a test does not wait.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Manners:
    """What one fetch may take, in seconds, bytes and attempts.

    `attempt_seconds` is the deadline of one attempt, however slowly its bytes trickle in; `patience_seconds` that of a
    fetch with all its attempts. Between attempts it waits a random part of `backoff_seconds`, twice that, four times,
    up to `backoff_cap_seconds` ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and never less than a Retry-After; one
    that asks for more than `retry_after_cap_seconds` is not waited for: the fetch ends there.
    `failures_to_open` failed attempts in a row open a host's circuit for `open_seconds`.
    A page of links is used again for `listing_seconds`.
    """

    connect_seconds: float = 10
    read_seconds: float = 60
    attempt_seconds: float = 300
    patience_seconds: float = 900
    attempts: int = 5
    backoff_seconds: float = 1
    backoff_cap_seconds: float = 60
    retry_after_cap_seconds: float = 120
    interval_seconds: float = 1
    failures_to_open: int = 5
    open_seconds: float = 120
    listing_seconds: float = 300
    most_bytes: int = 2**30


@dataclass(frozen=True, slots=True)
class Timing:
    """The passing of time: a clock that never goes back, in seconds; a way to wait; a random number between two."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    between: Callable[[float, float], float] = random.uniform


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds that a Retry-After asks for, as number or date (RFC 9110 section 10.2.3); 0 for neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    # A date in "-0000" comes without a zone; HTTP's dates are UTC.
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
