"""A sample's partition, ready to be made again and again with altered fields. Which ones, `perturbation` says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType

import polars as pl

from kfm_assets.datasets import registry
from kfm_assets.datasets.program import FILE, LINE, PARTITION, Payload, Product, Program
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.dataset import Table
from kfm_assets_tests.datasets.rereading import READ_AGAIN, Again

Frames = Mapping[str, pl.DataFrame]

ROWS, SEED, OTHER_SEED = 200, 5, 11

PARTITIONS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "climate/divisional": (("2024", "2023", "2025"), ("2022", "2022")),
    "hydrology/streamflow": (("2024-11", "2024-11"),),
}
"""Where the sample's first partition will not do: those to make, each with those whose values stand in.

In the sample's 2024 some months are to come: dates of the years beside it make them past, or the others to come. In
November clocks go back.
"""

_OURS = (LINE, PARTITION)
"""Columns of a wire frame that no upstream sent. FILE is not one: a file's name may say something of its rows."""


@dataclass(frozen=True)
class Bench:
    """A partition with its inputs.

    `inputs`: wire, or key of a required dataset -> its frame. `pools`: field and type -> values that other rows have
    there, of this sample, of another one, or of another wire with a field of that name. `pairs`: rows that are left out
    of `inputs`, since others count in their place, but that change something about those.
    """

    program: Program
    partition: str
    inputs: Frames
    pools: Mapping[tuple[str, pl.DataType], pl.Series]
    pairs: Sequence[Pair] = ()

    @cached_property
    def before(self) -> Frames:
        """What the sample becomes with nothing altered."""
        return self.tables()

    def product(self, altered: Frames = MappingProxyType({})) -> Product:
        """Make the partition; `altered` inputs stand in for the sample's."""
        inputs = {**self.inputs, **altered}
        required = {key: inputs[key] for key in self.program.specification.requires}
        wires = {wire: frame for wire, frame in inputs.items() if wire not in required}
        return self.program.transform(self.partition, wires, required, lambda _file, _line: "")

    def tables(self, altered: Frames = MappingProxyType({})) -> Frames:
        return self.product(altered).tables

    def with_values(self, name: str, values: pl.Series) -> Product:
        """Make the partition with other values of one field of an input, and what its parser reads from that."""
        frame = self.inputs[name].with_columns(values)
        again = self._again(name)
        if again and values.name in again.fields:
            frame = again.read(name, frame).filter(pl.col(PARTITION) == self.partition)
        return self.product({name: frame})

    def alone(self, wire: str, rows: pl.DataFrame) -> Bench:
        """Return a bench whose only wire rows are some of one wire: with the other wires, if there is nothing else."""
        nothing = {other: frame.clear() for other, frame in self.inputs.items() if self.is_wire(other)}
        alone = replace(self, inputs={**self.inputs, **nothing, wire: rows})
        made = any(table.height for table in alone.before.values())
        return alone if made else replace(self, inputs={**self.inputs, wire: rows})

    def pool(self, name: str, field: str) -> pl.Series | None:
        """Return other values of a field, where there are any: not for the columns of a required dataset."""
        return self.pools[field, self.inputs[name].schema[field]] if self.is_wire(name) else None

    def is_wire(self, name: str) -> bool:
        return name not in self.program.specification.requires

    def sources(self) -> Iterator[tuple[str, str]]:
        """Yield (wire or required dataset, field) for all that a column can be made from."""
        for name, frame in self.inputs.items():
            again = self._again(name)
            fields = (*again.fields, FILE) if again else (field for field in frame.columns if field not in _OURS)
            yield from ((name, field) for field in fields)

    def key_fields(self, name: str) -> list[str]:
        """Return the fields of an input that keys are declared to be made from."""
        tables = self.program.specification.tables
        return [
            field for field in self.inputs[name].columns if any(moves(f"{name}.{field}", table) for table in tables)
        ]

    def _again(self, name: str) -> Again | None:
        return READ_AGAIN.get(self.program.specification.key) if self.is_wire(name) else None


@dataclass(frozen=True)
class Pair:
    """A row of a wire that counts, and another one of its place, alone together; (table, column) that this changes."""

    wire: str
    counting: pl.DataFrame
    other: pl.DataFrame
    made: Bench
    touched: frozenset[tuple[str, str]]


def moves(source: str, table: Table) -> bool:
    """Say whether a table's key is declared to be made from a source."""
    return any(source in column.sources for column in table.columns if column.name in table.key)


@cache
def gathered(dataset: str) -> Sequence[Bench]:
    """Parse the sample of a dataset, and make what it requires from the samples of those."""
    program = registry.program(dataset)
    first = program.sample_partitions[0]
    required = {
        key: gathered(key)[0].before[registry.specification(key).main.name] for key in program.specification.requires
    }
    benches = []
    for partition, *others in PARTITIONS.get(dataset, [(first, first)]):
        wires = _parsed(program, partition, SEED)
        found: dict[tuple[str, pl.DataType], list[pl.Series]] = defaultdict(list)
        for frames in (wires, *(_parsed(program, other, OTHER_SEED) for other in others)):
            for frame in frames.values():
                for name, dtype in frame.schema.items():
                    found[name, dtype].append(frame[name])
        pools = {field: pl.concat(values).unique(maintain_order=True) for field, values in found.items()}
        benches.append(Bench(program, partition, {**wires, **required}, pools))
    return benches


def _parsed(program: Program, partition: str, seed: int) -> dict[str, pl.DataFrame]:
    """Return the wire frames of one partition, as the engine gathers them."""
    feeds = program.specification.upstream.feeds
    frames: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for name, content in program.sample(partition, ROWS, seed).items():
        (wire,) = (feed.wire for feed in feeds if re.search(feed.file_name, name))
        frame = program.parse(Payload(wire, name, content, digest_bytes(content)))
        frames[wire].append(frame.filter(pl.col(PARTITION) == partition).with_columns(pl.lit(name).alias(FILE)))
    return {wire: pl.concat(parts, how="diagonal") for wire, parts in frames.items()}
