"""The recorded answers and the sample: what is in them, and what the docs say of it."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from kfm_assets.datasets import making
from kfm_assets.datasets.program import Product
from kfm_assets_tests.datasets.geography.made import documented, held, payload, recorded
from kfm_assets_tests.datasets.hydrology.streamflow.answers import MONTH, PROGRAM, RECORDED, iv, month

OTHERS = {
    "wire_formats/waterservices_iv.txt": "iv",
    "wire_formats/nwis_iv_mock.json": "iv",
    "wire_formats/nwis_iv_empty_mock.json": "iv",
    "wire_formats/waterservices_dv.txt": "dv",
}
SUMMED = {
    *("zero_flows", "reverse_flows", "without_discharge", "provisional", "estimated", "values_revised"),
    *("gaps", "intervals_missing", "clocks_went_back", "autumn_hour_absent"),
}


def river_year() -> dict[str, Product]:
    content = recorded(RECORDED)
    months = iv(RECORDED, content)["partition"].unique().sort()
    return {name: month({RECORDED: content}, name) for name in months}


def test_the_docs_carry_the_counts_found():
    spec = PROGRAM.specification
    found = Counter(dict.fromkeys((*spec.quarantine, *spec.scope, *SUMMED, "rows", "published"), 0))
    products = list(river_year().values())
    for path, wire in OTHERS.items():
        name = path.replace("_dv", "_dv_")
        frame = PROGRAM.parse(payload(wire, path, recorded(path)))
        found["undated"] += frame["partition"].null_count()
        products += [month({name: recorded(path)}, one) for one in frame["partition"].unique().drop_nulls()]
    for product in products:
        found.update(held(product))
        for left_out in product.out_of_scope.values():
            found.update(left_out)
        found.update({name: product.facts[name] for name in SUMMED})
        found["rows"] += sum(product.rows_in.values())
        found["published"] += sum(frame.height for frame in product.tables.values())
    said = documented("hydrology-streamflow", "Defects and decisions")
    assert {name: int(count.replace(",", "")) for name, count in said.items()} == dict(found)


def test_the_river_year_is_whole():
    products = river_year()
    assert next(iter(products)) == "2024-04", "the first hour of May in daylight time is April's last in standard time"
    assert products["2024-04"].tables["instantaneous"].height == 4
    rows = pl.concat(product.tables["instantaneous"] for product in products.values())
    assert rows.height == 31_957
    steps = rows["time_utc"].diff().dt.total_minutes().drop_nulls()
    assert (steps > 15).sum() == 600
    assert sum(int(product.facts["gaps"]) for product in products.values()) == 600
    assert dict(rows["qualifiers"].value_counts().iter_rows()) == {"A": 24_497, "P": 6_942, "A:e": 307, "P:e": 211}
    assert rows.filter(pl.col("estimated")).height == 518
    reported = rows["value_reported"].cast(pl.Float64) * 0.028316846592
    assert rows["discharge_m3s"].equals(reported)


def test_the_autumn_hour_is_absent():
    facts = {name: product.facts for name, product in river_year().items()}
    assert [name for name, told in facts.items() if told["clocks_went_back"]] == ["2024-11"]
    assert facts["2024-11"]["autumn_hour_absent"] == 1
    assert facts["2024-11"]["longest_gap_minutes"] == 75
    assert facts["2025-01"]["longest_gap_minutes"] == 120, "ice"


@pytest.mark.parametrize("path", OTHERS)
def test_sites_of_other_states_are_out_of_scope(path):
    frame = PROGRAM.parse(payload(OTHERS[path], path, recorded(path)))
    for name in frame["partition"].unique():
        product = month({path.replace("_dv", "_dv_"): recorded(path)}, name)
        assert all(table.is_empty() for table in product.tables.values())
        rules = {rule for left_out in product.out_of_scope.values() for rule in left_out}
        assert rules == ({"site_unlisted"} if "mock" in path else {"outside_kansas"})


@pytest.mark.parametrize("partition", [*PROGRAM.sample_partitions, "2024-02", "2024-03", "1999-12"])
def test_the_sample_has_every_defect(partition):
    files = PROGRAM.sample(partition, 400, 1)
    assert files == PROGRAM.sample(partition, 400, 1)
    assert files != PROGRAM.sample(partition, 400, 2)
    product = month(files, partition)
    assert set(held(product)) == set(PROGRAM.specification.quarantine) - {"undated"}
    expected = set(PROGRAM.specification.scope) - {"site_unlisted", "other_series"}
    assert set(product.out_of_scope["iv"]) == expected
    facts = product.facts
    assert all(facts[name] for name in ("zero_flows", "provisional", "estimated", "values_revised", "gaps"))
    assert {"missing Ice", "missing Eqp", "missing ***", "missing no data", "daily_missing Ice"} <= set(facts)
    assert (facts["clocks_went_back"] > 0) == (partition == MONTH)


def test_the_sample_has_rows_that_cannot_be_dated():
    counts = [
        making.rows_by_partition(iv(name, content))
        for name, content in PROGRAM.sample(MONTH, 200, 1).items()
        if "_dv_" not in name
    ]
    assert sum(count.get(None, 0) for count in counts) == 2


@pytest.mark.parametrize("size", [1, 20, 1000, 10_000, 100_000])
def test_the_sample_has_the_rows_that_were_asked_for_as_far_as_a_month_has_them(size):
    product = month(PROGRAM.sample(MONTH, size, 3))
    assert product.rows_in["iv"] >= min(size, 10_000)
