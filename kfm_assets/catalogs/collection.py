"""The STAC collection of a release: https://github.com/radiantearth/stac-spec/tree/v1.1.0/collection-spec.

It links to the item of every partition, with the item's digest, so that whoever has the collection has the release.
"""

from __future__ import annotations

from collections.abc import Mapping

from kfm_assets.catalogs import stac
from kfm_assets.catalogs.extent import hull, with_rows
from kfm_assets.catalogs.run import Run
from kfm_assets.domain.artifact import JSON, NDJSON, PARQUET
from kfm_assets.domain.canonical import Json, digest_bytes
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    EXTENSIONS,
    GEOJSON,
    ITEM,
    JSON_LD,
    LEVEL,
    PROV,
    STAC_VERSION,
    TITLES,
    Role,
    credit,
    multihash,
    short,
    titled,
)
from kfm_assets.domain.dataset import Dataset, Table
from kfm_assets.domain.evidence_ref import ReleaseRef
from kfm_assets.domain.period import instant
from kfm_assets.domain.release import Release


def collection(
    spec: Dataset,
    release: Release,
    items: Mapping[str, Mapping[str, Json]],
    run: Run,
    encoded: Mapping[str, bytes],
) -> stac.Document:
    """Return the collection; `encoded` is each partition's item as it is stored."""
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": spec.pipeline,
        "title": titled(spec.title, release.origin),
        "description": titled(spec.description, release.origin),
        "keywords": list(spec.tags),
        "license": spec.licence,
        "attribution": credit(spec, release.origin),
        "providers": [*_providers(spec, release, run)],
        "extent": _extent(items),
        "summaries": {"kfm:origin": [release.origin.value], "processing:level": [LEVEL]},
        "created": instant(run.created),
        "version": short(release.id),
        "kfm:dataset": spec.key,
        "kfm:origin": release.origin.value,
        "kfm:spec_hash": spec.spec_hash,
        "kfm:evidence": str(ReleaseRef(release.id)),
        "table:tables": [{"name": table.name, "description": table.description} for table in spec.tables],
        "item_assets": {**{table.name: _table(table) for table in spec.tables}, **_OTHERS},
        "assets": {
            "dcat": {"href": DCAT, "type": JSON_LD, "roles": [Role.METADATA.value], "title": "DCAT"},
            "prov": {"href": PROV, "type": JSON_LD, "roles": [Role.METADATA.value], "title": "PROV"},
        },
        "links": _links(spec, items, run, encoded),
    }


_OTHERS: Mapping[str, Json] = {
    Role.QUARANTINE.value: {
        "title": TITLES[Role.QUARANTINE],
        "type": NDJSON,
        "roles": [Role.QUARANTINE.value],
    },
    "account": {"title": TITLES[Role.METADATA], "type": JSON, "roles": [Role.METADATA.value]},
}


def _table(table: Table) -> Json:
    return {
        "title": table.description,
        "type": PARQUET,
        "roles": [Role.DATA.value],
        "table:columns": stac.columns(table),
    }


def _providers(spec: Dataset, release: Release, run: Run) -> list[stac.Document]:
    """Return the providers, of whom the last, who processes, has the software of the run with its versions."""
    *others, processor = stac.providers(spec, release.origin)
    software: Json = {name: version for name, version in sorted(run.environment.items()) if version}
    return [*others, {**processor, "processing:level": LEVEL, "processing:software": software}]


def _extent(items: Mapping[str, Mapping[str, Json]]) -> Json:
    """Return the overall extent, and after it the time of each partition with rows, in the partitions' order."""
    extents = with_rows(items)
    overall = hull(extents)
    intervals: list[Json] = [[one.start, one.end] for one in (overall, *(extents if len(extents) > 1 else ()))]
    return {"spatial": {"bbox": [list(overall.bbox)]}, "temporal": {"interval": intervals}}


def _links(
    spec: Dataset, items: Mapping[str, Mapping[str, Json]], run: Run, encoded: Mapping[str, bytes]
) -> list[Json]:
    base: list[Json] = [{"rel": "predecessor-version", "href": str(ReleaseRef(run.base))}] if run.base else []
    return [
        {"rel": "root", "href": COLLECTION, "type": JSON},
        *({"rel": "item", "href": f"{name}/{ITEM}", "type": GEOJSON, **_file(encoded[name])} for name in sorted(items)),
        *stac.catalogs(),
        *base,
        *stac.about(spec),
    ]


def _file(content: bytes) -> dict[str, Json]:
    return {"file:checksum": multihash(digest_bytes(content)), "file:size": len(content)}
