"""What tests break: a good release of a dataset, and documents of it with one thing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from kfm_assets.catalogs.triplet import encode
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.verdict import Outcome
from kfm_assets.gates.catalogs import CatalogEvidence, catalogs
from kfm_assets.gates.evidence import Judgement
from kfm_assets_tests.catalogs.made import POLICY, QUAKES, STORMS, World, world

COLLECTION = "catalog/collection.json"


def quakes() -> World:
    """Return a release of three months, of which the last two are changed."""
    return world(QUAKES, ("2015-07", "2015-08", "2015-09"), ("2015-08", "2015-09"))


def months() -> World:
    """Return a release of two months, of which the last is changed."""
    return world(QUAKES, ("2015-07", "2015-08"), ("2015-08",))


def storms() -> World:
    """Return a release of two years of two tables each, both changed."""
    return world(STORMS, ("2020", "2021"))


def changed(made: World, path: str, change: Callable[[dict], object]) -> dict[str, bytes]:
    """Return a document with a change made, written as documents are; and the collection that lists it so."""
    document = json.loads(made.documents[path])
    change(document)
    written = {path: encode(document)}
    return written | relisted(made, path, written[path]) if path.endswith("/item.json") else written


def relisted(made: World, path: str, content: bytes) -> dict[str, bytes]:
    """Return the collection with the digest and the size of an item's new bytes."""
    collection = json.loads(made.documents[COLLECTION])
    for link in collection["links"]:
        if path.endswith(f"/{link['href']}"):
            link |= {"file:checksum": f"1220{digest_bytes(content)[7:]}", "file:size": len(content)}
    return {COLLECTION: encode(collection)}


def judge(evidence: CatalogEvidence) -> Judgement:
    return catalogs(evidence, POLICY)


def closed(judgement: Judgement) -> Mapping[str, str]:
    """Return what closes a gate, by check."""
    return {one.check: one.message for one in judgement.findings if one.outcome is not Outcome.PASS}


def node(document: dict, name: str) -> dict:
    """Return a node of a JSON-LD document by the end of its name."""
    (found,) = (one for one in document["@graph"] if one["@id"].endswith(name))
    return found
