"""One month of NWIS' values, from wire rows to its two tables. Pure over frames.

Each row ends in one place, by the first of these that applies:

1. its site's number cannot be read (held back);
2. it is out of scope: of another state, of no site that is known to be in Kansas, of another parameter, or empty;
3. its value cannot be read, or cannot be (held back);
4. another row counts for the site and the instant, or the day (`versions`), or a later one withdrew the value;
5. it is published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.hydrology.streamflow import facts, reading, versions
from kfm_assets.datasets.hydrology.streamflow.codes import KANSAS
from kfm_assets.datasets.hydrology.streamflow.columns import DAILY, INSTANTANEOUS
from kfm_assets.datasets.hydrology.streamflow.specification import (
    DAILY_WIRE,
    DISCHARGE,
    INSTANTANEOUS_WIRE,
    SITES,
    SPECIFICATION,
)
from kfm_assets.datasets.hydrology.streamflow.versions import FATE
from kfm_assets.datasets.hydrology.streamflow.wire import AT, RETRIEVED, STATE
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim
from kfm_assets.domain.dataset import Table

LEAST_FT3S, MOST_FT3S = -100_000, 1_000_000
"""What a discharge in Kansas can be at most: the flood of 1951 had 510,000 ft3/s; backwater may run upstream."""

_TABLES = {INSTANTANEOUS_WIRE: INSTANTANEOUS, DAILY_WIRE: DAILY}
_SITE = re.compile(r"\d{8,15}")
_PLACE = ("site_no", STATE, "parm_cd")
_KEYS = {INSTANTANEOUS_WIRE: ("site_no", AT), DAILY_WIRE: ("site_no", AT, "stat_cd")}
_READ_FROM = {
    "time_utc": AT,
    "date": AT,
    "statistic": "stat_cd",
    "value_reported": "value",
    "qualifiers": "value_cd",
    "time_zone_reported": "tz_cd",
    "retrieved_utc": RETRIEVED,
    "station_name": "station_nm",
    "time_series": "ts_id",
}
"""The column of the wire frame that a column of a table is, where it has another name."""

_UNUSABLE = ("no_value", "value_unreadable", "value_impossible")
"""The rules about a value itself: a row that they keep out still says that an earlier value no longer stands."""

_FILLED = ("station_nm", "ts_id")
"""Those of them that become null where the wire has empty text."""


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the tables `instantaneous` and `daily` of one month. Nothing is needed of other datasets."""
    del partition, upstream
    judged = {wire: _judged(rows, _KEYS[wire]) for wire, rows in wires.items() if rows.height}
    made = {wire: _table(judged.get(wire), table) for wire, table in _TABLES.items()}
    return Product(
        tables={_TABLES[wire].name: table for wire, table in made.items()},
        quarantine=_quarantine(judged, held),
        out_of_scope={wire: _left_out(rows) for wire, rows in judged.items()},
        rows_in={wire: judged[wire].height if wire in judged else 0 for wire in _TABLES},
        yields={wire: table.name for wire, table in _TABLES.items()},
        facts=facts.of(made[INSTANTANEOUS_WIRE], made[DAILY_WIRE]),
    )


def _judged(rows: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """Add under FATE the rule that keeps a row out of the table, null where none does; what is left is sorted."""
    if _are_sound(rows):
        return versions.settled(rows, key)
    fates = _fates(rows)
    if fates.null_count() == rows.height:
        return versions.settled(rows, key)
    fates = versions.withdrawn(rows, fates, key, _UNUSABLE)
    left = versions.settled(rows.filter(fates.is_null()), key)
    return pl.concat([left, rows.with_columns(fates).drop_nulls(FATE)], how="diagonal")


def _place_fate(site: str, state: str, parameter: str) -> str | None:
    """Return the rule that keeps out all rows of a site and a parameter, by where the site is and what is measured."""
    if not _SITE.fullmatch(site):
        return "site_unreadable"
    if state not in {KANSAS, ""}:
        return "outside_kansas"
    if not state and site not in SITES:
        return "site_unlisted"
    return None if parameter == DISCHARGE else "other_parameter"


def _fates(rows: pl.DataFrame) -> pl.Series:
    """Return the rule that keeps each row out by what it says itself; null where none does."""
    places = rows.select(_PLACE).unique()
    told = [_place_fate(*place) for place in places.iter_rows()]
    placed = rows.select(_PLACE).join(
        places.with_columns(pl.Series(FATE, told, pl.String())), on=_PLACE, how="left", maintain_order="left"
    )
    value = _value_fate()
    return rows.select(pl.coalesce(placed[FATE], value).alias(FATE)).to_series()


def _value_fate() -> pl.Expr:
    ft3s = pl.col(reading.FT3S)
    blank = (pl.col(name).str.strip_chars() == "" for name in ("value", "value_cd"))
    return (
        pl.when(pl.all_horizontal(blank))
        .then(pl.lit("no_value"))
        .when(ft3s.is_null() & pl.col(reading.REASON).is_null())
        .then(pl.lit("value_unreadable"))
        .when(~ft3s.is_between(LEAST_FT3S, MOST_FT3S))
        .then(pl.lit("value_impossible"))
    )


def _are_sound(rows: pl.DataFrame) -> bool:
    """Say at a glance that nothing keeps rows out: they are of one place, and each has a number that can be.

    Most months are like this. Only where a value is no number is there more to judge than its size.
    """
    ft3s = rows[reading.FT3S]
    least, most = cast("tuple[float | None, float | None]", (ft3s.min(), ft3s.max()))
    if ft3s.null_count() or least is None or most is None or least < LEAST_FT3S or most > MOST_FT3S:
        return False
    place = [rows[name] for name in _PLACE]
    return all((one == one[0]).all() for one in place) and _place_fate(*(one[0] for one in place)) is None


def _table(judged: pl.DataFrame | None, table: Table) -> pl.DataFrame:
    """Return the table of the rows that are published, which are in its order already."""
    if judged is None:
        return tables.empty(table)
    kept = judged.filter(pl.col(FATE).is_null()) if judged[FATE].null_count() < judged.height else judged
    unfilled = [name for name in _FILLED if (kept[name] == "").any()]
    if unfilled:
        kept = kept.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in unfilled)
    names = [column.name for column in table.columns]
    made = kept[[_READ_FROM.get(name, name) for name in names]]
    made.columns = names
    return made


def _quarantine(judged: Mapping[str, pl.DataFrame], held: Verbatim) -> pl.DataFrame:
    if all(rows[FATE].null_count() == rows.height for rows in judged.values()):
        return tables.nothing_held()
    texts = [
        (wire, file, line, rule, held(file, line))
        for wire, rows in judged.items()
        for file, line, rule in rows.select(FILE, LINE, FATE).drop_nulls().sort(FILE, LINE).iter_rows()
        if rule in SPECIFICATION.quarantine
    ]
    return pl.DataFrame(texts, schema=tables.QUARANTINE_SCHEMA, orient="row")


def _left_out(judged: pl.DataFrame) -> dict[str, int]:
    if judged[FATE].null_count() == judged.height:
        return {}
    counts = judged.drop_nulls(FATE).group_by(FATE).len().sort(FATE)
    return {rule: count for rule, count in counts.iter_rows() if rule in SPECIFICATION.scope}
