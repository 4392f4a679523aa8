"""Corrections: the PROV record of each rollback or reset, and its incident. Both follow from the journal alone.

What nothing but such a record speaks of, the correction itself, who did it and what it dropped, has a name that leads
nowhere and says so: a tag URI (RFC 4151). The releases have references that `kfm resolve` takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from kfm_assets.domain.canonical import Digest, Json, canonical_json, hexadecimal
from kfm_assets.domain.incident import Incident, IncidentState, Severity
from kfm_assets.domain.journal import Action, Entry, Intent, Mark
from kfm_assets.engine import incidents
from kfm_assets.engine.record import tag
from kfm_assets.engine.targets import HEAD
from kfm_assets.ports import System

FOLDER = "data/lineage/reliability/rollbacks"

_BACK = {
    Action.ROLLBACK: ("rolled back", "kfm:Rollback"),
    Action.RESET: ("reset, history dropped", "kfm:Reset"),
}
"""The ways back: in a word for people, and as a class of the record."""

_TAG = "tag:kansasfrontiermatrix.org,2025:"

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
        dropped = _dropped(system, entry.intent)
        system.records.put(path, canonical_json(document(entry, commits, dropped)) + b"\n")
        written.append(entry.intent.txn)
    return tuple(written)


def document(entry: Entry, commits: Mapping[Digest, str], dropped: Sequence[str] = ()) -> Json:
    """Return the correction as PROV-O in JSON-LD: an activity that used the bad release and revised it by the good one.

    `commits` says at which commit of the lake each of the two releases lies; `dropped` are the commits that a reset
    took out of production's log, newest first. The terms are those of PROV-O (W3C
    Recommendation, 30 April 2013), section 3.
    """
    intent = entry.intent
    activity, agent = f"{_TAG}correction/{intent.txn}", f"{_TAG}principal/{quote(intent.principal)}"
    reverted, restored = _name(intent.source), _name(intent.target)
    return {
        "@context": _CONTEXT,
        "@graph": [
            {
                "@id": activity,
                "@type": ["prov:Activity", "kfm:Correction", _BACK[intent.action][1]],
                "kfm:transaction": intent.txn,
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
            *(_gone(commit, activity) for commit in dropped),
            {"@id": agent, "@type": "prov:Agent", "rdfs:label": intent.principal},
        ],
    }


def _release(release: Digest | None, commits: Mapping[Digest, str], relation: Mapping[str, Json]) -> Json:
    lies = commits[release] if release else None
    return {"@id": _name(release), "@type": "prov:Entity", "kfm:lakeCommit": lies, **relation}


def _gone(commit: str, activity: str) -> Json:
    return {
        "@id": f"{_TAG}commit/{commit}",
        "@type": "prov:Entity",
        "kfm:lakeCommit": commit,
        "prov:wasInvalidatedBy": {"@id": activity},
    }


def _dropped(system: System, intent: Intent) -> list[str]:
    """Return the commits that a reset took out of a branch's log, newest first: they stay readable by their ids."""
    found = []
    for operation in intent.plan:
        if operation.target == HEAD:
            for commit in system.lake.log(operation.before):
                if commit.id == operation.after:
                    break
                found.append(commit.id)
    return found


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
        summary=f"{_BACK[intent.action][0]}: {intent.reason}",
        opened_at=intent.at,
    )
