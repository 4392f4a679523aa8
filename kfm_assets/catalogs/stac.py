"""The STAC item of a partition: https://github.com/radiantearth/stac-spec/tree/v1.1.0/item-spec.

Its assets are the build's files, by links that hold inside the release's tree and by evidence references that hold
anywhere. The extensions are file (checksums and sizes), processing, table (columns and rows) and version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from kfm_assets.catalogs.extent import of_partition
from kfm_assets.catalogs.inputs import build_refs, raw_refs
from kfm_assets.domain.artifact import JSON, Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    EXTENSIONS,
    HAS_PROVENANCE,
    JSON_LD,
    LEVEL,
    PROV,
    PUBLISHER,
    STAC_VERSION,
    TITLES,
    Role,
    asset,
    credit,
    item_id,
    multihash,
    short,
    titled,
)
from kfm_assets.domain.dataset import Dataset, Table
from kfm_assets.domain.evidence_ref import BuildRef

Document = dict[str, Json]

_TO_PREFIX = "../../"
"""From an item's folder to the dataset's prefix."""


def item(
    spec: Dataset, build: Build, account: Mapping[str, Json], raw_places: Mapping[Digest, tuple[str, str]]
) -> Document:
    """Return the item of a partition. Raises InvalidPolicy and KeyError as `triplet.partition_documents` does."""
    extent, ref = of_partition(spec, build.partition, account), BuildRef(build.id)
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": item_id(spec, build.partition),
        "collection": spec.pipeline,
        "bbox": list(extent.bbox),
        "geometry": extent.geometry(),
        "properties": {
            "title": titled(f"{spec.title}, {build.partition}", build.origin),
            "description": titled(spec.description, build.origin),
            "datetime": None,
            "start_datetime": extent.start,
            "end_datetime": extent.end,
            "license": spec.licence,
            "attribution": credit(spec, build.origin),
            "keywords": list(spec.tags),
            "providers": [*providers(spec, build.origin)],
            "version": short(ref.digest),
            "processing:level": LEVEL,
            "processing:lineage": _lineage(spec, account),
            "processing:software": {spec.key: build.code},
            "kfm:dataset": spec.key,
            "kfm:partition": build.partition,
            "kfm:origin": build.origin.value,
            "kfm:spec_hash": build.spec_hash,
            "kfm:evidence": str(ref),
        },
        "assets": {asset(one)[0]: _asset(spec, ref, account, one) for one in build.artifacts},
        "links": _links(spec, build, raw_places),
    }


def providers(spec: Dataset, origin: Origin) -> list[Document]:
    """Return who made what is published. The upstream has no part in synthetic data."""
    if origin is Origin.SYNTHETIC:
        return [{"name": PUBLISHER, "roles": ["producer", "processor", "host"]}]
    upstream = spec.upstream
    return [
        {"name": upstream.publisher, "roles": ["producer", "licensor"], "url": upstream.homepage},
        {"name": PUBLISHER, "roles": ["processor", "host"]},
    ]


def columns(table: Table) -> list[Json]:
    """Return the columns of a table as the table extension lists them, with their units."""
    return [
        {
            "name": one.name,
            "type": one.dtype,
            "description": one.description,
            **({"unit": one.unit} if one.unit else {}),
        }
        for one in table.columns
    ]


def about(spec: Dataset) -> list[Json]:
    """Return the links to the licence and to the upstream."""
    upstream = spec.upstream
    return [
        {"rel": "license", "href": upstream.terms_url, "title": f"Terms of {upstream.publisher}"},
        {"rel": "via", "href": upstream.homepage, "title": upstream.title},
    ]


def catalogs() -> list[Json]:
    """Return the links to the DCAT and the PROV document in the same folder."""
    return [
        {"rel": "describedby", "href": DCAT, "type": JSON_LD, "title": "DCAT"},
        {"rel": HAS_PROVENANCE, "href": PROV, "type": JSON_LD, "title": "PROV"},
    ]


def evidence(item: Mapping[str, Json]) -> str:
    """Return the reference to the build that an item is of."""
    return str(cast("Mapping[str, Json]", item["properties"])["kfm:evidence"])


def _asset(spec: Dataset, ref: BuildRef, account: Mapping[str, Json], artifact: Artifact) -> Document:
    key, role = asset(artifact)
    document: Document = {
        "href": f"{_TO_PREFIX}{artifact.path}",
        "type": artifact.media_type,
        "roles": [role.value],
        "file:checksum": multihash(artifact.digest),
        "file:size": artifact.size,
        "kfm:evidence": str(BuildRef(ref.digest, artifact.path)),
    }
    table = next((one for one in spec.tables if role is Role.DATA and one.name == key), None)
    if table is None:
        return {**document, "title": TITLES.get(role, key)}
    rows = cast("Mapping[str, Json]", account["rows_out"])
    geometry: Document = {"table:primary_geometry": table.geometry_column} if table.geometry_column else {}
    return {
        **document,
        "title": table.description,
        "table:columns": columns(table),
        "table:row_count": rows[table.name],
        **geometry,
    }


def _links(spec: Dataset, build: Build, raw_places: Mapping[Digest, tuple[str, str]]) -> list[Json]:
    collection: Document = {"href": f"../{COLLECTION}", "type": JSON, "title": titled(spec.title, build.origin)}
    sources = [*raw_refs(spec, build, raw_places), *build_refs(spec, build)]
    return [
        *({"rel": rel, **collection} for rel in ("root", "parent", "collection")),
        *catalogs(),
        *({"rel": "derived_from", "href": source} for source in sources),
        *about(spec),
    ]


def _lineage(spec: Dataset, account: Mapping[str, Json]) -> str:
    """Say in one line what became of the rows."""
    wires = cast("Mapping[str, int]", account["rows_in"])
    held = cast("Mapping[str, Mapping[str, int]]", account["quarantined"])
    left = cast("Mapping[str, Mapping[str, int]]", account["out_of_scope"])
    became = [
        f"{wire}: {rows} rows in, {sum(left.get(wire, {}).values())} out of scope, "
        f"{sum(held.get(wire, {}).values())} quarantined"
        for wire, rows in sorted(wires.items())
    ]
    return f"{spec.upstream.title}; {'; '.join(became)}"
