"""Commits and references as rows of the lake's database. A commit's id is the sha256 of its canonical JSON.

Every commit has one parent but the first, which has none: merges squash. Its depth counts its ancestors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from kfm_assets.adapters.lake.database import Database
from kfm_assets.domain.canonical import canonical_json
from kfm_assets.errors import Conflict, IntegrityError, NotFound
from kfm_assets.ports import Commit

_MOST_KEPT = 1024


class Kind(StrEnum):
    """What a reference is: a branch moves, a tag stays."""

    BRANCH = "branch"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Reference:
    """A branch or a tag: which commit it names, since when."""

    name: str
    kind: Kind
    head: str
    moved: str


class History:
    """Commits, and the branches and tags that name them."""

    def __init__(self, database: Database) -> None:
        """Keep the database; whatever writes is called inside its transactions."""
        self._database = database
        self._recent: dict[str, Commit] = {}
        self._tagged: dict[str, Commit] = {}  # a tag never moves and never goes, so readers at one need no query

    # --- commits

    def add(self, tree: str, parent: Commit | None, message: str, metadata: Mapping[str, str], at: datetime) -> Commit:
        """Keep a commit and return it."""
        parents = (parent.id,) if parent else ()
        document = canonical_json(
            {"tree": tree, "parents": parents, "message": message, "metadata": metadata, "at": stamp(at)}
        )
        identity = hashlib.sha256(document).hexdigest()
        depth = self.depth(parent.id) + 1 if parent else 0
        self._database.run("INSERT OR IGNORE INTO commits VALUES (?, ?, ?)", identity, document, depth)
        return read_commit(identity, document)

    def exists(self, commit: str) -> bool:
        """Say whether a commit is still there, whatever memory has of it."""
        return self._database.row("SELECT 1 FROM commits WHERE id = ?", commit) is not None

    def commit(self, identity: str) -> Commit:
        """Return a commit that a reference or a commit leads to, by its id. Raises NotFound, IntegrityError."""
        if commit := self._recent.get(identity):
            return commit
        if len(self._recent) >= _MOST_KEPT:
            self._recent.clear()
        return self._recent.setdefault(identity, self.fetch(identity))

    def fetch(self, identity: str) -> Commit:
        """Return a commit as the database has it now: one that no reference leads to may have been collected."""
        row = self._database.row("SELECT document FROM commits WHERE id = ?", identity)
        if row is None:
            raise NotFound(
                f"the lake has no branch, tag or commit {identity}", advice="kfm releases lists what there is"
            )
        return read_commit(identity, row[0])

    def depth(self, commit: str) -> int:
        """Return how many ancestors a commit has. Raises NotFound."""
        row = self._database.row("SELECT depth FROM commits WHERE id = ?", commit)
        if row is None:
            raise NotFound(f"the lake has no commit {commit}")
        return int(row[0])

    def log(self, commit: Commit) -> Iterator[Commit]:
        """Yield a commit and its ancestors, newest first."""
        yield commit
        while commit.parents:
            commit = self.commit(commit.parents[0])
            yield commit

    def ancestor(self, one: Commit, other: Commit) -> Commit | None:
        """Return the nearest commit that both descend from, or are."""
        left, right = one, other
        depths = [self.depth(left.id), self.depth(right.id)]
        while left.id != right.id:
            if depths[0] >= depths[1]:
                if not left.parents:
                    return None
                left, depths[0] = self.commit(left.parents[0]), depths[0] - 1
            else:
                right, depths[1] = self.commit(right.parents[0]), depths[1] - 1
        return left

    # --- references

    def reference(self, name: str) -> Reference | None:
        """Return a branch or a tag by name."""
        row = self._database.row("SELECT name, kind, head, moved FROM refs WHERE name = ?", name)
        return Reference(row[0], Kind(row[1]), row[2], row[3]) if row else None

    def references(self) -> list[Reference]:
        """Return every branch and tag, by name."""
        rows = self._database.rows("SELECT name, kind, head, moved FROM refs ORDER BY name")
        return [Reference(row[0], Kind(row[1]), row[2], row[3]) for row in rows]

    def resolve(self, name: str) -> Commit:
        """Return the commit that a branch, a tag or an id names. Raises NotFound."""
        if commit := self._tagged.get(name):
            return commit
        row = self._database.row("SELECT head, kind FROM refs WHERE name = ?", name)
        if row is None:
            return self.fetch(name)
        commit = self.commit(row[0])
        if row[1] == Kind.TAG:
            if len(self._tagged) >= _MOST_KEPT:
                self._tagged.clear()
            self._tagged[name] = commit
        return commit

    def head(self, branch: str) -> Commit:
        """Return a branch's head. Raises NotFound where there is no such branch."""
        reference = self.reference(branch)
        if reference is None or reference.kind is not Kind.BRANCH:
            raise NotFound(f"the lake has no branch {branch}", advice="it may have been removed; start the run again")
        return self.commit(reference.head)

    def name(self, name: str, kind: Kind, commit: Commit, at: datetime) -> None:
        """Make a branch or a tag. Raises Conflict where the name is taken."""
        if self.reference(name):
            raise Conflict(f"the lake has a branch or tag {name} already", advice="take another name")
        self._database.run("INSERT INTO refs VALUES (?, ?, ?, ?)", name, kind.value, commit.id, stamp(at))

    def move(self, branch: str, before: Commit, after: Commit, at: datetime) -> None:
        """Move a branch from one commit to the next. Raises Conflict where it is elsewhere."""
        moved = self._database.run(
            "UPDATE refs SET head = ?, moved = ? WHERE name = ? AND kind = 'branch' AND head = ?",
            after.id,
            stamp(at),
            branch,
            before.id,
        )
        if not moved:
            raise Conflict(f"branch {branch} is not at {before.id} any more", advice="look at what moved it")

    def remove(self, branch: str) -> None:
        """Remove a branch. Raises NotFound."""
        self.head(branch)
        self._database.run("DELETE FROM refs WHERE name = ?", branch)


def stamp(at: datetime) -> str:
    """Write an instant so that texts sort as instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_commit(identity: str, document: bytes) -> Commit:
    """Read a commit. Raises IntegrityError where it is not the one with this id."""
    if hashlib.sha256(document).hexdigest() != identity:
        raise IntegrityError(f"the lake's commit {identity} is damaged", advice="run kfm verify to see all damage")
    fields = json.loads(document)
    return Commit(
        id=identity,
        tree=fields["tree"],
        parents=tuple(fields["parents"]),
        message=fields["message"],
        metadata=fields["metadata"],
        at=datetime.fromisoformat(fields["at"]),
    )
