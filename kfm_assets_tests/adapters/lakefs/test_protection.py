"""Which branches the server's rules cover; and a rule that was lifted, which counts on the server for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from lakefs_sdk.exceptions import ForbiddenException

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.adapters.lakefs.protection import covers
from kfm_assets.errors import Conflict
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.adapters.lake.worker import WallClock
from kfm_assets_tests.adapters.lakefs.servers import needs_server, opened
from kfm_assets_tests.contracts.lake_contract import put


@pytest.mark.parametrize(
    "pattern",
    ["env-prod", "env-*", "*", "**", "env-pro?", "[a-f]nv-prod", "[!a]nv-prod", "{env,run}-prod", r"env\-prod"],
)
def test_a_pattern_covers_a_branch(pattern: str) -> None:
    assert covers({"other", pattern}, PRODUCTION)


@pytest.mark.parametrize(
    "pattern",
    [
        "env",
        "prod",
        "env-prod-2",
        "env?prod?",
        "[!e]nv-prod",
        "{run,env}",
        "env.prod",
        r"env-\*",
        "ENV-PROD",
        "env,env-prod",
    ],
)
def test_a_pattern_does_not_cover_a_branch(pattern: str) -> None:
    assert not covers({pattern}, PRODUCTION)
    assert not covers(set(), PRODUCTION)


@needs_server
def test_a_branch_whose_protection_was_lifted_is_reset_once_the_server_knows(tmp_path: Path) -> None:
    with opened(tmp_path, WallClock()) as lake:
        first, second = (put(lake, PRODUCTION, {"a": content}) for content in (b"1", b"2"))
        refused_by_the_server_itself(lake, first.id)
        with pytest.raises(Conflict):
            lake.reset(PRODUCTION, first.id, before=second.id)
        assert lake.resolve(PRODUCTION) == second
        lake._client.sdk.repositories_api.set_branch_protection_rules(lake._client.repository, [])
        lake.reset(PRODUCTION, first.id, before=second.id)
        assert lake.resolve(PRODUCTION) == first


def refused_by_the_server_itself(lake: LakeFSLake, commit: str) -> None:
    """See that a reset that goes around the adapter is refused, which also makes the server read its rules."""
    with pytest.raises(ForbiddenException):
        lake._client.sdk.experimental_api.hard_reset_branch(lake._client.repository, PRODUCTION, commit)
