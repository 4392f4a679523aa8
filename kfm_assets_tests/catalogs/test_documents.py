"""The documents: the same bytes for the same build, each refers to the other two, synthetic ones say what they are."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from kfm_assets.catalogs import partition_documents, release_documents
from kfm_assets.datasets import registry
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.catalog import DCAT, HAS_PROVENANCE, ITEM, PROV, partition_path, release_path
from kfm_assets.domain.evidence_ref import parse
from kfm_assets.errors import InvalidPolicy
from kfm_assets_tests.catalogs.made import AT, COUNTIES, QUAKES, STORMS, made, run, world

CASES = [(COUNTIES, ("static",)), (QUAKES, ("2015-07", "2015-08")), (STORMS, ("2020", "2021"))]
REFERENCE = re.compile(r'"(kfm://[^"#]*)')


def read(documents, path):
    return json.loads(documents[path])


def items_of(made_world):
    return {name: read(made_world.documents, partition_path(name, ITEM)) for name in made_world.parts}


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
@pytest.mark.parametrize("origin", Origin)
def test_the_same_arguments_give_the_same_bytes(dataset, partitions, origin):
    one = world(dataset, partitions, origin=origin)
    for part in one.parts.values():
        assert (
            partition_documents(one.spec, part.build, dict(reversed(part.account.items())), part.raw) == part.documents
        )
    items = dict(reversed(items_of(one).items()))
    again = release_documents(one.spec, one.release, items, run(one.parts, one.release), partitions[::-1])
    assert again == {path: content for path, content in one.documents.items() if path.count("/") == 1}


def test_a_partition_does_not_change_with_its_release_nor_with_the_run():
    small, large = world(QUAKES, ("2015-08",)), world(QUAKES, ("2015-07", "2015-08", "2015-09"))
    for name in (ITEM, DCAT, PROV):
        path = partition_path("2015-08", name)
        assert small.documents[path] == large.documents[path]
        assert str(AT.year) not in small.documents[path].decode(), "nothing of the run"
    assert small.documents.keys() < large.documents.keys()


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_every_form_of_json_is_the_one_that_is_promised(dataset, partitions):
    for content in world(dataset, partitions).documents.values():
        read_back = json.loads(content)
        assert content == json.dumps(read_back, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_each_of_the_three_refers_to_the_other_two(dataset, partitions):
    documents = world(dataset, partitions).documents
    for folder, stac in [("catalog", "collection.json"), *((f"catalog/{name}", ITEM) for name in partitions)]:
        links = {link["rel"]: link["href"] for link in read(documents, f"{folder}/{stac}")["links"]}
        assert (links["describedby"], links[HAS_PROVENANCE]) == (DCAT, PROV)
        for name, others in ((DCAT, {stac, PROV}), (PROV, {stac, DCAT})):
            subject = read(documents, f"{folder}/{name}")["@graph"][0]
            assert {one["@id"] for one in subject["dcterms:isReferencedBy"]} == others
        assert {f"{folder}/{name}" for name in (stac, DCAT, PROV)} <= documents.keys()


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_every_reference_is_of_the_strict_form_and_assets_lead_to_the_builds_files(dataset, partitions):
    made_world = world(dataset, partitions)
    found = {text for content in made_world.documents.values() for text in REFERENCE.findall(content.decode())}
    assert found
    assert all(made_world.resolve(str(parse(text))) for text in found)
    for name, item in items_of(made_world).items():
        folder = posixpath.dirname(partition_path(name, ITEM))
        hrefs = {posixpath.normpath(posixpath.join(folder, one["href"])) for one in item["assets"].values()}
        assert hrefs == {artifact.path for artifact in made_world.parts[name].build.artifacts}


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_synthetic_says_so_first_and_real_never(dataset, partitions):
    real, synthetic = (world(dataset, partitions, origin=origin) for origin in (Origin.REAL, Origin.SYNTHETIC))
    for path, content in synthetic.documents.items():
        assert b"SYNTHETIC: " in content, path
        assert b"SYNTHETIC" not in real.documents[path], path
    item = next(iter(items_of(synthetic).values()))
    assert item["properties"]["title"].startswith("SYNTHETIC: ")
    assert item["properties"]["kfm:origin"] == "synthetic"
    assert synthetic.spec.upstream.publisher not in {one["name"] for one in item["properties"]["providers"]}
    assert next(iter(items_of(real).values()))["properties"]["attribution"] == real.spec.upstream.credit


def test_the_extent_is_the_accounts_and_else_the_periods_and_the_coverages():
    part = made(QUAKES, "2015-08")
    item = read(part.documents, partition_path("2015-08", ITEM))
    assert item["properties"]["start_datetime"] == part.account["extent"]["start"]
    assert item["bbox"] == list(map(float, part.account["extent"]["bbox"]))
    quiet = partition_documents(part.spec, part.build, {**part.account, "extent": {}}, part.raw)
    item = read(quiet, partition_path("2015-08", ITEM))
    assert item["properties"]["start_datetime"] == "2015-08-01T00:00:00Z"
    assert item["properties"]["end_datetime"] == "2015-08-31T23:59:59.999999Z"
    assert item["bbox"] == list(map(float, part.spec.coverage.bbox))


@pytest.mark.parametrize(
    ("bbox", "kind"),
    [
        (("-98", "38", "-98", "38"), "Point"),
        (("-98", "38", "-97", "38"), "LineString"),
        (("-98", "37", "-97", "38"), "Polygon"),
    ],
)
def test_a_box_without_area_is_no_polygon(bbox, kind):
    part = made(QUAKES, "2015-08")
    account = {**part.account, "extent": {**part.account["extent"], "bbox": list(bbox)}}
    item = read(partition_documents(part.spec, part.build, account, part.raw), partition_path("2015-08", ITEM))
    assert item["geometry"]["type"] == kind


def test_a_static_dataset_without_dates_is_a_mistake_of_its_specification():
    part = made(COUNTIES, "static")
    undated = replace(part.spec, coverage=replace(part.spec.coverage, start="", end=""))
    with pytest.raises(InvalidPolicy, match="which time they speak of"):
        partition_documents(undated, part.build, part.account, part.raw)


@pytest.mark.parametrize("dataset", registry.DATASETS)
def test_every_specification_says_which_time_it_speaks_of(dataset):
    spec = registry.specification(dataset)
    assert spec.main.time_column or spec.partitions.first != "static" or (spec.coverage.start and spec.coverage.end)


def test_the_collection_lists_each_item_once_and_covers_all_of_them():
    made_world = world(QUAKES, ("2015-07", "2015-08", "2015-09"))
    collection, items = read(made_world.documents, release_path("collection.json")), items_of(made_world)
    assert [one["href"] for one in collection["links"] if one["rel"] == "item"] == [
        f"{name}/item.json" for name in items
    ]
    overall, *each = collection["extent"]["temporal"]["interval"]
    spans = [[one["properties"]["start_datetime"], one["properties"]["end_datetime"]] for one in items.values()]
    assert each == spans
    assert overall == [spans[0][0], spans[-1][1]]
    west, south, east, north = zip(*(one["bbox"] for one in items.values()), strict=True)
    assert collection["extent"]["spatial"]["bbox"] == [[min(west), min(south), max(east), max(north)]]


def test_a_partition_without_a_row_stretches_no_collection():
    made_world = world(QUAKES, ("2014-01", "2015-07", "2015-08"), empty=("2014-01",))
    items = items_of(made_world)
    assert items["2014-01"]["properties"]["start_datetime"] == "2014-01-01T00:00:00Z"
    full = world(QUAKES, ("2015-07", "2015-08"))
    extents = [read(one.documents, release_path("collection.json"))["extent"] for one in (made_world, full)]
    assert extents[0] == extents[1]
    empty = world(QUAKES, ("2014-01",), empty=("2014-01",))
    (interval,) = read(empty.documents, release_path("collection.json"))["extent"]["temporal"]["interval"]
    assert interval == ["2014-01-01T00:00:00Z", "2014-01-31T23:59:59.999999Z"]


def test_times_are_compared_as_instants_not_as_texts():
    made_world = world(QUAKES, ("2015-07", "2015-08"))
    items = items_of(made_world)
    items["2015-07"]["properties"]["start_datetime"] = "2015-07-01T00:00:00Z"
    items["2015-08"]["properties"]["start_datetime"] = "2015-07-01T00:00:00.500000Z"
    told = run(made_world.parts, made_world.release)
    documents = release_documents(made_world.spec, made_world.release, items, told, ())
    overall = read(documents, release_path("collection.json"))["extent"]["temporal"]["interval"][0]
    assert overall[0] == "2015-07-01T00:00:00Z"


def test_the_release_tells_of_its_run_and_of_what_it_follows():
    made_world = world(STORMS, ("2020", "2021"))
    base = made(STORMS, "2020").build.id
    told = replace(run(made_world.parts, made_world.release), base=base, created=AT + timedelta(hours=1))
    documents = release_documents(made_world.spec, made_world.release, items_of(made_world), told, ["2021"])
    nodes = {node["@id"]: node for node in read(documents, release_path(PROV))["@graph"]}
    activity = nodes["kfm://run/20261121t031500.1f9a2c4b"]
    assert activity["prov:endedAtTime"]["@value"] == "2026-11-21T04:15:00Z"
    agents = {one["@id"].partition("#")[2] for one in activity["prov:wasAssociatedWith"]}
    assert agents == {"principal", "software-kfm_assets", "software-python"}
    assert nodes[f"kfm://release/{made_world.release.id[7:]}"]["prov:wasRevisionOf"]["@id"].endswith(base[7:])
    (commit,) = (node for name, node in nodes.items() if "#commit-" in name)
    assert [one["@id"] for one in commit["prov:hadMember"]] == [f"kfm://build/{made(STORMS, '2021').build.id[7:]}"]


def test_columns_are_derived_from_what_they_say():
    spec = made(QUAKES, "2015-08").spec
    first, *others = spec.main.columns
    sourced = replace(first, sources=("events.id", "geography/counties.county_fips"))
    told = replace(spec, tables=(replace(spec.main, columns=(sourced, *others)),))
    made_world = world(QUAKES, ("2015-08",))
    documents = release_documents(
        told, made_world.release, items_of(made_world), run(made_world.parts, made_world.release), ()
    )
    nodes = {node["@id"]: node for node in read(documents, release_path(PROV))["@graph"]}
    column = nodes[f"kfm://dataset/{QUAKES}#event_id"]
    sources = [one["@id"] for one in column["prov:wasDerivedFrom"]]
    assert sources == [f"kfm://dataset/{QUAKES}#wire:events.id", "kfm://dataset/geography/counties#county_fips"]
    assert all(source in nodes for source in sources)
