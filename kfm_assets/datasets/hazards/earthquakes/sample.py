"""Synthetic ComCat files of a month: CSV of both generations and GeoJSON, with the defects that real ones have.

Half of the events lie in Kansas, placed by the grid of the synthetic counties; most others in Oklahoma, a few elsewhere
in the world. Every thirtieth event has an older version in the next file, every fiftieth is repeated there. At some
fixed places a row has a field that makes it unusable (`_DEFECTS`), one in about 45.
"""

from __future__ import annotations

import csv
import io
import json
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.datasets.geography.counties.sample import cell_bounds
from kfm_assets.datasets.hazards.earthquakes.fields import CSV_15, CSV_22

PARTITIONS = ("2015-07", "2015-08", "2015-09")
"""What the sample offers when nobody asks for particular partitions."""

_DEFECTS: tuple[tuple[str, str], ...] = (
    ("id", ""),
    ("latitude", ""),
    ("mag", "2..4"),
    ("updated", "1800-01-01T00:00:00.000Z"),
    ("latitude", "97.4"),
    ("updated", "soon"),
    ("depth", "five"),
    ("gap", "400"),
    ("time", ""),
)
"""A field and what stands in it; each occurs once in `_CYCLE` events."""
_CYCLE, _STRIDE, _FIRST = 400, 11, 5
_OLDER, _REPEATED = 30, 50

_MAGNITUDE_TYPES = ("ml", "ml", "mb_lg", "mb_Lg", "ML", "mwr")
_TYPES = (*("earthquake",) * 16, "quarry blast", "quarry_blast", "explosion", "mining explosion")
_SUMMARY = ("mag", "magType", "nst", "gap", "dmin", "rms", "net", "time", "updated", "place", "type", "status")
"""The properties of a summary GeoJSON that its CSV has as well."""

_Row = dict[str, str]


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write a month (`2015-08`) of `size` events or so as three files; the same arguments give the same bytes."""
    year, month = (int(part) for part in partition.split("-"))
    random = np.random.default_rng([seed, year, month])
    files: tuple[list[_Row], ...] = ([], [], [])
    for place in range(size):
        event = _event(random, year, month, place)
        files[place % 3].append(event)
        if place % _OLDER == 0:
            files[(place + 1) % 3].append(_older(event))
        if place % _REPEATED == 1:
            files[(place + 1) % 3].append(dict(event))
    return {
        f"comcat_{partition}.csv": _csv(files[0], CSV_15),
        f"comcat_{partition}.later.csv": _csv(files[1], CSV_22),
        f"comcat_{partition}.geojson": _geojson(files[2], partition),
    }


def _event(random: np.random.Generator, year: int, month: int, place: int) -> _Row:
    longitude, latitude, where, network = _epicentre(random, place)
    day = datetime(year, month, 1, tzinfo=UTC)
    time = day + timedelta(milliseconds=int(random.integers(monthrange(year, month)[1] * 86_400_000)))
    number = float(random.normal(2.2, 0.7)) if place % 25 else -0.3
    row = {
        "time": _written(time),
        "latitude": f"{latitude:.4f}",
        "longitude": f"{longitude:.4f}",
        "depth": "5" if place % 5 < 2 else f"{random.uniform(-1.2, 9):.2f}",  # noqa: PLR2004 - two in five are fixed
        "mag": f"{number:.1f}",
        "magType": str(random.choice(_MAGNITUDE_TYPES)),
        "nst": str(random.integers(4, 90)) if place % 4 == 0 else "",
        "gap": str(random.integers(20, 200)) if place % 3 else "",
        "dmin": f"{random.uniform(0, 0.9):.3f}" if place % 2 else "",
        "rms": f"{random.uniform(0.05, 1.2):.2f}",
        "net": network,
        "id": f"{network}{year}{month:02}{place:06}",
        "updated": _written(time + timedelta(milliseconds=int(random.integers(600_000, 86_400_000 * 60)))),
        "place": where,
        "type": str(random.choice(_TYPES)),
        "horizontalError": f"{random.uniform(0.2, 6):.1f}",
        "depthError": f"{random.uniform(0.2, 9):.1f}",
        "magError": f"{random.uniform(0.02, 0.3):.3f}",
        "magNst": str(random.integers(1, 60)),
        "status": "reviewed" if place % 10 else "automatic",
        "locationSource": network,
        "magSource": network,
    }
    defect, rest = divmod(place % _CYCLE - _FIRST, _STRIDE)
    return row | dict([_DEFECTS[defect]]) if rest == 0 and 0 <= defect < len(_DEFECTS) else row


def _epicentre(random: np.random.Generator, place: int) -> tuple[float, float, str, str]:
    distance, bearing = random.integers(1, 30), random.choice(("N", "NE", "E", "SE", "S", "SW", "W", "NW"))
    if place % 2 == 0:
        fips = int(random.choice(tuple(COUNTY_NAMES)))
        west, south, east, north = cell_bounds(fips)
        inside = random.uniform(0.05, 0.95, 2)
        where = f"{distance}km {bearing} of {COUNTY_NAMES[fips]} Center, Kansas"
        return west + inside[0] * (east - west), south + inside[1] * (north - south), where, "us"
    if place % 20 == 1:
        return random.uniform(-179, 179), random.uniform(-60, 34), f"{distance} km {bearing} of somewhere", "us"
    return random.uniform(-99, -95), random.uniform(35, 36.9), f"{distance}km {bearing} of Perry, Oklahoma", "ok"


def _older(event: _Row) -> _Row:
    """Return the event as the catalogue first had it: located a little elsewhere, by nobody yet, two minutes later."""
    if not event["time"]:
        return dict(event)
    first = datetime.fromisoformat(event["time"]) + timedelta(minutes=2)
    return event | {"updated": _written(first), "depth": "10", "status": "automatic"}


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _csv(rows: Sequence[_Row], header: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _geojson(rows: Sequence[_Row], partition: str) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {name: _value(name, row[name]) for name in _SUMMARY},
            "geometry": {
                "type": "Point",
                "coordinates": [_value(name, row[name]) for name in ("longitude", "latitude", "depth")],
            },
            "id": row["id"] or None,
        }
        for row in rows
    ]
    metadata = {"title": f"Synthetic events of {partition}", "status": 200, "count": len(features)}
    return json.dumps({"type": "FeatureCollection", "metadata": metadata, "features": features}, indent=1).encode()


def _value(name: str, text: str) -> str | float | None:
    if name in ("time", "updated"):
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError:
            return text or None
    if name in ("magType", "net", "place", "type", "status"):
        return text
    try:
        return float(text) if text else None
    except ValueError:
        return text
