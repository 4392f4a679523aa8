"""One table with a rule of every kind, and a strategy for frames of it with every kind of awkward value."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
from hypothesis import strategies as st

from kfm_assets.domain.dataset import Column, Rule, Table
from kfm_assets.gates.schema import DTYPES

MAIN = pl.DataFrame({"event": [1, 2, 2, 3, None], "place": ["a", "b", None, "c", "d"]})
"""The main table that `references` looks into: with a repeated value, and nulls that refer to nothing."""


def column(name: str, dtype: str, *, nullable: bool = True) -> Column:
    return Column(name, dtype, f"a {dtype}", nullable)


COLUMNS = (
    column("row", "int64", nullable=False),
    column("count", "int32"),
    column("magnitude", "float64"),
    column("depth", "float64", nullable=False),
    column("code", "string", nullable=False),
    column("day", "date"),
    column("begin", "timestamp"),
    column("end", "timestamp"),
    column("flag", "bool"),
    column("shape", "geometry"),
    column("event", "int64"),
    column("place", "string"),
)


def rule(check: str, *columns: str, name: str = "", most: str = "0", **arguments: object) -> Rule:
    return Rule(name or f"{check} of {' and '.join(columns)}", check, columns, "so it is", arguments, most)


RULES = (
    rule("in_range", "magnitude", min_value="-1.5", max_value=9),
    rule("in_range", "count", min_value="0.5", max_value=3),
    rule("in_range", "day", min_value="1950-01-01", max_value="2000-12-31"),
    rule("in_range", "begin", min_value="1950-01-01T00:00:00Z", max_value="2000-12-31T18:00:00-06:00"),
    rule("in_range", "magnitude", "depth", min_value=-10, max_value="1e3"),
    rule("greater_than_or_equal_to", "depth", min_value=0),
    rule("greater_than_or_equal_to", "count", min_value=-1),
    rule("isin", "code", allowed_values=("C", "Z")),
    rule("isin", "count", allowed_values=("1", "2")),
    rule("str_matches", "code", pattern="[A-Z]$"),
    rule("str_matches", "place", pattern="^a|b"),
    rule("unique", "code"),
    rule("unique", "magnitude"),
    rule("unique", "code", "magnitude", "day"),
    rule("not_after", "begin", "end"),
    rule("not_after", "magnitude", "depth"),
    rule("references", "event", to="event"),
    rule("references", "event", "place", to=("event", "place")),
    rule("row_count", equal_to=2),
)


def table(*rules: Rule, columns: tuple[Column, ...] = COLUMNS, key: tuple[str, ...] = ("row",)) -> Table:
    return Table("observations", "for tests", columns, key, rules)


_INSTANTS = st.sampled_from(
    [
        datetime(1949, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(1950, 1, 1, tzinfo=UTC),
        datetime(2001, 1, 1, tzinfo=UTC),
    ]
)
_FLOATS = st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0, 0.0, -1.5, -1.6, 9.0, 9.000001, 1e3])
_VALUES = {
    "int32": st.sampled_from([-2, -1, 0, 1, 2, 3, 4]),
    "int64": st.integers(-1, 4),
    "float64": _FLOATS | st.floats(-20, 20),
    "string": st.sampled_from(["", "C", "Z", "CZ", "c", "xb", "a", "b", "C\n", "é"]),
    "date": st.sampled_from([date(1949, 12, 31), date(1950, 1, 1), date(2000, 12, 31), date(2001, 1, 1)]),
    "timestamp": _INSTANTS,
    "bool": st.booleans(),
    "geometry": st.binary(max_size=3),
}


def frames(*, nulls: bool = True, most: int = 6) -> st.SearchStrategy[pl.DataFrame]:
    """Frames with the table's columns and types; what stands in them is as it comes."""
    values = {item.name: (st.none() | _VALUES[item.dtype]) if nulls else _VALUES[item.dtype] for item in COLUMNS}
    rows = st.lists(st.fixed_dictionaries(values), max_size=most)
    types = {item.name: DTYPES[item.dtype] for item in COLUMNS}
    return rows.map(lambda drawn: pl.DataFrame(drawn, schema=types))


def good(rows: int = 2) -> pl.DataFrame:
    """Return a frame that keeps every rule where it has two rows."""
    types = {item.name: DTYPES[item.dtype] for item in COLUMNS}
    drawn = [
        {
            "row": at,
            "count": 1,
            "magnitude": -1.5 + at,
            "depth": float(at + 5),
            "code": "CZ"[at % 2],
            "day": date(1950, 1, 1),
            "begin": datetime(1950, 1, 1, tzinfo=UTC),
            "end": datetime(1950, 1, 1, tzinfo=UTC),
            "flag": True,
            "shape": b"",
            "event": 1,
            "place": "a",
        }
        for at in range(rows)
    ]
    return pl.DataFrame(drawn, schema=types)


@st.composite
def bent_frames(draw) -> pl.DataFrame:
    """Frames that are good but for a cell or two."""
    rows = good(draw(st.integers(0, 4))).to_dicts()
    for _ in range(draw(st.integers(0, 2))):
        if rows:
            bent = draw(st.sampled_from(COLUMNS))
            rows[draw(st.integers(0, len(rows) - 1))][bent.name] = draw(st.none() | _VALUES[bent.dtype])
    return pl.DataFrame(rows, schema={item.name: DTYPES[item.dtype] for item in COLUMNS})
