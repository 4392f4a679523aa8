"""What a release brings, and upon what: today, or, of one that stands already, when it was first staged."""

from __future__ import annotations

from collections.abc import Mapping

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.release import Release
from kfm_assets.engine import record
from kfm_assets.engine.staging import Change
from kfm_assets.errors import NotFound
from kfm_assets.ports import System


def brought(system: System, candidate: Release, changes: Mapping[str, Change]) -> Mapping[str, Change]:
    """Return what a release changes; of one that has its tag, what it changed when it was first staged."""
    if not is_tagged(system, candidate):
        return changes
    before, tag = base(system, candidate, tagged=True), record.tag(candidate.id)
    found = record.changes(system, system.state.release(before).release if before else None, candidate).items()
    return {partition: Change(old, new, tag) for partition, (old, new) in found}


def is_tagged(system: System, release: Release) -> bool:
    """Say whether a release was staged, so that its files are there for good."""
    try:
        system.lake.resolve(record.tag(release.id))
    except NotFound:
        return False
    return True


def base(system: System, candidate: Release, *, tagged: bool) -> Digest | None:
    """Return the release that a candidate follows: the stable one, or the one that was when it was first staged."""
    for entry in system.state.journal(candidate.dataset) if tagged else ():
        if entry.intent.target == candidate.id:
            return entry.intent.source
    return system.state.pointer(candidate.dataset).stable
