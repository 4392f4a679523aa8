"""The recorded storms and drought as a model is given them, in seconds: the columns that it reads, and no others.

Rows that the dataset itself holds back (106 repeats in 43 years) are in it, so counts differ a little from published
ones.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import polars as pl

from kfm_assets.datasets import making, registry
from kfm_assets.datasets.models import audit
from kfm_assets.datasets.program import Material
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.gates.model import Trained

FOLDER = Path(__file__).parents[4] / "shared" / "data"
MODEL, CLIMATE, STORMS = "models/storm_frequency", "climate/divisional", "hazards/storm_events"
FIRST, LAST = 1955, 1992

Materials = dict[str, list[Material]]


def details(rows: list[tuple[int | None, str, str, int]]) -> bytes:
    """Write events: county, type, local time, offset in hours."""
    frame = pl.DataFrame(
        rows,
        schema={"county_fips": pl.Int32, "event_type": pl.String, "at": pl.String, "utc_offset_hours": pl.Int32},
        orient="row",
    )
    local = pl.col("at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
    utc = (local - pl.duration(hours=pl.col("utc_offset_hours"))).dt.replace_time_zone("UTC")
    return parquet(frame.with_columns(utc.alias("begin_utc")).drop("at"))


def months(year: int, pdsi: dict[int, list[float]]) -> bytes:
    """Write a year's drought: division -> twelve values."""
    rows = [(f"{year}-{at + 1:02}-01", number, value) for number, of in pdsi.items() for at, value in enumerate(of)]
    frame = pl.DataFrame(rows, schema={"month": pl.String, "division": pl.Int32, "pdsi": pl.Float64}, orient="row")
    return parquet(frame.with_columns(pl.col("month").str.to_date()))


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


@cache
def _all() -> tuple[tuple[Material, ...], tuple[Material, ...]]:
    storms = []
    for year in range(FIRST, LAST + 1):
        (path,) = FOLDER.glob(f"noaa_storm_events/*details*_d{year}_*.csv")
        rows = pl.read_csv(path, infer_schema_length=0).select(
            pl.when(pl.col("CZ_FIPS") != "0").then(pl.col("CZ_FIPS")).cast(pl.Int32),
            "EVENT_TYPE",
            pl.concat_str(
                pl.col("BEGIN_YEARMONTH").str.slice(0, 4),
                pl.lit("-"),
                pl.col("BEGIN_YEARMONTH").str.slice(4),
                pl.lit("-"),
                pl.col("BEGIN_DAY").str.zfill(2),
                pl.lit(" 12:00"),
            ),
            pl.lit(-6, dtype=pl.Int32),
        )
        storms.append(Material(str(year), {"details.parquet": details(list(rows.iter_rows()))}))
    values: dict[int, dict[int, list[float]]] = {}
    for line in (FOLDER / "noaa_climdiv" / "KS_climdiv-pdsidv-v1.0.0-20140304").read_text().splitlines():
        values.setdefault(int(line[6:10]), {})[int(line[2:4])] = [
            float(line[10 + 7 * at : 17 + 7 * at]) for at in range(12)
        ]
    climate = [Material(str(year), {"months.parquet": months(year, values[year])}) for year in range(1957, LAST + 1)]
    return tuple(storms), tuple(climate)


def until(year: int) -> Materials:
    """Return what was known at the end of a year."""
    storms, climate = _all()
    return {
        STORMS: [one for one in storms if int(one.partition) <= year],
        CLIMATE: [one for one in climate if int(one.partition) <= year],
    }


def files(year: int, materials: Materials | None = None) -> dict[str, bytes]:
    """Return the files of the model trained to a year, by name."""
    derived = registry.derived(MODEL)
    made, _ = making.derive(derived, str(year), materials or until(year), Origin.REAL)
    return {file.path.rpartition("/")[2]: file.content for file in made}


@cache
def model(year: int) -> Trained:
    """Return the honest model of a year, as gate `model` is given it."""
    return trained(year, files(year))


def trained(year: int, stored: dict[str, bytes]) -> Trained:
    return Trained(digest_bytes(stored["model.skops"]), str(year), *audit.stored(stored))
