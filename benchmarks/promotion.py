"""Promote and roll back one partition, fold of verdicts to DONE, in releases of a thousand to a million files."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure
from kfm_assets import settings, wiring
from kfm_assets.datasets.registry import specification
from kfm_assets.domain.artifact import JSON, Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes, digest_of
from kfm_assets.domain.journal import Action, Intent, Mark
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.release import Release, compose
from kfm_assets.domain.trees import find
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine import record
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.raw import RAW, raw_path
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.targets import LAKE, pointer_operation
from kfm_assets.gates.evidence import judged
from kfm_assets.ports import PRODUCTION, Lake, Pending, System

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 7
KEY = "hazards/storm_events"
SPEC_HASH = specification(KEY).spec_hash
POLICY = Policy("measured", KEY, (Gate.IDENTITY,), (Gate.RECEIPT, Gate.MANIFEST), {}, {})
STAGED = "run-measured"
CONTENT = b'{"rows": "some hundred bytes of one partition"}' * 8


def measure() -> list[Figure]:
    """Return the figures: the time of one promotion and one rollback at each size, and of `cp -r` at the smallest."""
    figures, taken = [], {}
    for size in SIZES:
        with _home(size) as system:
            taken[size] = rounds(system)
        forward, back = taken[size]
        figures.append(
            Figure(
                name=f"promote, roll back one of {size:,} partitions",
                target="<= 1 s each",
                value=f"{forward * 1000:.0f} ms, {back * 1000:.0f} ms",
                met=max(forward, back) <= 1.0,
                note=f"median of {ROUNDS}, verdicts' fold to DONE, fsync on; receipt and manifest judged, no catalogs",
            )
        )
    copied = _copied(SIZES[0])
    for name, at in (("promote", 0), ("roll back", 1)):
        small, large = taken[SIZES[0]][at], taken[SIZES[-1]][at]
        figures.append(
            Figure(
                name=f"{name}: {SIZES[-1]:,} partitions against {SIZES[0]:,}",
                target="<= 1.2x",
                value=f"{large / small:.2f}x",
                met=large / small <= 1.2,
                note=f"`cp -r` of the {SIZES[0]:,} takes {copied / small:.1f}x the time of one {name}",
            )
        )
    return figures


def _build(partition: str, content: bytes) -> Build:
    stored = Artifact(f"work/{partition}/account.json", digest_bytes(content), len(content), JSON)
    inputs = (Input("a.csv", digest_bytes(CONTENT)),)
    return Build(KEY, partition, SPEC_HASH, digest_of(KEY), Origin.REAL, inputs, digest_of("terms"), (stored,))


@contextmanager
def _home(size: int) -> Iterator[System]:
    """Make a home with a release of so many partitions, each with one file, live."""
    with tempfile.TemporaryDirectory(prefix="kfm-bench-") as folder:
        system = opened(Path(folder))
        names = partitions(size)
        system.lake.create_branch(STAGED, PRODUCTION)
        _fill(system.lake, names)
        make_live(system, names)
        yield system


def opened(folder: Path, **chosen: object) -> System:
    """Open a home whose policy asks for what is measured alone, with the file in its raw zone."""
    system = replace(wiring.wire(settings.load(home=folder, **chosen)), policy=lambda _: POLICY)
    system.lake.create_branch(RAW, PRODUCTION)
    with system.lake.stage(RAW) as staging:
        staging.write(raw_path(KEY, "a.csv", digest_bytes(CONTENT)), CONTENT)
        staging.commit("raw")
    return system


def partitions(size: int) -> list[str]:
    """Return the names of so many partitions."""
    return [f"{number:07d}" for number in range(size)]


def path(partition: str) -> str:
    """Return where a partition's one file lies."""
    return f"{KEY}/work/{partition}/account.json"


def _fill(lake: Lake, names: list[str]) -> None:
    """Put one file under each name: written once, then named a million times, which `write` would take minutes for."""
    with lake.stage(STAGED) as staging:
        staging.write(path(names[0]), CONTENT)
        staging.commit("the first")
    folder = find(lake._home.nodes, Digest(lake.tree(STAGED)), (*KEY.split("/"), "work", names[0]))  # noqa: SLF001
    with lake.stage(STAGED) as staging:
        for name in names:
            staging._edit.replace((*KEY.split("/"), "work", name), folder)  # noqa: SLF001 - the same
        staging.commit("all of them")


