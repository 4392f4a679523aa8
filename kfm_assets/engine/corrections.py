"""Corrections: the PROV record of each rollback, and its incident. Both follow from the journal alone."""

from __future__ import annotations

from collections.abc import Mapping

from kfm_assets.domain.canonical import Digest, Json, canonical_json, hexadecimal
from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Action, Entry, Mark
from kfm_assets.engine import incidents
from kfm_assets.engine.record import tag
from kfm_assets.ports import System

FOLDER = "data/lineage/reliability/rollbacks"

_BACK = {Action.ROLLBACK, Action.RESET}

_CONTEXT: Json = {
    "prov": "http://www.w3.org/ns/prov#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "kfm": "https://kansasfrontiermatrix.org/ns#",
}


def keep(system: System, dataset: str | None = None) -> tuple[str, ...]:
    """Write the record of every finished rollback or reset that has none yet; return their transactions."""
    written = []
    for entry in system.state.journal(dataset):
        path = f"{FOLDER}/{entry.intent.txn}.prov.jsonld"
        if entry.intent.action not in _BACK or entry.mark is not Mark.DONE or system.records.get(path):
            continue
        incidents.keep(system, _incident(entry))
        releases = filter(None, (entry.intent.source, entry.intent.target))
        commits = {release: system.lake.resolve(tag(release)).id for release in releases}
        system.records.put(path, canonical_json(document(entry, commits)) + b"\n")
        written.append(entry.intent.txn)
    return tuple(written)


def document(entry: Entry, commits: Mapping[Digest, str]) -> Json:
    """Return the correction as PROV-O in JSON-LD: an activity that used the bad release and revised it by the good one.

    `commits` says at which commit of the lake each of the two releases lies. The terms are those of PROV-O (W3C
    Recommendation, 30 April 2013), section 3.
    """
    intent = entry.intent
    activity, agent = f"kfm://rollback/{intent.txn}", f"kfm://principal/{intent.principal}"
    reverted, restored = _name(intent.source), _name(intent.target)
    return {
        "@context": _CONTEXT,
        "@graph": [
            {
                "@id": activity,
                "@type": ["prov:Activity", "kfm:Correction"],
                "rdfs:comment": intent.reason,
                "kfm:reasonCategory": intent.category,
                "kfm:dataset": intent.dataset,
                "kfm:partitions": list(intent.partitions),
                "prov:startedAtTime": {"@type": "xsd:dateTime", "@value": intent.at.isoformat()},
                "prov:endedAtTime": {"@type": "xsd:dateTime", "@value": entry.marked_at.isoformat()},
                "prov:used": [{"@id": reverted}, {"@id": restored}],
                "prov:wasAssociatedWith": {"@id": agent},
            },
            _release(intent.source, commits, {"prov:wasInvalidatedBy": {"@id": activity}}),
            _release(intent.target, commits, {"prov:wasRevisionOf": {"@id": reverted}}),
            {"@id": agent, "@type": "prov:Agent"},
        ],
    }


def _release(release: Digest | None, commits: Mapping[Digest, str], relation: Mapping[str, Json]) -> Json:
    lies = commits[release] if release else None
    return {"@id": _name(release), "@type": "prov:Entity", "kfm:lakeCommit": lies, **relation}


def _name(release: Digest | None) -> str:
    return f"kfm://release/{hexadecimal(release or '')}"


def _incident(entry: Entry) -> Incident:
    intent = entry.intent
    return Incident(
        id=incidents.rollback_id(intent),
        dataset=intent.dataset,
        subject=intent.source or intent.target,
        severity=Severity.SEV2,
        state=IncidentState.MITIGATED,
        summary=f"rolled back: {intent.reason}",
        opened_at=intent.at,
    )
