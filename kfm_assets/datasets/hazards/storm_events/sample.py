"""A synthetic Storm Events year in the upstream's form, with the defects that real years have. Seeded, of any size.

The counties are those of the sample of geography/counties, a regular grid with the real codes and names.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.datasets.geography.counties.sample import NORTH, cell_bounds
from kfm_assets.datasets.hazards.storm_events import sample_words as words
from kfm_assets.datasets.hazards.storm_events.parser import DETAILS_HEADER, FATALITIES_HEADER

PARTITIONS = ("2017", "2018", "2019", "2020", "2021", "2022", "2023", "2024")
"""What the sample offers when nobody asks for particular partitions."""

_VINTAGE = "20250101"
_FIRST_ID = 1_000_000
_NO_EVENT = 999_999
_MOUNTAIN = (71, 75, 181, 199)
"""Greeley, Hamilton, Sherman and Wallace: the counties on Mountain time."""

_SHARES = {
    "elsewhere": 0.04,
    "zone": 0.06,
    "no_county": 0.005,
    "pacific": 0.004,
    "daylight": 0.002,
    "other_county": 0.04,
    "near": 0.004,
    "outside": 0.001,
    "backwards": 0.001,
    "again": 0.008,
}
"""Of the rows, how many are of each kind; at least one is. No row is of two kinds."""

_DEADLY = 0.005

Rng = np.random.Generator
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Kinds = Mapping[str, Ints]


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write a year: `size` rows of details, at least one for each kind of defect, and the fatalities of some."""
    rng = np.random.default_rng([seed, int(partition)])
    rows = max(size, 3 * len(_SHARES))
    kinds = _kinds(rows, rng)
    details = _details(int(partition), rows, kinds, rng)
    fatalities = _fatalities(details, kinds, rng)
    suffix = f"-ftp_v1.0_d{partition}_c{_VINTAGE}.csv"
    return {
        f"StormEvents_details{suffix}": _csv(details.select(DETAILS_HEADER)),
        f"StormEvents_fatalities{suffix}": _csv(fatalities.select(FATALITIES_HEADER)),
    }


def _kinds(rows: int, rng: Rng) -> dict[str, Ints]:
    """Choose which rows are of which kind. The first row is plain: others repeat what stands before them."""
    order = 1 + rng.permutation(rows - 1)
    kinds: dict[str, Ints] = {}
    for kind, share in _SHARES.items():
        count = max(1, int(rows * share))
        kinds[kind], order = np.sort(order[:count]), order[count:]
    return kinds


def _details(year: int, rows: int, kinds: Kinds, rng: Rng) -> pl.DataFrame:
    county = rng.choice(np.array(list(COUNTY_NAMES)), rows)
    frame = pl.DataFrame({"CZ_FIPS": county, "EVENT_ID": _FIRST_ID + np.arange(rows) + (year % 100) * 10_000_000})
    frame = frame.with_columns(
        *_times(year, rows, kinds, rng),
        *_what(rows, kinds, rng),
        *_where(county, kinds, rng),
        *_consequences(rows, rng),
        *_words(rows, rng),
        pl.lit("CSV").alias("DATA_SOURCE"),
    )
    frame = _areas(frame, county, kinds, rng)
    return _repeated(_tornadoes(frame, rng), kinds)


def _times(year: int, rows: int, kinds: Kinds, rng: Rng) -> list[pl.Series]:
    weights = np.array(words.MONTH_WEIGHTS) / sum(words.MONTH_WEIGHTS)
    month = rng.choice(12, rows, p=weights)
    first = (np.datetime64(f"{year}-01", "M") + month).astype("datetime64[m]")
    begin = first + rng.integers(0, 28, rows) * 1440 + rng.normal(1080, 240, rows).astype(np.int64) % 1440
    end = begin + rng.choice([0, 0, 5, 15, 45], rows)
    end[kinds["backwards"]] = begin[kinds["backwards"]] - 6 * 1440
    columns = [_pick(words.MONTHS, month, "MONTH_NAME"), pl.Series("YEAR", np.full(rows, year))]
    for side, instants in (("BEGIN", begin), ("END", end)):
        stamp = pl.Series(instants.astype("datetime64[us]")).dt
        columns += [
            (stamp.year() * 100 + stamp.month().cast(pl.Int32)).alias(f"{side}_YEARMONTH"),
            stamp.day().alias(f"{side}_DAY"),
            (stamp.hour().cast(pl.Int32) * 100 + stamp.minute().cast(pl.Int32)).alias(f"{side}_TIME"),
            stamp.strftime("%d-%b-%y %H:%M:%S").str.to_uppercase().alias(f"{side}_DATE_TIME"),
        ]
    return columns


