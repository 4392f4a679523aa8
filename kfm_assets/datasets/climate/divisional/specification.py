"""What climate/divisional is: plain data, no code."""

from __future__ import annotations

from kfm_assets.datasets.climate.divisional.elements import DIVISIONS, ELEMENTS
from kfm_assets.domain.dataset import (
    Column,
    Dataset,
    Derivation,
    Endpoint,
    Feed,
    Grain,
    Kind,
    Partitions,
    Rule,
    Table,
    Upstream,
)
from kfm_assets.domain.drift import Drift, DriftColumn, Scale

WIRE = "records"

FIRST = "1895"
"""The year in which nClimDiv begins."""

MONTH_FIELDS = tuple(
    f"{month}-VALUE"
    for month in ("JAN", "FEB", "MAR", "APR", "MAY", "JUNE", "JULY", "AUG", "SEPT", "OCT", "NOV", "DEC")
)
"""The fields of a record that hold the months, as the publisher's description spells them."""

_VALUES = tuple(f"{WIRE}.{field}" for field in MONTH_FIELDS)
_DIVISION = (f"{WIRE}.DIVISION-NUMBER",)
_ELEMENT = (f"{WIRE}.ELEMENT CODE",)
_YEAR = (f"{WIRE}.YEAR",)
_EDITION = (f"{WIRE}.edition",)
_CELL = (f"{WIRE}.STATE-CODE", *_ELEMENT, *_EDITION, *_VALUES)
"""Beside the key: a record of another state has no cell, nor has one that was written before the month began."""

_COUNT = (*_ELEMENT, *_VALUES)
"""What stands for a missing value is the element's."""

_DIVISION_COLUMNS = (
    Column("division", "int32", "Number of the climate division, 1 to 9; 0 is the state as a whole", sources=_DIVISION),
    Column("division_name", "string", "Name of the climate division; Kansas for the state", sources=_DIVISION),
)
_DIVISION_RULES = (
    Rule(
        "division_in_range",
        "in_range",
        ("division",),
        "Kansas has nine climate divisions; 0 is the state",
        {"min_value": 0, "max_value": 9},
    ),
    Rule(
        "division_is_named",
        "isin",
        ("division_name",),
        "each division has its name",
        {"allowed_values": tuple(DIVISIONS.values())},
    ),
)


def _within(name: str, columns: tuple[str, ...], low: str, high: str, why: str) -> Rule:
    return Rule(name, "in_range", columns, why, {"min_value": low, "max_value": high})


_INDICES = tuple(element.column for element in ELEMENTS if not element.unit)

MONTHS = Table(
    name="months",
    description="One row for each month and division of which anything is known; the state as a whole is division 0",
    columns=(
        Column("month", "date", "The month's first day", sources=_YEAR),
        *_DIVISION_COLUMNS,
        *(Column(element.column, "float64", element.description, True, element.unit, _CELL) for element in ELEMENTS),
    ),
    key=("month", "division"),
    rules=(
        *_DIVISION_RULES,
        Rule(
            "minimum_not_above_mean",
            "not_after",
            ("temperature_minimum_degc", "temperature_mean_degc"),
            "the mean is that of the maximum and the minimum",
        ),
        Rule(
            "mean_not_above_maximum",
            "not_after",
            ("temperature_mean_degc", "temperature_maximum_degc"),
            "the mean is that of the maximum and the minimum",
        ),
        _within(
            "temperature_is_plausible",
            ("temperature_mean_degc", "temperature_maximum_degc", "temperature_minimum_degc"),
            *("-40", "50"),
            "no day of Kansas was colder than -40 or warmer than 50 degrees Celsius, so no month is",
        ),
        _within(
            "precipitation_is_plausible",
            ("precipitation_mm",),
            *("0", "1000"),
            "a division of Kansas gets about as much in its wettest years",
        ),
        _within(
            "degree_days_are_plausible",
            ("heating_degree_days_k_d", "cooling_degree_days_k_d"),
            *("0", "2000"),
            "31 days at -40 degrees Celsius make 1,808",
        ),
        _within(
            "palmer_in_range",
            tuple(name for name in _INDICES if not name.startswith("spi")),
            *("-20", "20"),
            "the publisher gives this range",
        ),
        _within(
            "spi_in_range",
            tuple(name for name in _INDICES if name.startswith("spi")),
            *("-4", "4"),
            "the publisher gives this range; it is a number of standard deviations",
        ),
    ),
    time_column="month",
    time_grain=Grain.MONTH,
    derived=Derivation("series", "months_given", tuple(element.column for element in ELEMENTS)),
)

