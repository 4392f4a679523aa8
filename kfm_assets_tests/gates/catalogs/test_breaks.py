"""One thing broken in one document closes gate D, and the finding names the document and the thing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.verdict import Outcome
from kfm_assets_tests.catalogs.made import world
from kfm_assets_tests.gates.catalogs.spoils import changed, closed, judge, node, quakes, storms

ITEM, DCAT, PROV = (f"catalog/2015-08/{name}" for name in ("item.json", "dcat.jsonld", "prov.jsonld"))
COLLECTION, RELEASE_DCAT, RELEASE_PROV = (
    f"catalog/{name}" for name in ("collection.json", "dcat.jsonld", "prov.jsonld")
)
UNCHANGED = "catalog/2015-07/item.json"
ZEROS = "0" * 64


def drop(field, *way):
    """Return a change that takes a field away."""
    return lambda document: follow(document, way).pop(field)


def put(value, *way):
    """Return a change that sets what lies at the end of a way."""
    return lambda document: follow(document, way[:-1]).__setitem__(way[-1], value)


def follow(document, way):
    for one in way:
        document = document[one]
    return document


def link(rel, href):
    """Return a change that makes a link lead elsewhere."""
    return lambda document: next(one for one in document["links"] if one["rel"] == rel).update(href=href)


def unlink(rel):
    return lambda document: document.update(links=[one for one in document["links"] if one["rel"] != rel])


def of_node(name, change):
    """Return a change of a node of a JSON-LD document, found by the end of its name."""
    return lambda document: change(node(document, name))


def forget(start):
    """Return a change that takes away the sources whose references begin so."""
    return lambda document: document.update(
        links=[one for one in document["links"] if one["rel"] != "derived_from" or not one["href"].startswith(start)]
    )


def of_part(part, change):
    """Return a change of a node of a JSON-LD document, found by a part of its name."""
    return lambda document: change(next(one for one in document["@graph"] if part in one["@id"]))


RUN_NODE = "run/20261121t031500.1f9a2c4b"
_LACKS_TAG = ("prov.release", "prov:specializationOf kfm://release/")

BROKEN = {
    # an item's links
    "the link to the collection": (ITEM, link("collection", "../other.json"), "links.catalogs", "../other.json"),
    "the link to DCAT": (ITEM, link("describedby", "dcat.json"), "links.catalogs", "dcat.json"),
    "the link to PROV is missing": (ITEM, unlink("http://www.w3.org/ns/prov#has_provenance"), "links.catalogs", "prov"),
    "the link of an unchanged item": (UNCHANGED, link("root", "../../root.json"), "links.catalogs", "root.json"),
    "the parent": (ITEM, link("parent", "item.json"), "links.catalogs", "links.parent"),
    "no sources": (ITEM, unlink("derived_from"), "links.catalogs", "links.derived_from"),
    "no acquired file": (ITEM, forget("kfm://raw/"), "links.catalogs", "links.derived_from lacks 'sha256:"),
    "no build of the counties": (
        ITEM,
        forget("kfm://build/"),
        "links.catalogs",
        "links.derived_from lacks 'kfm://build/",
    ),
    "the upstream's page": (ITEM, link("via", "https://example.org/"), "links.catalogs", "links.via"),
    "the root of the collection": (COLLECTION, link("root", "dcat.jsonld"), "links.collection", "links.root"),
    "the terms of the collection": (
        COLLECTION,
        link("license", "https://example.org/"),
        "links.collection",
        "links.license",
    ),
    "no DCAT for the collection": (COLLECTION, unlink("describedby"), "links.collection", "links.describedby"),
    "a link of the collection": (
        COLLECTION,
        lambda one: one["links"].append({"rel": "next", "href": "next.json"}),
        "links.collection",
        "next.json",
    ),
    "an item that is no item": (ITEM, put("Catalog", "type"), "stac.item.schema", "type is 'Catalog'"),
    "one extension more": (
        ITEM,
        lambda one: one["stac_extensions"].append("https://example.org/more.json"),
        "stac.item.fields",
        "more.json",
    ),
    "a link out of the tree": (
        ITEM,
        lambda one: one["links"].append({"rel": "next", "href": "next.json"}),
        "links.catalogs",
        "next.json",
    ),
    "the source of an item": (
        ITEM,
        link("derived_from", f"kfm://raw/hazards/earthquakes/{ZEROS}/a.csv"),
        "links.evidence",
        ZEROS,
    ),
    "the link to the terms": (ITEM, link("license", "https://example.org/"), "links.catalogs", "links.license"),
    "a reference that is none": (
        ITEM,
        lambda one: one["links"].append({"rel": "about", "href": "kfm://nothing"}),
        "links.evidence",
        "kfm://nothing",
    ),
    # an item's assets
    "an asset's digest": (
        ITEM,
        put(f"1220{ZEROS}", "assets", "events", "file:checksum"),
        "stac.item.assets",
        "assets.events.file:checksum",
    ),
    "an asset's digest that is no multihash": (
        ITEM,
        put("zz", "assets", "events", "file:checksum"),
        "stac.item.schema",
        "assets.events.file:checksum",
    ),
    "an unchanged asset's digest": (
        UNCHANGED,
        put(f"1220{ZEROS}", "assets", "events", "file:checksum"),
        "links.assets",
        "assets.events.file:checksum",
    ),
    "an asset's size": (ITEM, put(1, "assets", "account", "file:size"), "stac.item.assets", "assets.account.file:size"),
    "an asset's place": (
        ITEM,
        put("../../processed/2015-09/events.parquet", "assets", "events", "href"),
        "links.assets",
        "2015-09",
    ),
    "an asset's reference": (
        ITEM,
        put(f"kfm://build/{ZEROS}/a", "assets", "events", "kfm:evidence"),
        "links.assets",
        "kfm:evidence",
    ),
    "a wrong media type": (ITEM, put("text/csv", "assets", "events", "type"), "stac.item.assets", "text/csv"),
    "a wrong role": (
        ITEM,
        put(["data"], "assets", "quarantine", "roles"),
        "stac.item.assets",
        "assets.quarantine.roles",
    ),
    "a missing asset": (ITEM, drop("quarantine", "assets"), "stac.item.assets", "quarantine"),
    "an added asset": (
        ITEM,
        lambda one: one["assets"].update(more=one["assets"]["events"]),
        "stac.item.assets",
        "more",
    ),
    # the extensions' fields
    "no checksum": (
        ITEM,
        drop("file:checksum", "assets", "events"),
        "stac.item.assets",
        "assets.events.file:checksum is 'absent'",
    ),
    "no size": (ITEM, drop("file:size", "assets", "events"), "stac.item.assets", "assets.events.file:size is 'absent'"),
    "no version": (ITEM, drop("version", "properties"), "stac.item.build", "properties.version"),
    "no level": (ITEM, drop("processing:level", "properties"), "stac.item.fields", "processing:level"),
    "no lineage": (ITEM, drop("processing:lineage", "properties"), "stac.item.fields", "processing:lineage"),
    "other software": (
        ITEM,
        put({"kfm": "1"}, "properties", "processing:software"),
        "stac.item.fields",
        "processing:software",
    ),
    "software of another type": (
        ITEM,
        put({"kfm": 1}, "properties", "processing:software"),
        "stac.item.schema",
        "processing:software",
    ),
    "no columns": (ITEM, drop("table:columns", "assets", "events"), "stac.item.assets", "table:columns"),
    "a column's type": (
        ITEM,
        put("int64", "assets", "events", "table:columns", 0, "type"),
        "stac.item.assets",
        "table:columns",
    ),
    "the number of rows": (ITEM, put(7, "assets", "events", "table:row_count"), "extent.items", "table:row_count is 7"),
    "the geometry's column": (
        ITEM,
        put("place", "assets", "events", "table:primary_geometry"),
        "stac.item.assets",
        "table:primary_geometry",
    ),
    "an extension": (ITEM, lambda one: one["stac_extensions"].pop(0), "stac.item.schema", "stac_extensions"),
    # whose item it is
    "the id of an item": (ITEM, put("hazards-earthquakes-2015-09", "id"), "stac.item.build", "2015-09"),
    "the build of an unchanged item": (
        UNCHANGED,
        put(f"kfm://build/{ZEROS}", "properties", "kfm:evidence"),
        "stac.item.build",
        ZEROS,
    ),
    "the version of STAC": (ITEM, put("1.0.0", "stac_version"), "stac.item.schema", "stac_version"),
    # rights and origin
    "an item's licence": (ITEM, put("MIT", "properties", "license"), "stac.item.fields", "properties.license is 'MIT'"),
    "an item's credit": (ITEM, put("me", "properties", "attribution"), "stac.item.fields", "attribution"),
    "an item's origin": (ITEM, put("synthetic", "properties", "kfm:origin"), "stac.item.build", "kfm:origin"),
    "a collection's licence": (COLLECTION, put("MIT", "license"), "stac.collection.fields", "license is 'MIT'"),
    "a collection's origin": (COLLECTION, put("synthetic", "kfm:origin"), "stac.collection.fields", "kfm:origin"),
    # extents
    "a start": (
        ITEM,
        put("2015-08-01T00:00:00Z", "properties", "start_datetime"),
        "extent.items",
        "2015-08-01T00:00:00",
    ),
    "an end": (ITEM, put("2015-09-01T00:00:00Z", "properties", "end_datetime"), "extent.items", "end_datetime"),
    "a time that is none": (
        ITEM,
        put("2015-13-01T00:00:00Z", "properties", "start_datetime"),
        "stac.item.schema",
        "2015-13",
    ),
    "a box": (ITEM, put([-102.0, 37.0, -95.0, 40.0], "bbox"), "extent.items", "bbox is [-102.0, 37.0, -95.0, 40.0]"),
    "a geometry": (
        ITEM,
        put([[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]], "geometry", "coordinates"),
        "extent.items",
        "geometry",
    ),
    "a geometry of no kind": (ITEM, put("polygonx", "geometry", "type"), "stac.item.schema", "geometry"),
    "a collection's time": (
        COLLECTION,
        put(["2015-01-01T00:00:00Z", "2015-12-31T00:00:00Z"], "extent", "temporal", "interval", 0),
        "extent.collection",
        "2015-01-01",
    ),
    "a partition's time in the collection": (
        COLLECTION,
        lambda one: one["extent"]["temporal"]["interval"].pop(),
        "extent.collection",
        "interval",
    ),
    "a collection's box": (
        COLLECTION,
        put([[-180.0, -90.0, 180.0, 90.0]], "extent", "spatial", "bbox"),
        "extent.collection",
        "-180.0",
    ),
    # the collection
    "a missing partition": (
        COLLECTION,
        lambda one: one["links"].remove(next(it for it in one["links"] if it["href"].startswith("2015-07"))),
        "stac.collection.items",
        "lacks '2015-07/item.json'",
    ),
    "an extra item": (
        COLLECTION,
        lambda one: one["links"].append({"rel": "item", "href": "2015-10/item.json"}),
        "stac.collection.items",
        "2015-10/item.json",
    ),
    "an item twice": (
        COLLECTION,
        lambda one: one["links"].append(next(it for it in one["links"] if it["rel"] == "item")),
        "stac.collection.items",
        "two links",
    ),
    "an item's digest": (
        COLLECTION,
        lambda one: next(it for it in one["links"] if it["rel"] == "item").update({"file:checksum": f"1220{ZEROS}"}),
        "stac.collection.items",
        "2015-07/item.json file:checksum",
    ),
    "an unknown predecessor": (
        COLLECTION,
        lambda one: one["links"].append({"rel": "predecessor-version", "href": f"kfm://release/{ZEROS}"}),
        "links.collection",
        ZEROS,
    ),
    "the software of the run": (
        COLLECTION,
        lambda one: one["providers"][-1].pop("processing:software"),
        "stac.collection.fields",
        "processing:software",
    ),
    "a provider": (COLLECTION, put(["host"], "providers", 0, "roles"), "stac.collection.fields", "providers"),
    "an item's provider": (ITEM, put("me", "properties", "providers", 0, "name"), "stac.item.fields", "providers"),
    "the assets of items": (
        COLLECTION,
        drop("events", "item_assets"),
        "stac.collection.fields",
        "item_assets lacks 'events'",
    ),
    "the columns of items": (
        COLLECTION,
        lambda one: one["item_assets"]["events"]["table:columns"].pop(),
        "stac.collection.fields",
        "item_assets.events.table:columns",
    ),
    "the DCAT of the collection": (
        COLLECTION,
        put("other.jsonld", "assets", "dcat", "href"),
        "stac.collection.fields",
        "other.jsonld",
    ),
    "an item's size": (
        COLLECTION,
        lambda one: next(it for it in one["links"] if it["rel"] == "item").update({"file:size": 1}),
        "stac.collection.items",
        "2015-07/item.json file:size is 1",
    ),
    "the kind of the collection": (
        COLLECTION,
        put("Catalog", "type"),
        "stac.collection.schema",
        "type is not 'Collection'",
    ),
    "when the collection was created": (
        COLLECTION,
        put("2026-11-21T03:00:00Z", "created"),
        "stac.collection.fields",
        "created is 2026-11-21 03:00:00",
    ),
    "the roles of items' tables": (
        COLLECTION,
        put(["metadata"], "item_assets", "events", "roles"),
        "stac.collection.fields",
        "item_assets",
    ),
    "the type of items' accounts": (
        COLLECTION,
        put("text/csv", "item_assets", "account", "type"),
        "stac.collection.fields",
        "item_assets",
    ),
    "the type of the DCAT": (
        COLLECTION,
        put("text/html", "assets", "dcat", "type"),
        "stac.collection.fields",
        "assets",
    ),
    "the roles of the PROV": (COLLECTION, put(["data"], "assets", "prov", "roles"), "stac.collection.fields", "assets"),
    "the level of the processor": (
        COLLECTION,
        put("L0", "providers", -1, "processing:level"),
        "stac.collection.fields",
        "providers",
    ),
    "a version of the software": (
        COLLECTION,
        put("2.7", "providers", -1, "processing:software", "python"),
        "stac.collection.fields",
        "providers",
    ),
    "one field more of the collection": (
        COLLECTION,
        put("yes", "kfm:reviewed"),
        "stac.collection.fields",
        "kfm:reviewed",
    ),
    "the type of a link of the collection": (
        COLLECTION,
        lambda one: next(it for it in one["links"] if it["rel"] == "describedby").update(type="text/html"),
        "links.collection",
        "text/html",
    ),
    "the type of an item's link in the collection": (
        COLLECTION,
        lambda one: next(it for it in one["links"] if it["rel"] == "item").update(type="text/html"),
        "stac.collection.items",
        "text/html",
    ),
    "the type of an item's link": (
        ITEM,
        lambda one: next(it for it in one["links"] if it["rel"] == "root").update(type="text/html"),
        "links.catalogs",
        "text/html",
    ),
    "the title of an asset": (ITEM, put("mine", "assets", "account", "title"), "stac.item.assets", "account.title"),
    "one field more of an item": (ITEM, put("yes", "properties", "kfm:reviewed"), "stac.item.fields", "kfm:reviewed"),
    "one field more of an asset": (
        ITEM,
        put("yes", "assets", "account", "kfm:reviewed"),
        "stac.item.assets",
        "kfm:reviewed",
    ),
    # DCAT
    "one statement more of a dataset": (
        DCAT,
        put("CC0", "@graph", 0, "dcterms:accessRights"),
        "dcat.partitions",
        "accessRights",
    ),
    "one statement more of the series": (
        RELEASE_DCAT,
        put("CC0", "@graph", 1, "dcterms:accessRights"),
        "dcat.release",
        "accessRights",
    ),
    "whom to ask": (
        RELEASE_DCAT,
        put("nobody", "@graph", 0, "dcat:contactPoint", "vcard:fn"),
        "dcat.release",
        "nobody",
    ),
    "when it was issued": (
        RELEASE_DCAT,
        put("2026-11-21T03:00:00Z", "@graph", 0, "dcterms:issued", "@value"),
        "dcat.release",
        "2026-11-21T03:00:00Z",
    ),
    "the title of a distribution": (
        DCAT,
        put("mine", "@graph", 0, "dcat:distribution", 0, "dcterms:title"),
        "dcat.partitions",
        "mine",
    ),
    "a licence in DCAT": (
        DCAT,
        put("https://example.org/", "@graph", 0, "dcterms:license", "@id"),
        "dcat.partitions",
        "dcterms:license",
    ),
    "no licence in DCAT": (DCAT, drop("dcterms:license", "@graph", 0), "dcat.shapes", "licence"),
    "a file's licence in DCAT": (
        DCAT,
        drop("dcterms:license", "@graph", 0, "dcat:distribution", 0),
        "dcat.shapes",
        "fileLicence",
    ),
    "a second licence": (
        DCAT,
        lambda one: one["@graph"].append(
            {"@id": one["@graph"][0]["@id"], "dcterms:license": {"@id": "https://example.org/"}}
        ),
        "dcat.shapes",
        "licence",
    ),
    "a credit in DCAT": (
        DCAT,
        put("me", "@graph", 0, "dcterms:bibliographicCitation"),
        "dcat.partitions",
        "bibliographicCitation",
    ),
    "an origin in DCAT": (
        DCAT,
        put("synthetic: made", "@graph", 0, "dcterms:provenance", "rdfs:label"),
        "dcat.partitions",
        "provenance",
    ),
    "a checksum in DCAT": (
        DCAT,
        put(ZEROS, "@graph", 0, "dcat:distribution", 1, "spdx:checksum", "spdx:checksumValue", "@value"),
        "dcat.partitions",
        ZEROS,
    ),
    "a size in DCAT": (
        DCAT,
        put("1", "@graph", 0, "dcat:distribution", 1, "dcat:byteSize", "@value"),
        "dcat.partitions",
        "byteSize",
    ),
    "a media type in DCAT": (
        DCAT,
        put(
            "https://www.iana.org/assignments/media-types/text/csv",
            "@graph",
            0,
            "dcat:distribution",
            0,
            "dcat:mediaType",
            "@id",
        ),
        "dcat.partitions",
        "text/csv",
    ),
    "a place in DCAT": (
        DCAT,
        put(f"kfm://build/{ZEROS}/a", "@graph", 0, "dcat:distribution", 0, "dcat:downloadURL", "@id"),
        "links.evidence",
        ZEROS,
    ),
    "a missing file in DCAT": (
        DCAT,
        lambda one: one["@graph"][0]["dcat:distribution"].pop(),
        "dcat.partitions",
        "distribution",
    ),
    "a start in DCAT": (
        DCAT,
        put("2015-01-01T00:00:00Z", "@graph", 0, "dcterms:temporal", "dcat:startDate", "@value"),
        "dcat.partitions",
        "startDate",
    ),
    "a box in DCAT": (
        DCAT,
        put("POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))", "@graph", 0, "dcterms:spatial", "dcat:bbox", "@value"),
        "dcat.partitions",
        "dcat:bbox",
    ),
    "a link in DCAT": (
        DCAT,
        put("items.json", "@graph", 0, "dcterms:isReferencedBy", 0, "@id"),
        "dcat.links",
        "catalog/2015-08/items.json",
    ),
    "a source in DCAT": (DCAT, drop("dcterms:source", "@graph", 0), "dcat.partitions", "dcterms:source"),
    "a context in DCAT": (DCAT, put("http://example.org/", "@context", "dcat"), "dcat.readable", "@context"),
    "a context inside": (
        DCAT,
        put({"dcat": "http://example.org/"}, "@graph", 0, "@context"),
        "dcat.readable",
        "@context",
    ),
    "the series in DCAT": (
        DCAT,
        put("kfm://dataset/hazards/storm_events", "@graph", 0, "dcat:inSeries", "@id"),
        "dcat.partitions",
        "inSeries",
    ),
    "a member of the series": (
        RELEASE_DCAT,
        lambda one: one["@graph"][1]["dcat:seriesMember"].pop(),
        "dcat.release",
        "seriesMember",
    ),
    "the start of the series": (
        RELEASE_DCAT,
        put("2015-01-01T00:00:00Z", "@graph", 1, "dcterms:temporal", "dcat:startDate", "@value"),
        "dcat.release",
        "startDate",
    ),
    "the licence of the series": (
        RELEASE_DCAT,
        put("https://example.org/", "@graph", 1, "dcterms:license", "@id"),
        "dcat.release",
        "dcterms:license",
    ),
    "the kind of a dataset": (DCAT, put("dcat:Resource", "@graph", 0, "@type"), "dcat.partitions", "type of"),
    "the kind of the catalog": (RELEASE_DCAT, put("dcat:Resource", "@graph", 0, "@type"), "dcat.release", "type of"),
    "the kind of the series": (RELEASE_DCAT, put("dcat:Resource", "@graph", 1, "@type"), "dcat.release", "type of"),
    "the version of the catalog": (
        RELEASE_DCAT,
        put("0" * 12, "@graph", 0, "dcat:version"),
        "dcat.release",
        "dcat:version",
    ),
    "the datasets of the catalog": (
        RELEASE_DCAT,
        lambda one: one["@graph"][0]["dcat:dataset"].pop(),
        "dcat.release",
        "dcat:dataset",
    ),
    "no contact": (RELEASE_DCAT, drop("dcat:contactPoint", "@graph", 0), "dcat.shapes", "contact"),
    # PROV
    "an input that was used": (
        PROV,
        of_node("#making", lambda one: one["prov:used"].pop(0)),
        "prov.partitions",
        "lacks",
    ),
    "an input that was not": (
        PROV,
        of_node("#making", lambda one: one["prov:used"].append({"@id": "kfm://dataset/hazards/earthquakes"})),
        "prov.partitions",
        "kfm://dataset/hazards/earthquakes",
    ),
    "the primary source": (
        PROV,
        put([], "@graph", 0, "prov:hadPrimarySource"),
        "prov.partitions",
        "prov:hadPrimarySource",
    ),
    "the making of a file": (
        PROV,
        of_node("events.parquet", lambda one: one.pop("prov:wasGeneratedBy")),
        "prov.partitions",
        "prov:wasGeneratedBy",
    ),
    "no activity": (PROV, lambda one: one["@graph"].remove(node(one, "#making")), "prov.shapes", "prov:Activity"),
    "the plan": (
        PROV,
        of_node(
            "#making",
            lambda one: one["prov:qualifiedAssociation"][0].update(
                {"prov:hadPlan": {"@id": f"kfm://document/{ZEROS}"}}
            ),
        ),
        "prov.partitions",
        "hadPlan",
    ),
    "the agent": (PROV, of_node("#making", lambda one: one.pop("prov:wasAssociatedWith")), "prov.shapes", "associated"),
    "a link in PROV": (
        PROV,
        put("../item.json", "@graph", 0, "dcterms:isReferencedBy", 0, "@id"),
        "prov.links",
        "catalog/item.json",
    ),
    "a member of the release": (
        RELEASE_PROV,
        lambda one: one["@graph"][0]["prov:hadMember"].pop(),
        "prov.release",
        "hadMember",
    ),
    "the run of the release": (
        RELEASE_PROV,
        drop("prov:wasGeneratedBy", "@graph", 0),
        "prov.release",
        "wasGeneratedBy",
    ),
    "what refers to the release": (
        RELEASE_PROV,
        put("2015-08/item.json", "@graph", 0, "dcterms:isReferencedBy", 0, "@id"),
        "prov.release",
        "isReferencedBy",
    ),
    "what the run generated": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one.update({"prov:generated": one["prov:used"][0]})),
        "prov.release",
        "prov:generated",
    ),
    "an unknown base": (
        RELEASE_PROV,
        put({"@id": f"kfm://release/{ZEROS}"}, "@graph", 0, "prov:wasRevisionOf"),
        "prov.release",
        "wasRevisionOf",
    ),
    "the policy of the run": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one["prov:used"].pop(1)),
        "prov.release",
        "prov:used",
    ),
    "the start of the run": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one.pop("prov:startedAtTime")),
        "prov.release",
        "startedAtTime",
    ),
    "the principal": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one["prov:wasAssociatedWith"].pop(0)),
        "prov.release",
        "principal",
    ),
    "a build at a commit": (
        RELEASE_PROV,
        of_node("#commit-c0ffee", lambda one: one["prov:hadMember"].pop()),
        "prov.release",
        "#commit-c0ffee prov:hadMember kfm://build/",
    ),
    "what the tag names": (RELEASE_PROV, of_part("#tag-rel", drop("prov:specializationOf")), *_LACKS_TAG),
    "no tag": (
        RELEASE_PROV,
        lambda one: one["@graph"].remove(next(it for it in one["@graph"] if "#tag-rel" in it["@id"])),
        *_LACKS_TAG,
    ),
    "another commit": (
        RELEASE_PROV,
        of_node("#commit-c0ffee", put("kfm://run/20261121t031500.1f9a2c4b#commit-dead", "@id")),
        "prov.release",
        "#commit-c0ffee",
    ),
    "the name of a commit": (
        RELEASE_PROV,
        of_node("#commit-c0ffee", put("dead", "dcterms:identifier")),
        "prov.release",
        "dcterms:identifier dead",
    ),
    "another branch": (
        RELEASE_PROV,
        of_part("#branch-", put("Branch main", "rdfs:label")),
        "prov.release",
        "Branch main",
    ),
    "who took part in full": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one.update({"prov:qualifiedAssociation": one["prov:qualifiedAssociation"][:1]})),
        "prov.release",
        "prov:qualifiedAssociation",
    ),
    "a software": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one["prov:wasAssociatedWith"].pop()),
        "prov.release",
        "#software-",
    ),
    "a software's version": (
        RELEASE_PROV,
        of_node("#software-python", drop("schema:softwareVersion")),
        "prov.release",
        "schema:softwareVersion",
    ),
    "the name of the principal": (
        RELEASE_PROV,
        of_node("#principal", put("root", "rdfs:label")),
        "prov.release",
        "rdfs:label root",
    ),
    "no plan of the run": (
        RELEASE_PROV,
        lambda one: one["@graph"].remove(next(it for it in one["@graph"] if "prov:Plan" in it["@type"])),
        "prov.release",
        "prov:Plan",
    ),
    "the builds that informed the run": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one["prov:wasInformedBy"].pop()),
        "prov.release",
        "prov:wasInformedBy",
    ),
    "a build that the run used": (
        RELEASE_PROV,
        of_node(RUN_NODE, lambda one: one["prov:used"].pop()),
        "prov.release",
        "prov:used kfm://build/",
    ),
    "a run that began later": (
        RELEASE_PROV,
        of_node(RUN_NODE, put("2026-11-21T03:15:01Z", "prov:startedAtTime", "@value")),
        "prov.release",
        "startedAtTime",
    ),
    "a run that ended otherwise": (
        RELEASE_PROV,
        of_node(RUN_NODE, put("2026-11-21T03:15:02Z", "prov:endedAtTime", "@value")),
        "prov.release",
        "the collection was created",
    ),
    "a run that is to end": (
        RELEASE_PROV,
        of_node(RUN_NODE, put("2027-11-21T03:15:02Z", "prov:endedAtTime", "@value")),
        "prov.release",
        "not between its start and",
    ),
    "the label of a build": (PROV, put("mine", "@graph", 0, "rdfs:label"), "prov.partitions", "rdfs:label mine"),
    "a column's source": (
        RELEASE_PROV,
        lambda one: one["@graph"].append(
            {
                "@id": "kfm://dataset/hazards/earthquakes#magnitude",
                "@type": "prov:Entity",
                "prov:wasDerivedFrom": {"@id": "kfm://dataset/hazards/earthquakes#wire:events.dice"},
            }
        ),
        "prov.columns",
        "dice",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_one_broken_thing_closes_the_gate_and_is_named(broken):
    path, change, check, name = BROKEN[broken]
    judgement = judge(quakes().evidence(written=changed(quakes(), path, change)))
    found = closed(judgement)
    assert judgement.outcome is (Outcome.ERROR if check == "dcat.readable" else Outcome.FAIL)
    assert check in found, found
    assert name in found[check]
    assert path in found[check], "the document is named"


ANYTHING = {
    "an asset": drop("events", "assets"),
    "a size": put(1, "assets", "events", "file:size"),
    "the number of rows": put(1, "assets", "events", "table:row_count"),
    "the columns": put([], "assets", "events", "table:columns"),
    "the licence": drop("license", "properties"),
    "the lineage": put("none", "properties", "processing:lineage"),
    "the providers": put([], "properties", "providers"),
    "the upstream": unlink("via"),
    "the geometry": put([[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]], "geometry", "coordinates"),
}


@pytest.mark.parametrize("broken", ANYTHING)
def test_an_unchanged_document_is_the_one_that_was_judged(broken):
    found = closed(judge(quakes().evidence(written=changed(quakes(), UNCHANGED, ANYTHING[broken]))))
    assert UNCHANGED in found["catalog.unchanged"]


@pytest.mark.parametrize("name", ["item.json", "dcat.jsonld", "prov.jsonld"])
def test_an_unchanged_document_that_no_release_was_judged_with_closes_it(name):
    evidence = quakes().evidence()
    path = f"catalog/2015-07/{name}"
    before = {one: digest for one, digest in evidence.before.items() if one != path}
    assert path in closed(judge(replace(evidence, before=before)))["catalog.unchanged"]


def test_nothing_broken_opens_it():
    for one in (quakes(), storms()):
        judgement = judge(one.evidence())
        assert closed(judgement) == {}
        assert judgement.outcome is Outcome.PASS


@pytest.mark.parametrize("path", [COLLECTION, RELEASE_DCAT, RELEASE_PROV])
def test_a_document_of_another_release_closes_it(path):
    other = world("hazards/earthquakes", ("2015-07", "2015-08"))
    found = closed(judge(quakes().evidence(written={path: other.documents[path]})))
    assert any(quakes().release.id[7:] in message for message in found.values())


@pytest.mark.parametrize("name", ["item.json", "dcat.jsonld", "prov.jsonld"])
def test_a_document_of_another_partition_closes_it(name):
    stray = quakes().documents[f"catalog/2015-09/{name}"]
    assert judge(quakes().evidence(written={f"catalog/2015-08/{name}": stray})).outcome is Outcome.FAIL


@pytest.mark.parametrize("name", ["item.json", "dcat.jsonld", "prov.jsonld"])
def test_synthetic_documents_of_the_same_partition_close_it(name):
    stray = world("hazards/earthquakes", ("2015-08",), origin=Origin.SYNTHETIC).documents[f"catalog/2015-08/{name}"]
    assert judge(quakes().evidence(written={f"catalog/2015-08/{name}": stray})).outcome is Outcome.FAIL


def test_many_problems_are_counted_and_the_first_are_shown():
    written = changed(quakes(), ITEM, lambda one: one["properties"].clear())
    found = closed(judge(quakes().evidence(written=written)))
    assert "more" in found["stac.item.fields"]
    assert len(found["stac.item.fields"]) < 3000
