"""STAC items against their schemas and against the builds that they are of.

What the schemas leave optional and we promise is required here, and must be equal to what the build lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import (
    EXTENSIONS,
    ITEM,
    LEVEL,
    PUBLISHER,
    STAC_VERSION,
    TITLES,
    asset,
    credit,
    item_id,
    multihash,
    partition_path,
    short,
    titled,
)
from kfm_assets.domain.dataset import Dataset, Table
from kfm_assets.domain.evidence_ref import BuildRef
from kfm_assets.domain.verdict import Finding
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.problems import differ, sets_differ, settled
from kfm_assets.gates.catalogs.reading import Document, Held
from kfm_assets.gates.catalogs.schemas import problem

_MEMBERS = (
    *("type", "stac_version", "stac_extensions", "id", "collection"),
    *("bbox", "geometry", "properties", "assets", "links"),
)
_JUDGED_ELSEWHERE = (
    *("start_datetime", "end_datetime", "providers", "version", "processing:lineage"),
    *("kfm:dataset", "kfm:partition", "kfm:origin", "kfm:evidence"),
)


def judge(evidence: CatalogEvidence, held: Held) -> Iterator[Finding]:
    """Hold every item to the schemas and to its build's id, and those of changed partitions to their builds."""
    there = {name: item for name in sorted(evidence.mapped) if (item := held.of_partition(name, ITEM)) is not None}
    sound = {name: item for name, item in there.items() if item.get("type") == "Feature"}
    yield settled("stac.item.schema", _invalid(there), f"{len(there)} items validate, with their extensions")
    yield settled(
        "stac.item.build",
        (line for name, item in sound.items() for line in _of_build(evidence, name, evidence.mapped[name], item)),
        "each is of its partition's build",
    )
    yield settled(
        "stac.item.fields",
        (
            line
            for name, build in evidence.worded.items()
            if name in sound
            for line in _fields(evidence.specification, build, sound[name])
        ),
        "fields and rights are those of specification and build",
    )
    yield settled(
        "stac.item.assets",
        (
            line
            for name, build in evidence.builds.items()
            if name in sound
            for line in _assets(evidence, build, sound[name])
        ),
        "assets are the builds' files, with checksum, size and columns",
    )


def _invalid(items: Mapping[str, Document]) -> Iterator[str]:
    for name, item in items.items():
        path = partition_path(name, ITEM)
        if item.get("type") != "Feature":
            yield f"{path}: type is {item.get('type')!r:.50}, not 'Feature'"
        elif broken := problem(item):
            yield f"{path}: {broken}"


def _of_build(evidence: CatalogEvidence, name: str, build: Digest, item: Document) -> Iterator[str]:
    """Say where an item, of whichever specification, is not of its partition's build in this release."""
    spec, properties = evidence.specification, part(item, "properties")
    fields = {
        "id": (item_id(spec, name), item.get("id")),
        "collection": (spec.pipeline, item.get("collection")),
        "stac_version": (STAC_VERSION, item.get("stac_version")),
        "properties.version": (short(build), properties.get("version")),
        "properties.kfm:evidence": (str(BuildRef(build)), properties.get("kfm:evidence")),
        "properties.kfm:dataset": (spec.key, properties.get("kfm:dataset")),
        "properties.kfm:partition": (name, properties.get("kfm:partition")),
        "properties.kfm:origin": (evidence.release.origin.value, properties.get("kfm:origin")),
    }
    for field, (expected, found) in fields.items():
        yield from differ(partition_path(name, ITEM), field, expected, found)


def _fields(spec: Dataset, build: Build, item: Document) -> Iterator[str]:
    """Say which promised fields are not what specification and build make them."""
    path, properties = partition_path(build.partition, ITEM), part(item, "properties")
    promised: dict[str, Json] = {
        "title": titled(f"{spec.title}, {build.partition}", build.origin),
        "description": titled(spec.description, build.origin),
        "license": spec.licence,
        "attribution": credit(spec, build.origin),
        "keywords": list(spec.tags),
        "datetime": None,
        "processing:level": LEVEL,
        "processing:software": {spec.key: build.code},
        "kfm:spec_hash": build.spec_hash,
    }
    for field, expected in promised.items():
        yield from differ(path, f"properties.{field}", expected, properties.get(field, "absent"))
    yield from sets_differ(path, "properties", {*promised, *_JUDGED_ELSEWHERE}, properties)
    yield from sets_differ(path, "the item", _MEMBERS, item)
    yield from providers_differ(path, spec, build.origin, properties.get("providers"))
    if not properties.get("processing:lineage"):
        yield f"{path}: properties.processing:lineage is absent"
    yield from sets_differ(path, "stac_extensions", EXTENSIONS, cast("Sequence[str]", item.get("stac_extensions", ())))


def _assets(evidence: CatalogEvidence, build: Build, item: Document) -> Iterator[str]:
    path, found = partition_path(build.partition, ITEM), part(item, "assets")
    due = {asset(one)[0]: one for one in build.artifacts}
    worded = build.partition in evidence.worded
    tables = {one.name: one for one in evidence.specification.tables} if worded else {}
    yield from sets_differ(path, "assets", due, found)
    for key, artifact in due.items():
        if key in found:
            promised = {
                **_file(artifact, evidence.ref(build.partition, artifact.path)),
                **(described(tables[key]) if key in tables else {}),
                **(_titled(artifact, tables) if worded else {}),
            }
            rows = ["table:row_count"] if key in tables else []
            if worded:
                yield from sets_differ(path, f"assets.{key}", [*promised, *rows], part(found, key))
            for field, expected in promised.items():
                yield from differ(path, f"assets.{key}.{field}", expected, part(found, key).get(field, "absent"))


def _titled(artifact: Artifact, tables: Mapping[str, Table]) -> Mapping[str, Json]:
    key, role = asset(artifact)
    return {"title": tables[key].description if key in tables else TITLES.get(role, key)}


def _file(artifact: Artifact, ref: str) -> Mapping[str, Json]:
    return {
        "href": f"../../{artifact.path}",
        "type": artifact.media_type,
        "roles": [asset(artifact)[1].value],
        "file:checksum": multihash(artifact.digest),
        "file:size": artifact.size,
        "kfm:evidence": ref,
    }


def providers_differ(
    path: str, spec: Dataset, origin: Origin, found: Json, more: Mapping[str, Json] | None = None
) -> Iterator[str]:
    """Yield a problem where the providers are not the upstream, which has no part in synthetic data, and ourselves.

    Of ourselves `more` is said.
    """
    upstream: list[Json] = [
        {"name": spec.upstream.publisher, "roles": ["producer", "licensor"], "url": spec.upstream.homepage}
    ]
    roles: list[Json] = ["producer", "processor", "host"] if origin is Origin.SYNTHETIC else ["processor", "host"]
    ourselves: Json = {"name": PUBLISHER, "roles": roles, **(more or {})}
    yield from differ(path, "providers", [*(upstream if origin is Origin.REAL else ()), ourselves], found)


def described(table: Table) -> Mapping[str, Json]:
    """Return the table extension's fields that a table of the specification has."""
    columns: list[Json] = [
        {
            "name": one.name,
            "type": one.dtype,
            "description": one.description,
            **({"unit": one.unit} if one.unit else {}),
        }
        for one in table.columns
    ]
    geometry = {"table:primary_geometry": table.geometry_column} if table.geometry_column else {}
    return {"table:columns": columns, **geometry}


def part(document: Mapping[str, Json], name: str) -> Document:
    """Return an object inside another one; an empty one where there is none."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}
