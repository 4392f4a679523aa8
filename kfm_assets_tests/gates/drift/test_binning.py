"""The counting kernel against a binary search, for edges and values as awkward as doubles can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.gates.drift import binning
from kfm_assets.gates.drift.binning import count, count_codes
from kfm_assets_tests.gates.rounds import rounds

AWKWARD = (0.0, -0.0, 5e-324, -5e-324, 1e-308, 1.0, np.nextafter(1, 2), 1e6, 1e308, np.inf, -np.inf)
numbers = st.one_of(st.floats(allow_nan=False), st.sampled_from(AWKWARD), st.integers(-3, 3).map(float))


def by_search(values, edges):
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, "right"), minlength=len(edges) + 1)
    return [*counts.tolist(), len(values) - len(known)]


@pytest.mark.parametrize("many", [0, binning.MANY])
@given(edges=st.lists(numbers, max_size=12), others=st.lists(st.one_of(numbers, st.just(np.nan)), max_size=40))
@rounds(150)
def test_counts_are_those_of_a_binary_search(many, edges, others):
    edges = np.unique(np.array(edges))
    with np.errstate(over="ignore", under="ignore"):
        near = [np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf)]
    values = np.concatenate([*near, np.array(others, dtype=float)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(binning, "MANY", many)
        patch.setattr(binning, "BLOCK", 7)
        assert count(values, edges).tolist() == by_search(values, edges)


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.int32, np.uint8, np.bool_])
def test_other_kinds_of_number_are_read_as_doubles(kind):
    values = (np.random.default_rng(1).normal(0, 30, 100_000)).astype(np.int64).astype(kind)
    edges = np.array([-20.5, 0.0, np.nextafter(0, 1), 0.1, 7.0])
    assert count(values, edges).tolist() == by_search(values.astype(float), edges)


def test_a_float32_is_compared_with_the_edge_and_not_with_the_edge_rounded():
    value = np.array([0.1], dtype=np.float32)
    assert count(value, np.array([float(value[0])])).tolist() == [0, 1, 0]
    assert count(value, np.array([np.nextafter(float(value[0]), 1)])).tolist() == [1, 0, 0]


def test_an_exact_zero_has_a_bin_and_missing_values_have_one():
    edges = np.array([0.0, np.nextafter(0, 1)])
    assert count(np.array([-5e-324, 0.0, -0.0, 5e-324, np.nan]), edges).tolist() == [1, 2, 1, 1]
    assert count(np.array([]), edges).tolist() == [0, 0, 0, 0]
    assert count(np.array([1.0, np.nan]), np.array([])).tolist() == [1, 1]


def test_counts_of_parts_sum_to_the_counts_of_the_whole():
    values = np.random.default_rng(2).normal(size=100_000)
    edges = np.quantile(values, np.arange(1, 20) / 20)
    whole = count(values, edges)
    assert whole.sum() == values.size
    assert (count(values[:1234], edges) + count(values[1234:], edges)).tolist() == whole.tolist()


@given(st.lists(st.integers(-3, 9), max_size=50), st.integers(0, 6))
@rounds(100)
def test_codes_are_counted_with_unseen_and_missing_ones_last(codes, categories):
    expected = [codes.count(place) for place in range(categories)]
    expected += [sum(code >= categories for code in codes), sum(code < 0 for code in codes)]
    assert count_codes(np.array(codes, dtype=np.int32), categories).tolist() == expected


@pytest.mark.parametrize("edges", [[1.0, 1.0], [2.0, 1.0], [np.nan], [0.0, np.nan], [[0.0, 1.0]]])
def test_edges_that_do_not_ascend_are_refused(edges):
    with pytest.raises(ValueError, match="edges must be numbers that ascend"):
        count(np.array([1.0]), np.array(edges))


def test_what_is_no_column_is_refused():
    with pytest.raises(ValueError, match="one dimension"):
        count(np.zeros((2, 2)), np.array([0.0]))
    with pytest.raises(ValueError, match="codes must be integers"):
        count_codes(np.array([0.5]), 2)
