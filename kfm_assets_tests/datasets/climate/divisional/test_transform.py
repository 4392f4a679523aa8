"""What becomes of a record: units, missing months, versions, and rows that are held back."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets import tables
from kfm_assets.datasets.climate.divisional.elements import DIVISIONS, ELEMENTS
from kfm_assets.datasets.climate.divisional.specification import MONTHS, SERIES, SPECIFICATION
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.climate.divisional.records import (
    PROGRAM,
    TWELVE,
    YEAR,
    kansas,
    line,
    made,
    months,
    name,
    with_month,
    written,
)
from kfm_assets_tests.datasets.geography.made import held
from kfm_assets_tests.gates.rounds import rounds

BY_NAME = {element.name: element for element in ELEMENTS}


def test_codes_are_those_of_the_publishers_format():
    codes = {element.name: int(element.code) for element in ELEMENTS}
    assert codes == {
        "pcpn": 1,
        "tmpc": 2,
        "pdsi": 5,
        "phdi": 6,
        "zndx": 7,
        "pmdi": 8,
        "hddc": 25,
        "cddc": 26,
        "tmax": 27,
        "tmin": 28,
        "sp01": 71,
        "sp02": 72,
        "sp03": 73,
        "sp06": 74,
        "sp09": 75,
        "sp12": 76,
        "sp24": 77,
    }


def of(element: str, text: str, **edition: str):
    """Make a year in which division 1 has a text for its month of March."""
    changed = line("1401", with_month(3, text), element=element)
    return made({name(element, **edition): written(kansas({1: changed}, element=element))})


def march(element: str, text: str) -> object:
    product = of(element, text)
    (row,) = [row for row in months(product) if row["month"] == date(1975, 3, 1)]
    return row[BY_NAME[element].column]


@pytest.mark.parametrize(
    ("element", "text", "value"),
    [
        ("tmpc", "32.00", 0.0),
        ("tmpc", "-40.00", -40.0),
        ("tmax", "100.40", 38.0),
        ("tmin", "28.40", -2.0),
        ("pcpn", "1.00", 25.4),
        ("pcpn", "0.00", 0.0),
        ("pcpn", "0.12", 3.048),
        ("hddc", "900.", 500.0),
        ("cddc", "0.", 0.0),
        ("pdsi", "-8.23", -8.23),
        ("pdsi", "-0.00", 0.0),
        ("zndx", "10.24", 10.24),
        ("sp24", "-3.09", -3.09),
    ],
)
def test_values_come_in_si_units(element, text, value):
    assert march(element, text) == value
    assert str(march(element, text)) == str(value)


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.name)
def test_each_element_has_its_own_word_for_missing_and_its_own_range(element):
    assert march(element.name, "2.00") is not None
    product = of(element.name, element.missing)
    assert [row["month"].month for row in months(product)] == [1, 2, *range(4, 13)]
    (series,) = product.tables["series"].filter(division=1).to_dicts()
    assert (series["months_given"], series["months_to_come"], series["months_missing"]) == (11, 0, 1)
    for text in {"-99.98", "9999.99", "-99.99", "-99.90", "-9999."} - {element.missing}:
        assert held(of(element.name, text)) == {"value_impossible": 1}


@pytest.mark.parametrize("text", ["", "*******", "1,50", "1.5e0", "NaN", "inf", "--1.50", "150", "1. 50", "M"])
def test_what_is_no_number_holds_its_record_back(text):
    product = of("pdsi", text)
    assert held(product) == {"value_unreadable": 1}
    (kept,) = product.quarantine.to_dicts()
    assert (kept["source_file"], kept["source_line"]) == (name(), 1)
    assert kept["row"] == line("1401", with_month(3, text))
    assert set(product.tables["months"]["division"]) == set(range(2, 10))


def test_months_that_were_not_over_are_to_come_and_those_before_are_missing():
    values = with_month(2, "-99.99", (*TWELVE[:3], *("-99.99",) * 9))
    lines = kansas({1: line("1401", values)})
    product = made({name(edition="19750404"): written(lines)})
    (first,) = product.tables["series"].filter(division=1).to_dicts()
    assert (first["months_given"], first["months_to_come"], first["months_missing"]) == (2, 9, 1)
    assert [row["month"].month for row in months(product)] == [1, 3]
    assert held(product) == {"not_yet": 8}, "the others have a December in April"
    assert product.facts["unfinished_records"] == 1


def test_a_month_is_over_on_the_first_day_of_the_next():
    values = (*TWELVE[:2], *("-99.99",) * 10)
    for edition, to_come in (("19750331", 10), ("19750401", 9)):
        product = made({name(edition=edition): written([line(f"14{n:02}", values) for n in range(1, 10)])})
        assert set(product.tables["series"]["months_to_come"]) == {to_come}


def test_elements_come_together_and_absent_ones_are_null():
    files = {
        name("tmpc"): written(kansas(element="tmpc")),
        name("pdsi", "st"): written([line("0140"), line("0250")]),
    }
    product = made(files)
    assert product.tables["months"].height == 120
    assert set(product.tables["months"].filter(division=0)["division_name"]) == {"Kansas"}
    statewide, central = months(product, 0)[4], months(product, 5)[4]
    assert (statewide["pdsi"], statewide["temperature_mean_degc"]) == (1.25, None)
    assert (central["pdsi"], central["division_name"]) == (None, "Central")
    assert central["temperature_mean_degc"] == pytest.approx((1.25 - 32) / 1.8, abs=5e-5)
    assert (product.facts["elements_by_division"], product.facts["elements_of_the_state"]) == ("tmpc", "pdsi")


def test_other_states_are_out_of_scope():
    product = made({name(): written([*kansas(), line("2001"), line("2501"), line("3401", TWELVE)])})
    assert product.out_of_scope["records"] == {"outside_kansas": 3}
    assert dict(product.tables["months"]["division", "division_name"].unique().iter_rows()) == {
        number: DIVISIONS[number] for number in range(1, 10)
    }


def test_a_tenth_division_is_held_back():
    product = made({name(): written([*kansas(), line("1410")])})
    assert held(product) == {"division_unknown": 1}


def test_the_latest_edition_of_a_record_counts_even_where_it_is_damaged():
    older = written(kansas())
    newer = written(kansas({1: line("1401", with_month(3, "9.99")), 2: line("1402", with_month(3, "x"))}))
    product = made({f"KS_{name(edition='19760304')}": older, name(edition="19760404"): newer})
    assert product.out_of_scope["records"] == {"superseded": 9}
    assert held(product) == {"value_unreadable": 1}
    assert set(product.tables["series"]["edition"]) == {date(1976, 4, 4)}
    assert months(product)[2]["pdsi"] == 9.99
    assert months(product, 2) == []


def test_an_older_edition_gives_what_a_later_one_does_not_have():
    state, divisions = written([line("0140")]), written(kansas())
    product = made({name(level="st", edition="19760101"): state, name(edition="19760304"): divisions})
    assert product.tables["series"].height == 10
    assert product.out_of_scope["records"] == {}


def test_of_records_that_say_the_same_the_one_with_the_shortest_name_counts():
    content = written(kansas({4: (line("1404"), line("1404"))}))
    product = made({f"KS_{name()}": content, name(): content})
    assert product.out_of_scope["records"] == {"repeated": 11}
    assert set(product.tables["series"]["source_file"]) == {name()}


def test_of_records_that_contradict_each_other_none_counts():
    other = line("1404", with_month(3, "9.99"))
    product = made({name(): written(kansas({4: (line("1404"), other, line("1404"))}))})
    assert held(product) == {"contradictory": 3}
    assert months(product, 4) == []
    damaged = line("1404", with_month(3, "x"))
    product = made({name(): written(kansas({4: (line("1404"), damaged)}))})
    assert held(product) == {"value_unreadable": 1}
    assert len(months(product, 4)) == 12, "what is damaged contradicts nobody"


def test_no_records_are_no_rows():
    for wires in ({}, {"records": made({name(): written(kansas())}).tables["series"].clear()}):
        product = PROGRAM.transform(YEAR, wires, {}, lambda *_: "")
        assert product.rows_in == {"records": 0}
        assert [frame.height for frame in product.tables.values()] == [0, 0]


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"temperature_minimum_degc": 11.0}, "minimum_not_above_mean"),
        ({"temperature_maximum_degc": 9.0}, "mean_not_above_maximum"),
        ({"temperature_maximum_degc": 60.0}, "temperature_is_plausible"),
        ({"precipitation_mm": -0.1}, "precipitation_is_plausible"),
        ({"cooling_degree_days_k_d": -1.0}, "degree_days_are_plausible"),
        ({"phdi": -20.01}, "palmer_in_range"),
        ({"spi_24": 4.01}, "spi_in_range"),
        ({"division": 10}, "division_in_range"),
        ({"division_name": "West"}, "division_is_named"),
    ],
)
def test_a_rule_of_the_months_fails_where_it_is_broken(changes, broken):
    row = {
        "month": date(1975, 3, 1),
        "division": 1,
        "division_name": "Northwest",
        "temperature_mean_degc": 10.0,
        "temperature_maximum_degc": 10.0,
        "temperature_minimum_degc": 10.0,
    }
    for changed, expected in (({}, set()), (changes, {broken})):
        filled = dict.fromkeys(column.name for column in MONTHS.columns) | row | changed
        frame = pl.DataFrame([filled], schema=tables.polars_schema(MONTHS))
        results = quality.judge(frame, MONTHS)
        assert {
            one.finding.check.split(".")[-1] for one in results if one.finding.outcome is not Outcome.PASS
        } == expected


TEXTS = st.one_of(
    st.sampled_from(["1.50", "-99.99", "-99.90", "-9.99", "-9999.", "0.00", "x", "", "-0.00", "99.99", "9999.", ".5"]),
    st.integers(-300, 300).map(lambda hundredths: f"{hundredths / 100:.2f}"),
)
RECORDS = st.tuples(
    st.sampled_from(["1401", "1401", "1402", "1409", "1410", "2501"]), st.lists(TEXTS, min_size=12, max_size=12)
)


@rounds(60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pdsi", "tmpc", "pcpn"]),
            st.sampled_from(["19750604", "19760304"]),
            st.sampled_from(["", "KS_"]),
            st.lists(RECORDS, max_size=4),
        ),
        max_size=4,
    )
)
def test_whatever_records_hold_each_ends_in_one_place_and_each_value_in_one_cell(files):
    contents = {
        f"{prefix}{name(element, edition=edition)}": written(
            [*kansas(element=element), *(line(area, values, element=element) for area, values in records)]
        )
        for element, edition, prefix, records in files
    }
    contents[name("zndx")] = written(kansas(element="zndx"))
    product = made(contents)
    series, table = product.tables["series"], product.tables["months"]
    counts = series.select("months_given", "months_to_come", "months_missing")
    assert set(counts.sum_horizontal()) <= {12}
    assert sum(table[element.column].count() for element in ELEMENTS) == series["months_given"].sum()
    for frame, spec in ((table, MONTHS), (series, SERIES)):
        assert frame.select(spec.key).is_unique().all()
        assert dict(frame.schema) == tables.polars_schema(spec)
        assert tables.decode(tables.encode(frame, spec)).equals(frame)
    assert SPECIFICATION.counted is SERIES
