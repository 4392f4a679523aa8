"""Where points lie among counties, how far outside, how large areas are: worked examples and independent oracles."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from kfm_assets.datasets.geography.counties.sample import EAST, NORTH, SOUTH, WEST, cell_bounds, cell_center
from kfm_assets.datasets.geometry import Polygons, area_km2, county_polygons, distance_outside_km, locate
from kfm_assets_tests.datasets.geography.made import real_counties, synthetic_counties
from kfm_assets_tests.gates.rounds import rounds

GEOD = Geod(ellps="GRS80")


@pytest.fixture(scope="module")
def grid() -> Polygons:
    return county_polygons(synthetic_counties())


def at(polygons: Polygons, *points: tuple[float, float]) -> list[int]:
    lon, lat = np.array(points, dtype=float).T
    return locate(polygons, lon, lat).tolist()


def outside(polygons: Polygons, *points: tuple[float, float]) -> list[float]:
    lon, lat = np.array(points, dtype=float).T
    return distance_outside_km(polygons, lon, lat).tolist()


def test_each_centre_lies_in_its_county(grid):
    assert at(grid, *(cell_center(fips) for fips in grid.county_fips)) == list(range(1, 210, 2))


def test_places_in_kansas():
    polygons = county_polygons(real_counties())
    topeka, wichita, goodland, tulsa, kansas_city_missouri = (
        *((-95.6890, 39.0473), (-97.3375, 37.6872), (-101.7101, 39.3508)),
        *((-95.9928, 36.1540), (-94.5786, 39.0997)),
    )
    assert at(polygons, topeka, wichita, goodland, tulsa, kansas_city_missouri) == [177, 173, 181, 0, 0]


def test_a_boundary_is_inside_and_the_least_code_has_it(grid):
    west, south, east, north = cell_bounds(33)
    assert at(grid, (west, (south + north) / 2), (east, (south + north) / 2), (WEST, NORTH), (EAST, SOUTH)) == [
        31,
        33,
        1,
        209,
    ]
    assert at(grid, (west, north)) == [1], "where four meet"


def test_the_order_of_counties_does_not_matter(grid):
    shuffled = county_polygons(synthetic_counties().sample(fraction=1, shuffle=True, seed=7))
    lon, lat = np.meshgrid(np.linspace(WEST, EAST, 31), np.linspace(SOUTH, NORTH, 15))
    assert (locate(grid, lon.ravel(), lat.ravel()) == locate(shuffled, lon.ravel(), lat.ravel())).all()


def test_missing_coordinates_lie_nowhere(grid):
    nan, inf = float("nan"), float("inf")
    points = [(nan, 38.0), (-98.0, nan), (inf, 38.0), (-98.0, -inf), (0.0, 0.0)]
    assert at(grid, *points) == [0] * 5
    assert np.isnan(outside(grid, *points[:4])).all()
    assert locate(grid, np.array([]), np.array([])).tolist() == []


def test_what_is_no_place_on_earth_has_no_distance(grid):
    assert np.isnan(outside(grid, (-98, 90.5), (-98, -91), (181, 38), (-262, 38))).all()
    assert np.isfinite(outside(grid, (0, 90), (0, -90), (180, 0), (-180, 0))).all()


def test_without_counties_nothing_is_anywhere():
    polygons = county_polygons(synthetic_counties().clear())
    assert at(polygons, (-98, 38)) == [0]
    assert np.isnan(outside(polygons, (-98, 38))).all()


def test_distance_is_zero_inside_and_the_geodesic_outside(grid):
    assert outside(grid, cell_center(105), (WEST, 38.0)) == [0.0, 0.0]
    south_of_the_edge = (-98.3, SOUTH - 0.05)
    # A degree of latitude is 110.98 km at 37° N.
    assert outside(grid, south_of_the_edge) == [pytest.approx(5.55, abs=0.01)]


def test_distance_agrees_with_a_search_over_the_whole_boundary():
    polygons = county_polygons(real_counties())
    random = np.random.default_rng(3)
    lon, lat = random.uniform(-103.2, -93.4, 120), random.uniform(36.1, 40.9, 120)
    found = distance_outside_km(polygons, lon, lat)
    edge = shapely.get_coordinates(shapely.segmentize(shapely.union_all(polygons.areas).boundary, 0.0005))
    beyond = np.flatnonzero(found > 0)
    assert len(beyond) > 40
    for index in beyond:
        here = np.full(len(edge), lon[index]), np.full(len(edge), lat[index])
        assert found[index] == pytest.approx(np.min(GEOD.inv(*here, *edge.T)[2]) / 1000, abs=0.002)


@rounds(60)
@given(st.lists(st.tuples(st.floats(-103, -94), st.floats(36, 41)), min_size=1, max_size=20))
def test_locate_agrees_with_each_county_asked_in_turn(points):
    polygons = county_polygons(real_counties())
    expected = [
        min(
            (int(f) for f, area in zip(polygons.county_fips, polygons.areas, strict=True) if area.covers(place)),
            default=0,
        )
        for place in (shapely.Point(*point) for point in points)
    ]
    assert at(polygons, *points) == expected
    assert [distance == 0 for distance in outside(polygons, *points)] == [fips != 0 for fips in expected]


def test_areas_agree_with_the_ellipsoid_and_with_epsg_5070():
    shapes = shapely.from_wkb(np.array(real_counties()["geometry"].to_list(), dtype=object))
    measured = area_km2(shapes)
    dense = shapely.segmentize(shapes, 0.001)
    on_ellipsoid = [GEOD.geometry_area_perimeter(shape)[0] / 1e6 for shape in dense]
    assert measured == pytest.approx(on_ellipsoid, rel=1e-6)
    albers = Transformer.from_crs("EPSG:4269", "EPSG:5070", always_xy=True)
    on_plane = shapely.area(shapely.transform(dense, albers.transform, interleaved=False)) / 1e6
    assert measured == pytest.approx(on_plane, rel=1e-6)


def test_a_hole_is_no_area():
    ring = shapely.box(-98, 38, -97, 39)
    holed = shapely.difference(ring, shapely.box(-97.6, 38.4, -97.4, 38.6))
    whole, rest, hole = area_km2([ring, holed, shapely.box(-97.6, 38.4, -97.4, 38.6)])
    assert rest == pytest.approx(whole - hole)


def test_half_a_million_points_take_about_a_second():
    polygons = county_polygons(real_counties())
    random = np.random.default_rng(1)
    lon, lat = random.uniform(-102.1, -94.5, 500_000), random.uniform(36.95, 40.05, 500_000)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        found = locate(polygons, lon, lat)
        distance_outside_km(polygons, lon, lat)
        seconds.append(time.process_time() - started)
    assert (found > 0).mean() > 0.9
    assert min(seconds) < 2, f"both took {seconds} s of processor time; about 0.3 s is usual"


def test_polygons_come_from_the_table_as_it_is_stored():
    table = synthetic_counties()
    assert table.schema["geometry"] == pl.Binary
    assert county_polygons(table).county_fips.dtype == np.int32
