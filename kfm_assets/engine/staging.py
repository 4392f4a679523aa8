"""Stage: put a release together on an audit branch, check that it is exactly what it says, and tag it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from kfm_assets.domain.artifact import zone_prefix
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.release import Release
from kfm_assets.engine import catalog_map, record
from kfm_assets.engine.build import BUILD_ZONES
from kfm_assets.engine.targets import audit_branch
from kfm_assets.errors import Conflict, IntegrityError, NoChanges, NotFound
from kfm_assets.ports import PRODUCTION, File, System

Files = Mapping[str, tuple[File | None, File | None]]
"""Files by path in the lake, before and after; None where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one partition: its build before and after (None is absent), and where the new one lies."""

    before: Digest | None
    after: Digest | None
    holder: str


def stage(system: System, txn: str, release: Release, changes: Mapping[str, Change]) -> None:
    """Make the audit branch of a transaction hold a release, check it, and tag it. The lease must be held.

    Raises:
        Conflict: when production does not hold the release that this one was planned upon.
        IntegrityError: when the branch is not exactly what the release's builds list.
    """
    lake, dataset, branch = system.lake, release.dataset, audit_branch(txn)
    catalogs = _catalogs(system, release)
    head = lake.create_branch(branch, PRODUCTION)
    with lake.stage(branch) as staging, suppress(NoChanges):
        for partition, change in changes.items():
            for prefix in _prefixes(dataset, partition):
                if change.after:
                    staging.restore(change.holder, prefix)
                else:
                    staging.remove(prefix)
        for path, (_, file) in catalogs.items():
            if file:
                staging.write(path, system.state.documents.get(file.digest))
            else:
                staging.remove(path)
        staging.commit(f"Audit {release.id} of {dataset}", {"txn": txn, "release": release.id})
    check(system, (head.id, branch), dataset, changes, catalogs)
    _read_again(system, branch, changes)
    _tag(system, release, branch)


def _tag(system: System, release: Release, branch: str) -> None:
    """Name the audited commit after its release, unless an earlier one with the same files has the name already."""
    lake, name = system.lake, record.tag(release.id)
    try:
        there = lake.tree(name, release.dataset)
    except NotFound:
        lake.create_tag(name, branch)
        return
    if there != lake.tree(branch, release.dataset):
        raise IntegrityError(f"tag {name} does not hold what its release lists", advice="`kfm verify --all` says what")


def _catalogs(system: System, release: Release) -> Files:
    """Return the catalog files on which a release differs from the stable one, by path in the lake."""
    stable = record.stable(system, release.dataset)
    roots = [catalog_map.root_of(system, one) for one in (stable, release)]
    return {
        f"{release.dataset}/{path}": (_below(release.dataset, before), _below(release.dataset, after))
        for path, (before, after) in catalog_map.changed(system, *roots).items()
    }


def _below(dataset: str, file: File | None) -> File | None:
    return file and replace(file, path=f"{dataset}/{file.path}")


def check(system: System, refs: tuple[str, str], dataset: str, changes: Mapping[str, Change], catalogs: Files) -> None:
    """See that two references differ in exactly the files of what changed, builds and catalogs, and in nothing else."""
    wanted = dict(catalogs)
    for change in changes.values():
        old, new = _files(system, change.before), _files(system, change.after)
        for path in old.keys() | new.keys():
            if old.get(path) != new.get(path):
                wanted[path] = (old.get(path), new.get(path))
    found = {item.path: (item.before, item.after) for item in system.lake.diff(*refs)}
    if found == wanted:
        return
    path = min(path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))
    if path in wanted and found.get(path, (None, None))[0] != wanted[path][0]:
        raise Conflict(
            f"{PRODUCTION} does not hold what the stable release of {dataset} says, at {path}",
            advice="`kfm verify --all` says what is there; nothing was published",
        )
    raise IntegrityError(
        f"the audited branch is not what the release of {dataset} lists, at {path}",
        advice="nothing was published; run again",
    )


def _read_again(system: System, branch: str, changes: Mapping[str, Change]) -> None:
    """Read every file that is to become live: a verdict speaks of a digest, and bytes can be damaged since."""
    for change in changes.values():
        for path in _files(system, change.after):
            system.lake.read(branch, path)


def foresee(system: System, dataset: str, changes: Mapping[str, Change]) -> None:
    """Look for what would keep changes from being staged, and write nothing.

    Raises:
        Conflict: when production does not hold what they would change.
        IntegrityError: when the files that are to become live are not whole.
    """
    for partition, change in changes.items():
        held = {
            file.path: file
            for prefix in _prefixes(dataset, partition)
            for file in system.lake.files(PRODUCTION, prefix)
        }
        if held != _files(system, change.before):
            raise Conflict(
                f"{PRODUCTION} does not hold what the stable release of {dataset} says of {partition}",
                advice="`kfm verify --all` says what is there",
            )
        for path in _files(system, change.after):
            system.lake.read(change.holder, path)


def _prefixes(dataset: str, partition: str) -> list[str]:
    return [f"{dataset}/{zone_prefix(zone, partition)}" for zone in BUILD_ZONES]


def _files(system: System, build: Digest | None) -> dict[str, File]:
    if build is None:
        return {}
    made = record.build(system, build)
    return {
        path: File(path, artifact.digest, artifact.size)
        for artifact in made.artifacts
        for path in [f"{made.dataset}/{artifact.path}"]
    }
