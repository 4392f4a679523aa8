"""What climate/drought is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import Column, Dataset, Endpoint, Feed, Grain, Kind, Partitions, Rule, Table, Upstream
from kfm_assets.domain.drift import Drift, DriftColumn, Scale

DSCI_WIRE, CATEGORIES_WIRE = "dsci", "categories"

FIRST = "2000"
"""The first map is that of 4 January 2000."""

CATEGORIES = {
    "D0": "abnormally dry",
    "D1": "moderate drought",
    "D2": "severe drought",
    "D3": "extreme drought",
    "D4": "exceptional drought",
}
"""https://droughtmonitor.unl.edu/About/AbouttheData/DroughtClassification.aspx"""

_SERVICE = "https://usdmdataservices.unl.edu/api/StateStatistics/"
_ASKED = "?aoi=20&startdate={first_day:%m/%d/%Y}&enddate={last_day:%m/%d/%Y}&statisticsType=1"

_PERCENTS = ("none_percent", *(f"{name.lower()}_percent" for name in CATEGORIES))


_SUM = tuple(f"{CATEGORIES_WIRE}.{name}" for name in CATEGORIES)


def _week(wire: str) -> tuple[Column, Column]:
    """Return the columns of a week, which both tables have."""
    start = "The Tuesday from which the map is valid; the map shows what was known by that day, 12:00 UTC"
    return (
        Column("week_start", "date", start, sources=(f"{wire}.MapDate",)),
        Column("week_end", "date", "The Monday to which it is valid, six days later", sources=(f"{wire}.MapDate",)),
    )


def _share(name: str, description: str, sources: tuple[str, ...]) -> Column:
    return Column(name, "float64", description, unit="%", sources=sources)


WEEKS = Table(
    name="weeks",
    description="One row for each week: the index",
    columns=(
        *_week(DSCI_WIRE),
        Column(
            "dsci",
            "int32",
            "Drought Severity and Coverage Index as published: from 0, no category anywhere, to 500, D4 everywhere",
            sources=(f"{DSCI_WIRE}.DSCI",),
        ),
    ),
    key=("week_start",),
    time_column="week_start",
    end_column="week_end",
    rules=(
        Rule("week_is_unique", "unique", ("week_start",), "there is one map a week"),
        Rule(
            "dsci_in_range",
            "in_range",
            ("dsci",),
            "the index is the sum of five shares of up to 100 %",
            {"min_value": 0, "max_value": 500},
        ),
    ),
)

SHARES = Table(
    name="categories",
    description="One row for each week whose categories came: the share of Kansas' area in each",
    columns=(
        *_week(CATEGORIES_WIRE),
        _share("none_percent", "Share of Kansas' area in no category", (f"{CATEGORIES_WIRE}.None",)),
        *(
            _share(
                f"{name.lower()}_percent",
                f"Share in {name} ({word}) or worse" if name != "D4" else f"Share in {name} ({word})",
                _SUM[place:],
            )
            for place, (name, word) in enumerate(CATEGORIES.items())
        ),
        Column(
            "statistic",
            "string",
            "How the shares were sent: cumulative, as they stand here, or categorical, each without those that are "
            "worse",
            sources=(f"{CATEGORIES_WIRE}.StatisticFormatID",),
        ),
        Column(
            "dsci_of_categories",
            "float64",
            "The index recomputed: the sum of d0_percent to d4_percent",
            sources=_SUM,
        ),
        Column(
            "dsci_difference",
            "float64",
            "The week's index as published, less dsci_of_categories; null where no index came",
            nullable=True,
            sources=(f"{DSCI_WIRE}.Name", f"{DSCI_WIRE}.MapDate", f"{DSCI_WIRE}.DSCI", *_SUM),
        ),
    ),
    key=("week_start",),
    time_column="week_start",
    end_column="week_end",
    rules=(
        Rule("week_is_unique", "unique", ("week_start",), "there is one map a week"),
        Rule("shares_in_range", "in_range", _PERCENTS, "a share of an area", {"min_value": 0, "max_value": 100}),
        Rule(
            "statistic_is_known",
            "isin",
            ("statistic",),
            "shares in another form mean something else",
            {"allowed_values": ("cumulative", "categorical")},
        ),
        Rule(
            "dsci_is_the_sum_of_its_categories",
            "in_range",
            ("dsci_difference",),
            "the index is published whole and the shares with two decimals, which makes up to 0.53",
            {"min_value": "-0.6", "max_value": "0.6"},
            most="5",
        ),
    ),
)

