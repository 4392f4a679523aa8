"""What other processes of these tests do: `python -m kfm_assets_tests.adapters.lakefs.worker ROLE ROOT NAME AMOUNT`.

The roles are those of the embedded lake's tests, and one more; the repository comes by the environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.worker import ROLES, WallClock, say

PARTS = 4


def promote(lake: LakeFSLake, name: str, amount: int) -> None:
    """Bring whole states of a dataset live by audit branches, with nobody's lease; say what came of each."""
    dataset = name.partition("-")[0]
    for number in range(amount):
        release = f"{name}.{number}"
        head = lake.create_branch(f"audit-{name}-{number}", PRODUCTION)
        with lake.stage(f"audit-{name}-{number}") as staging:
            staging.remove(dataset)
            for part in range(PARTS):
                staging.write(f"{dataset}/{part}", release.encode())
            staging.commit("audit")
        try:
            say(f"landed {lake.squash_merge(f'audit-{name}-{number}', PRODUCTION, release, parent=head.id).id}")
        except Conflict:
            say(f"conflict {release}")


if __name__ == "__main__":
    server = Server(
        os.environ["KFM_TEST_LAKEFS_URL"],
        os.environ["KFM_TEST_LAKEFS_REPOSITORY"],
        os.environ["KFM_TEST_LAKEFS_ACCESS_KEY"],
        os.environ["KFM_TEST_LAKEFS_SECRET_KEY"],
    )
    (ROLES | {"promote": promote})[sys.argv[1]](
        LakeFSLake(server, Path(sys.argv[2], sys.argv[3]), WallClock()), sys.argv[3], int(sys.argv[4])
    )
