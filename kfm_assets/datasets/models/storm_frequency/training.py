"""Training: gradient-boosted Poisson trees on how the storms of a year compare with those of the years before.

The trees predict observed over exposure, weighted by exposure, which is Poisson regression with the logarithm of the
exposure as an offset: a count mu = exposure * exp(trees). Without the offset trees could not follow a level that rises
beyond all that they have seen. The loss is the Poisson half deviance of scikit-learn's HistGradientBoostingRegressor.
One thread and a fixed seed: the same table gives the same trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.datasets.models.storm_frequency.features import EXPOSURE, FEATURES, MONOTONE

SEED = 1861

SETTINGS: dict[str, Any] = {
    "loss": "poisson",
    "max_iter": 40,
    "learning_rate": 0.05,
    "max_leaf_nodes": 5,
    "min_samples_leaf": 60,
    "l2_regularization": 5.0,
    "max_bins": 16,
    "early_stopping": False,
    "random_state": SEED,
}
"""Few and small trees, chosen on 1968 to 1992 of the recorded storms: larger ones did worse on years unseen.

Sixteen bins hold each month and each division apart, and are most of what a fit costs.
"""


def fit(rows: pl.DataFrame) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    """Return the trees that some rows of the feature table give; those without an observed count are left out."""
    # Imported here: only a step that trains pays for it.
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    known = rows.filter(pl.col("observed_events").is_not_null())
    exposure = known[EXPOSURE].to_numpy()
    constraints = [MONOTONE.get(name, 0) for name in FEATURES]
    with threadpool_limits(limits=1):
        trees = HistGradientBoostingRegressor(**SETTINGS, monotonic_cst=constraints)
        trees.fit(_told(matrix(known, FEATURES)), known["observed_events"].to_numpy() / exposure, exposure)
    # A generator that draws no feature has no part in an answer, and no place in a file that strangers read.
    trees._feature_subsample_rng = None  # noqa: SLF001 - scikit-learn has no other name for it
    return trees


def _told(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features with a constant in place of one of which nothing is known: no tree splits on it."""
    return np.where(np.isnan(features).all(axis=0), 0.0, features)


def matrix(rows: pl.DataFrame, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return some columns as the trees take them: numbers, NaN where unknown."""
    found: NDArray[np.float64] = rows.select(pl.col(names).cast(pl.Float64)).to_numpy()
    return found
