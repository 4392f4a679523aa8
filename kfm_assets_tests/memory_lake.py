"""A lake in plain dicts: the model that adapters are compared with, and the lake of an in-memory world.

A commit is a dict from path to file; nothing is shared or clever, so that it can be read and believed. It can be copied
with `copy.deepcopy` and does the same thing every time.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kfm_assets.domain.canonical import Digest, digest_bytes, digest_of, hexadecimal
from kfm_assets.domain.paths import check_name, check_words, parts_of, prefix_of
from kfm_assets.errors import Conflict, IntegrityError, NoChanges, NotFound, Unavailable, UsageError
from kfm_assets.ports import PRODUCTION, Change, Clock, Collected, Commit, File, Problem, Staging

Tree = dict[str, File]

_PASSING = ("run-", "audit-", "undo-")
_FETCHED = tempfile.TemporaryDirectory(prefix="memory-lake-")
"""Where `fetch` lays files, for all lakes: a file's name is its digest."""


@dataclass
class _Stored:
    data: bytes
    staged: datetime


@dataclass
class _Reference:
    head: str
    moved: datetime


@dataclass
class MemoryLake:
    """A whole `Lake`. `stored` maps digests to bytes: break one to see what a reader does about it.

    Where `collecting` is not, it leaves bytes and commits to somebody else and removes branches alone.
    """

    clock: Clock
    collecting: bool = field(default=True, kw_only=True)
    stored: dict[Digest, _Stored] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)
    heads: dict[str, _Reference] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make the production branch, with nothing on it."""
        root = self._add({}, (), "The lake is made", {})
        self.heads[PRODUCTION] = _Reference(root.id, root.at)

    # --- references

    def create_branch(self, name: str, at: str) -> Commit:
        check_name(name)
        commit = self.resolve(at)
        self._check_free(name)
        self.heads[name] = _Reference(commit.id, self.clock.now())
        return commit

    def delete_branch(self, name: str) -> None:
        if name == PRODUCTION:
            raise UsageError(f"{name} stays")
        self._head(name)
        del self.heads[name]

    def branches(self) -> Mapping[str, str]:
        return {name: reference.head for name, reference in sorted(self.heads.items())}

    def create_tag(self, name: str, at: str) -> None:
        check_name(name)
        commit = self.resolve(at)
        if name not in self.named:
            self._check_free(name)
            self.named[name] = commit.id
        elif self.named[name] != commit.id:
            raise Conflict(f"tag {name} names another commit")

    def tags(self) -> Mapping[str, str]:
        return dict(sorted(self.named.items()))

    def resolve(self, ref: str) -> Commit:
        identity = self.heads[ref].head if ref in self.heads else self.named.get(ref, ref)
        if identity not in self.commits:
            raise NotFound(f"no branch, tag or commit {ref}")
        return self.commits[identity]

    def log(self, ref: str) -> Iterator[Commit]:
        return iter(self._line(self.resolve(ref)))

    # --- content

    def tree(self, ref: str, prefix: str = "") -> str:
        return _digest(self._tree(ref), prefix)

    def files(self, ref: str, prefix: str = "") -> Iterator[File]:
        return iter(_sorted(_at(self._tree(ref), prefix)))

    def diff(self, left: str, right: str, prefix: str = "") -> Iterator[Change]:
        before, after = _at(self._tree(left), prefix), _at(self._tree(right), prefix)
        paths = sorted(before.keys() | after.keys())
        return iter([Change(p, before.get(p), after.get(p)) for p in paths if before.get(p) != after.get(p)])

    def stat(self, ref: str, path: str) -> File:
        parts_of(path)
        file = self._tree(ref).get(path)
        if file is None:
            raise NotFound(f"no file {path} at {ref}")
        if file.digest not in self.stored or len(self.stored[file.digest].data) != file.size:
            raise IntegrityError(f"{path} is not {file.digest}")
        return file

    def read(self, ref: str, path: str) -> bytes:
        parts_of(path)
        file = self._tree(ref).get(path)
        if file is None:
            raise NotFound(f"no file {path} at {ref}")
        if file.digest not in self.stored or digest_bytes(self.stored[file.digest].data) != file.digest:
            raise IntegrityError(f"{path} is not {file.digest}")
        return self.stored[file.digest].data

    def fetch(self, ref: str, path: str) -> str:
        content = self.read(ref, path)
        target = Path(_FETCHED.name, hexadecimal(digest_bytes(content)))
        if not target.exists():
            target.write_bytes(content)
            target.chmod(0o444)
        return str(target)

    def address(self, ref: str, path: str) -> str:
        return Path(self.fetch(ref, path)).as_uri()

    # --- change

    @contextmanager
    def stage(self, branch: str) -> Iterator[Staging]:
        self._head(branch)
        staging = MemoryStaging(self, branch)
        try:
            yield staging
        finally:
            staging.open = False

    def squash_merge(
        self, source: str, into: str, message: str, metadata: Mapping[str, str] | None = None, *, parent: str = ""
    ) -> Commit:
        pairs = check_words(message, metadata)
        head, theirs = self._head(into), self.resolve(source)
        if parent and parent != head.id:
            raise Conflict(f"{into} is at {head.id}")
        ours = {commit.id for commit in self._line(head)}
        base = next((commit for commit in self._line(theirs) if commit.id in ours), None)
        before = self.trees[base.id] if base else {}
        return self._advance(into, _merge(before, self.trees[head.id], self.trees[theirs.id]), message, pairs)

    def revert(self, branch: str, commit: str, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        pairs = check_words(message, metadata)
        head, undone = self._head(branch), self.resolve(commit)
        if undone not in self._line(head):
            raise NotFound(f"{undone.id} is not on {branch}")
        before = self.trees[undone.parents[0]] if undone.parents else {}
        return self._advance(branch, _merge(self.trees[undone.id], self.trees[head.id], before), message, pairs)

    def is_protected(self, branch: str) -> bool:
        self._head(branch)
        return branch in self.protected

    def reset(self, branch: str, commit: str, *, before: str) -> None:
        head, target = self._head(branch), self.resolve(commit)
        if head.id != before:
            raise Conflict(f"{branch} is at {head.id}")
        if branch in self.protected:
            raise Conflict(f"{branch} is protected")
        self.heads[branch] = _Reference(target.id, self.clock.now())

    # --- care

    def verify(self) -> Iterator[Problem]:
        for digest, stored in self.stored.items():
            if digest_bytes(stored.data) != digest:
                yield Problem(digest, "its bytes are something else")
        for tree in self.trees.values():
            for file in tree.values():
                if file.digest not in self.stored:
                    yield Problem(file.path, f"its object {file.digest} is missing")

    def collect(self, *, keep: Iterable[str], before: datetime, dry_run: bool = False) -> Collected:
        kept, before = frozenset(keep), min(before, self.clock.now())
        passing = [name for name in sorted(self.heads) if name.startswith(_PASSING) and name not in kept]
        expired = [name for name in passing if self.heads[name].moved < before]
        roots = [reference.head for name, reference in self.heads.items() if name not in expired]
        roots += [*self.named.values(), *(commit.id for commit in self.commits.values() if commit.at >= before)]
        reached = {commit.id for root in roots for commit in self._line(self.commits[root])}
        needed = {file.digest for commit in reached for file in self.trees[commit].values()}
        doomed = [digest for digest, one in self.stored.items() if digest not in needed and one.staged < before]
        if not self.collecting:
            doomed, reached = [], set(self.commits)
        size = sum(len(self.stored[digest].data) for digest in doomed)
        if not dry_run:
            self.heads = {name: reference for name, reference in self.heads.items() if name not in expired}
            self.commits = {name: commit for name, commit in self.commits.items() if name in reached}
            self.trees = {name: tree for name, tree in self.trees.items() if name in reached}
            self.stored = {digest: one for digest, one in self.stored.items() if digest not in doomed}
        return Collected(len(doomed), size, tuple(expired), by_server=not self.collecting)

    # --- inside

    def _add(self, tree: Tree, parents: tuple[str, ...], message: str, metadata: Mapping[str, str]) -> Commit:
        now, root = self.clock.now(), _digest(tree, "")
        document = [root, parents, message, metadata, now.isoformat()]
        commit = Commit(hexadecimal(digest_of(document)), root, parents, message, dict(metadata), now)
        self.commits[commit.id], self.trees[commit.id] = commit, tree
        return commit

    def _advance(self, branch: str, tree: Tree, message: str, metadata: Mapping[str, str]) -> Commit:
        head = self._head(branch)
        _check_clashes(tree)
        if tree == self.trees[head.id]:
            raise NoChanges(f"{branch} holds all of that already")
        commit = self._add(tree, (head.id,), message, metadata)
        self.heads[branch] = _Reference(commit.id, commit.at)
        return commit

    def _check_free(self, name: str) -> None:
        if name in self.heads or name in self.named:
            raise Conflict(f"{name} is taken")

    def _head(self, branch: str) -> Commit:
        if branch not in self.heads:
            raise NotFound(f"no branch {branch}")
        return self.commits[self.heads[branch].head]

    def _line(self, commit: Commit) -> list[Commit]:
        line = [commit]
        while line[-1].parents:
            line.append(self.commits[line[-1].parents[0]])
        return line

    def _tree(self, ref: str) -> Tree:
        return self.trees[self.resolve(ref).id]


@dataclass
class MemoryStaging:
    """Changes in the order in which they were made; replayed on the head by `commit`."""

    lake: MemoryLake
    branch: str
    steps: list[tuple[str, Tree]] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    data: dict[Digest, bytes] = field(default_factory=dict)
    open: bool = True

    def write(self, path: str, content: bytes | BinaryIO) -> File:
        self._check_open()
        parts = parts_of(path)
        data = content if isinstance(content, bytes) else b"".join(iter(lambda: content.read(1 << 20), b""))
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if above & self.written or any(_below(other, path) and other != path for other in self.written):
            raise UsageError(f"{path} is written both as a file and as a folder")
        file = File(path, digest_bytes(data), len(data))
        self.data[file.digest] = data
        self.written.add(path)
        self.steps.append(("write", {path: file}))
        return file

    def remove(self, prefix: str) -> None:
        self._replace(prefix, {})

    def restore(self, source: str, prefix: str) -> None:
        prefix_of(prefix)
        self._replace(prefix, _at(self.lake._tree(source), prefix))
        self.sources.add(self.lake.resolve(source).id)

    def commit(self, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        self._check_open()
        pairs = check_words(message, metadata)
        tree = dict(self.lake.trees[self.lake._head(self.branch).id])
        for prefix, files in self.steps:
            if prefix != "write":
                tree = {path: file for path, file in tree.items() if not _below(path, prefix.removeprefix("below "))}
            tree.update(files)
        for path in self.written:
            digest = tree[path].digest
            self.lake.stored[digest] = _Stored(self.data[digest], self.lake.clock.now())
        if not self.sources <= self.lake.commits.keys():
            raise Unavailable("what was restored was collected since")
        commit = self.lake._advance(self.branch, tree, message, pairs)
        self.steps.clear()
        self.sources.clear()
        self.written.clear()
        return commit

    def _replace(self, prefix: str, files: Tree) -> None:
        self._check_open()
        prefix_of(prefix)
        self.written = {path for path in self.written if not _below(path, prefix)}
        self.steps.append((f"below {prefix}", files))

    def _check_open(self) -> None:
        if not self.open:
            raise UsageError("this set of changes is closed")


def _below(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(prefix + "/")


def _at(tree: Tree, prefix: str) -> Tree:
    prefix_of(prefix)
    return {path: file for path, file in tree.items() if _below(path, prefix)}


def _sorted(tree: Tree) -> list[File]:
    return [tree[path] for path in sorted(tree)]


def _digest(tree: Tree, prefix: str) -> str:
    files = _sorted(_at(tree, prefix))
    return hashlib.sha256(
        repr([(f.path[len(prefix) :].lstrip("/"), f.digest, f.size) for f in files]).encode()
    ).hexdigest()


def _merge(base: Tree, ours: Tree, theirs: Tree) -> Tree:
    merged = dict(ours)
    for path in base.keys() | theirs.keys():
        before, now, after = base.get(path), ours.get(path), theirs.get(path)
        if after in (before, now):
            continue
        if now != before:
            raise Conflict(f"both sides changed {path}")
        if after is None:
            del merged[path]
        else:
            merged[path] = after
    return merged


def _check_clashes(tree: Tree) -> None:
    for path in tree:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in tree:
                raise Conflict(f"{path} lies below a file")
