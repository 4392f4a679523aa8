"""What gate `model` is given: each candidate model with the one that it follows, read back from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.dataset import Dataset

Vector = NDArray[np.float64]


class Answering(Protocol):
    """A model that can be asked."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it is given, in their order."""
        ...

    @property
    def exposure(self) -> str:
        """The column that its answer is multiplied by."""
        ...

    def rates(self, rows: pl.DataFrame) -> Vector:
        """Return what it expects of each row."""
        ...

    def attributions(self, rows: pl.DataFrame) -> Vector:
        """Return what each feature adds to the logarithm of each row's answer, shape (rows, features)."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as it is stored: the build that it is of, its year, itself, and its tables.

    `features` has `target_year`, `month`, `division`, `observed_events` (null ahead) and the columns that the model is
    given; `backtest` what it expected of years not seen, with `year`, `observed_events`, `model_events` and
    `climatology_events`.
    """

    build: Digest
    year: str
    model: Answering
    features: pl.DataFrame
    backtest: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate, and what stands before it.

    `production` is the model that readers have for the same year, or else that of the nearest earlier year in the
    release; None for the very first. `as_known` are the candidate's features anew, each year's from inputs that end
    before it; `retrained` is the model that its stored features give again. Both are None for a model of a release
    that was live, made by code that is no longer the one that runs: it could only be made differently.
    """

    candidate: Trained
    production: Trained | None
    as_known: pl.DataFrame | None
    retrained: Answering | None


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """What there is to judge of a release: a comparison for each model that it brings, and what cannot be read."""

    specification: Dataset
    subject: Digest
    comparisons: Sequence[Comparison]
    unreadable: Mapping[str, str] = field(default_factory=dict)
