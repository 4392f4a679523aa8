"""Garbage collection: branches that outlived their time, then commits, nodes and objects that nothing names any more.

Why it is safe beside writers. A commit gives its objects their names, and makes the rows that name them, while it holds
the lake's lock shared; the collector decides and removes while it holds it alone, so it sees all of a commit or nothing
of it, and what is only staged lies in its stage's own folder. Every transaction that names an older commit (a branch, a
tag, a merge, a restore) looks it up in the transaction itself, and the collector removes commits in one, so nobody
names a commit that is gone. A commit that stays keeps its ancestors, all their nodes and all their objects.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kfm_assets.adapters.lake.faults import translated
from kfm_assets.adapters.lake.history import Kind, Reference, stamp
from kfm_assets.adapters.lake.home import Home
from kfm_assets.adapters.lake.locks import alone, claim
from kfm_assets.adapters.lake.nodes import key_of
from kfm_assets.adapters.lake.objects import nanoseconds
from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.merkle import EMPTY
from kfm_assets.domain.trees import as_file, as_folder
from kfm_assets.ports import Collected

PASSING = ("run-", "audit-", "undo-")
"""How the names of branches begin that somebody makes for one piece of work."""


@dataclass(slots=True)
class Reached:
    """What is named from somewhere, by digest."""

    commits: set[str] = field(default_factory=set)
    nodes: set[Digest] = field(default_factory=set)
    objects: set[Digest] = field(default_factory=set)


def collect(home: Home, keep: frozenset[str], before: datetime, *, dry_run: bool) -> Collected:
    """Carry a collection out, or only say what it would remove."""
    reached = Reached()
    with alone(home.collecting):
        _mark(home, keep, before, reached)  # the long part, beside the writers; what they add is marked below
        with alone(home.lock):
            return _collect(home, keep, min(before, home.clock.now()), reached, dry_run=dry_run)


def _collect(home: Home, keep: frozenset[str], before: datetime, reached: Reached, *, dry_run: bool) -> Collected:
    with home.database.transaction():
        expired = _mark(home, keep, before, reached)
        if not dry_run:
            _remove_rows(home, expired, reached)
    with translated(str(home.root)):
        abandoned = _abandoned(home)
        doomed = [
            *_objects(home, before, reached.objects),
            *(path for folder in abandoned for path in folder.iterdir()),
        ]
        size = sum(path.stat().st_size for path in doomed)
        if not dry_run:
            for path in doomed:
                path.unlink()
            for folder in abandoned:
                folder.rmdir()
    return Collected(len(doomed), size, tuple(reference.name for reference in expired))


def _mark_commit(home: Home, identity: str, reached: Reached) -> None:
    """Add a commit, its ancestors, their nodes and their objects to what is reached."""
    while identity not in reached.commits:
        reached.commits.add(identity)
        commit = home.history.commit(identity)
        _mark_tree(home, Digest(commit.tree), reached)
        if not commit.parents:
            return
        identity = commit.parents[0]


def _mark(home: Home, keep: frozenset[str], before: datetime, reached: Reached) -> list[Reference]:
    """Mark everything from the branches that stay, the tags and the younger commits; return the branches that go."""
    expired: list[Reference] = []
    for reference in home.history.references():
        if _is_expired(reference, keep, before):
            expired.append(reference)
        else:
            _mark_commit(home, reference.head, reached)
    for (identity,) in home.database.rows("SELECT id FROM commits"):
        if identity not in reached.commits and home.history.commit(identity).at >= before:
            _mark_commit(home, identity, reached)
    return expired


def _is_expired(reference: Reference, keep: frozenset[str], before: datetime) -> bool:
    """Go by when the branch last moved: a new branch stands at an old commit until its first own one."""
    return (
        reference.kind is Kind.BRANCH
        and reference.name.startswith(PASSING)
        and reference.name not in keep
        and reference.moved < stamp(before)
    )


def _mark_tree(home: Home, root: Digest, reached: Reached) -> None:
    waiting = [root]
    while waiting:
        digest = waiting.pop()
        if digest == EMPTY or digest in reached.nodes:
            continue
        reached.nodes.add(digest)
        node = merkle.expand(home.nodes, digest)
        waiting.extend(node.children)
        for name, value in node.names.items():
            if file := as_file(name, value):
                reached.objects.add(file.digest)
            else:
                waiting.append(as_folder(value))


def _remove_rows(home: Home, expired: list[Reference], reached: Reached) -> None:
    database, nodes = home.database, {key_of(digest) for digest in reached.nodes}
    for reference in expired:
        database.run("DELETE FROM refs WHERE name = ?", reference.name)
    gone = [row for row in database.rows("SELECT id FROM commits") if row[0] not in reached.commits]
    database.run_many("DELETE FROM commits WHERE id = ?", gone)
    gone = [row for row in database.rows("SELECT digest FROM nodes") if bytes(row[0]) not in nodes]
    database.run_many("DELETE FROM nodes WHERE digest = ?", gone)


def _objects(home: Home, before: datetime, reached: set[Digest]) -> list[Path]:
    """List the objects that nothing reaches and that were last staged before an instant."""
    return [
        path
        for path, digest in home.objects.listing()
        if digest and digest not in reached and path.stat().st_mtime_ns < nanoseconds(before)
    ]


def _abandoned(home: Home) -> list[Path]:
    """List the folders of stages whose process has died."""
    found: list[Path] = []
    for folder in sorted(home.incoming.iterdir()):
        held = claim(folder)
        if held is not None:
            os.close(held)
            found.append(folder)
    return found
