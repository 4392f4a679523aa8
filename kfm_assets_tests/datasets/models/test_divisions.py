"""The table of counties and climate divisions: complete, of one piece each, and where one knows them to be."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from shapely import STRtree, from_wkb, unary_union

from kfm_assets.datasets import making, registry
from kfm_assets.datasets.geography.counties.names import COUNTY_NAMES
from kfm_assets.datasets.models.storm_frequency.divisions import COUNT, division_of
from kfm_assets.datasets.program import Payload
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets_tests.datasets.models.recorded import FOLDER

CENSUS = FOLDER / "census" / "cb_2014_us_county_20m.zip"


def test_each_of_the_105_counties_is_in_exactly_one_of_nine_divisions() -> None:
    table = division_of()
    assert sorted(table) == sorted(COUNTY_NAMES)
    assert len(table) == 105
    assert Counter(table.values()) == {1: 8, 2: 11, 3: 11, 4: 9, 5: 11, 6: 14, 7: 14, 8: 13, 9: 14}
    assert set(table.values()) == set(range(1, COUNT + 1))


def test_towns_are_where_one_knows_them_to_be() -> None:
    of = {COUNTY_NAMES[county]: division for county, division in division_of().items()}
    assert [of[name] for name in ("Sherman", "Republic", "Doniphan")] == [1, 2, 3]
    assert [of[name] for name in ("Greeley", "Saline", "Johnson")] == [4, 5, 6]
    assert [of[name] for name in ("Morton", "Sedgwick", "Cherokee")] == [7, 8, 9]


@pytest.mark.skipif(not CENSUS.exists(), reason="the recorded county polygons are not here")
def test_the_counties_of_a_division_are_of_one_piece_and_the_nine_lie_as_their_names_say() -> None:
    areas = _areas()
    whole = {division: unary_union(list(shapes.values())) for division, shapes in areas.items()}
    for division, shapes in areas.items():
        tree = STRtree(list(shapes.values()))
        pairs = tree.query(list(shapes.values()), predicate="intersects").T.tolist()
        reached = {0}
        for _ in shapes:
            reached |= {other for one, other in pairs if one in reached}
        assert len(reached) == len(shapes), division
    for west, middle, east in ((1, 2, 3), (4, 5, 6), (7, 8, 9)):
        assert whole[west].centroid.x < whole[middle].centroid.x < whole[east].centroid.x
    for north, middle, south in ((1, 4, 7), (2, 5, 8), (3, 6, 9)):
        assert whole[north].centroid.y > whole[middle].centroid.y > whole[south].centroid.y


def _areas() -> dict[int, dict[int, object]]:
    program = registry.program("geography/counties")
    content = CENSUS.read_bytes()
    payload = Payload("counties", CENSUS.name, content, digest_bytes(content))
    wires = making.wires([(payload, program.parse(payload))], "static")
    table = program.transform("static", wires, {}, lambda _, __: "").tables["counties"]
    found: dict[int, dict[int, object]] = {}
    for county, shape in table.select(pl.col("county_fips").cast(pl.Int32), "geometry").iter_rows():
        found.setdefault(division_of()[county], {})[county] = from_wkb(shape)
    return found
