"""The panel: the rows on which two models are compared. It is the production model's, and its digest is on record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.canonical import Json
from kfm_assets.gates.model.evidence import Comparison, Vector

YEARS = 3
"""The last years of the production model: recent enough to be what it is used for, three so that a month has three."""
ROUNDS = 400
SEED = 1861


@dataclass(frozen=True)
class Panel:
    """Rows of a feature table whose count is known, in order of year, month and division, and their blocks.

    A block is a month of a year: the divisions of one month have their weather in common, so that they are drawn
    together. `draws` has a row for each round, and says how often each block is in it.
    """

    rows: pl.DataFrame
    observed: Vector
    block: NDArray[np.int64]
    draws: Vector

    @property
    def years(self) -> int:
        """How many years it has."""
        return self.rows["target_year"].n_unique()

    def by_block(self, values: Vector) -> Vector:
        """Return the sum of some values over each block; the first axis is that of the rows."""
        found = np.zeros((self.draws.shape[1], *values.shape[1:]))
        np.add.at(found, self.block, values)
        return found

    def document(self) -> dict[str, Json]:
        """Return it as it is kept: columns, and rows of decimals as text."""
        rows = [["" if value is None else repr(value) for value in row] for row in self.rows.iter_rows()]
        return {"columns": list(self.rows.columns), "rows": [list(row) for row in rows]}


def panel(comparison: Comparison) -> Panel:
    """Return the last years of the production model's own features; of the candidate's where there is none."""
    of = comparison.production or comparison.candidate
    known = of.features.filter(pl.col("observed_events").is_not_null())
    last = known["target_year"].unique().sort()[-YEARS:]
    rows = known.filter(pl.col("target_year").is_in(last.implode())).sort("target_year", "month", "division")
    number = (rows["target_year"].cast(pl.Int64) * 12 + rows["month"]).rank("dense").cast(pl.Int64) - 1
    blocks = number.n_unique()
    drawn = np.random.default_rng(SEED).integers(0, max(blocks, 1), (ROUNDS, blocks))
    draws = np.zeros((ROUNDS, blocks))
    for at, row in enumerate(drawn):
        draws[at] = np.bincount(row, minlength=blocks)
    return Panel(rows, rows["observed_events"].to_numpy().astype(np.float64), number.to_numpy(), draws)
