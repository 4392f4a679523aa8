"""Catalogs: the triplet of a candidate release, rendered into documents; and the evidence on it for gate D.

A partition's documents follow from its build alone, so a release renders those of the partitions that it changes. What
speaks of the whole dataset is rendered anew for each release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from kfm_assets.catalogs.run import Run
from kfm_assets.catalogs.triplet import partition_documents, release_documents
from kfm_assets.datasets import making, registry
from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import PARQUET, Zone
from kfm_assets.domain.canonical import Digest, Json, digest_bytes, hexadecimal
from kfm_assets.domain.catalog import DCAT, ITEM, PROV, partition_path
from kfm_assets.domain.evidence_ref import BuildRef, parse
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Gate
from kfm_assets.engine import catalog_map, record
from kfm_assets.engine.build import run_branch
from kfm_assets.engine.candidacy import Candidacy, Heard
from kfm_assets.engine.catalog_map import CHECKSUMS
from kfm_assets.engine.raw import places
from kfm_assets.engine.resolve import Resolver
from kfm_assets.engine.staging import Change
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.gates.catalogs import CatalogEvidence
from kfm_assets.gates.catalogs import catalogs as judge
from kfm_assets.ports import System

if TYPE_CHECKING:
    import polars as pl

_HEX_DIGITS = 64


def render(system: System, run: str, candidate: Release, changes: Mapping[str, Change]) -> Digest:
    """Keep what a candidate release's catalogs are among the documents, and return the root of their map.

    A release that has its tag already has its catalogs there: they are immutable, as its data are. For another one, a
    policy that does not ask for gate D gets none.
    """
    if _is_tagged(system, candidate):
        return catalog_map.root_of(system, candidate)
    if Gate.CATALOGS not in system.policy(candidate.dataset).release_gates:
        return merkle.EMPTY
    spec = registry.specification(candidate.dataset)
    stable = record.stable(system, candidate.dataset)
    root = catalog_map.root_of(system, stable) if stable and stable.origin == candidate.origin else merkle.EMPTY
    due = _due(system, candidate, root, changes)
    files: dict[str, bytes | None] = {}
    for partition, change in due.items():
        files |= dict.fromkeys(_there(system, root, partition))
        if change.after:
            files |= _of_partition(system, change.after, change.holder)
    root = catalog_map.with_files(system, root, files)
    items = _items(system, root)
    brought = [name for name, change in changes.items() if change.after]
    told = _run(system, run, candidate, changes)
    root = catalog_map.with_files(system, root, {**release_documents(spec, candidate, items, told, brought)})
    return catalog_map.with_files(system, root, {CHECKSUMS: _checksums(system, root, items)})


def hear(system: System, candidacy: Candidacy, policy: Policy) -> Heard:
    """Hear gate D on a candidate release's catalogs."""
    found = evidence(system, candidacy.release, candidacy.changes, candidacy.catalogs)
    return Heard(judge(found, policy), (candidacy.catalogs,))


def evidence(system: System, candidate: Release, changes: Mapping[str, Change], root: Digest) -> CatalogEvidence:
    """Gather what gate D is given of a candidate release."""
    spec = registry.specification(candidate.dataset)
    changes = brought(system, candidate, changes)
    builds = {change.after: record.build(system, change.after) for change in changes.values() if change.after}
    listed = {path: file for path, file in catalog_map.listed(system, root).items() if path != CHECKSUMS}
    looked_at = [path for path in listed if path.count("/") == 1 or path.split("/")[1] in changes or _is_item(path)]

    def tables(partition: str) -> Mapping[str, pl.DataFrame]:
        change = changes[partition]
        if change.after is None:
            return {}
        paths = [artifact.path for artifact in builds[change.after].artifacts if artifact.media_type == PARQUET]
        contents = {path: system.lake.read(change.holder, f"{spec.key}/{path}") for path in paths}
        return making.tables_of(spec, partition, contents)

    return CatalogEvidence(
        specification=spec,
        release=candidate,
        subject=candidate.id,
        changed={name: builds[change.after] if change.after else None for name, change in changes.items()},
        mapped=record.builds(system, candidate),
        documents={path: system.state.documents.get(listed[path].digest) for path in looked_at},
        listed={path: file.digest for path, file in listed.items()},
        tables=tables,
        # Links and documents name the same things many times over.
        resolve=cache(
            Resolver(
                system, candidate, {change.after: change.holder for change in changes.values() if change.after}
            ).digest
        ),
        base=base_of(system, candidate),
        fresh=not _is_tagged(system, candidate),
    )


