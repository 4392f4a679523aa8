"""What the gates are given and what they say: the evidence on a build and on a release, and a gate's judgement.

Evidence is what somebody else read: the gates trust none of it further than a digest goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import polars as pl

from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json, plain
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Finding, Gate, Outcome, worst


@dataclass(frozen=True, slots=True)
class BuildEvidence:
    """What the gates A, B, C and E are given of a build.

    `subject` is the id under which the build is on record, and its verdicts will be. `now` is aware.
    `terms` are the kept bytes of the snapshot of the upstream's terms. `tables` are the specification's, by name, and
    `quarantine` the rows held back, both read back from what is stored; `account` is the stored account. `counted` is
    wire -> rows of the partition, counted anew from the files. None, or a table that is left out, is evidence that is
    not there; `unreadable` says why some could not be read, by its name: `terms`, `quarantine`, `account`, `counted`,
    or the table's.
    """

    specification: Dataset
    build: Build
    subject: Digest
    now: datetime
    terms: bytes | None = None
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    quarantine: pl.DataFrame | None = None
    account: bytes | None = None
    counted: Mapping[str, int] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReleaseEvidence:
    """What the gates F and G are given of a release.

    `subject` is the id under which the release is on record. `changed` are the builds of the partitions that it
    changes, None for one that it removes; `mapped` is what the release's own map holds for each of those. `kept` are
    the digests that were found among what is kept: of the changed builds' inputs and of their artifacts. `catalogs`
    are the catalog files that the release changes, by path, with the root of its map of all of them. `receipt`,
    `manifest` and `report` (the QA report) are kept bytes.
    """

    specification: Dataset
    release: Release
    subject: Digest
    changed: Mapping[str, Build | None]
    mapped: Mapping[str, Digest | None]
    kept: Collection[Digest]
    catalogs: Mapping[str, Digest] = field(default_factory=dict)
    report: bytes | None = None
    receipt: bytes | None = None
    manifest: bytes | None = None


class Judgement(NamedTuple):
    """What a gate says: its outcome, why, and the report that is kept as evidence (JSON without floats or times)."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    report: Mapping[str, Json]


def judged(
    gate: Gate, subject: Digest, policy: Policy, findings: Iterable[Finding], more: Mapping[str, Json] | None = None
) -> Judgement:
    """Return the judgement that some findings make: the worst of them, and INCONCLUSIVE where there are none."""
    found = tuple(findings)
    outcome = worst(finding.outcome for finding in found)
    report = {"gate": gate, "subject": subject, "policy": policy.digest, "outcome": outcome, "findings": found}
    return Judgement(outcome, found, {**{name: plain(value) for name, value in report.items()}, **(more or {})})


def hold(check: str, condition: bool, holds: object, problem: str) -> Finding:
    """Return PASS with what holds where a condition does, FAIL with the problem where it does not."""
    return Finding(check, Outcome.PASS, str(holds)) if condition else Finding(check, Outcome.FAIL, problem)


def clear(check: str, problem: object, holds: object) -> Finding:
    """Return FAIL with a problem, or PASS with what holds where the problem is empty."""
    return hold(check, not problem, holds, str(problem))
