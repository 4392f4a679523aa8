"""A folder of upstream files: recorded answers, or whatever somebody dropped in. It is only read.

Files are found by the upstream's own names, however the folder is laid out. Hidden files and folders (a name that
begins with a dot, such as the `._…` companions that macOS leaves) are no upstream's and are left aside. Links are
followed; a folder that was read already is not read again, so links in a circle end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from kfm_assets.adapters.sources.matching import choose, nothing, recognise
from kfm_assets.adapters.sources.periods import demand
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import Dataset
from kfm_assets.errors import NotFound, Unavailable
from kfm_assets.ports import Clock, Delivery, Known, Offer

_OK = 200


class FolderSource:
    """Upstream files that lie in a folder, at any depth."""

    origin = Origin.REAL

    def __init__(self, path: str | Path, clock: Clock) -> None:
        """Keep the path; it is read when somebody asks, so that a folder which is not there hurts nobody before."""
        self.name = str(path)
        self._path = Path(path).expanduser()
        self._clock = clock

    def offers(self, dataset: Dataset, partitions: Sequence[str] | None) -> Sequence[Offer]:
        """List the newest edition of each of the dataset's files.

        Raises:
            NotFound: when there is no such folder, nothing of the dataset in it, or no such partition.
            Unavailable: when the folder cannot be read.
        """
        demand(dataset, partitions or (), self._clock.now())
        if not self._path.is_dir():
            raise NotFound(
                f"there is no folder {self.name!r}", advice="a source is sample, live or the path of a folder"
            )
        root = self._path.resolve()
        candidates = (
            recognise(dataset, dataset.upstream.feeds, path.relative_to(root).as_posix(), path.as_uri())
            for path in _files(root, set())
        )
        found = [file for file in candidates if file]
        if not found:
            raise nothing(self.name, dataset)
        return choose(found, partitions)

    def deliver(self, offer: Offer, known: Known | None = None) -> Delivery:
        """Read one file as it lies there, gzipped if it is; `at` is now, when it was taken. `known` saves nothing here.

        Raises:
            Unavailable: when the file is gone or cannot be read.
        """
        del known
        path = Path(os.fsdecode(unquote_to_bytes(urlsplit(offer.address).path)))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Unavailable(
                f"cannot read {path}: {error.strerror}", advice="look at the file and its rights"
            ) from error
        return Delivery(offer, content, _OK, {}, self._clock.now())


def _files(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Yield the files below a folder, in order of their names; a link to nowhere is yielded, so that it is missed."""
    try:
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise Unavailable(
            f"cannot read {folder}: {error.strerror}", advice="look at the folder and its rights"
        ) from error
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(Path(entry.path), seen)
        elif entry.is_file() or not Path(entry.path).exists():
            yield Path(entry.path)
