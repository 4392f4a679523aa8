"""Drawings as SVG to stand in a page: a map, a calendar, distributions. No page's own content.

Black, greys and hatching, so that no colour is needed. The same data make the same bytes: no date, and ids that follow
from what is drawn. Text stays text, in the page's font.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kfm",
    "text.parse_math": False,  # a name with a dollar sign is no formula
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "hatch.linewidth": 0.5,
    "axes.edgecolor": "0.5",
    "axes.linewidth": 0.6,
}
_FILLS = (("1.0", ""), ("0.93", "...."), ("0.82", "////"), ("0.66", ""), ("0.45", "xxxx"), ("0.2", ""))
"""Of nothing, and of up to five classes: a grey, and a hatching that tells neighbours apart where greys fail."""

_MOST_TICKS = 6
_ASPECT = 1.28  # 1 / cos(38.5°): a degree of latitude beside one of longitude, in the middle of Kansas
MONTHS = tuple(f"{month:02}" for month in range(1, 13))
"""The columns of a calendar of years."""

_LETTERS = "JFMAMJJASOND"

Outlines = Sequence[tuple[str, str, bytes]]
"""Areas: code, name, outline as WKB in degrees."""


@contextmanager
def _drawing(inches: tuple[float, float]) -> Iterator[tuple[Figure, list[str]]]:
    """Give a figure to draw in; what it became is appended when it is left."""
    import matplotlib as mpl  # noqa: PLC0415 - a second, which only who draws waits
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    made: list[str] = []
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=inches)
        FigureCanvasSVG(figure)
        yield figure, made
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    made.append(_embedded(out.getvalue()))


def _embedded(svg: str) -> str:
    """Return the drawing alone, hidden from screen readers (its figure says it in words), and in short numbers."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(\d+\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def breaks(counts: Sequence[int], most: int = 5) -> list[int]:
    """Return the least count of each class: as many classes as there are different counts, and about as full."""
    found = sorted(count for count in counts if count > 0)
    if not found:
        return []
    different = sorted(set(found))
    if len(different) <= most:
        return different
    return sorted({found[0], *(found[len(found) * step // most] for step in range(1, most))})


def _class(count: int, edges: Sequence[int]) -> int:
    return sum(count >= edge for edge in edges)


def _fill(place: int, classes: int) -> tuple[str, str]:
    """Return the grey and hatching of a class; few classes are far apart."""
    return _FILLS[0] if place == 0 else _FILLS[round(place * (len(_FILLS) - 1) / max(classes, 2))]


def _edge(grey: str) -> str:
    """Return the grey of lines and hatching upon another."""
    return "0.45" if float(grey) > 0.5 else "0.8"  # noqa: PLR2004 - middle grey


def _ink(place: int, classes: int) -> str:
    return "white" if place and float(_fill(place, classes)[0]) < 0.5 else "black"  # noqa: PLR2004 - middle grey


def _labels(edges: Sequence[int], most: int) -> list[str]:
    """Return what each class holds, in words."""
    ends = [*(edge - 1 for edge in edges[1:]), most]
    return [f"{edge:,}" if end == edge else f"{edge:,} to {end:,}" for edge, end in zip(edges, ends, strict=True)]


def county_map(counts: Mapping[str, int], areas: Outlines) -> str:
    """Draw areas by how many rows changed in each, with the number in it."""
    import shapely  # noqa: PLC0415
    from matplotlib.collections import PolyCollection  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    edges = breaks([counts.get(code, 0) for code, _, _ in areas])
    with _drawing((9.4, 5.0)) as (figure, made):
        panel = figure.add_axes((0.0, 0.09, 1.0, 0.91))
        shapes = [(counts.get(code, 0), shapely.from_wkb(outline)) for code, _, outline in areas]
        for place in range(len(edges) + 1):
            rings = [ring for count, shape in shapes if _class(count, edges) == place for ring in _rings(shape)]
            grey, hatch = _fill(place, len(edges))
            panel.add_collection(
                PolyCollection(rings, facecolor=grey, edgecolor=_edge(grey), hatch=hatch or None, linewidth=0.6)
            )
        for count, shape in shapes:
            if count:
                place = _class(count, edges)
                point = shape.representative_point() if not shape.covers(shape.centroid) else shape.centroid
                _number(panel, (point.x, point.y), f"{count:,}", place, len(edges))
        panel.autoscale_view()
        panel.set_aspect(_ASPECT)
        panel.set_axis_off()
        keys = [Patch(facecolor="1.0", edgecolor="0.45", label="none")]
        for place, label in enumerate(_labels(edges, max(counts.values(), default=0)), 1):
            grey, hatch = _fill(place, len(edges))
            keys.append(Patch(facecolor=grey, edgecolor=_edge(grey), hatch=hatch or None, label=label))
        figure.legend(
            handles=keys, loc="lower center", ncols=6, frameon=False, fontsize=9, handlelength=1.8, handleheight=1.3
        )
    return made[0]


def _rings(shape: Any) -> list[Any]:  # noqa: ANN401 - shapely has no types
    import shapely  # noqa: PLC0415

    return [shapely.get_coordinates(shapely.get_exterior_ring(part)) for part in shapely.get_parts(shape)]


def _number(panel: Axes, at: tuple[float, float], label: str, place: int, classes: int) -> None:
    """Write a number; over hatching on a patch of its grey, so that it can be read."""
    grey, hatch = _fill(place, classes)
    box = {"boxstyle": "square,pad=0.1", "facecolor": grey, "edgecolor": "none"} if hatch else None
    panel.text(*at, label, ha="center", va="center", fontsize=8, color=_ink(place, classes), bbox=box)


def calendar(rows: Mapping[str, Mapping[str, int]], columns: Sequence[str]) -> str:
    """Draw counts in a grid: a row for each year or month, a column for each month or day, the number in each cell."""
    from matplotlib.collections import PolyCollection  # noqa: PLC0415

    edges = breaks([count for found in rows.values() for count in found.values()])
    months = tuple(columns) == MONTHS
    with _drawing((9.4 if not months else 7.6, 0.62 + 0.24 * len(rows))) as (figure, made):
        room = 0.36 / (0.62 + 0.24 * len(rows))
        panel = figure.add_axes((0.075, 0.01, 0.92, 0.99 - room))
        cells = [
            (line, place, _class(count, edges), count)
            for line, found in enumerate(rows.values())
            for place, count in enumerate(found.get(column, 0) for column in columns)
        ]
        for which in range(len(edges) + 1):
            grey, hatch = _fill(which, len(edges))
            squares = [_square(place, line) for line, place, mine, _ in cells if mine == which]
            panel.add_collection(
                PolyCollection(squares, facecolor=grey, edgecolor="0.75", hatch=hatch or None, linewidth=0.5)
            )
        for line, place, which, count in cells:
            if count:
                _number(panel, (place + 0.5, line + 0.5), f"{count:,}", which, len(edges))
        panel.set_xlim(0, len(columns))
        panel.set_ylim(len(rows), 0)
        panel.xaxis.tick_top()
        panel.set_xticks(
            [place + 0.5 for place in range(len(columns))],
            list(_LETTERS) if months else [column.lstrip("0") for column in columns],
        )
        panel.set_yticks([line + 0.5 for line in range(len(rows))], list(rows))
        panel.tick_params(length=0, labelsize=8.5)
        panel.spines[:].set_visible(False)
    return made[0]


def _square(x: int, y: int) -> list[tuple[int, int]]:
    return [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]


def bars(counts: Mapping[str, int]) -> str:
    """Draw counts as bars from left to right, each with its name and number."""
    with _drawing((7.6, 0.35 + 0.25 * len(counts))) as (figure, made):
        panel = figure.add_axes((0.16, 0.02, 0.76, 0.96))
        drawn = panel.barh(
            range(len(counts)), list(counts.values()), color="0.66", edgecolor="0.3", linewidth=0.6, height=0.7
        )
        panel.bar_label(drawn, [f"{count:,}" for count in counts.values()], padding=3, fontsize=8.5)
        panel.set_yticks(range(len(counts)), list(counts), fontsize=8.5)
        panel.set_ylim(len(counts) - 0.4, -0.6)
        panel.set_xticks([])
        panel.tick_params(length=0)
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    return made[0]


def distributions(columns: Sequence[Mapping[str, Any]], *, alone: bool = False) -> str:
    """Draw each column's values before (hatched) and after (a thick line), a panel for each, two in a line.

    `alone` draws what is after only, as bars.
    """
    lines = -(-len(columns) // 2)
    with _drawing((9.4, 2.35 * lines + 0.35)) as (figure, made):
        figure.subplots_adjust(
            left=0.06,
            right=0.985,
            top=1 - 0.62 / (2.35 * lines + 0.35),
            bottom=0.42 / (2.35 * lines + 0.35),
            hspace=0.62,
            wspace=0.16,
        )
        for place, column in enumerate(columns, 1):
            _distribution(figure.add_subplot(lines, 2, place), column, alone=alone)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        if not alone:
            figure.legend(
                handles, labels, loc="upper left", ncols=2, frameon=False, fontsize=9, bbox_to_anchor=(0.045, 1.0)
            )
    return made[0]


def _distribution(panel: Axes, column: Mapping[str, Any], *, alone: bool) -> None:
    edges = [float(edge) for edge in column["edges"]]
    if alone:
        panel.stairs(column["after"], edges, fill=True, facecolor="0.75", edgecolor="0.3", linewidth=0.8)
    else:
        light: dict[str, Any] = {"facecolor": "0.88", "edgecolor": "0.55", "hatch": "////", "linewidth": 0.7}
        panel.stairs(column["before"], edges, fill=True, label="before", **light)
        panel.stairs(column["after"], edges, color="black", linewidth=1.5, label="after")
    if column["scale"] == "log":
        panel.set_xscale("log")
        powers = [edge for edge in edges if _is_power(edge)]
        shown = powers[:: -(-len(powers) // _MOST_TICKS)] if powers else edges[::2]
        panel.set_xticks(shown, [_brief(edge) for edge in shown])
    zeros = column.get("zeros")
    was = "" if alone or not zeros else f"{zeros['before']:,} before, "
    aside = f"; zeros: {was}{zeros['after']:,}{' after' if was else ''}" if zeros and any(zeros.values()) else ""
    panel.set_title(f"{column['column']}{aside}", fontsize=9, loc="left")
    panel.set_xlabel(column["unit"], fontsize=8, labelpad=1)
    panel.set_ylim(bottom=0)
    panel.tick_params(labelsize=8, length=2, which="both")
    panel.minorticks_off()
    panel.set_xlim(edges[0], edges[-1])
    panel.spines[["top", "right"]].set_visible(False)


def _is_power(value: float) -> bool:
    return f"{value:e}".startswith("1.000000e")


def _brief(value: float) -> str:
    """Return a number of an axis in few signs: `2.5k`, `10M`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{sign}"
    return f"{value:g}"
