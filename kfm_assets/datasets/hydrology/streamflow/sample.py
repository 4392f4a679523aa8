"""Synthetic NWIS answers of a month: RDB and WaterML-JSON, with the defects that real ones have.

Of each month there are five days or so, around the change of the clocks where the month has one: the Kansas River with
ice and failed equipment in an earlier and a later retrieval, rivers in the west that run dry (one on Mountain time) in
one file with a river of Missouri, another river as WaterML, and daily values in either form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from kfm_assets.datasets.hydrology.streamflow.specification import SITES

PARTITIONS = ("2024-10", "2024-11", "2025-01")
"""What the sample offers when nobody asks for particular partitions: the clocks go back in the second."""

_CENTRAL, _MOUNTAIN = ZoneInfo("America/Chicago"), ZoneInfo("America/Denver")
_LEAST, _MOST = 48, 27 * 96
"""Values of a river: as many as show each defect's kind, and what the shortest month holds."""
_QUARTER = timedelta(minutes=15)
_TYPES = {"agency_cd": "5s", "site_no": "15s", "datetime": "20d", "tz_cd": "6s"}

_DEFECTS = {
    3: ("12O0", "P"),
    7: ("-999999", "P"),
    11: ("Eqp", "P"),
    13: ("", "P:***"),
    17: ("", ""),
    19: ("2500000", "A"),
}
"""What stands in a value's place, once in each hundred values of the Kansas River: value and code."""

_ICE = range(40, 52)
_GAPS = (*range(60, 66), 71)
_DRY = range(10, 30)


@dataclass(frozen=True, slots=True)
class Series:
    """One time series of a site: its values as (instant or day, text, codes)."""

    site: str
    name: str
    ts_id: str
    zone: ZoneInfo
    values: Sequence[tuple[datetime, str, str]]


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write a month (`2024-11`) of `size` rows or so as five files; the same arguments give the same bytes."""
    year, month = (int(part) for part in partition.split("-"))
    random = np.random.default_rng([seed, year, month])
    many = min(max(size // 4, _LEAST), _MOST)
    start = _start(year, month, many)
    kansas = series("06892350", "56887", _damaged(river(random, start, many)))
    dry = series("07139000", "57234", _dried(river(random, start, many)))
    western = series("07137500", "57201", river(random, start, many), _MOUNTAIN)
    missouri = Series("06893000", "MISSOURI R AT KANSAS CITY, MO", "182345", _CENTRAL, river(random, start, many)[:20])
    wamego = series("06887500", "56854", _iced(river(random, start, many)))
    earlier = series("06892350", "56887", _before(kansas.values[-many // 5 :]))
    fetched = datetime(year + month // 12, month % 12 + 1, 20, 13, 25, 45, tzinfo=_CENTRAL)
    days = [_day(random, date(year, month, 1) + timedelta(days=number), number) for number in range(27)]
    return {
        f"06892350_iv_00060_{partition}.rdb": instantaneous([kansas], fetched, strange=True),
        f"06892350_iv_00060_{partition}_first.rdb": instantaneous([earlier], fetched - timedelta(days=15)),
        f"west_iv_{partition}.rdb": instantaneous([dry, western, missouri], fetched, gage=True),
        f"06887500_iv_{partition}.json": _waterml([wamego], fetched),
        f"06892350_dv_00060_{partition}.rdb": _daily([series("06892350", "56888", days)], fetched),
    }


def series(site: str, ts_id: str, values: Sequence[tuple[datetime, str, str]], zone: ZoneInfo = _CENTRAL) -> Series:
    """Return a time series of one of the sites that are asked for live."""
    return Series(site, SITES[site], ts_id, zone, values)


def river(random: np.random.Generator, start: datetime, many: int) -> list[tuple[datetime, str, str]]:
    """Return quarter-hourly discharges in ft3/s, the last third of them provisional."""
    flows = 900 * np.exp(np.cumsum(random.normal(0, 0.01, many)))
    codes = ["A"] * (many - many // 3) + ["P"] * (many // 3)
    return [
        (start + place * _QUARTER, f"{flow:.0f}", code)
        for place, (flow, code) in enumerate(zip(flows, codes, strict=True))
    ]


def instantaneous(every: Iterable[Series], fetched: datetime, *, gage: bool = False, strange: bool = False) -> bytes:
    """Write time series of discharge as NWIS' RDB, a block for each site; `gage` adds the gage height beside it.

    `strange` adds rows that no place or time can be told of, and one that is repeated.
    """
    lines = _comments(fetched)
    for one in every:
        columns = [f"{one.ts_id}_00060", *([f"{one.ts_id}9_00065"] if gage else [])]
        lines += _about(one, ["00065" if "00065" in name else "00060" for name in columns])
        lines += _header([*_TYPES], columns)
        rows = [(*_clock(at, one.zone), value, code) for at, value, code in one.values]
        if strange:
            rows += [
                (rows[0][0], "XST", "1", "A"),
                ("2024-02-30 00:00", "CST", "1", "A"),
                rows[1],
                (*rows[2][:2], "1", "A"),
            ]
        lines += ["\t".join(("USGS", one.site, *row, *(["4.61", "P"] if gage else []))) for row in rows]
        if strange:
            lines.append("\t".join(("USGS", "0689235O", *rows[0])))
    return ("\n".join(lines) + "\n").encode()


# --- what is wrong with them ------------------------------------------------------------------------------------------


def _damaged(values: list[tuple[datetime, str, str]]) -> list[tuple[datetime, str, str]]:
    """Put in what cannot be read, what is missing, a winter's ice and estimates; leave gaps."""
    found = []
    for place, (at, value, code) in enumerate(values):
        spot = place % 100
        if spot in _ICE:
            found.append((at, "Ice", code) if spot % 2 else (at, value, f"{code}:e"))
        elif spot not in _GAPS:
            found.append((at, *_DEFECTS.get(spot, (value, code))))
    return found


