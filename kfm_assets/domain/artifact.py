"""Artifacts: named bytes with a digest, in a zone of the truth path (in-toto's ResourceDescriptor)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kfm_assets.domain.canonical import Digest


class Zone(StrEnum):
    """A place on the truth path; content only moves right."""

    RAW = "raw"
    WORK = "work"
    QUARANTINE = "quarantine"
    PROCESSED = "processed"
    CATALOG = "catalog"
    RELEASE = "release"
    PUBLISHED = "published"


class Origin(StrEnum):
    """Whether something came from the world or from a generator. The two never mix in a release."""

    REAL = "real"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True, order=True)
class Artifact:
    """One file: its path below the dataset's prefix, the sha256 of its bytes, its size in bytes, its media type."""

    path: str
    digest: Digest
    size: int
    media_type: str


PARQUET = "application/vnd.apache.parquet"
JSON = "application/json"
NDJSON = "application/x-ndjson"


def zone_prefix(zone: Zone, partition: str) -> str:
    """Return where a partition's files of one zone lie below the dataset's prefix."""
    return f"{zone.value}/{partition}"
