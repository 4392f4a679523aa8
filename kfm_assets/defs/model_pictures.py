"""Pictures of a model: how it did on years not seen, and what it goes by, beside the one before. Greys and hatches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dagster import MarkdownMetadataValue, MetadataValue

from kfm_assets.defs.pictures import figure_of, markdown
from kfm_assets.defs.step import Metadata
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.verdict import Gate

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

    from kfm_assets.engine.build import Made
    from kfm_assets.ports import System

_METHODS = ("model", "regression", "exposure", "climatology", "last_year")
_DARK, _LIGHT = "0.3", "0.85"


def of_model(system: System, run: str, made: Made) -> MarkdownMetadataValue:
    """Draw the deviance of the model and its baselines, and by division how it stands against climatology."""
    import polars as pl

    from kfm_assets.datasets import making
    from kfm_assets.engine.build import run_branch

    build = made.build
    path = f"{build.dataset}/{making.table_path(build.partition, 'evaluation')}"
    rows = pl.read_parquet(system.lake.fetch(run_branch(run), path))
    figure, (left, right) = figure_of([1.0, 1.3])
    _methods(left, rows)
    _divisions(right, rows)
    return markdown(figure, f"{build.dataset}, {build.partition}: on {rows['years'][0]} years not seen")


def _methods(panel: Axes, rows: pl.DataFrame) -> None:
    values = [rows[f"{method}_deviance"][0] or 0.0 for method in _METHODS]
    bars = panel.barh(range(len(values)), values, color=[_DARK, *[_LIGHT] * 4], edgecolor="k", linewidth=0.5)
    panel.bar_label(bars, fmt="%.2f", fontsize=7, padding=2)
    panel.set_yticks(range(len(values)), [])
    for place, method in enumerate(_METHODS):
        panel.text(0, place, f" {method.replace('_', ' ')}", fontsize=7, va="center", color="w" if place == 0 else "k")
    panel.invert_yaxis()
    panel.margins(x=0.15)
    _plain(panel, "mean Poisson deviance, less is better")


def _divisions(panel: Axes, rows: pl.DataFrame) -> None:
    """Draw the difference to climatology with its interval: filled where it is sure, open where it is not."""
    known = rows.drop_nulls("difference_percent")
    for row in known.iter_rows(named=True):
        at = row["division"]
        panel.plot([at, at], [row["low_percent"], row["high_percent"]], color=_DARK, linewidth=1)
        sure = row["beats_climatology"] in {"yes", "no"}
        panel.plot(at, row["difference_percent"], "o", color="k", markersize=5, fillstyle="full" if sure else "none")
    panel.axhline(0, color="k", linewidth=0.6, linestyle=":")
    panel.set_xticks(range(10), ["state", *map(str, range(1, 10))], fontsize=7)
    _plain(panel, "against climatology, %, by division; filled: certain")


def _plain(panel: Axes, title: str) -> None:
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_title(title, fontsize=8)


def explained(system: System, release: Digest, partition: str) -> Metadata:
    """Describe what gate `model` found of a partition's model in a release, with a picture of what it goes by."""
    found = [one for one in system.state.verdicts([release]) if one.gate is Gate.MODEL]
    if not found:
        return {}
    documents = [json.loads(system.state.documents.get(digest)) for digest in found[-1].evidence]
    compared = [one for one in documents[0].get("comparisons", []) if one["year"] == partition]
    shares = [one for one in documents[1:] if one.get("kind") == "explanation" and one["year"] == partition]
    if not compared or not shares:
        return {}
    figures = {name: value["value"] for name, value in compared[0].items() if isinstance(value, dict)}
    return {
        "explanation": _shares(partition, shares[0]["shares_percent"]),
        "compared with production": MetadataValue.json(figures),
    }


def _shares(partition: str, shares: Sequence[Mapping[str, str]]) -> MarkdownMetadataValue:
    ordered = sorted(shares, key=lambda one: float(one["production"]))
    figure, (panel,) = figure_of([1.0])
    panel.set_position((0.24, 0.1, 0.74, 0.7))
    places = range(len(ordered))
    for name, offset, colour, hatch in (("candidate", 0.2, _DARK, ""), ("production", -0.2, "w", "////")):
        values = [float(one[name]) for one in ordered]
        where = [place + offset for place in places]
        panel.barh(where, values, 0.38, color=colour, edgecolor="k", linewidth=0.5, hatch=hatch, label=name)
    panel.set_yticks(list(places), [one["feature"] for one in ordered])
    panel.legend(fontsize=7, frameon=False, loc="lower right")
    _plain(panel, "share of all attribution (SHAP), %, on the same panel")
    return markdown(figure, f"What the model trained to {partition} goes by, and the one before it")
