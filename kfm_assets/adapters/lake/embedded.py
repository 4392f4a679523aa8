"""The embedded lake: the `Lake` port over a folder, durable when a call returns, for several processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from kfm_assets.adapters.lake import fsck, garbage
from kfm_assets.adapters.lake.history import Kind
from kfm_assets.adapters.lake.home import Home
from kfm_assets.adapters.lake.staging import EmbeddedStaging
from kfm_assets.domain import trees
from kfm_assets.domain.canonical import Digest, digest_of
from kfm_assets.domain.merging import merge
from kfm_assets.domain.merkle import EMPTY, Value
from kfm_assets.domain.paths import check_name, check_words, parts_of, prefix_of
from kfm_assets.errors import Conflict, NotFound, UsageError
from kfm_assets.ports import PRODUCTION, Change, Clock, Collected, Commit, File, Problem, Staging


class EmbeddedLake:
    """A lake in a folder. Safe for threads, one at a time, and for processes side by side on one machine."""

    def __init__(self, root: str | Path, clock: Clock) -> None:
        """Open the lake under a folder, or make one with an empty production branch.

        Raises:
            HomeVersion: for a lake of another layout.
            IntegrityError: where the folder holds objects and no database that can be read.
            Unavailable: where the folder cannot be written.
        """
        self._home = Home(Path(root), clock)

    def close(self) -> None:
        """Let the database go; using the lake again opens it again."""
        self._home.database.close()

    # --- references

    def create_branch(self, name: str, at: str) -> Commit:
        """Make a branch at a reference. Raises Conflict, NotFound, UsageError."""
        check_name(name)
        with self._home.database.transaction():
            commit = self.resolve(at)
            self._home.history.name(name, Kind.BRANCH, commit, self._home.clock.now())
        return commit

    def delete_branch(self, name: str) -> None:
        """Remove a branch. Raises NotFound, and UsageError for the production branch."""
        if name == PRODUCTION:
            raise UsageError(f"{PRODUCTION} is the production branch and stays", advice="remove run branches only")
        with self._home.database.transaction():
            self._home.history.remove(name)

    def branches(self) -> Mapping[str, str]:
        """Return every branch with its head."""
        return self._named(Kind.BRANCH)

    def create_tag(self, name: str, at: str) -> None:
        """Name a commit for good. Raises Conflict where the name means something else, NotFound, UsageError."""
        check_name(name)
        with self._home.database.transaction():
            commit = self.resolve(at)
            known = self._home.history.reference(name)
            if known is None or known.kind is not Kind.TAG:
                self._home.history.name(name, Kind.TAG, commit, self._home.clock.now())
            elif known.head != commit.id:
                raise Conflict(f"tag {name} names {known.head}, not {commit.id}", advice="a tag never moves")

    def tags(self) -> Mapping[str, str]:
        """Return every tag with its commit."""
        return self._named(Kind.TAG)

    def resolve(self, ref: str) -> Commit:
        """Return the commit that a branch, tag or commit id names. Raises NotFound."""
        return self._home.history.resolve(ref)

    def log(self, ref: str) -> Iterator[Commit]:
        """Yield the commit and its first parents, newest first."""
        return self._home.history.log(self.resolve(ref))

    # --- content

    def tree(self, ref: str, prefix: str = "") -> str:
        """Return the content digest of everything at or below a prefix."""
        value = self._find(ref, prefix)
        return digest_of(value) if trees.as_file(prefix, value) else trees.as_folder(value)

    def files(self, ref: str, prefix: str = "") -> Iterator[File]:
        """Yield every file at or below a prefix, sorted by path."""
        return trees.walk(self._home.nodes, self._find(ref, prefix), prefix)

    def diff(self, left: str, right: str, prefix: str = "") -> Iterator[Change]:
        """Yield every path on which two references differ, sorted."""
        return trees.differences(self._home.nodes, self._find(left, prefix), self._find(right, prefix), prefix)

    def stat(self, ref: str, path: str) -> File:
        """Return a file whose object is there, and of its size. Raises NotFound, IntegrityError."""
        file = self._file(ref, path)
        self._home.objects.see(file)
        return file

    def read(self, ref: str, path: str) -> bytes:
        """Return a file's bytes, checked against its digest. Raises NotFound, IntegrityError."""
        return self._home.objects.read(self._file(ref, path))

    def fetch(self, ref: str, path: str) -> str:
        """Return the path of the object itself, checked in a stream. Raises NotFound, IntegrityError."""
        return self._home.objects.check(self._file(ref, path))

    def address(self, ref: str, path: str) -> str:
        """Return the `file:` URI of the object itself, which lies there as long as anything names it."""
        return Path(self._home.objects.location(self._file(ref, path).digest)).resolve().as_uri()

    # --- change

    @contextmanager
    def stage(self, branch: str) -> Iterator[Staging]:
        """Open a set of changes to a branch. Raises NotFound."""
        self._home.history.head(branch)
        staging = EmbeddedStaging(self._home, branch)
        try:
            yield staging
        finally:
            staging.close()

    def squash_merge(
        self, source: str, into: str, message: str, metadata: Mapping[str, str] | None = None, *, parent: str = ""
    ) -> Commit:
        """Put what changed on `source` since it left `into` on top of `into`. Raises Conflict, NoChanges, NotFound."""
        pairs = check_words(message, metadata)
        with self._home.database.transaction():
            head, theirs = self._home.history.head(into), self.resolve(source)
            if parent and head.id != parent:
                raise Conflict(f"branch {into} is at {head.id}, not {parent}", advice="plan again from where it is now")
            base = self._home.history.ancestor(head, theirs)
            return self._merge(into, head, (base.tree if base else EMPTY, theirs.tree), (message, pairs))

    def revert(self, branch: str, commit: str, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Undo one commit of a branch by a new one. Raises Conflict, NoChanges, and NotFound for another's commit."""
        pairs = check_words(message, metadata)
        with self._home.database.transaction():
            head, undone = self._home.history.head(branch), self.resolve(commit)
            if self._home.history.ancestor(head, undone) != undone:
                raise NotFound(f"commit {undone.id} is not on branch {branch}", advice="revert what the branch holds")
            before = self.resolve(undone.parents[0]).tree if undone.parents else EMPTY
            return self._merge(branch, head, (undone.tree, before), (message, pairs))

    def is_protected(self, branch: str) -> bool:
        """Say no: who can write to the folder can write to all of it."""
        self._home.history.head(branch)
        return False

    def reset(self, branch: str, commit: str, *, before: str) -> None:
        """Make a branch's head another commit. Raises Conflict where it is not `before`, NotFound."""
        with self._home.database.transaction():
            head, target = self._home.history.head(branch), self.resolve(commit)
            if head.id != before:
                raise Conflict(
                    f"branch {branch} is at {head.id}, not {before}", advice="plan again from where it is now"
                )
            self._home.history.move(branch, head, target, self._home.clock.now())

    # --- care

    def verify(self) -> Iterator[Problem]:
        """Recompute every digest in the lake."""
        return fsck.verify(self._home)

    def collect(self, *, keep: Iterable[str], before: datetime, dry_run: bool = False) -> Collected:
        """Remove run, audit and undo branches that nobody moved since `before`, then what nothing names any more."""
        return garbage.collect(self._home, frozenset(keep), before, dry_run=dry_run)

    def _named(self, kind: Kind) -> dict[str, str]:
        return {ref.name: ref.head for ref in self._home.history.references() if ref.kind is kind}

    def _find(self, ref: str, prefix: str) -> Value | None:
        parts = prefix_of(prefix)
        return trees.find(self._home.nodes, Digest(self.resolve(ref).tree), parts)

    def _file(self, ref: str, path: str) -> File:
        parts = parts_of(path)
        file = trees.as_file(path, trees.find(self._home.nodes, Digest(self.resolve(ref).tree), parts))
        if file is None:
            raise NotFound(f"there is no file {path} at {ref}", advice="the reference holds other files")
        return file

    def _merge(
        self, branch: str, head: Commit, change: tuple[str, str], words: tuple[str, Mapping[str, str]]
    ) -> Commit:
        base, theirs = change
        tree = merge(self._home.nodes, Digest(base), Digest(head.tree), Digest(theirs))
        return self._home.advance(branch, head, tree, *words)
