"""The columns that drift is measured on, and Evidently's measures of them, run by the Python of its own environment.

It imports numpy and pandas alone until it is asked for Evidently, so that both environments draw the same samples.
`python drift_samples.py ROWS` prints Evidently's version, its seconds for all columns, and what it said of each.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

COLUMNS = 12
MEASURES = ("psi", "kl_div", "jensenshannon", "ks", "wasserstein")


def column(place: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a column's reference and candidate: normal, skewed, even or half zeros; every other one has drifted."""
    chance = np.random.default_rng(place)
    moved = 0.5 * (place % 2)
    kinds = (
        lambda by: chance.normal(by, 1, rows),
        lambda by: chance.exponential(1 + by, rows),
        lambda by: chance.random(rows) ** (1 + by),
        lambda by: np.maximum(chance.normal(by, 1, rows), 0),
    )
    kind = kinds[place // 2 % len(kinds)]
    return kind(0.0), kind(moved)


def evidently(rows: int) -> dict[str, object]:
    """Measure as Evidently does, each test by itself, which spares it the report around them."""
    from importlib import metadata

    import pandas as pd
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    frames = [
        pd.DataFrame(dict(enumerate(side))) for side in zip(*(column(one, rows) for one in range(COLUMNS)), strict=True)
    ]
    began = time.perf_counter()
    said = []
    for one in range(COLUMNS):
        reference, candidate = (frame[one] for frame in frames)
        tests = (get_stattest(reference, candidate, ColumnType.Numerical, name) for name in MEASURES)
        said.append([float(test(reference, candidate, ColumnType.Numerical, None).drift_score) for test in tests])
    seconds = time.perf_counter() - began
    return {"version": metadata.version("evidently"), "seconds": seconds, "said": said}


if __name__ == "__main__":
    print(json.dumps(evidently(int(sys.argv[1]))))
