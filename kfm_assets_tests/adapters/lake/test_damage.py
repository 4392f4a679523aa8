"""Damage is found: by whoever reads what is damaged, and by verification wherever it is."""

from __future__ import annotations

import random
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.domain.canonical import digest_bytes, hexadecimal
from kfm_assets.errors import IntegrityError, NotFound
from kfm_assets.ports import PRODUCTION
from kfm_assets_tests.contracts.lake_contract import TickingClock, put

CONTENT = {"a/b": b"some bytes", "a/c": b"other bytes", "d": b"", **{f"m/{n}": b"%d" % n for n in range(100)}}


@pytest.fixture
def filled(lake: EmbeddedLake) -> EmbeddedLake:
    put(lake, PRODUCTION, CONTENT)
    lake.create_tag("rel-1", PRODUCTION)
    put(lake, PRODUCTION, {"a": None, "unreachable": b"garbage"})
    lake.create_branch("run-1", PRODUCTION)
    put(lake, "run-1", {"garbage": b"of a branch that goes"})
    lake.delete_branch("run-1")
    assert list(lake.verify()) == []
    return lake


def object_of(root: Path, content: bytes) -> Path:
    name = hexadecimal(digest_bytes(content))
    return root / "objects" / name[:2] / name[2:]


def flip(content: bytes, bit: int) -> bytes:
    bit %= len(content) * 8
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def spoil(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_a_look_at_a_file_sees_that_its_bytes_are_gone_or_cut_off(filled: EmbeddedLake, root: Path) -> None:
    (file,) = filled.files("rel-1", "a/b")
    assert filled.stat("rel-1", "a/b") == file
    for path in ("a", "a/z"):
        with pytest.raises(NotFound):
            filled.stat("rel-1", path)
    spoil(object_of(root, b"some bytes"), b"some byte")
    with pytest.raises(IntegrityError):
        filled.stat("rel-1", "a/b")
    object_of(root, b"some bytes").unlink()
    with pytest.raises(IntegrityError, match="missing"):
        filled.stat("rel-1", "a/b")
    assert filled.stat("rel-1", "a/c")


def test_a_flipped_bit_in_any_object_is_found(filled: EmbeddedLake, root: Path) -> None:
    rng = random.Random(3)
    objects = [path for path in sorted((root / "objects").rglob("*")) if path.is_file() and path.stat().st_size]
    assert len(objects) == len(CONTENT) - 1 + 2
    for path in [*rng.sample(objects, 10), object_of(root, b"of a branch that goes")]:
        whole = path.read_bytes()
        spoil(path, flip(whole, rng.randrange(10_000)))
        assert [problem.where for problem in filled.verify()] == [str(path)]
        spoil(path, whole)
    assert list(filled.verify()) == []


@pytest.mark.parametrize(
    "column", [("nodes", "content"), ("nodes", "digest"), ("commits", "document"), ("commits", "id")]
)
def test_a_flipped_bit_in_any_row_is_found(filled: EmbeddedLake, root: Path, column: tuple[str, str]) -> None:
    table, name = column
    with sqlite3.connect(root / "lake.db") as database:
        rows = database.execute(f"SELECT rowid, {name} FROM {table}").fetchall()  # noqa: S608 - names from above
    for row, (number, value) in enumerate(rows):
        raw = value.encode() if isinstance(value, str) else value
        for changed in (flip(raw, 1 + 37 * row), value):
            kept = changed if isinstance(value, bytes) or isinstance(changed, str) else changed.decode("latin-1")
            database.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (kept, number))  # noqa: S608 - as above
            database.commit()
            assert (list(EmbeddedLake(root, TickingClock()).verify()) == []) == (changed == value)
            assert (list(filled.verify()) == []) == (changed == value)
    database.close()
    assert len(rows) >= 4


