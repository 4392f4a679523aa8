"""Bytes that are not what their digest says, or are gone, or came from elsewhere: what readers and verification do."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from lakefs_sdk.models.commit_creation import CommitCreation

from kfm_assets.adapters.lakefs.lake import LakeFSLake
from kfm_assets.domain.canonical import Digest, digest_bytes
from kfm_assets.errors import IntegrityError
from kfm_assets.ports import PRODUCTION, File
from kfm_assets_tests.contracts.lake_contract import held, put


def store(lake: LakeFSLake, path: str, content: bytes, digits: str | None) -> str:
    """Put an object on a branch of its own as somebody else would, with a digest that may be wrong."""
    lake.create_branch("run-1", PRODUCTION)
    client = lake._client
    headers = {"Content-Type": "text/plain"} | ({"X-Lakefs-Meta-sha256": digits} if digits else {})
    client.api.update_params_for_auth(headers, [], ["basic_auth"], "", "POST", None)
    url = f"{client.api.configuration.host}/repositories/{client.repository}/branches/run-1/objects?path={path}"
    pool = client.api.rest_client.pool_manager
    assert pool.request("POST", url, headers=headers, body=io.BytesIO(content)).status == 201
    words = CommitCreation(message="by hand", metadata={}, date=None, allow_empty=False)
    return client.sdk.commits_api.commit(client.repository, "run-1", words).id


def test_bytes_that_are_not_what_their_digest_says_are_not_given_out(lake: LakeFSLake) -> None:
    wrong = hashlib.sha256(b"other").hexdigest()
    commit = store(lake, "a", b"bytes", wrong)
    assert list(lake.files(commit)) == [File("a", Digest(f"sha256:{wrong}"), 5)]
    with pytest.raises(IntegrityError):
        lake.read(commit, "a")
    with pytest.raises(IntegrityError):
        lake.fetch(commit, "a")
    problems = list(lake.verify())
    assert [problem.where for problem in problems] == ["a"]


def test_objects_without_a_digest_are_read_for_it(lake: LakeFSLake) -> None:
    commit = store(lake, "a", b"bytes", None)
    assert list(lake.files(commit)) == [File("a", digest_bytes(b"bytes"), 5)]
    assert lake.read(commit, "a") == b"bytes"
    assert list(lake.verify()) == []


def test_a_local_copy_that_was_changed_is_fetched_again(lake: LakeFSLake) -> None:
    put(lake, PRODUCTION, {"a": b"bytes"})
    path = Path(lake.fetch(PRODUCTION, "a"))
    path.chmod(0o644)
    path.write_bytes(b"BYTES")
    assert Path(lake.fetch(PRODUCTION, "a")).read_bytes() == b"bytes"
    assert path.stat().st_mode & 0o222 == 0


def test_a_lost_index_is_learned_again(lake: LakeFSLake) -> None:
    put(lake, PRODUCTION, {"a/b": b"1", "c": b"2"})
    put(lake, PRODUCTION, {"a/b": None})
    tree = lake.tree(PRODUCTION)
    lake.close()
    for path in lake._cache.glob("index.db*"):
        path.unlink()
    again = LakeFSLake(lake._client.server, lake._cache, lake._clock)
    again._client.api.rest_client.pool_manager = lake._client.api.rest_client.pool_manager
    assert again.tree(PRODUCTION) == tree
    assert held(again, PRODUCTION) == {"c": b"2"}
    again.close()


def test_a_damaged_index_says_so(lake: LakeFSLake) -> None:
    put(lake, PRODUCTION, {"a": b"1"})
    lake.close()
    (lake._cache / "index.db").write_bytes(b"no database at all" * 100)
    for path in lake._cache.glob("index.db-*"):
        path.unlink()
    with pytest.raises(IntegrityError) as caught:
        lake.tree(PRODUCTION)
    assert "remove the file" in caught.value.advice
