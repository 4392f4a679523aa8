"""What models/storm_frequency is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import (
    Column,
    Dataset,
    Grain,
    Kind,
    Partitions,
    Reach,
    Requirement,
    Rule,
    Table,
    Upstream,
)

STORMS, CLIMATE = "hazards/storm_events", "climate/divisional"
STORM_FILE, CLIMATE_FILE = "details.parquet", "months.parquet"

EVENT_TYPES = ("Hail", "Thunderstorm Wind", "Tornado")
"""What is counted: the types that Storm Data has recorded since 1955."""

MODEL, CARD, PAGE, FEATURE_TABLE = "model.skops", "card.json", "page.md", "features"
"""The files that a year publishes beside its tables: the trees, their card, the card for people."""

_COUNTED = tuple(f"{STORMS}.{name}" for name in ("county_fips", "event_type", "begin_utc", "utc_offset_hours"))
_DROUGHT = tuple(f"{CLIMATE}.{name}" for name in ("month", "division", "pdsi"))
_ALL = (*_COUNTED, *_DROUGHT)


def _events(name: str, description: str, *, sources: tuple[str, ...] = _COUNTED, nullable: bool = False) -> Column:
    return Column(name, "float64", description, nullable, "events", sources)


def _deviance(method: str) -> Column:
    text = f"Mean Poisson deviance of {method}, over all cells and years looked back on; null where there are none"
    name = f"{method.replace(' ', '_')}_deviance"
    return Column(name, "float64", text, nullable=True, sources=_ALL if method in {"model", "regression"} else _COUNTED)


def _percent(name: str, description: str) -> Column:
    return Column(name, "float64", description, nullable=True, unit="%", sources=_ALL)


_DIVISION_RULE = Rule(
    "division_in_range",
    "in_range",
    ("division",),
    "Kansas has nine climate divisions",
    {"min_value": 1, "max_value": 9},
)
_MONTH_RULE = Rule("month_in_range", "in_range", ("month",), "a year has 12", {"min_value": 1, "max_value": 12})

EVALUATION = Table(
    name="evaluation",
    description="How the model did on years that it had not seen, beside its baselines: the state, and each division",
    columns=(
        Column("division", "int32", "Number of the climate division; 0 is the state", sources=_COUNTED[:1]),
        Column("years", "int32", "Years looked back on", unit="a", sources=_COUNTED),
        Column("cells", "int32", "Months and divisions in them", sources=_COUNTED),
        *(_deviance(method) for method in ("model", "climatology", "last year", "exposure", "regression")),
        _percent("difference_percent", "The model's deviance over climatology's, less one; below zero is better"),
        _percent("low_percent", "Lower bound of 90 % of 999 draws of the years"),
        _percent("high_percent", "Upper bound of them"),
        Column(
            "beats_climatology",
            "string",
            "yes where all of the interval lies below zero, no where all of it lies above, unclear in between, unknown "
            "where no year could be looked back on",
            sources=_ALL,
        ),
    ),
    key=("division",),
    rules=(
        Rule("ten_rows", "row_count", (), "the state and its nine divisions", {"equal_to": 10}),
        Rule(
            "answer_is_known",
            "isin",
            ("beats_climatology",),
            "there are four answers",
            {"allowed_values": ("yes", "no", "unclear", "unknown")},
        ),
    ),
)

BACKTEST = Table(
    name="backtest",
    description="What each method expected of each month and division, by what was known at the end of the year before",
    columns=(
        Column("year", "int32", "The year that was predicted", sources=_COUNTED[2:]),
        Column("month", "int32", "Month, 1 to 12", sources=_COUNTED[2:]),
        Column("division", "int32", "Number of the climate division", sources=_COUNTED[:1]),
        Column("observed_events", "int32", "Events that were recorded", unit="events", sources=_COUNTED),
        _events("model_events", "Expected by trees fitted to the years before alone", sources=_ALL),
        _events("climatology_events", "Mean of all years before"),
        _events("last_year_events", "Events of the year before, at least 0.02"),
        _events("exposure_events", "Expected if the year is as the last ones were"),
        _events("regression_events", "Expected by a Poisson regression fitted to the years before", sources=_ALL),
    ),
    key=("year", "month", "division"),
    rules=(
        _DIVISION_RULE,
        _MONTH_RULE,
        Rule(
            "no_negative_rate",
            "greater_than_or_equal_to",
            ("model_events", "climatology_events", "last_year_events", "exposure_events", "regression_events"),
            "a number of events is not below zero",
            {"min_value": 0},
        ),
    ),
)

FEATURE_ROWS = Table(
    name=FEATURE_TABLE,
    description="What was known of each month and division at the end of the year before; the year ahead included",
    columns=(
        Column("target_year", "int32", "The year that is predicted", sources=_COUNTED[2:]),
        Column("month", "int32", "Month, 1 to 12", sources=_COUNTED[2:]),
        Column("division", "int32", "Number of the climate division", sources=_COUNTED[:1]),
        _events("exposure_events", "Expected if the year is as the last ones were"),
        Column(
            "division_share_5y", "float64", "Its share of five years' events over its normal share", sources=_COUNTED
        ),
        Column("division_share_1y", "float64", "Its share of the last year's over its normal share", sources=_COUNTED),
        Column("pdsi_december", "float64", "Palmer index of the last December", True, sources=_DROUGHT),
        Column("pdsi_growing_season", "float64", "Its mean of April to September", True, sources=_DROUGHT),
        _events("climatology_events", "Mean of all years before"),
        Column("last_year_events", "int32", "Events of the year before", unit="events", sources=_COUNTED),
        Column("observed_events", "int32", "Events of the target year; null ahead", True, "events", _COUNTED),
    ),
    key=("target_year", "month", "division"),
    rules=(
        _DIVISION_RULE,
        _MONTH_RULE,
        Rule(
            "exposure_above_zero",
            "greater_than_or_equal_to",
            ("exposure_events",),
            "what is multiplied by zero has no ratio",
            {"min_value": "0.02"},
        ),
    ),
)

SPECIFICATION = Dataset(
    key="models/storm_frequency",
    title="Storms to expect in Kansas: the model",
    description=(
        "Gradient-boosted Poisson trees for the number of tornadoes, hails and thunderstorm winds by month and climate "
        "division of the year after the one that they were trained to, with the features, a look back on years not "
        "seen, and a model card."
    ),
    kind=Kind.MODEL,
    partitions=Partitions(Grain.YEAR, first="1962", timezone="America/Chicago"),
    unit="climate division",
    unit_column="division",
    tables=(FEATURE_ROWS, EVALUATION, BACKTEST),
    licence="CC0-1.0",
    policy_label="public",
    upstream=Upstream(
        publisher="Kansas Frontier Matrix",
        title="Storm events and climate of Kansas, as published here",
        homepage="https://www.ncei.noaa.gov/stormevents/",
        terms=(
            "Made from hazards/storm_events and climate/divisional, works of the United States Government in the "
            "public domain (17 U.S.C. 105). Whoever uses it says so, and credits NOAA."
        ),
        terms_url="https://creativecommons.org/publicdomain/zero/1.0/",
        feeds=(),
        credit="NOAA National Centers for Environmental Information: Storm Events Database and nClimDiv",
    ),
    quarantine={},
    scope={},
    requires=(CLIMATE, STORMS),
    reaches={
        CLIMATE: Requirement(Reach.UP_TO, (CLIMATE_FILE,), first="1957"),
        STORMS: Requirement(Reach.UP_TO, (STORM_FILE,), first="1955", least=8, settles_days=120),
    },
    owners=("team:hazards",),
    tags=("model", "hazards", "storms", "kansas"),
)
