"""Weeks as the Drought Monitor's service writes them, for tests, and years made from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import registry
from kfm_assets.datasets.climate.drought.parser import HEADERS
from kfm_assets.datasets.program import FILE, Product
from kfm_assets_tests.datasets.geography.made import payload

PROGRAM = registry.program("climate/drought")
YEAR = "2019"


def csv(wire: str, *rows: Sequence[str], header: int = 0) -> bytes:
    return "".join(f"{','.join(row)}\r\n" for row in (HEADERS[wire][header], *rows)).encode()


def index(day: str = "20190101", dsci: str = "150", area: str = "Kansas") -> tuple[str, ...]:
    return (area, day, dsci)


def shares(**changes: str) -> tuple[str, ...]:
    """Return a row of categories, cumulative, whose index is 150."""
    row = dict(zip(HEADERS["categories"][0], _SHARES, strict=True)) | changes
    return tuple(row.values())


_SHARES = ("20190101", "KS", "10.00", "90.00", "45.50", "14.50", "0.00", "0.00", "2019-01-01", "2019-01-07", "1")
CATEGORICAL = {"D0": "44.50", "D1": "31.00", "D2": "14.50", "StatisticFormatID": "2"}
"""What the same week says in the other form."""


def wire_of(name: str) -> str:
    return next(feed.wire for feed in PROGRAM.specification.upstream.feeds if re.search(feed.file_name, name))


def year(files: Mapping[str, bytes], partition: str = YEAR) -> Product:
    """Make a year from files, as the engine does, and see that each wire row ended in one place."""
    payloads = {name: payload(wire_of(name), name, content) for name, content in files.items()}
    frames: dict[str, list[pl.DataFrame]] = {}
    for name, item in payloads.items():
        rows = PROGRAM.parse(item).with_columns(pl.lit(name).alias(FILE)).filter(pl.col("partition") == partition)
        frames.setdefault(item.wire, []).append(rows)
    wires = {wire: pl.concat(parts, how="diagonal") for wire, parts in frames.items()}
    product = PROGRAM.transform(partition, wires, {}, lambda name, line: PROGRAM.verbatim(payloads[name], [line])[line])
    assert {wire: rows for wire, rows in product.rows_in.items() if wire in wires} == {
        wire: rows.height for wire, rows in wires.items()
    }
    for wire, table in product.yields.items():
        left_out, quarantined = product.out_of_scope[wire], product.quarantine.filter(wire=wire)
        assert product.rows_in[wire] == product.tables[table].height + quarantined.height + sum(left_out.values())
        assert set(left_out) <= set(PROGRAM.specification.scope)
        assert set(quarantined["rule"]) <= set(PROGRAM.specification.quarantine)
    return product


def of_rows(*rows: Sequence[str]) -> Product:
    """Make a year from rows of either kind."""
    kinds = {"dsci": "dsci.csv", "categories": "dm_export.csv"}
    sorted_rows = {wire: [row for row in rows if (len(row) == 3) == (wire == "dsci")] for wire in kinds}
    return year({name: csv(wire, *sorted_rows[wire]) for wire, name in kinds.items()})


def only(product: Product, table: str = "weeks") -> dict[str, object]:
    (row,) = product.tables[table].to_dicts()
    return row
