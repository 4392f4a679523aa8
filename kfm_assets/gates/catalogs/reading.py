"""The documents as they are stored: which there must be, whether they are whole, and what they hold as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from kfm_assets.domain.canonical import Json, digest_bytes
from kfm_assets.domain.catalog import COLLECTION, DCAT, ITEM, PROV, partition_path, release_path
from kfm_assets.domain.verdict import Finding, Outcome
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.problems import settled

Document = Mapping[str, Json]

RELEASE, PARTITION = (COLLECTION, DCAT, PROV), (ITEM, DCAT, PROV)


@dataclass(frozen=True, slots=True)
class Held:
    """The documents that could be read: their bytes by path, and what those of STAC, asked for often, hold."""

    contents: Mapping[str, bytes]
    stac: Mapping[str, Document]

    def at(self, path: str) -> Document | None:
        """Return the document at a path, where it could be read."""
        if path in self.stac:
            return self.stac[path]
        return json.loads(self.contents[path]) if path in self.contents else None

    def of_partition(self, partition: str, name: str) -> Document | None:
        """Return a partition's document, where it could be read."""
        return self.at(partition_path(partition, name))

    def of_release(self, name: str) -> Document | None:
        """Return a release's document, where it could be read."""
        return self.at(release_path(name))


def read(evidence: CatalogEvidence) -> tuple[Held, list[Finding]]:
    """Read the documents, and say what is missing, too many, altered or unreadable."""
    missing, altered, unreadable, loose = [], [], [], []
    contents: dict[str, bytes] = {}
    stac: dict[str, Document] = {}
    for path in _asked_for(evidence):
        content = evidence.documents.get(path)
        if content is None:
            missing.append(path)
            continue
        digest = digest_bytes(content)
        if digest != evidence.listed.get(path, digest):
            altered.append(f"{path}: its digest is {digest}, not {evidence.listed[path]} as the tree has it")
        try:
            document = _parsed(content)
        except ValueError as error:
            unreadable.append(f"{path}: {error}")
            continue
        if _canonical(document) != content:
            loose.append(f"{path}: it is not JSON with sorted keys, once each, and no white space")
        contents[path] = content
        if path.endswith((ITEM, COLLECTION)):
            stac[path] = document
    return Held(contents, stac), [
        settled(
            "catalog.listed", _unlisted(evidence), f"three documents for each of {len(evidence.mapped)} partitions"
        ),
        settled("catalog.there", (f"{path} is not there" for path in missing), "all are there", Outcome.INCONCLUSIVE),
        settled("catalog.readable", unreadable, f"{len(contents)} documents", Outcome.ERROR),
        settled("catalog.whole", altered, "each has the digest that the tree lists"),
        settled("catalog.unchanged", _moved(evidence), "what is not changed is as it was judged with the base"),
        settled("catalog.form", loose, "each can be read in one way"),
    ]


def _asked_for(evidence: CatalogEvidence) -> Iterator[str]:
    yield from map(release_path, RELEASE)
    for partition in sorted(evidence.mapped):
        names = PARTITION if partition in evidence.changed else (ITEM,)
        yield from (partition_path(partition, name) for name in names)


def _unlisted(evidence: CatalogEvidence) -> Iterator[str]:
    """Say which paths the tree lacks, and which it has that no partition of the release accounts for."""
    due = {*map(release_path, RELEASE)}
    due |= {partition_path(partition, name) for partition in evidence.mapped for name in PARTITION}
    yield from (f"{path} is missing from the tree" for path in sorted(due - evidence.listed.keys()))
    yield from (f"{path} is in the tree, but of no partition" for path in sorted(evidence.listed.keys() - due))


def _moved(evidence: CatalogEvidence) -> Iterator[str]:
    """Say which documents of unchanged partitions are not those that were judged with the release that is followed."""
    for partition in sorted(evidence.mapped.keys() - evidence.changed.keys()):
        for path in (partition_path(partition, name) for name in PARTITION):
            digest = evidence.before.get(path)
            if digest is None:
                yield f"{path}: no release was judged with it, and it is not among the changed ones"
            elif evidence.listed.get(path, digest) != digest:
                yield f"{path}: its digest is {evidence.listed[path]}, not {digest} as it was judged"


def _parsed(content: bytes) -> Document:
    document = json.loads(content.decode(), parse_constant=_refuse)
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - what is wrong is the document, not a caller's type
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number that JSON has")


def _canonical(document: Document) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
