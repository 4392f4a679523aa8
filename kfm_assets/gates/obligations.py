"""Obligations: what a specification's sensitivity asks of the published tables, verified on their content.

Two are known. `remove:<column>`: no table has the column. `generalize:<column>:<decimals>`: wherever the column stands,
its numbers, or the positions of its geometries, have at most so many decimal places. One that is not known, or that
cannot be verified, fails: a promise that nobody can check is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from kfm_assets.domain.verdict import Finding, Outcome

_MOST_DECIMALS = 12
"""Beyond this a float64 of degrees or metres has no further decimals to take away."""


def verify(obligation: str, tables: Mapping[str, pl.DataFrame]) -> Finding:
    """Return what an obligation's verification on some tables found."""
    match obligation.split(":"):
        case ["remove", column] if column:
            problem = _removed(column, tables)
        case ["generalize", column, decimals] if column and decimals.isdecimal() and int(decimals) <= _MOST_DECIMALS:
            problem = _generalized(column, int(decimals), tables)
        case _:
            problem = "this obligation is not one that can be verified"
    return Finding(f"obligation.{obligation}", Outcome.FAIL if problem else Outcome.PASS, problem or "verified")


def _removed(column: str, tables: Mapping[str, pl.DataFrame]) -> str:
    there = [name for name, frame in tables.items() if column in frame.columns]
    return f"{column} is in {', '.join(there)}" if there else ""


def _generalized(column: str, decimals: int, tables: Mapping[str, pl.DataFrame]) -> str:
    found = [(name, frame[column]) for name, frame in tables.items() if column in frame.columns]
    if not found:
        return f"no table has {column}"
    problems = [(name, _finer(values, decimals)) for name, values in found]
    return "; ".join(f"{name}: {problem}" for name, problem in problems if problem)


def _finer(values: pl.Series, decimals: int) -> str:
    """Say how many values have more decimal places than they may."""
    if values.dtype == pl.Binary:
        return _finer_geometry(values, decimals)
    if values.dtype.is_integer():
        return ""
    if not values.dtype.is_float():
        return f"{values.name} is {values.dtype}, whose decimals cannot be counted"
    finer = int((values != values.round(decimals)).sum())
    return f"{finer} of {len(values)} values have more than {decimals} decimals" if finer else ""


def _finer_geometry(values: pl.Series, decimals: int) -> str:
    # Imported here: few datasets have a geometry to generalise, and shapely is slow to load.
    from shapely import GEOSException, from_wkb, get_coordinates  # noqa: PLC0415

    try:
        coordinates = get_coordinates(from_wkb(values.drop_nulls().to_list()))
    except GEOSException:
        return f"{values.name} holds what is not WKB"
    finer = int((coordinates != coordinates.round(decimals)).any(axis=1).sum())
    return f"{finer} of {len(coordinates)} positions have more than {decimals} decimals" if finer else ""
