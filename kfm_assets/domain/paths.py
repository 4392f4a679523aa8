"""Which paths and reference names a lake takes: those that lakeFS and S3 take too. Nothing here looks at a lake.

lakeFS: branch names are word characters and `-`, the first not `-` (https://docs.lakefs.io/understand/model/). S3: a
key has at most 1,024 bytes of UTF-8 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from kfm_assets.errors import UsageError

_MOST_PATH = 1024
_MOST_PART = 255
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_COMMIT = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"\w[\w.=+-]*(/\w[\w.=+-]*)*", re.ASCII)  # what most paths look like: nothing in it can be wrong
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


def parts_of(path: str) -> tuple[str, ...]:
    """Return a path's parts. Raises UsageError where it is not a path."""
    if not (len(path) <= _MOST_PART and _PLAIN.fullmatch(path)) and (fault := _fault(path)):
        raise UsageError(
            f"{path!r} is not a path in the lake: {fault}", advice="paths look like hazards/storm_events/raw/1975.csv"
        )
    return tuple(path.split("/"))


def prefix_of(prefix: str) -> tuple[str, ...]:
    """Return the parts of a path or folder; none for the empty prefix, which is the whole tree."""
    return parts_of(prefix) if prefix else ()


def is_name(text: str) -> bool:
    """Say whether a branch or a tag can be called so."""
    return _NAME.fullmatch(text) is not None and not is_commit(text)


def is_commit(text: str) -> bool:
    """Say whether a text looks like a commit's id: 64 lower-case hexadecimal digits."""
    return _COMMIT.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Raise UsageError where a branch or a tag cannot be called so."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a branch or a tag",
            advice="use letters, digits, _ and -, and begin with no -, as lakeFS does",
        )
    if is_commit(name):
        raise UsageError(f"{name!r} looks like a commit id", advice="give it a prefix, as in rel-…")


def check_words(message: str, metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return a commit's metadata as a plain dict. Raises UsageError for anything that is not text."""
    pairs = dict(metadata or {})
    for text in (message, *pairs.keys(), *pairs.values()):
        if not isinstance(text, str) or not _encodable(text):
            raise UsageError(f"{text!r} is not text", advice="a commit's message and metadata are strings")
    return pairs


def _fault(path: str) -> str:
    if not _encodable(path):
        return "it is not valid Unicode"
    parts = path.split("/")
    faults = {
        "it is not NFC-normalised": not unicodedata.is_normalized("NFC", path),
        "it has a control character or a backslash": _FORBIDDEN.search(path) is not None,
        "it has an empty part, . or ..": any(part in {"", ".", ".."} for part in parts),
        f"it is longer than {_MOST_PATH} bytes": len(path.encode()) > _MOST_PATH,
        f"a part of it is longer than {_MOST_PART} bytes": any(len(part.encode()) > _MOST_PART for part in parts),
    }
    return next((fault for fault, present in faults.items() if present), "")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
