"""The stability of explanations, against the passes of TreeExplainer that it rests on.

The rival is what nobody can do without: one pass of shap's TreeExplainer over the same panel for each of the two
models, explainer and matrix made anew each time. Models and panel are of the size of the recorded storms, 38 years,
from a made history. Rounds of both take turns, and the least time of each counts: what is added by other work on the
machine is no part of either.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.figures import Figure
from kfm_assets.datasets.models import audit
from kfm_assets.datasets.models.storm_frequency import features, forecaster, history
from kfm_assets.datasets.models.storm_frequency.training import matrix
from kfm_assets.domain.canonical import digest_of
from kfm_assets.gates.model import Comparison, Trained
from kfm_assets.gates.model.panel import Panel, panel
from kfm_assets.gates.model.stability import stability

YEARS = range(1955, 1993)
ROUNDS = 25
TARGET = 2.0


def measure() -> list[Figure]:
    """Time both, round by round."""
    candidate, production = _trained(0), _trained(1)
    rows = panel(Comparison(candidate, production, candidate.features, candidate.model))
    both = (candidate.model, production.model)
    same = stability(rows, *both)
    assert same.features == features.FEATURES
    assert np.isclose(same.candidate.sum(), 100)
    times = _least({"gate": lambda: stability(rows, *both), "rival": lambda: _passes(rows, both)})
    ratio = times["gate"] / times["rival"]
    gate, rival = (f"{1000 * times[name]:.1f} ms" for name in ("gate", "rival"))
    note = (
        f"{rows.rows.height} rows, {len(features.FEATURES)} features; {gate} with the intervals of "
        f"{len(rows.draws)} draws, {rival} for two passes; least of {ROUNDS} rounds"
    )
    name = "SHAP stability of two models"
    return [
        Figure(
            name,
            f"≤ {TARGET:g} times one TreeExplainer pass for each",
            f"{ratio:.2f} times",
            met=ratio <= TARGET,
            note=note,
        )
    ]


def _trained(back: int) -> Trained:
    chance = np.random.default_rng(5)
    years = {year: chance.poisson(np.linspace(1, 4, 9) * (1 + year % 7), (12, 9)).astype(float) for year in YEARS}
    drought = {year: chance.normal(0, 2, (12, 9)) for year in YEARS}
    rows = features.table(history.History(years, drought, 0).until(YEARS[-1] - back))
    return Trained(digest_of(back), str(YEARS[-1] - back), audit.retrained(rows), rows, rows)


def _passes(rows: Panel, models: tuple[forecaster.Forecaster, ...]) -> list[object]:
    from shap import TreeExplainer

    return [TreeExplainer(model.trees).shap_values(matrix(rows.rows, model.features)) for model in models]


def _least(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    least = dict.fromkeys(jobs, float("inf"))
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            least[name] = min(least[name], time.perf_counter() - started)
    return least
