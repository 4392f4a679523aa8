"""What the model is given of a year ahead, by month and division, from what was known at the end of the year before.

The forecast origin is 31 December. Nothing of the target year goes into a feature; `observed_events` stands beside
them, for training and for looking back, and is null for a year that has not been. A test alters the target year, and
what comes after it, and sees that no feature changes; the gate `model` does the same with each candidate.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from kfm_assets.datasets.models.storm_frequency.divisions import COUNT
from kfm_assets.datasets.models.storm_frequency.history import MONTHS, Grid, History

FEATURES = ("month", "division", "division_share_5y", "division_share_1y", "pdsi_december", "pdsi_growing_season")
"""What the trees see, in their order."""

MONOTONE = {"division_share_5y": 1, "division_share_1y": 1}
"""A division that lately had more of the state's storms is not expected to have fewer. Of drought no sign is known."""

EXPOSURE = "exposure_events"
"""What the trees' answer is multiplied by: more storms of late, everything else equal, are more storms expected."""

LEAST_YEARS = 3
"""Years of storms before the first that can be predicted."""

_KEPT = 0.5
"""How much each year counts in the level, of what the year after it does."""
_SEPARABLE = 0.3
"""How much of the seasonal pattern is the state's season times the division's share; the rest is the division's own."""
_LEAST_EXPOSURE = 0.02
_GROWING = slice(3, 9)
_PRIOR = 0.01
_RECENT = 5


def table(history: History) -> pl.DataFrame:
    """Return the features of every year that can be predicted, the one after the last known year included."""
    years = list(history.storms)
    targets = [*years[LEAST_YEARS:], years[-1] + 1]
    return pl.concat([of_year(history.until(year - 1), year, history.storms.get(year)) for year in targets])


def of_year(known: History, year: int, observed: Grid | None) -> pl.DataFrame:
    """Return the features of a year, a row for each month and division, by the history that ends before it."""
    storms = np.array([known.storms[at] for at in known.storms])
    exposure = _exposure(storms)
    by_division = storms.sum(axis=1)
    normal = exposure.sum(axis=0) / exposure.sum()
    pdsi = known.pdsi.get(year - 1, np.full((MONTHS, COUNT), np.nan))
    seen = [None] * (MONTHS * COUNT) if observed is None else observed.ravel().astype(np.int64).tolist()
    columns = {
        "target_year": np.full(MONTHS * COUNT, year, dtype=np.int32),
        "month": np.repeat(np.arange(1, MONTHS + 1, dtype=np.int32), COUNT),
        "division": np.tile(np.arange(1, COUNT + 1, dtype=np.int32), MONTHS),
        EXPOSURE: exposure.ravel(),
        "division_share_5y": np.tile(_share(by_division[-_RECENT:].sum(axis=0), normal), MONTHS),
        "division_share_1y": np.tile(_share(by_division[-1], normal), MONTHS),
        "pdsi_december": np.tile(pdsi[-1], MONTHS),
        "pdsi_growing_season": np.tile(pdsi[_GROWING].mean(axis=0), MONTHS),
        "climatology_events": storms.mean(axis=0).ravel(),
        "last_year_events": storms[-1].ravel().astype(np.int32),
    }
    frame = pl.DataFrame(columns).with_columns(pl.Series("observed_events", seen, dtype=pl.Int32))
    # Twelve digits: what is beyond them differs from one processor to another.
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None).round_sig_figs(12))


def _share(counts: Grid, normal: Grid) -> Grid:
    """Return a division's share of the state's storms over the share that it normally has."""
    total = counts.sum()
    share = counts / total if total else normal
    found: Grid = (share + _PRIOR) / (normal + _PRIOR)
    return found


def _exposure(storms: Grid) -> Grid:
    """Return how many events each month and division of the next year has, if it is as the last years were.

    The level of the state's annual count, a geometric mean in which each year counts half of the one after it, times
    the mean share of each month and division, smoothed over neighbouring months by 1-2-1.
    """
    annual = storms.sum(axis=(1, 2))
    weights = _KEPT ** np.arange(len(annual))[::-1]
    level = np.exp((weights * np.log(np.maximum(annual, 1))).sum() / weights.sum())
    shares = (storms / np.maximum(annual, 1)[:, None, None]).mean(axis=0)
    smooth = (np.roll(shares, 1, axis=0) + 2 * shares + np.roll(shares, -1, axis=0)) / 4
    total = smooth.sum()
    if not total:
        return np.full((MONTHS, COUNT), _LEAST_EXPOSURE)
    separable = np.outer(smooth.sum(axis=1), smooth.sum(axis=0)) / total
    pattern = (1 - _SEPARABLE) * smooth + _SEPARABLE * separable
    found: Grid = np.maximum(level * pattern / pattern.sum(), _LEAST_EXPOSURE)
    return found
