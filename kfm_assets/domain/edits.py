"""Edits: what a set of staged changes does to a tree, whatever tree it meets. Pure over a `Nodes` store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kfm_assets.domain import merkle
from kfm_assets.domain.merkle import EMPTY, Nodes, Value
from kfm_assets.domain.trees import as_file, as_folder, folder_value
from kfm_assets.errors import Conflict, UsageError


@dataclass(slots=True)
class Edit:
    """What becomes of one path, in this order: `base` replaces it if `replaced`; the edits below it; `file`, if any."""

    replaced: bool = False
    base: Value | None = None
    below: dict[str, Edit] = field(default_factory=dict)
    file: Value | None = None

    def write(self, parts: Sequence[str], file: Value) -> None:
        """Set a path to a file. Raises UsageError where one of its folders, or what is in it, was written as a file."""
        target = self
        for depth, part in enumerate(parts):
            target = target.below.setdefault(part, Edit())
            if target.file is not None and depth + 1 < len(parts):
                raise _both("/".join(parts[: depth + 1]))
        if any(edit.file is not None for edit in target.inside()):
            raise _both("/".join(parts))
        target.file = file

    def replace(self, parts: Sequence[str], base: Value | None) -> None:
        """Set everything at or below a path to what it is elsewhere; None removes it."""
        target = self
        for part in parts:
            target = target.below.setdefault(part, Edit())
        target.replaced, target.base, target.file = True, base, None
        target.below.clear()

    def written(self) -> Iterator[Value]:
        """Yield every file that was written and still counts."""
        for edit in (self, *self.inside()):
            if edit.file is not None:
                yield edit.file

    def inside(self) -> Iterator[Edit]:
        """Yield every edit below this one."""
        for edit in self.below.values():
            yield edit
            yield from edit.inside()


def apply(nodes: Nodes, edit: Edit, value: Value | None, path: str = "") -> Value | None:
    """Return what a path holds after an edit. Raises Conflict where it would be both a file and a folder."""
    if edit.replaced:
        value = edit.base
    if edit.below:
        value = _apply_below(nodes, edit, value, path)
    if edit.file is None:
        return value
    if as_folder(value) != EMPTY:
        raise _clash(path, "holds files")
    return edit.file


def _apply_below(nodes: Nodes, edit: Edit, value: Value | None, path: str) -> Value | None:
    root, changes = as_folder(value), {}
    for name, below in edit.below.items():
        before = merkle.lookup(nodes, root, name)
        after = apply(nodes, below, before, f"{path}/{name}" if path else name)
        if after != before:
            changes[name] = after
    if not changes:
        return value
    if as_file(path, value):
        raise _clash(path, "is a file")
    return folder_value(merkle.update(nodes, root, changes))


def _both(path: str) -> UsageError:
    return UsageError(f"{path} is written both as a file and as a folder", advice="give one of them another name")


def _clash(path: str, what: str) -> Conflict:
    return Conflict(f"{path} {what} on the branch by now", advice="remove it first, or write to another path")
