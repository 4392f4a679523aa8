"""The ports: what the engine needs of the outside, one Protocol each. Adapters implement them; contracts test them all.

Names and digests are plain strings; instants are timezone-aware UTC. Every method raises errors of `kfm_assets.errors`
only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import Digest, Json, digest_of
from kfm_assets.domain.dataset import Dataset, Feed
from kfm_assets.domain.incident import Incident
from kfm_assets.domain.journal import Entry, Intent, Mark
from kfm_assets.domain.merkle import Nodes
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.pointer import Pointer
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.trees import Change as Change  # noqa: PLC0414 - part of the port, as it always was
from kfm_assets.domain.trees import File as File  # noqa: PLC0414 - the same
from kfm_assets.domain.verdict import Verdict

PRODUCTION = "env-prod"
"""The lake's production branch; never written to directly."""

STAGE = "env-stage"
"""The branch on which a release can stand before it goes live; never the source of a merge."""


# --- the lake -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commit:
    """A tree with its parents, a message, metadata and a time. `id` names this commit, `tree` its content alone."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    metadata: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that verification found wrong: where, and what, in one line."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What garbage collection removed, or would: files and their bytes, branches that outlived their time.

    Where `by_server`, the server that keeps the bytes removes them itself, by its own rules, and none are counted here.
    """

    objects: int
    bytes: int
    branches: tuple[str, ...]
    by_server: bool = False


