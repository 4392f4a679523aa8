"""What other processes of these tests do: `python -m kfm_assets_tests.adapters.lakefs.worker ROLE ROOT NAME AMOUNT`.

The roles are those of the embedded lake's tests; the repository comes by the environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kfm_assets.adapters.lakefs.client import Server
from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets_tests.adapters.lake.worker import ROLES, WallClock

if __name__ == "__main__":
    server = Server(
        os.environ["KFM_TEST_LAKEFS_URL"],
        os.environ["KFM_TEST_LAKEFS_REPOSITORY"],
        os.environ["KFM_TEST_LAKEFS_ACCESS_KEY"],
        os.environ["KFM_TEST_LAKEFS_SECRET_KEY"],
    )
    ROLES[sys.argv[1]](LakeFSLake(server, Path(sys.argv[2], sys.argv[3]), WallClock()), sys.argv[3], int(sys.argv[4]))
