"""What the PROV of a release must say of it: of the run that put it together, its agents, and where the lake has it.

How it is compared with what is said is in `prov`; the columns' sources are there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.catalog import COLLECTION, DCAT, release_path, titled
from kfm_assets.domain.evidence_ref import DocumentRef, ReleaseRef, RunRef
from kfm_assets.gates.catalogs import graphs
from kfm_assets.gates.catalogs.evidence import CatalogEvidence, Observed
from kfm_assets.gates.catalogs.graphs import Edge


def edges(evidence: CatalogEvidence, run: Observed, policy: Digest) -> Iterator[Edge]:
    """Yield every statement between named things, types included."""
    ref, activity = str(ReleaseRef(evidence.subject)), str(RunRef(run.name))
    plan, configured = _plan(evidence), str(DocumentRef(policy))
    builds = [evidence.ref(name) for name in run.commits]
    yield from ((ref, graphs.TYPE, _prov(kind)) for kind in ("Entity", "Collection"))
    yield ref, _prov("wasGeneratedBy"), activity
    yield from ((ref, _prov("hadMember"), evidence.ref(name)) for name in evidence.mapped)
    beside = graphs.full("dcterms:isReferencedBy")
    yield from ((ref, beside, f"{graphs.BASE}{release_path(name)}") for name in (COLLECTION, DCAT))
    if evidence.base:
        yield ref, _prov("wasRevisionOf"), str(ReleaseRef(evidence.base))
        yield str(ReleaseRef(evidence.base)), graphs.TYPE, _prov("Entity")
    yield activity, graphs.TYPE, _prov("Activity")
    yield activity, _prov("generated"), ref
    yield from ((activity, _prov("used"), one) for one in (plan, configured, *builds))
    yield from ((activity, _prov("wasInformedBy"), f"{one}#making") for one in builds)
    yield from ((activity, _prov("wasAssociatedWith"), agent) for agent, _ in agents(evidence, run))
    yield from ((one, graphs.TYPE, _prov("Entity")) for one in (plan, configured, *builds))
    yield plan, graphs.TYPE, _prov("Plan")
    yield f"{activity}#principal", graphs.TYPE, _prov("Agent")
    yield from ((agent, graphs.TYPE, _prov("SoftwareAgent")) for agent, _ in _software(run))
    yield from _of_lake(evidence, run)


def agents(evidence: CatalogEvidence, run: Observed) -> Iterator[tuple[str, str]]:
    """Yield everybody and all software that took part, each with the plan that was followed."""
    plan = _plan(evidence)
    yield f"{RunRef(run.name)}#principal", plan
    yield from ((agent, plan) for agent, _ in _software(run))


def facts(evidence: CatalogEvidence, run: Observed, policy: Digest) -> Iterator[Edge]:
    """Yield every text that is said of a named thing: labels, versions, identifiers."""
    spec, label = evidence.specification, graphs.full("rdfs:label")
    activity = str(RunRef(run.name))
    yield str(ReleaseRef(evidence.subject)), label, titled(spec.title, evidence.release.origin)
    yield activity, label, f"Run {run.name}"
    yield f"{activity}#principal", label, run.principal
    for agent, name in _software(run):
        yield agent, label, name
        yield agent, graphs.full("schema:softwareVersion"), run.environment[name]
    yield _plan(evidence), label, f"Specification of {spec.key}"
    yield str(DocumentRef(policy)), label, "Policy"
    for commit in set(run.commits.values()):
        yield _commit(run, commit), label, f"Commit {commit}"
        yield _commit(run, commit), graphs.full("dcterms:identifier"), commit
    if run.own:
        yield _branch(run), label, f"Branch {run.branch}"
    yield _tag(run), label, f"Tag {run.tag}"


def _of_lake(evidence: CatalogEvidence, run: Observed) -> Iterator[Edge]:
    """Yield what is said of commits, of the branch of those that the run made, and of the release's tag."""
    activity = str(RunRef(run.name))
    for partition, commit in run.commits.items():
        yield _commit(run, commit), graphs.TYPE, _prov("Entity")
        yield _commit(run, commit), _prov("hadMember"), evidence.ref(partition)
    for commit in run.own:
        yield _commit(run, commit), graphs.TYPE, _prov("Collection")
        yield _commit(run, commit), graphs.full("dcterms:isPartOf"), _branch(run)
        yield _commit(run, commit), _prov("wasGeneratedBy"), activity
    if run.own:
        yield _branch(run), graphs.TYPE, _prov("Entity")
        yield _branch(run), _prov("wasGeneratedBy"), activity
    yield _tag(run), graphs.TYPE, _prov("Entity")
    yield _tag(run), _prov("specializationOf"), str(ReleaseRef(evidence.subject))


def _software(run: Observed) -> list[tuple[str, str]]:
    """Return the software whose version is known, by its name in PROV and by its own."""
    return [
        (f"{RunRef(run.name)}#software-{quote(name)}", name) for name, version in run.environment.items() if version
    ]


def _plan(evidence: CatalogEvidence) -> str:
    return str(DocumentRef(evidence.specification.spec_hash))


def _commit(run: Observed, commit: str) -> str:
    return f"{RunRef(run.name)}#commit-{quote(commit, safe='')}"


def _branch(run: Observed) -> str:
    return f"{RunRef(run.name)}#branch-{quote(run.branch)}"


def _tag(run: Observed) -> str:
    return f"{RunRef(run.name)}#tag-{quote(run.tag)}"


def _prov(name: str) -> str:
    return graphs.full(f"prov:{name}")
