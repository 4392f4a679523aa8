"""The catalogs' layout and words: where each document lies, what its names stand for, whom it credits.

A dataset has three kinds of catalog, STAC, DCAT and PROV: one document of each for every partition, which depends on
its build alone, and one of each for the release. What writes them is in `catalogs`, what judges them in `gates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

from kfm_assets.domain.artifact import Artifact, Origin, Zone
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, Json, hexadecimal
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import DatasetRef

PUBLISHER = "Kansas Frontier Matrix"
"""Who processes and publishes the datasets, in every catalog."""

ITEM, COLLECTION, DCAT, PROV = "item.json", "collection.json", "dcat.jsonld", "prov.jsonld"

GEOJSON = "application/geo+json"
JSON_LD = "application/ld+json"

STAC_VERSION = "1.1.0"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
PROCESSING = "https://stac-extensions.github.io/processing/v1.1.0/schema.json"
TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
VERSION = "https://stac-extensions.github.io/version/v1.2.0/schema.json"
EXTENSIONS = (FILE, PROCESSING, TABLE, VERSION)
"""The STAC extensions that items and collections use, by the address of their schema."""

LEVEL = "L2"
"""The processing level of what is published: measured or observed quantities at the resolution of their source."""

HAS_PROVENANCE = "http://www.w3.org/ns/prov#has_provenance"
"""The link relation to a PROV document: PROV-AQ, section 3.1, https://www.w3.org/TR/prov-aq/."""

CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcterms": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "geosparql": "http://www.opengis.net/ont/geosparql#",
        "prov": "http://www.w3.org/ns/prov#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "schema": "http://schema.org/",
        "spdx": "http://spdx.org/rdf/terms#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)
"""The JSON-LD context of every DCAT and PROV document, written out in each, so that none is ever fetched."""

_SHORT = 12
_MULTIHASH_SHA256 = "1220"
_SPDX_LICENCES = "https://spdx.org/licenses/"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


class Role(StrEnum):
    """What an asset of a STAC item is for."""

    DATA = "data"
    QUARANTINE = "quarantine"
    METADATA = "metadata"


TITLES: Mapping[Role, str] = MappingProxyType(
    {Role.QUARANTINE: "Rows held back, each with its rule", Role.METADATA: "Account of the rows"}
)
"""What the assets of an item are called that are no table; a table goes by its description."""

_ROLES = {Zone.PROCESSED: Role.DATA, Zone.QUARANTINE: Role.QUARANTINE, Zone.WORK: Role.METADATA}


def partition_path(partition: str, document: str) -> str:
    """Return where a partition's ITEM, DCAT or PROV lies below the dataset's prefix."""
    return f"{Zone.CATALOG}/{partition}/{document}"


def release_path(document: str) -> str:
    """Return where a release's COLLECTION, DCAT or PROV lies below the dataset's prefix."""
    return f"{Zone.CATALOG}/{document}"


def item_id(spec: Dataset, partition: str) -> str:
    """Return the id of a partition's STAC item; its collection's is the dataset's `pipeline`."""
    return f"{spec.pipeline}-{partition}"


def asset(artifact: Artifact) -> tuple[str, Role]:
    """Return an artifact's key among the assets of its item, and its role.

    A table goes by its name, what was held back by `quarantine`, anything else by its file's name up to the first dot.
    """
    role = _ROLES[Zone(artifact.path.split("/", 1)[0])]
    stem = artifact.path.rsplit("/", 1)[-1].split(".", 1)[0]
    return (role.value if role is Role.QUARANTINE else stem), role


def short(digest: Digest) -> str:
    """Return the version that people see: the first digits of an id."""
    return hexadecimal(digest)[:_SHORT]


def multihash(digest: Digest) -> str:
    """Return a sha256 digest as a multihash in hexadecimal, as STAC's file extension wants it.

    The code of sha2-256 (0x12), the length of 32 bytes (0x20), the digest: https://multiformats.io/multihash/.
    """
    return f"{_MULTIHASH_SHA256}{hexadecimal(digest)}"


def is_empty(row_counts: Iterable[Json]) -> bool:
    """Say whether a partition has no row in any table. Then it speaks of no time, and a release's extent is not its."""
    return all(count == 0 for count in row_counts)


def titled(text: str, origin: Origin) -> str:
    """Return a title or a description that says so where the data are synthetic."""
    return text if origin is Origin.REAL else f"SYNTHETIC: {text}"


def provenance(origin: Origin) -> str:
    """Return the statement by which DCAT says whether data are real."""
    return "synthetic: made by a generator" if origin is Origin.SYNTHETIC else "real: as the upstream observed it"


def credit(spec: Dataset, origin: Origin) -> str:
    """Return the line that whoever uses the data should print: the upstream's own, or its name; never for synthetic."""
    upstream = spec.upstream
    if origin is Origin.SYNTHETIC:
        return f"Synthetic data in the form of: {upstream.title} ({upstream.publisher}). None of it was observed."
    return upstream.credit or f"{upstream.publisher}: {upstream.title}"


def licence(spec: Dataset) -> str:
    """Return the address of the licence: SPDX's page of it, or the upstream's terms for one that SPDX does not list."""
    return spec.upstream.terms_url if spec.licence.startswith("LicenseRef-") else f"{_SPDX_LICENCES}{spec.licence}"


def media_type(name: str) -> str:
    """Return the address that DCAT gives a media type."""
    return f"{_MEDIA_TYPES}{name}"


def raw_inputs(spec: Dataset, build: Build) -> tuple[Input, ...]:
    """Return the inputs of a build that are acquired files: not builds, which go by `theme/name@partition`."""
    return tuple(item for item in build.inputs if item.name.rpartition("@")[0] not in spec.requires)


def upstream_builds(spec: Dataset, build: Build) -> tuple[Input, ...]:
    """Return the inputs of a build that are builds of a required dataset."""
    return tuple(item for item in build.inputs if item.name.rpartition("@")[0] in spec.requires)


def column(spec: Dataset, table: str, name: str) -> str:
    """Return a column's name in PROV: `<dataset>#<column>` in the main table, else `<dataset>#<table>.<column>`."""
    part = name if table == spec.main.name else f"{table}.{name}"
    return f"{DatasetRef(spec.key)}#{quote(part)}"


def column_source(spec: Dataset, source: str) -> str:
    """Return the name in PROV of what a column is made from, as `Column.sources` spells it.

    A field of a wire is `<dataset>#wire:<wire>.<FIELD>`; a column of a required dataset is as `column` names it there.
    """
    key, _, name = source.partition(".")
    if key in spec.requires:
        return f"{DatasetRef(key)}#{quote(name)}"
    return f"{DatasetRef(spec.key)}#wire:{quote(source)}"
