"""A world in memory behind the production ports, in which any step can be the last one before a crash.

The engine that runs in it is the real one, over the model lake that the lake's contract suite holds to the same
promises as the real one, and over the real state without its synchronisation to disk.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kfm_assets.adapters.state import SqliteState
from kfm_assets.datasets.registry import specification
from kfm_assets.domain.artifact import JSON, Artifact, Origin
from kfm_assets.domain.build import Build, Input
from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes, digest_of
from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Finding, Gate, Outcome, Verdict
from kfm_assets.engine import record
from kfm_assets.engine.build import run_branch
from kfm_assets.engine.raw import RAW, raw_path, terms_path
from kfm_assets.errors import NoChanges
from kfm_assets.gates.evidence import judged
from kfm_assets.ports import PRODUCTION, Pending, Staging, System
from kfm_assets_tests.memory_lake import MemoryLake

STORMS = "hazards/storm_events"
QUAKES = "hazards/earthquakes"
POLICY_GATES = ((Gate.IDENTITY, Gate.QUALITY), (Gate.RECEIPT, Gate.MANIFEST))


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the project may catch it."""


@dataclass
class Fuse:
    """Counts the steps that change something, and crashes before or after the chosen one."""

    at: int = -1
    after: bool = False
    steps: int = 0
    names: list[str] = field(default_factory=list)

    def step(self, name: str, act: Callable[[], object]) -> object:
        number, self.steps = self.steps, self.steps + 1
        self.names.append(name)
        if number == self.at and not self.after:
            raise Crash(name)
        result = act()
        if number == self.at:
            raise Crash(name)
        return result


class Fused:
    """A port whose changing methods are steps."""

    def __init__(self, port: object, changing: Iterable[str], fuse: Fuse) -> None:
        self._port, self._changing, self._fuse = port, frozenset(changing), fuse

    def __getattr__(self, name: str) -> object:
        found = getattr(self._port, name)
        if name == "documents":
            return Fused(found, {"put"}, self._fuse)
        if name == "stage":
            return lambda branch: self._stage(found, branch)
        if name not in self._changing:
            return found
        return lambda *args, **kwargs: self._fuse.step(name, lambda: found(*args, **kwargs))

    @contextmanager
    def _stage(self, stage: Callable[[str], object], branch: str) -> Iterable[Staging]:
        with stage(branch) as staging:
            yield Fused(staging, {"commit"}, self._fuse)


LAKE_STEPS = ("create_branch", "delete_branch", "create_tag", "squash_merge", "revert", "reset")
STATE_STEPS = (
    "swap_pointer",
    "begin",
    "finish",
    "record_verdict",
    "record_release",
    "set_pending",
    "drop_pending",
    "open_incident",
)


class SteppingClock:
    """A clock that moves a second each time it is asked, and counts its names."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._names = itertools.count(1)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def fresh(self) -> str:
        return f"{self._now:%Y%m%dt%H%M%S}-{next(self._names):08x}"


class MemoryRecords:
    """Records in a dict."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, path: str, content: bytes) -> None:
        self.files[path] = content

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)


def account(content: str) -> bytes:
    """Return the account of a partition of which nothing is known but a text."""
    counts = ("rows_in", "rows_out", "quarantined", "out_of_scope", "yields", "extent")
    return canonical_json({**{name: {} for name in counts}, "facts": {"content": content}})


def policy(dataset: str) -> Policy:
    """Return a policy that asks for two gates of builds and both of releases."""
    return Policy("simulated", dataset, *POLICY_GATES, thresholds={}, most_days={})


