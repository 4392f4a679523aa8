"""A static STAC catalog: the collections of several releases under one root, for a browser that knows files only.

What the lake holds stays as it is, apart from links to the root, and from assets: here they are absolute addresses,
since the data are not copied.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

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


def collection(document: Document, address: Callable[[str], str]) -> Document:
    """Return a release's collection as it stands one folder below the root."""
    return _placed(document, "../", address)


def item(document: Document, address: Callable[[str], str]) -> Document:
    """Return a partition's item as it stands two folders below the root.

    `address` gives the absolute URI of a file by its path below the dataset's prefix.
    """
    return _placed(document, "../../", address)


def encoded(document: Document) -> bytes:
    """Return a document's bytes: the same for the same content."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
