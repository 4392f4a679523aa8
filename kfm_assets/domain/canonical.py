"""Canonical JSON (RFC 8785) and digests of it: how a thing gets an id that depends on its content alone.

Floats are refused: ids must not depend on how a number is printed. Write quantities as strings or integers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NewType

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

_PREFIX = "sha256:"
_SAFE_INTEGER = 2**53 - 1


def digest_bytes(content: bytes) -> Digest:
    """Return the sha256 digest of some bytes."""
    return Digest(_PREFIX + hashlib.sha256(content).hexdigest())


def digest_of(value: object) -> Digest:
    """Return the digest of the canonical JSON of a plain value or a frozen dataclass."""
    return digest_bytes(canonical_json(value))


def hexadecimal(digest: str) -> str:
    """Return the 64 hexadecimal digits alone, as branch names, tags and file names want them."""
    return digest.removeprefix(_PREFIX)


def canonical_json(value: object) -> bytes:
    """Serialise as RFC 8785 does: keys in UTF-16 order, no white space, UTF-8.

    Raises:
        TypeError: for a float or a value that JSON does not have.
        ValueError: for an integer that a JSON reader could round (RFC 8785 section 3.2.2.3).
    """
    return json.dumps(_ordered(plain(value)), separators=(",", ":"), ensure_ascii=False).encode()


def plain(value: object) -> Json:
    """Turn frozen dataclasses, enums, mappings, sets and sequences into what JSON has."""
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    msg = f"no JSON form for {type(value).__name__}"
    raise TypeError(msg)


def _ordered(value: Json) -> Json:
    if isinstance(value, float):
        msg = f"{value!r}: a float has no place in an id; write it as a string"
        raise TypeError(msg)
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        msg = f"{value}: an integer beyond 2^53 - 1 is not exact in JSON; write it as a string"
        raise ValueError(msg)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_ordered(item) for item in value]
    return value
