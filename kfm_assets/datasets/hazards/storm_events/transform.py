"""One year of Storm Events, from wire rows to its two tables: every row is kept, held back or counted out of scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import geometry, tables
from kfm_assets.datasets.hazards.storm_events import details, fatalities, points
from kfm_assets.datasets.hazards.storm_events.columns import DETAILS, FATALITIES
from kfm_assets.datasets.hazards.storm_events.details import OUTSIDE, RULE
from kfm_assets.datasets.hazards.storm_events.parser import DETAILS_HEADER, FATALITIES_HEADER
from kfm_assets.datasets.hazards.storm_events.rules import BEGIN_POINTS, TIME_ZONE_READINGS
from kfm_assets.datasets.hazards.storm_events.specification import COUNTIES, DETAILS_WIRE, FATALITIES_WIRE
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the tables `details` and `fatalities` of one year.

    Args:
        partition: the year.
        wires: parsed rows of `details` and `fatalities`, with FILE; a wire may be absent or empty.
        upstream: the main table of geography/counties, under its key.
        held: gives the exact text of a row.
    """
    counties = upstream[COUNTIES]
    events = details.judged(partition, _rows(wires, DETAILS_WIRE, DETAILS_HEADER), counties["county_fips"])
    deaths = fatalities.judged(partition, _rows(wires, FATALITIES_WIRE, FATALITIES_HEADER), events)
    placed = points.judged(details.table(events), geometry.county_polygons(counties))
    details_table = tables.conform(placed, DETAILS)
    fatalities_table = tables.conform(fatalities.table(deaths), FATALITIES)
    judged = {DETAILS_WIRE: events, FATALITIES_WIRE: deaths}
    return Product(
        tables={DETAILS.name: details_table, FATALITIES.name: fatalities_table},
        quarantine=pl.concat([_quarantine(wire, rows, held) for wire, rows in judged.items()]),
        out_of_scope={wire: _out_of_scope(rows) for wire, rows in judged.items()},
        rows_in={wire: rows.height for wire, rows in judged.items()},
        yields={DETAILS_WIRE: DETAILS.name, FATALITIES_WIRE: FATALITIES.name},
        facts=_facts(details_table),
    )


def _rows(wires: Mapping[str, pl.DataFrame], wire: str, header: Sequence[str]) -> pl.DataFrame:
    """Return a wire's rows, in the order of their files and lines; none where the wire is absent."""
    if wire not in wires:
        return pl.DataFrame(schema={LINE: pl.Int64(), **dict.fromkeys([*header, FILE], pl.String())})
    rows = wires[wire]
    return rows if rows[FILE].n_unique() < 2 and rows[LINE].is_sorted() else rows.sort(FILE, LINE)  # noqa: PLR2004 - one


def _quarantine(wire: str, judged: pl.DataFrame, held: Verbatim) -> pl.DataFrame:
    rows = judged[FILE, LINE, RULE].filter(pl.col(RULE).is_not_null() & (pl.col(RULE) != OUTSIDE)).sort(FILE, LINE)
    texts = [(wire, file, line, rule, held(file, line)) for file, line, rule in rows.iter_rows()]
    return pl.DataFrame(texts, schema=tables.QUARANTINE_SCHEMA, orient="row")


def _out_of_scope(judged: pl.DataFrame) -> dict[str, int]:
    outside = int((judged[RULE] == OUTSIDE).sum())
    return {OUTSIDE: outside} if outside else {}


def _facts(table: pl.DataFrame) -> dict[str, int | str]:
    """Count what was repaired or flagged, and say what span of time the year's events cover."""
    facts: dict[str, int | str] = {}
    for name, values in (("begin_point", BEGIN_POINTS), ("time_zone_reading", TIME_ZONE_READINGS)):
        found = dict(table[name].value_counts().iter_rows())
        facts |= {f"{name}_{value}": found.get(value, 0) for value in values}
    facts["without_county"] = table["county_fips"].null_count()
    facts["damage_property_unknown"] = table["damage_property_usd"].null_count()
    facts["damage_crops_unknown"] = table["damage_crops_usd"].null_count()
    if table.height:
        facts["first_event_utc"] = table.select(pl.col("begin_utc").min().dt.to_string("iso:strict")).item()
        facts["last_event_utc"] = table.select(pl.col("begin_utc").max().dt.to_string("iso:strict")).item()
    return facts
