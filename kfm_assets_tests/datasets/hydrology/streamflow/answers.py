"""NWIS' answers in small, for tests: RDB and WaterML of some values, and months made from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import registry
from kfm_assets.datasets.program import FILE, Payload, Product
from kfm_assets_tests.datasets.geography.made import payload

PROGRAM = registry.program("hydrology/streamflow")
MONTH = "2024-11"
RECORDED = "usgs_nwis/06892350_iv_00060_20240501_20250430.rdb"
SITE, NAME = "06892350", "KANSAS R AT DESOTO, KS"

Row = Sequence[str]
"""Time, zone, value, codes; of daily values: day, value, codes."""


def rdb(
    *rows: Row,
    site: str = SITE,
    name: str = NAME,
    retrieved: str = "2025-05-20 13:25:45 EDT",
    columns: Sequence[str] = ("56887_00060",),
    described: str = "Discharge, cubic feet per second",
) -> bytes:
    """Write a block; the number of fixed columns follows from the rows' length."""
    pairs = [text for column in columns for text in (column, f"{column}_cd")]
    daily = columns[0].count("_") > 1
    fixed = ["agency_cd", "site_no", "datetime", *([] if daily else ["tz_cd"])]
    types = ["5s", "15s", "20d", *([] if daily else ["6s"]), *("14n", "10s") * len(columns)]
    lines = [
        f"# retrieved: {retrieved}       (nadww01)" if retrieved else "# no word of when",
        "# Data for the following 1 site(s) are contained in this file",
        f"#    USGS {site} {name}",
        *(f"#         {column.split('_')[0]}       {column.split('_')[1]}     {described}" for column in columns),
        "#",
        "\t".join([*fixed, *pairs]),
        "\t".join(types),
        *("\t".join(["USGS", site, *row]) for row in rows),
    ]
    return ("\n".join(lines) + "\n").encode()


def waterml(
    *values: Mapping[str, object],
    site: str = SITE,
    name: str = NAME,
    state: str = "20",
    parameter: str = "00060",
    unit: str = "ft3/s",
    no_data: object = -999999.0,
    requested: str = "2025-05-21T00:00:00.000Z",
    service: str = "iv",
) -> bytes:
    series = {
        "sourceInfo": {
            "siteName": name,
            "siteCode": [{"value": site}],
            "siteProperty": [{"value": state, "name": "stateCd"}] if state else [],
        },
        "variable": {
            "variableCode": [{"value": parameter}],
            "variableName": "Streamflow, ft&#179;/s",
            "unit": {"unitCode": unit},
            "options": {"option": [{"name": "Statistic", "optionCode": "00003" if service == "dv" else "00000"}]},
            "noDataValue": no_data,
        },
        "values": [{"value": list(values), "method": [{"methodID": 56887}]}],
    }
    query = {
        "queryURL": f"http://waterservices.usgs.gov/nwis/{service}/format=json",
        "note": [{"value": requested, "title": "requestDT"}],
    }
    return json.dumps({"value": {"queryInfo": query, "timeSeries": [series]}}, indent=1).encode()


def value(time: str, text: str, *codes: str) -> dict[str, object]:
    return {"value": text, "qualifiers": list(codes), "dateTime": time}


def iv(name: str, content: bytes) -> pl.DataFrame:
    return PROGRAM.parse(payload("iv", name, content))


def month(files: Mapping[str, bytes], partition: str = MONTH) -> Product:
    """Parse files and transform the rows of one month, as the engine does; `_dv_` in a name makes it daily values."""
    payloads = {name: payload("dv" if "_dv_" in name else "iv", name, content) for name, content in files.items()}
    frames: dict[str, list[pl.DataFrame]] = {}
    for name, item in payloads.items():
        rows = PROGRAM.parse(item).filter(pl.col("partition") == partition)
        frames.setdefault(item.wire, []).append(rows.with_columns(pl.lit(name).alias(FILE)))
    wires = {wire: pl.concat(parts) for wire, parts in frames.items()}
    product = PROGRAM.transform(partition, wires, {}, _verbatim(payloads))
    assert_conserved(product, {wire: rows.height for wire, rows in wires.items()})
    return product


def _verbatim(payloads: Mapping[str, Payload]):
    return lambda name, line: PROGRAM.verbatim(payloads[name], [line])[line]


def assert_conserved(product: Product, given: Mapping[str, int]) -> None:
    """Every wire row ends in one place, under a rule that the specification names, and is held back once at most."""
    assert {wire: count for wire, count in product.rows_in.items() if count} == {w: n for w, n in given.items() if n}
    for wire, table in product.yields.items():
        left_out = product.out_of_scope.get(wire, {})
        kept_back = product.quarantine.filter(pl.col("wire") == wire)
        rows = product.tables[table].height + kept_back.height + sum(left_out.values())
        assert product.rows_in[wire] == rows
        assert set(left_out) <= set(PROGRAM.specification.scope)
        assert set(kept_back["rule"]) <= set(PROGRAM.specification.quarantine)
        assert kept_back.select(pl.struct("source_file", "source_line").n_unique()).item() == kept_back.height


def of(*rows: Row, **options: object) -> Product:
    return month({"a_iv_1.rdb": rdb(*rows, **options)})


def only(product: Product, table: str = "instantaneous") -> dict[str, object]:
    (row,) = product.tables[table].to_dicts()
    return row
