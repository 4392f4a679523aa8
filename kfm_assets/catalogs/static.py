"""A static STAC catalog: the collections of several releases under one root, for a browser that knows files only.

What the lake holds stays as it is, apart from links to the root, from the addresses of files, which are absolute here,
since the data are not copied, and from the digests of the items that this changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.catalog import multihash
from kfm_assets.domain.evidence_ref import BuildRef, parse

Document = dict[str, Any]

ROOT = "catalog.json"
TITLE = "Kansas Frontier Matrix"


def root(collections: Mapping[str, Document]) -> Document:
    """Return the catalog above some collections, each named by its folder."""
    children = [
        {"rel": "child", "href": f"./{folder}/collection.json", "type": "application/json", "title": one["title"]}
        for folder, one in sorted(collections.items())
    ]
    return {
        "type": "Catalog",
        "stac_version": "1.1.0",
        "id": "kansas-frontier-matrix",
        "title": TITLE,
        "description": "What is published about Kansas: one collection for each dataset, one item for each partition.",
        "links": [{"rel": "root", "href": f"./{ROOT}", "type": "application/json", "title": TITLE}, *children],
    }


def placed(document: Document, depth: int, address: Callable[[str], str]) -> Document:
    """Return a collection or an item as it stands some folders below its own collection's.

    Its root is the catalog above, and so is a collection's parent. `address` gives the absolute URI of a file by its
    path below the dataset's prefix.
    """
    above = f"{'../' * (depth + 1)}{ROOT}"
    kept = [link for link in document["links"] if link["rel"] != "root" and (depth or link["rel"] != "parent")]
    rels = ["root"] if depth else ["root", "parent"]
    links = [{"rel": rel, "href": above, "type": "application/json", "title": TITLE} for rel in rels]
    assets = {
        name: asset if _is_beside(asset["href"]) else {**asset, "href": address(_below(asset["href"], depth))}
        for name, asset in document.get("assets", {}).items()
    }
    return {**document, "links": [*links, *kept], "assets": assets}


def relisted(collection: Document, items: Mapping[str, bytes]) -> Document:
    """Return a collection that lists its items, by link, as they are written here."""
    links = [
        {**link, "file:checksum": multihash(digest_bytes(items[link["href"]])), "file:size": len(items[link["href"]])}
        if link["rel"] == "item"
        else link
        for link in collection["links"]
    ]
    return {**collection, "links": links}


def distributed(dcat: Document, address: Callable[[str], str]) -> Document:
    """Return a DCAT document whose distributions are found by addresses that any program can open."""
    return {**dcat, "@graph": [_distributed(node, address) for node in dcat["@graph"]]}


def _distributed(node: Document, address: Callable[[str], str]) -> Document:
    if "dcat:distribution" not in node:
        return node
    return {**node, "dcat:distribution": [_opened(one, address) for one in node["dcat:distribution"]]}


def _opened(distribution: Document, address: Callable[[str], str]) -> Document:
    """Give a distribution its file's address for a download, and for access too: there is no page besides."""
    named = parse(distribution["dcat:downloadURL"]["@id"])
    if not isinstance(named, BuildRef):
        return distribution
    there = {"@id": address(named.path)}
    return {**distribution, "dcat:downloadURL": there, "dcat:accessURL": there}


def _is_beside(href: str) -> bool:
    """Say whether a link stays within the catalog's own folder, and so goes with it."""
    return not href.startswith("../") or href.count("../") == 1


def _below(href: str, depth: int) -> str:
    """Return the path below the dataset's prefix that a link from a document this deep in its catalog leads to."""
    return href.removeprefix("../" * (depth + 1))


def encoded(document: Document) -> bytes:
    """Return a document's bytes: the same for the same content."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
