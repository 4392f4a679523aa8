"""What a person wants to know of a month: sites, zeros, what is missing and why, what is provisional or was revised."""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import gaps
from kfm_assets.datasets.hydrology.streamflow.codes import PROVISIONAL

_MICROSECONDS = 60_000_000


def of(instants: pl.DataFrame, days: pl.DataFrame) -> dict[str, int | str]:
    """Return the facts of a month by name; those of daily values begin with `daily_`."""
    steps = gaps.between(instants, ["site_no"], "time_utc")
    went_back, absent = gaps.autumn(instants)
    facts: dict[str, int | str] = {
        **_counts(instants, ""),
        "gaps": steps.count,
        "intervals_missing": steps.missing,
        "longest_gap_minutes": steps.longest // _MICROSECONDS,
        "clocks_went_back": went_back,
        "autumn_hour_absent": absent,
    }
    if instants.height:
        facts |= {"first_value_utc": str(instants["time_utc"].min()), "last_value_utc": str(instants["time_utc"].max())}
    if days.height:
        series = ["site_no", "statistic"]
        steps = gaps.between(days.sort(*series, "date"), series, "date")
        facts |= _counts(days, "daily_") | {"daily_gaps": steps.count, "daily_days_missing": steps.missing}
    return facts


def _counts(table: pl.DataFrame, prefix: str) -> dict[str, int | str]:
    discharge = table["discharge_m3s"]
    counts = {
        "sites": table["site_no"].n_unique(),
        "zero_flows": int((discharge == 0).sum()),
        "reverse_flows": int((discharge < 0).sum()),
        "without_discharge": discharge.null_count(),
        "provisional": int((table["approval"] == PROVISIONAL).sum()),
        "estimated": int(table["estimated"].sum()),
        "values_revised": table.height - table["value_before"].null_count(),
    }
    if discharge.null_count():
        reasons = table["missing_reason"].drop_nulls().value_counts().sort("missing_reason")
        counts |= {f"missing {reason}": count for reason, count in reasons.iter_rows()}
    return {f"{prefix}{name}": count for name, count in counts.items()}
