"""What a lake on a lakeFS server costs beside the embedded one, for one dataset of 1,000 to 100,000 objects.

There is nothing to reach: a server on the same machine is a server. It is named by `KFM_TEST_LAKEFS_URL`,
`KFM_TEST_LAKEFS_ACCESS_KEY` and `KFM_TEST_LAKEFS_SECRET_KEY`, as for the tests; without one nothing is measured. Takes
some five minutes, most of which is 111,000 uploads.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.promotion import CONTENT, STAGED, make_live, opened, partitions, path, rounds
from kfm_assets import settings, wiring
from kfm_assets.ports import PRODUCTION, State, System

SIZES = (1_000, 10_000, 100_000)
TURNS = 7
KINDS = 100
LAKES = ("embedded", "lakeFS")
STEPS = {
    "write and commit all": f"400 bytes each, of {KINDS} kinds: the embedded lake keeps each once, lakeFS is sent all",
    "branch": "",
    "write": "one object, as it is staged: neither lake has committed it",
    "commit": "one object; on lakeFS with its upload, by a branch of its own that is merged",
    "merge": "one object, squashed, and compared with what was planned",
    "promote": "one partition, verdicts' fold to DONE; receipt and manifest judged, no catalogs",
    "roll back": "the same back, to DONE",
    "the pointer's flip": "of a promotion, with DONE: it is in the state, and no lake is asked",
}
_ASIDE = "aside"
"""A branch with all the objects, that no release is made from."""

Taken = Mapping[str, float]


def measure() -> list[Figure]:
    """Return a row for each step: how many times as long it takes on lakeFS, at each size. Empty without a server."""
    if not os.environ.get("KFM_TEST_LAKEFS_URL"):
        print("no server: KFM_TEST_LAKEFS_URL is not set")
        return []
    taken = {}
    for size, lake in itertools.product(SIZES, LAKES):
        print(f"       {lake}, {size:,} objects", flush=True)
        taken[lake, size] = _taken(lake, size)
    return [_figure(step, taken) for step in STEPS]


def _figure(step: str, taken: Mapping[tuple[str, int], Taken]) -> Figure:
    times = {lake: [taken[lake, size][step] for size in SIZES] for lake in LAKES}
    ratios = [there / here for here, there in zip(times["embedded"], times["lakeFS"], strict=True)]
    told = "; ".join(f"{lake} {', '.join(map(_time, times[lake]))}" for lake in reversed(LAKES))
    return Figure(
        name=f"{step}: lakeFS against embedded, at {', '.join(f'{size:,}' for size in SIZES)} objects",
        target="reported",
        value=", ".join(f"{ratio:,.1f}x" for ratio in ratios),
        met=None,
        note="; ".join(filter(None, [told, STEPS[step]])),
    )


def _time(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1e3:,.{1 if seconds < 0.01 else 0}f} ms"


def _taken(lake: str, size: int) -> Taken:
    """Measure every step on one lake at one size."""
    with tempfile.TemporaryDirectory(prefix="kfm-bench-") as folder, _chosen(lake) as chosen:
        system, flips = _watched(opened(Path(folder), **chosen))
        names = partitions(size)
        taken = {"write and commit all": _load(system, names)}
        make_live(system, names)
        taken |= _change(system, names)
        taken["promote"], taken["roll back"] = rounds(system)
        taken["the pointer's flip"] = statistics.median(flips)
        system.lake.close()  # type: ignore[attr-defined]
        return taken


@contextmanager
def _chosen(lake: str) -> Iterator[dict[str, str]]:
    """Give the settings that choose a lake; a repository is made for it, and removed."""
    if lake == "embedded":
        yield {"lake": "embedded"}
        return
    names = {"lakefs_endpoint": "URL", "lakefs_access_key": "ACCESS_KEY", "lakefs_secret_key": "SECRET_KEY"}
    chosen = {name: os.environ[f"KFM_TEST_LAKEFS_{variable}"] for name, variable in names.items()}
    chosen["lake"] = f"lakefs://bench-{uuid.uuid4().hex[:12]}"
    setup = wiring.lake_setup(settings.load(**chosen))
    assert setup
    list(setup.initialise())
    try:
        yield chosen
    finally:
        setup.remove()


class _Watch:
    """A state that is watched: how long each end of a plan takes, where the pointer moves in the same transaction."""

    def __init__(self, state: State, taken: list[float]) -> None:
        """Watch a state."""
        self._state, self._taken = state, taken

    def __getattr__(self, name: str) -> object:
        """Return the state's own."""
        return getattr(self._state, name)

    def finish(self, *arguments: object) -> None:
        """Do it, and keep how long it took."""
        start = time.perf_counter()
        self._state.finish(*arguments)  # type: ignore[arg-type]
        if arguments[-1] is not None:
            self._taken.append(time.perf_counter() - start)


def _watched(system: System) -> tuple[System, list[float]]:
    taken: list[float] = []
    return replace(system, state=_Watch(system.state, taken)), taken


def _load(system: System, names: list[str]) -> float:
    """Put all the objects on a branch; return the seconds."""
    system.lake.create_branch(STAGED, PRODUCTION)
    start = time.perf_counter()
    with system.lake.stage(STAGED) as staging:
        for number, name in enumerate(names):
            staging.write(path(name), CONTENT + b" " * (number % KINDS))  # the first is the one that is promoted
        staging.commit("all of them")
    return time.perf_counter() - start


def _change(system: System, names: list[str]) -> dict[str, float]:
    """Change one object after another, each on a branch of its own; return the median of each step, in seconds."""
    lake, taken = system.lake, defaultdict(list)
    lake.create_branch(_ASIDE, STAGED)

    def done(step: str, start: float) -> float:
        now = time.perf_counter()
        taken[step].append(now - start)
        return now

    for turn in range(TURNS):
        branch, other = f"run-turn-{turn}", names[len(names) // 2 + turn]
        now = time.perf_counter()
        lake.create_branch(branch, _ASIDE)
        now = done("branch", now)
        with lake.stage(branch) as staging:
            now = time.perf_counter()
            staging.write(path(other), os.urandom(1_000))
            now = done("write", now)
            staging.commit("one")
            now = done("commit", now)
        now = time.perf_counter()
        lake.squash_merge(branch, _ASIDE, "one")
        done("merge", now)
    return {step: statistics.median(values) for step, values in taken.items()}
