"""Revisions: what a candidate release says otherwise of partitions that are live, row by row. Nothing is judged here.

What is found is kept as a document, with the evidence of the verdicts on the release. It is the same for the same two
releases, and no id depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kfm_assets.datasets import making, registry
from kfm_assets.domain.artifact import PARQUET
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json, canonical_json
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Gate
from kfm_assets.engine import record
from kfm_assets.engine.staging import Change
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.gates.diff.revision import revision, told
from kfm_assets.ports import System

KIND = "revisions"


def keep(system: System, candidate: Release, changes: Mapping[str, Change]) -> Digest | None:
    """Compare the partitions that a release replaces with those that are live, and keep what was found.

    None where it replaces none, and where real data take the place of synthetic ones, which they do not revise.
    """
    stable = record.stable(system, candidate.dataset)
    revised = {name: change for name, change in changes.items() if change.before and change.after}
    if stable is None or stable.origin is not candidate.origin or not revised:
        return None
    found = {name: _partition(system, record.tag(stable.id), name, change) for name, change in revised.items()}
    document = {"kind": KIND, "dataset": candidate.dataset, "before": stable.id, "after": candidate.id}
    return system.state.documents.put(canonical_json({**document, "partitions": found}))


def of_release(system: System, release: Digest) -> dict[str, str]:
    """Return in a line what a release changed in each partition that it revised, as found when it was judged last."""
    document = _kept(system, release)
    partitions = document.get("partitions")
    if not isinstance(partitions, dict):
        return {}
    main = registry.specification(str(document["dataset"])).main.name
    return {name: _told(found, main) for name, found in partitions.items()}


def _partition(system: System, live: str, partition: str, change: Change) -> Mapping[str, Json]:
    """Compare the tables of two builds; those with the same bytes are not read."""
    try:
        before, after = (_tables(system, build) for build in (change.before, change.after))
        dataset = _build(system, change.after).dataset
        differ = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        spec = registry.specification(dataset)
        sides = [
            making.tables_of(
                spec, partition, {path: system.lake.read(ref, f"{dataset}/{path}") for path in differ & there.keys()}
            )
            for ref, there in ((live, before), (change.holder, after))
        ]
        return {"before": change.before, "after": change.after, "tables": revision(spec.tables, *sides)}
    except (IntegrityError, NotFound) as error:  # gates judge what cannot be read; this only tells
        return {"before": change.before, "after": change.after, "unreadable": str(error)}


def _tables(system: System, build: Digest | None) -> dict[str, Digest]:
    return {one.path: one.digest for one in _build(system, build).artifacts if one.media_type == PARQUET}


def _build(system: System, build: Digest | None) -> Build:
    if build is None:
        raise NotFound("there is no build")
    return record.build(system, build)


def _kept(system: System, release: Digest) -> Mapping[str, Json]:
    """Return the document among the evidence of the newest verdicts on a release; empty where there is none."""
    newest = {verdict.gate: verdict.evidence for verdict in system.state.verdicts([release])}
    evidence = [*newest.get(Gate.RECEIPT, ()), *newest.get(Gate.MANIFEST, ())]
    for digest in dict.fromkeys(evidence):
        document = json.loads(system.state.documents.get(digest))
        if isinstance(document, dict) and document.get("kind") == KIND:
            return document
    return {}


def _told(found: Mapping[str, Json], main: str) -> str:
    tables = found.get("tables")
    return told(tables, main) if isinstance(tables, Mapping) else f"not compared: {found.get('unreadable')}"
