"""The errors, grouped by what whoever catches one would do about it. Nothing here knows why they are raised.

Each carries one line of advice for the person at the terminal. The command line maps each class to one exit code.
"""

from __future__ import annotations

import re

_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters and line ends: what a damaged file can bring into the text of an error."""


class KfmError(Exception):
    """Anything that this project raises on purpose. `str(error)` is one line; `advice` says what to do."""

    exit_code = 70

    def __init__(self, message: str, *, advice: str = "") -> None:
        """Keep the message and the advice, both as single lines."""
        super().__init__(_NOT_ONE_LINE.sub(" ", message))
        self.advice = advice


class UsageError(KfmError):
    """The call itself is wrong: change the call."""

    exit_code = 2


class GateClosed(KfmError):  # noqa: N818 - the field's word; it is a decision, not a defect
    """A required verdict is missing or not PASS: do not publish."""

    exit_code = 3


class Conflict(KfmError):  # noqa: N818 - the field's word
    """A reference holds neither what the plan expected nor what it wants: stop, look, overwrite nothing."""

    exit_code = 4


class Unavailable(KfmError):  # noqa: N818 - the field's word
    """Something outside did not answer or has no room: try again later."""

    exit_code = 5


class IntegrityError(KfmError):
    """Bytes are not what their digest says: quarantine them."""

    exit_code = 6


class BadInput(KfmError):  # noqa: N818 - reads as what it is
    """What the upstream sent cannot be read as what it claims to be: look at the input; it is kept."""

    exit_code = 6


class InvalidPolicy(KfmError):  # noqa: N818 - reads as what it is
    """A policy or a setting contradicts itself: fix the configuration."""

    exit_code = 7


class NotFound(KfmError):  # noqa: N818 - the field's word
    """A name that means nothing here: tell the person which names do."""

    exit_code = 8


class HomeVersion(KfmError):  # noqa: N818 - reads as what it is
    """The home was written by another version of the layout: use that version, or another home."""

    exit_code = 9


class NoChanges(KfmError):  # noqa: N818 - the field's word
    """Nothing to commit or to merge: go on, nothing was written."""

    exit_code = 0
