"""What no model may do, however good it is: say in a line what is wrong; empty where nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from kfm_assets.domain.dataset import Dataset
from kfm_assets.gates.model.evidence import Answering, Trained
from kfm_assets.gates.model.panel import Panel

_STEPS = 9
_CLOSE = 1e-9
_KEY = ["target_year", "month", "division"]


def negative(trained: Trained, panel: Panel) -> str:
    """Say where a model expects a number below zero, or none at all: on the panel, and in the year ahead."""
    ahead = trained.features.filter(pl.col("observed_events").is_null())
    for name, rows in (("the panel", panel.rows), ("the year ahead", ahead)):
        rates = trained.model.rates(rows) if rows.height else np.ones(1)
        if not np.isfinite(rates).all():
            return f"on {name} it expects no number"
        if rates.min() < 0:
            return f"on {name} it expects {rates.min():.3f} events"
    return ""


def not_monotone(model: Answering, panel: Panel, columns: Sequence[str]) -> str:
    """Say where more of a column makes the model expect less, all else equal, from its least to its most on it."""
    for name in columns:
        if name not in (*model.features, model.exposure):
            continue
        values = panel.rows[name].drop_nulls().to_numpy()
        before = np.full(panel.rows.height, -np.inf)
        for value in np.quantile(values, np.linspace(0, 1, _STEPS)):
            rates = model.rates(panel.rows.with_columns(pl.lit(float(value)).alias(name)))
            if (rates < before * (1 - _CLOSE)).any():
                return f"it expects less where {name} is more"
            before = rates
    return ""


def forbidden(spec: Dataset, model: Answering, columns: Sequence[str]) -> str:
    """Say which columns a model uses that the policy forbids, or that no table of the specification has."""
    used = (*model.features, model.exposure)
    banned = [name for name in used if name in columns]
    if banned:
        return f"it uses {', '.join(banned)}, which the policy forbids"
    declared = {column.name for table in spec.tables for column in table.columns}
    strangers = [name for name in used if name not in declared]
    return f"it uses {', '.join(strangers)}, which the specification does not have" if strangers else ""


def leaks(trained: Trained, known: pl.DataFrame) -> str:
    """Say which feature is not what inputs give that end before the target year, or what the table knows too early."""
    early = trained.features.filter(
        pl.col("observed_events").is_not_null() & (pl.col("target_year") > int(trained.year))
    )
    if early.height:
        last = max(early["target_year"].to_list())
        return f"it knows the events of {last}, after the year that it is trained to"
    names = [*trained.model.features, trained.model.exposure]
    missing = [name for name in names if name not in known.columns]
    if missing:
        return f"the inputs give no {', '.join(missing)}"
    return "; ".join(_differ(trained.features.sort(_KEY), known.sort(_KEY), names))


def _differ(stored: pl.DataFrame, known: pl.DataFrame, names: list[str]) -> Iterator[str]:
    if not stored.select(_KEY).equals(known.select(_KEY)):
        yield "its features are of other years, months or divisions than the inputs give"
        return
    for name in dict.fromkeys(names):
        one, other = (frame[name].cast(pl.Float64).to_numpy() for frame in (stored, known))
        apart = ~np.isclose(one, other, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)
        if apart.any():
            yield f"{name} is not what was known at the end of the year before, in {apart.sum()} of {len(one)} rows"
