"""The sample looks like the upstream's files, has every kind of defect, and is the same for the same arguments."""

from __future__ import annotations

import re

import pytest

from kfm_assets.datasets import making
from kfm_assets.datasets.climate.divisional import sample
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.climate.divisional.records import PROGRAM, made
from kfm_assets_tests.datasets.geography.made import held, payload

SPEC = PROGRAM.specification
ALWAYS = {"value_unreadable": 1, "value_impossible": 1, "contradictory": 2, "division_unknown": 1}


def test_the_same_arguments_give_the_same_bytes_and_others_give_others():
    files = sample.generate("2023", 200, 1)
    assert sample.generate("2023", 200, 1) == files
    assert sample.generate("2023", 200, 2) != files
    assert sample.generate("2022", 200, 1).keys() != files.keys()


@pytest.mark.parametrize("partition", [*sample.PARTITIONS, "1895"])
def test_each_year_has_the_defects_and_passes_its_rules(partition):
    product = made(sample.generate(partition, 200, 7), partition)
    unfinished = partition == sample.PARTITIONS[-1]
    assert held(product) == ALWAYS | ({"not_yet": 1} if unfinished else {})
    assert product.out_of_scope["records"].keys() == {"outside_kansas", "superseded", "repeated"}
    assert set(product.tables["months"]["division"]) == set(range(10))
    assert len(product.tables["months"]["month"].unique()) == (8 if unfinished else 12)
    assert (product.facts["months_to_come"] > 0) == unfinished
    assert product.facts["months_missing"] == 1
    results = [one for table in SPEC.tables for one in quality.judge(product.tables[table.name], table)]
    assert [one for one in results if one.finding.outcome is not Outcome.PASS] == []


def test_one_record_in_a_file_cannot_be_dated():
    files = [payload("records", name, content) for name, content in sample.generate("2023", 200, 1).items()]
    undated = [making.undated(PROGRAM, (file, PROGRAM.parse(file))) for file in files]
    assert b"".join(undated).count(b'"undated"') == 1


@pytest.mark.parametrize("size", [1, 400, 3000])
def test_the_size_is_that_of_the_wire_and_few_are_held_back(size):
    product = made(sample.generate("2023", size, 3), "2023")
    assert product.rows_in["records"] == pytest.approx(max(size, 200), rel=0.1)
    in_scope = product.tables["series"].height + product.quarantine.height
    assert product.quarantine.height / in_scope < 0.05


def test_files_are_named_and_written_as_the_upstream_does():
    files = sample.generate("2023", 200, 1)
    (feed,) = SPEC.upstream.feeds
    assert all(re.search(feed.file_name, name) for name in files)
    texts = b"".join(files.values()).decode().splitlines()
    assert {len(text) for text in texts} == {97}
    assert {text[:2] for name, content in files.items() if "dv" in name for text in content.decode().splitlines()} > {
        "14",
        "25",
        "34",
    }
    ordered = files["climdiv-tmpcdv-v1.0.0-20240305"].decode().splitlines()
    assert ordered == sorted(ordered, key=lambda text: text[:4])