_TERMS = """\
The producers let the U.S. Drought Monitor's maps and data be used and ask to be credited: "The U.S. Drought Monitor is
jointly produced by the National Drought Mitigation Center at the University of Nebraska-Lincoln, the United States
Department of Agriculture, and the National Oceanic and Atmospheric Administration. Map courtesy of NDMC." A map is the
judgement of its author upon many indicators; it says nothing certain of one place."""

SPECIFICATION = Dataset(
    key="climate/drought",
    title="Drought in Kansas",
    description=(
        "How dry Kansas was each week since January 2000, as the authors of the U.S. Drought Monitor judged it: the "
        "Drought Severity and Coverage Index of the state, and, where they came, the shares of its area in each "
        "category."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, FIRST),
    unit="week",
    unit_column="week_start",
    tables=(WEEKS, SHARES),
    licence="LicenseRef-US-Drought-Monitor",
    policy_label="public",
    upstream=Upstream(
        publisher="National Drought Mitigation Center, University of Nebraska-Lincoln",
        title="U.S. Drought Monitor, statistics by state",
        homepage="https://droughtmonitor.unl.edu/DmData/DataDownload.aspx",
        terms=_TERMS,
        terms_url="https://droughtmonitor.unl.edu/About/Permission.aspx",
        feeds=(
            Feed(
                wire=DSCI_WIRE,
                # What a query brings has no suffix: the service answers in CSV unless it is asked for something else.
                file_name=r"(?:^|/)(?:[^/]+_)?(?:dsci|DSCI)(?:[._-][^/]+)?\.csv$|(?:^|/)dsci_\d{4}$",
                endpoint=Endpoint("query", f"{_SERVICE}GetDSCI{_ASKED}"),
            ),
            Feed(
                wire=CATEGORIES_WIRE,
                file_name=r"(?:^|/)(?:[^/]+_)?(?:dm_export|categories)(?:[._-][^/]+)?\.csv$|(?:^|/)categories_\d{4}$",
                endpoint=Endpoint("query", f"{_SERVICE}GetDroughtSeverityStatisticsByAreaPercent{_ASKED}"),
                required=False,
            ),
        ),
        credit=(
            "The U.S. Drought Monitor is jointly produced by the National Drought Mitigation Center at the University "
            "of Nebraska-Lincoln, the United States Department of Agriculture, and the National Oceanic and "
            "Atmospheric Administration. Map courtesy of NDMC."
        ),
    ),
    quarantine={
        "undated": "MapDate is no day, or lies before the year 2000",
        "area_missing": "the row does not say which area it is about",
        "not_a_tuesday": "MapDate is not a Tuesday, and every map is one of a Tuesday",
        "week_unclear": "ValidStart is not MapDate, or ValidEnd is not six days later",
        "dsci_invalid": "DSCI is not a whole number from 0 to 500",
        "share_invalid": "a category's share is not a number from 0 to 100",
        "statistic_unknown": "StatisticFormatID is neither 1 (cumulative) nor 2 (categorical)",
        "shares_do_not_add_up": "the shares are not those of one area in the form that StatisticFormatID says",
        "contradicted": "another row of the same kind says something else of the week, and nothing says which is right",
    },
    scope={
        "other_area": "the row is about another state, or a larger area",
        "repeated": "an earlier row of the same kind says the same of the week",
    },
    drift=Drift(
        columns=(
            DriftColumn(
                "dsci", Scale.CONTINUOUS, "shares that are read as another statistic, or of another area", zero=True
            ),
        ),
        regular=True,
    ),
    owners=("team:climate",),
    tags=("climate", "drought", "kansas", "usdm"),
)
