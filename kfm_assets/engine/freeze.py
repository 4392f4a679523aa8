"""Freeze: the snapshot that a release leaves when it goes live: a manifest of references, nothing copied or linked.

It stands under `data/releases/<pipeline>/<version>/` in the home and follows from what is on record, so one that a
crash kept from being written is written later. Its length does not depend on the release's size: the data are named by
the list of their checksums and by the root of the map of builds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_bytes, digest_of
from kfm_assets.domain.catalog import COLLECTION, DCAT, PROV, release_path
from kfm_assets.domain.journal import Intent
from kfm_assets.engine import catalog_map, record
from kfm_assets.errors import IntegrityError
from kfm_assets.gates.papers import BUILDS_MAP, instant, seal
from kfm_assets.ports import Problem, Recorded, System

FOLDER = "data/releases"

_FILES = {
    catalog_map.CHECKSUMS: "data",
    release_path(COLLECTION): "catalog",
    release_path(DCAT): "catalog",
    release_path(PROV): "lineage",
}
"""The files of a release that speak of all of it, with their roles."""


def path_of(recorded: Recorded) -> str:
    """Return where a release's snapshot stands below the home."""
    return f"{FOLDER}/{recorded.release.dataset.replace('/', '-')}/{recorded.version}/manifest.json"


def freeze(system: System, intent: Intent) -> str:
    """Write the snapshot of the release that a finished plan made live, where there is none; return its path."""
    recorded = system.state.release(intent.target)
    path = path_of(recorded)
    if system.records.get(path) is None:
        content = canonical_json(document(system, recorded, intent)) + b"\n"
        system.state.documents.put(content)
        system.records.put(path, content)
    return path


def keep(system: System) -> tuple[str, ...]:
    """Write the snapshot of every release that was ever live and has none; return their paths."""
    missing = [
        entry.intent
        for entry in system.state.journal()
        if entry.went_live and system.records.get(path_of(system.state.release(entry.intent.target))) is None
    ]
    return tuple(dict.fromkeys(freeze(system, intent) for intent in missing))


def snapshot(system: System, recorded: Recorded) -> bytes | None:
    """Return the snapshot of a release as it was written; None where there is none. Raises IntegrityError.

    Each is kept as a document too, by its digest: what was altered is no document, and another release's names another.
    """
    kept = system.records.get(path_of(recorded))
    if kept is None:
        return None
    try:
        system.state.documents.get(digest_bytes(kept))
        mine = json.loads(kept)["release"] == recorded.release.id
    except (IntegrityError, ValueError, KeyError, TypeError):
        mine = False
    if not mine:
        raise IntegrityError(
            f"{path_of(recorded)} is not the snapshot that was written",
            advice="remove it; `kfm recover` writes it anew",
        )
    return kept


def verify(system: System, recorded: Recorded) -> Iterator[Problem]:
    """See that a release that was live has its snapshot, as it was written, and that all that it refers to is there."""
    where = path_of(recorded)
    try:
        kept = snapshot(system, recorded)
    except IntegrityError as error:
        yield Problem(where, f"it is not the snapshot that was written; {error.advice}")
        return
    if kept is None:
        yield Problem(where, "the snapshot is missing; `kfm recover` writes it")
        return
    said = json.loads(kept)
    for one in said["references"]:
        if not _holds(system, recorded, said["lake"]["tag"], one):
            yield Problem(where, f"{one['path']} is not there, or not what the snapshot says")


def document(system: System, recorded: Recorded, intent: Intent) -> dict[str, Json]:
    """Return the snapshot: which release, where it lies, since when, and references to all that belongs to it.

    A reference of the role data, catalog or lineage is a file at the tag, below the dataset's prefix; of the role
    configuration or paper it is a document, which `kfm resolve kfm://document/DIGEST` prints. An export has each at
    its path.
    """
    release = recorded.release
    tag = record.tag(release.id)
    return {
        "kfm_snapshot_version": "v1",
        "dataset": release.dataset,
        "version": recorded.version,
        "release": release.id,
        "origin": release.origin.value,
        "released_at": instant(intent.at),
        "lake": {"tag": tag, "commit": system.lake.resolve(tag).id},
        "references": [
            {"role": role, "path": path, "digest": digest}
            for role, path, digest in _references(system, recorded, intent)
        ],
    }


def _references(system: System, recorded: Recorded, intent: Intent) -> Iterator[tuple[str, str, Digest]]:
    release, documents = recorded.release, system.state.documents
    root = catalog_map.root_of(system, release)
    for path, role in _FILES.items():
        if file := catalog_map.lookup(system, root, path):
            yield role, path, file.digest
    receipt, manifest = (json.loads(documents.get(paper)) for paper in (recorded.receipt, recorded.manifest))
    kept = {
        "configuration/specification.json": Digest(manifest["spec_hash"]),
        "configuration/policy.json": system.policy(release.dataset).digest,
        "configuration/code.json": Digest(receipt["environment"]["code_digest"]),
        "paper/receipt.json": recorded.receipt,
        "paper/promotion-manifest.json": digest_of(seal(manifest, intent.at)),
        f"paper/{BUILDS_MAP.rpartition('/')[2]}": release.builds,
    }
    for path, digest in kept.items():
        yield path.partition("/")[0], path, digest


def _holds(system: System, recorded: Recorded, tag: str, reference: Mapping[str, str]) -> bool:
    digest = Digest(reference["digest"])
    if reference["role"] in _FILES.values():
        files = system.lake.files(tag, f"{recorded.release.dataset}/{reference['path']}")
        return [file.digest for file in files] == [digest]
    try:
        system.state.documents.get(digest)
    except IntegrityError:
        return False
    return True
