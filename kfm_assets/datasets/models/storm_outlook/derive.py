"""One year of models/storm_outlook: what the model trained to the year before says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.climate.divisional.elements import DIVISIONS
from kfm_assets.datasets.models.storm_frequency import forecaster
from kfm_assets.datasets.models.storm_outlook.specification import MODEL, OUTLOOK
from kfm_assets.datasets.program import Material, Product
from kfm_assets.errors import BadInput


def derive(partition: str, materials: Mapping[str, Sequence[Material]]) -> Product:
    """Predict each month and division of a year. Raises BadInput where the model does not speak of it."""
    (material,) = materials[MODEL]
    model = forecaster.opened(material.files)
    rows = forecaster.rows_of(material.files).filter(pl.col("target_year") == int(partition))
    if rows.is_empty():
        raise BadInput(
            f"the model of {material.partition} has no features of {partition}", advice=f"run `kfm run {MODEL}` again"
        )
    made = rows.with_columns(
        pl.date(pl.col("target_year"), pl.col("month"), 1).alias("month"),
        pl.col("division").replace_strict(DIVISIONS, return_dtype=pl.String).alias("division_name"),
        pl.Series("expected_events", model.rates(rows)).round_sig_figs(12),
    )
    return Product(
        tables={OUTLOOK.name: tables.conform(made, OUTLOOK)},
        quarantine=tables.nothing_held(),
        out_of_scope={},
        rows_in={},
        yields={},
        facts={
            "model_trained_to": material.partition,
            "model": str(model.card["model"]),
            "events_expected": f"{made['expected_events'].sum():.1f}",
            "beats_climatology_in_retrospect": str(model.card["evaluation"]["beats_climatology"]),
        },
    )