def _iced(values: list[tuple[datetime, str, str]]) -> list[tuple[datetime, str, str]]:
    """Write ice as WaterML has it: no data, and a qualifier that says why."""
    return [
        (at, "-999999", f"{code}:Ice") if place % 100 in _ICE else (at, value, code)
        for place, (at, value, code) in enumerate(values)
    ]


def _dried(values: list[tuple[datetime, str, str]]) -> list[tuple[datetime, str, str]]:
    """Let a river run dry: a zero is a value, and so is the code for it, in the value's place or beside none."""
    dry = {10: ("0", ""), 11: ("ZFl", ""), 12: ("", ":ZFl")}
    told = [dry.get(place % 100, ("0.00", "")) if place % 100 in _DRY else None for place in range(len(values))]
    return [
        (at, zero[0], f"{code}{zero[1]}") if zero else (at, value, code)
        for zero, (at, value, code) in zip(told, values, strict=True)
    ]


def _before(values: Sequence[tuple[datetime, str, str]]) -> list[tuple[datetime, str, str]]:
    """Return the values as they were first published: all provisional, every third of them another one."""
    return [
        (at, str(int(value) + 20) if place % 3 == 0 and value.isdigit() else value, "P")
        for place, (at, value, _) in enumerate(values)
    ]


# --- forms ------------------------------------------------------------------------------------------------------------


def _start(year: int, month: int, many: int) -> datetime:
    """Return where the values begin: the month's first instant, or a little before the clocks change in it."""
    first = datetime(year, month, 1, 6, tzinfo=UTC)
    hours = (first + timedelta(hours=hour) for hour in range(27 * 24))
    changes = [
        hour
        for hour in hours
        if hour.astimezone(_CENTRAL).utcoffset() != (hour + timedelta(hours=1)).astimezone(_CENTRAL).utcoffset()
    ]
    return max(first, changes[0] - many // 2 * _QUARTER) if changes else first


def _clock(at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}", str(local.tzname())


def _day(random: np.random.Generator, day: date, number: int) -> tuple[datetime, str, str]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=_CENTRAL)
    usual = "A" if number < 20 else "P:e"  # noqa: PLR2004 - the last week is provisional
    flow = f"{random.uniform(400, 2000):.0f}"
    words = {4: ("Ice", usual), 5: ("0", usual), 6: ("-999999", usual), 7: ("", "A:ZFl"), 9: ("l70", usual)}
    return midnight, *words.get(number, (flow, usual))


