"""Canonical JSON (RFC 8785) and digests of it: how a thing gets an id that depends on its content alone.

Floats are refused: ids must not depend on how a number is printed. Write quantities as strings or integers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NewType, cast

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

_PREFIX = "sha256:"
_SAFE_INTEGER = 2**53 - 1
_SCALARS = frozenset({str, int, bool, float})


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


def plain(value: object) -> Json:  # noqa: PLR0911 - one return for each kind of value
    """Turn frozen dataclasses, enums, mappings, sets and sequences into what JSON has.

    Raises:
        TypeError: for a value that has no JSON form.
    """
    kind = type(value)
    if value is None or kind in _SCALARS:
        return cast("Json", value)
    if isinstance(value, StrEnum):
        return value.value
    if kind is dict or isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if kind is tuple or kind is list:
        return [plain(item) for item in cast("Sequence[object]", value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _fields(cast("Hashable", kind))}
    if isinstance(value, frozenset | set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"no JSON form for {kind.__name__}")


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cast("type[Any]", kind)))


def _ordered(value: Json) -> Json:
    kind = type(value)
    if kind is str:
        return value
    if kind is float:
        raise TypeError(f"{value!r}: a float has no place in an id; write it as a string")
    if kind is int and abs(cast("int", value)) > _SAFE_INTEGER:
        raise ValueError(f"{value}: an integer beyond 2^53 - 1 is not exact in JSON; write it as a string")
    if kind is dict:
        members = cast("dict[str, Json]", value)
        return {name: _ordered(members[name]) for name in sorted(members, key=_utf_16)}
    if kind is list:
        return [_ordered(item) for item in cast("list[Json]", value)]
    return value


def _utf_16(name: str) -> bytes:
    """Return what sorts as RFC 8785 section 3.2.3 asks: by UTF-16 code units."""
    return name.encode("utf-16-be")
