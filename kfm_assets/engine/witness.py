"""Witness: bring a second source's files into the raw zone, and hold a build against them. It never keeps a build out.

What a witness says is kept as a document, under the digest of its content, and is the same for the same build and the
same files. No verdict is recorded: no gate asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kfm_assets.datasets import making, registry, tables
from kfm_assets.datasets.compression import inflate
from kfm_assets.datasets.program import Hearing, Payload, Testimony
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json, canonical_json, plain
from kfm_assets.domain.dataset import Dataset, Witness
from kfm_assets.domain.verdict import Outcome
from kfm_assets.engine import raw, record
from kfm_assets.engine.parsing import parsed
from kfm_assets.errors import KfmError, NotFound
from kfm_assets.ports import Acquired, Intake, System


@dataclass(frozen=True, slots=True)
class Heard:
    """What a witness said of a partition's newest build, and under which digest all of it is kept, if it said anything.

    An ERROR is a witness that could not be read.
    """

    outcome: Outcome
    message: str
    counts: Mapping[str, int | str]
    disagreements: Sequence[Mapping[str, str]]
    evidence: Digest | None = None


def summoned(system: System, run: str, spec: Dataset, partitions: Sequence[str] | None) -> tuple[Acquired, ...]:
    """Keep the files of a dataset's witness, and return them; none where the source has none, or does not give them."""
    if spec.witness is None:
        return ()
    asked = replace(spec, upstream=spec.witness.upstream, witness=None)
    try:
        offers = system.source.offers(asked, partitions)
        with raw.opened(system, run, asked) as zone:
            terms = zone.keep_terms()
            kept = [zone.keep(system.source.deliver(offer, zone.known(offer)), terms)[0] for offer in offers]
    except KfmError:  # whatever it is, what is made does not need the witness
        return ()
    return tuple(sorted(kept, key=lambda item: (item.name, item.digest)))


def hear(
    system: System, dataset: str, partition: str, build: Digest, intakes: Mapping[str, Intake] | None = None
) -> Heard | None:
    """Hold a build, the newest of a partition, against the dataset's witness; None for a dataset that has none.

    `intakes` are the dataset's, where the caller has them at hand.
    """
    spec = registry.specification(dataset)
    if spec.witness is None:
        return None
    intake = (system.state.intakes(dataset) if intakes is None else intakes).get(partition)
    made = record.build(system, build)
    if intake is None or not intake.witness or intake.origin is not made.origin:
        said = _nothing(Outcome.INCONCLUSIVE, f"the source has nothing of: {spec.witness.upstream.title}")
    else:
        said = _asked(system, spec.witness, made, partition, intake)
    if intake:
        facts = {"build": build, "outcome": said.outcome, "message": said.message, "evidence": said.evidence}
        system.state.note(intake.run, dataset, partition, {"witness": plain(facts)})
    return said


def heard(system: System, dataset: str, builds: Mapping[str, Digest]) -> dict[str, Mapping[str, Json]]:
    """Return what the witness said of builds when it was heard last: `outcome`, `message`, `evidence`, by partition.

    It is noted under the run whose files it was heard with, so of builds that were made anew since nothing is known.
    """
    if registry.specification(dataset).witness is None:
        return {}
    intakes = system.state.intakes(dataset)
    runs = {intakes[name].run for name in builds if name in intakes}
    noted = {run: system.state.notes(run) for run in runs}
    found: dict[str, Mapping[str, Json]] = {}
    for name, build in builds.items():
        said = noted[intakes[name].run].get((dataset, name), {}).get("witness") if name in intakes else None
        if isinstance(said, Mapping) and said.get("build") == build:
            found[name] = said
    return found


def _asked(system: System, witness: Witness, made: Build, partition: str, intake: Intake) -> Heard:
    try:
        testimony = _testimony(system, made, partition, intake)
    except KfmError as error:
        return _nothing(Outcome.ERROR, _line(error))
    evidence = system.state.documents.put(canonical_json(_document(witness, made, intake, testimony)))
    return Heard(testimony.outcome, testimony.message, testimony.counts, testimony.disagreements, evidence)


def _testimony(system: System, build: Build, partition: str, intake: Intake) -> Testimony:
    program = registry.program(build.dataset)
    ref = _place(system, build)
    contents = {item.path: system.lake.read(ref, f"{build.dataset}/{item.path}") for item in build.artifacts}
    files = [parsed(system, program, acquired) for acquired in raw.acquired(system, build)]
    hearing = Hearing(
        partition=partition,
        tables=making.tables_of(program.specification, partition, contents),
        quarantine=tables.decode_quarantine(contents[making.held_path(partition)]),
        wires=making.wires(files, partition),
        files=tuple(_payload(system, item) for item in intake.witness),
    )
    if program.witness is None:
        raise NotFound(f"{build.dataset} has no code for its witness", advice="give its folder a `witness` package")
    return program.witness(hearing)


def _place(system: System, build: Build) -> str:
    """Return a reference at which a build's files are read: its run's commit, or the stable release's tag."""
    for pending in system.state.pending(build.dataset):
        if pending.build == build.id:
            return pending.commit
    stable = record.stable(system, build.dataset)
    if stable is None:
        raise NotFound(f"{build.dataset} {build.partition} is neither live nor waiting", advice="run it again")
    return record.tag(stable.id)


def _payload(system: System, item: Acquired) -> Payload:
    name, content = inflate(item.name, system.lake.read(raw.RAW, item.path))
    return Payload(item.wire, name, content, item.digest)


def _document(witness: Witness, made: Build, intake: Intake, testimony: Testimony) -> Mapping[str, object]:
    return {
        "kind": "witness",
        "witness": {"name": witness.name, "title": witness.upstream.title, "homepage": witness.upstream.homepage},
        "files": [{"name": item.name, "digest": item.digest} for item in intake.witness],
        "dataset": made.dataset,
        "partition": made.partition,
        "build": made.id,
        "agreement_asked_for_percent": witness.agreement,
        "outcome": testimony.outcome,
        "message": testimony.message,
        "counts": testimony.counts,
        "disagreements": testimony.disagreements,
        **testimony.report,
    }


def _nothing(outcome: Outcome, message: str) -> Heard:
    return Heard(outcome, message, {}, ())


def _line(error: KfmError) -> str:
    return f"{error}; {error.advice}" if error.advice else str(error)
