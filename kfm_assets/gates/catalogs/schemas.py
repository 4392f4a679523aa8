"""STAC documents against the schemas of STAC 1.1.0 and of the extensions that we use, offline. Formats are asserted.

The schemas lie in `schemas/stac`, where their versions and licence stand too. What they leave optional and we promise
is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NoReturn, cast

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import EXTENSIONS, FILE, PROCESSING, TABLE, VERSION

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator, ValidationError

_ITEMS = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/"
_KINDS = {
    "Feature": f"{_ITEMS}item.json",
    "Collection": "https://schemas.stacspec.org/v1.1.0/collection-spec/json-schema/collection.json",
}
_PARTS = ("bands", "basics", "common", "data-values", "datetime", "instrument", "item", "licensing", "provider")

ADDRESSES: Mapping[str, str] = {
    **{f"{_ITEMS}{name}.json": f"core/{name}.json" for name in _PARTS},
    _KINDS["Collection"]: "core/collection.json",
    "https://geojson.org/schema/Feature.json": "core/Feature.json",
    "https://geojson.org/schema/Geometry.json": "core/Geometry.json",
    FILE: "extensions/file-v2.1.0.json",
    PROCESSING: "extensions/processing-v1.1.0.json",
    TABLE: "extensions/table-v1.2.0.json",
    VERSION: "extensions/version-v1.2.0.json",
}
"""Address of a schema -> its file below `schemas/stac`. `common.json` is found here by the name that others call it."""


def schema(address: str) -> dict[str, Json]:
    """Return a shipped schema by its address. Raises KeyError for any other."""
    file = resources.files("kfm_assets.gates").joinpath("schemas", "stac", *ADDRESSES[address].split("/"))
    return cast("dict[str, Json]", json.loads(file.read_bytes()))


def problem(document: Mapping[str, Json]) -> str:
    """Say where an item or a collection breaks its schemas first, in one line; empty where it keeps them.

    Raises:
        ValueError: for a document that is neither.
    """
    kind = document.get("type")
    if kind not in _KINDS:
        raise ValueError(f"its type is {kind!r:.50}, neither Feature nor Collection")
    validator = _validator(str(kind))
    # `is_valid` is several times as quick as asking for the errors, of which there are none as a rule.
    if validator.is_valid(document):
        return ""
    where, message = _deepest(next(validator.iter_errors(document)))
    return f"{where or 'the document'}: {message[:200]}"


@cache
def _validator(kind: str) -> Draft7Validator:
    # Imported here, so that loading the definitions stays cheap.
    from jsonschema_rs import Draft7Validator, Registry  # noqa: PLC0415

    registry = Registry([(address, schema(address)) for address in ADDRESSES], draft=7, retriever=_refuse)
    together = {"allOf": [{"$ref": address} for address in (_KINDS[kind], *EXTENSIONS)]}
    return Draft7Validator(
        together, registry=registry, retriever=_refuse, validate_formats=True, ignore_unknown_formats=False
    )


def _refuse(address: str) -> NoReturn:
    raise ValueError(f"{address} is no schema that is shipped, and none is fetched")


def _deepest(error: ValidationError) -> tuple[str, str]:
    """Return where an error is and what it says; of alternatives that all fail, the one that came furthest."""
    kind = error.kind
    alternatives = [inner for branch in getattr(kind, "context", None) or () for inner in branch]
    found = [(".".join(map(str, error.instance_path)), error.message), *map(_deepest, alternatives)]
    return max(found, key=lambda one: one[0].count(".") + bool(one[0]))
