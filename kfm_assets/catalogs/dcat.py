"""DCAT 3 in JSON-LD: https://www.w3.org/TR/vocab-dcat-3/. A partition is a dataset, in the series that a release holds.

Extents are written as GeoDCAT-AP 3 asks: https://semiceu.github.io/GeoDCAT-AP/releases/3.0.0/. Agents, places, periods
and checksums have no names of their own, so that each document says all of what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfm_assets.catalogs.extent import Extent, hull, of_item, with_rows
from kfm_assets.catalogs.inputs import build_refs, raw_refs
from kfm_assets.catalogs.run import Run
from kfm_assets.catalogs.stac import evidence
from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json, hexadecimal
from kfm_assets.domain.catalog import (
    COLLECTION,
    CONTEXT,
    ITEM,
    PROV,
    PUBLISHER,
    asset,
    credit,
    licence,
    media_type,
    provenance,
    short,
    titled,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import BuildRef, DatasetRef, ReleaseRef
from kfm_assets.domain.period import instant
from kfm_assets.domain.release import Release

Document = dict[str, Json]


def partition(
    spec: Dataset, build: Build, item: Mapping[str, Json], raw_places: Mapping[Digest, tuple[str, str]]
) -> Document:
    """Return the DCAT document of a partition; `item` is its STAC item. Raises KeyError as `raw_refs` does."""
    ref = BuildRef(build.id)
    dataset: Document = {
        "@id": str(ref),
        "@type": "dcat:Dataset",
        **_described(spec, build.origin, f"{spec.title}, {build.partition}"),
        **_covered(of_item(item)),
        "dcterms:identifier": str(ref),
        "dcat:version": short(ref.digest),
        "dcat:inSeries": {"@id": str(DatasetRef(spec.key))},
        "dcterms:source": _all(raw_refs(spec, build, raw_places)),
        "prov:wasDerivedFrom": _all(build_refs(spec, build)),
        "prov:wasGeneratedBy": {"@id": f"{ref}#making"},
        "dcterms:isReferencedBy": _all([ITEM, PROV]),
        "dcat:distribution": [_distribution(spec, ref, one) for one in build.artifacts],
    }
    return {"@context": dict(CONTEXT), "@graph": [dataset]}


def release(spec: Dataset, release: Release, items: Mapping[str, Mapping[str, Json]], run: Run) -> Document:
    """Return the DCAT document of a release: a catalog with one series, whose members are the release's builds."""
    ref, series = ReleaseRef(release.id), str(DatasetRef(spec.key))
    described = _described(spec, release.origin, spec.title)
    members = [evidence(items[name]) for name in sorted(items)]
    contact: Json = {"@type": "vcard:Group", "vcard:fn": ", ".join(spec.owners) or PUBLISHER}
    catalog: Document = {
        "@id": str(ref),
        "@type": "dcat:Catalog",
        **described,
        "dcterms:identifier": str(ref),
        "dcterms:issued": {"@type": "xsd:dateTime", "@value": instant(run.created)},
        "dcat:version": short(release.id),
        "dcat:landingPage": {"@id": spec.upstream.homepage},
        "dcat:contactPoint": contact,
        "dcat:dataset": _all([series, *members]),
        "prov:wasGeneratedBy": {"@id": run.ref},
        "dcterms:isReferencedBy": _all([COLLECTION, PROV]),
    }
    of_series: Document = {
        "@id": series,
        "@type": "dcat:DatasetSeries",
        **described,
        **_covered(hull(with_rows(items))),
        "dcterms:identifier": series,
        "dcat:landingPage": {"@id": spec.upstream.homepage},
        "dcat:contactPoint": contact,
        "dcat:first": {"@id": members[0]},
        "dcat:last": {"@id": members[-1]},
        "dcat:seriesMember": _all(members),
    }
    return {"@context": dict(CONTEXT), "@graph": [catalog, of_series]}


def _described(spec: Dataset, origin: Origin, title: str) -> Document:
    """Return who made it and who publishes it, on which terms, whom to credit, and whether it is real."""
    maker = PUBLISHER if origin is Origin.SYNTHETIC else spec.upstream.publisher
    return {
        "dcterms:title": titled(title, origin),
        "dcterms:description": titled(spec.description, origin),
        "dcterms:license": {"@id": licence(spec)},
        "dcterms:rights": {"@type": "dcterms:RightsStatement", "rdfs:label": credit(spec, origin)},
        "dcterms:bibliographicCitation": credit(spec, origin),
        "dcterms:creator": {"@type": "foaf:Agent", "foaf:name": maker},
        "dcterms:publisher": {"@type": "foaf:Agent", "foaf:name": PUBLISHER},
        "dcterms:provenance": {"@type": "dcterms:ProvenanceStatement", "rdfs:label": provenance(origin)},
        "dcat:keyword": list(spec.tags),
    }


def _covered(extent: Extent) -> Document:
    return {
        "dcterms:temporal": {
            "@type": "dcterms:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:dateTime", "@value": extent.start},
            "dcat:endDate": {"@type": "xsd:dateTime", "@value": extent.end},
        },
        "dcterms:spatial": {
            "@type": "dcterms:Location",
            "dcat:bbox": {"@type": "geosparql:wktLiteral", "@value": extent.wkt()},
        },
    }


def _distribution(spec: Dataset, ref: BuildRef, artifact: Artifact) -> Json:
    file = str(BuildRef(ref.digest, artifact.path))
    return {
        "@id": f"{file}#distribution",
        "@type": "dcat:Distribution",
        "dcterms:title": asset(artifact)[0],
        "dcterms:license": {"@id": licence(spec)},
        "dcat:accessURL": {"@id": str(ref)},
        "dcat:downloadURL": {"@id": file},
        "dcat:mediaType": {"@id": media_type(artifact.media_type)},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(artifact.size)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": hexadecimal(artifact.digest)},
        },
    }


def _all(names: Iterable[str]) -> list[Json]:
    return [{"@id": name} for name in names]
