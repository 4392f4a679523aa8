"""DCAT documents against their shapes, and against specification, builds, items and release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from kfm_assets.domain.artifact import Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.domain.catalog import (
    COLLECTION,
    DCAT,
    ITEM,
    PROV,
    PUBLISHER,
    asset,
    credit,
    licence,
    media_type,
    partition_path,
    provenance,
    raw_inputs,
    release_path,
    short,
    titled,
    upstream_builds,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import SCHEME, BuildRef, DatasetRef, RawRef, ReleaseRef, RunRef, parse
from kfm_assets.domain.period import instant
from kfm_assets.domain.verdict import Finding
from kfm_assets.errors import UsageError
from kfm_assets.gates.catalogs import graphs, linked
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.extents import Box, Span, around, said, with_rows
from kfm_assets.gates.catalogs.graphs import Statements
from kfm_assets.gates.catalogs.problems import sets_differ, settled
from kfm_assets.gates.catalogs.reading import Held

_NUMBER = re.compile(r"-?[0-9.]+")
Fields = Mapping[tuple[str, ...], set[str]]
"""What is due at the end of each path of prefixed properties from a subject."""

_JUDGED_ELSEWHERE = {
    graphs.TYPE,
    *map(graphs.full, ("dcterms:temporal", "dcterms:spatial", "dcterms:source", "dcterms:issued")),
    graphs.full("prov:wasGeneratedBy"),
}
_ALGORITHM = graphs.full("spdx:checksumAlgorithm_sha256")


def judge(evidence: CatalogEvidence, held: Held) -> Iterator[Finding]:
    """Hold the DCAT documents of the changed partitions, and the release's, to the shapes and to what they speak of."""

    def release(graph: Statements) -> Iterator[Finding]:
        yield settled("dcat.release", _release(evidence, held, graph), "the series has each build, and no other")

    yield from linked.judge(evidence, held, DCAT, partial(_partition, evidence, held), release)


def _partition(evidence: CatalogEvidence, held: Held, name: str, graph: Statements) -> Iterator[str]:
    path, ref, build = partition_path(name, DCAT), evidence.ref(name), evidence.builds[name]
    yield from sets_differ(path, f"type of {ref}", {graphs.full("dcat:Dataset")}, graph.types(ref))
    yield from _all(path, graph, ref, _dataset(evidence, build))
    sources = {_raw(source) for source in graph.values(ref, "dcterms:source")}
    yield from sets_differ(
        path, "dcterms:source", {one.digest for one in raw_inputs(evidence.specification, build)}, sources
    )
    due = {ref: _dataset(evidence, build)}
    for artifact in build.artifacts:
        file = evidence.ref(name, artifact.path)
        due[f"{file}#distribution"] = _distribution(evidence, build, artifact)
        yield from _all(path, graph, f"{file}#distribution", due[f"{file}#distribution"])
    if name in evidence.worded:
        yield from _closed(path, graph, due)
    item = held.of_partition(name, ITEM)
    if item is not None:
        yield from _extent(path, graph, ref, [said(item)])


def _dataset(evidence: CatalogEvidence, build: Build) -> Fields:
    spec, name, ref = evidence.specification, build.partition, evidence.ref(build.partition)
    words = _described(spec, build.origin, f"{spec.title}, {name}") if name in evidence.worded else {}
    return {
        **words,
        ("dcterms:identifier",): {ref},
        ("dcterms:provenance", "rdfs:label"): {provenance(build.origin)},
        ("dcat:version",): {short(evidence.mapped[name])},
        ("dcat:inSeries",): {str(DatasetRef(spec.key))},
        ("prov:wasDerivedFrom",): {str(BuildRef(one.digest)) for one in upstream_builds(spec, build)},
        ("prov:wasGeneratedBy",): {f"{ref}#making"},
        ("dcterms:isReferencedBy",): _beside(partition_path(name, DCAT), ITEM, PROV),
        ("dcat:distribution",): {f"{evidence.ref(name, one.path)}#distribution" for one in build.artifacts},
    }


def _distribution(evidence: CatalogEvidence, build: Build, artifact: Artifact) -> Fields:
    name = build.partition
    words: Fields = {("dcterms:license",): {licence(evidence.specification)}} if name in evidence.worded else {}
    words = {**words, ("dcterms:title",): {asset(artifact)[0]}}
    return {
        **words,
        ("dcat:accessURL",): {evidence.ref(name)},
        ("dcat:downloadURL",): {evidence.ref(name, artifact.path)},
        ("dcat:mediaType",): {media_type(artifact.media_type)},
        ("dcat:byteSize",): {str(artifact.size)},
        ("spdx:checksum", "spdx:algorithm"): {_ALGORITHM},
        ("spdx:checksum", "spdx:checksumValue"): {hexadecimal(artifact.digest)},
    }


