"""Build: make partitions from what was acquired for them, on the run's own branch of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from kfm_assets.datasets import making, registry
from kfm_assets.domain.artifact import Artifact, Origin, Zone, zone_prefix
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_bytes
from kfm_assets.domain.dataset import STATIC, Dataset
from kfm_assets.engine import incidents, record
from kfm_assets.engine.derive import Shelf
from kfm_assets.engine.parsing import parsed
from kfm_assets.errors import BadInput, Conflict, KfmError, NoChanges, NotFound
from kfm_assets.ports import PRODUCTION, Intake, Pending, Staging, System

BUILD_ZONES = (Zone.PROCESSED, Zone.QUARANTINE, Zone.WORK)
"""The zones in which a build's artifacts lie."""


@dataclass(frozen=True, slots=True)
class Made:
    """A build that was made, with the account of its rows."""

    build: Build
    account: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class _Upstream:
    """What a build reads of the datasets it requires."""

    contents: Mapping[str, bytes]
    inputs: tuple[Input, ...]
    origin: Origin


def run_branch(run: str) -> str:
    """Return the name of a run's own branch."""
    return f"run-{run}"


def build(
    system: System, run: str, dataset: str, partitions: Sequence[str]
) -> tuple[dict[str, Made], dict[str, KfmError]]:
    """Make partitions; return those that were made and those that could not be, each with the reason.

    Raises:
        NotFound: when a required dataset has no build of the source's origin.
    """
    spec = registry.specification(dataset)
    intakes = system.state.intakes(dataset)
    shelf = Shelf(system, system.source.origin)
    made: dict[str, Made] = {}
    failed: dict[str, KfmError] = {}
    facts: dict[str, dict[str, Json]] = {}
    with _branch(system, run) as staging:
        for partition in partitions:
            started = system.clock.now()
            try:
                made[partition], files = _make(system, spec, partition, intakes.get(partition), shelf)
            except (BadInput, NotFound) as error:
                failed[partition] = error
                facts[partition] = {"error": str(error), "exit_code": error.exit_code}
                continue
            for zone in BUILD_ZONES:
                staging.remove(f"{dataset}/{zone_prefix(zone, partition)}")
            for file in files:
                staging.write(f"{dataset}/{file.path}", file.content)
            facts[partition] = _facts(made[partition], (system.clock.now() - started).total_seconds())
            system.progress(dataset, partition, "built")
        commit = _commit(system, run, staging, f"Build {len(made)} partitions of {dataset}")
    with system.state.together():
        for partition, found in facts.items():
            system.state.note(run, dataset, partition, found)
        _keep(system, run, commit, made.values())
    incidents.held(system, dataset, {partition: str(error) for partition, error in failed.items()})
    return made, failed


@contextmanager
def _branch(system: System, run: str) -> Iterator[Staging]:
    """Open the run's branch, making it where there is none."""
    with suppress(Conflict):
        system.lake.create_branch(run_branch(run), PRODUCTION)
    with system.lake.stage(run_branch(run)) as staging:
        yield staging


def _commit(system: System, run: str, staging: Staging, message: str) -> str:
    """Commit what is staged, and return the commit that holds it: an older one where all of it was there."""
    try:
        return staging.commit(message, {"run": run}).id
    except NoChanges:
        return system.lake.resolve(run_branch(run)).id


def _make(
    system: System, spec: Dataset, partition: str, intake: Intake | None, shelf: Shelf
) -> tuple[Made, list[making.File]]:
    if intake is None:
        raise NotFound(f"nothing was acquired for {spec.key} {partition}", advice=f"run `kfm run {spec.key}` first")
    if spec.is_derived:
        given = shelf.given(spec, partition)
        derived = making.derive(registry.derived(spec.key), partition, given.materials, given.origin)
        return _made(
            system.code(spec.key),
            spec,
            partition,
            derived,
            inputs=given.inputs,
            origin=given.origin,
            terms=intake.terms,
        )
    program = registry.program(spec.key)
    upstream = _upstream(system, spec, intake.origin)
    files = [parsed(system, program, acquired) for acquired in intake.acquired]
    stored = making.make(program, partition, files, upstream.contents, upstream.origin)
    inputs = sorted([*(Input(acquired.name, acquired.digest) for acquired in intake.acquired), *upstream.inputs])
    return _made(
        system.code(spec.key),
        spec,
        partition,
        stored,
        inputs=tuple(inputs),
        origin=upstream.origin,
        terms=intake.terms,
    )


def _made(
    code: Digest,
    spec: Dataset,
    partition: str,
    stored: tuple[list[making.File], Mapping[str, Json]],
    *,
    inputs: tuple[Input, ...],
    origin: Origin,
    terms: Digest,
) -> tuple[Made, list[making.File]]:
    contents, account = stored
    artifacts = tuple(
        Artifact(file.path, digest_bytes(file.content), len(file.content), file.media_type) for file in contents
    )
    build = Build(spec.key, partition, spec.spec_hash, code, origin, inputs, terms, artifacts)
    return Made(build, account), contents


def _upstream(system: System, spec: Dataset, origin: Origin) -> _Upstream:
    """Read the main table of each required dataset, from its newest accepted build of this origin.

    A build that waits, and passed its gates, comes before the published one.
    """
    contents: dict[str, bytes] = {}
    inputs: list[Input] = []
    for key in spec.requires:
        required = registry.specification(key)
        ref, build = record.newest(system, key, STATIC, origin)
        if build is None:
            raise NotFound(
                f"{spec.key} needs a build of {key} from {origin} data, and there is none",
                advice=f"run `kfm run {key}` from the same source first",
            )
        path = making.table_path(STATIC, required.main.name)
        contents[key] = system.lake.read(ref, f"{key}/{path}")
        inputs.append(Input(f"{key}@{STATIC}", build.id))
        origin = build.origin if build.origin is Origin.SYNTHETIC else origin
    return _Upstream(contents, tuple(inputs), origin)


def _facts(made: Made, seconds: float) -> dict[str, Json]:
    build, account = made.build, made.account
    counted = registry.specification(build.dataset).counted.name
    return {"build": build.id, "seconds": round(seconds, 3), **rows(account, counted), "error": None}


def rows(account: Mapping[str, Json], table: str) -> dict[str, Json]:
    """Return the row counts of the wires that end in one table."""
    wires = [wire for wire, end in _mapping(account["yields"]).items() if end == table]
    held, left = _mapping(account["quarantined"]), _mapping(account["out_of_scope"])
    return {
        "rows_in": sum(int(str(_mapping(account["rows_in"]).get(wire, 0))) for wire in wires),
        "rows_out": _mapping(account["rows_out"]).get(table, 0),
        "rows_quarantined": sum(_total(held.get(wire)) for wire in wires),
        "rows_out_of_scope": sum(_total(left.get(wire)) for wire in wires),
    }


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _total(rules: Json) -> int:
    return sum(int(str(count)) for count in _mapping(rules).values())


def _keep(system: System, run: str, commit: str, made: Iterable[Made]) -> None:
    """Put builds on record, and let those that are not live already wait for promotion."""
    now = system.clock.now()
    for item in made:
        build = item.build
        stable = record.stable(system, build.dataset)
        system.state.documents.put(canonical_json(build))
        live = record.build_id(system, stable, build.partition)
        if live == build.id:
            system.state.drop_pending(build.dataset, [build.partition])
            continue
        base = live if stable and stable.origin == build.origin else None
        pending = Pending(build.dataset, build.partition, build.id, base, commit, run, now)
        system.state.set_pending([pending])