class Staging(Protocol):
    """Changes to one branch that become visible together, by `commit`. Used as a context manager; leaving discards."""

    def write(self, path: str, content: bytes | BinaryIO) -> File:
        """Store bytes, streamed, and set the path to them."""
        ...

    def remove(self, prefix: str) -> None:
        """Remove the file, or every file below a folder; nothing there is no error."""
        ...

    def restore(self, source: str, prefix: str) -> None:
        """Make everything at a path or below it equal to what it is at another reference, absence included."""
        ...

    def commit(self, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Apply the changes to the branch's head, whatever it is by now, and return the new commit.

        Raises:
            NoChanges: when the tree would be the one that the head has.
        """
        ...


class Lake(Protocol):
    """A versioned object store. References are branch names, tag names and commit ids.

    Paths are relative, `/`-separated, NFC-normalised UTF-8 without empty, `.` or `..` parts, control characters or
    backslashes, each part at most 255 bytes; branch and tag names match `[A-Za-z0-9_-]+`. A path cannot be both a file
    and a folder.
    """

    def create_branch(self, name: str, at: str) -> Commit:
        """Make a branch at a reference. Raises Conflict where the name is taken, NotFound for an unknown reference."""
        ...

    def delete_branch(self, name: str) -> None:
        """Remove a branch; what it held stays until garbage collection. Raises NotFound."""
        ...

    def branches(self) -> Mapping[str, str]:
        """Return every branch with its head."""
        ...

    def create_tag(self, name: str, at: str) -> None:
        """Name a commit for good. Naming the same commit again is a no-op; another one is a Conflict."""
        ...

    def tags(self) -> Mapping[str, str]:
        """Return every tag with its commit."""
        ...

    def resolve(self, ref: str) -> Commit:
        """Return the commit that a branch, tag or commit id names. Raises NotFound."""
        ...

    def stage(self, branch: str) -> AbstractContextManager[Staging]:
        """Open a set of changes to a branch. Raises NotFound."""
        ...

    def tree(self, ref: str, prefix: str = "") -> str:
        """Return the content digest of everything below a prefix: equal exactly for equal paths and bytes."""
        ...

    def files(self, ref: str, prefix: str = "") -> Iterator[File]:
        """Yield every file at or below a prefix, sorted by path."""
        ...

    def diff(self, left: str, right: str, prefix: str = "") -> Iterator[Change]:
        """Yield every path on which two references differ, sorted; its cost follows the differences."""
        ...

    def stat(self, ref: str, path: str) -> File:
        """Return a file as its tree has it, once it is seen, without reading them, that its bytes are kept.

        How much is seen is the store's affair: a folder knows the size of what lies in it, a server may answer from
        its own trees alone. Only `read` knows the bytes.

        Raises:
            NotFound: where the tree has no such file.
            IntegrityError: where its bytes are seen to be gone, or of another size.
        """
        ...

    def read(self, ref: str, path: str) -> bytes:
        """Return a file's bytes, checked against its digest. Raises NotFound, IntegrityError."""
        ...

    def fetch(self, ref: str, path: str) -> str:
        """Return the path of a local, read-only file with these bytes, checked. Raises NotFound, IntegrityError."""
        ...

    def address(self, ref: str, path: str) -> str:
        """Return the URI at which other programs find a file's bytes, pinned: it goes on naming these bytes."""
        ...

    def squash_merge(
        self, source: str, into: str, message: str, metadata: Mapping[str, str] | None = None, *, parent: str = ""
    ) -> Commit:
        """Put what changed on `source` since it left `into` on top of `into`, as ONE commit with ONE parent.

        Where `parent` is given the merge happens only on exactly that head.

        Raises:
            Conflict: when both sides changed a path in different ways, or the head is not `parent`.
            NoChanges: when there is nothing to bring.
        """
        ...

    def revert(self, branch: str, commit: str, message: str, metadata: Mapping[str, str] | None = None) -> Commit:
        """Undo one commit of a branch by a new one. Raises Conflict where its paths changed since, NoChanges."""
        ...

    def is_protected(self, branch: str) -> bool:
        """Say whether the store itself refuses to move a branch other than by a merge or a revert. Raises NotFound."""
        ...

    def reset(self, branch: str, commit: str, *, before: str) -> None:
        """Make a branch's head another commit, dropping or restoring history. Not a way to publish.

        Raises:
            Conflict: where the head is not `before`, or the branch is protected.
        """
        ...

    def log(self, ref: str) -> Iterator[Commit]:
        """Yield the commit and its first parents, newest first."""
        ...

    def verify(self) -> Iterator[Problem]:
        """Recompute every digest in the lake: stored bytes, trees, commits, references."""
        ...

    def collect(self, *, keep: Iterable[str], before: datetime, dry_run: bool = False) -> Collected:
        """Remove run and audit branches older than `before`, then bytes that nothing names and that are older.

        `keep` are branches that stay whatever their age. Every branch that stays and every tag keeps what it reaches.
        Safe while others write.
        """
        ...


# --- sources --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that a source could deliver: its feed, its upstream name, its address; its partition where the name tells.

    `passed_over` names the older editions that this one stands for.
    """

    feed: Feed
    name: str
    address: str
    partition: str | None
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What was kept of an earlier answer from the same address, for a conditional request."""

    digest: Digest
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came: the bytes as they were sent, and how. `content` is None where the answer was "not modified"."""

    offer: Offer
    content: bytes | None
    status: int
    headers: Mapping[str, str]
    at: datetime


class Source(Protocol):
    """One place to read upstream files from: the sample generator, a folder, or the live service."""

    @property
    def name(self) -> str:
        """`sample`, the folder's path, or `live`."""
        ...

    @property
    def origin(self) -> Origin:
        """Whether what it delivers is real."""
        ...

    def offers(self, dataset: Dataset, partitions: Sequence[str] | None) -> Sequence[Offer]:
        """List what could be delivered for some partitions, or for all that there are.

        An offer whose name does not tell its partition is listed whatever partitions are asked for.

        Raises:
            NotFound: when the source has nothing of the dataset.
            Unavailable: when it cannot be asked.
        """
        ...

    def deliver(self, offer: Offer, known: Known | None = None) -> Delivery:
        """Fetch one file. Raises Unavailable, BadInput."""
        ...


# --- state ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acquired:
    """An acquisition in the raw zone: the wire it carries, the file's name, the path and digest of its bytes."""

    wire: str
    name: str
    path: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Intake:
    """What a partition is to be built from: its acquisitions, the snapshot of the terms, whose, by which run.

    `witness` are the files that what is built is to be held against; nothing is made of them.
    """

    dataset: str
    partition: str
    origin: Origin
    acquired: tuple[Acquired, ...]
    terms: Digest
    run: str
    at: datetime
    witness: tuple[Acquired, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A build that was made and not yet promoted: on which commit it lies, and on which stable build it was based.

    `release` is the candidate release that it was staged in, empty until then. `receipt` is its run's receipt.
    """

    dataset: str
    partition: str
    build: Digest
    base: Digest | None
    commit: str
    run: str
    at: datetime
    release: Digest | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A release as it is on record: its version for people, when it was first staged, its receipt and its manifest."""

    release: Release
    version: int
    at: datetime
    receipt: Digest
    manifest: Digest


class State(Protocol):
    """Pointers, verdicts, the journal, releases, documents, incidents: SQL, transactional, durable on return.

    What is stored and cannot be read any more raises IntegrityError. Keeping a document that is damaged mends it.
    """

    @property
    def documents(self) -> Nodes:
        """Content-addressed documents: builds, releases and their maps, evidence, receipts, manifests, policies."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Make all that is written inside durable at once, on leaving; nothing of it where leaving is by an error."""
        ...

    def lease(self, name: str, wait_seconds: float) -> AbstractContextManager[None]:
        """Hold a name alone; it is given back when the holder leaves or dies. Raises Conflict in the end."""
        ...

    def pointer(self, dataset: str) -> Pointer:
        """Return the dataset's pointer; one of generation 0 where nothing was published."""
        ...

    def pointers(self) -> Sequence[Pointer]:
        """Return every pointer there is, by dataset."""
        ...

    def swap_pointer(self, operation: Operation) -> None:
        """Swap a pointer by itself, as the first step of a way back. Raises Conflict."""
        ...

    def begin(self, intent: Intent) -> None:
        """Append an INTENT. Raises Conflict where the txn exists."""
        ...

    def finish(self, txn: str, mark: Mark, at: datetime, pointer: Operation | None = None) -> None:
        """Append DONE or UNDONE and swap the pointer, in one transaction; drop the pending builds that are now live.

        Finishing in the same way again is a no-op. Raises Conflict where the pointer or the txn stands elsewhere.
        """
        ...

    def journal(self, dataset: str | None = None) -> Sequence[Entry]:
        """Return all transactions, oldest first."""
        ...

    def unfinished(self) -> Sequence[Intent]:
        """Return the intents that have neither DONE nor UNDONE, oldest first."""
        ...

    def record_verdict(self, verdict: Verdict) -> None:
        """Append a verdict; nothing is ever changed or removed."""
        ...

    def verdicts(self, subjects: Iterable[Digest]) -> Sequence[Verdict]:
        """Return every verdict on some subjects, oldest first.

        One that is stored and cannot be read stands there as an ERROR of each gate, under no policy, without evidence.
        """
        ...

    def judged(self) -> Sequence[Digest]:
        """Return every subject that there is a verdict on."""
        ...

    def record_release(self, release: Release, at: datetime, receipt: Digest, manifest: Digest) -> Recorded:
        """Put a release on record with the next version, or with new papers where it is known already."""
        ...

    def releases(self, dataset: str | None = None) -> Sequence[Recorded]:
        """Return the releases on record, by dataset and version."""
        ...

    def release(self, release: Digest) -> Recorded:
        """Return one release. Raises NotFound."""
        ...

    def set_intake(self, intake: Intake) -> None:
        """Say what a partition is to be built from, in place of what was said before."""
        ...

    def intakes(self, dataset: str) -> Mapping[str, Intake]:
        """Return the newest intake of each partition."""
        ...

    def set_pending(self, pending: Iterable[Pending]) -> None:
        """Keep builds that wait for promotion, one per partition."""
        ...

    def pending(self, dataset: str | None = None) -> Sequence[Pending]:
        """Return the builds that wait, by dataset and partition."""
        ...

    def drop_pending(self, dataset: str, partitions: Iterable[str]) -> None:
        """Forget builds that no longer wait."""
        ...

    def note(self, run: str, dataset: str, partition: str, facts: Mapping[str, Json]) -> None:
        """Add facts to what a run did of a partition; a later fact of the same name replaces the earlier one."""
        ...

    def notes(self, run: str) -> Mapping[tuple[str, str], Mapping[str, Json]]:
        """Return what a run did, by dataset and partition, in the order in which they were first noted."""
        ...

    def open_incident(self, incident: Incident) -> None:
        """Keep an incident; one with this id replaces the earlier state of it."""
        ...

    def incidents(self, dataset: str | None = None) -> Sequence[Incident]:
        """Return all incidents, oldest first."""
        ...

    def verify(self) -> Iterator[Problem]:
        """Read everything that is stored: rows that cannot be read, documents that are not what their digest says."""
        ...


# --- the small ones -------------------------------------------------------------------------------------------------


class References(Protocol):
    """One target of plans: named references that are observed and swapped."""

    def observe(self, key: str) -> str:
        """Return what the reference holds."""
        ...

    def swap(self, operation: Operation) -> None:
        """Carry an operation out; a no-op where it is done already. Raises Conflict."""
        ...


class Records(Protocol):
    """Files that people and other tools look for at a fixed path under the home; rewritten whole, never in part."""

    def put(self, path: str, content: bytes) -> None:
        """Write a file, durably and atomically, whatever was there."""
        ...

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        ...


class Clock(Protocol):
    """Time and fresh names."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        ...

    def fresh(self) -> str:
        """Return a name that nobody had before, of lower-case letters, digits and `-`, sortable by time."""
        ...


class Observer(Protocol):
    """Is told what happened outside a Dagster run, so that the UI shows it."""

    def published(self, dataset: str, builds: Mapping[str, Digest | None], release: Digest, description: str) -> None:
        """These partitions are live now, by this release; None is a partition that is gone."""
        ...


Progress = Callable[[str, str, str], None]
"""Told (dataset, partition, stage) as work goes on; for progress bars."""


def silent(dataset: str, partition: str, stage: str) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True, slots=True)
class System:
    """The ports, wired: what every use case is given.

    `policy` returns what applies to a dataset, `sources` the modules that make it with the digest of each,
    `environment` what a receipt says of where a run took place.
    """

    lake: Lake
    state: State
    source: Source
    clock: Clock
    observer: Observer
    records: Records
    policy: Callable[[str], Policy]
    sources: Callable[[str], Mapping[str, Digest]]
    environment: Callable[[], Mapping[str, str]]
    principal: str
    home: str
    progress: Progress = field(default=silent)

    def code(self, dataset: str) -> Digest:
        """Return the digest of the code that makes a dataset."""
        return digest_of(self.sources(dataset))