def _what(rows: int, kinds: Kinds, rng: Rng) -> list[pl.Series]:
    weights = np.array(list(words.COUNTY_EVENTS.values())) / 100
    types = np.array(list(words.COUNTY_EVENTS))[rng.choice(len(weights), rows, p=weights)]
    types[kinds["zone"]] = np.array(words.ZONE_EVENTS)[rng.integers(0, len(words.ZONE_EVENTS), len(kinds["zone"]))]
    wind, hail = np.isin(types, ("Thunderstorm Wind", "High Wind")), types == "Hail"
    size = rng.choice([0.75, 0.88, 1.0, 1.25, 1.5, 1.75, 2.0, 2.75, 4.0], rows)
    magnitude = np.where(wind, rng.integers(50, 80, rows), np.where(hail, size, np.nan))
    # Some winds were not measured; the upstream writes 0 for them.
    magnitude[wind & (rng.random(rows) < 0.05)] = 0  # noqa: PLR2004 - a share
    measured = rng.choice(["EG", "MG"], rows, p=[0.8, 0.2])
    return [
        pl.Series("EVENT_TYPE", types),
        _decimals(magnitude, 2, "MAGNITUDE"),
        pl.Series("MAGNITUDE_TYPE", measured).set(pl.Series(~wind), ""),
    ]


