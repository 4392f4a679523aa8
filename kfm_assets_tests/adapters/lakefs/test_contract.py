"""The lake's contract on lakeFS. `conftest` says on which server, and how what is recorded of it is recorded again."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.contracts.lake_contract import LakeContract, put


class TestLakeFS(LakeContract):
    """The scenarios."""

    def found(self, lake: LakeFSLake, address: str) -> bytes:
        """Return what lakeFS' own tools find at an address; they read it as a URL."""
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("lakefs", lake._client.repository)
        ref, _, path = unquote(parts.path).removeprefix("/").partition("/")
        return bytes(lake._client.sdk.objects_api.get_object(parts.netloc, ref, path))

    def test_production_is_protected(self, lake: LakeFSLake) -> None:
        put(lake, PRODUCTION, {"a": b"1"})
        assert lake.is_protected(PRODUCTION)
