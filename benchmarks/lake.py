"""What the embedded lake costs, as ratios against rivals in the same run.

Everything that writes is on disk when its time is taken: the lake by itself, plain files by fsync of each and of their
folder, git by its own default (`core.fsync`: the pack is fsynced). Rivals take turns, and the median of the turns
counts. Files are random bytes. All of it lies in one temporary folder (`TMPDIR` moves it).
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure
from kfm_assets.adapters.lake.embedded import EmbeddedLake
from kfm_assets.ports import PRODUCTION

TURNS = 9
FILES, FILE_BYTES = 1_000, 100_000
LARGE, SMALL, CHANGED = 100_000, 1_000, 100
_TAG = "rel-1"  # readers follow a release's tag
_AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)

    def fresh(self) -> str:
        """Return a name."""
        return f"{time.time_ns():020d}"


def measure() -> list[Figure]:
    """Measure everything; takes about a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-lake-") as folder:
        return [*_files(Path(folder)), *_changes(Path(folder))]


def main() -> None:
    """Print the rows."""
    for figure in measure():
        met = "met " if figure.met else "MISS"
        print(f"{met} {figure.name}: {figure.value} (to reach {figure.target}). {figure.note}")


# --- many files in, and out again


def _files(folder: Path) -> list[Figure]:
    content = {f"data/{n:04d}": os.urandom(FILE_BYTES) for n in range(FILES)}
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
    times: dict[str, list[float]] = {name: [] for name in ("lake in", "plain in", "lake out", "plain out")}
    for turn in range(TURNS):
        lake = EmbeddedLake(folder / f"lake-{turn}", WallClock())
        plain = folder / f"plain-{turn}"
        times["plain in"].append(_timed(partial(_plain_in, plain, content)))
        times["lake in"].append(_timed(partial(_lake_in, lake, content)))
        times["plain out"].append(_timed(partial(_plain_out, plain, digests)))
        times["lake out"].append(_timed(partial(_lake_out, lake, digests)))
        lake.close()
        shutil.rmtree(folder / f"lake-{turn}")
        shutil.rmtree(plain)
    middle = {name: statistics.median(values) for name, values in times.items()}
    size = f"{FILES:,} x {FILE_BYTES // 1000} kB"
    return [
        _ratio(
            f"lake: write {size} and commit", middle["lake in"], middle["plain in"], 2.0, "plain files, each fsynced"
        ),
        _ratio(
            f"lake: read {size} back and check", middle["lake out"], middle["plain out"], 1.2, "plain read and sha256"
        ),
    ]


def _lake_in(lake: EmbeddedLake, content: Mapping[str, bytes]) -> None:
    with lake.stage(PRODUCTION) as staging:
        for path, data in content.items():
            staging.write(path, data)
        lake.create_tag(_TAG, staging.commit("all of it").id)


