"""The sample looks like the upstream's files, has every kind of defect, and is the same for the same arguments."""

from __future__ import annotations

import re

import polars as pl
import pytest

from kfm_assets.datasets.hazards.storm_events import sample
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.geography.made import payload, synthetic_counties
from kfm_assets_tests.datasets.hazards.storm_events.rows import NAMES, PROGRAM, held, made_of

FILES = sample.generate("2023", 600, 1)
DETAILS = next(content for name, content in FILES.items() if "details" in name)


def test_the_same_arguments_give_the_same_bytes_and_others_give_others():
    assert sample.generate("2023", 600, 1) == FILES
    assert sample.generate("2023", 600, 2) != FILES
    assert sample.generate("2022", 600, 1).keys() != FILES.keys()


@pytest.mark.parametrize("partition", sample.PARTITIONS)
def test_each_year_holds_every_kind_of_defect(partition):
    product = made_of(sample.generate(partition, 300, 7), partition, synthetic_counties())
    assert held(product) == {"repeated": 2, "ends_before_it_begins": 1}
    assert held(product, "fatalities") == {"event_unknown": 1, "event_held_back": 1}
    assert product.out_of_scope["details"]["outside_kansas"] == 12
    assert product.out_of_scope["fatalities"]["outside_kansas"] >= 1
    assert product.tables["fatalities"].height >= 1
    details = product.tables["details"]
    assert set(details["begin_point"]) == {"inside", "other_county", "near", "outside", "none"}
    assert set(details["time_zone_reading"]) == {"standard", "as_labelled", "corrected"}
    assert {"CST-6", "MST-7", "PST-8"} < set(details["time_zone"])
    assert set(details["area_type"]) == {"C", "Z"}
    assert details.filter(area_code=0).height == 1
    assert details["damage_property_usd"].null_count() > 0


@pytest.mark.parametrize("size", [1, 30, 600])
def test_each_size_passes_its_rules(size):
    product = made_of(sample.generate("2021", size, 3), "2021", synthetic_counties())
    assert product.rows_in["details"] == max(size, 30)
    details = product.tables["details"]
    results = quality.judge(details, PROGRAM.specification.main)
    results += quality.judge(product.tables["fatalities"], PROGRAM.specification.table("fatalities"), details)
    assert [result for result in results if result.finding.outcome is not Outcome.PASS] == []


def test_most_points_lie_in_the_county_that_the_row_names():
    details = made_of(FILES, "2023", synthetic_counties()).tables["details"]
    placed = details.filter(pl.col("begin_point") != "none")
    assert (placed["begin_point"] == "inside").mean() > 0.9


def test_files_are_named_and_written_as_the_upstream_does():
    for feed in PROGRAM.specification.upstream.feeds:
        assert sum(bool(re.search(feed.file_name, name)) for name in FILES) == 1
    header, first = DETAILS.decode().split("\n", 2)[:2]
    assert '"' not in header
    assert re.match(r'2023\d\d,\d{1,2},\d{1,4},2023\d\d,\d{1,2},\d{1,4},\d+,\d+,"KANSAS",20,2023,"', first)
    assert re.search(r'"\d\d-[A-Z]{3}-23 \d\d:\d\d:00","CST-6"', first)


def test_narratives_hold_commas_quotes_and_line_breaks():
    text = PROGRAM.parse(payload("details", NAMES["details"], DETAILS))["EVENT_NARRATIVE"]
    for mark in (",", '"', "\n"):
        assert text.str.contains(mark, literal=True).any()
