"""A real server takes the same random steps as the model."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.ports import PRODUCTION, Clock
from kfm_assets_tests.adapters.lakefs.servers import needs_server, repository
from kfm_assets_tests.contracts.test_lake import InStep, walk
from kfm_assets_tests.memory_lake import MemoryLake

EXAMPLES = 60 if os.environ.get("KFM_TEST_LONG") == "1" else 3


@needs_server
def test_a_real_server_stays_in_step_with_the_model() -> None:
    with ExitStack() as made:

        def factory(folder: Path, clock: Clock) -> LakeFSLake:
            return LakeFSLake(made.enter_context(repository()), folder, clock)

        model = partial(MemoryLake, collecting=False, protected={PRODUCTION})
        walk(type("Machine", (InStep,), {"factory": staticmethod(factory), "model": staticmethod(model)}), EXAMPLES)
