"""Which rows become weeks, how the index and the categories of a week meet, and which rule keeps each other row out."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.climate.drought.weeks import (
    CATEGORICAL,
    PROGRAM,
    csv,
    index,
    of_rows,
    only,
    shares,
    year,
)
from kfm_assets_tests.datasets.geography.made import held
from kfm_assets_tests.gates.rounds import rounds

WEEK = {"week_start": date(2019, 1, 1), "week_end": date(2019, 1, 7), "dsci": 150}
SHARES = {
    "week_start": date(2019, 1, 1),
    "week_end": date(2019, 1, 7),
    "none_percent": 10.0,
    "d0_percent": 90.0,
    "d1_percent": 45.5,
    "d2_percent": 14.5,
    "d3_percent": 0.0,
    "d4_percent": 0.0,
    "statistic": "cumulative",
    "dsci_of_categories": 150.0,
    "dsci_difference": 0.0,
}


def test_the_index_and_the_categories_of_a_week_are_a_row_each():
    product = of_rows(index(), shares())
    assert only(product) == WEEK
    assert only(product, "categories") == SHARES
    assert product.facts["weeks_without_categories"] == product.facts["categories_without_index"] == 0


def test_either_alone_stands():
    alone = of_rows(index())
    assert only(alone) == WEEK
    assert alone.facts["weeks_without_categories"] == 1
    alone = of_rows(shares())
    assert only(alone, "categories") == SHARES | {"dsci_difference": None}
    assert (alone.tables["weeks"].height, alone.facts["categories_without_index"]) == (0, 1)


def test_categorical_shares_become_cumulative():
    product = of_rows(index(), shares(**CATEGORICAL))
    assert only(product, "categories") == SHARES | {"statistic": "categorical"}


def test_all_of_kansas_in_the_worst_category_is_500():
    worst = dict.fromkeys(("D0", "D1", "D2", "D3", "D4"), "100.00") | {"None": "0.00"}
    product = of_rows(index(dsci="500"), shares(**worst))
    assert only(product)["dsci"] == 500
    row = only(product, "categories")
    assert (row["dsci_of_categories"], row["dsci_difference"]) == (500.0, 0.0)


@pytest.mark.parametrize(("dsci", "outcome"), [("150", Outcome.PASS), ("151", Outcome.FAIL), ("149", Outcome.FAIL)])
def test_an_index_that_is_not_the_sum_of_its_categories_is_found(dsci, outcome):
    results = quality.judge(
        of_rows(index(dsci=dsci), shares()).tables["categories"], PROGRAM.specification.table("categories")
    )
    (found,) = [one.finding for one in results if "dsci_is_the_sum" in one.finding.check]
    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (index(area=""), "area_missing"),
        (index(area="  "), "area_missing"),
        (index(day="20190102"), "not_a_tuesday"),
        (index(dsci=""), "dsci_invalid"),
        (index(dsci="501"), "dsci_invalid"),
        (index(dsci="-1"), "dsci_invalid"),
        (index(dsci="99.5"), "dsci_invalid"),
        (index(dsci="nan"), "dsci_invalid"),
        (shares(ValidStart="2019-01-08"), "week_unclear"),
        (shares(ValidEnd="2019-01-08"), "week_unclear"),
        (shares(ValidEnd=""), "week_unclear"),
        (shares(D3=""), "share_invalid"),
        (shares(D3="-0.01"), "share_invalid"),
        (shares(D0="100.01"), "share_invalid"),
        (shares(StatisticFormatID="3"), "statistic_unknown"),
        (shares(StatisticFormatID=""), "statistic_unknown"),
        (shares(StatisticFormatID="2"), "shares_do_not_add_up"),
        (shares(**CATEGORICAL | {"StatisticFormatID": "1"}), "shares_do_not_add_up"),
        (shares(D4="14.60"), "shares_do_not_add_up"),
        (shares(**{"None": "10.10"}), "shares_do_not_add_up"),
    ],
)
def test_a_bad_row_is_held_back_with_its_rule_and_text(row, rule):
    good = index(day="20190108")
    product = of_rows(row, good)
    assert held(product) == {rule: 1}
    assert product.quarantine["row"].to_list() == [",".join(row)]
    assert only(product)["week_start"] == date(2019, 1, 8)


def test_rows_of_other_areas_are_counted_and_kansas_is_found_by_name_code_or_number():
    product = of_rows(index(area="Nebraska"), index(area="CONUS"), shares(StateAbbreviation="NE"))
    assert product.out_of_scope == {"dsci": {"other_area": 2}, "categories": {"other_area": 1}}
    assert product.tables["weeks"].is_empty()
    for name in ("kansas", "KS", " 20 "):
        assert only(of_rows(index(area=name)))["dsci"] == 150


def test_a_bad_row_of_another_area_is_out_of_scope_and_not_held_back():
    assert of_rows(index(area="Nebraska", dsci="x")).out_of_scope["dsci"] == {"other_area": 1}


def test_a_week_said_twice_alike_counts_once_and_one_said_otherwise_does_not_count():
    alike = of_rows(index(), index(), index(dsci="150.0"))
    assert only(alike)["dsci"] == 150
    assert alike.out_of_scope["dsci"] == {"repeated": 2}
    apart = of_rows(index(), index(), index(dsci="151"), index(day="20190108"))
    assert held(apart) == {"contradicted": 3}
    assert only(apart)["week_start"] == date(2019, 1, 8)


def test_a_week_whose_index_is_contradicted_keeps_its_categories():
    product = of_rows(index(), index(dsci="9"), shares())
    assert product.tables["weeks"].is_empty()
    assert only(product, "categories") == SHARES | {"dsci_difference": None}


def test_a_week_that_ends_in_the_next_year_belongs_to_the_year_it_starts_in():
    file = csv("dsci", index("20181225"), index("20191231"), index("20200107"))
    (old,) = year({"dsci.csv": file}, "2018").tables["weeks"]["week_end"]
    assert old == date(2018, 12, 31)
    product = year({"dsci.csv": file}, "2019")
    assert only(product)["week_end"] == date(2020, 1, 6)
    assert product.facts["weeks_that_end_in_the_next_year"] == 1
    assert year({"dsci.csv": file}, "2020").tables["weeks"].height == 1


def test_missing_weeks_are_counted_up_to_the_last():
    product = of_rows(index("20190108"), index("20190122"), shares(MapDate="20190129"))
    assert held(product) == {"week_unclear": 1}
    assert (product.facts["weeks_missing"], product.facts["first_week_missing"]) == (2, "2019-01-01")
    assert (product.facts["last_week"], product.facts["weeks_after_the_last"]) == ("2019-01-22", 49)


def test_a_year_without_a_row_is_empty():
    product = year({})
    assert all(product.tables[table.name].equals(tables.empty(table)) for table in PROGRAM.specification.tables)
    assert product.facts["weeks_after_the_last"] == 53


@rounds(60)
@given(
    st.lists(st.tuples(st.sampled_from([0, 7, 8, 14]), st.sampled_from(["0", "150", "501"]), st.booleans()), max_size=8)
)
def test_the_order_of_rows_does_not_matter(drawn):
    first = date(2019, 1, 1)
    rows = [
        index(f"{first + timedelta(days=days):%Y%m%d}", dsci) if is_index else shares()
        for days, dsci, is_index in drawn
    ]
    product = of_rows(*rows)
    random.Random(len(rows)).shuffle(rows)
    other = of_rows(*rows)
    assert all(other.tables[name].equals(table) for name, table in product.tables.items())
    assert held(other) == held(product)
    assert other.out_of_scope == product.out_of_scope
