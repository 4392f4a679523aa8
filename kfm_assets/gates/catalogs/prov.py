"""PROV documents against their shapes, and edge by edge against builds, release and the columns' sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.catalog import (
    COLLECTION,
    CONTEXT,
    DCAT,
    ITEM,
    PROV,
    column,
    column_source,
    partition_path,
    raw_inputs,
    release_path,
    upstream_builds,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import SCHEME, BuildRef, DocumentRef, RawRef, ReleaseRef, RunRef, parse
from kfm_assets.domain.verdict import Finding
from kfm_assets.errors import UsageError
from kfm_assets.gates.catalogs import graphs, linked
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.graphs import Edge, Statements
from kfm_assets.gates.catalogs.problems import sets_differ, settled
from kfm_assets.gates.catalogs.reading import Held


def judge(evidence: CatalogEvidence, held: Held, policy: Digest) -> Iterator[Finding]:
    """Hold the PROV documents of the changed partitions, and the release's, to the shapes and to what they speak of."""

    def partition(name: str, graph: Statements) -> Iterator[str]:
        return _partition(evidence, evidence.builds[name], graph)

    def release(graph: Statements) -> Iterator[Finding]:
        yield settled("prov.release", _release(evidence, policy, graph), "run, members and base are the release's")
        columns = _columns(evidence.specification, graph) if evidence.is_worded else ()
        yield settled("prov.columns", columns, "as the specification says")

    yield from linked.judge(evidence, held, PROV, partition, release)


def _partition(evidence: CatalogEvidence, build: Build, graph: Statements) -> Iterator[str]:
    """Compare all edges between named things, types included, with those that the build makes."""
    path, making = partition_path(build.partition, PROV), f"{evidence.ref(build.partition)}#making"
    due = set(_due(evidence, build, _raw_refs(graph.edges)))
    yield from sets_differ(path, "edges", _lines(due - graph.edges), _lines(graph.edges - due))
    for field, digest in (("prov:agent", build.code), ("prov:hadPlan", build.spec_hash)):
        there = graph.values(making, "prov:qualifiedAssociation", field)
        yield from sets_differ(path, f"prov:qualifiedAssociation {field}", {str(DocumentRef(digest))}, there)


def _due(evidence: CatalogEvidence, build: Build, places: dict[Digest, str]) -> Iterator[Edge]:
    spec, ref = evidence.specification, evidence.ref(build.partition)
    making = f"{ref}#making"
    files = [evidence.ref(build.partition, one.path) for one in build.artifacts]
    raw = [places.get(one.digest, str(RawRef(spec.key, one.digest, one.name))) for one in raw_inputs(spec, build)]
    others = [str(BuildRef(one.digest)) for one in upstream_builds(spec, build)]
    others.append(str(RawRef(spec.key, build.terms)))
    code, plan = str(DocumentRef(build.code)), str(DocumentRef(build.spec_hash))
    folder = f"{graphs.BASE}{partition_path(build.partition, '')}"
    yield from _typed([ref, *files, *raw, *others, plan], "Entity")
    yield from _typed([ref], "Collection")
    yield from _typed([making], "Activity")
    yield from _typed([code], "SoftwareAgent")
    yield from _typed([plan], "Plan")
    yield from ((one, _prov("wasGeneratedBy"), making) for one in (ref, *files))
    yield from ((ref, _prov("hadMember"), file) for file in files)
    yield from ((ref, _prov("hadPrimarySource"), one) for one in raw)
    yield from ((ref, _prov("wasDerivedFrom"), one) for one in others)
    yield from ((making, _prov("used"), one) for one in (*raw, *others))
    yield making, _prov("generated"), ref
    yield making, _prov("wasAssociatedWith"), code
    yield from ((ref, graphs.full("dcterms:isReferencedBy"), f"{folder}{name}") for name in (ITEM, DCAT))


