"""Protection of branches: what the server's rules cover, and moving the head of a branch that none of them covers.

Protection forbids writes, commits and hard resets (https://docs.lakefs.io/howto/protect-branches/). The server reads
its rules again only after some seconds, so one that was lifted counts for a while yet.
"""

from __future__ import annotations

import re

from lakefs_sdk.exceptions import ForbiddenException
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from kfm_assets.adapters.lakefs.client import Client
from kfm_assets.adapters.lakefs.history import History
from kfm_assets.errors import Conflict, Unavailable

_COUNTS_SECONDS = 8.0
"""How long a rule that was lifted may count: the server keeps its rules for three seconds and up to three more."""

_AGAIN_SECONDS = 0.5
_WORDS = re.compile(r"\\(?P<escaped>.)|\[(?P<but>!?)(?P<listed>[^\]]*)\]|(?P<stars>\*+)|(?P<other>.)")
_MEANING, _ESCAPED = re.compile(r"([\\^\[])"), r"\\\1"
_SPECIAL = {"?": ".", "{": "(?:", ",": "|", "}": ")"}


class _CountsYet(Unavailable):
    """The server refused by a rule that it does not list any more."""


def protects(client: Client, branch: str) -> bool:
    """Say whether one of the server's rules covers a branch."""
    return covers(client.protected(), branch)


def covers(patterns: set[str], branch: str) -> bool:
    """Say whether a pattern of the server's matches a branch: `*`, `?`, `[a-z]`, `[!a-z]`, `{one,other}`."""
    return any(re.fullmatch(_expression(pattern), branch) for pattern in patterns)


def reset(history: History, branch: str, target: str) -> None:
    """Make a branch's head another commit. Raises Conflict where it is protected."""
    client = history.client
    if protects(client, branch):
        raise Conflict(f"branch {branch} is protected on the server", advice="lift its protection there first")
    api, name = client.sdk.experimental_api, client.repository

    def there() -> bool | None:
        return True if history.head_of(branch) == target else None

    def act() -> bool:
        try:
            api.hard_reset_branch(name, branch, target)
        except ForbiddenException as error:
            if "protected branch" not in str(error.body):
                raise
            raise _CountsYet(
                f"the server protects {branch} still, though no rule of it is left",
                advice="wait some seconds; `kfm recover` finishes what was begun",
            ) from None
        return True

    for attempt in Retrying(
        stop=stop_after_delay(_COUNTS_SECONDS),
        wait=wait_fixed(_AGAIN_SECONDS),
        retry=retry_if_exception_type(_CountsYet),
        reraise=True,
    ):
        with attempt:
            client.write(f"reset {branch}", act, there)
    history.index.see(name, branch, target, history.clock.now())


def _expression(pattern: str) -> str:
    """Return a pattern as a regular expression. It is the server's `gobwas/glob`, without separators."""
    text, depth = "", 0
    for found in _WORDS.finditer(pattern):
        escaped, listed, other = found["escaped"], found["listed"], found["other"]
        depth += (other == "{") - (other == "}")
        if listed is not None:
            text += f"[{'^' if found['but'] else ''}{_MEANING.sub(_ESCAPED, listed)}]"
        elif found["stars"]:
            text += ".*"
        elif other == "," and not depth:
            text += ","
        else:
            text += _SPECIAL.get(other or "") or re.escape(escaped or other)
    return text
