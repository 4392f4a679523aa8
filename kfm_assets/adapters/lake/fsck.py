"""Verification: every digest in the lake, recomputed from what lies on the disk, reachable or not. Repairs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from kfm_assets.adapters.lake.faults import translated
from kfm_assets.adapters.lake.home import Home
from kfm_assets.adapters.lake.locks import shared
from kfm_assets.adapters.lake.objects import digest_of_file
from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.domain.merkle import EMPTY
from kfm_assets.domain.trees import as_file, as_folder
from kfm_assets.errors import KfmError
from kfm_assets.ports import File, Problem

_KNOWN = {"lake.db", "lake.db-wal", "lake.db-shm", "lake.db-journal", "objects", "incoming", "lock", "collecting"}


def verify(home: Home) -> Iterator[Problem]:
    """Yield everything that is wrong. No collection runs meanwhile; writers go on."""
    with shared(home.lock):
        problems = _Verification(home).problems()
    yield from problems


class _Verification:
    """One pass: the rows, the objects that they name, the files that are there."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._found: dict[Problem, None] = {}
        self._walked: set[Digest] = set()
        self._files: dict[Digest, File] = {}

    def problems(self) -> list[Problem]:
        for step in (self._pages, self._nodes, self._commits, self._references, self._objects, self._strays):
            self._guarded(str(self._home.database.path), step)
        return list(self._found)

    def _pages(self) -> None:
        """SQLite's own check: https://www.sqlite.org/pragma.html#pragma_integrity_check."""
        for (answer,) in self._home.database.rows("PRAGMA integrity_check"):
            if answer != "ok":
                self._say(str(self._home.database.path), str(answer))

    def _nodes(self) -> None:
        for (key,) in self._home.database.rows("SELECT digest FROM nodes"):
            digest = Digest("sha256:" + bytes(key).hex())
            self._guarded(f"node {digest}", partial(self._home.nodes.fetch, digest))

    def _commits(self) -> None:
        for (identity,) in self._home.database.rows("SELECT id FROM commits"):
            self._guarded(f"commit {identity}", partial(self._commit, identity))

    def _commit(self, identity: str) -> None:
        commit = self._home.history.fetch(identity)
        above = [self._home.history.depth(parent) for parent in commit.parents]
        if self._home.history.depth(identity) != max(above, default=-1) + 1:
            self._say(f"commit {identity}", "its depth is not one more than its parent's")
        self._walk(identity, Digest(commit.tree), "")

    def _walk(self, commit: str, root: Digest, path: str) -> None:
        if root != EMPTY and root not in self._walked:
            self._walked.add(root)
            self._guarded(f"commit {commit}, /{path}", partial(self._node, commit, root, path))

    def _node(self, commit: str, digest: Digest, path: str) -> None:
        self._home.nodes.fetch(digest)  # from the database: memory may have what the disk has lost
        node = merkle.expand(self._home.nodes, digest)
        for child in node.children:
            self._walk(commit, child, path)
        for name, value in node.names.items():
            if file := as_file(path + name, value):
                self._files.setdefault(file.digest, file)
            else:
                self._walk(commit, as_folder(value), f"{path}{name}/")

    def _references(self) -> None:
        for reference in self._home.history.references():
            if not self._home.history.exists(reference.head):
                self._say(f"{reference.kind} {reference.name}", f"it names commit {reference.head}, which is not there")

    def _objects(self) -> None:
        present: set[Digest] = set()
        for path, digest in self._home.objects.listing():
            if digest is None:
                self._say(str(path), "it is no object, and nothing else belongs here")
            else:
                present.add(digest)
                self._guarded(str(path), partial(self._object, path, digest))
        for digest, file in self._files.items():
            if digest not in present:
                self._say(file.path, f"its object {digest} is missing")

    def _object(self, path: Path, digest: Digest) -> None:
        with translated(str(path)):
            found, size = digest_of_file(path), path.stat().st_size
        file = self._files.get(digest)
        if found != hexadecimal(digest):
            self._say(str(path), f"its bytes are not {digest}; it is {file.path if file else 'needed by nothing'}")
        elif file and file.size != size:
            self._say(file.path, f"its object {digest} has {size} bytes, not {file.size}")

    def _strays(self) -> None:
        for path in sorted(self._home.root.iterdir()):
            if path.name not in _KNOWN:
                self._say(str(path), "nothing of the lake's is called so")

    def _guarded(self, where: str, step: Callable[[], object]) -> None:
        try:
            step()
        except KfmError as error:
            self._say(where, str(error))

    def _say(self, where: str, what: str) -> None:
        self._found[Problem(where, what)] = None