def _release(evidence: CatalogEvidence, policy: Digest, graph: Statements) -> Iterator[str]:
    path, ref, spec = release_path(PROV), str(ReleaseRef(evidence.subject)), evidence.specification
    members = {evidence.ref(name) for name in evidence.mapped}
    beside = {f"{graphs.BASE}{release_path(name)}" for name in (COLLECTION, DCAT)}
    yield from sets_differ(path, "prov:hadMember", members, graph.values(ref, "prov:hadMember"))
    yield from sets_differ(path, "dcterms:isReferencedBy", beside, graph.values(ref, "dcterms:isReferencedBy"))
    runs = graph.values(ref, "prov:wasGeneratedBy")
    if len(runs) != 1 or not all(isinstance(_parsed(run), RunRef) for run in runs):
        yield f"{path}: prov:wasGeneratedBy of {ref} is {sorted(runs)}, not one run"
        return
    (run,) = runs
    yield from sets_differ(path, f"prov:generated of {run}", {ref}, graph.values(run, "prov:generated"))
    for name in ("startedAtTime", "endedAtTime"):
        if not graph.values(run, f"prov:{name}"):
            yield f"{path}: prov:{name} of {run} is absent"
    if f"{run}#principal" not in graph.values(run, "prov:wasAssociatedWith"):
        yield f"{path}: prov:wasAssociatedWith of {run} lacks its principal"
    if evidence.fresh:
        base = {str(ReleaseRef(evidence.base))} if evidence.base else set()
        configuration = {str(DocumentRef(spec.spec_hash)), str(DocumentRef(policy))}
        yield from sets_differ(path, "prov:wasRevisionOf", base, graph.values(ref, "prov:wasRevisionOf"))
        yield from sets_differ(path, f"prov:used of {run}", configuration, graph.values(run, "prov:used"))
        builds = {evidence.ref(name) for name in evidence.builds}
        yield from _commits(path, builds, run, graph)


def _commits(path: str, builds: set[str], run: str, graph: Statements) -> Iterator[str]:
    """See that each changed build lies at a commit of the run's branch."""
    part_of = graphs.full("dcterms:isPartOf")
    commits = {one for one, name, _ in graph.edges if name == part_of and one.startswith(f"{run}#")}
    held = {to for one, name, to in graph.edges if one in commits and name == _prov("hadMember")}
    yield from sets_differ(path, "prov:hadMember of its commits", builds, held)


def _columns(spec: Dataset, graph: Statements) -> Iterator[str]:
    due = {
        (column(spec, table.name, one.name), _prov("wasDerivedFrom"), column_source(spec, source))
        for table in spec.tables
        for one in table.columns
        for source in one.sources
    }
    found = {edge for edge in graph.edges if edge[1] == _prov("wasDerivedFrom")}
    yield from sets_differ(release_path(PROV), "edges of columns", _lines(due - found), _lines(found - due))


def _typed(subjects: Iterable[str], kind: str) -> Iterator[Edge]:
    return ((one, graphs.TYPE, _prov(kind)) for one in subjects)


def _prov(name: str) -> str:
    return graphs.full(f"prov:{name}")


def _lines(edges: Iterable[Edge]) -> set[str]:
    """Write edges as a person reads them: prefixes for vocabularies, paths for documents of the tree."""
    return {f"{one} {_shortened(name)} {_shortened(to)}" for one, name, to in edges}


def _shortened(name: str) -> str:
    for prefix, full in CONTEXT.items():
        if name.startswith(full):
            return f"{prefix}:{name.removeprefix(full)}"
    return "a" if name == graphs.TYPE else name.removeprefix(graphs.BASE)


def _raw_refs(edges: Iterable[Edge]) -> dict[Digest, str]:
    """Return the references to acquired files, by digest: in whose raw zone they lie is not for the build to say."""
    found = {to: _parsed(to) for _, name, to in edges if name == _prov("hadPrimarySource")}
    return {ref.digest: text for text, ref in found.items() if isinstance(ref, RawRef)}


def _parsed(text: str) -> object:
    try:
        return parse(text) if text.startswith(SCHEME) else None
    except UsageError:
        return None
