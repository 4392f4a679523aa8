"""What another process does in the served world: `python -m kfm_assets_tests.engine.promoting ROLE FOLDER NAME …`.

It says `ready`, waits for a line, and then says what came of each thing that it did, one line each.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from kfm_assets.engine.promote import promote
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.served import ServedWorld, load

ROUNDS = 2


def say(line: str) -> None:
    """Tell the parent at once."""
    print(line, flush=True)  # noqa: T201 - it is how the parent learns of it


def publish(world: ServedWorld, name: str, dataset: str, partition: str) -> None:
    """Make a build of a partition and promote it, and again."""
    for number in range(ROUNDS):
        world.prepare({partition: f"{name} {number}"}, dataset=dataset)
        try:
            done = promote(world.system(), dataset, [partition])
        except Conflict as conflict:
            say(f"conflict {conflict}")
        else:
            say(f"landed {done.release}" if done.changed else "nothing to do")


def intrude(world: ServedWorld, name: str, *_: str) -> None:
    """Move production in somebody else's way, without the lease, until killed."""
    for number in itertools.count():
        branch = f"other-{name}-{number}"
        world.lake.create_branch(branch, PRODUCTION)
        with world.lake.stage(branch) as staging:
            staging.write(f"elsewhere/{name}", str(number).encode())
            staging.commit("elsewhere")
        say(world.lake.squash_merge(branch, PRODUCTION, "elsewhere").id)
        world.lake.delete_branch(branch)


ROLES = {role.__name__: role for role in (publish, intrude)}

if __name__ == "__main__":
    folder, own = Path(sys.argv[2]), sys.argv[3]
    here = ServedWorld(folder, load(folder / "server.json"), own)
    say("ready")
    sys.stdin.readline()
    ROLES[sys.argv[1]](here, *sys.argv[3:])
