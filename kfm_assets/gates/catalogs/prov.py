"""PROV documents against their shapes, and edge by edge against builds, release and the columns' sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

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
    titled,
    upstream_builds,
)
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import SCHEME, BuildRef, DocumentRef, RawRef, ReleaseRef, RunRef, parse
from kfm_assets.domain.period import instant
from kfm_assets.domain.verdict import Finding
from kfm_assets.errors import UsageError
from kfm_assets.gates.catalogs import graphs, linked, released
from kfm_assets.gates.catalogs.evidence import CatalogEvidence, Observed
from kfm_assets.gates.catalogs.graphs import Edge, Statements
from kfm_assets.gates.catalogs.problems import sets_differ, settled
from kfm_assets.gates.catalogs.reading import Held

_TIMES = {graphs.full("prov:startedAtTime"), graphs.full("prov:endedAtTime")}


def judge(evidence: CatalogEvidence, held: Held, policy: Digest) -> Iterator[Finding]:
    """Hold the PROV documents of the changed partitions, and the release's, to the shapes and to what they speak of."""

    def partition(name: str, graph: Statements) -> Iterator[str]:
        return _partition(evidence, evidence.builds[name], graph)

    def release(graph: Statements) -> Iterator[Finding]:
        yield settled(
            "prov.release", _release(evidence, held, policy, graph), "run, members and base are the release's"
        )
        columns = _columns(evidence.specification, graph) if evidence.is_worded else ()
        yield settled("prov.columns", columns, "as the specification says")

    yield from linked.judge(evidence, held, PROV, partition, release)


def _partition(evidence: CatalogEvidence, build: Build, graph: Statements) -> Iterator[str]:
    """Compare all that is said of named things, types included, with what the build makes of it."""
    path, making = partition_path(build.partition, PROV), f"{evidence.ref(build.partition)}#making"
    due = set(_due(evidence, build, _raw_refs(graph.edges)))
    yield from sets_differ(path, "edges", _lines(due - graph.edges), _lines(graph.edges - due))
    yield from _associations(path, making, {(str(DocumentRef(build.code)), str(DocumentRef(build.spec_hash)))}, graph)
    if build.partition in evidence.worded:
        labels = set(_labels(evidence, build))
        yield from sets_differ(path, "labels", _lines(labels - graph.facts), _lines(graph.facts - labels))


def _labels(evidence: CatalogEvidence, build: Build) -> Iterator[Edge]:
    spec, ref, label = evidence.specification, evidence.ref(build.partition), graphs.full("rdfs:label")
    yield ref, label, titled(f"{spec.title}, {build.partition}", build.origin)
    yield f"{ref}#making", label, f"Making {spec.key} {build.partition}"
    yield str(DocumentRef(build.code)), label, f"Code of {spec.key}"
    yield str(DocumentRef(build.spec_hash)), label, f"Specification of {spec.key}"


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


def _release(evidence: CatalogEvidence, held: Held, policy: Digest, graph: Statements) -> Iterator[str]:
    """Compare all that is said of the release, its run and the lake with what was seen of them."""
    path, ref = release_path(PROV), str(ReleaseRef(evidence.subject))
    runs = graph.values(ref, "prov:wasGeneratedBy")
    if len(runs) != 1 or not all(isinstance(_parsed(run), RunRef) for run in runs):
        yield f"{path}: prov:wasGeneratedBy of {ref} is {sorted(runs)}, not one run"
        return
    if evidence.run is None:
        yield from _then(evidence, runs.pop(), graph)
        return
    told = evidence.run
    edges = {edge for edge in graph.edges if not _of_column(edge)}
    yield from _differ(path, set(released.edges(evidence, told, policy)), edges)
    facts = {fact for fact in graph.facts if fact[1] not in _TIMES and not _of_column(fact)}
    yield from _differ(path, set(released.facts(evidence, told, policy)), facts)
    run = str(RunRef(told.name))
    yield from _associations(path, run, set(released.agents(evidence, told)), graph)
    yield from _times(path, told, held, graph)


