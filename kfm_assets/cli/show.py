"""`kfm show`: what a release or a build holds, its receipt, its manifest, verdicts and evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from kfm_assets.cli import accepted, printing
from kfm_assets.cli.records import find
from kfm_assets.cli.session import Command, Session, pass_session
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.verdict import Gate

if TYPE_CHECKING:
    from kfm_assets.domain.build import Build
    from kfm_assets.domain.verdict import Verdict
    from kfm_assets.ports import Recorded, System

EXAMPLES = """\b
Examples:
  kfm show 3f2a91c0e1b2
  kfm show v3 --dataset hazards/storm_events
  kfm show 3f2a91c0e1b2 --json | jq 'select(.kind == "receipt").document'

\b
With --json: one line each for the release or build (`kind` says which), its
receipt, its manifest, every verdict, what a witness said where one was heard,
and every document of evidence.
"""


@click.command("show", cls=Command, epilog=EXAMPLES)
@click.argument("name", metavar="ID")
@click.option("--dataset", metavar="DATASET", help="Whose version it is, where ID is one, as in v3.")
@printing.json_option
@pass_session
def command(session: Session, *, name: str, dataset: str | None, as_json: bool) -> None:
    """Show a release's or a build's papers, verdicts and evidence."""
    system = session.open()
    found = find(system, name, dataset)
    if as_json:
        for document in _documents(system, found):
            printing.json_line(document)
    elif isinstance(found, tuple):
        _tell_build(system, *found)
    else:
        _tell_release(system, found)


def _documents(system: System, found: Recorded | tuple[Digest, Build]) -> Iterable[dict[str, object]]:
    if isinstance(found, tuple):
        digest, build = found
        yield {"kind": "build", "build": digest, "document": build}
        yield from _judged(system, [digest])
        yield from _witnessed(system, build.dataset, {build.partition: digest})
        return
    from kfm_assets.cli.releases import lived
    from kfm_assets.engine.record import builds

    release = found.release
    held = builds(system, release)
    spans = lived(system, release.dataset).get(release.id, [])
    yield {
        "kind": "release",
        "release": release.id,
        "dataset": release.dataset,
        "version": found.version,
        "origin": release.origin,
        "staged_at": found.at,
        "was_live": [
            {"from": printing.instant(begin), "until": printing.instant(end) if end else None} for begin, end in spans
        ],
        "builds": held,
    }
    yield {"kind": "receipt", "digest": found.receipt, "document": _document(system, found.receipt)}
    yield {"kind": "manifest", "judged": found.manifest, "document": _manifest(system, found)}
    yield from _judged(system, [release.id, *held.values()])
    yield from _witnessed(system, release.dataset, held)


def _witnessed(system: System, dataset: str, builds: Mapping[str, Digest]) -> Iterable[dict[str, object]]:
    """Yield what a witness said of each build that it was heard about, and the document of it."""
    from kfm_assets.engine.witness import heard

    for partition, said in heard(system, dataset, builds).items():
        yield {"kind": "witness", "partition": partition, **said}
        if evidence := said["evidence"]:
            yield {"kind": "evidence", "digest": evidence, "document": _document(system, Digest(str(evidence)))}


def _judged(system: System, subjects: Sequence[Digest]) -> Iterable[dict[str, object]]:
    """Yield each verdict, and then each document that one of them names as evidence."""
    evidence: dict[Digest, None] = {}
    for verdict in system.state.verdicts(subjects):
        evidence |= dict.fromkeys(verdict.evidence)
        yield {
            "kind": "verdict",
            "subject": verdict.subject,
            "gate": verdict.gate,
            "outcome": verdict.outcome,
            "policy": verdict.policy,
            "findings": verdict.findings,
            "evidence": verdict.evidence,
            "at": verdict.at,
        }
    for digest in evidence:
        yield {"kind": "evidence", "digest": digest, "document": _document(system, digest)}


def _document(system: System, digest: Digest) -> object:
    """Return a kept document: JSON as such, anything else as text."""
    content = system.state.documents.get(digest)
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def _manifest(system: System, found: Recorded) -> object:
    """Return the manifest as its last promotion sealed it, with `released_at`; as it was judged where there is none."""
    from kfm_assets.gates.papers import MANIFEST, read, seal

    unsealed, _ = read(MANIFEST, system.state.documents.get(found.manifest))
    done = [entry.intent for entry in system.state.journal(found.release.dataset) if entry.went_live]
    times = [intent.at for intent in done if intent.target == found.release.id]
    return seal(unsealed, times[-1]) if unsealed and times else _document(system, found.manifest)


def _tell_release(system: System, found: Recorded) -> None:
    from kfm_assets.cli.releases import life, lived
    from kfm_assets.engine.record import builds

    release = found.release
    held = builds(system, release)
    printing.facts(
        f"Release v{found.version} of {release.dataset}",
        {
            "id": release.id,
            "origin": release.origin.value,
            "staged": f"{printing.minute(found.at)} UTC",
            "live": life(lived(system, release.dataset).get(release.id, [])),
            "partitions": f"{len(held):,}",
        },
    )
    newest = _newest(system, [release.id, *held.values()])
    gates = sorted({gate for subject, gate in newest if subject != release.id and gate in set(Gate)})
    click.echo()
    printing.table(
        ("PARTITION", "BUILD", *gates),
        [
            (partition, printing.short(build), *(_outcome(newest, build, gate) for gate in gates))
            for partition, build in held.items()
        ],
        title="Builds, and what the gates said of each",
    )
    click.echo()
    _tell_verdicts(
        "Verdicts on the release",
        [
            verdict
            for (subject, _), verdict in newest.items()
            if subject == release.id and verdict.gate is not Gate.APPROVAL
        ],
    )
    accepted.tell(system, release.dataset, newest.values())
    _tell_problems(system, release.dataset, newest.values())
    _tell_witness(system, release.dataset, held)
    _tell_revisions(system, release.id)
    _tell_paper("Receipt", _document(system, found.receipt))
    _tell_paper("Manifest", _manifest(system, found))
    evidence = {digest for verdict in newest.values() for digest in verdict.evidence}
    printing.paragraph(
        f"{printing.counted(len(evidence), 'document')} of evidence. `kfm show {printing.short(release.id)} --json` "
        "prints all papers and evidence in full; `kfm show BUILD` has the verdicts on one build."
    )


def _tell_build(system: System, digest: Digest, build: Build) -> None:
    printing.facts(
        f"Build of {build.dataset} {build.partition}",
        {
            "id": digest,
            "origin": build.origin.value,
            "specification": build.spec_hash,
            "code": build.code,
            "terms": build.terms,
        },
    )
    click.echo()
    printing.table(
        ("INPUT", "DIGEST"), [(one.name, printing.short(one.digest)) for one in build.inputs], title="Made from"
    )
    click.echo()
    printing.table(
        ("FILE", ">BYTES", "DIGEST"),
        [(one.path, one.size, printing.short(one.digest)) for one in build.artifacts],
        title="Made into",
    )
    click.echo()
    verdicts = list(_newest(system, [digest]).values())
    _tell_verdicts("Verdicts", [verdict for verdict in verdicts if verdict.gate is not Gate.APPROVAL])
    accepted.tell(system, build.dataset, verdicts)
    _tell_witness(system, build.dataset, {build.partition: digest})
    printing.paragraph(f"`kfm show {printing.short(digest)} --json` prints the evidence in full.")


def _tell_verdicts(title: str, verdicts: Iterable[Verdict]) -> None:
    rows: list[tuple[str, str, str, str]] = []
    for verdict in verdicts:
        lead = (verdict.gate.value, verdict.outcome.value)
        for finding in verdict.findings:
            rows.append((*lead, finding.check, finding.message))
            lead = ("", "")
    printing.table(("GATE", "OUTCOME", "CHECK", "FOUND"), rows, title=title)
    click.echo()


def _tell_problems(system: System, dataset: str, verdicts: Iterable[Verdict]) -> None:
    """Print the verdicts that are no PASS, except those that an acceptance opens."""
    closed = [one for one in verdicts if one.outcome.value != "PASS" and not accepted.opens(system, dataset, one)]
    if closed:
        _tell_verdicts("What keeps a gate closed", closed)


def _tell_witness(system: System, dataset: str, builds: Mapping[str, Digest]) -> None:
    """Print what a second source says of builds, where the dataset has one and it was heard. No gate asks for it."""
    from kfm_assets.engine.witness import heard

    said = heard(system, dataset, builds)
    if said:
        rows = [(name, str(one["outcome"]), str(one["message"])) for name, one in said.items()]
        printing.table(("PARTITION", "OUTCOME", "SAYS"), rows, title="The witness: it only warns")
        click.echo()


def _tell_revisions(system: System, release: Digest) -> None:
    from kfm_assets.engine.revisions import of_release

    revised = of_release(system, release)
    if revised:
        printing.table(("PARTITION", "REVISION"), list(revised.items()), title="What it says otherwise than before")
        click.echo()


def _tell_paper(title: str, document: object) -> None:
    """Print a paper's short facts; what is long in it is counted, and printed by --json."""
    printing.facts(title, dict(_flat("", document)))
    click.echo()


def _flat(name: str, value: object) -> Iterable[tuple[str, str]]:
    """Yield what a document holds with its dotted name; of a list only how long it is."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}.{key}" if name else key, item)
    elif isinstance(value, list):
        yield name, printing.counted(len(value), "entry", "entries")
    else:
        yield name, "-" if value is None else str(value)


def _newest(system: System, subjects: Sequence[Digest]) -> dict[tuple[Digest, str], Verdict]:
    """Return the newest verdict on each subject by each gate; of approvals the newest for each gate they accept."""
    return {(verdict.subject, _asked(verdict)): verdict for verdict in system.state.verdicts(subjects)}


def _asked(verdict: Verdict) -> str:
    """Return a verdict's gate, or what an approval accepts."""
    return verdict.findings[0].check if verdict.gate is Gate.APPROVAL and verdict.findings else verdict.gate.value


def _outcome(newest: Mapping[tuple[Digest, str], Verdict], subject: Digest, gate: str) -> str:
    verdict = newest.get((subject, gate))
    return verdict.outcome.value if verdict else "-"
