"""Somebody else's libraries read the same documents and come to the same verdict: pystac, rdflib."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pystac
import pytest
from pystac.errors import STACValidationError
from pystac.validation import RegisteredValidator
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT as DCAT_TERMS
from rdflib.namespace import PROV as PROV_TERMS
from rdflib.namespace import RDF

from kfm_assets.domain.catalog import CONTEXT, DCAT, EXTENSIONS, ITEM, PROV, partition_path, release_path
from kfm_assets.gates.catalogs.schemas import ADDRESSES, problem, schema
from kfm_assets_tests.catalogs.made import COUNTIES, QUAKES, STORMS, world

CASES = [(COUNTIES, ("static",)), (QUAKES, ("2015-07", "2015-08")), (STORMS, ("2020", "2021"))]


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Let pystac know the extensions' schemas that are shipped, and nothing else but its own."""
    validator = RegisteredValidator.get_validator()
    for address in EXTENSIONS:
        monkeypatch.setitem(validator.schema_cache, address, schema(address))


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_pystac_reads_and_validates_a_release(dataset, partitions, tmp_path: Path):
    for path, content in world(dataset, partitions).documents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    collection = pystac.Collection.from_file(str(tmp_path / release_path("collection.json")))
    assert collection.validate()
    items = sorted(collection.get_items(), key=lambda item: item.id)
    assert [item.properties["kfm:partition"] for item in items] == list(partitions)
    for item in items:
        assert len(item.validate()) == 1 + len(EXTENSIONS), "core and every extension"
        assert item.get_collection() is collection
        assert item.get_root() is collection
        assert (
            item.to_dict(include_self_link=False, transform_hrefs=False)["assets"]
            == json.loads((tmp_path / partition_path(item.properties["kfm:partition"], ITEM)).read_bytes())["assets"]
        )


SPOILS = {
    "no id": ("id", None),
    "a time that is none": ("properties.start_datetime", "2015-13-01T00:00:00Z"),
    "a time without an offset": ("properties.start_datetime", "2015-08-01T00:00:00"),
    "no end": ("properties.end_datetime", None),
    "a licence with spaces": ("properties.license", "do as you like"),
    "a link that is no address": ("links.0.href", "<nowhere>"),
    "a checksum that is none": ("assets.events.file:checksum", "SHA256"),
    "a size below zero": ("assets.events.file:size", -1),
    "columns without names": ("assets.events.table:columns.0.name", None),
    "rows that are no number": ("assets.events.table:row_count", "many"),
    "software without a version": ("properties.processing:software", {"kfm": 1}),
    "a version that is a number": ("properties.version", 3),
    "a geometry of nothing": ("geometry", {"type": "Blob", "coordinates": []}),
    "an extension that is not named": ("stac_extensions.0", None),
}


def spoil(document, path, value):
    """Set what lies at a path, or take it away."""
    *way, last = [int(one) if one.isdecimal() else one for one in path.split(".")]
    for one in way:
        document = document[one]
    if value is None:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize("spoiled", SPOILS)
def test_what_breaks_a_schema_breaks_it_for_pystac_as_well(spoiled):
    path, value = SPOILS[spoiled]
    item = json.loads(world(QUAKES, ("2015-07", "2015-08")).documents[partition_path("2015-08", ITEM)])
    assert problem(item) == ""
    spoil(item, path, value)
    assert problem(item)
    if spoiled in {"an extension that is not named", "a time that is none", "a link that is no address"}:
        return  # pystac asks for no extension that an item does not name, and asserts no formats
    with pytest.raises((STACValidationError, KeyError, TypeError, ValueError)):
        pystac.validation.validate_dict(item)


def test_a_problem_says_where_it_is():
    item = json.loads(world(QUAKES, ("2015-07", "2015-08")).documents[partition_path("2015-08", ITEM)])
    item["assets"]["events"]["file:size"] = -1
    assert problem(item) == "assets.events.file:size: -1 is less than the minimum of 0"
    with pytest.raises(ValueError, match="neither Feature nor Collection"):
        problem({"type": "Catalog"})


def test_the_core_schemas_are_those_that_pystac_ships():
    shipped = resources.files("pystac.validation") / "jsonschemas"
    for address, file in ADDRESSES.items():
        if file.startswith("core/"):
            name = file.removeprefix("core/")
            folder = "geojson" if "geojson" in address else "stac-spec/v1.1.0"
            assert schema(address) == json.loads((shipped / folder / name).read_bytes()), name


def test_every_schema_names_the_address_that_it_is_found_by_but_one():
    named = {str(schema(address)["$id"]).removesuffix("#"): address for address in ADDRESSES}
    strange = {name for name, address in named.items() if name != address}
    assert strange == {"https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/commonjson"}


@pytest.mark.parametrize(("dataset", "partitions"), CASES)
def test_rdflib_reads_the_same_statements_from_a_file(dataset, partitions, tmp_path: Path):
    made_world = world(dataset, partitions)
    for name in partitions:
        build = URIRef(f"kfm://build/{made_world.parts[name].build.id[7:]}")
        graphs = {}
        for kind in (DCAT, PROV):
            (tmp_path / kind).write_bytes(made_world.documents[partition_path(name, kind)])
            graphs[kind] = Graph().parse(tmp_path / kind, format="json-ld")
        assert (build, RDF.type, DCAT_TERMS.Dataset) in graphs[DCAT]
        assert len(list(graphs[DCAT].objects(build, DCAT_TERMS.distribution))) == len(
            made_world.parts[name].build.artifacts
        )
        assert (build, PROV_TERMS.wasGeneratedBy, URIRef(f"{build}#making")) in graphs[PROV]
        beside = {
            str(one).rpartition("/")[2]
            for one in graphs[PROV].objects(build, URIRef(f"{CONTEXT['dcterms']}isReferencedBy"))
        }
        assert beside == {ITEM, DCAT}
