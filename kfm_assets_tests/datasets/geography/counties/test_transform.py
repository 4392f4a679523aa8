"""Which records become counties, and which rule leaves each of the others out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import registry, tables
from kfm_assets.datasets.geography.counties import parser, sample
from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.datasets.program import FILE, LINE
from kfm_assets.domain.dataset import STATIC
from kfm_assets_tests.datasets.geography.made import assert_conserved, held, payload, synthetic_counties
from kfm_assets_tests.gates.rounds import rounds

PROGRAM = registry.program("geography/counties")
(SAMPLE,) = sample.generate(STATIC, 1, 1).values()
WIRE = parser.parse(payload("counties", "cb.zip", SAMPLE)).with_columns(pl.lit("cb.zip").alias(FILE))
BOW_TIE = shapely.to_wkb(shapely.from_wkt("POLYGON ((-98 38, -97 39, -97 38, -98 40, -98 38))"))
LINE_STRING = shapely.to_wkb(shapely.from_wkt("LINESTRING (-98 38, -97 39)"))
BEYOND = shapely.to_wkb(shapely.box(-198, 38, -197, 39))


def transformed(rows: pl.DataFrame):
    product = PROGRAM.transform(STATIC, {"counties": rows}, {}, lambda name, line: f"{name}:{line}")
    assert_conserved(PROGRAM, product)
    return product


def with_first(**changes: object) -> pl.DataFrame:
    """Return the wire frame with the first record, Allen county, changed."""
    first = pl.int_range(pl.len()) == 0
    return WIRE.with_columns(
        pl.when(first).then(pl.lit(value, dtype=WIRE.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in changes.items()
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"GEOID": ""}, "geoid_unreadable"),
        ({"GEOID": "20003"}, "geoid_unreadable"),
        ({"STATEFP": ""}, "geoid_unreadable"),
        ({"COUNTYFP": "1", "GEOID": "201"}, "geoid_unreadable"),
        ({"ALAND": ""}, "area_unreadable"),
        ({"AWATER": "-5"}, "area_unreadable"),
        ({"AWATER": "1e6"}, "area_unreadable"),
        ({"geometry": None}, "geometry_unusable"),
        ({"geometry": BOW_TIE}, "geometry_unusable"),
        ({"geometry": LINE_STRING}, "geometry_unusable"),
        ({"geometry": BEYOND}, "geometry_unusable"),
    ],
)
def test_a_bad_record_is_held_back_with_its_rule_and_text(changes, rule):
    product = transformed(with_first(**changes))
    assert held(product) == {rule: 1}
    assert product.quarantine["row"].to_list() == ["cb.zip:1"]
    assert product.tables["counties"].height == 104


def test_of_two_records_of_a_county_the_first_is_kept():
    again = WIRE.head(1).with_columns(pl.lit(500, dtype=pl.Int64).alias(LINE), pl.lit("Other").alias("NAME"))
    product = transformed(pl.concat([again, WIRE]))
    assert held(product) == {"repeated": 1}
    assert product.quarantine["source_line"].to_list() == [500]
    assert product.tables["counties"]["name"][0] == "Allen"


def test_other_states_are_out_of_scope():
    assert transformed(WIRE).out_of_scope == {"counties": {"outside_kansas": 5}}
    assert transformed(with_first(STATEFP="31", GEOID="31001")).out_of_scope == {"counties": {"outside_kansas": 6}}


def test_nothing_gives_nothing():
    product = PROGRAM.transform(STATIC, {}, {}, lambda name, line: f"{name}:{line}")
    assert product.tables["counties"].is_empty()
    assert_conserved(PROGRAM, product)


def test_the_datum_change_moves_nothing_and_rings_run_counter_clockwise():
    before = shapely.from_wkb(WIRE["geometry"][0])
    after = shapely.from_wkb(synthetic_counties()["geometry"][0])
    assert shapely.equals_exact(shapely.normalize(before), shapely.normalize(after), tolerance=0)
    assert not before.exterior.is_ccw
    assert after.exterior.is_ccw


def test_the_sample_is_a_whole_kansas_without_gaps():
    table = synthetic_counties()
    assert dict(table["county_fips", "name"].iter_rows()) == COUNTY_NAMES
    shapes = shapely.from_wkb(np.array(table["geometry"].to_list(), dtype=object))
    assert shapely.union_all(shapes).equals(shapely.box(sample.WEST, sample.SOUTH, sample.EAST, sample.NORTH))
    assert shapely.intersection_all(shapes[:2]).area == 0


def test_the_sample_has_the_same_bytes_every_time():
    assert sample.generate(STATIC, 1, 1) == sample.generate(STATIC, 500, 2)


def test_a_table_survives_storing():
    spec = PROGRAM.specification
    stored = tables.encode(synthetic_counties(), spec.main)
    assert stored == tables.encode(synthetic_counties().reverse(), spec.main)
    assert tables.decode(stored).equals(synthetic_counties())


@rounds(60)
@given(
    st.dictionaries(
        st.sampled_from(["STATEFP", "COUNTYFP", "GEOID", "NAME", "ALAND", "AWATER", "LSAD"]),
        st.one_of(st.text(max_size=20), st.sampled_from(["20", "001", "20001", "0", "9" * 30, "²", "٣"])),
    )
)
def test_whatever_a_field_holds_no_record_is_lost(changes):
    product = transformed(with_first(**changes))
    assert product.tables["counties"].height in (104, 105)
    tables.encode(product.tables["counties"], PROGRAM.specification.main)
