"""Which of the files that were found are a dataset's, and which of several editions counts. No files, no sockets.

A file is a feed's when the feed's pattern is found in its path without a last `.gz`. Files of one feed and one
partition are editions of one another, and so are files of a feed whose names do not tell a partition where they differ
by their vintage or by `.gz` alone. Of several editions one is offered and names the others. It is, in this order:

1. the greatest vintage;
2. the shortest file name: an upstream's own `StormEvents_details…` holds all states, `KS_StormEvents_details…` is
   somebody's extract of it;
3. the plain file before the gzipped one, as it is the one that people open and look at;
4. the shortest path, then the first in the alphabet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kfm_assets.datasets.compression import is_gzipped, plain_name
from kfm_assets.domain.dataset import STATIC, Dataset, Feed, Grain
from kfm_assets.errors import NotFound
from kfm_assets.ports import Offer


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a feed: its path where it was found, its address, and what its name tells."""

    feed: Feed
    path: str
    address: str
    partition: str | None
    vintage: str
    identity: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The order among editions of one vintage: the least counts."""
        return len(plain_name(self.name)), is_gzipped(self.name), len(self.path), self.path


def recognise(dataset: Dataset, feeds: Sequence[Feed], path: str, address: str) -> Found | None:
    """Return the file as one of the first feed whose pattern is found in its path, or None."""
    plain = plain_name(path)
    for feed in feeds:
        match = re.search(feed.file_name, plain)
        if match:
            told = match.groupdict()
            partition = told.get("partition") or (STATIC if dataset.partitions.grain is Grain.STATIC else None)
            vintage = told.get("vintage") or ""
            identity = partition or (_without(plain, match.span("vintage")) if vintage else plain)
            return Found(feed, path, address, partition, vintage, identity)
    return None


def choose(found: Iterable[Found], partitions: Sequence[str] | None) -> list[Offer]:
    """Offer one file of each group of editions, for some partitions or all, sorted by partition, wire and name.

    A file's name is the last part of its path; where two offers would have the same name it is the whole path, with `-`
    for `/`.
    """
    groups: dict[tuple[str, bool, str], list[Found]] = {}
    for file in found:
        if partitions is None or file.partition is None or file.partition in partitions:
            groups.setdefault((file.feed.wire, file.partition is None, file.identity), []).append(file)
    chosen = [_editions(files) for files in groups.values()]
    names = Counter(plain_name(file.name) for file, _ in chosen)
    offers = [
        Offer(
            feed=file.feed,
            name=file.name if names[plain_name(file.name)] == 1 else file.path.replace("/", "-"),
            address=file.address,
            partition=file.partition,
            passed_over=tuple(other.path for other in others),
        )
        for file, others in chosen
    ]
    return sorted(offers, key=lambda offer: (offer.partition or "", offer.feed.wire, offer.name))


def nothing(source: str, dataset: Dataset) -> NotFound:
    """Return the error for a source that has nothing of a dataset; it names what was looked for."""
    wanted = "; ".join(f"{feed.wire}: {feed.file_name}" for feed in dataset.upstream.feeds)
    return NotFound(f"{source} has nothing of {dataset.key}", advice=f"looked for files whose names match {wanted}")


def _editions(files: list[Found]) -> tuple[Found, list[Found]]:
    newest = max(file.vintage for file in files)
    winner = min((file for file in files if file.vintage == newest), key=lambda file: file.rank)
    return winner, sorted((file for file in files if file is not winner), key=lambda file: file.path)


def _without(text: str, span: tuple[int, int]) -> str:
    return text[: span[0]] + text[span[1] :]
