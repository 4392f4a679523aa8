"""What makes a model that was tampered with: code that is replaced for a while, with nothing in it that says so."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from kfm_assets.datasets.models.storm_frequency import evaluation, features, training
from kfm_assets_tests.gates.model.cases import Rows, future, noise, shuffled

Patch = Callable[[pytest.MonkeyPatch], None]


def trained_on(alter: Rows) -> Patch:
    """Train, look back and train again on other rows than the table that is stored."""
    fit = training.fit

    def altered(rows: pl.DataFrame) -> object:
        return fit(alter(rows))

    def patch(code: pytest.MonkeyPatch) -> None:
        for module in (training, evaluation):
            code.setattr(module, "fit", altered)

    return patch


def looking_ahead(code: pytest.MonkeyPatch) -> None:
    """Give the share of the year that is predicted as that of the year before."""
    honest = features.of_year
    code.setattr(features, "of_year", lambda known, year, observed: future(honest(known, year, observed)))


NOISE, SHUFFLED = trained_on(noise("month")), trained_on(shuffled)
