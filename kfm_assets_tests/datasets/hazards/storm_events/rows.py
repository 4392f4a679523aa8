"""Wire rows of Storm Events for tests: one plain row to change, and the way from rows to a product."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import registry
from kfm_assets.datasets.hazards.storm_events.parser import DETAILS_HEADER, FATALITIES_HEADER
from kfm_assets.datasets.program import FILE, PARTITION, Product
from kfm_assets_tests.datasets.geography.made import payload, synthetic_counties

PROGRAM = registry.program("hazards/storm_events")
YEAR = "1975"
COUNTIES = "geography/counties"
NAMES = {wire: f"StormEvents_{wire}-ftp_v1.0_d{YEAR}_c20170120.csv" for wire in ("details", "fatalities")}
HEADERS = {"details": DETAILS_HEADER, "fatalities": FATALITIES_HEADER}

_PLAIN = {
    "details": {
        "BEGIN_YEARMONTH": "197504",
        "BEGIN_DAY": "23",
        "BEGIN_TIME": "2323",
        "BEGIN_DATE_TIME": "23-APR-75 23:23:00",
        "END_YEARMONTH": "197504",
        "END_DAY": "23",
        "END_TIME": "2330",
        "END_DATE_TIME": "23-APR-75 23:30:00",
        "EVENT_ID": "10023472",
        "STATE": "KANSAS",
        "STATE_FIPS": "20",
        "YEAR": "1975",
        "MONTH_NAME": "April",
        "EVENT_TYPE": "Thunderstorm Wind",
        "CZ_TYPE": "C",
        "CZ_FIPS": "1",
        "CZ_NAME": "ALLEN",
        "CZ_TIMEZONE": "CST",
        **dict.fromkeys(("INJURIES_DIRECT", "INJURIES_INDIRECT", "DEATHS_DIRECT", "DEATHS_INDIRECT"), "0"),
        "DAMAGE_PROPERTY": "2.5K",
        "DAMAGE_CROPS": "0",
        "MAGNITUDE": "79",
        "TOR_LENGTH": "0",
        "TOR_WIDTH": "0",
        # In the north-western cell of the sample's grid, which is county 1.
        "BEGIN_RANGE": "0",
        "END_RANGE": "0",
        "BEGIN_LAT": "39.8",
        "BEGIN_LON": "-101.8",
        "DATA_SOURCE": "PUB",
    },
    "fatalities": {
        "FAT_YEARMONTH": "197504",
        "FAT_DAY": "24",
        "FAT_TIME": "10",
        "FATALITY_ID": "1005794",
        "EVENT_ID": "10023472",
        "FATALITY_TYPE": "D",
        "FATALITY_DATE": "04/24/1975 00:10:00",
        "FATALITY_AGE": "33",
        "FATALITY_SEX": "F",
        "FATALITY_LOCATION": "Outside",
        "EVENT_YEARMONTH": "197504",
    },
}

Row = Mapping[str, str]


def event(**changes: str) -> dict[str, str]:
    """Return a row of details with some fields changed."""
    return _row("details", changes)


def death(**changes: str) -> dict[str, str]:
    """Return a row of fatalities with some fields changed."""
    return _row("fatalities", changes)


def _row(wire: str, changes: Row) -> dict[str, str]:
    assert set(changes) <= set(HEADERS[wire])
    return dict.fromkeys(HEADERS[wire], "") | _PLAIN[wire] | changes


def written(wire: str, rows: Sequence[Row]) -> bytes:
    """Return rows as a file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS[wire], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def made(*events: Row, deaths: Sequence[Row] = (), partition: str = YEAR) -> Product:
    """Write rows, parse them and transform what can be dated, as the engine does."""
    files = {NAMES["details"]: written("details", events)}
    if deaths:
        files[NAMES["fatalities"]] = written("fatalities", deaths)
    return made_of(files, partition, synthetic_counties())


def made_of(files: Mapping[str, bytes], partition: str, counties: pl.DataFrame) -> Product:
    """Parse files and transform one partition; every row must end in one place."""
    payloads = {name: payload("details" if "details" in name else "fatalities", name, files[name]) for name in files}
    wires: dict[str, pl.DataFrame] = {}
    for name, item in payloads.items():
        rows = PROGRAM.parse(item).filter(pl.col(PARTITION) == partition).with_columns(pl.lit(name).alias(FILE))
        wires[item.wire] = pl.concat([wires[item.wire], rows]) if item.wire in wires else rows
    product = PROGRAM.transform(
        partition, wires, {COUNTIES: counties}, lambda name, line: PROGRAM.verbatim(payloads[name], [line])[line]
    )
    assert {wire: rows.height for wire, rows in wires.items()}.items() <= product.rows_in.items()
    assert_conserved(product)
    return product


def assert_conserved(product: Product) -> None:
    """Every wire row ends in one place, under a rule that the specification names."""
    for wire, table in product.yields.items():
        outside = product.out_of_scope[wire]
        held = product.quarantine.filter(wire=wire)
        assert product.rows_in[wire] == product.tables[table].height + held.height + sum(outside.values())
        assert set(outside) <= set(PROGRAM.specification.scope)
        assert set(held["rule"]) <= set(PROGRAM.specification.quarantine)


def held(product: Product, wire: str = "details") -> dict[str, int]:
    """Return how many rows of a wire each rule held back."""
    return dict(product.quarantine.filter(wire=wire).group_by("rule").len().iter_rows())
