"""The parts of one embedded lake and where they lie. What is done with them is told elsewhere in this folder.

lake.db      tree nodes, commits, branches and tags
objects/     the bytes, one read-only file for each content
incoming/    a folder for each open stage, held by its process
lock         held shared by whoever commits, alone by whoever removes objects
collecting   held by the one collection that runs
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kfm_assets.adapters.lake.database import Database
from kfm_assets.adapters.lake.faults import translated
from kfm_assets.adapters.lake.history import History, Kind
from kfm_assets.adapters.lake.locks import alone
from kfm_assets.adapters.lake.nodes import StoredNodes
from kfm_assets.adapters.lake.objects import Objects, sync
from kfm_assets.domain.merkle import EMPTY
from kfm_assets.errors import IntegrityError, NoChanges
from kfm_assets.ports import PRODUCTION, Clock, Commit

FIRST_MESSAGE = "The lake is made"


class Home:
    """One lake's parts, opened."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Open a lake, or make one where there is none.

        Raises:
            HomeVersion: for a lake of another layout.
            IntegrityError: where there are objects and no database, or one that is none.
            Unavailable: where the folder cannot be written.
        """
        self.root = root.absolute()
        self.clock = clock
        self.lock = self.root / "lock"
        self.collecting = self.root / "collecting"
        self.incoming = self.root / "incoming"
        self.objects = Objects(self.root / "objects")
        self.database = Database(self.root / "lake.db")
        self.nodes = StoredNodes(self.database)
        self.history = History(self.database)
        with translated(str(self.root)):
            self.root.mkdir(parents=True, exist_ok=True)
        with alone(self.lock):
            self._open()

    def advance(self, branch: str, head: Commit, tree: str, message: str, metadata: Mapping[str, str]) -> Commit:
        """Put one commit on top of a branch, inside a transaction. Raises NoChanges where its tree is the head's."""
        if tree == head.tree:
            raise NoChanges(f"branch {branch} holds all of that already")
        now = self.clock.now()
        commit = self.history.add(tree, head, message, metadata, now)
        self.history.move(branch, head, commit, now)
        return commit

    def _open(self) -> None:
        with translated(str(self.root)):
            if self.objects.folder.exists() and not self.database.path.exists():
                raise IntegrityError(
                    f"{self.database.path} is missing, and there are objects beside it",
                    advice="restore it from a backup, or point KFM_HOME at another folder",
                )
        self.database.open(self._first)
        with translated(str(self.root)):
            self.incoming.mkdir(exist_ok=True)
            if not self.objects.folder.exists():
                self.objects.folder.mkdir()
                sync([str(self.root), str(self.root.parent)])

    def _first(self) -> None:
        now = self.clock.now()
        commit = self.history.add(EMPTY, None, FIRST_MESSAGE, {}, now)
        self.history.name(PRODUCTION, Kind.BRANCH, commit, now)