def _then(evidence: CatalogEvidence, run: str, graph: Statements) -> Iterator[str]:
    """See that a release which was judged before names its members, the documents beside it, and a run with times."""
    path, ref = release_path(PROV), str(ReleaseRef(evidence.subject))
    members = {evidence.ref(name) for name in evidence.mapped}
    beside = {f"{graphs.BASE}{release_path(name)}" for name in (COLLECTION, DCAT)}
    yield from sets_differ(path, "prov:hadMember", members, graph.values(ref, "prov:hadMember"))
    yield from sets_differ(path, "dcterms:isReferencedBy", beside, graph.values(ref, "dcterms:isReferencedBy"))
    yield from sets_differ(path, f"prov:generated of {run}", {ref}, graph.values(run, "prov:generated"))
    for name in ("startedAtTime", "endedAtTime"):
        if not graph.values(run, f"prov:{name}"):
            yield f"{path}: prov:{name} of {run} is absent"
    if f"{run}#principal" not in graph.values(run, "prov:wasAssociatedWith"):
        yield f"{path}: prov:wasAssociatedWith of {run} lacks its principal"


def _times(path: str, told: Observed, held: Held, graph: Statements) -> Iterator[str]:
    """See that the run began when its name says, and ended when the collection was created, which is not to come."""
    run, began = RunRef(told.name), RunRef(told.name).began
    started, ended = (_one_time(graph, str(run), name) for name in ("prov:startedAtTime", "prov:endedAtTime"))
    if started is None or (began is not None and started != min(began, told.at)):
        yield f"{path}: prov:startedAtTime of {run} is {started or 'absent'}, not {began} as its name says"
    if ended is None or ended > told.at or (started is not None and ended < started):
        yield f"{path}: prov:endedAtTime of {run} is {ended or 'absent'}, not between its start and {told.at}"
    collection = held.of_release(COLLECTION)
    created = collection.get("created") if collection is not None else None
    if ended is not None and collection is not None and created != instant(ended):
        yield f"{path}: prov:endedAtTime of {run} is {ended}, and the collection was created {created}"


def _one_time(graph: Statements, subject: str, name: str) -> datetime | None:
    found = graph.values(subject, name)
    return datetime.fromisoformat(found.pop()) if len(found) == 1 else None


def _associations(path: str, activity: str, due: set[tuple[str, str]], graph: Statements) -> Iterator[str]:
    """Compare who took part in an activity after which plan, as it is said in full, with who did."""
    found = {
        (agent, plan)
        for one in graph.values(activity, "prov:qualifiedAssociation")
        for agent in graph.values(one, "prov:agent") or {"nobody"}
        for plan in graph.values(one, "prov:hadPlan") or {"no plan"}
    }
    words = [{f"prov:agent {agent} prov:hadPlan {plan}" for agent, plan in pairs} for pairs in (due, found)]
    yield from sets_differ(path, f"prov:qualifiedAssociation of {activity}", *words)


def _columns(spec: Dataset, graph: Statements) -> Iterator[str]:
    made = {column(spec, table.name, one.name): one for table in spec.tables for one in table.columns if one.sources}
    origins = {column_source(spec, source): source for one in made.values() for source in one.sources}
    derived = _prov("wasDerivedFrom")
    due = {(name, derived, column_source(spec, source)) for name, one in made.items() for source in one.sources}
    due |= set(_typed({*made, *origins}, "Entity"))
    labels = {**origins, **{name: one.name for name, one in made.items()}}
    due |= {(name, graphs.full("rdfs:label"), label) for name, label in labels.items()}
    found = {one for one in graph.edges | graph.facts if _of_column(one)}
    yield from _differ(release_path(PROV), due, found)


def _of_column(edge: Edge) -> bool:
    """Say whether an edge starts at a column or at what one is made from: a part of a dataset."""
    return edge[0].startswith(f"{SCHEME}dataset/")


def _differ(path: str, due: set[Edge], found: set[Edge]) -> Iterator[str]:
    """Say which edges a document lacks, and which it has that it should not."""
    yield from (f"{path}: lacks {line}" for line in sorted(_lines(due - found)))
    yield from (f"{path}: has {line}, which it should not" for line in sorted(_lines(found - due)))


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
