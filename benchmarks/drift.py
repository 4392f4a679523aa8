"""Drift of columns of 5 million rows against as many, beside `numpy.histogram` and beside Evidently.

Bins are frozen with the reference, ten by its deciles; what is timed is to count both sides anew and to measure. The
first rival counts both sides in its default ten uniform bins and measures nothing. The second is Evidently's own tests
for PSI, KL, Jensen-Shannon, Kolmogorov-Smirnov and Wasserstein, on the same samples in pandas, in an environment of its
own: `KFM_BENCH_EVIDENTLY` names its Python (kfm_assets_tests/gates/drift/vectors/make.py says how it is made); without
it that figure is left out. `KFM_BENCH_ROWS` sets another number of rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks import drift_samples
from benchmarks.drift_samples import COLUMNS, column
from benchmarks.figures import Figure
from kfm_assets.gates.drift.binning import count
from kfm_assets.gates.drift.intervals import interval
from kfm_assets.gates.drift.measures import Measure, js, kl, ks, psi, wasserstein

ROWS = 5_000_000
ROUNDS = 9
MOST = 1.2
FASTER = 20.0

Values = NDArray[np.float64]
Edges = NDArray[np.float64]


def deciles(values: Values) -> tuple[Edges, Values]:
    """Return what is frozen of a reference: the deciles as edges, equal ones once, and a place in each bin."""
    edges = np.unique(np.quantile(values, np.arange(1, 10) / 10))
    return edges, np.array([edges[0] - 1e-9, *(edges[:-1] + edges[1:]) / 2, edges[-1] + 1e-9])


def drift(reference: Values, candidate: Values, edges: Edges, places: Values) -> tuple[float, ...]:
    """Count both sides and return all measures, with the ends of PSI's interval."""
    before, now = (count(side, edges)[:-1] for side in (reference, candidate))
    ends = interval(Measure.PSI, before, now)
    return (
        psi(before, now),
        kl(before, now),
        js(before, now),
        ks(before, now),
        wasserstein(before, now, places, scaled=True),
        ends.low,
        ends.high,
    )


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def one_column(rows: int) -> Iterator[Figure]:
    """PSI of a column, beside numpy's histograms of both sides, in turns, so that a busy machine slows both."""
    reference, candidate = column(1, rows)
    edges, _ = deciles(reference)

    def ours() -> float:
        return psi(count(reference, edges), count(candidate, edges))

    def histograms() -> tuple[object, object]:
        return np.histogram(reference), np.histogram(candidate)

    assert 0.15 < ours() < 0.35  # half a standard deviation: 0.25 of the normal itself
    pairs = [(seconds(ours), seconds(histograms)) for _ in range(ROUNDS)]
    took, rival = (median(side) for side in zip(*pairs, strict=True))
    ratio = took / rival
    note = f"{took * 1e3:.0f} ms against {rival * 1e3:.0f} ms; bins by deciles against uniform ones; median of {ROUNDS}"
    yield Figure(f"PSI of a column, {rows:,} vs {rows:,} rows", f"<= {MOST}x", f"{ratio:.2f}x", ratio <= MOST, note)


def against_evidently(rows: int) -> Iterator[Figure]:
    """All measures of all columns; Evidently runs once, alone, and is asked for no more than its numbers."""
    python = os.environ.get("KFM_BENCH_EVIDENTLY")
    if python is None:
        print("left out: all drift measures against Evidently, as KFM_BENCH_EVIDENTLY names no Python that has it")
        return
    script = [python, "-W", "ignore", str(Path(drift_samples.__file__)), str(rows)]
    rival = json.loads(subprocess.run(script, capture_output=True, check=True, text=True).stdout.splitlines()[-1])
    took = 0.0
    for place in range(COLUMNS):
        sides = column(place, rows)
        frozen = deciles(sides[0])
        rounds = []
        for _ in range(3):
            began = time.perf_counter()
            said = drift(*sides, *frozen)
            rounds.append(time.perf_counter() - began)
        took += median(rounds)
        drifted = place % 2 == 1
        assert (said[0] > 0.05) is drifted
        assert (rival["said"][place][0] > 0.05) is drifted
    ratio = rival["seconds"] / took
    note = (
        f"{took:.2f} s with PSI's interval against {rival['seconds']:.0f} s of Evidently {rival['version']}; "
        "PSI, KL, JS, KS and Wasserstein; its values are of all rows and ours of frozen bins"
    )
    name = f"all drift measures of {COLUMNS} columns x {rows:,} rows"
    yield Figure(name, f">= {FASTER:.0f}x faster", f"{ratio:.0f}x faster", ratio >= FASTER, note)


def measure() -> list[Figure]:
    """Measure."""
    rows = int(os.environ.get("KFM_BENCH_ROWS", ROWS))
    return [figure for part in (one_column, against_evidently) for figure in part(rows)]


if __name__ == "__main__":
    for figure in measure():
        print(figure)
