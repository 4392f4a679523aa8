"""Events as ComCat writes them, for tests: one event in three forms, and months made from them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from kfm_assets.datasets import registry
from kfm_assets.datasets.hazards.earthquakes.fields import CSV_15, CSV_22
from kfm_assets.datasets.program import Product
from kfm_assets_tests.datasets.geography.made import make, synthetic_counties

PROGRAM = registry.program("hazards/earthquakes")
MONTH = "2015-08"

EVENT = {
    "time": "2015-08-05T03:13:56.990Z",
    "latitude": "37.7102",
    "longitude": "-97.6406",
    "depth": "1.83",
    "mag": "1.97",
    "magType": "ml",
    "nst": "16",
    "gap": "73",
    "dmin": "0.1153",
    "rms": "0.04",
    "net": "us",
    "id": "us70126198",
    "updated": "2015-08-05T17:14:26.870Z",
    "place": '8km NNW of "Somewhere", Kansas',
    "type": "earthquake",
    "horizontalError": "0.9",
    "depthError": "1.2",
    "magError": "0.145",
    "magNst": "19",
    "status": "reviewed",
    "locationSource": "ok",
    "magSource": "us",
}
"""An event inside the synthetic Kansas."""

_NUMBERS = ("mag", "nst", "gap", "dmin", "rms")
_WORDS = ("magType", "net", "place", "type", "status")


def event(**changes: str) -> dict[str, str]:
    return EVENT | changes


def as_csv(rows: Sequence[Mapping[str, str]], header: tuple[str, ...] = CSV_22) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_csv_15(rows: Sequence[Mapping[str, str]]) -> bytes:
    return as_csv(rows, CSV_15)


def feature(row: Mapping[str, str]) -> dict[str, object]:
    def milliseconds(text: str) -> int:
        return round(datetime.fromisoformat(text).timestamp() * 1000)

    def number(text: str) -> float | None:
        return float(text) if text else None

    properties: dict[str, object] = {name: number(row[name]) for name in _NUMBERS}
    properties |= {name: row[name] or None for name in _WORDS}
    properties |= {name: milliseconds(row[name]) for name in ("time", "updated")}
    place = [number(row[name]) for name in ("longitude", "latitude", "depth")]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": place},
        "id": row["id"],
    }


def as_geojson(features: Sequence[object]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "metadata": {"count": 1}, "features": features}).encode()


def month(files: Mapping[str, bytes], partition: str = MONTH, counties: pl.DataFrame | None = None) -> Product:
    upstream = {"geography/counties": synthetic_counties() if counties is None else counties}
    return make(PROGRAM, partition, files, upstream)


def of_rows(*rows: Mapping[str, str]) -> Product:
    return month({"comcat.csv": as_csv(rows)})


def only(product: Product) -> dict[str, object]:
    (row,) = product.tables["events"].to_dicts()
    return row
