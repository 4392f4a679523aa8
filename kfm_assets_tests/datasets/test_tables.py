"""Frames to bytes and back: the same rows give the same bytes, and strangers find units, meanings and coordinates."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import jsonschema
import polars as pl
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import Column, Table

PLACES = Table(
    "places",
    "places in Kansas",
    (
        Column("place", "string", "its name"),
        Column("year", "int32", "founded", nullable=True, unit="a"),
        Column("area_km2", "float64", "area", nullable=True, unit="km2"),
        Column("seen_utc", "timestamp", "last seen", nullable=True),
        Column("geometry", "geometry", "where", nullable=True),
    ),
    ("place",),
    geometry_column="geometry",
)
PAIRS = Table("pairs", "two keys", (Column("a", "int64", "one"), Column("b", "string", "two")), ("a", "b"))

# After https://geoparquet.org/releases/v1.1.0/schema.json, as far as files of this project reach.
GEOPARQUET = {
    "type": "object",
    "required": ["version", "primary_column", "columns"],
    "properties": {
        "version": {"const": "1.1.0"},
        "primary_column": {"type": "string", "minLength": 1},
        "columns": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["encoding", "geometry_types"],
                "properties": {
                    "encoding": {"enum": ["WKB"]},
                    "geometry_types": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"pattern": "^(GeometryCollection|(Multi)?(Point|LineString|Polygon))( Z)?$"},
                    },
                    "crs": {"type": "object", "required": ["type", "name", "coordinate_system"]},
                    "edges": {"enum": ["planar", "spherical"]},
                },
            },
        },
    },
}


def places(*names: str) -> pl.DataFrame:
    shapes = [shapely.to_wkb(shapely.Point(-98, 38)), shapely.to_wkb(shapely.box(-98, 38, -97, 39)), None]
    return pl.DataFrame(
        {
            "place": names,
            "year": range(len(names)),
            "area_km2": [float(number) for number in range(len(names))],
            "seen_utc": [None] * len(names),
            "geometry": [shapes[number % 3] for number in range(len(names))],
            "left behind": ["x"] * len(names),
        }
    )


def test_the_same_rows_in_any_order_and_any_chunks_give_the_same_bytes():
    rows = places(*(f"place {number:03}" for number in range(200)))
    content = tables.encode(rows, PLACES)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)
    assert tables.encode(shuffled, PLACES) == content
    assert tables.encode(pl.concat([rows[120:], rows[:120]], rechunk=False), PLACES) == content
    assert tables.encode(rows.with_columns(year=9), PLACES) != content


def test_rows_that_share_a_key_have_one_order_too():
    rows = pl.DataFrame({"a": [2, 1, 1], "b": ["x", "y", "y"], "c": [1, 2, 3]})
    wide = Table("t", "t", (*PAIRS.columns, Column("c", "int64", "three")), ("a",))
    assert tables.conform(rows, wide).rows() == tables.conform(rows.reverse(), wide).rows() == sorted(rows.rows())


@pytest.mark.parametrize(
    "keys", [[(1, "x"), (1, "y"), (2, "a")], [(1, "y"), (1, "x")], [(1, "x"), (1, "x")], [(2, "a")]]
)
@pytest.mark.parametrize("more", [[], [(None, "a")], [(3, None)], [(3, None), (3, "z")], [(4, "a"), (3, "b")]])
def test_a_table_is_sorted_by_its_key_with_nulls_first(keys, more):
    rows = pl.DataFrame([*keys, *more], schema={"a": pl.Int64, "b": pl.String}, orient="row")
    expected = sorted(rows.rows(), key=lambda row: [(part is not None, part or 0) for part in row])
    assert tables.conform(rows, PAIRS).rows() == expected


def test_a_table_without_rows_is_written_as_its_own_specification_says():
    other = Table("others", PAIRS.description, PAIRS.columns, PAIRS.key)
    contents = [
        tables.encode(tables.empty(table), table, origin) for table in (PAIRS, other) for origin in (None, *Origin)
    ]
    assert len(set(contents)) == len(contents)
    assert {pq.read_metadata(io.BytesIO(content)).metadata[b"table"] for content in contents} == {b"pairs", b"others"}
    assert tables.encode(tables.empty(PAIRS).insert_column(0, pl.Series("c", [], pl.Int64)), PAIRS) == contents[0]
    assert tables.empty(PAIRS).columns == ["a", "b"], "an empty table that was changed is not handed out again"
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        tables.encode(tables.empty(PAIRS).drop("b"), PAIRS)


def test_bytes_do_not_depend_on_the_number_of_threads():
    program = (
        "import polars as pl; from kfm_assets.datasets import tables;"
        "from kfm_assets_tests.datasets.test_tables import PAIRS; import hashlib;"
        "rows = pl.DataFrame({'a': range(300_000, 0, -1), 'b': [str(n % 977) for n in range(300_000)]});"
        "print(hashlib.sha256(tables.encode(rows, PAIRS)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"POLARS_MAX_THREADS": threads},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "3")
    }
    assert len(digests) == 1


def test_units_and_meanings_travel_with_the_columns():
    schema = pq.read_schema(io.BytesIO(tables.encode(places("Lawrence"), PLACES)))
    assert schema.field("area_km2").metadata == {b"description": b"area", b"unit": b"km2"}
    assert schema.field("place").metadata == {b"description": b"its name"}
    assert (schema.metadata[b"table"], schema.metadata[b"key"]) == (b"places", b"place")
    assert str(schema.field("seen_utc").type) == "timestamp[us, tz=UTC]"


def test_a_table_with_a_geometry_is_geoparquet():
    schema = pq.read_schema(io.BytesIO(tables.encode(places("a", "b", "c"), PLACES)))
    geo = json.loads(schema.metadata[b"geo"])
    jsonschema.validate(geo, GEOPARQUET)
    assert geo["primary_column"] == "geometry"
    described = geo["columns"]["geometry"]
    assert described["geometry_types"] == ["Point", "Polygon"]
    assert described["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert b"geo" not in pq.read_schema(io.BytesIO(tables.encode(tables.empty(PAIRS), PAIRS))).metadata


def test_no_rows_keep_their_types():
    back = tables.decode(tables.encode(tables.empty(PLACES), PLACES))
    assert back.is_empty()
    assert dict(back.schema) == tables.polars_schema(PLACES)


def test_a_null_where_none_may_be_reaches_whoever_judges_it():
    rows = places("a", "b").with_columns(place=pl.Series(["a", None]))
    assert tables.decode(tables.encode(rows, PLACES))["place"].null_count() == 1


def test_what_a_type_cannot_hold_is_an_error():
    with pytest.raises(pl.exceptions.InvalidOperationError):
        tables.conform(places("a").with_columns(year=pl.lit("nineteen")), PLACES)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        tables.conform(places("a").drop("year"), PLACES)


TEXT = st.text(max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), TEXT), unique=True, max_size=8))
def test_what_is_encoded_is_decoded(rows):
    frame = pl.DataFrame(rows, schema=tables.polars_schema(PAIRS), orient="row")
    assert tables.decode(tables.encode(frame, PAIRS)).rows() == sorted(rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.integers(1, 2**40), TEXT, TEXT), max_size=5))
def test_rows_held_back_come_back_as_they_were(rows):
    frame = pl.DataFrame(rows, schema=tables.QUARANTINE_SCHEMA, orient="row")
    content = tables.encode_quarantine(frame)
    assert content.count(b"\n") == len(rows)
    back = tables.decode_quarantine(content)
    assert dict(back.schema) == dict(tables.QUARANTINE_SCHEMA)
    assert sorted(back.rows()) == sorted(rows)
    assert tables.encode_quarantine(frame.reverse()) == content
