"""What a dataset's code takes and gives: the nouns between the engine, which has bytes, and a dataset of frames.

A dataset's folder holds `specification.py` (plain data, imports nothing heavy), `parser.py`, `transform.py` and
`sample.py`, whose entry points are the fields of `Program`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.verdict import Outcome

if TYPE_CHECKING:
    import polars as pl

LINE = "source_line"
"""In a wire frame: the line of the file on which the row begins (for JSON: the feature's position), from 1."""

PARTITION = "partition"
"""In a wire frame: the partition that the row belongs to; null where the row cannot be dated."""

FILE = "source_file"
"""In a wire frame that the engine has gathered: the name of the file that the row came from."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One upstream file as it came: what its rows are (the feed's `wire`), its name, its bytes, their digest.

    Bytes that are gzipped on the wire are given unzipped; `line` numbers count the unzipped lines.
    """

    wire: str
    name: str
    content: bytes
    digest: Digest


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is no table: its bytes and their media type."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Product:
    """What one partition became.

    `tables`: a frame for each of the specification's tables, with its columns and types in order, sorted by its key.
    `quarantine`: rows held back, with columns `wire`, `source_file`, `source_line`, `rule`, `row` (verbatim). A rule
    is named in the specification's `quarantine`.
    `out_of_scope`: wire -> rule -> how many rows were left out; a rule is named in the specification's `scope`.
    `rows_in`: wire -> how many wire rows the partition was given. For each wire, rows in = rows out + quarantined + out
    of scope, where `yields` says which table a wire's rows end in. None ends in a derived table, whose values are those
    of the table that it is derived from.
    `facts`: what a person wants to know of the partition, by name (repairs and their counts, spans, maxima).
    `files`: what is published beside the tables, by file name.
    """

    tables: Mapping[str, pl.DataFrame]
    quarantine: pl.DataFrame
    out_of_scope: Mapping[str, Mapping[str, int]]
    rows_in: Mapping[str, int]
    yields: Mapping[str, str]
    facts: Mapping[str, int | str] = field(default_factory=dict)
    files: Mapping[str, Attachment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a witness is held against: a partition's stored tables and quarantine, the wire rows that it was made from.

    `files` are the witness's own.
    """

    partition: str
    tables: Mapping[str, pl.DataFrame]
    quarantine: pl.DataFrame
    wires: Mapping[str, pl.DataFrame]
    files: tuple[Payload, ...]


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a witness says of a partition.

    `outcome` is INCONCLUSIVE where it has nothing of the partition; `counts` are for people; `disagreements` has the
    largest first, each with both sides; `report` holds all of it, and neither a time nor a float.
    """

    outcome: Outcome
    message: str
    counts: Mapping[str, int | str]
    disagreements: Sequence[Mapping[str, str]]
    report: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Program:
    """A dataset's code.

    `parse` reads one file into a frame of verbatim text columns with LINE and PARTITION, one row for each wire row,
    none left out; it raises BadInput, in one line that says what to do, for a file that is not what its name says.
    `verbatim` gives the exact text of some rows of a file by their LINE, for quarantine.
    `transform` makes one partition from the frames of each wire (FILE added; may be empty) and the main tables of the
    required datasets. `held` gets the verbatim text by file and line.
    `sample` writes `size` rows or so of a partition in the upstream's native form, defects included, as file name ->
    bytes, for each feed; the same arguments give the same bytes. `sample_partitions` are those that the sample offers
    when nobody asks for particular ones.
    Where the specification names a witness, `witness` hears it, and `witness_sample` writes its files for a partition,
    in its native form, from what `sample` wrote of it: agreeing with that, but for a little.
    """

    specification: Dataset
    parse: Callable[[Payload], pl.DataFrame]
    verbatim: Callable[[Payload, Sequence[int]], Mapping[int, str]]
    transform: Callable[[str, Mapping[str, pl.DataFrame], Mapping[str, pl.DataFrame], Verbatim], Product]
    sample: Callable[[str, int, int], Mapping[str, bytes]]
    sample_partitions: tuple[str, ...]
    witness: Callable[[Hearing], Testimony] | None = None
    witness_sample: Callable[[str, Mapping[str, bytes]], Mapping[str, bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a derived dataset is given of one build that it is made from: its partition, and stored files by name."""

    partition: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Derived:
    """The code of a dataset that is made from other datasets alone.

    `derive` makes one partition from the builds of each required dataset, by key, in the order of their partitions. Its
    product has no wires. It raises BadInput where they are too few, or not what they should be.
    """

    specification: Dataset
    derive: Callable[[str, Mapping[str, Sequence[Material]]], Product]


Verbatim = Callable[[str, int], str]
"""(source_file, source_line) -> the row's exact text."""
