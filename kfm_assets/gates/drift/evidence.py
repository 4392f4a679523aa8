"""What the gate `drift` is given of a release, and what it says besides its judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import Dataset
from kfm_assets.gates.evidence import Judgement


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """A release, its frozen bins, and the counts of each of its partitions.

    `subject` is the id under which the release is on record. `mapped` is the build of every partition, as the release's
    own map has it; `changed` are the partitions that the release brings. `bins` and `counts` (by partition) are kept
    documents. `rows` reads back the stored main table of a changed partition, with at least the columns that
    `values.needed` names; what it raises of polars' and of this project's errors is evidence that could not be read.
    `now` is aware.
    """

    specification: Dataset
    subject: Digest
    mapped: Mapping[str, Digest]
    changed: frozenset[str]
    bins: bytes
    counts: Mapping[str, bytes]
    rows: Callable[[str], pl.DataFrame]
    now: datetime


class Conclusion(NamedTuple):
    """What the gate says, and the partitions without which it would be open."""

    judgement: Judgement
    closing: frozenset[str]