def _where(county: Ints, kinds: Kinds, rng: Rng) -> list[pl.Series]:
    """Place begin points in their counties' cells, but for the kinds that lie elsewhere or nowhere."""
    cells = np.zeros((max(COUNTY_NAMES) + 1, 4))
    for fips in COUNTY_NAMES:
        cells[fips] = cell_bounds(fips)
    inside = county.copy()
    strays = kinds["other_county"]
    inside[strays] = (county[strays] + 2 * rng.integers(1, 100, len(strays))) % 210
    west, south, east, north = cells[inside].T
    lon = west + (east - west) * rng.uniform(0.05, 0.95, len(county))
    lat = south + (north - south) * rng.uniform(0.05, 0.95, len(county))
    lat[kinds["near"]] = NORTH + 0.02
    lat[kinds["outside"]] = 30.45
    for kind in ("zone", "elsewhere"):
        lon[kinds[kind]] = lat[kinds[kind]] = np.nan
    ends = rng.random(len(county)) < 0.5  # noqa: PLR2004 - every other row has an end point
    places = pl.Series([name.upper() for name in COUNTY_NAMES.values()])
    return [
        _decimals(lon, 4, "BEGIN_LON"),
        _decimals(lat, 4, "BEGIN_LAT"),
        _decimals(np.where(ends, lon + 0.01, np.nan), 4, "END_LON"),
        _decimals(np.where(ends, lat + 0.01, np.nan), 4, "END_LAT"),
        _decimals(rng.integers(0, 12, len(county)).astype(np.float64), 0, "BEGIN_RANGE"),
        _decimals(rng.integers(0, 12, len(county)).astype(np.float64), 0, "END_RANGE"),
        _pick(words.AZIMUTHS, rng.integers(0, 16, len(county)), "BEGIN_AZIMUTH"),
        _pick(words.AZIMUTHS, rng.integers(0, 16, len(county)), "END_AZIMUTH"),
        places.gather(county // 2).alias("BEGIN_LOCATION"),
        places.gather(county // 2).alias("END_LOCATION"),
    ]


def _consequences(rows: int, rng: Rng) -> list[pl.Series]:
    weights = np.array(words.DAMAGE_WEIGHTS) / sum(words.DAMAGE_WEIGHTS)
    deaths = (rng.random(rows) < _DEADLY).astype(np.int64)
    return [
        _pick(words.DAMAGES, rng.choice(len(weights), rows, p=weights), "DAMAGE_PROPERTY"),
        _pick(words.DAMAGES[:6], rng.integers(0, 6, rows), "DAMAGE_CROPS"),
        _whole(rng.poisson(0.03, rows), "INJURIES_DIRECT"),
        _whole(np.zeros(rows), "INJURIES_INDIRECT"),
        _whole(deaths, "DEATHS_DIRECT"),
        _whole(np.zeros(rows), "DEATHS_INDIRECT"),
    ]


def _words(rows: int, rng: Rng) -> list[pl.Series]:
    metres = pl.Series(rng.integers(1, 1_000, rows)).cast(pl.String)
    opening, place, closing = (
        _pick(pool, rng.integers(0, len(pool), rows), "")
        for pool in (words.OPENINGS, [name.title() for name in COUNTY_NAMES.values()], words.CLOSINGS)
    )
    return [
        (opening + " near " + place + ", " + metres + " m from the road." + closing).alias("EVENT_NARRATIVE"),
        _pick(words.EPISODES, rng.integers(0, len(words.EPISODES), rows), "EPISODE_NARRATIVE"),
        _pick(words.SOURCES, rng.integers(0, len(words.SOURCES), rows), "SOURCE"),
        _pick(words.OFFICES, rng.integers(0, len(words.OFFICES), rows), "WFO"),
        pl.Series("EPISODE_ID", 100_000 + np.arange(rows) // 8),
    ]


def _areas(frame: pl.DataFrame, county: Ints, kinds: Kinds, rng: Rng) -> pl.DataFrame:
    rows = frame.height
    kind, code, state = np.full(rows, "C"), county.copy(), np.full(rows, 20)
    names = pl.Series([name.upper() for name in COUNTY_NAMES.values()])
    kind[kinds["zone"]] = "Z"
    code[kinds["zone"]] = (county[kinds["zone"]] + 1) // 2
    code[kinds["no_county"]] = 0
    abroad = rng.integers(0, len(words.STATES), len(kinds["elsewhere"]))
    state[kinds["elsewhere"]] = np.array([fips for _, fips in words.STATES])[abroad]
    zones = np.where(np.isin(county, _MOUNTAIN), "MST-7", "CST-6")
    zones[kinds["pacific"]] = "PST-8"
    zones[kinds["daylight"]] = np.resize(["CDT", "EDT"], len(kinds["daylight"]))
    states = {20: "KANSAS"} | {fips: name for name, fips in words.STATES}
    return frame.with_columns(
        pl.Series("CZ_TYPE", kind),
        pl.Series("CZ_FIPS", code),
        names.gather(county // 2).set(pl.Series(code == 0), "").alias("CZ_NAME"),
        pl.Series("CZ_TIMEZONE", zones),
        pl.Series("STATE_FIPS", state),
        pl.Series("STATE", state).replace_strict(states, return_dtype=pl.String),
    )


def _tornadoes(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    rows = frame.height
    tornado = pl.col("EVENT_TYPE") == "Tornado"
    length, width = rng.exponential(4, rows), rng.choice([10, 25, 50, 100, 440], rows).astype(np.float64)
    onward = pl.Series("on", rng.random(rows) < 0.1)  # noqa: PLR2004 - a share of tornadoes crosses a county line
    text = {
        "TOR_F_SCALE": _pick(("EF0", "EF1", "EF2", "EF3", "EFU"), rng.integers(0, 5, rows), ""),
        "TOR_LENGTH": _decimals(length, 2, ""),
        "TOR_WIDTH": _decimals(width, 0, ""),
    }
    other = {
        "TOR_OTHER_WFO": "ICT",
        "TOR_OTHER_CZ_STATE": "KS",
        "TOR_OTHER_CZ_FIPS": "191",
        "TOR_OTHER_CZ_NAME": "SUMNER",
    }
    flood = pl.when(pl.col("EVENT_TYPE").str.contains("Flood")).then(pl.lit("Heavy Rain"))
    return frame.with_columns(
        *(pl.when(tornado).then(pl.lit(values)).alias(name) for name, values in text.items()),
        *(pl.when(tornado & onward).then(pl.lit(value)).alias(name) for name, value in other.items()),
        flood.alias("FLOOD_CAUSE"),
        pl.lit(None, dtype=pl.String).alias("CATEGORY"),
    )


def _repeated(frame: pl.DataFrame, kinds: Kinds) -> pl.DataFrame:
    """Make some rows say what an earlier, plain row says, with ids of their own."""
    special = np.unique(np.concatenate(list(kinds.values())))
    plain = np.setdiff1d(np.arange(frame.height), special)
    again = kinds["again"]
    source = plain[np.searchsorted(plain, again) - 1]
    index = np.arange(frame.height)
    index[again] = source
    return frame[index].with_columns(frame["EVENT_ID"])


def _fatalities(details: pl.DataFrame, kinds: Kinds, rng: Rng) -> pl.DataFrame:
    """Write a death for each deadly row, one in another state, one of an event held back, and one of no event."""
    deadly = np.flatnonzero((details["DEATHS_DIRECT"] != "0").to_numpy())
    chosen = np.unique(np.concatenate([deadly, [0], kinds["elsewhere"][:1], kinds["backwards"][:1]]))
    orphan = details[0].with_columns(pl.lit(_NO_EVENT, dtype=pl.Int64).alias("EVENT_ID"))
    events = pl.concat([details[chosen.astype(np.int64)], orphan])
    rows = events.height
    ages = _whole(rng.integers(1, 95, rows), "FATALITY_AGE").set(pl.Series(rng.random(rows) < 0.5), "")  # noqa: PLR2004 - half
    day = pl.concat_str(
        [
            pl.col("BEGIN_YEARMONTH").mod(100).cast(pl.String).str.zfill(2),
            pl.col("BEGIN_DAY").cast(pl.String).str.zfill(2),
            pl.col("YEAR"),
        ],
        separator="/",
    )
    return events.select(
        pl.col("BEGIN_YEARMONTH").alias("FAT_YEARMONTH"),
        pl.col("BEGIN_DAY").alias("FAT_DAY"),
        pl.col("BEGIN_TIME").alias("FAT_TIME"),
        (pl.col("EVENT_ID") + 5_000_000).alias("FATALITY_ID"),
        "EVENT_ID",
        pl.lit("D").alias("FATALITY_TYPE"),
        (day + " " + pl.col("BEGIN_DATE_TIME").str.slice(10)).alias("FATALITY_DATE"),
        ages,
        _pick(("M", "F", ""), rng.integers(0, 3, rows), "FATALITY_SEX"),
        _pick(
            ("Vehicle/Towed Trailer", "Outside/Open Areas", "", "Mobile/Trailer Home"), rng.integers(0, 4, rows), ""
        ).alias("FATALITY_LOCATION"),
        pl.col("BEGIN_YEARMONTH").alias("EVENT_YEARMONTH"),
    )


def _pick(pool: Sequence[str], index: NDArray[np.integer], name: str) -> pl.Series:
    return pl.Series(name, list(pool)).gather(index)


def _decimals(values: Floats, places: int, name: str) -> pl.Series:
    """Write numbers with fixed decimals, blank where NaN."""
    scaled = pl.Series(values).fill_nan(None).round(places)
    return scaled.cast(pl.Decimal(18, places)).cast(pl.String).alias(name)


def _whole(values: NDArray[np.generic], name: str) -> pl.Series:
    return pl.Series(name, values).cast(pl.Int64).cast(pl.String)


def _csv(frame: pl.DataFrame) -> bytes:
    """Write a frame as the upstream does: text in quotes, numbers and blanks without."""
    out = io.BytesIO()
    out.write(",".join(frame.columns).encode() + b"\n")
    blank = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
    frame.with_columns(blank.name.keep()).write_csv(out, quote_style="non_numeric", include_header=False)
    return out.getvalue()
