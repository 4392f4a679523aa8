"""The map of a release's catalogs: from a path below the dataset's prefix to a file. Its root stands in the manifest.

It lists what a release has in the lake beside the artifacts of its builds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kfm_assets.domain import merkle
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.release import Release
from kfm_assets.gates.papers import CATALOGS_MAP
from kfm_assets.ports import File, System

CHECKSUMS = "release/checksums.sha256"
"""Where the digests of all other files of a release are listed, in the form that `sha256sum -c` reads."""


def root_of(system: System, release: Release | None) -> Digest:
    """Return the root of a recorded release's map, from its manifest; that of the empty one where it has none."""
    if release is None:
        return merkle.EMPTY
    manifest = json.loads(system.state.documents.get(system.state.release(release.id).manifest))
    roots = [entry["digest"] for entry in manifest["catalogs"] if entry["path"] == CATALOGS_MAP]
    return Digest(roots[0]) if roots else merkle.EMPTY


def listed(system: System, root: Digest) -> dict[str, File]:
    """Return every file of a map, by path, sorted."""
    found = sorted(merkle.items(system.state.documents, root))
    return {path: file for path, value in found if (file := _file(path, value))}


def lookup(system: System, root: Digest, path: str) -> File | None:
    """Return one file of a map, or None."""
    return _file(path, merkle.lookup(system.state.documents, root, path))


def changed(system: System, before: Digest, after: Digest) -> dict[str, tuple[File | None, File | None]]:
    """Return the files on which two maps differ, by path, sorted."""
    found = sorted(merkle.diff(system.state.documents, before, after))
    return {one.name: (_file(one.name, one.before), _file(one.name, one.after)) for one in found}


def with_files(system: System, root: Digest, files: Mapping[str, bytes | None]) -> Digest:
    """Keep some files among the documents, and return the root of the map that has them; None removes a path."""
    documents = system.state.documents
    values: dict[str, merkle.Value | None] = {
        path: None if content is None else [documents.put(content), len(content)] for path, content in files.items()
    }
    return merkle.update(documents, root, values)


def _file(path: str, value: merkle.Value | None) -> File | None:
    return File(path, Digest(str(value[0])), int(value[1])) if value else None
