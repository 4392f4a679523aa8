"""Bins: cut once by a reference, the same bytes for the same rows, open at their ends."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.drift import DriftColumn, Scale
from kfm_assets.gates.drift import bins, counting
from kfm_assets_tests.gates.drift.made import ROOT, build_of, rows, specification

SPEC = specification()


def column(name: str, cut: bins.Bins) -> bins.ColumnBins:
    return next(one for one in cut.columns if one.name == name)


def test_the_same_rows_make_the_same_document_in_whatever_order_they_come() -> None:
    frame = rows(1990)
    cut = bins.freeze(SPEC, ROOT, {"1990": frame})
    assert bins.freeze(SPEC, ROOT, {"1990": frame.sample(fraction=1, shuffle=True, seed=1)}).content == cut.content
    assert cut.digest == digest_bytes(cut.content)


def test_a_document_is_read_back_as_it_was_and_holds_no_float() -> None:
    cut = bins.freeze(SPEC, ROOT, {"1990": rows(1990), "1991": rows(1991)})
    assert bins.read(cut.content) == cut
    json.loads(cut.content, parse_float=pytest.fail)
    assert (cut.partitions, cut.rows, cut.provisional) == (("1990", "1991"), 400, True)


def test_a_document_of_another_version_is_refused() -> None:
    content = bins.freeze(SPEC, ROOT, {"1990": rows(1990)}).content.replace(b'"v1"', b'"v9"')
    with pytest.raises(ValueError, match="v9"):
        bins.read(content)


def test_zero_and_missing_have_bins_of_their_own() -> None:
    amount = column("amount", bins.freeze(SPEC, ROOT, {"1990": rows(1990)}))
    assert amount.labels[:2] == ("below 0", "zero")
    assert amount.labels[-1] == "missing"
    assert len(amount.labels) == len(amount.edges) + 2 == len(amount.positions) + 1
    assert all(np.diff(amount.positions) > 0)


def test_names_stand_in_the_order_of_how_often_they_occur_and_places_beside_their_neighbours() -> None:
    cut = bins.freeze(SPEC, ROOT, {"1990": rows(1990, 2_000)})
    assert column("kind", cut).categories == ("hail", "wind", "tornado")
    walked = [38 + int(place) % 3 for place in column("place", cut).categories]
    assert sorted(walked) == walked


def test_a_declaration_is_of_the_columns_and_the_clock_and_not_of_practices() -> None:
    assert SPEC.drift
    other = replace(SPEC, drift=replace(SPEC.drift, utc_offset_hours=0))
    assert bins.declaration(other) != bins.declaration(SPEC)
    assert bins.declaration(replace(SPEC, drift=replace(SPEC.drift, regular=True))) == bins.declaration(SPEC)
    assert SPEC.spec_hash != other.spec_hash


def test_numbers_are_cut_into_bins_of_about_equal_rows_of_the_reference() -> None:
    frame = rows(1990, 2_000)
    cut = bins.freeze(SPEC, ROOT, {"1990": frame})
    amounts = counting.count(SPEC, cut, "1990", build_of("1990"), frame).columns["amount"].sum(axis=0)
    below, nothing, *some, missing = amounts.tolist()
    assert (below, nothing, missing) == (0, frame.filter(amount=0).height, 0)
    assert len(some) == 4
    assert max(some) - min(some) <= 2


def test_what_lies_beyond_the_reference_falls_into_the_ends() -> None:
    spec = specification(DriftColumn("amount", Scale.CONTINUOUS, "amounts", bins=4))
    cut = bins.freeze(spec, ROOT, {"1990": rows(1990)})
    far = rows(1991, 3).with_columns(amount=pl.Series([-1e9, 1e9, float("inf")]))
    table = counting.count(spec, cut, "1991", build_of("1991"), far).columns["amount"].sum(axis=0)
    assert (table[0], table[-2], table.sum()) == (1, 2, 3)


def test_a_reference_without_values_makes_one_bin() -> None:
    spec = specification(DriftColumn("amount", Scale.CONTINUOUS, "amounts"))
    nothing = rows(1990).with_columns(amount=pl.lit(None, dtype=pl.Float64))
    assert column("amount", bins.freeze(spec, ROOT, {"1990": nothing})).labels == ("any", "missing")
