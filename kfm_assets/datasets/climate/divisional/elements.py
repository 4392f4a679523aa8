"""What nClimDiv measures: for each element its codes, its form on the wire, and what becomes of it. Plain data.

Codes, ranges and what stands for a missing value are those of the publisher's descriptions of the record format:
https://www.ncei.noaa.gov/pub/data/cirs/climdiv/divisional-readme.txt, with state-readme.txt and drought-readme.txt
beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the climate.

    `name` is the upstream's word in file names, `code` its number in the records. A value from `low` to `high` is one,
    `missing` says that there is none; all three as the wire has them. A value `v` becomes
    `(v - origin) * factor / divisor` in `column`, in `unit` (empty for an index), to four decimals.
    """

    name: str
    code: str
    column: str
    description: str
    low: str
    high: str
    missing: str
    unit: str = ""
    origin: int = 0
    factor: int = 1
    divisor: int = 1


def _temperature(name: str, code: str, which: str, description: str) -> Element:
    column = f"temperature_{which}_degc"
    text = f"{description}, sent in degrees Fahrenheit"
    return Element(name, code, column, text, "-50.00", "140.00", "-99.90", "degC", 32, 5, 9)


def _degree_days(name: str, code: str, kind: str) -> Element:
    text = f"{kind.capitalize()} degree days to the base of 65 degrees Fahrenheit, and sent in those"
    return Element(name, code, f"{kind}_degree_days_k_d", text, "0.", "9999.", "-9999.", "K d", 0, 5, 9)


def _palmer(name: str, code: str, description: str) -> Element:
    return Element(name, code, name, f"{description}; negative is dry", "-20.00", "20.00", "-99.99")


def _standardized(months: int, code: str) -> Element:
    text = (
        f"Standardized Precipitation Index to the end of this month, its time scale in months {months}; negative is dry"
    )
    return Element(f"sp{months:02}", code, f"spi_{months:02}", text, "-4.00", "4.00", "-99.99")


ELEMENTS = (
    _temperature("tmpc", "02", "mean", "Mean temperature"),
    _temperature("tmax", "27", "maximum", "Mean of the daily maximum temperatures"),
    _temperature("tmin", "28", "minimum", "Mean of the daily minimum temperatures"),
    Element(
        *("pcpn", "01", "precipitation_mm", "Precipitation, sent in inches", "0.00", "99.99", "-9.99", "mm"),
        factor=254,
        divisor=10,
    ),
    _degree_days("hddc", "25", "heating"),
    _degree_days("cddc", "26", "cooling"),
    _palmer("pdsi", "05", "Palmer Drought Severity Index"),
    _palmer("phdi", "06", "Palmer Hydrological Drought Index"),
    _palmer("pmdi", "08", "Modified Palmer Drought Severity Index"),
    _palmer("zndx", "07", "Palmer Z index, the departure of this month's moisture alone"),
    *(
        _standardized(months, code)
        for months, code in ((1, "71"), (2, "72"), (3, "73"), (6, "74"), (9, "75"), (12, "76"), (24, "77"))
    ),
)

DIVISIONS = {
    0: "Kansas",
    1: "Northwest",
    2: "North Central",
    3: "Northeast",
    4: "West Central",
    5: "Central",
    6: "East Central",
    7: "Southwest",
    8: "South Central",
    9: "Southeast",
}
"""The state as a whole and its nine climate divisions, by their numbers in the records."""

KANSAS = 14
"""The state code of Kansas in nClimDiv, which counts the states by the alphabet; in FIPS 5-2 Kansas is 20."""