@pytest.mark.parametrize("table", ["nodes", "commits"])
def test_a_row_that_is_gone_is_found(filled: EmbeddedLake, root: Path, table: str) -> None:
    """Of the nodes, any but those that a collection would take."""
    filled.collect(keep=[], before=filled.resolve(PRODUCTION).at + timedelta(days=1))
    with sqlite3.connect(root / "lake.db") as database:
        rows = database.execute(f"SELECT rowid, * FROM {table}").fetchall()  # noqa: S608 - names from above
    for row in rows:
        database.execute(f"DELETE FROM {table} WHERE rowid = ?", row[:1])  # noqa: S608 - as above
        database.commit()
        assert list(filled.verify())
        marks = ", ".join("?" * (len(row) - 1))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", row[1:])  # noqa: S608 - as above
        database.commit()
        assert list(filled.verify()) == []
    database.close()
    assert len(rows) >= 3


def test_references_to_nothing_are_found(filled: EmbeddedLake, root: Path) -> None:
    with sqlite3.connect(root / "lake.db") as database:
        database.execute("UPDATE refs SET head = ? WHERE name = 'rel-1'", ("f" * 64,))
    database.close()
    assert [problem.where for problem in filled.verify()] == ["tag rel-1"]


def test_a_wrong_depth_is_found(filled: EmbeddedLake, root: Path) -> None:
    head = filled.resolve(PRODUCTION).id
    with sqlite3.connect(root / "lake.db") as database:
        database.execute("UPDATE commits SET depth = 7 WHERE id = ?", (head,))
    database.close()
    assert f"commit {head}" in [problem.where for problem in filled.verify()]


def test_missing_truncated_misnamed_and_stray_files_are_found(filled: EmbeddedLake, root: Path) -> None:
    paths = {content: object_of(root, content) for content in CONTENT.values()}
    paths[b"some bytes"].unlink()
    spoil(paths[b"other bytes"], b"other")
    paths[b"0"].rename(paths[b"0"].with_name("0" * 62))
    (root / "objects" / "note.txt").write_text("stray")
    (root / "stray").write_text("stray")
    wheres = {problem.where for problem in filled.verify()}
    assert wheres == {
        "a/b",
        str(paths[b"other bytes"]),
        "m/0",
        str(paths[b"0"].with_name("0" * 62)),
        str(root / "objects" / "note.txt"),
        str(root / "stray"),
    }


@pytest.mark.parametrize("damage", ["flipped", "missing", "truncated"])
def test_readers_refuse_what_is_damaged_and_staging_it_again_mends_it(
    filled: EmbeddedLake, root: Path, damage: str
) -> None:
    path, whole = object_of(root, b"some bytes"), b"some bytes"
    if damage == "missing":
        path.unlink()
    else:
        spoil(path, flip(whole, 9) if damage == "flipped" else whole[:-1])
    for reader in (filled.read, filled.fetch):
        with pytest.raises(IntegrityError, match=f"a/b.*{digest_bytes(whole)}"):
            reader("rel-1", "a/b")
    put(filled, PRODUCTION, {"again": whole})
    assert filled.read("rel-1", "a/b") == whole
    assert list(filled.verify()) == []


@pytest.mark.usefixtures("filled")
def test_readers_refuse_damaged_nodes_and_commits(root: Path) -> None:
    with sqlite3.connect(root / "lake.db") as database:
        database.execute("UPDATE nodes SET content = cast(replace(content, 'sha256:', 'sha255:') AS BLOB)")
        database.execute("UPDATE commits SET document = cast(replace(document, 'put', 'pat') AS BLOB) WHERE depth = 1")
    database.close()
    again = EmbeddedLake(root, TickingClock())
    with pytest.raises(IntegrityError, match="commit"):
        again.resolve("rel-1")
    with pytest.raises(IntegrityError, match="node"):
        list(again.files(PRODUCTION))


def test_a_damaged_page_of_the_database_is_found(filled: EmbeddedLake, root: Path) -> None:
    filled.close()
    path = root / "lake.db"
    whole = path.read_bytes()
    page = 2 * 4096
    path.write_bytes(whole[:page] + bytes(4096) + whole[page + 4096 :])
    assert list(EmbeddedLake(root, TickingClock()).verify())
