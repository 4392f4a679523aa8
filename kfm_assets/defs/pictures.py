"""Pictures of a partition, or of a whole run: PNG in Markdown, in black and grey, so that they read without colour."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dagster import MarkdownMetadataValue, MetadataValue

from kfm_assets.domain.dataset import STATIC, Dataset, Grain, Kind

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from kfm_assets.engine.build import Made
    from kfm_assets.ports import System

_INCHES, _DPI = (7.6, 2.6), 75
_DARK, _LIGHT = "0.3", "0.65"
_MONTHS = "JFMAMJJASOND"
_MOST_LABELS = 16

Paths = Sequence["NDArray[np.float64]"]
"""Outlines: arrays of shape (points, 2), degrees of longitude and latitude."""


def of_partition(system: System, run: str, made: Made) -> MarkdownMetadataValue:
    """Draw where and when a partition's rows are: a map where they have a geometry, a count by month or day."""
    from kfm_assets.datasets.registry import specification
    from kfm_assets.defs.model_pictures import of_model

    spec, name = specification(made.build.dataset), made.build.partition
    if spec.kind is Kind.MODEL:
        return of_model(system, run, made)
    rows = _rows(system, run, spec, name)
    maps = [spec.main.geometry_column] if spec.main.geometry_column else []
    times = [spec.main.time_column] if spec.main.time_column and spec.partitions.grain is not Grain.STATIC else []
    figure, panels = figure_of([1.6] * len(maps) + [1.0] * len(times))
    for panel, column in zip(panels, maps, strict=False):
        _map(panel, rows[column], _outlines(system, spec, made))
    for panel, column in zip(panels[len(maps) :], times, strict=True):
        _times(panel, rows[column], spec.partitions.grain)
    title = spec.title if name == STATIC else f"{spec.title}, {name}"
    return markdown(figure, f"{title}: {rows.height} rows")


def of_run(spec: Dataset, made: Mapping[str, Made]) -> MarkdownMetadataValue:
    """Draw how many rows each partition of a run has, and how many were held back."""
    from kfm_assets.engine.build import rows

    counts = {name: rows(item.account, spec.counted.name) for name, item in made.items()}
    figure, (panel,) = figure_of([1.0])
    places = range(len(counts))
    out = [_number(count["rows_out"]) for count in counts.values()]
    held = [_number(count["rows_quarantined"]) for count in counts.values()]
    panel.bar(places, out, color=_LIGHT, label="rows")
    panel.plot(places, held, "kx", markersize=4, label="held back")
    step = -(-len(counts) // _MOST_LABELS)
    panel.set_xticks(list(places)[::step], list(counts)[::step], fontsize=7)
    panel.legend(fontsize=7, frameon=False)
    return markdown(figure, f"{spec.title}: the {len(counts)} partitions of this run")


def _rows(system: System, run: str, spec: Dataset, partition: str) -> pl.DataFrame:
    import polars as pl

    from kfm_assets.datasets import making
    from kfm_assets.engine.build import run_branch

    path = f"{spec.key}/{making.table_path(partition, spec.main.name)}"
    columns = [name for name in (spec.main.geometry_column, spec.main.time_column, *spec.main.key) if name]
    return pl.read_parquet(system.lake.fetch(run_branch(run), path), columns=list(dict.fromkeys(columns)))


# --- panels -----------------------------------------------------------------------------------------------------------


def _map(panel: Axes, geometry: pl.Series, outlines: Paths) -> None:
    """Draw outlines, and the rows' own points or outlines upon them."""
    import shapely
    from matplotlib.collections import PolyCollection

    shapes = shapely.from_wkb(geometry.drop_nulls().to_numpy())
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    lines = [*outlines, *_paths(shapes[~points])]
    panel.add_collection(PolyCollection(lines, facecolor="none", edgecolor=_LIGHT, linewidth=0.5))
    panel.plot(shapely.get_x(shapes[points]), shapely.get_y(shapes[points]), "k.", markersize=2.5)
    panel.autoscale_view()
    panel.set_aspect(1.28)  # 1 / cos(38.5°): a degree of latitude beside one of longitude, in the middle of Kansas
    panel.set_axis_off()
    panel.set_title(f"{len(shapes)} of {len(geometry)} have a place", fontsize=8)


def _times(panel: Axes, times: pl.Series, grain: Grain) -> None:
    """Count rows by month of a year, or by day of a month."""
    periods = range(1, 13) if grain is Grain.YEAR else range(1, 32)
    parts = times.dt.month() if grain is Grain.YEAR else times.dt.day()
    found = dict(parts.drop_nulls().value_counts().iter_rows())
    bars = panel.bar(periods, [found.get(period, 0) for period in periods], color=_DARK)
    if grain is Grain.YEAR:
        panel.set_xticks(periods, _MONTHS, fontsize=7)
        panel.bar_label(bars, fontsize=7)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_title("by month, UTC" if grain is Grain.YEAR else "by day, UTC", fontsize=8)


def _outlines(system: System, spec: Dataset, made: Made) -> Paths:
    """Return the outlines of the areas that a dataset requires, as the build's own input has them."""
    from kfm_assets.datasets import making
    from kfm_assets.datasets.registry import specification
    from kfm_assets.engine import record

    for required in map(specification, spec.requires):
        ref, build = record.newest(system, required.key, STATIC, made.build.origin)
        if build and required.main.geometry_column:
            path = f"{required.key}/{making.table_path(STATIC, required.main.name)}"
            return _areas(system.lake.fetch(ref, path), required.main.geometry_column)
    return []


@lru_cache(maxsize=4)
def _areas(file: str, column: str) -> Paths:
    """Read outlines from a file of the lake, whose name is its content's."""
    import polars as pl
    import shapely

    return _paths(shapely.from_wkb(pl.read_parquet(file, columns=[column])[column].drop_nulls().to_numpy()))


def _paths(shapes: object) -> Paths:
    import shapely

    return [shapely.get_coordinates(ring) for ring in shapely.get_exterior_ring(shapely.get_parts(shapes))]


# --- forms ------------------------------------------------------------------------------------------------------------


def figure_of(widths: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of these widths, side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        1, len(widths), width_ratios=list(widths), left=0.05, right=0.98, top=0.82, bottom=0.1, wspace=0.12
    )
    return figure, [figure.add_subplot(grid[0, place]) for place in range(len(widths))]


def markdown(figure: Figure, title: str) -> MarkdownMetadataValue:
    """Return a figure under its title as Markdown that holds the picture itself."""
    figure.suptitle(title, fontsize=9, x=0.02, ha="left")
    content = io.BytesIO()
    figure.savefig(content, format="png")
    encoded = base64.b64encode(content.getvalue()).decode()
    return MetadataValue.md(f"![{title}](data:image/png;base64,{encoded})")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
