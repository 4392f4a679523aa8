"""The tables of hydrology/streamflow, column by column, with their rules: plain data, no code.

`sources` spells fields as the wire frames do: RDB's own names, and NWIS' own for what RDB has in its comments and in
the names of its columns (`station_nm`, `ts_id`, `retrieved`, …). `no_data` is WaterML's noDataValue; its words for the
others are in the dataset's documentation.
"""

from __future__ import annotations

from kfm_assets.datasets.hydrology.streamflow.codes import APPROVALS
from kfm_assets.domain.dataset import Column, Rule, Table


def _sources(wire: str, *fields: str) -> tuple[str, ...]:
    return tuple(f"{wire}.{field}" for field in fields)


def _measured(wire: str) -> tuple[Column, ...]:
    """Return the columns that an instantaneous value and a daily one have alike."""
    return (
        Column(
            "discharge_m3s",
            "float64",
            "Discharge: value_reported times 0.028316846592; 0 where the river is dry, null where it is missing",
            nullable=True,
            unit="m3/s",
            sources=_sources(wire, "value", "value_cd", "no_data"),
        ),
        Column(
            "value_reported",
            "string",
            "What stood in the value's place, letter for letter; numbers are in ft3/s",
            unit="",
            sources=_sources(wire, "value"),
        ),
        Column(
            "missing_reason",
            "string",
            "Why there is no discharge: NWIS' code (Ice, Eqp, ***, …), `no data` (-999999) or `blank`",
            nullable=True,
            sources=_sources(wire, "value", "value_cd", "no_data"),
        ),
        Column(
            "qualifiers",
            "string",
            "Qualification codes as reported, letter for letter; WaterML's list is joined by `:` as RDB does",
            sources=_sources(wire, "value_cd"),
        ),
        Column(
            "approval",
            "string",
            "approved (A), provisional and subject to revision (P), or unstated",
            sources=_sources(wire, "value_cd"),
        ),
        Column("estimated", "bool", "Whether the value was estimated (e)", sources=_sources(wire, "value_cd")),
    )


def _recorded(wire: str) -> tuple[Column, ...]:
    """Return the columns that say where a value was read, and when."""
    return (
        Column(
            "station_name", "string", "The site's name in NWIS", nullable=True, sources=_sources(wire, "station_nm")
        ),
        Column(
            "time_series",
            "string",
            "NWIS' number of the time series (ts_id, methodID)",
            nullable=True,
            sources=_sources(wire, "ts_id"),
        ),
        Column(
            "retrieved_utc",
            "timestamp",
            "When the file was retrieved from NWIS, as it says itself",
            nullable=True,
            sources=_sources(wire, "retrieved"),
        ),
        Column(
            "value_before",
            "string",
            "value_reported of the latest earlier retrieval that had another value; null where none had",
            nullable=True,
            sources=_sources(wire, "value", "value_cd", "no_data", "retrieved"),
        ),
    )


def _rules(day: str) -> tuple[Rule, ...]:
    return (
        Rule(
            "site_no_is_a_number",
            "str_matches",
            ("site_no",),
            "NWIS numbers sites with 8 to 15 digits",
            {"pattern": r"^\d{8,15}$"},
        ),
        Rule(
            "site_day_is_a_site_and_a_day",
            "str_matches",
            ("site_day",),
            day,
            {"pattern": r"^\d{8,15} \d{4}-\d\d-\d\d$"},
        ),
        Rule(
            "discharge_is_plausible",
            "in_range",
            ("discharge_m3s",),
            "the greatest flood measured in Kansas, in 1951, had 14,400 m3/s; backwater may make a flow negative",
            {"min_value": "-2832", "max_value": "28317"},
        ),
        Rule(
            "approval_is_known",
            "isin",
            ("approval",),
            "a value is approved, provisional, or nothing is said",
            {"allowed_values": APPROVALS},
        ),
    )


INSTANTANEOUS = Table(
    name="instantaneous",
    description="One row for each site and instant; gaps are left as they are",
    columns=(
        Column(
            "site_day",
            "string",
            "Site and day of time_utc in Central Standard Time, the canary's unit",
            sources=_sources("iv", "site_no", "datetime", "tz_cd"),
        ),
        Column("site_no", "string", "The site's number in NWIS", sources=_sources("iv", "site_no")),
        Column("time_utc", "timestamp", "When it was measured", sources=_sources("iv", "datetime", "tz_cd")),
        *_measured("iv"),
        Column(
            "time_zone_reported",
            "string",
            "The clock in which the upstream gave the time: CST, CDT, MST, … or an offset such as -05:00",
            sources=_sources("iv", "tz_cd"),
        ),
        *_recorded("iv"),
    ),
    key=("site_no", "time_utc"),
    rules=_rules("the canary exposes a site's day as a whole"),
    time_column="time_utc",
)

DAILY = Table(
    name="daily",
    description="One row for each site, day and statistic",
    columns=(
        Column(
            "site_day",
            "string",
            "Site and day, as in the table of instantaneous values",
            sources=_sources("dv", "site_no", "datetime"),
        ),
        Column("site_no", "string", "The site's number in NWIS", sources=_sources("dv", "site_no")),
        Column("date", "date", "The day, in the site's own time", sources=_sources("dv", "datetime")),
        Column(
            "statistic",
            "string",
            "NWIS' statistic code: 00001 maximum, 00002 minimum, 00003 mean, …",
            sources=_sources("dv", "stat_cd"),
        ),
        *_measured("dv"),
        *_recorded("dv"),
    ),
    key=("site_no", "date", "statistic"),
    rules=_rules("daily values carry the same unit as instantaneous ones"),
    time_column="date",
)
