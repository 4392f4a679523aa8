"""The recorded weeks and the sample: what is in them, and what the docs say of it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache

import polars as pl
import pytest

from kfm_assets.datasets.program import Product
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.climate.drought.weeks import PROGRAM, year
from kfm_assets_tests.datasets.geography.made import REPOSITORY, documented, held, payload, recorded

NAME = "usdm/state_dsci.KS.csv"
YEARS = [str(number) for number in range(2000, 2024)]
NOT_COUNTS = {"first_week_missing", "last_week", "largest_dsci", "week_of_largest_dsci"}


@cache
def product(partition: str) -> Product:
    return year({"state_dsci.KS.csv": recorded(NAME)}, partition)


def test_the_docs_carry_the_counts_found():
    spec = PROGRAM.specification
    found = Counter(dict.fromkeys((*spec.quarantine, *spec.scope), 0))
    for partition in YEARS:
        made = product(partition)
        found.update(held(made))
        found.update(made.out_of_scope["dsci"])
        found.update({"rows": made.rows_in["dsci"], "published": made.tables["weeks"].height})
        found.update({name: count for name, count in made.facts.items() if name not in NOT_COUNTS})
    said = documented("climate-drought", "Defects and decisions")
    assert {name: int(count.replace(",", "")) for name, count in said.items()} == found


def test_the_docs_describe_every_column():
    for table in PROGRAM.specification.tables:
        said = documented("climate-drought", f"Columns of {table.name}")
        assert said == {column.name: column.description for column in table.columns}


def test_every_tuesday_from_2000_to_october_2023_is_there_once():
    weeks = pl.concat([product(partition).tables["weeks"] for partition in YEARS])["week_start"].to_list()
    first = date(2000, 1, 4)
    assert weeks == [first + timedelta(weeks=number) for number in range(1_241)]
    assert weeks[-1] == date(2023, 10, 10)


def test_the_worst_week_was_in_the_summer_of_2012():
    facts = product("2012").facts
    assert (facts["largest_dsci"], facts["week_of_largest_dsci"]) == ("463", "2012-08-21")


def test_every_row_has_its_year():
    frame = PROGRAM.parse(payload("dsci", NAME, recorded(NAME)))
    assert set(frame["partition"]) == set(YEARS)


def test_the_credit_line_is_carried_where_people_read_it():
    credit = PROGRAM.specification.upstream.credit
    assert credit.startswith("The U.S. Drought Monitor is jointly produced by the National Drought Mitigation Center")
    page = (REPOSITORY / "docs/pipelines/climate-drought/README.md").read_text()
    assert credit in " ".join(line.removeprefix("> ") for line in page.splitlines())


def test_every_column_says_what_it_is_made_from():
    assert all(column.sources for table in PROGRAM.specification.tables for column in table.columns)


@pytest.mark.parametrize("partition", [*PROGRAM.sample_partitions, "2000", "2019"])
def test_the_sample_has_every_defect(partition):
    files = PROGRAM.sample(partition, 200, 1)
    assert files == PROGRAM.sample(partition, 200, 1)
    assert files != PROGRAM.sample(partition, 200, 2)
    made = year(files, partition)
    assert set(held(made)) == set(PROGRAM.specification.quarantine) - {"undated"}
    assert {rule for rules in made.out_of_scope.values() for rule in rules} == set(PROGRAM.specification.scope)
    assert all(made.facts[name] for name in ("weeks_missing", "categories_without_index", "weeks_without_categories"))
    assert all(45 <= table.height <= 52 for table in made.tables.values())
    results = [one for table in PROGRAM.specification.tables for one in quality.judge(made.tables[table.name], table)]
    assert [one for one in results if one.finding.outcome is not Outcome.PASS] == []
    frames = [PROGRAM.parse(payload("dsci", name, text)) for name, text in files.items() if name.startswith("dsci")]
    assert sum(frame["partition"].null_count() for frame in frames) == 1


@pytest.mark.parametrize(("size", "rows"), [(0, 110), (1, 110), (1_000, 1_000)])
def test_the_sample_has_about_as_many_rows_as_are_asked_for(size, rows):
    made = year(PROGRAM.sample("2022", size, 3), "2022")
    assert sum(made.rows_in.values()) == pytest.approx(rows, rel=0.15)
