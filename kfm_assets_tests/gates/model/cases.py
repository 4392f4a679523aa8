"""Models that were tampered with, each in one way, beside the honest one of the year before, as the gate has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from kfm_assets.adapters.policies.loader import load
from kfm_assets.datasets import registry
from kfm_assets.datasets.models import audit
from kfm_assets.datasets.models.storm_frequency import evaluation, training
from kfm_assets.domain.canonical import digest_of
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.evidence import Judgement
from kfm_assets.gates.model import Comparison, ModelEvidence, Trained, judge
from kfm_assets_tests.datasets.models import recorded

SPEC = registry.specification(recorded.MODEL)
POLICY = load(registry.DATASETS)[recorded.MODEL]

Rows = Callable[[pl.DataFrame], pl.DataFrame]


@cache
def honest(year: int, *, first: bool = False) -> Comparison:
    candidate = recorded.model(year)
    return Comparison(
        candidate=candidate,
        production=None if first else recorded.model(year - 1),
        as_known=audit.as_known(recorded.until(year)),
        retrained=audit.retrained(candidate.features),
    )


def trained_on(year: int, alter: Rows) -> Comparison:
    """Return a candidate whose code alters the rows before it trains, and looks back, on them; its table is honest.

    Training it again alters them again, so that `reproduced` finds nothing.
    """
    base, fit = honest(year), training.fit
    altered = replace(base.candidate.model, trees=fit(alter(base.candidate.features)))
    evaluation.fit = lambda rows: fit(alter(rows))
    try:
        looked_back = evaluation.backtest(base.candidate.features)
    finally:
        evaluation.fit = fit
    candidate = replace(base.candidate, model=altered, backtest=looked_back)
    return replace(base, candidate=candidate, retrained=altered)


def with_table(year: int, alter: Rows) -> Comparison:
    """Return a candidate that was trained, as it says, on a feature table that is not what the inputs give."""
    base = honest(year)
    table = alter(base.candidate.features)
    model = audit.retrained(table)
    candidate = replace(base.candidate, model=model, features=table, backtest=evaluation.backtest(table))
    return replace(base, candidate=candidate, retrained=model)


def noise(column: str, seed: int = 1) -> Rows:
    def alter(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(rows[column].shuffle(seed))

    return alter


def shuffled(rows: pl.DataFrame) -> pl.DataFrame:
    known = rows.filter(pl.col("observed_events").is_not_null())
    return known.with_columns(known["observed_events"].shuffle(2))


def future(rows: pl.DataFrame) -> pl.DataFrame:
    """Put what happened in the place of what was known."""
    seen = (pl.col("observed_events") / pl.col("exposure_events")).fill_null(1.0)
    return rows.with_columns(seen.alias("division_share_1y"))


def heard(*comparisons: Comparison, policy: Policy = POLICY) -> Judgement:
    evidence = ModelEvidence(SPEC, digest_of("release"), comparisons)
    judgement, _ = judge(evidence, policy)
    return judgement


def closed(*comparisons: Comparison, policy: Policy = POLICY) -> dict[str, Outcome]:
    """Return the checks that do not pass."""
    found = heard(*comparisons, policy=policy).findings
    return {one.check: one.outcome for one in found if one.outcome is not Outcome.PASS}


class Stub:
    """A model that says what a function says."""

    exposure = "exposure_events"

    def __init__(self, answer: Callable[[pl.DataFrame], pl.Series], features: tuple[str, ...] = ("month",)) -> None:
        self.features, self._answer = features, answer

    def rates(self, rows: pl.DataFrame) -> np.ndarray:
        return self._answer(rows).cast(pl.Float64).to_numpy()

    def attributions(self, rows: pl.DataFrame) -> np.ndarray:
        return np.ones((rows.height, len(self.features)))


def answering(comparison: Comparison, model: object) -> Comparison:
    candidate: Trained = replace(comparison.candidate, model=model)
    return replace(comparison, candidate=candidate, retrained=model)
