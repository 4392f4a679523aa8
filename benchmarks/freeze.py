"""How long it takes to freeze a release of one gigabyte that is stored already, beside `cp -r` of the same files."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure
from kfm_assets import settings, wiring
from kfm_assets.datasets.registry import specification
from kfm_assets.domain.artifact import PARQUET, Artifact, Origin
from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, canonical_json, digest_of
from kfm_assets.domain.journal import Action, Intent
from kfm_assets.domain.release import Release, compose
from kfm_assets.engine import freeze, record
from kfm_assets.gates import papers
from kfm_assets.ports import PRODUCTION, File, System

KEY = "hazards/storm_events"
FILES, FILE_BYTES = 100, 10_000_000
ROUNDS = 5
FASTER = 100


def measure() -> list[Figure]:
    """Return the figure, and how much the folder of snapshots and the lake grew."""
    with tempfile.TemporaryDirectory(prefix="kfm-bench-") as folder:
        place = Path(folder)
        system = wiring.wire(settings.load(home=place / "home"))
        plain = place / "plain"
        intent = _released(system, plain)
        before = _size(place / "home")
        ours, rival = [], []
        for number in range(ROUNDS):
            (place / "home" / freeze.path_of(system.state.release(intent.target))).unlink(missing_ok=True)
            os.sync()
            start = time.perf_counter()
            freeze.freeze(system, intent)
            ours.append(time.perf_counter() - start)
            os.sync()
            start = time.perf_counter()
            subprocess.run(["cp", "-r", str(plain), f"{folder}/copy-{number}"], check=True)
            rival.append(time.perf_counter() - start)
            shutil.rmtree(f"{folder}/copy-{number}")
        grown = _size(place / "home") - before
    frozen, copied = statistics.median(ours), statistics.median(rival)
    return [
        Figure(
            name=f"freeze of a release of {FILES * FILE_BYTES / 1e9:.0f} GB that is stored already",
            target=f">= {FASTER}x faster, no data copied",
            value=f"{copied / frozen:.0f}x faster",
            met=copied / frozen >= FASTER and grown < FILE_BYTES,
            note=(
                f"{frozen * 1e3:.1f} ms, fsync on, against {copied * 1e3:.0f} ms for `cp -r` of its {FILES} files; "
                f"median of {ROUNDS}; the home grew by {grown / 1e3:.0f} kB"
            ),
        )
    ]


def _released(system: System, plain: Path) -> Intent:
    """Put a release of random bytes into the lake, and beside it as plain files; return the intent of its promotion."""
    (plain / "processed").mkdir(parents=True)
    builds: dict[str, Digest | None] = {}
    made = []
    with system.lake.stage(PRODUCTION) as staging:
        for number in range(FILES):
            content = os.urandom(FILE_BYTES)
            (plain / "processed" / f"{number}.parquet").write_bytes(content)
            partition = f"{1900 + number}"
            file = staging.write(f"{KEY}/processed/{partition}/details.parquet", content)
            made.append(_build(partition, file))
            builds[partition] = system.state.documents.put(canonical_json(made[-1]))
        commit = staging.commit("all of it")
    release = compose(system.state.documents, KEY, None, builds, Origin.REAL)
    system.lake.create_tag(record.tag(release.id), commit.id)
    now = system.clock.now()
    report = papers.qa_report(KEY, [])
    policy = system.policy(KEY).digest
    receipt = papers.receipt(
        run="20260101t000000-measured",
        operation="promote",
        release=release,
        builds=made,
        places={},
        environment={"python": "measured"},
        code=system.code(KEY),
        report=report,
        policy=policy,
        created_at=now,
    )
    manifest = papers.manifest(
        specification=specification(KEY), release=release, builds=made, report=report, policy=policy, catalogs={}
    )
    put = system.state.documents.put
    system.state.record_release(release, now, put(canonical_json(receipt)), put(canonical_json(manifest)))
    return _intent(system, release)


def _intent(system: System, release: Release) -> Intent:
    now = system.clock.now()
    return Intent("measured", Action.PROMOTION, KEY, None, release.id, (), "", "", "measured", (), now)


def _build(partition: str, file: File) -> Build:
    stored = Artifact(f"processed/{partition}/details.parquet", file.digest, file.size, PARQUET)
    spec = specification(KEY).spec_hash
    return Build(KEY, partition, spec, digest_of(KEY), Origin.REAL, (), digest_of("terms"), (stored,))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
