"""From nClimDiv's records to Kansas' months: which record counts, what is held back, in which units. Pure over frames.

Each record ends in one place, by the first of these that applies:

1. it is not of Kansas (`outside_kansas`);
2. a later file has one of the same element, division and year (`superseded`), whatever is in either: a newer edition
   that is damaged is not passed over for an older one;
3. a rule of the specification's `quarantine` holds it back;
4. another record of the same date says the same (`repeated`), or something else (`contradictory`, all of them);
5. it is a row of the table `series`, and each of its values a cell of the table `months`.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from kfm_assets.datasets import tables
from kfm_assets.datasets.climate.divisional.elements import DIVISIONS, ELEMENTS, KANSAS, Element
from kfm_assets.datasets.climate.divisional.parser import EDITION
from kfm_assets.datasets.climate.divisional.specification import MONTH_FIELDS, MONTHS, SERIES, WIRE
from kfm_assets.datasets.program import FILE, LINE, Product, Verbatim

_NUMBER = r"^-?(?:\d+\.\d*|\.\d+)$"
_KEY = ("element", "division")
_ROW, _RULE, _OUT, _SAID = "row", "rule", "left_out", "said"
_DECIMALS = 4
_NEWEST = pl.col(EDITION) == pl.col(EDITION).max().over(_KEY)

_SCALES = pl.DataFrame(
    [(one.code, one.name, float(one.low), float(one.high), float(one.missing)) for one in ELEMENTS],
    schema=["ELEMENT CODE", "element", "low", "high", "missing"],
    orient="row",
)


def transform(
    partition: str, wires: Mapping[str, pl.DataFrame], upstream: Mapping[str, pl.DataFrame], held: Verbatim
) -> Product:
    """Return the tables `months` and `series` of one year. Nothing is needed of other datasets."""
    del upstream
    rows = wires.get(WIRE)
    if rows is None or rows.is_empty():
        nothing = {table.name: tables.empty(table) for table in (MONTHS, SERIES)}
        return Product(nothing, _quarantine([]), {WIRE: {}}, {WIRE: 0}, {WIRE: SERIES.name})
    kansas = _named(rows.filter(pl.col("STATE-CODE").cast(pl.Int32) == KANSAS))
    values = _values(kansas, int(partition))
    judged = _versions(_judged(kansas, values))
    kept = judged.filter(pl.col(_RULE).is_null() & pl.col(_OUT).is_null())
    given = values.join(kept.select(_ROW), on=_ROW, how="semi")
    series, months = tables.conform(_series(kept, given), SERIES), tables.conform(_months(given), MONTHS)
    left_out = {"outside_kansas": rows.height - kansas.height}
    left_out |= dict(judged.drop_nulls(_OUT).group_by(_OUT).len().sort(_OUT).iter_rows())
    bad = judged.filter(pl.col(_OUT).is_null()).drop_nulls(_RULE)
    return Product(
        tables={MONTHS.name: months, SERIES.name: series},
        quarantine=_quarantine(
            [(WIRE, file, line, rule, held(file, line)) for file, line, rule in bad[FILE, LINE, _RULE].iter_rows()]
        ),
        out_of_scope={WIRE: {rule: count for rule, count in left_out.items() if count}},
        rows_in={WIRE: rows.height},
        yields={WIRE: SERIES.name},
        facts=_facts(series, values, kept),
    )


def _named(kansas: pl.DataFrame) -> pl.DataFrame:
    """Add what a record is of, in words and numbers, and a number of its own."""
    text = pl.concat_str(*(pl.col(field).str.strip_chars() for field in MONTH_FIELDS), separator=" ")
    return (
        kansas.with_columns(pl.col("DIVISION-NUMBER").cast(pl.Int32).alias("division"), text.alias(_SAID))
        .join(_SCALES, on="ELEMENT CODE", how="left", maintain_order="left")
        .with_columns(pl.col("division").replace_strict(DIVISIONS, default=None).alias("division_name"))
        .with_row_index(_ROW)
    )


def _values(kansas: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return a row for each month of each record: its text, its value where there is one, what is wrong with it."""
    names = {field: number for number, field in enumerate(MONTH_FIELDS, 1)}
    long = kansas.unpivot(
        MONTH_FIELDS, index=[_ROW, *_KEY, EDITION, "low", "high", "missing"], variable_name="field", value_name="text"
    ).with_columns(pl.date(year, pl.col("field").replace_strict(names, return_dtype=pl.Int8), 1).alias("month"))
    text = pl.col("text").str.strip_chars()
    sent = pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)
    read = long.with_columns(sent.alias("sent"), pl.col(EDITION).str.to_date("%Y%m%d", strict=False).alias("written"))
    value = pl.when(pl.col("sent").is_between("low", "high")).then("sent")
    return read.with_columns(
        value.alias("value"),
        (pl.col("sent") == pl.col("missing")).fill_null(value=False).alias("is_missing"),
    ).with_columns(
        (pl.col("month").dt.offset_by("1mo") > pl.col("written")).alias("is_to_come"),
        (pl.col("value").is_not_null() & (pl.col("month") > pl.col("written"))).alias("not_yet"),
    )


