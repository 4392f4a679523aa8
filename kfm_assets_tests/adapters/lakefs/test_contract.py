"""The lake's contract on lakeFS. `conftest` says on which server, and how what is recorded of it is recorded again."""

from __future__ import annotations

from kfm_assets_tests.contracts.lake_contract import LakeContract


class TestLakeFS(LakeContract):
    """The scenarios."""
