"""The sample generators as a source: the same bytes for the same size and seed, always synthetic. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from kfm_assets.adapters.sources.matching import Found, choose, recognise
from kfm_assets.adapters.sources.periods import demand
from kfm_assets.datasets import registry
from kfm_assets.datasets.program import Program
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import Dataset, Feed
from kfm_assets.errors import BadInput
from kfm_assets.ports import Clock, Delivery, Known, Offer

SIZE = 200
"""Rows in a partition, or so, where nobody asks for another number."""

SEED = 1861
"""The seed where nobody asks for another one: the year in which Kansas became a state."""

_OK = 200
_SCHEME = "sample"


class SampleSource:
    """What the datasets' own generators write.

    An offer's address holds all that its bytes follow from: `sample://hazards/storm_events/NAME?partition=&size=&seed=`.
    """

    name = "sample"
    origin = Origin.SYNTHETIC

    def __init__(
        self,
        clock: Clock,
        *,
        size: int = SIZE,
        seed: int = SEED,
        program: Callable[[str], Program] = registry.program,
    ) -> None:
        """Keep the size and the seed; generators are looked up in the registry."""
        self._clock = clock
        self._size = size
        self._seed = seed
        self._program = program
        # Offering a partition writes it. A few are kept, as its files are delivered one after the other.
        self._written = lru_cache(maxsize=2)(self._write)

    def offers(self, dataset: Dataset, partitions: Sequence[str] | None) -> Sequence[Offer]:
        """List the files of some partitions, or of those that the dataset's sample offers by itself.

        Raises:
            NotFound: for a partition that the dataset cannot have.
            BadInput: when a generator writes a file that no feed of its dataset matches.
        """
        asked = self._program(dataset.key).sample_partitions if partitions is None else partitions
        demand(dataset, asked, self._clock.now())
        found = [
            self._found(dataset, partition, name)
            for partition in asked
            for name in self._written(dataset.key, partition, self._size, self._seed)
        ]
        # The files of a dataset and of its witness are written together, and asked for apart.
        return choose([file for file in found if file.feed in dataset.upstream.feeds], asked)

    def deliver(self, offer: Offer, known: Known | None = None) -> Delivery:
        """Write one file, from its address alone. `known` saves nothing here."""
        del known
        address = urlsplit(offer.address)
        key, _, name = f"{address.netloc}{address.path}".rpartition("/")
        query = parse_qs(address.query)
        files = self._written(key, query["partition"][0], int(query["size"][0]), int(query["seed"][0]))
        return Delivery(offer, files[unquote(name)], _OK, {}, self._clock.now())

    def _found(self, dataset: Dataset, partition: str, name: str) -> Found:
        query = urlencode({"partition": partition, "size": self._size, "seed": self._seed})
        address = f"{_SCHEME}://{dataset.key}/{quote(name)}?{query}"
        # As if each partition had its folder: files of two partitions are never editions of one another.
        found = recognise(dataset, self._feeds(dataset), f"{partition}/{name}", address)
        if found is None:
            raise BadInput(
                f"the sample of {dataset.key} writes {name}, which none of its feeds matches",
                advice="give the file the name that its feed's pattern asks for",
            )
        return found

    def _feeds(self, dataset: Dataset) -> list[Feed]:
        """Return the feeds that are asked for, and all others that the dataset's generators write for."""
        spec = self._program(dataset.key).specification
        witness = spec.witness.upstream.feeds if spec.witness else ()
        return [*dataset.upstream.feeds, *spec.upstream.feeds, *witness]

    def _write(self, key: str, partition: str, size: int, seed: int) -> Mapping[str, bytes]:
        program = self._program(key)
        files = program.sample(partition, size, seed)
        return {**files, **program.witness_sample(partition, files)} if program.witness_sample else files