def make_live(system: System, names: list[str]) -> None:
    """Make what is staged the first release: it is not what is measured, so without listing its million changes."""
    documents = system.state.documents
    first = documents.put(canonical_json(_build(names[0], CONTENT)))
    with system.state.together():
        # The map is whole; only the partition that is measured has a build of its own behind it.
        release = compose(documents, KEY, None, dict.fromkeys(names, first), Origin.REAL)
    system.state.record_release(
        release, system.clock.now(), system.state.documents.put(b"{}"), _manifest(system, release)
    )
    before = system.lake.tree(PRODUCTION, KEY)
    system.lake.squash_merge(STAGED, PRODUCTION, "all of it")
    system.lake.create_tag(record.tag(release.id), PRODUCTION)
    lake = Operation(LAKE, KEY, before, system.lake.tree(PRODUCTION, KEY))
    pointer = pointer_operation(system.state.pointer(KEY), release.id)
    now = system.clock.now()
    intent = Intent("first", Action.PROMOTION, KEY, None, release.id, (), "", "", "measured", (lake, pointer), now)
    system.state.begin(intent)
    system.state.finish("first", Mark.DONE, now, pointer)


def _manifest(system: System, release: Release) -> Digest:
    from kfm_assets.gates import papers

    spec = specification(KEY)
    report = papers.qa_report(KEY, [])
    paper = papers.manifest(
        specification=spec, release=release, builds=[], report=report, policy=POLICY.digest, catalogs={}
    )
    return system.state.documents.put(canonical_json(paper))


def rounds(system: System) -> tuple[float, float]:
    """Return how long one partition's promotion takes, and its rollback: medians, in seconds."""
    forward, back = [], []
    for number in range(ROUNDS):
        pending = _prepared(system, CONTENT + str(number).encode())
        system.state.set_pending([pending])
        start = time.perf_counter()
        assert promote(system, KEY).changed == (pending.partition,)
        forward.append(time.perf_counter() - start)
        start = time.perf_counter()
        roll_back(system, KEY, "v1", Cause(Action.ROLLBACK, "measured"))
        back.append(time.perf_counter() - start)
    return statistics.median(forward), statistics.median(back)


def _prepared(system: System, content: bytes) -> Pending:
    """Make one build of the first partition that waits, judged."""
    partition = "0000000"
    build, run = _build(partition, content), system.clock.fresh()
    system.lake.create_branch(f"run-{run}", PRODUCTION)
    with system.lake.stage(f"run-{run}") as staging:
        staging.write(path(partition), content)
        commit = staging.commit("one").id
    system.state.documents.put(canonical_json(build))
    for subject in (build.id, _build(partition, CONTENT).id):
        passed = judged(Gate.IDENTITY, subject, POLICY, [Finding("measured", Outcome.PASS, "measured")])
        report = system.state.documents.put(canonical_json(passed.report))
        now = system.clock.now()
        verdict = Verdict(subject, Gate.IDENTITY, POLICY.digest, Outcome.PASS, passed.findings, (report,), now)
        system.state.record_verdict(verdict)
    base = _build(partition, CONTENT).id
    return Pending(KEY, partition, build.id, base, commit, run, system.clock.now())


def _copied(size: int) -> float:
    """Time `cp -r` of a release of this size as plain files."""
    with tempfile.TemporaryDirectory(prefix="kfm-bench-") as folder:
        source = Path(folder) / "source"
        for number in range(size):
            file = source / f"{number:07d}" / "account.json"
            file.parent.mkdir(parents=True)
            file.write_bytes(CONTENT)
        times = []
        for number in range(3):
            start = time.perf_counter()
            subprocess.run(["cp", "-r", str(source), f"{folder}/copy{number}"], check=True)
            times.append(time.perf_counter() - start)
            shutil.rmtree(f"{folder}/copy{number}")
        return statistics.median(times)
