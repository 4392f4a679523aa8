"""Freeze: the snapshot that a release leaves when it goes live: a manifest of references, nothing copied or linked.

It stands under `data/releases/<pipeline>/<version>/` in the home and follows from what is on record, so one that a
crash kept from being written is written later. Its length does not depend on the release's size: the data are named by
the list of their checksums and by the root of the map of builds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_of
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
        system.records.put(path, canonical_json(document(system, recorded, intent)) + b"\n")
    return path


def keep(system: System) -> tuple[str, ...]:
    """Write the snapshot of every release that was ever live and has none; return their paths."""
    missing = [
        entry.intent
        for entry in system.state.journal()
        if entry.went_live and system.records.get(path_of(system.state.release(entry.intent.target))) is None
    ]
    return tuple(dict.fromkeys(freeze(system, intent) for intent in missing))


def verify(system: System) -> Iterator[Problem]:
    """See that every release that was ever live has its snapshot, and that all that it refers to is there."""
    for recorded in _lived(system):
        where = path_of(recorded)
        kept = system.records.get(where)
        if kept is None:
            yield Problem(where, "the snapshot is missing; `kfm recover` writes it")
            continue
        try:
            snapshot = json.loads(kept)
            references, tag = snapshot["references"], snapshot["lake"]["tag"]
            lost = [one["path"] for one in references if not _holds(system, recorded, tag, one)]
        except (ValueError, KeyError, TypeError):
            yield Problem(where, "it is no snapshot; remove it, and `kfm recover` writes it again")
            continue
        for path in lost:
            yield Problem(where, f"{path} is not there, or not what the snapshot says")


def document(system: System, recorded: Recorded, intent: Intent) -> dict[str, Json]:
    """Return the snapshot: which release, where it lies, since when, and references to all that belongs to it.

    A reference of the role data, catalog or lineage is a file at the tag, below the dataset's prefix; of the role
    configuration or paper it is a document, which `kfm resolve kfm://document/DIGEST` prints.
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
    yield "configuration", "specification.json", Digest(manifest["spec_hash"])
    yield "configuration", "policy.json", system.policy(release.dataset).digest
    yield "configuration", "code.json", Digest(receipt["environment"]["code_digest"])
    yield "paper", "receipt.json", recorded.receipt
    yield "paper", "promotion-manifest.json", digest_of(seal(manifest, intent.at))
    yield "paper", BUILDS_MAP, release.builds


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


def _lived(system: System) -> list[Recorded]:
    """Return every release on record that was ever live."""
    live = {entry.intent.target for entry in system.state.journal() if entry.went_live}
    return [recorded for recorded in system.state.releases() if recorded.release.id in live]
