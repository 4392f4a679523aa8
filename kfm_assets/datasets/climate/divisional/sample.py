"""Synthetic nClimDiv files of a year: Kansas, its neighbours and more, with the defects that a record can have.

Fourteen elements by division and three of the state, in an edition of the following March; the last of PARTITIONS comes
in one of its own September, so that its months from September on are yet to come. Beside them lies an extract of Kansas
of a month before. At fixed places a record has something that holds it back or leaves it out (`_DEFECTS`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from kfm_assets.datasets.climate.divisional.elements import DIVISIONS, ELEMENTS, KANSAS, Element

PARTITIONS = ("2020", "2021", "2022", "2023", "2024")
"""What the sample offers when nobody asks for particular partitions."""

_BY_DIVISION: tuple[str, ...] = ("tmpc", "tmax", "tmin", "pcpn", "hddc", "cddc", "pdsi", "phdi", "pmdi", "zndx")
_BY_DIVISION += ("sp01", "sp03", "sp12", "sp24")
_OF_THE_STATE = ("pdsi", "sp01", "tmpc")
_BY_NAME = {element.name: element for element in ELEMENTS}
_OTHERS = (25, 34, 5, 23, *(code for code in range(1, 49) if code not in (5, 14, 23, 25, 34)))
"""State codes: Nebraska, Oklahoma, Colorado and Missouri, then all others of the contiguous states."""
_DIVISIONS_OF_OTHERS = 9
_TO_COME = 8
"""Months that are over in an edition of September."""

_Values = dict[str, list[float]]


def generate(partition: str, size: int, seed: int) -> Mapping[str, bytes]:
    """Write the files of a year with `size` records or so: Kansas' own at least, all contiguous states at most."""
    year = int(partition)
    random = np.random.default_rng([seed, year])
    over = _TO_COME if partition == PARTITIONS[-1] else 12
    edition, older = (f"{year}0905", f"{year}0806") if over == _TO_COME else (f"{year + 1}0305", f"{year + 1}0206")
    kansas = tuple((KANSAS, number) for number in DIVISIONS if number)
    wanted = max(4, size // len(_BY_DIVISION) - len(kansas))
    others = tuple((state, number + 1) for number in range(_DIVISIONS_OF_OTHERS) for state in _OTHERS)[:wanted]
    values = {area: _climate(random) for area in sorted((*kansas, *others, (KANSAS, 0)))}
    files = {
        f"climdiv-{name}dv-v1.0.0-{edition}": _written(_of_divisions(_BY_NAME[name], values, year, over))
        for name in _BY_DIVISION
    }
    for name in _OF_THE_STATE:
        files[f"climdiv-{name}st-v1.0.0-{edition}"] = _written(_of_states(_BY_NAME[name], values, year, over))
    extract = {area: values[area] for area in kansas}
    lines = [_line(_BY_NAME["sp12"], f"{a:02}{b:02}", year, one["sp12"], over - 1) for (a, b), one in extract.items()]
    files[f"KS_climdiv-sp12dv-v1.0.0-{older}"] = _written(lines)
    return _with_defects(files, edition)


def _climate(random: np.random.Generator) -> _Values:
    """Return twelve values of each element, as the upstream has them; temperatures and degree days agree."""
    summer = [-math.cos((month + 0.5) * math.pi / 6) for month in range(12)]
    high = [66 + 24 * warm + random.normal(0, 3) for warm in summer]
    low = [value - random.uniform(18, 28) for value in high]
    mean = [(top + bottom) / 2 for top, bottom in zip(high, low, strict=True)]
    rain = [max(0.0, 2.4 + 1.7 * warm + random.normal(0, 1)) for warm in summer]
    drought = np.clip(np.cumsum(random.normal(0, 0.8, 12)), -9, 9).tolist()
    spi = np.clip(random.normal(0, 1, 12), -3.09, 3.09).tolist()
    return {
        "tmpc": mean,
        "tmax": high,
        "tmin": low,
        "pcpn": rain,
        "hddc": [max(0.0, 65 - value) * 30 for value in mean],
        "cddc": [max(0.0, value - 65) * 30 for value in mean],
        "pdsi": drought,
        "phdi": drought,
        "pmdi": drought,
        "zndx": [value * 1.2 for value in drought],
        **{f"sp{months:02}": [value / months for value in spi] for months in (1, 3, 12, 24)},
    }


def _of_divisions(element: Element, values: Mapping[tuple[int, int], _Values], year: int, over: int) -> list[str]:
    areas = {area: one for area, one in values.items() if area[1]}
    return [_line(element, f"{a:02}{b:02}", year, one[element.name], over) for (a, b), one in areas.items()]


def _of_states(element: Element, values: Mapping[tuple[int, int], _Values], year: int, over: int) -> list[str]:
    """Write Kansas, another state and the nation, whose code is 110; what is theirs is the first division's."""
    states = {number: one for (number, division), one in values.items() if division in (0, 1) and number != KANSAS}
    first = min(states)
    shown = {first: states[first], KANSAS: values[KANSAS, 0], 110: states[first]}
    return [_line(element, f"{number:03}0", year, one[element.name], over) for number, one in shown.items()]


def _line(element: Element, area: str, year: int, values: list[float], over: int) -> str:
    whole = element.missing.endswith(".")
    tenths = element.unit == "degC"
    texts = [f"{value:.0f}." if whole else f"{value:.1f}0" if tenths else f"{value:.2f}" for value in values[:over]]
    texts += [element.missing] * (12 - over)
    return f"{area}{element.code}{year}" + "".join(f"{text:>7}" for text in texts) + "   "


def _written(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _with_defects(files: Mapping[str, bytes], edition: str) -> dict[str, bytes]:
    changed = dict(files)
    for element, division, damage in _DEFECTS:
        name = f"climdiv-{element}dv-v1.0.0-{edition}"
        lines = changed[name].decode().splitlines()
        at = next(place for place, line in enumerate(lines) if line.startswith(f"{KANSAS:02}{division:02}"))
        lines[at : at + 1] = damage(lines[at])
        changed[name] = _written(lines)
    return changed


def _with(line: str, month: int, text: str) -> str:
    start = 10 + 7 * (month - 1)
    return f"{line[:start]}{text:>7}{line[start + 7 :]}"


_DEFECTS: tuple[tuple[str, int, Callable[[str], list[str]]], ...] = (
    ("pcpn", 2, lambda line: [_with(line, 5, "*******")]),
    ("cddc", 3, lambda line: [_with(line, 7, "99999.")]),
    ("zndx", 4, lambda line: [line, _with(line, 2, "1.23")]),
    ("phdi", 5, lambda line: [line, line]),
    ("pmdi", 6, lambda line: [_with(line, 4, "-99.99")]),
    ("sp01", 7, lambda line: [line, f"{line[:6]}9999{line[10:]}"]),
    ("sp01", 8, lambda line: [line, f"{line[:2]}11{line[4:]}"]),
    ("sp24", 9, lambda line: [_with(line, 12, "0.00")]),
)
"""An element, a division of Kansas, and the records that stand in place of its own."""
