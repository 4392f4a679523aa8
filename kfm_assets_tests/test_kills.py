"""A real process, killed at random moments of run, promotion and rollback: readers see all of the old or of the new.

The process works on a real home, with the embedded lake and the real state. Most of the kills hit the use cases
themselves, in a process that does nothing else; some hit `kfm run`, orchestrator and all.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kfm_assets import read, settings, wiring
from kfm_assets.datasets import making, registry
from kfm_assets.domain.journal import Action
from kfm_assets.domain.verdict import Gate, Outcome
from kfm_assets.engine import raw, record
from kfm_assets.engine.acquire import acquire
from kfm_assets.engine.assemble import assemble
from kfm_assets.engine.build import build
from kfm_assets.engine.judge import judge
from kfm_assets.engine.promote import Cause, promote
from kfm_assets.engine.recover import recover
from kfm_assets.engine.rollback import roll_back
from kfm_assets.engine.verify import verify_all
from kfm_assets.ports import System

KILLS = 300 if os.environ.get("KFM_TEST_LONG") else 50
WORKERS = 5
KEY = "hazards/earthquakes"
PARTITIONS = ("2015-07", "2015-08")
SIZE = 60
MOMENTS = ("run", "promotion", "rollback")


def system(home: Path, seed: int) -> System:
    return wiring.wire(settings.load(home=home, source="sample", sample_size=SIZE, sample_seed=seed))


def publish(home: Path, seed: int, datasets: tuple[str, ...] = (KEY,), *, say: bool = False) -> None:
    """Do all that a run does: acquire, build, judge, assemble, promote."""
    wired = system(home, seed)
    if say:
        print("run", flush=True)  # noqa: T201 - the protocol
    run = wired.clock.fresh()
    for dataset in datasets:
        wanted = PARTITIONS if dataset == KEY else None
        ready = acquire(wired, run, dataset, wanted).partitions
        made, _ = build(wired, run, dataset, ready)
        judge(wired, run, dataset, list(made))
        assemble(wired, run, dataset, list(made))
        if say:
            print("promotion", flush=True)  # noqa: T201 - the protocol
        promote(wired, dataset, None, run)


def work(home: Path, seed: int) -> None:
    """Publish another sample, roll it back, and so on, until killed; say each state before and after it is reached."""
    while True:
        seed += 1
        publish(home, seed, say=True)
        print("rollback", flush=True)  # noqa: T201 - the protocol
        roll_back(system(home, seed), KEY, "previous", Cause(Action.ROLLBACK, "killed", "test"))


@pytest.mark.parametrize("worker", range(WORKERS))
def test_killed_at_any_moment_nothing_is_half_done_and_no_row_is_lost(tmp_path: Path, worker: int) -> None:
    dice = random.Random(worker)
    home = tmp_path / "home"
    publish(home, 1, ("geography/counties", KEY))
    publish(home, 2)
    for number in range(KILLS // WORKERS):
        at = MOMENTS[number % len(MOMENTS)]
        killed(home, 1_000 * (number + 1), at, dice.uniform(0.0, 0.8 if at == "run" else 0.1))
        whole(home)
        wired = system(home, 1)
        recover(wired)
        whole(home)
        assert not wired.state.unfinished()
        assert not recover(wired).plans
        conserved(wired)
        assert list(verify_all(wired)) == []
    publish(home, 3)
    whole(home)


def test_a_killed_command_leaves_a_home_that_the_next_one_works_in(tmp_path: Path) -> None:
    dice = random.Random("kfm run")
    home = tmp_path / "home"
    publish(home, 1, ("geography/counties", KEY))
    for number in range(KILLS // 12):
        command = [
            sys.executable,
            "-m",
            "kfm_assets",
            "--home",
            str(home),
            "run",
            KEY,
            "--partitions",
            "2015-07..2015-08",
        ]
        environment = {**os.environ, "KFM_SAMPLE_SIZE": str(SIZE), "KFM_SAMPLE_SEED": str(7 + number)}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(dice.uniform(2.0, 9.0))
            process.kill()
        recover(system(home, 1))
        whole(home)
        conserved(system(home, 1))
        assert list(verify_all(system(home, 1))) == []
    subprocess.run(command, env=environment, check=True, capture_output=True)
    whole(home)
    assert seed_of(system(home, 1), PARTITIONS[0]) == environment["KFM_SAMPLE_SEED"]


def killed(home: Path, seed: int, at: str, delay: float) -> None:
    """Let a process work, and kill it a while after it has begun what it is to be killed at."""
    code = f"from kfm_assets_tests.test_kills import work, Path; work(Path({str(home)!r}), {seed})"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout
        while process.stdout.readline().strip() != at:
            assert process.poll() is None, "it ended by itself"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def whole(home: Path) -> None:
    """What readers get is one release, in full: the rows of its builds' own accounts, from one sample."""
    wired = system(home, 1)
    stable = record.stable(wired, KEY)
    assert stable
    builds = record.builds(wired, stable)
    assert set(builds) == set(PARTITIONS)
    assert read(KEY, home=home).collect().height == sum(accounts(wired, list(builds.values()), record.tag(stable.id)))
    seeds = {seed_of(wired, partition) for partition in PARTITIONS}
    assert len(seeds) == 1, "partitions of two runs are mixed"


def accounts(wired: System, builds: list[str], ref: str) -> list[int]:
    rows = []
    for digest in builds:
        made = record.build(wired, digest)
        account = json.loads(wired.lake.read(ref, f"{KEY}/{making.account_path(made.partition)}"))
        rows.append(account["rows_out"][registry.specification(KEY).main.name])
    return rows


def seed_of(wired: System, partition: str) -> str:
    """Return the seed of the sample that a live partition was made from, as its acquisition's address tells."""
    stable = record.stable(wired, KEY)
    made = record.build(wired, record.build_id(wired, stable, partition))
    seeds = set()
    for _, path in raw.places(made):
        manifest = json.loads(wired.lake.read(raw.RAW, f"{path}.acquisition.json"))
        seeds.add(manifest["address"].split("seed=")[1].split("&")[0])
    return "".join(sorted(seeds))


def conserved(wired: System) -> None:
    """Every build that is live keeps all the rows that its files had."""
    stable = record.stable(wired, KEY)
    for digest in record.builds(wired, stable).values():
        verdicts = [one for one in wired.state.verdicts([digest]) if one.gate is Gate.QUALITY]
        assert verdicts
        assert verdicts[-1].outcome is Outcome.PASS