class World:
    """Ports that outlive a crash, and systems upon them that do not."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppingClock()
        self.lake = MemoryLake(self.clock)
        self.state = SqliteState(folder / "state.db", durable=False)
        self.records = MemoryRecords()
        self.runs = itertools.count(1)
        self.told: list[tuple[str, dict[str, Digest | None], Digest, str]] = []

    def system(self, fuse: Fuse | None = None) -> System:
        """Return a system that a fresh process would have; with a fuse, one that may crash."""
        fuse = fuse or Fuse()
        return System(
            lake=Fused(self.lake, LAKE_STEPS, fuse),
            state=Fused(self.state, STATE_STEPS, fuse),
            source=None,
            clock=self.clock,
            observer=self,
            records=Fused(self.records, ("put",), fuse),
            policy=policy,
            sources=lambda dataset: {"simulated": digest_of(dataset)},
            environment=lambda: {"python": "3.11.0", "platform": "simulated"},
            principal="simulator",
            home="",
        )

    def published(self, dataset: str, builds: Mapping[str, Digest | None], release: Digest, description: str) -> None:
        """Be the observer: keep what was told."""
        self.told.append((dataset, dict(builds), release, description))

    def prepare(self, contents: Mapping[str, str], origin: Origin = Origin.REAL, dataset: str = STORMS) -> list[Digest]:
        """Make builds that wait for promotion, one for each partition, judged and found good."""
        system, run = self.system(), f"20260101t000000-{next(self.runs):08x}"
        branch = run_branch(run)
        self.lake.create_branch(branch, PRODUCTION)
        self._keep_raw(dataset, contents)
        made = []
        with self.lake.stage(branch) as staging:
            for partition, content in contents.items():
                path = f"work/{partition}/account.json"
                staging.remove(f"{dataset}/work/{partition}")
                stored = staging.write(f"{dataset}/{path}", account(content))
                spec = specification(dataset)
                build = Build(
                    dataset,
                    partition,
                    spec.spec_hash,
                    system.code(dataset),
                    origin,
                    (Input("a.csv", digest_bytes(content.encode())),),
                    digest_of("terms"),
                    (Artifact(path, stored.digest, stored.size, JSON),),
                )
                made.append(build)
            with suppress(NoChanges):
                staging.commit("builds", {})
        commit = self.lake.resolve(branch).id
        stable = record.stable(system, dataset)
        for build in made:
            self.state.documents.put(canonical_json(build))
            self.judge(build.id, POLICY_GATES[0], dataset)
            base = record.build_id(system, stable, build.partition) if stable and stable.origin == origin else None
            self.state.set_pending([Pending(dataset, build.partition, build.id, base, commit, run, self.clock.now())])
        return [build.id for build in made]

    def _keep_raw(self, dataset: str, contents: Mapping[str, str]) -> None:
        """Put the files that builds are said to be made from, and their terms, where they are looked for."""
        if RAW not in self.lake.branches():
            self.lake.create_branch(RAW, PRODUCTION)
        with self.lake.stage(RAW) as staging, suppress(NoChanges):
            staging.write(terms_path(dataset, digest_of("terms")), canonical_json("terms"))
            for content in contents.values():
                staging.write(raw_path(dataset, "a.csv", digest_bytes(content.encode())), content.encode())
            staging.commit("raw")

    def judge(
        self,
        subject: Digest,
        gates: Iterable[Gate],
        dataset: str = STORMS,
        outcome: Outcome = Outcome.PASS,
        *,
        under: Policy | None = None,
        age: timedelta = timedelta(),
    ) -> None:
        """Record a verdict by each of some gates, with the report that it concludes from."""
        applied = under or policy(dataset)
        for gate in gates:
            judgement = judged(gate, subject, applied, [Finding("simulated", outcome, "simulated")])
            report = self.state.documents.put(canonical_json(judgement.report))
            at = self.clock.now() - age
            self.state.record_verdict(
                Verdict(subject, gate, applied.digest, outcome, judgement.findings, (report,), at)
            )

    def seen(self, dataset: str = STORMS) -> dict[str, str]:
        """Return what a reader gets: each partition's content, by the pointer and the release's tag alone."""
        release = record.stable(self.system(), dataset)
        if release is None:
            return {}
        ref = record.tag(release.id)
        return {
            partition: json.loads(self.lake.read(ref, f"{dataset}/work/{partition}/account.json"))["facts"]["content"]
            for partition in record.builds(self.system(), release)
        }
