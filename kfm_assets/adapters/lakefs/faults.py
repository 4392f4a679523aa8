"""What the server and the network report, in this project's words; and whether a request may have had its effect.

Status codes: https://docs.lakefs.io/reference/api/. Nothing here retries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3.exceptions as urllib3
from lakefs_sdk.exceptions import ApiException

from kfm_assets.errors import (
    Conflict,
    IntegrityError,
    InvalidPolicy,
    KfmError,
    NoChanges,
    NotFound,
    Unavailable,
    UsageError,
)

_BAD, _GONE, _BUSY, _SERVER = 400, 410, 429, 500
_SETUP = "look at KFM_LAKE, KFM_LAKEFS_ENDPOINT and the keys; `kfm doctor` tries them"


class Refused(Unavailable):
    """The request was certainly not carried out: the server was not reached, or turned it away as too many."""


class Doubtful(Unavailable):
    """Nobody knows whether the request was carried out: no answer came, or one that says that something broke."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise this project's errors for the SDK's and the network's; `what` says what was asked for."""
    try:
        yield
    except ApiException as error:
        raise of_status(int(error.status or 0), _said(error.body), what) from None  # the SDK's text holds whole headers
    except (urllib3.NewConnectionError, urllib3.ConnectTimeoutError) as error:
        raise Refused(f"{what}: the lakeFS server cannot be reached", advice=_SETUP) from error
    except urllib3.HTTPError as error:
        raise Doubtful(
            f"{what}: the lakeFS server did not answer ({type(error).__name__})",
            advice="run it again; `kfm recover` finishes what was begun",
        ) from error


@contextmanager
def ended() -> Iterator[None]:
    """Raise plain Unavailable where trying again came to its end, so that nobody around it tries all of it again."""
    try:
        yield
    except (Refused, Doubtful) as error:
        raise Unavailable(str(error), advice=error.advice) from error


def of_status(status: int, said: str, what: str) -> KfmError:
    """Return the error that an answer is."""
    text = f"{what}: lakeFS says {status}, {said or 'no more'}"
    if status == _BUSY:
        return Refused(text, advice="the server is busy; run it again later")
    if status >= _SERVER:
        return Doubtful(text, advice="look at the server's log, then run it again")
    if status == _BAD and "no changes" in said:
        return NoChanges(text)
    if status == _GONE:
        return IntegrityError(text, advice="its bytes were collected by the server; see its retention rules")
    kinds: dict[int, tuple[type[KfmError], str]] = {
        401: (InvalidPolicy, _SETUP),
        403: (InvalidPolicy, "the server's rules, or the rights of these keys, do not allow it"),
        404: (NotFound, "`kfm doctor` says whether the repository is there"),
        409: (Conflict, "look at what moved, then run again"),
        412: (Conflict, "look at what moved, then run again"),
    }
    kind, advice = kinds.get(status, (UsageError if status >= _BAD else Unavailable, _SETUP))
    return kind(text, advice=advice)


def _said(body: object) -> str:
    """Return the one line that an answer's body says."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    message = document.get("message", "") if isinstance(document, dict) else text
    return " ".join(str(message).split())[:200]
