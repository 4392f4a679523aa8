"""The trees and their bytes: the same again, in any process; nothing that could run code is read."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kfm_assets.datasets.models.storm_frequency import archive, features, training
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import IntegrityError
from kfm_assets_tests.datasets.models.test_features import made

ROWS = features.table(made(range(1960, 1972)))

_AGAIN = """
import sys
from kfm_assets.datasets.models.storm_frequency import archive, features, training
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets_tests.datasets.models.test_features import made
junk = [object() for _ in range(int(sys.argv[1]))]
print(digest_bytes(archive.dump(training.fit(features.table(made(range(1960, 1972)))))))
"""


@pytest.fixture(scope="module")
def content() -> bytes:
    return archive.dump(training.fit(ROWS))


def test_the_same_rows_are_the_same_bytes(content: bytes) -> None:
    assert archive.dump(training.fit(ROWS)) == content


def test_another_process_with_other_threads_makes_the_same_bytes(content: bytes) -> None:
    for threads, junk in (("1", "0"), ("4", "100000")):
        done = subprocess.run(
            [sys.executable, "-c", _AGAIN, junk],
            env={**os.environ, "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": junk[:4]},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == digest_bytes(content), threads


def test_one_event_more_makes_other_bytes(content: bytes) -> None:
    history = made(range(1960, 1972))
    history.storms[1970][5, 5] += 5
    assert archive.dump(training.fit(features.table(history))) != content


def test_what_was_stored_answers_as_what_was_trained(content: bytes) -> None:
    asked = training.matrix(ROWS, features.FEATURES)
    assert np.array_equal(archive.load(content).predict(asked), training.fit(ROWS).predict(asked))


def test_rows_ahead_are_not_trained_on(content: bytes) -> None:
    known = ROWS.filter(ROWS["observed_events"].is_not_null())
    assert known.height < ROWS.height
    assert archive.dump(training.fit(known)) == content


def test_the_answer_does_not_fall_where_a_division_had_more_of_late() -> None:
    trees = training.fit(ROWS)
    asked = training.matrix(ROWS, features.FEATURES)
    for name in features.MONOTONE:
        before = np.zeros(len(asked))
        for value in np.linspace(0, 4, 9):
            asked[:, features.FEATURES.index(name)] = value
            assert (trees.predict(asked) >= before).all()
            before = trees.predict(asked)


def _altered(content: bytes, alter: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            read = old.read(name)
            new.writestr(name, json.dumps(alter(json.loads(read))) if name == "schema.json" else read)
    return out.getvalue()


def test_an_archive_that_names_another_class_is_not_read(content: bytes) -> None:
    def dangerous(schema: dict[str, object]) -> dict[str, object]:
        schema["content"]["content"]["loss"] = {
            "__class__": "system",
            "__module__": "os",
            "__loader__": "TypeNode",
            "__id__": 1,
        }
        return schema

    with pytest.raises(IntegrityError, match=r"names os\.system"):
        archive.load(_altered(content, dangerous))


@pytest.mark.parametrize("broken", [b"", b"\x80\x04K\x01.", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_not_read(broken: bytes) -> None:
    with pytest.raises(IntegrityError):
        archive.load(broken)


def test_an_archive_names_what_is_trusted_and_nothing_else(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as stored:
        assert archive.classes(json.loads(stored.read("schema.json"))) == archive.TRUSTED
        assert {entry.date_time for entry in stored.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert stored.namelist() == sorted(stored.namelist())


def test_a_feature_of_which_nothing_is_known_is_left_aside() -> None:
    unknown = ROWS.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("pdsi_december", "pdsi_growing_season")
    )
    rates = training.fit(unknown).predict(training.matrix(unknown, features.FEATURES))
    assert np.isfinite(rates).all()
