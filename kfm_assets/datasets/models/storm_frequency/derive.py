"""One year of models/storm_frequency, from published storms and climate to trees, tables and card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.models.storm_frequency import archive, card, evaluation, features, history, training
from kfm_assets.datasets.models.storm_frequency.specification import (
    BACKTEST,
    CARD,
    EVALUATION,
    FEATURE_ROWS,
    MODEL,
    PAGE,
)
from kfm_assets.datasets.program import Attachment, Material, Product
from kfm_assets.domain.artifact import JSON
from kfm_assets.domain.canonical import canonical_json, digest_bytes

_MARKDOWN = "text/markdown"


def derive(partition: str, materials: Mapping[str, Sequence[Material]]) -> Product:
    """Train on all years up to the partition's, look back, and say what is known of the year after. Raises BadInput."""
    known = history.read(materials)
    rows = features.table(known)
    trees = archive.dump(training.fit(rows))
    looked_back = evaluation.backtest(rows)
    judged = evaluation.evaluate(looked_back)
    said = card.document(partition, rows, judged, digest_bytes(trees))
    return Product(
        tables={
            EVALUATION.name: tables.conform(judged, EVALUATION),
            BACKTEST.name: tables.conform(looked_back, BACKTEST),
            FEATURE_ROWS.name: tables.conform(rows, FEATURE_ROWS),
        },
        quarantine=tables.nothing_held(),
        out_of_scope={},
        rows_in={},
        yields={},
        facts=_facts(known, rows, judged),
        files={
            MODEL: Attachment(trees, archive.MEDIA_TYPE),
            CARD: Attachment(canonical_json(said), JSON),
            PAGE: Attachment(card.page(said, judged).encode(), _MARKDOWN),
        },
    )


def _facts(known: history.History, rows: pl.DataFrame, judged: pl.DataFrame) -> dict[str, int | str]:
    state = judged.row(0, named=True)
    years = list(known.storms)
    return {
        "storm_years": f"{years[0]} to {years[-1]}",
        "years_with_drought": len(known.pdsi),
        "events_counted": int(sum(grid.sum() for grid in known.storms.values())),
        "events_without_a_county": known.unplaced,
        "rows_trained_on": rows["observed_events"].count(),
        "deviance": str(state["model_deviance"]),
        "climatology_deviance": str(state["climatology_deviance"]),
        "beats_climatology": str(state["beats_climatology"]),
    }
