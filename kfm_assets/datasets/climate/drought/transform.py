"""One year of the Drought Monitor's weeks, from the rows of each wire to its table. Pure over frames.

Each wire row ends in one place, by the first of these that applies: it is about another area; a rule of the
specification's `quarantine` holds it back, the last of which looks at the other readable rows of its week and kind; it
repeats one of them; it is a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.climate.drought.parser import HEADERS, day
from kfm_assets.datasets.climate.drought.specification import CATEGORIES, CATEGORIES_WIRE, DSCI_WIRE, SHARES, WEEKS
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim

_RULE, _OUT = "rule", "left_out"
_KANSAS = ("KANSAS", "KS", "20")
_WEEK = timedelta(days=7)
_TUESDAY = 2
_PERCENTS = ("none_percent", *(f"{name.lower()}_percent" for name in CATEGORIES))
_STATISTICS = {"1": "cumulative", "2": "categorical"}
_ROUNDING = 0.05
"""How far six shares with two decimals may be from the whole: 0.03, and what a binary fraction adds."""


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the tables `weeks` and `categories` of one year. Nothing is needed of other datasets."""
    del upstream
    indices = _told_apart(_dsci(_rows(wires, DSCI_WIRE)), ["dsci"])
    shares = _told_apart(_categories(_rows(wires, CATEGORIES_WIRE)), [*_PERCENTS, "statistic"])
    judged = {DSCI_WIRE: indices, CATEGORIES_WIRE: shares}
    weeks = tables.conform(_weeks(_kept(indices)), WEEKS)
    categories = tables.conform(_compared(_weeks(_kept(shares)), weeks), SHARES)
    return Product(
        tables={WEEKS.name: weeks, SHARES.name: categories},
        quarantine=pl.concat([_quarantine(wire, rows, held) for wire, rows in judged.items()]),
        out_of_scope={wire: _left_out(rows) for wire, rows in judged.items()},
        rows_in={wire: rows.height for wire, rows in judged.items()},
        yields={DSCI_WIRE: WEEKS.name, CATEGORIES_WIRE: SHARES.name},
        facts=_facts(weeks, categories, int(partition)),
    )


def _rows(wires: Mapping[str, pl.DataFrame], wire: str) -> pl.DataFrame:
    """Return a wire's rows in the order of their files and lines, with `area` and `week_start`."""
    text = dict.fromkeys([*(name for header in HEADERS[wire] for name in header), FILE], pl.String())
    rows = pl.concat(
        [pl.DataFrame(schema={LINE: pl.Int64(), **text}), *([wires[wire]] if wire in wires else [])], how="diagonal"
    )
    named = [name for name in ("Name", "StateAbbreviation", "AreaOfInterest") if name in rows.columns]
    return rows.sort(FILE, LINE).with_columns(
        pl.coalesce(named).str.strip_chars().str.to_uppercase().alias("area"), day("MapDate").alias("week_start")
    )


def _dsci(rows: pl.DataFrame) -> pl.DataFrame:
    """Read the rows of the index, and say which rule holds a row back."""
    number = pl.when(pl.col("DSCI").str.contains(r"^\d{1,3}(?:\.0+)?$")).then(pl.col("DSCI")).cast(pl.Float64)
    read = rows.with_columns(pl.when(number <= 500).then(number).cast(pl.Int32).alias("dsci"))  # noqa: PLR2004 - the scale
    return _judged(read, [("dsci_invalid", pl.col("dsci").is_null())])


def _categories(rows: pl.DataFrame) -> pl.DataFrame:
    """Read the rows of categories, and say which rule holds a row back; shares become cumulative."""
    sent = [_share(name).alias(column) for name, column in zip(("None", *CATEGORIES), _PERCENTS, strict=True)]
    statistic = pl.col("StatisticFormatID").replace_strict(_STATISTICS, default=None, return_dtype=pl.String)
    read = rows.with_columns(*sent, statistic.alias("statistic"))
    start, end = day("ValidStart"), day("ValidEnd")
    is_week = (start == pl.col("week_start")) & (end == pl.col("week_start") + _WEEK - timedelta(days=1))
    whole = [pl.col(name) for name in _PERCENTS]
    cumulative = pl.col("statistic") == "cumulative"
    whole_area = pl.when(cumulative).then(whole[0] + whole[1]).otherwise(pl.sum_horizontal(whole))
    falling = pl.all_horizontal(more >= less for more, less in pairwise(whole[1:]))
    adds_up = ((whole_area - 100).abs() <= _ROUNDING) & (~cumulative | falling)
    judged = _judged(
        read,
        [
            ("week_unclear", ~is_week.fill_null(value=False)),
            ("share_invalid", pl.any_horizontal(share.is_null() for share in whole)),
            ("statistic_unknown", pl.col("statistic").is_null()),
            ("shares_do_not_add_up", ~adds_up),
        ],
    )
    return judged.with_columns(
        # A sum of shares of one area is at most all of it; what is above is the rounding of its parts.
        pl.when(cumulative).then(whole[place]).otherwise(pl.sum_horizontal(whole[place:]).round(2).clip(0, 100))
        for place in range(1, len(whole))
    )


