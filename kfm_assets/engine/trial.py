"""Trial: a system on which a use case can judge and compose as it always does, and of which nothing stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import cast

from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.domain.merkle import Nodes
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Verdict
from kfm_assets.ports import Recorded, Records, State, System

_ASKED = frozenset({"pointer", "pointers", "journal", "unfinished", "intakes", "pending", "incidents", "notes"})


def on_trial(system: System) -> System:
    """Return the system with a state that keeps documents, verdicts and releases in memory and writes nothing else."""
    return replace(system, state=cast("State", _Trial(system.state)), records=_Records(system.records))


class _Trial:
    """The state as it is, with what was recorded since on top of it. Any other change is refused."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.documents = _Documents(state.documents)
        self._verdicts: list[Verdict] = []
        self._releases: dict[Digest, Recorded] = {}

    def __getattr__(self, name: str) -> object:
        if name not in _ASKED:
            raise AttributeError(f"a trial does not {name}")
        return getattr(self._state, name)

    @contextmanager
    def together(self) -> Iterator[None]:
        yield

    def record_verdict(self, verdict: Verdict) -> None:
        self._verdicts.append(verdict)

    def verdicts(self, subjects: Iterable[Digest]) -> Sequence[Verdict]:
        wanted = set(subjects)
        return [*self._state.verdicts(wanted), *(one for one in self._verdicts if one.subject in wanted)]

    def record_release(self, release: Release, at: datetime, receipt: Digest, manifest: Digest) -> Recorded:
        known = [one for one in self._state.releases(release.dataset) if one.release.id == release.id]
        version, since = (known[0].version, known[0].at) if known else (0, at)
        return self._releases.setdefault(release.id, Recorded(release, version, since, receipt, manifest))

    def releases(self, dataset: str | None = None) -> list[Recorded]:
        known = list(self._state.releases(dataset))
        ids = {one.release.id for one in known}
        mine = [one for one in self._releases.values() if dataset in (None, one.release.dataset)]
        return known + [one for one in mine if one.release.id not in ids]

    def release(self, release: Digest) -> Recorded:
        return self._releases.get(release) or self._state.release(release)


class _Records:
    """Records of which none is written."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, path: str, content: bytes) -> None:
        """Leave the file as it is."""

    def get(self, path: str) -> bytes | None:
        return self._records.get(path)


class _Documents:
    """Documents of which the new ones are kept in memory."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._new: dict[Digest, bytes] = {}

    def get(self, digest: Digest) -> bytes:
        return self._new[digest] if digest in self._new else self._nodes.get(digest)

    def put(self, content: bytes) -> Digest:
        digest = digest_bytes(content)
        self._new[digest] = content
        return digest
