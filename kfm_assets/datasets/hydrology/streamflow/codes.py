"""NWIS' short codes and what each means: qualification codes, words that stand for a value, time zones, states.

Plain functions over text. What becomes of a row is decided in `transform`.

Publisher's lists: https://help.waterdata.usgs.gov/codes-and-parameters/instantaneous-value-qualification-code-uv_rmk_cd
and https://help.waterdata.usgs.gov/code/dv_rmk_cd_query (qualification), https://help.waterdata.usgs.gov/tz_cd (zones).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

APPROVED, PROVISIONAL, UNSTATED = "approved", "provisional", "unstated"
APPROVALS = (APPROVED, PROVISIONAL, UNSTATED)

MISSING = ("Ice", "Eqp", "Ssn", "Bkw", "Pr", "Rat", "Nd", "Fld", "Dry", "Dis", "Mnt", "Pmp", "Tst", "--", "***")
"""Codes that stand where a value would: ice, equipment, season, backwater, partial record, rating, not determined,
flood damage, dry gage, discontinued, maintenance, pumping, test, not determined, temporarily unavailable."""

NO_DATA, BLANK = "no data", "blank"
"""Why a value is missing where no code says it: the number that stands for none, or nothing at all."""

ZERO_FLOW = "zfl"
"""The code of a zero flow, in lower case: a value, said in a word."""

_SPELLINGS = {code.lower(): code for code in MISSING}
_BETWEEN = re.compile(r"[:,;\s]+")
_PREFIX = re.compile(r"^\d*_?(?=[A-Za-z*-])")

_HOURS = {
    0: ("UTC", "GMT"),
    -3: ("ADT",),
    -4: ("AST", "EDT"),
    -5: ("EST", "CDT"),
    -6: ("CST", "MDT"),
    -7: ("MST", "PDT"),
    -8: ("PST", "AKDT"),
    -9: ("AKST", "HDT"),
    -10: ("HST",),
}
_ZONES = {zone: hours * 60 for hours, zones in _HOURS.items() for zone in zones}
_OFFSET = re.compile(r"([+-])(\d\d):?([0-5]\d)")

_STATES = re.compile(
    r"A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
KANSAS, KANSAS_FIPS = "KS", "20"
_NAME_ENDS_IN = re.compile(r"[,\s]\s*([A-Z]{2})\.?$")


@dataclass(frozen=True, slots=True)
class Qualification:
    """What some codes say: approved, provisional or neither; estimated; which explains a gap; whether flow is zero."""

    approval: str
    estimated: bool
    reason: str | None
    zero_flow: bool = False


def qualification(codes: str) -> Qualification:
    """Read qualification codes such as `A`, `P:e`, `A:[91]` or `P:Ice`. One that is not known changes nothing.

    Where both `A` and `P` stand the value is provisional: that is the one that may still change.
    """
    parts = [part for part in _BETWEEN.split(codes.strip()) if part]
    approval = PROVISIONAL if "P" in parts else APPROVED if "A" in parts else UNSTATED
    reasons = [reason for reason in map(missing, parts) if reason]
    dry = any(_PREFIX.sub("", part).lower() == ZERO_FLOW for part in parts)
    return Qualification(approval, "e" in parts or "E" in parts, reasons[0] if reasons else None, dry)


def missing(word: str) -> str | None:
    """Return the code that a word spells which stands in place of a value, in one spelling; None for any other."""
    return _SPELLINGS.get(_PREFIX.sub("", word.strip()).lower())


def zone_minutes(zone: str) -> int | None:
    """Return how many minutes a clock is ahead of UTC: of `CDT`, `-05:00` or `Z`; None where the text is no zone."""
    zone = zone.strip()
    if zone in {"Z", "z"}:
        return 0
    if zone.upper() in _ZONES:
        return _ZONES[zone.upper()]
    offset = _OFFSET.fullmatch(zone)
    return int(f"{offset[1]}1") * (int(offset[2]) * 60 + int(offset[3])) if offset else None


def state(fips: str, station: str) -> str:
    """Return the state that a file gives for a site, `KS` for Kansas; empty where it gives none.

    The state's FIPS code counts, where there is one; else the two letters that a station's name ends in, as the USGS'
    naming convention has it (`KANSAS R AT DESOTO, KS`).
    """
    if fips.strip():
        return KANSAS if fips.strip() == KANSAS_FIPS else fips.strip()
    ending = _NAME_ENDS_IN.search(station.strip().upper())
    return ending[1] if ending and _STATES.fullmatch(ending[1]) else ""
