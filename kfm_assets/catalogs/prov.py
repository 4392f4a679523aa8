"""PROV-O in JSON-LD: https://www.w3.org/TR/prov-o/. Of a build, how it was made; of a release, the run and the columns.

The parts of a build, a run or a dataset that are no evidence by themselves go by its reference and a fragment:
`<build>#making`, `<run>#principal`, `<run>#software-NAME`, `<run>#commit-ID`, `<run>#branch-NAME`, `<run>#tag-NAME`,
`<dataset>#COLUMN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from kfm_assets.catalogs.inputs import build_refs, raw_refs, terms_ref
from kfm_assets.catalogs.run import Run
from kfm_assets.catalogs.stac import evidence
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.catalog import COLLECTION, CONTEXT, DCAT, ITEM, column, column_source, titled
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.evidence_ref import BuildRef, DocumentRef, ReleaseRef
from kfm_assets.domain.period import instant
from kfm_assets.domain.release import Release

Document = dict[str, Json]


def partition(spec: Dataset, build: Build, raw_places: Mapping[Digest, tuple[str, str]]) -> Document:
    """Return the PROV document of a build: its files, what it was made from, by which code, after which plan."""
    ref = BuildRef(build.id)
    making, code, plan = f"{ref}#making", str(DocumentRef(build.code)), str(DocumentRef(build.spec_hash))
    raw, upstream, terms = raw_refs(spec, build, raw_places), build_refs(spec, build), terms_ref(spec, build)
    files = [str(BuildRef(ref.digest, one.path)) for one in build.artifacts]
    made: Document = {
        "@id": str(ref),
        "@type": ["prov:Entity", "prov:Collection"],
        "rdfs:label": titled(f"{spec.title}, {build.partition}", build.origin),
        "prov:wasGeneratedBy": {"@id": making},
        "prov:hadPrimarySource": _all(raw),
        "prov:wasDerivedFrom": _all([*upstream, terms]),
        "prov:hadMember": _all(files),
        "dcterms:isReferencedBy": _all([ITEM, DCAT]),
    }
    activity: Document = {
        "@id": making,
        "@type": "prov:Activity",
        "rdfs:label": f"Making {spec.key} {build.partition}",
        "prov:used": _all([*raw, *upstream, terms]),
        "prov:generated": {"@id": str(ref)},
        **_associated([(code, plan)]),
    }
    return {
        "@context": dict(CONTEXT),
        "@graph": [
            made,
            *({"@id": file, "@type": "prov:Entity", "prov:wasGeneratedBy": {"@id": making}} for file in files),
            *({"@id": source, "@type": "prov:Entity"} for source in (*raw, *upstream, terms)),
            activity,
            {"@id": code, "@type": "prov:SoftwareAgent", "rdfs:label": f"Code of {spec.key}"},
            {"@id": plan, "@type": ["prov:Entity", "prov:Plan"], "rdfs:label": f"Specification of {spec.key}"},
        ],
    }


def release(
    spec: Dataset, release: Release, items: Mapping[str, Mapping[str, Json]], run: Run, changed: Sequence[str]
) -> Document:
    """Return the PROV document of a release: the run that put it together, and what each column is made from."""
    ref, builds = str(ReleaseRef(release.id)), {name: evidence(item) for name, item in items.items()}
    base: Document = {"prov:wasRevisionOf": {"@id": str(ReleaseRef(run.base))}} if run.base else {}
    made: Document = {
        "@id": ref,
        "@type": ["prov:Entity", "prov:Collection"],
        "rdfs:label": titled(spec.title, release.origin),
        "prov:wasGeneratedBy": {"@id": run.ref},
        "prov:hadMember": _all(builds[name] for name in sorted(builds)),
        "dcterms:isReferencedBy": _all([COLLECTION, DCAT]),
        **base,
    }
    brought = [builds[name] for name in changed if name in builds]
    entities: list[Json] = [{"@id": str(ReleaseRef(run.base)), "@type": "prov:Entity"}] if run.base else []
    return {
        "@context": dict(CONTEXT),
        "@graph": [
            made,
            *entities,
            *_run(spec, run, ref, brought),
            *_lake(run, ref, {name: builds[name] for name in changed if name in builds}),
            *_columns(spec),
        ],
    }


def _run(spec: Dataset, run: Run, made: str, builds: Sequence[str]) -> list[Json]:
    """Return the run as an activity, its agents, the configuration and the builds that it used.

    How a build was made, from which files, the PROV of its partition says: by `wasInformedBy` it is found from here.
    """
    plan, policy, principal = str(DocumentRef(spec.spec_hash)), str(DocumentRef(run.policy)), f"{run.ref}#principal"
    software = {f"{run.ref}#software-{quote(name)}": name for name in sorted(run.environment) if run.environment[name]}
    activity: Document = {
        "@id": run.ref,
        "@type": "prov:Activity",
        "rdfs:label": f"Run {run.name}",
        "prov:startedAtTime": {"@type": "xsd:dateTime", "@value": instant(run.started)},
        "prov:endedAtTime": {"@type": "xsd:dateTime", "@value": instant(run.created)},
        "prov:used": _all([plan, policy, *builds]),
        "prov:wasInformedBy": _all(f"{build}#making" for build in builds),
        "prov:generated": {"@id": made},
        **_associated([(principal, plan), *((agent, plan) for agent in software)]),
    }
    return [
        activity,
        {"@id": principal, "@type": "prov:Agent", "rdfs:label": run.principal},
        *(
            {
                "@id": agent,
                "@type": "prov:SoftwareAgent",
                "rdfs:label": name,
                "schema:softwareVersion": run.environment[name],
            }
            for agent, name in software.items()
        ),
        {"@id": plan, "@type": ["prov:Entity", "prov:Plan"], "rdfs:label": f"Specification of {spec.key}"},
        {"@id": policy, "@type": "prov:Entity", "rdfs:label": "Policy"},
        *({"@id": build, "@type": "prov:Entity"} for build in builds),
    ]


def _lake(run: Run, made: str, builds: Mapping[str, str]) -> list[Json]:
    """Return the commits that hold the changed builds, the branch of those that the run made, and the release's tag."""
    branch, tag = f"{run.ref}#branch-{quote(run.branch)}", f"{run.ref}#tag-{quote(run.tag)}"
    held: dict[str, list[str]] = {}
    for partition in sorted(builds):
        held.setdefault(run.commits[partition], []).append(builds[partition])
    of_run: Document = {
        "@type": ["prov:Entity", "prov:Collection"],
        "dcterms:isPartOf": {"@id": branch},
        "prov:wasGeneratedBy": {"@id": run.ref},
    }
    commits: list[Json] = [
        {
            "@id": f"{run.ref}#commit-{quote(commit, safe='')}",
            "@type": "prov:Entity",
            "rdfs:label": f"Commit {commit}",
            "dcterms:identifier": commit,
            "prov:hadMember": _all(members),
            **(of_run if commit in run.own else {}),
        }
        for commit, members in held.items()
    ]
    branches: list[Json] = [
        {
            "@id": branch,
            "@type": "prov:Entity",
            "rdfs:label": f"Branch {run.branch}",
            "prov:wasGeneratedBy": {"@id": run.ref},
        }
    ]
    return [
        *(branches if run.own else ()),
        *commits,
        {"@id": tag, "@type": "prov:Entity", "rdfs:label": f"Tag {run.tag}", "prov:specializationOf": {"@id": made}},
    ]


def _columns(spec: Dataset) -> list[Json]:
    """Return the tables' columns that say what they are made from, and what that is."""
    made = {column(spec, table.name, one.name): one for table in spec.tables for one in table.columns if one.sources}
    origins = {column_source(spec, source): source for one in made.values() for source in one.sources}
    return [
        *(
            {
                "@id": name,
                "@type": "prov:Entity",
                "rdfs:label": one.name,
                "prov:wasDerivedFrom": _all(column_source(spec, source) for source in one.sources),
            }
            for name, one in made.items()
        ),
        *(
            {"@id": name, "@type": "prov:Entity", "rdfs:label": origins[name]}
            for name in sorted(origins.keys() - made.keys())
        ),
    ]


def _associated(agents: Sequence[tuple[str, str]]) -> Document:
    """Return an activity's agents, each with the plan that it followed."""
    return {
        "prov:wasAssociatedWith": _all(agent for agent, _ in agents),
        "prov:qualifiedAssociation": [
            {"@type": "prov:Association", "prov:agent": {"@id": agent}, "prov:hadPlan": {"@id": plan}}
            for agent, plan in agents
        ],
    }


def _all(names: Iterable[str]) -> list[Json]:
    return [{"@id": name} for name in names]
