"""The production lake: the `Lake` port over one repository of a lakeFS server.

A reference's content is read from a tree of paths and sha256 that is learned from the server and kept on this machine;
bytes are read from the server each time, and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from lakefs_sdk.models.branch_creation import BranchCreation
from lakefs_sdk.models.tag_creation import TagCreation

from kfm_assets.adapters.lakefs import care, protection
from kfm_assets.adapters.lakefs.client import Client, Server
from kfm_assets.adapters.lakefs.history import History, Record
from kfm_assets.adapters.lakefs.index import Index
from kfm_assets.adapters.lakefs.landing import PASSING, Act, Landing
from kfm_assets.adapters.lakefs.staging import LakeFSStaging, words
from kfm_assets.adapters.lakefs.transfer import download, fetch
from kfm_assets.domain import trees
from kfm_assets.domain.canonical import Digest, digest_of
from kfm_assets.domain.merging import merge
from kfm_assets.domain.merkle import EMPTY, Value
from kfm_assets.domain.paths import check_name, parts_of, prefix_of
from kfm_assets.errors import Conflict, IntegrityError, NoChanges, NotFound, UsageError
from kfm_assets.ports import PRODUCTION, Change, Clock, Collected, Commit, File, Problem, Staging

Got = TypeVar("Got")


class LakeFSLake:
    """A lake in a repository. Safe for threads, processes and machines side by side."""

    def __init__(self, server: Server, cache: str | Path, clock: Clock) -> None:
        """Name the repository, and a folder of this machine's for what is learned of it; nothing is asked yet."""
        self._client, self._cache = Client(server), Path(cache).absolute()
        self._index = Index(self._cache / "index.db")
        self._history = History(self._client, self._index, clock)
        self._landing = Landing(self._history)
        self._clock = clock

    def close(self) -> None:
        """Let files and connections go; using the lake again opens them again."""
        self._index.close()
        self._client.api.rest_client.pool_manager.clear()

    # --- references

    def create_branch(self, name: str, at: str) -> Commit:
        """Make a branch at a reference. Raises Conflict, NotFound, UsageError."""
        _check_free(name)
        record = self._history.resolve(at)
        api, repository = self._client.sdk.branches_api, self._client.repository
        self._client.write(
            f"make branch {name}",
            lambda: str(api.create_branch(repository, BranchCreation(name=name, source=record.id, hidden=False))),
            lambda: record.id if self._history.head_of(name) == record.id else None,
        )
        self._index.see(repository, name, record.id, self._clock.now())
        return self._history.commit(record)

    def delete_branch(self, name: str) -> None:
        """Remove a branch. Raises NotFound, and UsageError for the production branch."""
        if name == PRODUCTION:
            raise UsageError(f"{PRODUCTION} is the production branch and stays", advice="remove run branches only")
        self._history.head(name)
        care.remove_branch(self._history, name)

    def branches(self) -> Mapping[str, str]:
        """Return every branch with its head."""
        rows = self._client.references("branches")
        return {row["id"]: row["commit_id"] for row in rows if not row["id"].startswith(PASSING)}

    def create_tag(self, name: str, at: str) -> None:
        """Name a commit for good. Raises Conflict where the name means something else, NotFound, UsageError."""
        _check_free(name)
        record = self._history.resolve(at)
        api, repository = self._client.sdk.tags_api, self._client.repository

        def named() -> str | None:
            return self._history.tag_of(name)

        wish = TagCreation(id=name, ref=record.id)
        try:
            known = self._client.write(
                f"make tag {name}", lambda: str(api.create_tag(repository, wish).commit_id), named
            )
        except Conflict:
            known = named() or ""
            if not known:
                raise
        if known != record.id:
            raise Conflict(f"tag {name} names {known}, not {record.id}", advice="a tag never moves")

    def tags(self) -> Mapping[str, str]:
        """Return every tag with its commit."""
        return {row["id"]: row["commit_id"] for row in self._client.references("tags")}

    def resolve(self, ref: str) -> Commit:
        """Return the commit that a branch, tag or commit id names. Raises NotFound."""
        return self._history.commit(self._history.resolve(ref))

    def log(self, ref: str) -> Iterator[Commit]:
        """Yield the commit and its first parents, newest first."""
        return map(self._history.commit, self._history.line(self._history.resolve(ref)))

    # --- content

    def tree(self, ref: str, prefix: str = "") -> str:
        """Return the content digest of everything at or below a prefix."""
        value = self._find(ref, prefix)
        return digest_of(value) if trees.as_file(prefix, value) else trees.as_folder(value)

    def files(self, ref: str, prefix: str = "") -> Iterator[File]:
        """Yield every file at or below a prefix, sorted by path."""
        return trees.walk(self._index, self._find(ref, prefix), prefix)

    def diff(self, left: str, right: str, prefix: str = "") -> Iterator[Change]:
        """Yield every path on which two references differ, sorted."""
        return trees.differences(self._index, self._find(left, prefix), self._find(right, prefix), prefix)

    def stat(self, ref: str, path: str) -> File:
        """Return a file as the commit's tree has it. Raises NotFound.

        The server's own answers to HEAD and to a listing come from that tree too, and not from its store: asking would
        cost an exchange for each file and see no more.
        """
        return self._file(ref, path)[1]

    def read(self, ref: str, path: str) -> bytes:
        """Return a file's bytes from the server, checked against its digest. Raises NotFound, IntegrityError."""
        record, file = self._file(ref, path)
        return _there(file, partial(download, self._client, record.id, file))

    def fetch(self, ref: str, path: str) -> str:
        """Return a local file with these bytes, brought here once, checked each time. Raises as `read` does."""
        record, file = self._file(ref, path)
        return _there(file, partial(fetch, self._client, record.id, file, self._cache / "objects"))

    def address(self, ref: str, path: str) -> str:
        """Return the file's `lakefs:` URI at its commit, as lakeFS' own tools and its S3 gateway's clients read it."""
        record, file = self._file(ref, path)
        return f"lakefs://{self._client.repository}/{record.id}/{quote(file.path)}"

    # --- change

    @contextmanager
    def stage(self, branch: str) -> Iterator[Staging]:
        """Open a set of changes to a branch. Raises NotFound."""
        self._history.head(branch)
        staging = LakeFSStaging(self._history, self._landing, branch, self._cache / "incoming")
        try:
            yield staging
        finally:
            staging.close()

    def squash_merge(
        self, source: str, into: str, message: str, metadata: Mapping[str, str] | None = None, *, parent: str = ""
    ) -> Commit:
        """Put what changed on `source` since it left `into` on top of `into`. Raises Conflict, NoChanges, NotFound."""
        pairs = words(message, metadata)
        head, theirs = self._history.head(into), self._history.resolve(source)
        if parent and head.id != parent:
            raise Conflict(f"branch {into} is at {head.id}, not {parent}", advice="plan again from where it is now")
        change = (self._history.base(head, theirs), self._history.root(theirs))
        act = self._landing.merge(into, message)
        return self._change(into, head, theirs, change, (act, pairs), strict=bool(parent))

    def revert(self, branch: str, commit: str, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Undo one commit of a branch by a new one. Raises Conflict, NoChanges, and NotFound for another's commit."""
        pairs = words(message, metadata)
        head, undone = self._history.head(branch), self._history.resolve(commit)
        if not self._history.holds(head, undone.id):
            raise NotFound(f"commit {undone.id} is not on branch {branch}", advice="revert what the branch holds")
        before = self._history.root(self._history.record(undone.parents[0])) if undone.parents else EMPTY
        act = self._landing.revert(branch, message)
        return self._change(branch, head, undone, (self._history.root(undone), before), (act, pairs), strict=False)

    def is_protected(self, branch: str) -> bool:
        """Say whether the server has a rule of protection for the branch. Raises NotFound."""
        self._history.head(branch)
        return protection.protects(self._client, branch)

    def reset(self, branch: str, commit: str, *, before: str) -> None:
        """Make a branch's head another commit. Raises Conflict where it is not `before` or is protected, NotFound.

        The server has no "only if the head is": whoever resets holds production alone.
        """
        head, target = self._history.head(branch), self._history.resolve(commit)
        if head.id != before:
            raise Conflict(f"branch {branch} is at {head.id}, not {before}", advice="plan again from where it is now")
        protection.reset(self._history, branch, target.id)

    # --- care

    def verify(self) -> Iterator[Problem]:
        """Read again, from the server, every byte and every tree that a branch or a tag leads to."""
        return care.verify(self._history)

    def collect(self, *, keep: Iterable[str], before: datetime, dry_run: bool = False) -> Collected:
        """Remove run, audit and undo branches that nobody moved since `before`.

        Bytes are removed by the server's own garbage collection, by its retention rules, and are not counted here.
        """
        return care.collect(self._history, frozenset(keep), before, dry_run=dry_run)

    def _find(self, ref: str, prefix: str) -> Value | None:
        parts = prefix_of(prefix)
        return trees.find(self._index, self._history.root(self._history.resolve(ref)), parts)

    def _file(self, ref: str, path: str) -> tuple[Record, File]:
        parts = parts_of(path)
        record = self._history.resolve(ref)
        file = trees.as_file(path, trees.find(self._index, self._history.root(record), parts))
        if file is None:
            raise NotFound(f"there is no file {path} at {ref}", advice="the reference holds other files")
        return record, file

    def _change(
        self,
        branch: str,
        head: Record,
        at: Record,
        change: tuple[Digest, Digest],
        deed: tuple[Act, Mapping[str, str]],
        *,
        strict: bool,
    ) -> Commit:
        """Bring a change of trees to a branch, where it fits: worked out here, carried out there, compared."""
        base, after = change

        def plan(ours: Record) -> Digest:
            root = self._history.root(ours)
            with self._index.together():
                merged = merge(self._index, base, root, after)
            if merged == root:
                raise NoChanges(f"branch {branch} holds all of that already")
            return merged

        plan(head)
        act, pairs = deed
        landed = self._landing.land(branch, head, at.id, act, pairs)
        return self._landing.checked(branch, head, landed, plan, strict=strict)


def _check_free(name: str) -> None:
    check_name(name)
    if name.startswith(PASSING):
        raise UsageError(f"names that begin with {PASSING} are the lake's own", advice="take another name")


def _there(file: File, get: Callable[[], Got]) -> Got:
    """Get what a tree has; where the server has not, that is damage."""
    try:
        return get()
    except NotFound as error:
        raise IntegrityError(
            f"{file.path}: its bytes {file.digest} are missing from the server",
            advice="see the server's retention rules",
        ) from error
