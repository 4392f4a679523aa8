"""What hydrology/streamflow is: plain data, no code."""

from __future__ import annotations

from kfm_assets.datasets.hydrology.streamflow.columns import DAILY, INSTANTANEOUS
from kfm_assets.domain.dataset import Dataset, Endpoint, Feed, Grain, Kind, Partitions, Upstream
from kfm_assets.domain.drift import Drift, DriftColumn, Part, Scale

INSTANTANEOUS_WIRE, DAILY_WIRE = "iv", "dv"
"""The names that NWIS itself has for its two services."""

DISCHARGE = "00060"
"""NWIS' parameter code of discharge in cubic feet per second."""

M3_PER_FT3 = 0.028316846592
"""Exact: a foot is 0.3048 m (NIST Special Publication 811, appendix B)."""

FIRST = "1889-01"
"""The year of the first stream gage of the USGS, at Embudo, New Mexico: nothing can be older."""

SITES = {
    "06864500": "SMOKY HILL R AT ELLSWORTH, KS",
    "06879100": "KANSAS R AT FORT RILEY, KS",
    "06887500": "KANSAS R AT WAMEGO, KS",
    "06889000": "KANSAS R AT TOPEKA, KS",
    "06891000": "KANSAS R AT LECOMPTON, KS",
    "06892350": "KANSAS R AT DESOTO, KS",
    "07137500": "ARKANSAS R NR COOLIDGE, KS",
    "07138000": "ARKANSAS R AT SYRACUSE, KS",
    "07139000": "ARKANSAS R AT GARDEN CITY, KS",
    "07144550": "ARKANSAS R AT DERBY, KS",
    "07146500": "ARKANSAS R AT ARKANSAS CITY, KS",
    "07183500": "NEOSHO R NR PARSONS, KS",
}
"""The sites that are asked for live, and that are known to be in Kansas where a file does not say where they are."""

_SERVICE = "https://waterservices.usgs.gov/nwis"
_QUESTION = f"?format=rdb&sites={','.join(SITES)}&parameterCd={DISCHARGE}&siteStatus=all"

_TERMS = """\
USGS-authored or produced data and information are in the public domain in the United States. The U.S. Geological Survey
asks to be credited. Values qualified as provisional are subject to revision until they are reviewed and approved, and
are released on the condition that neither the USGS nor the United States Government may be held liable for any damages
resulting from their use."""


def _file_name(*services: str) -> str:
    """Match what the services' answers are called: by themselves (`iv.txt`), by live runs, and with words around."""
    return rf"(?:^|[/_])(?:{'|'.join(services)})(?:_[^/]*)?\.(?:rdb|txt|json)$"


SPECIFICATION = Dataset(
    key="hydrology/streamflow",
    title="Streamflow in Kansas",
    description=(
        "Discharge of rivers at stream gages in Kansas, as the U.S. Geological Survey measures it every 15 minutes or "
        "so, and daily statistics of it: in cubic metres per second, in UTC, with NWIS' qualification. Provisional "
        "values are marked. A zero is a river without water; what is missing is missing, with its reason, and gaps "
        "stay gaps."
    ),
    kind=Kind.TABLE,
    # Central Standard Time all year round: the hydrologic day has no hour twice, and none too few.
    partitions=Partitions(Grain.MONTH, first=FIRST, timezone="Etc/GMT+6"),
    unit="site and day",
    unit_column="site_day",
    tables=(INSTANTANEOUS, DAILY),
    licence="LicenseRef-US-Public-Domain",
    policy_label="public",
    upstream=Upstream(
        publisher="U.S. Geological Survey",
        title="National Water Information System (NWIS): instantaneous and daily values",
        homepage="https://waterservices.usgs.gov/docs/",
        terms=_TERMS,
        terms_url="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
        feeds=(
            Feed(
                INSTANTANEOUS_WIRE,
                _file_name("iv", "uv"),
                Endpoint("query", f"{_SERVICE}/iv/{_QUESTION}&startDT={{start}}&endDT={{end}}"),
            ),
            Feed(
                DAILY_WIRE,
                _file_name("dv"),
                Endpoint("query", f"{_SERVICE}/dv/{_QUESTION}&startDT={{first_day}}&endDT={{last_day}}"),
                required=False,
            ),
        ),
        credit="U.S. Geological Survey, National Water Information System",
    ),
    quarantine={
        "undated": "the time does not exist, its zone is not known, or it lies before 1889",
        "site_unreadable": "the site's number is not 8 to 15 digits",
        "value_unreadable": "the value is neither a number nor one of NWIS' codes",
        "value_impossible": "the discharge is below -100,000 or above 1,000,000 ft3/s",
        "conflicting": "one retrieval gives the time series two different values, or codes, for one instant or day",
    },
    scope={
        "outside_kansas": "the file says that the site is in another state",
        "site_unlisted": "the file does not say where the site is, and it is none of those known to be in Kansas",
        "other_parameter": "it is not discharge, but what was measured beside it",
        "no_value": "the row has neither a value nor a code for the time series",
        "superseded": "a later retrieval has the site's value for the instant or day, or withdrew it",
        "repeated": "another row says the same of the instant or day",
        "other_series": "another time series of the site has a value for the instant or day, and comes first",
    },
    drift=Drift(
        columns=(
            DriftColumn(
                "discharge_m3s", Scale.CONTINUOUS, "another unit: cubic feet; ice that is read as zero", zero=True
            ),
            DriftColumn("estimated", Scale.CATEGORICAL, "qualifiers that are no longer read"),
            DriftColumn(
                "measured_hour",
                Scale.CIRCULAR,
                "hours that are missing, or a clock that changes in summer",
                column="time_utc",
                part=Part.HOUR,
                period=24,
            ),
        ),
        utc_offset_hours=-6,
        regular=True,
    ),
    owners=("team:hydrology",),
    tags=("hydrology", "streamflow", "discharge", "kansas", "usgs", "nwis"),
)
