"""Which tornadoes of two records are one: a comparison of frames, each row with its id, instant, point and rating.

A pair is a row of each side, at most 30 minutes and 10 km apart; of all that could be pairs the nearest are, first by
place, then by time, then by rating. No row is in two. What is left is explained as far as it can be, in this order: one
of the witness's tornadoes is held back here; it is here on another day, at the same place and the same time of day; one
of ours begins on the track of a tornado that began earlier, for ours are recorded county by county and the witness's
once. What nothing explains is on one side only.

Distances are along great circles of a sphere of 6371.0088 km (IUGG mean radius); to a track, in a plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

WITHIN = timedelta(minutes=30)
WITHIN_KM = 10.0
TRACK_KM = 5.0
TRACK_LASTS = timedelta(hours=4)
OTHER_DAYS, SAME_PLACE_KM = 31, 1.0
"""How far two rows may be apart to be one, and how far and how long after its beginning a row may be on a track."""

STATE = "KS"
"""The witness's tornadoes that began here; the others count for their tracks alone."""

_RADIUS_KM = 6371.0088
_KM_PER_DEGREE = 111.195
_PAIR = pl.Schema({"id": pl.Int64(), "id_there": pl.Int64(), "km": pl.Float64(), "minutes": pl.Float64()})


@dataclass(frozen=True, slots=True)
class Agreement:
    """What became of each row. Each frame has both sides, `…_there` for the witness, where there is another side."""

    here: int
    there: int
    matched: pl.DataFrame
    held_back: pl.DataFrame
    other_day: pl.DataFrame
    on_a_track: pl.DataFrame
    only_here: pl.DataFrame
    only_there: pl.DataFrame

    def counts(self) -> dict[str, int | str]:
        """Count the rows of both sides, and what became of them; `agreement_percent` is rounded down."""
        pairs = self.matched
        agreed = 2 * pairs.height + self.on_a_track.height
        differ = (pl.col("rating") != pl.col("rating_there")).fill_null(value=False)
        farthest = max(pairs["km"].to_list(), default=0.0)
        return {
            "here": self.here,
            "there": self.there,
            "matched": pairs.height,
            "on_a_track": self.on_a_track.height,
            "held_back_here": self.held_back.height,
            "on_another_day": self.other_day.height,
            "only_here": self.only_here.height,
            "only_there": self.only_there.height,
            "rated_differently": pairs.filter(differ).height,
            "rated_there_alone": pairs.filter(pl.col("rating").is_null() & pl.col("rating_there").is_not_null()).height,
            "same_point_outside_kansas": pairs.filter(begin_point="outside").height,
            "farthest_km": f"{farthest:.2f}",
            "agreement_percent": 100 * agreed // max(1, self.here + self.there),
        }

    def disagreements(self) -> list[dict[str, str]]:
        """Return what differs, the gravest first: another day, one side alone, held back, another rating, far apart."""
        differ = self.matched.filter(
            (pl.col("rating") != pl.col("rating_there")).fill_null(value=False) | (pl.col("km") > SAME_PLACE_KM)
        )
        listed = (
            ("on another day", self.other_day),
            ("only there", self.only_there),
            ("only here", self.only_here),
            ("held back here", self.held_back),
            ("matched", differ.sort("km", "id", descending=[True, False])),
        )
        return [{"what": what, **row} for what, rows in listed for row in _told(rows)]

    def report(self) -> dict[str, object]:
        """Return all of it, each row with both sides' instants, points and ratings, as text."""
        parts = ("matched", "held_back", "other_day", "on_a_track", "only_here", "only_there")
        rows: dict[str, list[dict[str, str]]] = {name: _told(getattr(self, name)) for name in parts}
        tolerances = {
            "minutes": int(WITHIN.total_seconds() // 60),
            "km": str(WITHIN_KM),
            "track_km": str(TRACK_KM),
            "track_hours": int(TRACK_LASTS.total_seconds() // 3600),
            "other_days": OTHER_DAYS,
        }
        return {"tolerances": tolerances, **rows}


def compare(here: pl.DataFrame, held: pl.DataFrame, there: pl.DataFrame) -> Agreement:
    """Compare a year's rows.

    Args:
        here: `id`, `at`, `lon`, `lat`, `rating`, `begin_point`; a point may be missing.
        held: the same with `rule` for `begin_point`, of rows that are kept out.
        there: `id`, `om`, `at`, `lon`, `lat`, `end_lon`, `end_lat`, `rating`, `state`.
    """
    ours = there.filter(state=STATE)
    matched = _nearest(_candidates(here, ours))
    left, right = _without(here, matched["id"]), _without(ours, matched["id_there"])
    kept_out = _nearest(_candidates(held, right))
    right = _without(right, kept_out["id_there"])
    known = pl.concat([left, _without(held, kept_out["id"])], how="diagonal")
    moved = _nearest(_same_clock(known, right))
    left, right = _without(left, moved["id"]), _without(right, moved["id_there"])
    tracked = _on_tracks(left, there)
    left = _without(left, tracked["id"])
    return Agreement(
        here=here.height,
        there=ours.height,
        matched=_both(matched, here, there),
        held_back=_both(kept_out, held, there),
        other_day=_both(moved, known, there),
        on_a_track=_both(tracked, here, there),
        only_here=left.sort("at", "id"),
        only_there=right.sort("at", "id").rename({name: f"{name}_there" for name in right.columns}),
    )


def _candidates(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of two sides that could be one."""
    apart = pl.col("at") - pl.col("at_there")
    pairs = _crossed(left, right, WITHIN).filter(apart.abs() <= WITHIN)
    return _measured(pairs).filter(pl.col("km") <= WITHIN_KM)


def _same_clock(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of two sides at one place and one time of day, some days apart."""
    pairs = _crossed(left, right, timedelta(days=OTHER_DAYS))
    same = pl.col("at").dt.time() == pl.col("at_there").dt.time()
    return _measured(pairs.filter(same)).filter(pl.col("km") <= SAME_PLACE_KM)


def _on_tracks(left: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Return for each row the track that it begins on, the nearest, where there is one."""
    tracks = there.filter(pl.col("end_lat").is_not_null())
    since = pl.col("at") - pl.col("at_there")
    pairs = _crossed(left, tracks, TRACK_LASTS).filter((since >= -WITHIN) & (since <= TRACK_LASTS))
    scale = pl.col("lat").radians().cos()
    east, north = (pl.col("lon") - pl.col("lon_there")) * scale, pl.col("lat") - pl.col("lat_there")
    along_east = (pl.col("end_lon_there") - pl.col("lon_there")) * scale
    along_north = pl.col("end_lat_there") - pl.col("lat_there")
    length = (along_east**2 + along_north**2).clip(1e-12)
    part = ((east * along_east + north * along_north) / length).clip(0, 1)
    off = ((east - part * along_east) ** 2 + (north - part * along_north) ** 2).sqrt() * _KM_PER_DEGREE
    measured = pairs.with_columns(off.alias("km"), (since.dt.total_seconds() / 60).alias("minutes"))
    near = measured.filter(pl.col("km") <= TRACK_KM).sort("id", pl.col("km").round(3), "minutes", "id_there")
    return near.unique("id", keep="first", maintain_order=True).select(_PAIR.names()).cast(_PAIR)


def _crossed(left: pl.DataFrame, right: pl.DataFrame, within: timedelta) -> pl.DataFrame:
    """Return all pairs of rows that have a place and an instant, the instants about so far apart."""
    others = right.drop_nulls(["at", "lon", "lat"]).rename({name: f"{name}_there" for name in right.columns})
    ours = left.drop_nulls(["at", "lon", "lat"])
    return ours.join_where(
        others, pl.col("at") <= pl.col("at_there") + within, pl.col("at") >= pl.col("at_there") - within
    )


def _measured(pairs: pl.DataFrame) -> pl.DataFrame:
    lat, lat_there = pl.col("lat").radians(), pl.col("lat_there").radians()
    half = (lat_there - lat) / 2, (pl.col("lon_there") - pl.col("lon")).radians() / 2
    chord = half[0].sin() ** 2 + lat.cos() * lat_there.cos() * half[1].sin() ** 2
    apart = (pl.col("at") - pl.col("at_there")).dt.total_seconds()
    return pairs.with_columns(
        (2 * _RADIUS_KM * chord.sqrt().clip(0, 1).arcsin()).alias("km"), (apart / 60).alias("minutes")
    )


def _nearest(candidates: pl.DataFrame) -> pl.DataFrame:
    """Choose pairs, the nearest first, so that no row is in two."""
    differ = (pl.col("rating") != pl.col("rating_there")).fill_null(value=True)
    ordered = candidates.sort(pl.col("km").round(3), pl.col("minutes").abs(), differ, "id", "id_there")
    taken: set[int] = set()
    taken_there: set[int] = set()
    chosen = []
    for row in ordered.select(_PAIR.names()).iter_rows():
        if row[0] not in taken and row[1] not in taken_there:
            taken.add(row[0])
            taken_there.add(row[1])
            chosen.append(row)
    return pl.DataFrame(chosen, schema=_PAIR, orient="row")


def _without(rows: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    return rows.filter(~pl.col("id").is_in(ids.implode()))


def _both(pairs: pl.DataFrame, here: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Put both sides of each pair side by side, in the order of time."""
    others = there.rename({name: f"{name}_there" for name in there.columns})
    return pairs.join(here, on="id").join(others, on="id_there").sort("at", "id")


def _told(rows: pl.DataFrame) -> list[dict[str, str]]:
    return [_row(row) for row in rows.iter_rows(named=True)]


def _row(row: Mapping[str, object]) -> dict[str, str]:
    """Tell both sides of a row, and how far apart they are, as text."""
    told = {
        "event_id": _text(row.get("id")),
        "begin": _text(row.get("at")),
        "point": _point(row.get("lon"), row.get("lat")),
        "rating": _text(row.get("rating")),
        "rule": _text(row.get("rule")),
        "om": _text(row.get("om_there")),
        "begin_there": _text(row.get("at_there")),
        "point_there": _point(row.get("lon_there"), row.get("lat_there")),
        "rating_there": _text(row.get("rating_there")),
        "km": "" if row.get("km") is None else f"{row['km']:.2f}",
        "minutes": "" if row.get("minutes") is None else f"{row['minutes']:.0f}",
    }
    return {name: text for name, text in told.items() if text}


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat(timespec="minutes") if hasattr(value, "isoformat") else str(value)


def _point(lon: object, lat: object) -> str:
    """Write a point as latitude and longitude, in degrees with four decimals."""
    return "" if lon is None or lat is None else f"{lat:.4f} {lon:.4f}"
