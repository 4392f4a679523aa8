"""Read: follow the pointer to a release, and the release's tag to the bytes. Nothing else is ever read by readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kfm_assets.datasets import making, registry
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.release import Release
from kfm_assets.engine import raw, record
from kfm_assets.errors import NotFound
from kfm_assets.ports import System

UNDATED = "undated"
"""Stands for a partition where rows have none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a release's rows lie: for each partition, a local file whose bytes were just checked."""

    release: Release
    table: str
    files: dict[str, str]


def read(
    system: System,
    dataset: str,
    partitions: Sequence[str] | None = None,
    *,
    release: str | None = None,
    at: datetime | None = None,
    table: str | None = None,
) -> Reading:
    """Find a table's files in the stable release, in another one, or in the one that was live at an instant.

    Raises:
        NotFound: for an unknown dataset, table, partition or release, or where nothing was published.
        IntegrityError: when a file's bytes are not what the release says.
    """
    spec = registry.specification(dataset)
    name = table or spec.main.name
    if name not in {known.name for known in spec.tables}:
        raise NotFound(
            f"{dataset} has no table {name!r}",
            advice=f"its tables are: {', '.join(known.name for known in spec.tables)}",
        )
    chosen = _release(system, dataset, release, at)
    ref = record.tag(chosen.id)
    files = {
        partition: system.lake.fetch(ref, f"{dataset}/{making.table_path(partition, name)}")
        for partition in _partitions(system, chosen, partitions)
    }
    return Reading(chosen, name, files)


def quarantined(system: System, dataset: str, partitions: Sequence[str] | None = None) -> dict[str, tuple[str, bytes]]:
    """Return the rows held back, by partition, of the newest build of each: its id, and NDJSON.

    Rows that cannot be dated belong to no build; where all are asked for they come under UNDATED, with no id.
    """
    registry.specification(dataset)
    stable = record.stable(system, dataset)
    found: dict[str, tuple[Digest, str]] = {}
    if stable:
        found = {name: (build, record.tag(stable.id)) for name, build in record.builds(system, stable).items()}
    found |= {pending.partition: (pending.build, pending.commit) for pending in system.state.pending(dataset)}
    if partitions is not None:
        _require(dataset, partitions, found)
        found = {name: found[name] for name in partitions}
    held = {
        name: (str(build), system.lake.read(ref, f"{dataset}/{making.held_path(name)}"))
        for name, (build, ref) in sorted(found.items())
    }
    undated = raw.undated(system, dataset) if partitions is None else b""
    return held | ({UNDATED: ("", undated)} if undated else {})


def _release(system: System, dataset: str, release: str | None, at: datetime | None) -> Release:
    if release:
        found = record.find(system, release, dataset).release
        if not record.was_live(system, found):
            raise NotFound(
                f"release {release} of {dataset} was never published", advice="`kfm releases` shows which were"
            )
        return found
    if at:
        return system.state.release(record.live_at(system, dataset, at)).release
    stable = record.stable(system, dataset)
    if stable is None:
        raise NotFound(f"nothing of {dataset} is published", advice=f"`kfm run {dataset}` publishes it")
    return stable


def _partitions(system: System, release: Release, partitions: Sequence[str] | None) -> Sequence[str]:
    if partitions is None:
        return sorted(record.builds(system, release))
    for partition in partitions:
        if record.build_id(system, release, partition) is None:
            _require(release.dataset, partitions, record.builds(system, release))
    return partitions


def _require(dataset: str, partitions: Sequence[str], known: Mapping[str, object]) -> None:
    for partition in partitions:
        if partition not in known:
            span = f"{min(known)} to {max(known)}" if known else "none"
            raise NotFound(f"{dataset} has no partition {partition} here", advice=f"there are {len(known)}: {span}")