def brought(system: System, candidate: Release, changes: Mapping[str, Change]) -> Mapping[str, Change]:
    """Return what a release changes; of one that has its tag, what it changed when it was first staged."""
    if not _is_tagged(system, candidate):
        return changes
    base, tag = base_of(system, candidate), record.tag(candidate.id)
    before = system.state.release(base).release if base else None
    found = record.changes(system, before, candidate).items()
    return {partition: Change(old, new, tag) for partition, (old, new) in found}


def _is_tagged(system: System, release: Release) -> bool:
    try:
        system.lake.resolve(record.tag(release.id))
    except NotFound:
        return False
    return True


def _due(system: System, candidate: Release, root: Digest, changes: Mapping[str, Change]) -> dict[str, Change]:
    """Return the partitions to render: those that change, and those of which the stable release has no item."""
    stable = record.stable(system, candidate.dataset)
    due = dict(changes)
    for partition, build in record.builds(system, candidate).items():
        if stable and partition not in due and not catalog_map.lookup(system, root, partition_path(partition, ITEM)):
            due[partition] = Change(build, build, record.tag(stable.id))
    return due


def _there(system: System, root: Digest, partition: str) -> Iterator[str]:
    """Yield the paths of a partition's documents in a map."""
    paths = (partition_path(partition, name) for name in (ITEM, DCAT, PROV))
    return (path for path in paths if catalog_map.lookup(system, root, path))


def _of_partition(system: System, digest: Digest, holder: str) -> Mapping[str, bytes]:
    build = record.build(system, digest)
    path = making.account_path(build.partition)
    account = system.lake.read(holder, f"{build.dataset}/{path}")
    if digest_bytes(account) not in {artifact.digest for artifact in build.artifacts if artifact.path == path}:
        raise IntegrityError(f"{path} at {holder} is not what the release of {build.dataset} lists", advice="run again")
    came = {one: (build.dataset, path.rpartition("/")[2]) for one, path in places(build)}
    return partition_documents(registry.specification(build.dataset), build, json.loads(account), came)


def _items(system: System, root: Digest) -> dict[str, Mapping[str, Json]]:
    """Return the item of every partition, by partition, sorted."""
    paths = {path.split("/")[1]: file for path, file in catalog_map.listed(system, root).items() if _is_item(path)}
    return {name: json.loads(system.state.documents.get(file.digest)) for name, file in sorted(paths.items())}


def _is_item(path: str) -> bool:
    return path.startswith(f"{Zone.CATALOG}/") and path.endswith(f"/{ITEM}")


def _run(system: System, run: str, candidate: Release, changes: Mapping[str, Change]) -> Run:
    holders = {name: change.holder for name, change in changes.items() if change.after}
    commits = {holder: system.lake.resolve(holder).id for holder in set(holders.values())}
    now = system.clock.now()
    waited = [pending.at for pending in system.state.pending(candidate.dataset) if pending.run == run]
    return Run(
        name=run,
        started=min([*waited, now]),
        created=now,
        principal=system.principal,
        branch=run_branch(run),
        commits={name: commits[holder] for name, holder in holders.items()},
        tag=record.tag(candidate.id),
        environment=system.environment(),
        policy=system.policy(candidate.dataset).digest,
        base=base_of(system, candidate),
    )


def base_of(system: System, candidate: Release) -> Digest | None:
    """Return the release that a candidate follows: the stable one, or the one that was when it was first staged."""
    for entry in system.state.journal(candidate.dataset):
        if entry.intent.target == candidate.id:
            return entry.intent.source
    return system.state.pointer(candidate.dataset).stable


def _checksums(system: System, root: Digest, items: Mapping[str, Mapping[str, Json]]) -> bytes:
    """List the digest of every file of the release: what its items list as assets, and its catalogs."""
    digests = {path: hexadecimal(file.digest) for path, file in catalog_map.listed(system, root).items()}
    digests.pop(CHECKSUMS, None)
    for item in items.values():
        for asset in _mapping(item["assets"]).values():
            named = parse(str(_mapping(asset)["kfm:evidence"]))
            if isinstance(named, BuildRef):
                digests[named.path] = str(_mapping(asset)["file:checksum"])[-_HEX_DIGITS:]
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