def _release(evidence: CatalogEvidence, held: Held, graph: Statements) -> Iterator[str]:
    spec, path = evidence.specification, release_path(DCAT)
    ref, series = str(ReleaseRef(evidence.subject)), str(DatasetRef(spec.key))
    members = {name: evidence.ref(name) for name in evidence.mapped}
    words: Fields = {
        **_described(spec, evidence.release.origin, spec.title),
        ("dcterms:provenance", "rdfs:label"): {provenance(evidence.release.origin)},
        ("dcat:landingPage",): {spec.upstream.homepage},
        ("dcat:contactPoint", "vcard:fn"): {", ".join(spec.owners) or PUBLISHER},
    }
    words = words if evidence.is_worded else {}
    catalog: Fields = {
        ("dcterms:identifier",): {ref},
        ("dcat:version",): {short(evidence.subject)},
        ("dcat:dataset",): {series, *members.values()},
        ("dcterms:isReferencedBy",): _beside(path, COLLECTION, PROV),
    }
    of_series: Fields = {
        ("dcterms:identifier",): {series},
        ("dcat:first",): {members[min(members)]},
        ("dcat:last",): {members[max(members)]},
        ("dcat:seriesMember",): set(members.values()),
    }
    yield from sets_differ(path, f"type of {ref}", {graphs.full("dcat:Catalog")}, graph.types(ref))
    yield from sets_differ(path, f"type of {series}", {graphs.full("dcat:DatasetSeries")}, graph.types(series))
    if evidence.run:
        yield from _closed(path, graph, {ref: {**words, **catalog}, series: {**words, **of_series}})
        catalog = {**catalog, ("prov:wasGeneratedBy",): {str(RunRef(evidence.run.name))}}
        issued = {instant(datetime.fromisoformat(text)) for text in graph.values(ref, "dcterms:issued")}
        if (collection := held.of_release(COLLECTION)) is not None:
            created = str(collection.get("created", "absent"))
            yield from sets_differ(path, f"dcterms:issued of {ref}", {created}, issued)
    yield from _all(path, graph, ref, {**words, **catalog})
    yield from _all(path, graph, series, {**words, **of_series})
    items = [item for name in members if (item := held.of_partition(name, ITEM)) is not None]
    if len(items) == len(members):
        yield from _extent(path, graph, series, with_rows(items))


def _described(spec: Dataset, origin: Origin, title: str) -> Fields:
    maker = PUBLISHER if origin is Origin.SYNTHETIC else spec.upstream.publisher
    return {
        ("dcterms:title",): {titled(title, origin)},
        ("dcterms:license",): {licence(spec)},
        ("dcterms:rights", "rdfs:label"): {credit(spec, origin)},
        ("dcterms:bibliographicCitation",): {credit(spec, origin)},
        ("dcterms:description",): {titled(spec.description, origin)},
        ("dcat:keyword",): set(spec.tags),
        ("dcterms:creator", "foaf:name"): {maker},
        ("dcterms:publisher", "foaf:name"): {PUBLISHER},
    }


def _all(path: str, graph: Statements, subject: str, due: Fields) -> Iterator[str]:
    for field, expected in due.items():
        name = f"{' '.join(field)} of {subject}"
        yield from sets_differ(path, name, expected, graph.values(subject, *field))


def _closed(path: str, graph: Statements, due: Mapping[str, Fields]) -> Iterator[str]:
    """See that of the named things nothing is said but what is due, and what is judged elsewhere."""
    known = {subject: {graphs.full(way[0]) for way in fields} for subject, fields in due.items()}
    for subject, name in graph.objects:
        if subject in known and name not in known[subject] and name not in _JUDGED_ELSEWHERE:
            yield f"{path}: {name} is said of {subject}, which it should not be"


def _extent(path: str, graph: Statements, subject: str, extents: Sequence[tuple[Span, Box]]) -> Iterator[str]:
    """Compare the period and the box of a dataset or a series with what its items say."""
    spans = [one for one, _ in extents]
    times = {"startDate": min(start for start, _ in spans), "endDate": max(end for _, end in spans)}
    for name, at in times.items():
        found = graph.values(subject, "dcterms:temporal", f"dcat:{name}")
        instants = {datetime.fromisoformat(text).isoformat() for text in found}
        yield from sets_differ(path, f"dcat:{name} of {subject}", {at.isoformat()}, instants)
    west, south, east, north = around([box for _, box in extents])
    for text in graph.values(subject, "dcterms:spatial", "dcat:bbox"):
        numbers = [float(number) for number in _NUMBER.findall(text)]
        corners = {(x, y) for x in (west, east) for y in (south, north)}
        if set(zip(numbers[::2], numbers[1::2], strict=True)) != corners:
            yield f"{path}: dcat:bbox of {subject} is {text}, not the box {west} {south} {east} {north} of the items"


def _beside(path: str, *names: str) -> set[str]:
    folder = path.rpartition("/")[0]
    return {f"{graphs.BASE}{folder}/{name}" for name in names}


def _raw(text: str) -> Digest:
    """Return the digest that a reference to an acquired file names; the text itself where it is none."""
    try:
        ref = parse(text) if text.startswith(SCHEME) else None
    except UsageError:
        ref = None
    return ref.digest if isinstance(ref, RawRef) else Digest(text)
