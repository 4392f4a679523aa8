"""A set of changes to one branch, from the first byte to the commit."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from kfm_assets.adapters.lake.faults import translated
from kfm_assets.adapters.lake.home import Home
from kfm_assets.adapters.lake.locks import claim, shared
from kfm_assets.adapters.lake.objects import Spooled, spool, sync
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.edits import Edit, apply
from kfm_assets.domain.paths import check_words, parts_of, prefix_of
from kfm_assets.domain.trees import as_folder, file_value, find, folder_value
from kfm_assets.errors import Unavailable, UsageError
from kfm_assets.ports import Commit, File


class EmbeddedStaging:
    """Bytes wait in a folder of this stage's own; nothing else of the lake changes before `commit`."""

    def __init__(self, home: Home, branch: str) -> None:
        """Start with no changes."""
        self._home = home
        self._branch = branch
        self._edit = Edit()
        self._spooled: dict[Digest, Spooled] = {}
        self._sources: set[str] = set()
        self._folder: Path | None = None
        self._claim: int | None = None
        self._count = 0
        self._open = True

    def write(self, path: str, content: bytes | BinaryIO) -> File:
        """Store bytes, streamed, and set the path to them."""
        self._check_open()
        parts = parts_of(path)
        self._count += 1
        spooled = spool(content, self._spool_folder() / str(self._count))
        file = File(path, spooled.digest, spooled.size)
        if self._spooled.setdefault(spooled.digest, spooled) is not spooled:
            Path(spooled.path).unlink()
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
        commit = self._home.history.resolve(source)
        self._edit.replace(parts, find(self._home.nodes, Digest(commit.tree), parts))
        self._sources.add(commit.id)

    def commit(self, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Apply the changes to the branch's head, whatever it is by now; where this fails they are still staged."""
        self._check_open()
        pairs = check_words(message, metadata)
        wanted = {Digest(str(value[1])) for value in self._edit.written()}
        fresh = [self._spooled[digest] for digest in sorted(wanted & self._spooled.keys())]
        sync([one.path for one in fresh])
        with shared(self._home.lock):
            self._home.objects.refresh(sorted(wanted - self._spooled.keys()), self._home.clock.now())
            self._home.objects.keep(fresh, self._home.clock.now())
            for one in fresh:
                del self._spooled[one.digest]
            with self._home.database.transaction():
                commit = self._apply(message, pairs)
        self._edit = Edit()
        self._sources.clear()
        return commit

    def close(self) -> None:
        """Discard what was not committed."""
        self._open = False
        if self._folder is not None and self._claim is not None:
            with shared(self._home.lock):  # a collector that looks at the folder finds it whole or gone
                shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._claim)
            self._claim = None

    def _apply(self, message: str, metadata: Mapping[str, str]) -> Commit:
        head = self._home.history.head(self._branch)
        for source in self._sources:
            if not self._home.history.exists(source):
                raise Unavailable(f"commit {source} was collected before it was restored from", advice="stage it again")
        value = apply(self._home.nodes, self._edit, folder_value(Digest(head.tree)))
        return self._home.advance(self._branch, head, as_folder(value), message, metadata)

    def _spool_folder(self) -> Path:
        if self._folder is None:
            # Under the lock, so that no collector sees the folder before it is claimed.
            with shared(self._home.lock), translated(str(self._home.incoming)):
                self._folder = Path(tempfile.mkdtemp(dir=self._home.incoming))
                self._claim = claim(self._folder)
        return self._folder

    def _check_open(self) -> None:
        if not self._open:
            raise UsageError("this set of changes is closed", advice="open another one with stage()")