def _share(name: str) -> pl.Expr:
    number = pl.when(pl.col(name).str.contains(r"^\d{1,3}(?:\.\d*)?$")).then(pl.col(name)).cast(pl.Float64)
    return pl.when(number <= 100).then(number)  # noqa: PLR2004 - a percentage


def _judged(rows: pl.DataFrame, rules: list[tuple[str, pl.Expr]]) -> pl.DataFrame:
    """Add what keeps a row out by itself: the scope's rule in `left_out`, or quarantine's in `rule`."""
    area = pl.col("area")
    elsewhere = (area != "") & ~area.is_in(_KANSAS)
    undated = pl.when(pl.col("week_start").is_null()).then(pl.lit("undated"))
    rule = (
        undated.when(area == "")
        .then(pl.lit("area_missing"))
        .when(pl.col("week_start").dt.weekday() != _TUESDAY)
        .then(pl.lit("not_a_tuesday"))
    )
    for name, broken in rules:
        rule = rule.when(broken).then(pl.lit(name))
    return rows.with_columns(
        pl.when(elsewhere).then(pl.lit("other_area")).alias(_OUT), pl.when(~elsewhere).then(rule).alias(_RULE)
    )


def _told_apart(rows: pl.DataFrame, values: list[str]) -> pl.DataFrame:
    """Hold back all rows of a week that disagree, and leave out those that repeat another."""
    usable = pl.col(_OUT).is_null() & pl.col(_RULE).is_null()
    week = pl.when(usable).then("week_start")
    marked = rows.with_columns(
        pl.when(usable).then(pl.struct(values).n_unique().over(week)).alias("versions"),
        pl.when(usable).then(pl.int_range(pl.len()).over(week)).alias("place"),
    )
    return marked.with_columns(
        pl.when(pl.col("versions") > 1).then(pl.lit("contradicted")).otherwise(_RULE).alias(_RULE),
        pl.when((pl.col("versions") == 1) & (pl.col("place") > 0)).then(pl.lit("repeated")).otherwise(_OUT).alias(_OUT),
    )


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col(_OUT).is_null() & pl.col(_RULE).is_null())


def _weeks(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns((pl.col("week_start") + _WEEK - timedelta(days=1)).alias("week_end"))


def _compared(shares: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """Add the index as the shares give it, and how far the published one is from that."""
    total = pl.sum_horizontal(_PERCENTS[1:]).round(2)
    return shares.join(weeks.select("week_start", "dsci"), on="week_start", how="left").with_columns(
        total.alias("dsci_of_categories"), (pl.col("dsci") - total).round(2).alias("dsci_difference")
    )


def _quarantine(wire: str, rows: pl.DataFrame, held: Verbatim) -> pl.DataFrame:
    bad = rows.filter(pl.col(_RULE).is_not_null())[FILE, LINE, _RULE]
    texts = [(wire, file, line, rule, held(file, line)) for file, line, rule in bad.iter_rows()]
    return pl.DataFrame(texts, schema=tables.QUARANTINE_SCHEMA, orient="row")


def _left_out(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.drop_nulls(_OUT).group_by(_OUT).len().sort(_OUT).iter_rows())


def _facts(weeks: pl.DataFrame, shares: pl.DataFrame, year: int) -> dict[str, int | str]:
    """Count the weeks, those that are missing up to the last one, and what the index says of them."""
    there = set(weeks["week_start"])
    tuesdays = _tuesdays(year)
    missing = [week for week in tuesdays if there and week not in there and week < max(there)]
    largest = weeks.sort("dsci", "week_start", descending=[True, False]).head(1)
    return {
        "weeks_missing": len(missing),
        "first_week_missing": missing[0].isoformat() if missing else "",
        "weeks_after_the_last": sum(1 for week in tuesdays if not there or week > max(there)),
        "last_week": max(there).isoformat() if there else "",
        "weeks_that_end_in_the_next_year": weeks.filter(pl.col("week_end").dt.year() > year).height,
        "weeks_without_categories": len(there - set(shares["week_start"])),
        "categories_without_index": shares["dsci_difference"].null_count(),
        "categorical_made_cumulative": shares.filter(statistic="categorical").height,
        "weeks_in_no_category": weeks.filter(dsci=0).height,
        "largest_dsci": str(largest["dsci"][0]) if largest.height else "",
        "week_of_largest_dsci": largest["week_start"][0].isoformat() if largest.height else "",
    }


def _tuesdays(year: int) -> list[date]:
    first = date(year, 1, 1)
    first += timedelta(days=(_TUESDAY - first.isoweekday()) % 7)
    return [week for place in range(53) if (week := first + place * _WEEK).year == year]
