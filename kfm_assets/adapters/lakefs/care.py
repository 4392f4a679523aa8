"""Looking after the lake: reading everything again, and removing branches that outlived their time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

from kfm_assets.adapters.lakefs.client import Row
from kfm_assets.adapters.lakefs.history import BRANCH, THREADS, History, Record
from kfm_assets.adapters.lakefs.landing import PASSING as OWN
from kfm_assets.adapters.lakefs.transfer import SHA256, digest_at
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.edits import Edit, apply
from kfm_assets.domain.trees import File, as_folder, file_value
from kfm_assets.errors import KfmError, NotFound, Unavailable
from kfm_assets.ports import Collected, Problem

PASSING = ("run-", "audit-", "undo-")
"""How the names of branches begin that somebody makes for one piece of work."""


def remove_branch(history: History, name: str) -> None:
    """Remove a branch. Raises NotFound."""
    client = history.client
    client.write(
        f"remove branch {name}",
        lambda: client.sdk.branches_api.delete_branch(client.repository, name) or name,
        lambda: name if history.head_of(name) is None else None,
    )
    history.index.forget(client.repository, name)


# --- verification


def verify(history: History) -> Iterator[Problem]:
    """Yield everything that is wrong with what branches and tags lead to, from the server's own lists and bytes."""
    yield from _Verification(history).problems()


class _Verification:
    """One pass over the commits; each place where bytes lie is read once."""

    def __init__(self, history: History) -> None:
        self._history, self._client = history, history.client
        self._places: set[str] = set()
        self._commits: set[str] = set()
        self._found: dict[Problem, None] = {}

    def problems(self) -> list[Problem]:
        heads = [row for kind in ("branches", "tags") for row in self._client.references(kind)]
        for row in heads:
            self._guarded(f"{row['id']}", partial(self._line, row["commit_id"]))
        return list(self._found)

    def _line(self, identity: str) -> None:
        for record in self._history.line(self._history.record(identity)):
            if record.id in self._commits:
                return
            self._commits.add(record.id)
            if record.tree:
                self._guarded(f"commit {record.id}", partial(self._commit, record))

    def _commit(self, record: Record) -> None:
        """List a commit; what it holds must be what is known of it, and its bytes what the list says."""
        rows = list(self._client.objects(record.id, ""))
        edit = Edit()
        with ThreadPoolExecutor(THREADS) as pool:
            for row, digest in zip(rows, pool.map(partial(self._digest, record), rows), strict=True):
                if digest:
                    edit.write(row["path"].split("/"), file_value(File(row["path"], digest, row["size_bytes"])))
        with self._history.index.together():
            listed = as_folder(apply(self._history.index, edit, None))
        if listed != self._history.root(record):
            self._say(f"commit {record.id}", "its files are not those that this machine learned; remove its index.db")

    def _digest(self, record: Record, row: Row) -> Digest | None:
        """Return what an object's digest is said to be, having read it if nobody has."""
        digits = (row.get("metadata") or {}).get(SHA256)
        said = Digest(f"sha256:{digits}") if digits else None
        if row["physical_address"] in self._places and said:
            return said
        self._places.add(row["physical_address"])
        try:
            read = digest_at(self._client, record.id, row["path"])
        except (NotFound, Unavailable) as error:
            self._say(row["path"], f"its bytes cannot be read: {error}")
            return said
        if said and read != said:
            self._say(row["path"], f"its bytes are {read}, not {said}")
        return said or read

    def _guarded(self, where: str, step: partial[None]) -> None:
        try:
            step()
        except Unavailable:  # it says nothing of what the server holds
            raise
        except KfmError as error:
            self._say(where, str(error))

    def _say(self, where: str, what: str) -> None:
        self._found[Problem(where, what)] = None


# --- collection


def collect(history: History, keep: frozenset[str], before: datetime, *, dry_run: bool) -> Collected:
    """Remove branches that nobody moved since an instant, those that this adapter left behind among them."""
    now = history.clock.now()
    before = min(before, now)
    rows = [row for row in history.client.references("branches") if row["id"].startswith((*PASSING, OWN))]
    old = [row["id"] for row in rows if row["id"] not in keep and _moved(history, row, now) < before]
    if not dry_run:
        for name in old:
            with suppress(NotFound):  # somebody else collects too
                remove_branch(history, name)
    return Collected(0, 0, tuple(sorted(name for name in old if not name.startswith(OWN))), by_server=True)


def _moved(history: History, row: Row, now: datetime) -> datetime:
    """Return when a branch last moved, as far as can be known.

    A branch has no date on the server. A commit that was made for it tells; where it stands at another's, it is as
    old as the first sight of it from this machine, so that a new branch at an old commit is not taken for an old one.
    """
    repository, record = history.client.repository, history.record(row["commit_id"])
    made = history.commit_time(record) if record.metadata.get(BRANCH) == row["id"] else None
    seen = history.index.seen(repository, row["id"], record.id)
    if made is None and seen is None:
        history.index.see(repository, row["id"], record.id, now)
        return now
    return max(at for at in (made, seen) if at)
