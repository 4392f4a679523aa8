"""A stored model, ready to answer: expected events, and what each feature adds to them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.datasets.models.storm_frequency import archive
from kfm_assets.datasets.models.storm_frequency.features import EXPOSURE
from kfm_assets.datasets.models.storm_frequency.specification import CARD, FEATURE_TABLE, MODEL
from kfm_assets.datasets.models.storm_frequency.training import matrix
from kfm_assets.errors import IntegrityError

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A model: the trees, the features that they see in their order, what the answer is multiplied by, its card."""

    trees: Any
    features: tuple[str, ...]
    exposure: str
    card: Mapping[str, Any]

    def rates(self, rows: pl.DataFrame) -> Vector:
        """Return the expected events of each row. Raises PolarsError where a feature is missing."""
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - only a step that predicts pays for it

        with threadpool_limits(limits=1):
            ratio = self.trees.predict(matrix(rows, self.features))
        found: Vector = ratio * rows[self.exposure].to_numpy()
        return found

    def attributions(self, rows: pl.DataFrame) -> Vector:
        """Return what each feature adds to the logarithm of each row's ratio: SHAP values, shape (rows, features).

        Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature Machine
        Intelligence 2, 2020, https://doi.org/10.1038/s42256-019-0138-9, along the paths of the trees' own training
        data.
        """
        from shap import TreeExplainer  # noqa: PLC0415 - seconds to import

        found: Vector = np.asarray(TreeExplainer(self.trees).shap_values(matrix(rows, self.features)))
        return found


def opened(files: Mapping[str, bytes]) -> Forecaster:
    """Return a stored model by its files MODEL and CARD. Raises IntegrityError where they are not what they say."""
    card = json.loads(files[CARD])
    trees = archive.load(files[MODEL])
    features = tuple(card["features"])
    if trees.n_features_in_ != len(features):
        raise IntegrityError(f"the card names {len(features)} features, the trees have {trees.n_features_in_}")
    return Forecaster(trees, features, card.get("exposure", EXPOSURE), card)


def rows_of(files: Mapping[str, bytes], names: Sequence[str] = ()) -> pl.DataFrame:
    """Return a stored model's feature table, or some of its columns."""
    return pl.read_parquet(io.BytesIO(files[f"{FEATURE_TABLE}.parquet"]), columns=list(names) or None)
