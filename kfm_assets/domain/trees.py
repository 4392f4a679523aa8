"""Trees: folders in folders, each a Merkle map from name to file or folder. Pure over a `Nodes` store.

A file is `["f", digest, size]`, a folder `["t", root]`. A folder that holds nothing is not there, so equal content has
an equal root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.merkle import EMPTY, Nodes, Value

FILE = "f"
FOLDER = "t"


@dataclass(frozen=True, slots=True, order=True)
class File:
    """A file in a tree: its path, the sha256 of its bytes, its size in bytes."""

    path: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Change:
    """A path on which two trees differ; None is where the file is absent."""

    path: str
    before: File | None
    after: File | None


def file_value(file: File) -> Value:
    """Return what a folder maps a file's name to."""
    return [FILE, file.digest, file.size]


def folder_value(root: Digest) -> Value | None:
    """Return what a folder maps a folder's name to; None for an empty one."""
    return None if root == EMPTY else [FOLDER, root]


def as_file(path: str, value: Value | None) -> File | None:
    """Return the file that a value is, if it is one."""
    if isinstance(value, list) and value[0] == FILE:
        return File(path, Digest(str(value[1])), int(value[2]))
    return None


def as_folder(value: Value | None) -> Digest:
    """Return the root of the folder that a value is; that of the empty one where it is none."""
    return Digest(str(value[1])) if isinstance(value, list) and value[0] == FOLDER else EMPTY


def find(nodes: Nodes, root: Digest, parts: Sequence[str]) -> Value | None:
    """Return what lies at a path below a folder, or None."""
    value = folder_value(root)
    for part in parts:
        value = merkle.lookup(nodes, as_folder(value), part)
    return value


def walk(nodes: Nodes, value: Value | None, path: str) -> Iterator[File]:
    """Yield the file that a value is, or every file in the folder that it is, sorted by path."""
    if file := as_file(path, value):
        yield file
        return
    for key, below in sorted(_keyed(item) for item in merkle.items(nodes, as_folder(value))):
        yield from walk(nodes, below, _join(path, key.rstrip("/")))


def differences(nodes: Nodes, left: Value | None, right: Value | None, path: str) -> Iterator[Change]:
    """Yield every path on which two values differ, sorted; equal folders are not read."""
    before, after = as_file(path, left), as_file(path, right)
    if before != after:
        yield Change(path, before, after)
    pairs: list[tuple[str, Value | None, Value | None]] = []
    for name, one, other in merkle.diff(nodes, as_folder(left), as_folder(right)):
        if as_file(name, one) != as_file(name, other):
            pairs.append((name, _file_only(one), _file_only(other)))
        if as_folder(one) != as_folder(other):
            pairs.append((name + "/", folder_value(as_folder(one)), folder_value(as_folder(other))))
    for key, one, other in sorted(pairs, key=itemgetter(0)):
        yield from differences(nodes, one, other, _join(path, key.rstrip("/")))


def _keyed(item: tuple[str, Value]) -> tuple[str, Value]:
    """Give a folder's name the `/` that its paths have there, so that names sort as paths do: `a-b` before `a/c`."""
    name, value = item
    return (name + "/" if as_folder(value) != EMPTY else name), value


def _file_only(value: Value | None) -> Value | None:
    return value if as_folder(value) == EMPTY else None


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
