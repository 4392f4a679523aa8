"""What climate/drought is: plain data, no code."""

from __future__ import annotations

from kfm_assets.domain.dataset import Column, Dataset, Endpoint, Feed, Grain, Kind, Partitions, Rule, Table, Upstream

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


def _share(name: str, description: str, *sources: str) -> Column:
    return Column(name, "float64", description, True, "%", tuple(f"{CATEGORIES_WIRE}.{field}" for field in sources))


_COLUMNS = (
    Column(
        "week_start",
        "date",
        "The Tuesday from which the map is valid; the map shows what was known by that day, 12:00 UTC",
        sources=(f"{DSCI_WIRE}.MapDate", f"{CATEGORIES_WIRE}.MapDate", f"{CATEGORIES_WIRE}.ValidStart"),
    ),
    Column(
        "week_end",
        "date",
        "The Monday to which it is valid, six days later",
        sources=(f"{DSCI_WIRE}.MapDate", f"{CATEGORIES_WIRE}.MapDate", f"{CATEGORIES_WIRE}.ValidEnd"),
    ),
    Column(
        "dsci",
        "int32",
        "Drought Severity and Coverage Index as published, from 0 (all of Kansas in no category) to 500 (all in D4); "
        "null where only the categories came",
        nullable=True,
        sources=(f"{DSCI_WIRE}.DSCI",),
    ),
    _share("none_percent", "Share of Kansas' area in no category", "None"),
    *(
        _share(
            f"{name.lower()}_percent",
            f"Share of Kansas' area in {name} ({word}) or worse" if name != "D4" else f"Share in {name} ({word})",
            *(list(CATEGORIES)[place:]),
        )
        for place, (name, word) in enumerate(CATEGORIES.items())
    ),
    Column(
        "statistic",
        "string",
        "How the shares were sent: cumulative, as they stand here, or categorical, each without those that are worse",
        nullable=True,
        sources=(f"{CATEGORIES_WIRE}.StatisticFormatID",),
    ),
    Column(
        "dsci_of_categories",
        "float64",
        "The index recomputed: the sum of d0_percent to d4_percent",
        nullable=True,
        sources=tuple(f"{CATEGORIES_WIRE}.{name}" for name in CATEGORIES),
    ),
    Column(
        "dsci_difference",
        "float64",
        "dsci less dsci_of_categories; null unless both are there",
        nullable=True,
        sources=(f"{DSCI_WIRE}.DSCI", *(f"{CATEGORIES_WIRE}.{name}" for name in CATEGORIES)),
    ),
)

_RULES = (
    Rule("week_is_unique", "unique", ("week_start",), "there is one map a week"),
    Rule("week_ends_after_it_starts", "not_after", ("week_start", "week_end"), "a week has seven days"),
    Rule(
        "dsci_in_range",
        "in_range",
        ("dsci",),
        "the index is the sum of five shares of up to 100 %",
        {"min_value": 0, "max_value": 500},
    ),
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
        "category. One row for each week."
    ),
    kind=Kind.TABLE,
    partitions=Partitions(Grain.YEAR, FIRST),
    unit="week",
    unit_column="week_start",
    tables=(
        Table(
            name="weeks",
            description="One row for each week",
            columns=_COLUMNS,
            key=("week_start",),
            rules=_RULES,
            time_column="week_start",
        ),
    ),
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
        "joined": "a row of categories whose week has a row of the index: the two are one row of the table",
    },
    owners=("team:climate",),
    tags=("climate", "drought", "kansas", "usdm"),
)
