"""Records as nClimDiv writes them, for tests: files of one year or more, whole as far as Kansas goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfm_assets.datasets import registry
from kfm_assets.datasets.climate.divisional.elements import ELEMENTS
from kfm_assets.datasets.program import Product
from kfm_assets_tests.datasets.geography.made import make

PROGRAM = registry.program("climate/divisional")
YEAR = "1975"
CODES = {element.name: element.code for element in ELEMENTS}
TWELVE = tuple(f"{month / 4:.2f}" for month in range(1, 13))
"""A value for each month that any element can have."""


def name(element: str = "pdsi", level: str = "dv", edition: str = "19760304", version: str = "1.0.0") -> str:
    return f"climdiv-{element}{level}-v{version}-{edition}"


def line(area: str = "1401", values: Iterable[str] = TWELVE, *, element: str = "pdsi", year: str = YEAR) -> str:
    return f"{area}{CODES[element]}{year}" + "".join(f"{value:>7}" for value in values) + "   "


def with_month(month: int, text: str, values: Iterable[str] = TWELVE) -> tuple[str, ...]:
    return tuple(text if number == month else value for number, value in enumerate(values, 1))


def kansas(
    changes: Mapping[int, str | tuple[str, ...]] | None = None,
    *,
    element: str = "pdsi",
    years: Iterable[str] = (YEAR,),
) -> list[str]:
    """Return the lines of nine divisions; `changes` gives some of them other lines, in the last year."""
    lines = []
    for division in range(1, 10):
        lines += [line(f"14{division:02}", element=element, year=year) for year in years]
        other = (changes or {}).get(division, lines[-1])
        lines[-1:] = [other] if isinstance(other, str) else other
    return lines


def written(lines: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in lines).encode()


def made(files: Mapping[str, bytes], year: str = YEAR) -> Product:
    return make(PROGRAM, year, files)


def months(product: Product, division: int = 1) -> list[dict[str, object]]:
    return product.tables["months"].filter(division=division).to_dicts()
