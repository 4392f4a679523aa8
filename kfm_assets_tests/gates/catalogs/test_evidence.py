"""Evidence that is missing, unreadable or of something else: the gate stays closed, by the right outcome."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_of
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.errors import IntegrityError
from kfm_assets.gates.catalogs import catalogs
from kfm_assets_tests.catalogs.made import COUNTIES, POLICY, QUAKES, STORMS, world
from kfm_assets_tests.gates.catalogs.spoils import changed, closed, judge, months, quakes, storms

ITEM = "catalog/2015-08/item.json"


def outcomes(evidence):
    judgement = judge(evidence)
    return judgement.outcome, {one.check: one.outcome for one in judgement.findings if one.outcome is not Outcome.PASS}


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize(
    ("dataset", "partitions"), [(COUNTIES, ("static",)), (QUAKES, ("2015-07",)), (STORMS, ("2020",))]
)
def test_the_catalogs_of_every_dataset_pass(dataset, partitions, origin):
    judgement = judge(world(dataset, partitions, origin=origin).evidence())
    assert closed(judgement) == {}
    assert (judgement.report["gate"], judgement.report["outcome"]) == (Gate.CATALOGS, "PASS")


def test_it_passes_without_a_network_and_without_pystac(monkeypatch):
    def refuse(*_):
        raise AssertionError("the gate opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setitem(sys.modules, "pystac", None)
    assert judge(quakes().evidence()).outcome is Outcome.PASS


@pytest.mark.parametrize("path", sorted(months().evidence().documents))
def test_each_document_that_is_missing_makes_it_inconclusive(path):
    evidence = months().evidence()
    given = {name: content for name, content in evidence.documents.items() if name != path}
    outcome, found = outcomes(replace(evidence, documents=given))
    assert outcome is Outcome.INCONCLUSIVE
    assert "catalog.there" in found


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"a":NaN}', b"null"])
@pytest.mark.parametrize("path", sorted(months().evidence().documents))
def test_each_document_that_cannot_be_read_makes_it_an_error(path, content):
    outcome, found = outcomes(months().evidence(written={path: content}))
    assert found["catalog.readable"] is Outcome.ERROR
    assert outcome in {Outcome.ERROR, Outcome.FAIL}


MISSHAPEN = [None, {"a": None}, *([7, "text", [], {}, [[]], [None]] if os.environ.get("KFM_TEST_LONG") else [])]


@pytest.mark.parametrize("value", MISSHAPEN)
@pytest.mark.parametrize("path", sorted(months().evidence().documents))
def test_no_misshapen_field_is_taken_and_none_breaks_the_gate(path, value):
    for field in json.loads(months().documents[path]):
        written = changed(months(), path, lambda document, field=field: document.update({field: value}))
        assert judge(months().evidence(written=written)).outcome is not Outcome.PASS, field


def test_a_document_with_a_key_twice_or_with_white_space_can_be_read_in_two_ways():
    content = quakes().documents[ITEM]
    for bent in (b" " + content, content.replace(b'"bbox":', b'"bbox":[],"bbox":', 1)):
        assert "catalog.form" in closed(judge(quakes().evidence(written={ITEM: bent})))


def test_bytes_that_are_not_those_of_the_tree_close_it():
    evidence = quakes().evidence()
    listed = {**evidence.listed, ITEM: digest_of("other")}
    assert ITEM in closed(judge(replace(evidence, listed=listed)))["catalog.whole"]


def test_a_tree_that_lacks_a_document_or_has_one_too_many_closes_it():
    evidence = quakes().evidence()
    for path in evidence.listed:
        listed = {name: digest for name, digest in evidence.listed.items() if name != path}
        assert f"{path} is missing" in closed(judge(replace(evidence, listed=listed)))["catalog.listed"]
    more = {**evidence.listed, "catalog/2015-10/item.json": digest_of("more")}
    assert "catalog/2015-10/item.json" in closed(judge(replace(evidence, listed=more)))["catalog.listed"]


@pytest.mark.parametrize("ref", sorted(months().kept))
def test_each_thing_that_is_not_kept_closes_it(ref):
    lost = {name for name in months().kept if name == ref}
    judgement = judge(months().evidence(resolve=lambda name: None if name in lost else months().resolve(name)))
    used = any(
        f'"{ref}"'.encode() in content or f'"{ref}#'.encode() in content
        for content in months().evidence().documents.values()
    )
    assert judgement.outcome is (Outcome.FAIL if used else Outcome.PASS)
    assert not used or ref in closed(judgement)["links.evidence"]


@pytest.mark.parametrize(
    "ref", sorted(name for name in quakes().kept if "/run/" not in name and "/dataset/" not in name)
)
def test_each_thing_that_has_another_digest_closes_it(ref):
    used = any(f'"{ref}"'.encode() in content for content in months().evidence().documents.values())
    judgement = judge(
        months().evidence(resolve=lambda name: digest_of("other") if name == ref else months().resolve(name))
    )
    assert judgement.outcome is (Outcome.FAIL if used else Outcome.PASS)


def test_tables_that_are_missing_or_cannot_be_read_keep_it_closed():
    outcome, found = outcomes(storms().evidence(tables=lambda _: {}))
    assert (outcome, found["extent.tables"]) == (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)

    def torn(_: str):
        raise IntegrityError("the file is torn")

    outcome, found = outcomes(storms().evidence(tables=torn))
    assert (outcome, found["extent.readable"]) == (Outcome.ERROR, Outcome.ERROR)


def test_extents_are_measured_on_the_tables():
    made = quakes()

    def moved(name: str):
        return {"events": made.parts[name].tables["events"].with_columns(pl.col("time_utc") + pl.duration(hours=1))}

    found = closed(judge(made.evidence(tables=moved)))["extent.items"]
    assert "catalog/2015-08/item.json: properties.start_datetime" in found

    def fewer(name: str):
        return {"events": made.parts[name].tables["events"].sort("longitude_deg").slice(1)}

    found = closed(judge(made.evidence(tables=fewer)))["extent.items"]
    assert "bbox" in found
    assert "table:row_count" in found


def test_a_table_without_rows_has_its_period_and_the_datasets_coverage():
    found = closed(
        judge(quakes().evidence(tables=lambda name: {"events": quakes().parts[name].tables["events"].clear()}))
    )
    assert "2015-08-01T00:00:00+00:00 to 2015-08-31T23:59:59.999999+00:00" in found["extent.items"]


def test_a_collection_that_covers_a_partition_without_a_row_closes_it():
    made = world(QUAKES, ("2014-01", "2015-07"), empty=("2014-01",))
    assert closed(judge(made.evidence())) == {}
    path = "catalog/collection.json"
    start = ["2014-01-01T00:00:00Z"]

    def stretch(document):
        interval = document["extent"]["temporal"]["interval"]
        interval[0] = [*start, interval[0][1]]

    found = closed(judge(made.evidence(written=changed(made, path, stretch))))
    assert "2014-01-01" in found["extent.collection"]


@pytest.mark.parametrize(
    ("dataset", "table", "column", "later"),
    [
        ("climate/divisional", "months", "month", "1mo"),
        ("climate/drought", "weeks", "week_end", "7d"),
        ("hydrology/streamflow", "daily", "date", "40d"),
    ],
)
def test_all_tables_are_measured_each_time_for_what_it_stands_for(dataset, table, column, later):
    partition = "2024-05" if dataset == "hydrology/streamflow" else "2023"
    made = world(dataset, (partition,))
    assert closed(judge(made.evidence())) == {}
    tables = made.parts[partition].tables
    moved = {**tables, table: tables[table].with_columns(pl.col(column).dt.offset_by(later))}
    found = closed(judge(made.evidence(tables=lambda _: moved)))
    assert "end_datetime" in found["extent.items"]


def test_a_release_that_is_not_the_one_on_record_closes_it():
    made = quakes()
    foreign = {
        "release.id": made.evidence(subject=digest_of("other")),
        "release.dataset": made.evidence(release=Release(STORMS, made.release.builds, Origin.REAL)),
        "release.builds": made.evidence(mapped={**made.evidence().mapped, "2015-08": digest_of("other")}),
        "release.origin": made.evidence(release=replace(made.release, origin=Origin.SYNTHETIC)),
    }
    for check, evidence in foreign.items():
        assert check in closed(judge(evidence))
    assert judge(made.evidence(mapped={}, changed={})).outcome is not Outcome.PASS


def test_another_policy_is_not_the_one_that_the_run_used():
    other = replace(POLICY, labels=("public",))
    assert "prov:used" in closed(catalogs(quakes().evidence(), other))["prov.release"]
    assert "prov.release" not in closed(catalogs(quakes().evidence(run=None), other))


def test_an_earlier_release_is_not_held_to_todays_words_but_to_its_digests():
    reworded = replace(quakes().spec, title="Quakes", licence="CC0-1.0")
    assert "stac.item.fields" in closed(judge(quakes().evidence(specification=reworded)))
    assert closed(judge(quakes().evidence(specification=reworded, run=None))) == {}
    written = changed(quakes(), ITEM, lambda one: one["assets"]["events"].update({"file:size": 1}))
    assert "stac.item.assets" in closed(judge(quakes().evidence(specification=reworded, run=None, written=written)))
    assert closed(judge(quakes().evidence(base=digest_of("base"), run=None))) == {}
    assert "prov.release" in closed(judge(quakes().evidence(base=digest_of("base"))))


def test_a_partition_that_is_removed_needs_no_documents():
    made = quakes()
    evidence = made.evidence(changed={**made.evidence().changed, "2015-06": None})
    assert closed(judge(evidence)) == {}


def test_importing_the_gate_and_the_catalogs_loads_nothing_heavy():
    code = (
        "import sys, kfm_assets.gates.catalogs, kfm_assets.catalogs;"
        "print([name for name in ('rdflib', 'pyshacl', 'jsonschema_rs', 'pystac', 'shapely') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
