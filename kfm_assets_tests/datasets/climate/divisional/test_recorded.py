"""The recorded files of Kansas, 1895 to March 2014: what is in them, and what the docs say of it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache

import polars as pl
import pytest

from kfm_assets.datasets.climate.divisional.elements import DIVISIONS
from kfm_assets.datasets.program import FILE, Product
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.climate.divisional.records import PROGRAM
from kfm_assets_tests.datasets.geography.made import assert_conserved, documented, held, payload, recorded

NAMES = tuple(f"KS_climdiv-{what}-v1.0.0-20140304" for what in ("pdsidv", "pdsist", "sp01st", "tmpcst"))
YEARS = [str(year) for year in range(1895, 2015)]
SPEC = PROGRAM.specification


@cache
def texts() -> dict[str, list[str]]:
    return {name: recorded(f"noaa_climdiv/{name}").decode().splitlines() for name in NAMES}


@cache
def products() -> dict[str, Product]:
    files = [payload("records", name, recorded(f"noaa_climdiv/{name}")) for name in NAMES]
    rows = pl.concat(PROGRAM.parse(file).with_columns(pl.lit(file.name).alias(FILE)) for file in files)
    made = {}
    for year in YEARS:
        made[year] = PROGRAM.transform(year, {"records": rows.filter(partition=year)}, {}, lambda *_: "")
        assert_conserved(PROGRAM, made[year])
    assert sum(one.rows_in["records"] for one in made.values()) == rows.height
    return made


@cache
def months() -> pl.DataFrame:
    return pl.concat(product.tables["months"] for product in products().values())


def test_the_docs_carry_the_counts_found():
    found: Counter[str] = Counter(dict.fromkeys((*SPEC.quarantine, *SPEC.scope), 0))
    for product in products().values():
        found.update(held(product))
        found.update(product.out_of_scope["records"])
        found.update({name: fact for name, fact in product.facts.items() if isinstance(fact, int)})
        found.update(rows=product.rows_in["records"], published=product.tables["series"].height)
    lines = [text for file in texts().values() for text in file]
    fields = [text[10 + 7 * place : 17 + 7 * place].strip() for text in lines for place in range(12)]
    counts = dict(found) | {
        "blanks_at_the_end": sum(len(text) == 97 and not text[94:].strip() for text in lines),
        "missing_as_-99.99": fields.count("-99.99"),
        "missing_as_-99.90": fields.count("-99.90"),
        "palmer_beyond_7": months().filter(pl.col("pdsi").abs() > 7).height,
        "temperature_of_the_state_alone": months().filter(pl.col("division") > 0)["temperature_mean_degc"].null_count(),
    }
    said = documented("climate-divisional", "Defects and decisions")
    assert {name: int(count.replace(",", "")) for name, count in said.items()} == counts


def test_every_value_of_the_files_is_a_cell_and_nothing_else_is():
    cells = months().unpivot(["pdsi", "spi_01", "temperature_mean_degc"], index=["month", "division"]).drop_nulls()
    found = {(month, division, element): value for month, division, element, value in cells.iter_rows()}
    wanted = {}
    for name, lines in texts().items():
        element = {"pdsi": "pdsi", "sp01": "spi_01", "tmpc": "temperature_mean_degc"}[name[11:15]]
        for text in lines:
            division = int(text[2:4]) if "dv" in name else int(text[3])
            for month, value in enumerate(text[10:].split(), 1):
                if value not in {"-99.99", "-99.90"}:
                    plain = float(value)
                    wanted[date(int(text[6:10]), month, 1), division, element] = (
                        round((plain - 32) / 1.8, 4) if element.startswith("temperature") else plain
                    )
    assert found.keys() == wanted.keys()
    assert all(found[place] == pytest.approx(wanted[place], abs=1e-4) for place in wanted)
    assert len(wanted) == 17_160


def test_the_indices_reach_further_than_the_format_says():
    divisions = months().filter(pl.col("division") > 0)
    assert (divisions["pdsi"].min(), divisions["pdsi"].max()) == (-8.23, 10.24)
    assert (months()["spi_01"].min(), months()["spi_01"].max()) == (-3.09, 3.09)


def test_all_years_keep_the_rules():
    for product in products().values():
        results = [one for table in SPEC.tables for one in quality.judge(product.tables[table.name], table)]
        assert [one for one in results if one.finding.outcome is not Outcome.PASS] == []


def test_each_year_has_the_nine_divisions_and_the_state():
    for product in products().values():
        rows = product.tables["months"]["division", "division_name"].unique()
        assert dict(rows.iter_rows()) == DIVISIONS
    assert [products()[year].tables["months"].height for year in ("1895", "2013", "2014")] == [120, 120, 20]


def test_the_dust_bowl_was_hot_and_dry():
    state = months().filter(division=0)
    (hottest,) = state.sort("temperature_mean_degc").tail(1).to_dicts()
    assert hottest["month"] == date(1934, 7, 1)
    assert hottest["temperature_mean_degc"] == pytest.approx(30.4444)
    assert state.filter(pl.col("month").dt.year() == 1934)["pdsi"].max() < 0
