"""The three-way merge of trees, path by path. Pure over a `Nodes` store; equal folders are not read."""

from __future__ import annotations

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.merkle import EMPTY, Nodes, Value
from kfm_assets.domain.trees import File, as_file, as_folder, file_value, folder_value
from kfm_assets.errors import Conflict

_SHOWN = 3


def merge(nodes: Nodes, base: Digest, ours: Digest, theirs: Digest) -> Digest:
    """Return `ours` with what changed from `base` to `theirs`.

    Raises:
        Conflict: when both changed a path in different ways, or the result would have a file where it has a folder.
    """
    clashes: list[str] = []
    root = _folders(nodes, (base, ours, theirs), "", clashes)
    if clashes:
        named = ", ".join(sorted(clashes)[:_SHOWN]) + (", …" if len(clashes) > _SHOWN else "")
        raise Conflict(
            f"both sides changed {len(clashes)} path{'s' * (len(clashes) > 1)} in different ways: {named}",
            advice="build again from the branch as it is now",
        )
    return root


def _folders(nodes: Nodes, roots: tuple[Digest, Digest, Digest], path: str, clashes: list[str]) -> Digest:
    base, ours, theirs = roots
    if theirs in (base, ours):
        return ours
    if ours == base:
        return theirs
    changes: dict[str, Value | None] = {}
    for name, before, after in merkle.diff(nodes, base, theirs):
        now = merkle.lookup(nodes, ours, name)
        value = _values(nodes, (before, now, after), f"{path}/{name}" if path else name, clashes)
        if value != now:
            changes[name] = value
    return merkle.update(nodes, ours, changes)


def _values(
    nodes: Nodes, values: tuple[Value | None, Value | None, Value | None], path: str, clashes: list[str]
) -> Value | None:
    base, ours, theirs = (as_folder(value) for value in values)
    root = _folders(nodes, (base, ours, theirs), path, clashes)
    file = _file([as_file(path, value) for value in values], path, clashes)
    if file is None:
        return folder_value(root)
    if root != EMPTY:
        clashes.append(path)
    return file_value(file)


def _file(files: list[File | None], path: str, clashes: list[str]) -> File | None:
    base, ours, theirs = files
    if theirs in (base, ours):
        return ours
    if ours != base:
        clashes.append(path)
    return theirs
