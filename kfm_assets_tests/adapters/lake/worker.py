"""What the other processes of these tests do: `python -m kfm_assets_tests.adapters.lake.worker ROLE ROOT NAME AMOUNT`.

Each line on standard output is something that had returned by then.
"""

from __future__ import annotations

import itertools
import random
import resource
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.errors import Conflict, KfmError, NoChanges
from kfm_assets.ports import PRODUCTION


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def fresh(self) -> str:
        return f"{time.time_ns():020d}"


def write(lake: EmbeddedLake, name: str, amount: int) -> None:
    """Commit one file of one's own at a time to the production branch, and a file that everybody writes."""
    for number in range(amount):
        with lake.stage(PRODUCTION) as staging:
            staging.write(f"{name}/{number}", f"{name} {number}".encode())
            staging.write("shared", f"{name} {number}".encode())
            say(staging.commit("write").id)


def merge(lake: EmbeddedLake, name: str, amount: int) -> None:
    """Do the same by branches that are merged."""
    for number in range(amount):
        branch = f"run-{name}-{number}"
        lake.create_branch(branch, PRODUCTION)
        with lake.stage(branch) as staging:
            staging.write(f"{name}/{number}", f"{name} {number}".encode())
            staging.commit("write")
        say(lake.squash_merge(branch, PRODUCTION, "merge").id)
        lake.delete_branch(branch)


def churn(lake: EmbeddedLake, name: str, amount: int) -> None:
    """Do everything, for ever; say each commit to production with what it wrote."""
    rng = random.Random(f"{name} {amount}")
    for number in itertools.count():
        branch = f"work-{name}-{number}"
        lake.create_branch(branch, PRODUCTION)
        with lake.stage(branch) as staging:
            for _ in range(rng.randint(1, 20)):
                staging.write(f"{name}/{rng.randint(0, 200)}", rng.randbytes(rng.choice([10, 5_000, 200_000])))
            staging.write(f"{name}/last", f"{number}".encode())
            staging.commit("churn")
        with suppress(NoChanges, Conflict):
            say(lake.squash_merge(branch, PRODUCTION, "merge").id)
        lake.delete_branch(branch)
        if rng.random() < 0.5:
            lake.create_tag(f"rel-{name}-{number}", PRODUCTION)
        if rng.random() < 0.5:
            lake.collect(keep=[], before=datetime.now(UTC))


def rewrite(lake: EmbeddedLake, name: str, amount: int) -> None:
    """Stage and forget the same few contents again and again, so that they come and go."""
    for number in range(amount):
        branch = f"keep-{name}-{number}"
        lake.create_branch(branch, PRODUCTION)
        with lake.stage(branch) as staging:
            contents = {f"f{n}": f"content {(number + n) % 5}".encode() for n in range(3)}
            for path, content in contents.items():
                staging.write(path, content)
            commit = staging.commit("rewrite")
        for path, content in contents.items():
            assert lake.read(commit.id, path) == content
        if number:
            with lake.stage(branch) as staging:
                staging.restore(f"keep-{name}-{number - 1}", "")
                staging.write("own", name.encode())
                staging.commit("graft")
            lake.delete_branch(f"keep-{name}-{number - 1}")
        say(commit.id)


def collect(lake: EmbeddedLake, _: str, amount: int) -> None:
    """Collect all that can be collected, for some seconds."""
    until = time.monotonic() + amount
    while time.monotonic() < until:
        say(str(lake.collect(keep=[], before=datetime.now(UTC)).objects))


def hold(lake: EmbeddedLake, name: str, _: int) -> None:
    """Stage something and wait to be killed."""
    with lake.stage(PRODUCTION) as staging:
        staging.write(f"{name}/held", b"held")
        say("staged")
        time.sleep(60)


def overflow(lake: EmbeddedLake, name: str, amount: int) -> None:
    """Write more than a file may hold here; say what came of it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (amount, amount))
    try:
        with lake.stage(PRODUCTION) as staging:
            for number in range(4):
                staging.write(f"{name}/{number}", bytes([number]) * 400_000)
            staging.commit("too much")
    except KfmError as error:
        say(f"{type(error).__name__}: {error} ({error.advice})")


def say(line: str) -> None:
    """Tell the parent at once."""
    print(line, flush=True)  # noqa: T201 - it is how the parent learns of it


ROLES = {role.__name__: role for role in (write, merge, churn, rewrite, collect, hold, overflow)}

if __name__ == "__main__":
    ROLES[sys.argv[1]](EmbeddedLake(sys.argv[2], WallClock()), sys.argv[3], int(sys.argv[4]))