def _comments(fetched: datetime) -> list[str]:
    return [
        "# Some of the data that you have obtained from this database may not have been approved. Any such values are",
        "# qualified as provisional and are subject to revision. (These were generated: they are no measurements.)",
        "#",
        f"# retrieved: {fetched:%Y-%m-%d %H:%M:%S %Z}       (sample)",
    ]


def _about(series: Series, parameters: Sequence[str], statistic: str = "") -> list[str]:
    words = {"00060": "Discharge, cubic feet per second", "00065": "Gage height, feet"}
    told = [
        f"#        {series.ts_id}{'9' * place}       {parameter}     {statistic}{words[parameter]}"
        for place, parameter in enumerate(parameters)
    ]
    return [
        "#",
        "# Data for the following 1 site(s) are contained in this file",
        f"#    USGS {series.site} {series.name}",
        "#",
        f"# Data provided for site {series.site}",
        "#            TS   parameter     Description",
        *told,
        "#",
    ]


def _header(fixed: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    pairs = [name for column in columns for name in (column, f"{column}_cd")]
    yield "\t".join([*fixed, *pairs])
    yield "\t".join([*(_TYPES[name] for name in fixed), *("14n", "10s") * len(columns)])


def _daily(series: Iterable[Series], fetched: datetime) -> bytes:
    lines = _comments(fetched)
    for one in series:
        lines += _about(one, ["00060"], "00003     ")
        lines += _header(["agency_cd", "site_no", "datetime"], [f"{one.ts_id}_00060_00003"])
        lines += [f"USGS\t{one.site}\t{at:%Y-%m-%d}\t{value}\t{code}" for at, value, code in one.values]
    return ("\n".join(lines) + "\n").encode()


def _waterml(series: Iterable[Series], fetched: datetime) -> bytes:
    """Write time series as WaterML 1.1 in JSON; one that has no value comes first."""
    every = list(series)
    empty = Series(every[0].site, every[0].name, "1", every[0].zone, [])
    note = {"value": f"{fetched.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}", "title": "requestDT"}
    query = {"queryURL": "http://waterservices.usgs.gov/nwis/iv/format=json", "note": [note]}
    value = {"queryInfo": query, "timeSeries": [_time_series(one) for one in (empty, *every)]}
    return json.dumps({"name": "ns1:timeSeriesResponseType", "value": value}, indent=1).encode()


def _time_series(series: Series) -> dict[str, object]:
    values = [
        {
            "value": value,
            "qualifiers": code.split(":"),
            "dateTime": at.astimezone(series.zone).isoformat("T", "milliseconds"),
        }
        for at, value, code in series.values
    ]
    return {
        "sourceInfo": {
            "siteName": series.name,
            "siteCode": [{"value": series.site, "network": "NWIS", "agencyCode": "USGS"}],
            "siteProperty": [{"value": "ST", "name": "siteTypeCd"}, {"value": "20", "name": "stateCd"}],
        },
        "variable": {
            "variableCode": [{"value": "00060", "network": "NWIS"}],
            "variableName": "Streamflow, ft&#179;/s",
            "unit": {"unitCode": "ft3/s"},
            "options": {"option": [{"name": "Statistic", "optionCode": "00000"}]},
            "noDataValue": -999999.0,
        },
        "values": [{"value": values, "method": [{"methodDescription": "", "methodID": int(series.ts_id)}]}],
        "name": f"USGS:{series.site}:00060:00000",
    }
