"""A set of changes to one branch, from the first byte to the commit.

Bytes wait in a folder of this stage's own. At the commit they go to a passing branch at the target's head, which is
committed and squash-merged: so the target changes at once or not at all, and may be protected against commits.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

from lakefs_sdk.models.commit_creation import CommitCreation
from lakefs_sdk.models.path_list import PathList

from kfm_assets.adapters.lakefs.client import PAGE
from kfm_assets.adapters.lakefs.history import AT, OURS, THREADS, History, Record
from kfm_assets.adapters.lakefs.landing import Landing
from kfm_assets.adapters.lakefs.linking import Linking
from kfm_assets.adapters.lakefs.transfer import Spooled, spool, upload
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.edits import Edit, apply
from kfm_assets.domain.paths import check_words, parts_of, prefix_of
from kfm_assets.domain.trees import Change, File, as_folder, differences, file_value, find, folder_value
from kfm_assets.errors import Conflict, IntegrityError, NoChanges, Unavailable, UsageError
from kfm_assets.ports import Commit

_TRIES = 20
_WAIT_SECONDS = 0.05


class LakeFSStaging:
    """Changes in the order in which they were made; carried out on the head by `commit`."""

    def __init__(self, history: History, landing: Landing, branch: str, folder: Path) -> None:
        """Start with no changes; the folder holds what is written until it is committed."""
        self._history, self._landing, self._branch, self._folder = history, landing, branch, folder
        self._edit = Edit()
        self._spooled: dict[Digest, Spooled] = {}
        self._sources: list[Record] = []
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._open = True

    def write(self, path: str, content: bytes | BinaryIO) -> File:
        """Keep bytes, streamed, and set the path to them."""
        self._check_open()
        parts = parts_of(path)
        self._count += 1
        spooled = spool(content, self._spool_folder() / str(self._count))
        if self._spooled.setdefault(spooled.digest, spooled) is not spooled:
            spooled.path.unlink()
        file = File(path, spooled.digest, spooled.size)
        self._edit.write(parts, file_value(file))
        return file

    def remove(self, prefix: str) -> None:
        """Remove the file, or every file below a folder."""
        self._check_open()
        self._edit.replace(prefix_of(prefix), None)

    def restore(self, source: str, prefix: str) -> None:
        """Make everything at a path or below it equal to what it is at another reference."""
        self._check_open()
        parts = prefix_of(prefix)
        record = self._history.resolve(source)
        self._edit.replace(parts, find(self._history.index, self._history.root(record), parts))
        self._sources.append(record)

    def commit(self, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Apply the changes to the branch's head, whatever it is by now; where this fails they are still staged."""
        self._check_open()
        pairs = words(message, metadata)
        for tried in range(1, _TRIES + 1):
            head = self._history.head(self._branch)
            root = self._plan(head)
            if root == self._history.root(head):
                raise NoChanges(f"branch {self._branch} holds all of that already")
            try:
                commit = self._land(head, root, message, pairs)
            except (Conflict, NoChanges):
                if tried == _TRIES or self._history.head(self._branch).id == head.id:
                    raise
                time.sleep(_WAIT_SECONDS * tried * random.random())  # noqa: S311 - so that two do not meet again
                continue
            self._edit = Edit()
            self._sources.clear()
            return commit
        raise AssertionError  # the loop returns or raises

    def close(self) -> None:
        """Discard what was not committed."""
        self._open = False
        if self._own is not None:
            self._own.cleanup()
            self._own = None

    def _plan(self, head: Record) -> Digest:
        """Return the tree that the changes make of a commit's."""
        value = folder_value(self._history.root(head))
        with self._history.index.together():
            return as_folder(apply(self._history.index, self._edit, value))

    def _land(self, head: Record, root: Digest, message: str, pairs: Mapping[str, str]) -> Commit:
        fill = partial(self._fill, head, root)
        act = self._landing.merge(self._branch, message)
        landed = self._landing.land(self._branch, head, head.id, act, pairs, fill=fill)
        return self._landing.checked(self._branch, head, landed, self._plan, strict=False)

    def _fill(self, head: Record, root: Digest, branch: str) -> None:
        """Bring a passing branch from a commit's tree to another one, and commit it."""
        nodes = self._history.index
        before, after = folder_value(self._history.root(head)), folder_value(root)
        changes = list(differences(nodes, before, after, ""))
        self._remove([change.path for change in changes if change.after is None], branch)
        linking = Linking(self._history, self._sources)
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(partial(self._put, branch, linking), changes):
                pass
        record = self._commit(branch, head)
        if self._history.root(record) != root:
            raise IntegrityError(
                f"lakeFS did not store what was sent for {self._branch}", advice="nothing was changed; run again"
            )

    def _put(self, branch: str, linking: Linking, change: Change) -> None:
        if change.after is None:
            return
        if spooled := self._spooled.get(change.after.digest):
            upload(self._history.client, branch, change.path, spooled)
        else:
            linking.link(branch, change.after)

    def _remove(self, paths: Sequence[str], branch: str) -> None:
        client = self._history.client
        for start in range(0, len(paths), PAGE):
            some = paths[start : start + PAGE]
            failed = client.read(
                f"remove {len(some)} paths",
                partial(client.sdk.objects_api.delete_objects, client.repository, branch, PathList(paths=some)),
            )
            if failed.errors:
                raise Unavailable(f"lakeFS could not remove {failed.errors[0].path}", advice="run it again")

    def _commit(self, branch: str, head: Record) -> Record:
        client = self._history.client
        words = CommitCreation(
            message=f"Stage for {self._branch}",
            metadata={AT: self._history.clock.now().isoformat()},
            date=None,
            allow_empty=False,
        )

        def done() -> str | None:
            at = self._history.head_of(branch)
            return at if at != head.id else None

        identity = client.write(
            f"commit for {self._branch}",
            lambda: str(client.sdk.commits_api.commit(client.repository, branch, words).id),
            done,
        )
        return self._history.record(identity)

    def _spool_folder(self) -> Path:
        if self._own is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._own = tempfile.TemporaryDirectory(dir=self._folder)
            except OSError as error:
                raise Unavailable(f"{self._folder}: {error.strerror}", advice="look at the disk") from error
        return Path(self._own.name)

    def _check_open(self) -> None:
        if not self._open:
            raise UsageError("this set of changes is closed", advice="open another one with stage()")


def words(message: str, metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return a commit's metadata. Raises UsageError for what is no text, or is this adapter's own, or no message."""
    pairs = check_words(message, metadata)
    if not message or any(key.startswith((OURS, ".lakefs.")) for key in pairs):
        raise UsageError(
            "lakeFS wants a message, and keeps some names of metadata to itself",
            advice=f"write a message; begin no name with {OURS} or .lakefs.",
        )
    return pairs
