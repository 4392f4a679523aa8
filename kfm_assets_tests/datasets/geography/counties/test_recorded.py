"""The Census Bureau's real file: 105 counties, their areas, and what the docs say of its defects."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
import shapefile
import shapely

from kfm_assets.datasets import registry
from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.domain.dataset import STATIC
from kfm_assets_tests.datasets.geography.made import CENSUS, documented, held, make, payload, real_counties, recorded

PROGRAM = registry.program("geography/counties")
KANSAS_KM2 = 213_100
"""Land and water, Census Bureau, State Area Measurements: 82,278 square miles."""


def test_there_are_105_counties_with_their_names():
    table = real_counties()
    assert dict(table["county_fips", "name"].iter_rows()) == COUNTY_NAMES
    assert table["geoid"].to_list() == [f"20{fips:03}" for fips in sorted(COUNTY_NAMES)]
    assert set(table["state_fips"]) == {"20"}


def test_areas_add_up_to_kansas():
    table = real_counties()
    assert table["area_km2"].sum() == pytest.approx(KANSAS_KM2, rel=0.005)
    assert (table["land_area_km2"] + table["water_area_km2"]).sum() == pytest.approx(KANSAS_KM2, rel=0.0005)


def test_douglas_county_as_published():
    (row,) = real_counties().filter(name="Douglas").to_dicts()
    assert (row["geoid"], row["county_fips"]) == ("20045", 45)
    assert row["land_area_km2"] == pytest.approx(1180.5, abs=1)
    assert shapely.from_wkb(row["geometry"]).covers(shapely.Point(-95.2353, 38.9717)), "Lawrence"


def test_outlines_are_valid_flat_and_wound_by_the_right_hand_rule():
    shapes = shapely.from_wkb(np.array(real_counties()["geometry"].to_list(), dtype=object))
    assert shapely.is_valid(shapes).all()
    assert not shapely.has_z(shapes).any()
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(shapes))).all()
    assert shapely.union_all(shapes).bounds == pytest.approx((-102.0517, 36.9931, -94.5919, 40.0031), abs=1e-4)


def member(suffix: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(recorded(CENSUS))) as archive:
        return archive.read(f"cb_2014_us_county_20m{suffix}")


def test_the_docs_carry_the_counts_found():
    product = make(PROGRAM, STATIC, {"cb.zip": recorded(CENSUS)})
    frame = PROGRAM.parse(payload("counties", "cb.zip", recorded(CENSUS)))
    table = product.tables["counties"]
    kansas = shapely.from_wkb(np.array(frame.filter(STATEFP="20")["geometry"].to_list(), dtype=object))
    with shapefile.Reader(shp=io.BytesIO(member(".shp")), shx=io.BytesIO(member(".shx"))) as reader:
        heights = [set(shape.z) for shape in reader.iterShapes() if shape.shapeType == shapefile.POLYGONZ]
    assert set().union(*heights) == {0.0}
    ratio = table["area_km2"] / (table["land_area_km2"] + table["water_area_km2"]) - 1
    found = dict.fromkeys(PROGRAM.specification.quarantine, 0) | held(product)
    found |= product.out_of_scope["counties"]
    found |= {
        "records": frame.height,
        "names_not_ascii": frame.filter(frame["NAME"].str.contains(r"[^\x00-\x7F]")).height,
        "clockwise": int((~shapely.is_ccw(shapely.get_exterior_ring(kansas))).sum()),
        "heights": len(heights),
        "generalised_over_5_percent": table.filter(ratio.abs() > 0.05).height,
    }
    said = documented("geography-counties", "Defects and decisions")
    assert {name: int(count.replace(",", "")) for name, count in said.items()} == found
