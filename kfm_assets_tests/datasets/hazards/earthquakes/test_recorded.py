"""The recorded month and the sample: what is in them, and what the docs say of it."""

from __future__ import annotations

import polars as pl
import pytest

from kfm_assets.datasets import making
from kfm_assets.datasets.geometry import county_polygons, distance_outside_km
from kfm_assets_tests.datasets.geography.made import documented, held, payload, real_counties, recorded
from kfm_assets_tests.datasets.hazards.earthquakes.events import MONTH, PROGRAM, month

NAME = "usgs_comcat/comcat_2015-08.KS_OK.csv"


def test_the_docs_carry_the_counts_found():
    product = month({NAME: recorded(NAME)}, counties=real_counties())
    spec = PROGRAM.specification
    found = dict.fromkeys((*spec.quarantine, *spec.scope), 0) | held(product) | dict(product.out_of_scope["events"])
    found |= {"rows": product.rows_in["events"], "published": product.tables["events"].height}
    found |= {
        name: fact for name, fact in product.facts.items() if isinstance(fact, int) and name != "without_magnitude"
    }
    said = documented("hazards-earthquakes", "Defects and decisions")
    assert {name: int(count) for name, count in said.items()} == found


def test_72_are_named_kansas_and_those_of_them_south_of_37_degrees_are_not():
    frame = PROGRAM.parse(payload("events", NAME, recorded(NAME)))
    named = frame.filter(frame["place"].str.ends_with(", Kansas"))
    assert named.height == 72
    events = month({NAME: recorded(NAME)}, counties=real_counties()).tables["events"]
    north = named.filter(named["latitude"].cast(float) >= 37)
    assert set(events["event_id"]) == set(north["id"])
    assert events.height == 56
    south = named.filter(named["latitude"].cast(float) < 37)["longitude", "latitude"].cast(pl.Float64)
    assert south["latitude"].max() < 36.981
    lon, lat = (south[name].to_numpy() for name in south.columns)
    outside_km = distance_outside_km(county_polygons(real_counties()), lon, lat)
    assert (round(outside_km.min(), 1), round(outside_km.max(), 1), (outside_km < 5).sum()) == (2.0, 9.1, 9)
    assert set(events["county_fips"]) == {77, 191}, "Harper and Sumner"


def test_the_largest_event_of_the_month():
    events = month({NAME: recorded(NAME)}, counties=real_counties()).tables["events"]
    largest = events.sort("magnitude").tail(1).to_dicts()[0]
    assert largest["magnitude"] == 3.4
    assert largest["place"].endswith("Kansas")


@pytest.mark.parametrize("partition", [*PROGRAM.sample_partitions, "1867-01", "2024-02"])
def test_the_sample_has_every_defect(partition):
    files = PROGRAM.sample(partition, 200, 1)
    assert files == PROGRAM.sample(partition, 200, 1)
    assert files != PROGRAM.sample(partition, 200, 2)
    product = month(files, partition)
    assert set(held(product)) == set(PROGRAM.specification.quarantine) - {"undated"}
    assert {"outside_kansas", "superseded", "repeated"} <= set(product.out_of_scope["events"])
    assert product.tables["events"].height > 80
    assert all(product.facts[name] for name in ("not_earthquakes", "negative_magnitudes", "magnitude_types_respelled"))
    assert all(product.facts[name] for name in ("depth_fixed_at_5_km", "depth_above_reference"))


def test_the_sample_has_rows_that_cannot_be_dated():
    files = [payload("events", name, content) for name, content in PROGRAM.sample(MONTH, 200, 1).items()]
    frames = [(file, PROGRAM.parse(file)) for file in files]
    counts = [making.rows_by_partition(frame) for _, frame in frames]
    assert {partition for count in counts for partition in count} == {MONTH, None}
    assert sum(count.get(None, 0) for count in counts) == 1
    assert sum(making.undated(PROGRAM, file).count(b"\n") for file in frames) == 1


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_small_sample_is_whole(size):
    assert month(PROGRAM.sample(MONTH, size, 3)).rows_in["events"] >= size