def _plain_in(folder: Path, content: Mapping[str, bytes]) -> None:
    (folder / "data").mkdir(parents=True)
    for path, data in content.items():
        with (folder / path).open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    descriptor = os.open(folder / "data", os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _lake_out(lake: EmbeddedLake, digests: Mapping[str, str]) -> None:
    for path in digests:
        lake.read(_TAG, path)


def _plain_out(folder: Path, digests: Mapping[str, str]) -> None:
    for path, digest in digests.items():
        with open(f"{folder}/{path}", "rb") as stream:  # noqa: PTH123 - the quickest way there is
            assert hashlib.sha256(stream.read()).hexdigest() == digest


# --- a small change of a large tree


def _changes(folder: Path) -> list[Figure]:
    lakes = {count: _loaded(folder / f"of-{count}", count) for count in (LARGE, SMALL)}
    repository = _git_loaded(folder / "git", LARGE)
    times: dict[str, list[float]] = {"large": [], "small": [], "git": []}
    for turn in range(TURNS):
        for name, count in (("large", LARGE), ("small", SMALL))[:: 1 if turn % 2 else -1]:  # who follows git alternates
            content = _changed(count, turn)
            times[name].append(_timed(partial(_lake_change, lakes[count], f"run-{turn}", content)))
        content = _changed(LARGE, turn)
        times["git"].append(_timed(partial(_git_change, repository, f"run-{turn}", content)))
    middle = {name: statistics.median(values) for name, values in times.items()}
    what = f"lake: branch, write, commit and merge {CHANGED} changed among {LARGE:,}"
    gain = middle["git"] / middle["large"]
    return [
        _ratio(what, middle["large"], middle["small"], 1.5, f"the same among {SMALL:,}"),
        Figure(
            f"{what}, against git",
            ">= 50x faster",
            f"{gain:.1f}x faster",
            gain >= 50,
            f"{middle['large'] * 1e3:.0f} ms against {middle['git'] * 1e3:.0f} ms for git fast-import, merge-tree, "
            f"commit-tree and update-ref; changed files of {FILE_BYTES // 1000} kB",
        ),
    ]


def _changed(count: int, turn: int) -> dict[str, bytes]:
    return {_path(n): os.urandom(FILE_BYTES) for n in range(turn, count, count // CHANGED)}


def _path(number: int) -> str:
    return f"data/{number:06d}"


def _loaded(root: Path, count: int) -> EmbeddedLake:
    """Fill a lake by the same few contents, so that loading it takes seconds: only the tree's size matters here."""
    lake = EmbeddedLake(root, WallClock())
    with lake.stage(PRODUCTION) as staging:
        for number in range(count):
            staging.write(_path(number), b"%d" % (number % 100))
        staging.commit("load")
    return lake


def _lake_change(lake: EmbeddedLake, branch: str, content: Mapping[str, bytes]) -> None:
    lake.create_branch(branch, PRODUCTION)
    with lake.stage(branch) as staging:
        for path, data in content.items():
            staging.write(path, data)
        staging.commit("change")
    lake.squash_merge(branch, PRODUCTION, "merge")


def _git_loaded(folder: Path, count: int) -> Path:
    """Fill a repository with the same tree, by `mktree`: fast-import takes half a minute for it."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    blobs = [_git(folder, "hash-object", "-w", "--stdin", stdin=b"%d" % n).strip() for n in range(100)]
    names = (_path(n).removeprefix("data/") for n in range(count))
    rows = "".join(f"100644 blob {blobs[n % 100]}\t{name}\n" for n, name in enumerate(names))
    tree = _git(folder, "mktree", stdin=rows.encode()).strip()
    root = _git(folder, "mktree", stdin=f"040000 tree {tree}\tdata\n".encode()).strip()
    _git(folder, "update-ref", "refs/heads/main", _git(folder, *_AUTHOR, "commit-tree", "-m", "load", root).strip())
    return folder


def _git_change(folder: Path, branch: str, content: Mapping[str, bytes]) -> None:
    _git(folder, "fast-import", "--quiet", stdin=_stream(branch, "refs/heads/main^0", content))
    tree = _git(folder, "merge-tree", "--write-tree", "main", branch).split()[0]
    commit = _git(folder, *_AUTHOR, "commit-tree", "-p", "main", "-m", "merge", tree).strip()
    _git(folder, "update-ref", "refs/heads/main", commit)


def _stream(branch: str, parent: str, content: Mapping[str, bytes]) -> bytes:
    """Write a commit as git fast-import reads it (https://git-scm.com/docs/git-fast-import)."""
    out = io.BytesIO()
    out.write(f"commit refs/heads/{branch}\ncommitter bench <bench@localhost> 1700000000 +0000\ndata 1\nx\n".encode())
    if parent:
        out.write(f"from {parent}\n".encode())
    for path, data in content.items():
        out.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    return out.getvalue()


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], input=stdin, check=True, capture_output=True
    ).stdout.decode()


# --- timing


def _timed(act: Callable[[], None]) -> float:
    os.sync()  # nobody pays for what another left in the page cache
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _ratio(name: str, ours: float, rivals: float, most: float, rival: str) -> Figure:
    ratio = ours / rivals
    note = f"{ours * 1e3:.0f} ms against {rivals * 1e3:.0f} ms for {rival}; median of {TURNS}"
    return Figure(name, f"<= {most:.1f}x", f"{ratio:.2f}x", ratio <= most, note)


if __name__ == "__main__":
    main()
