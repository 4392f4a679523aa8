"""What models/storm_outlook is: plain data, no code."""

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

MODEL = "models/storm_frequency"

_ROWS = 108


def _from(*names: str) -> tuple[str, ...]:
    return tuple(f"{MODEL}.{name}" for name in names)


OUTLOOK = Table(
    name="outlook",
    description="The tornadoes, hails and thunderstorm winds to expect, a row for each month and climate division",
    columns=(
        Column("month", "date", "The month's first day", sources=_from("target_year", "month")),
        Column("division", "int32", "Number of the climate division, 1 to 9", sources=_from("division")),
        Column("division_name", "string", "Its name", sources=_from("division")),
        Column(
            "expected_events",
            "float64",
            "Mean number of events, by the model trained to the year before",
            unit="events",
            sources=_from(
                "month",
                "division",
                "exposure_events",
                "division_share_5y",
                "division_share_1y",
                "pdsi_december",
                "pdsi_growing_season",
            ),
        ),
        Column(
            "exposure_events",
            "float64",
            "What it would be if the year were as the last ones",
            unit="events",
            sources=_from("exposure_events"),
        ),
        Column(
            "climatology_events",
            "float64",
            "The mean of all years before",
            unit="events",
            sources=_from("climatology_events"),
        ),
    ),
    key=("month", "division"),
    rules=(
        Rule("all_of_the_year", "row_count", (), "12 months of 9 divisions", {"equal_to": _ROWS}),
        Rule(
            "division_in_range",
            "in_range",
            ("division",),
            "Kansas has nine climate divisions",
            {"min_value": 1, "max_value": 9},
        ),
        Rule(
            "no_negative_rate",
            "greater_than_or_equal_to",
            ("expected_events", "exposure_events", "climatology_events"),
            "a number of events is not below zero",
            {"min_value": 0},
        ),
    ),
    time_column="month",
    time_grain=Grain.MONTH,
)

SPECIFICATION = Dataset(
    key="models/storm_outlook",
    title="Storms to expect in Kansas: the outlook",
    description=(
        "How many tornadoes, hails and thunderstorm winds to expect in each month and climate division of a year, as "
        "the model trained to the year before predicts. Reports are counted, and not storms."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, first="1963", timezone="America/Chicago"),
    unit="climate division",
    unit_column="division",
    tables=(OUTLOOK,),
    licence="CC0-1.0",
    policy_label="public",
    upstream=Upstream(
        publisher="Kansas Frontier Matrix",
        title="models/storm_frequency, as published here",
        homepage="https://www.ncei.noaa.gov/stormevents/",
        terms=(
            "Predicted by models/storm_frequency, which is made from works of the United States Government in the "
            "public domain (17 U.S.C. 105). Whoever uses it says that it is a prediction, and credits NOAA."
        ),
        terms_url="https://creativecommons.org/publicdomain/zero/1.0/",
        feeds=(),
        credit="NOAA National Centers for Environmental Information: Storm Events Database and nClimDiv",
    ),
    quarantine={},
    scope={},
    requires=(MODEL,),
    reaches={MODEL: Requirement(Reach.BEFORE, ("model.skops", "card.json", "features.parquet"))},
    owners=("team:hazards",),
    tags=("outlook", "hazards", "storms", "kansas"),
)
