"""Commits as the server has them, and the content of their trees, learned by listings and differences, once each.

Nothing here changes anything on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from kfm_assets.adapters.lakefs.client import Client, Row
from kfm_assets.adapters.lakefs.index import Index
from kfm_assets.adapters.lakefs.transfer import SHA256, digest_at
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.edits import Edit, apply
from kfm_assets.domain.merkle import EMPTY
from kfm_assets.domain.paths import is_commit, is_name
from kfm_assets.domain.trees import File, as_folder, file_value, folder_value
from kfm_assets.errors import Conflict, NotFound, UsageError
from kfm_assets.ports import Clock, Commit

OURS = "kfm."
"""How the names of metadata begin that this adapter adds to a commit, and takes away again when it reads one."""

ID, AT, BRANCH = f"{OURS}id", f"{OURS}at", f"{OURS}branch"
_HIDDEN = (OURS, ".lakefs.")
_MOST_KEPT = 4096
_NEAR = 50
THREADS = 8


@dataclass(frozen=True, slots=True)
class Record:
    """A commit as the server has it. `tree` is the server's name for its tree, empty for that of a new repository."""

    id: str
    parents: tuple[str, ...]
    tree: str
    message: str
    metadata: Mapping[str, str]
    created: int


class History:
    """The commits of one repository."""

    def __init__(self, client: Client, index: Index, clock: Clock) -> None:
        """Keep what they are read with. Nothing is asked yet."""
        self.client, self.index, self.clock = client, index, clock
        self._records: dict[str, Record] = {}
        self._tags: dict[str, str] = {}

    # --- names

    def resolve(self, ref: str) -> Record:
        """Return the commit that a branch, a tag or an id names. Raises NotFound."""
        if is_commit(ref):
            return self.record(ref)
        identity = self._tags.get(ref) or self.head_of(ref) or self.tag_of(ref)
        if identity is None:
            raise NotFound(f"the lake has no branch, tag or commit {ref}", advice="kfm releases lists what there is")
        return self.record(identity)

    def head(self, branch: str) -> Record:
        """Return a branch's head. Raises NotFound where there is no such branch."""
        identity = self.head_of(branch)
        if identity is None:
            raise NotFound(f"the lake has no branch {branch}", advice="it may have been removed; start the run again")
        return self.record(identity)

    def head_of(self, branch: str) -> str | None:
        """Return the commit at which a branch stands, or None."""
        api, name = self.client.sdk.branches_api, self.client.repository
        return self._commit_of(branch, lambda: str(api.get_branch(name, branch).commit_id))

    def tag_of(self, tag: str) -> str | None:
        """Return the commit that a tag names, or None."""
        api, name = self.client.sdk.tags_api, self.client.repository
        found = self._commit_of(tag, lambda: str(api.get_tag(name, tag).commit_id))
        if found:
            self._tags[tag] = found  # a tag never moves
        return found

    def _commit_of(self, name: str, ask: Callable[[], str]) -> str | None:
        if not is_name(name):
            return None
        try:
            return self.client.read(f"look up {name}", ask)
        except NotFound as error:
            self._check_repository(error)
            return None

    def _check_repository(self, error: NotFound) -> None:
        if "repository not found" in str(error):
            raise NotFound(
                f"there is no repository {self.client.repository} on the lakeFS server",
                advice="`kfm lake init` makes it",
            ) from error

    # --- commits

    def record(self, identity: str) -> Record:
        """Return a commit by its id. Raises NotFound."""
        if identity not in self._records:
            api = self.client.sdk.commits_api
            found = self.client.read(f"commit {identity}", lambda: api.get_commit(self.client.repository, identity))
            self._remember(
                Record(
                    found.id,
                    tuple(found.parents),
                    found.meta_range_id,
                    found.message,
                    dict(found.metadata or {}),
                    found.creation_date,
                )
            )
        return self._records[identity]

    def line(self, record: Record) -> Iterator[Record]:
        """Yield a commit and its first parents, newest first."""
        yield record
        while record.parents:
            if record.parents[0] not in self._records:
                for row in islice(self.client.commits(record.parents[0]), 100):
                    self._remember(_record(row))
            record = self.record(record.parents[0])
            yield record

    def commit(self, record: Record) -> Commit:
        """Return a commit as the port has it. Raises Conflict where a path in it is both a file and a folder."""
        return Commit(
            id=record.id,
            tree=self.root(record),
            parents=record.parents[:1],
            message=record.message,
            metadata={key: value for key, value in record.metadata.items() if not key.startswith(_HIDDEN)},
            at=self.commit_time(record),
        )

    def commit_time(self, record: Record) -> datetime:
        """Return when a commit was made: by the clock of who made it here, by the server's for others."""
        at = record.metadata.get(AT)
        return datetime.fromisoformat(at) if at else datetime.fromtimestamp(record.created, UTC)

    def base(self, one: Record, other: Record) -> Digest:
        """Return the tree of the commit at which two histories parted; the empty one where they never met."""
        if one.id == other.id:
            return self.root(one)
        api, name = self.client.sdk.refs_api, self.client.repository
        found = self.client.read("find where they parted", lambda: api.find_merge_base(name, other.id, one.id))
        return self.root(self.record(found.base_commit_id)) if found.base_commit_id else EMPTY

    def holds(self, head: Record, identity: str) -> bool:
        """Say whether a commit is in the line of another."""
        return any(record.id == identity for record in self.line(head))

    # --- trees

    def root(self, record: Record) -> Digest:
        """Return the root of a commit's tree, learning it from the server where it is not known."""
        if not record.tree:
            return EMPTY
        known = self.index.root(record.tree)
        if known is None:
            near = self._nearest(record)
            known = self._learn(record, near)
        return known

    def _nearest(self, record: Record) -> Record | None:
        """Return the nearest ancestor whose tree is known."""
        for ancestor in islice(self.line(record), 1, _NEAR):
            if not ancestor.tree or self.index.root(ancestor.tree):
                return ancestor
        return None

    def _learn(self, record: Record, near: Record | None) -> Digest:
        if near is None or not near.tree:
            root, rows = EMPTY, list(self.client.objects(record.id, ""))
        else:
            root, rows = self.root(near), list(self.client.differences(near.id, record.id))
        edit = Edit()
        for row in rows:
            if row.get("type") == "removed":
                edit.replace(row["path"].split("/"), None)
        kept = [row for row in rows if row.get("type") != "removed"]
        with ThreadPoolExecutor(THREADS) as pool:
            for file in pool.map(partial(self._file, record), kept):
                _write(edit, file)
        with self.index.together():
            learned = as_folder(apply(self.index, edit, folder_value(root)))
            self.index.learn(record.tree, learned)
        return learned

    def _file(self, record: Record, row: Row) -> File:
        """Return an object as a file. One that others stored without a digest is read for it."""
        has = row.get("right") or row
        digits = (has.get("metadata") or {}).get(SHA256)
        digest = Digest(f"sha256:{digits}") if digits else digest_at(self.client, record.id, row["path"])
        return File(row["path"], digest, int(row["size_bytes"]))

    def _remember(self, record: Record) -> None:
        if len(self._records) >= _MOST_KEPT:
            self._records.clear()
        self._records[record.id] = record


def _write(edit: Edit, file: File) -> None:
    try:
        edit.write(file.path.split("/"), file_value(file))
    except UsageError as error:  # lakeFS itself lets a path be both
        raise Conflict(str(error), advice="give one of them another name") from None


def _record(row: Row) -> Record:
    return Record(
        row["id"],
        tuple(row["parents"]),
        row["meta_range_id"],
        row["message"],
        row.get("metadata") or {},
        row["creation_date"],
    )
