"""What the witness says of the recorded years, and of the sample's: the table in the docs, and what it found."""

from __future__ import annotations

import re
from functools import cache

import polars as pl
import pytest

from kfm_assets.datasets.hazards.storm_events.witness import synthetic
from kfm_assets.datasets.program import FILE, PARTITION, Hearing, Product
from kfm_assets.domain.verdict import Outcome
from kfm_assets_tests.datasets.geography.made import RECORDED, REPOSITORY, payload, recorded, synthetic_counties
from kfm_assets_tests.datasets.hazards.storm_events.rows import PROGRAM, made_of
from kfm_assets_tests.datasets.hazards.storm_events.test_recorded import YEARS, files, product

COLUMNS = ("here", "there", "matched", "on_a_track", "held_back_here", "on_another_day", "only_here", "only_there")
COLUMNS += ("agreement_percent",)


def hearing(year: str, made: Product, sent: dict[str, bytes], witness: dict[str, bytes]) -> Hearing:
    frames = [
        PROGRAM.parse(payload("details", name, content)).with_columns(pl.lit(name).alias(FILE))
        for name, content in sent.items()
        if "details" in name
    ]
    wires = {"details": pl.concat(frames).filter(pl.col(PARTITION) == year)}
    return Hearing(
        year, made.tables, made.quarantine, wires, tuple(payload("torn-initpoint", *file) for file in witness.items())
    )


@cache
def heard(year: str):
    recorded("noaa_spc/KS_1950-2018-torn-initpoint.dbf")
    witness = {path.name: path.read_bytes() for path in (RECORDED / "noaa_spc").iterdir() if path.suffix != ".prj"}
    return PROGRAM.witness(hearing(year, product(year), files("details", year), witness))


def test_the_docs_carry_the_counts_found():
    page = (REPOSITORY / "docs/pipelines/hazards-storm_events/README.md").read_text()
    section = page.split("\n## A second witness\n", 1)[1].split("\n## ", 1)[0]
    said = {
        cells[0]: [int(cell.replace(",", "")) for cell in cells[1:]]
        for line in section.splitlines()
        if re.match(r"\| (\d{4}|all) ", line)
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }
    found = {year: [int(heard(year).counts[name]) for name in COLUMNS] for year in YEARS}
    total = [sum(counts[place] for counts in found.values()) for place in range(len(COLUMNS) - 1)]
    share = 100 * (2 * total[2] + total[3]) // (total[0] + total[1])
    assert said == found | {"all": [*total, share]}


def test_every_recorded_year_agrees():
    assert {heard(year).outcome for year in YEARS} == {Outcome.PASS}


def test_every_tornado_of_the_witness_is_accounted_for_and_what_is_in_both_is_the_same():
    counts = [heard(year).counts for year in YEARS]
    assert sum(int(count["only_there"]) for count in counts) == 0
    assert {count["farthest_km"] for count in counts} == {"0.00"}
    assert sum(int(count["rated_differently"]) for count in counts) == 0
    assert sum(int(count["rated_there_alone"]) for count in counts) == 258, "those that are not rated here"
    assert sum(int(count["same_point_outside_kansas"]) for count in counts) == 3


def test_two_tornadoes_of_june_1965_have_a_wrong_date_here():
    told = [row for row in heard("1965").disagreements if row["what"] == "on another day"]
    assert [(row["event_id"], row["begin"], row["begin_there"]) for row in told] == [
        ("10025925", "1965-06-27T21:00+00:00", "1965-06-21T21:00+00:00"),
        ("10025935", "1965-06-27T22:05+00:00", "1965-06-21T22:05+00:00"),
    ]
    assert all(row["point"] == row["point_there"] for row in told)


def test_the_wrong_point_of_1964_is_wrong_in_both():
    (far,) = (row for row in heard("1964").report["matched"] if row["event_id"] == "10025263")
    assert far["point"] == far["point_there"]
    assert far["point"].startswith("30.45")


def test_a_year_that_the_witness_does_not_know_is_inconclusive():
    year = "1950"
    content = synthetic.sample("2020", PROGRAM.sample("2020", 200, 1))
    said = PROGRAM.witness(hearing(year, product(year), files("details", year), content))
    assert (said.outcome, said.report, said.disagreements) == (Outcome.INCONCLUSIVE, {}, ())


def sampled(partition: str, size: int, seed: int = 1):
    sent = dict(PROGRAM.sample(partition, size, seed))
    witness = PROGRAM.witness_sample(partition, sent)
    assert witness == PROGRAM.witness_sample(partition, sent)
    return PROGRAM.witness(hearing(partition, made_of(sent, partition, synthetic_counties()), sent, witness))


@pytest.mark.parametrize("partition", PROGRAM.sample_partitions)
def test_the_samples_witness_agrees_but_for_a_few(partition):
    said = sampled(partition, 300)
    assert said.outcome is Outcome.PASS
    assert (said.counts["only_here"], said.counts["only_there"]) == (1, 1)
    # The one that is rated otherwise may be the one that the witness does not have.
    assert said.counts["rated_differently"] == (partition != "2018")
    assert said.counts["farthest_km"] == "3.34"
    assert {"only here", "only there", "matched"} <= {row["what"] for row in said.disagreements}


def test_a_sample_without_a_tornado_has_a_witness_that_knows_none():
    sent = {name: content.replace(b"Tornado", b"Wildfire") for name, content in PROGRAM.sample("2021", 60, 1).items()}
    witness = PROGRAM.witness_sample("2021", sent)
    made = made_of(sent, "2021", synthetic_counties())
    assert PROGRAM.witness(hearing("2021", made, sent, witness)).outcome is Outcome.INCONCLUSIVE


def test_a_witness_that_knows_other_tornadoes_fails():
    sent = dict(PROGRAM.sample("2021", 300, 1))
    other = PROGRAM.witness_sample("2021", dict(PROGRAM.sample("2021", 300, 2)))
    said = PROGRAM.witness(hearing("2021", made_of(sent, "2021", synthetic_counties()), sent, other))
    assert said.outcome is Outcome.FAIL
    assert said.message.endswith("fewer than 80 %")


def test_a_year_that_has_deaths_and_no_details_is_heard_too():
    sent = dict(PROGRAM.sample("2021", 60, 1))
    deaths = {name: content for name, content in sent.items() if "fatalities" in name}
    made = made_of(deaths, "2021", synthetic_counties())
    witness = tuple(payload("torn-initpoint", *file) for file in PROGRAM.witness_sample("2021", sent).items())
    said = PROGRAM.witness(Hearing("2021", made.tables, made.quarantine, {}, witness))
    assert (said.outcome, said.counts["here"], said.counts["agreement_percent"]) == (Outcome.FAIL, 0, 0)