SERIES = Table(
    name="series",
    description="One row for each record of the upstream: an element, a division, a year; how much of it is there",
    columns=(
        Column("element", "string", "The upstream's name of the element: tmpc, pcpn, pdsi, …", sources=_ELEMENT),
        *_DIVISION_COLUMNS,
        Column("edition", "date", "The date in the file's name: when the upstream wrote it", sources=_EDITION),
        Column("months_given", "int32", "Months with a value; each is in the table months", sources=_COUNT),
        Column(
            "months_to_come",
            "int32",
            "Months without one that were not over when it was written",
            sources=_COUNT + _EDITION,
        ),
        Column("months_missing", "int32", "Months without one that were over", sources=_COUNT + _EDITION),
        Column("source_file", "string", "The name of the upstream's file", sources=(f"{WIRE}.source_file",)),
        Column("source_line", "int64", "The record's line in it, from 1"),
    ),
    key=("element", "division"),
    rules=(
        *_DIVISION_RULES,
        Rule(
            "element_is_known",
            "isin",
            ("element",),
            "each element has a column in the table months",
            {"allowed_values": tuple(element.name for element in ELEMENTS)},
        ),
        _within(
            "a_year_has_12_months", ("months_given", "months_to_come", "months_missing"), "0", "12", "so has a record"
        ),
    ),
)

# The drought indices remember years of weather, so that honest decades differ in them by more than any defect would.
WATCHED = Drift(
    columns=(
        DriftColumn("division", Scale.CATEGORICAL, "divisions that fall away, or another numbering"),
        DriftColumn("temperature_mean_degc", Scale.CONTINUOUS, "another unit or reference; degrees Fahrenheit"),
        DriftColumn("precipitation_mm", Scale.CONTINUOUS, "another unit; inches or hundredths of them", zero=True),
        DriftColumn("spi_01", Scale.CONTINUOUS, "a standardised index stays where it is, unless its base period moves"),
    ),
    regular=True,
)

_LANDING_PAGE = "https://www.ncei.noaa.gov/access/metadata/landing-page/bin/iso?id=gov.noaa.ncdc:C00005"

_TERMS = """\
NOAA's nClimDiv is a work of the United States Government, made by the National Centers for Environmental Information,
and in the public domain within the United States (17 U.S.C. 105). NOAA asks to be credited. Values of the latest two
calendar years are revised every month; the whole record is when the data set gets another version."""

SPECIFICATION = Dataset(
    key="climate/divisional",
    title="Climate of the divisions of Kansas",
    description=(
        "Temperature, precipitation, degree days and drought indices of each month since 1895, for the nine climate "
        "divisions of Kansas and for the state, from NOAA's nClimDiv. An element that was not sent has no values."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, FIRST, "America/Chicago"),
    unit="climate division",
    unit_column="division",
    tables=(MONTHS, SERIES),
    licence="LicenseRef-US-Public-Domain",
    policy_label="public",
    upstream=Upstream(
        publisher="NOAA National Centers for Environmental Information",
        title="NOAA Monthly U.S. Climate Divisional Database (nClimDiv)",
        homepage=_LANDING_PAGE,
        terms=_TERMS,
        terms_url=_LANDING_PAGE,
        feeds=(
            Feed(
                wire=WIRE,
                # All years stand in one file, so that no group tells a partition. KS_ marks an extract of Kansas.
                file_name=(
                    rf"(?:^|/)(?:KS_)?climdiv-(?:{'|'.join(element.name for element in ELEMENTS)})(?:dv|st)"
                    r"-v\d+\.\d+\.\d+-(?P<vintage>\d{8})(?:\.txt)?$"
                ),
                endpoint=Endpoint("listing", "https://www.ncei.noaa.gov/pub/data/cirs/climdiv/"),
            ),
        ),
        credit="NOAA National Centers for Environmental Information, nClimDiv",
    ),
    quarantine={
        "undated": "the year lies before 1895 or after the date in the file's name",
        "division_unknown": "Kansas has no division of this number",
        "value_unreadable": "a month holds something else than a number",
        "value_impossible": "a month's value lies beyond the range that the publisher gives for the element",
        "not_yet": "a month has a value that had not begun on the date in the file's name",
        "contradictory": "files of one date say different things of the same element, division and year",
    },
    scope={
        "outside_kansas": "the record is of another state, of a region or of the nation",
        "superseded": "a file of a later date has a record of this element, division and year",
        "repeated": "another record of the same date says the same",
    },
    drift=WATCHED,
    owners=("team:climate",),
    tags=("climate", "temperature", "precipitation", "drought", "kansas", "noaa"),
)
