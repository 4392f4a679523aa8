"""Export: all that belongs to a release, file by file, for somebody who writes it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.engine import freeze, record
from kfm_assets.ports import Recorded, System

CHECKSUMS = "SHA256SUMS"
"""The file that an export ends with: a line for each other file, as `sha256sum -c` reads it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of an export: where it goes, its digest, and its bytes or the local file that has them."""

    path: str
    digest: Digest
    content: bytes | None = None
    local: str = ""


def export(system: System, recorded: Recorded) -> Iterator[Exported]:
    """Yield the files of a release: its data and catalogs as in the lake, papers and configuration, the snapshot.

    Raises:
        NotFound: for a release that has no tag, since it was never staged.
        IntegrityError: for damaged bytes, and a snapshot that was altered.
    """
    release = recorded.release
    tag = record.tag(release.id)
    for file in system.lake.files(tag, release.dataset):
        below = file.path.removeprefix(f"{release.dataset}/")
        yield Exported(below, file.digest, local=system.lake.fetch(tag, file.path))
    snapshot = freeze.snapshot(system, recorded)
    if snapshot is None:
        return
    yield _document("snapshot.json", snapshot)
    for reference in json.loads(snapshot)["references"]:
        if reference["role"] in {"configuration", "paper"}:
            yield _document(reference["path"], system.state.documents.get(Digest(reference["digest"])))


def checksums(files: Iterable[Exported]) -> bytes:
    """Return the lines of CHECKSUMS for some files."""
    return "".join(f"{file.digest[7:]}  {file.path}\n" for file in sorted(files, key=lambda one: one.path)).encode()


def _document(path: str, content: bytes) -> Exported:
    return Exported(path, digest_bytes(content), content=content)