def _judged(kansas: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Add the first rule that holds a record back, or none."""
    faults = values.group_by(_ROW).agg(
        pl.col("sent").is_null().any().alias("value_unreadable"),
        (pl.col("value").is_null() & pl.col("sent").is_not_null() & ~pl.col("is_missing"))
        .any()
        .alias("value_impossible"),
        pl.col("not_yet").any(),
    )
    rules = {"division_unknown": pl.col("division_name").is_null()}
    rules |= {rule: pl.col(rule) for rule in ("value_unreadable", "value_impossible", "not_yet")}
    first = pl.coalesce(pl.when(applies).then(pl.lit(rule)) for rule, applies in rules.items())
    return kansas.join(faults, on=_ROW, how="left", maintain_order="left").with_columns(first.alias(_RULE))


def _versions(rows: pl.DataFrame) -> pl.DataFrame:
    """Say of each record whether another counts. Of those that say the same, the shortest file name's first does."""
    older = pl.when(~_NEWEST).then(pl.lit("superseded"))
    ranked = rows.with_columns(older.alias(_OUT)).sort(*_KEY, pl.col(FILE).str.len_bytes(), FILE, LINE)
    rivals = pl.when(pl.col(_RULE).is_null() & pl.col(_OUT).is_null()).then(_SAID)
    several = ranked.with_columns(rivals.alias("rival")).with_columns(
        (pl.col("rival").drop_nulls().n_unique().over(_KEY) > 1).alias("disagree"),
        (pl.col("rival").is_not_null() & pl.struct(*_KEY, "rival").is_first_distinct()).alias("is_first"),
    )
    is_rival = pl.col("rival").is_not_null()
    return several.with_columns(
        pl.when(is_rival & pl.col("disagree")).then(pl.lit("contradictory")).otherwise(_RULE).alias(_RULE),
        pl.when(is_rival & ~pl.col("disagree") & ~pl.col("is_first"))
        .then(pl.lit("repeated"))
        .otherwise(_OUT)
        .alias(_OUT),
    )


def _series(kept: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    counts = given.group_by(_ROW).agg(
        pl.col("value").count().alias("months_given"),
        (pl.col("is_missing") & pl.col("is_to_come")).sum().alias("months_to_come"),
        (pl.col("is_missing") & ~pl.col("is_to_come")).sum().alias("months_missing"),
    )
    return kept.join(counts, on=_ROW).with_columns(pl.col(EDITION).str.to_date("%Y%m%d"))


def _months(given: pl.DataFrame) -> pl.DataFrame:
    """Bring values to SI, and those of a month and division together."""
    cells = (_converted(one, pl.col("value").filter(element=one.name).first()) for one in ELEMENTS)
    return (
        given.drop_nulls("value")
        .group_by("month", "division")
        .agg(*cells)
        .with_columns(pl.col("division").replace_strict(DIVISIONS, return_dtype=pl.String()).alias("division_name"))
    )


def _converted(element: Element, value: pl.Expr) -> pl.Expr:
    # What was sent has two decimals at most, and some zeros have a sign.
    converted = ((value - element.origin) * element.factor / element.divisor).round(_DECIMALS)
    return pl.when(converted == 0).then(0.0).otherwise(converted).alias(element.column)


def _facts(series: pl.DataFrame, values: pl.DataFrame, kept: pl.DataFrame) -> dict[str, int | str]:
    sent = values.join(kept.select(_ROW), on=_ROW, how="semi")
    by_division = series.filter(pl.col("division") > 0)
    return {
        "elements_by_division": ", ".join(by_division["element"].unique().sort()),
        "elements_of_the_state": ", ".join(series.filter(division=0)["element"].unique().sort()),
        "values": int(series["months_given"].sum()),
        "values_of_zero": sent.filter(value=0).height,
        "months_to_come": int(series["months_to_come"].sum()),
        "months_missing": int(series["months_missing"].sum()),
        "unfinished_records": series.filter(pl.col("months_to_come") > 0).height,
    }


def _quarantine(rows: list[tuple[str, str, int, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=tables.QUARANTINE_SCHEMA, orient="row")
