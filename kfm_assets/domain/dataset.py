"""What a dataset is, as plain data: partitions, tables, columns, rules, rights, upstream. `spec_hash` covers all of it.

How its bytes are read and changed is code and lives in `kfm_assets.datasets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property

from kfm_assets.domain.canonical import Digest, digest_of
from kfm_assets.domain.drift import Drift


class Kind(StrEnum):
    """What sort of thing a dataset's releases hold."""

    TABLE = "table"
    MODEL = "model"
    CATALOG = "catalog"


class Grain(StrEnum):
    """How a dataset is cut into partitions; a partition's name is `static`, `1975` or `2015-08`."""

    STATIC = "static"
    YEAR = "year"
    MONTH = "month"


STATIC = "static"


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partitions a dataset can have: every period from `first` to the current, unfinished one."""

    grain: Grain
    first: str = STATIC
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: name (with its unit, where it has one), type, and what it means.

    `dtype` is one of string, int32, int64, float64, bool, date, timestamp (microseconds, UTC) and geometry (WKB).
    `sources` names what it is made from: `wire.FIELD` as the upstream spells it, or `theme/dataset.column` of a
    required dataset.
    """

    name: str
    dtype: str
    description: str
    nullable: bool = False
    unit: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A quality rule on a table's rows, named as pandera names its checks.

    `check` is one of `in_range` (min_value, max_value), `greater_than_or_equal_to` (min_value), `isin`
    (allowed_values), `str_matches` (pattern, anchored at the start), `unique` (of `columns` together), `not_after` (the
    first column does not come after the second), `references` (`columns` are found in the main table, by the columns
    that `arguments` names as `to`), and `row_count` (the table has `equal_to` rows; `columns` is empty). Null satisfies
    every check but `unique`. A bound is an integer or, since a digest covers it, a text: a decimal, or an ISO date or
    instant, as the column has it. `most` is the share of rows, in percent, that may break it before the rule fails;
    what is over zero and within it is reported. `row_count` knows no share.
    """

    name: str
    check: str
    columns: tuple[str, ...]
    why: str
    arguments: Mapping[str, str | int | float | tuple[str, ...] | None] = field(default_factory=dict)
    most: str = "0"


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a table follows from another one of its dataset: it holds the same values, put together in another way.

    `table` names the other one, in which wire rows end. Its column `count` says of each row how many values it stands
    for; each of them is in one of the columns `cells` here, and all other cells are null.
    """

    table: str
    count: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a dataset: its columns in order, the key that no two rows share, its rules. No rows is legal.

    Wire rows end in it one by one, unless it is `derived` from another table of the dataset.

    `time_column` says of which time a row speaks: an instant, or a day in the time zone of the dataset's partitions.
    The row speaks of all the time to what `end_column` has, that day included; a day with a `time_grain` stands for
    the whole month or year that it lies in.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    time_column: str = ""
    end_column: str = ""
    time_grain: Grain | None = None
    geometry_column: str = ""
    derived: Derivation | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the upstream serves a feed.

    `listing`: `url` is a page of links, files are matched by the feed's pattern. `query`: `url` has `{start}` and
    `{end}`, the partition's first and one-past-last instants, or `{first_day}` and `{last_day}`, its days in its own
    time zone; another form than ISO 8601 stands behind a colon, as in `{last_day:%m/%d/%Y}`. `file`: `url` is the file.
    """

    method: str
    url: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of upstream file.

    `wire` names what its rows are (a parser's word). `file_name` is a regular expression, searched in the file's path
    relative to the source folder without any `.gz`; its groups `partition` and `vintage`, where present, tell which
    partition the file holds and which of several editions it is (the greatest wins). A feed that is not `required` may
    be absent for a partition.
    """

    wire: str
    file_name: str
    endpoint: Endpoint
    required: bool = True


@dataclass(frozen=True, slots=True)
class Upstream:
    """Who publishes the source, on which terms, and where."""

    publisher: str
    title: str
    homepage: str
    terms: str
    terms_url: str
    feeds: tuple[Feed, ...]
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A second source that is held against what a dataset publishes: evidence of a check, and not a dataset.

    Nothing of it is published, it is no input of a build, and it holds nothing back. `name` names its check. The two
    agree where at least `agreement` percent of the rows of both have their counterpart in the other.
    """

    name: str
    upstream: Upstream
    agreement: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where and when a dataset speaks of, for what its rows do not say themselves.

    `bbox` is west, south, east, north in degrees (OGC:CRS84), as decimal text; `start` and `end` are the ISO dates of
    what a dataset without times describes.
    """

    place: str
    bbox: tuple[str, str, str, str]
    start: str = ""
    end: str = ""


KANSAS = Coverage("Kansas", ("-102.06", "36.99", "-94.58", "40.01"))


class Reach(StrEnum):
    """Which partitions of a required dataset a partition is made from.

    STATIC is its only one; UP_TO are all from the first to the one of the same name, without a gap; BEFORE is the year
    before.
    """

    STATIC = "static"
    UP_TO = "up to"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a partition is made from of a required dataset: which of its partitions, and which of their files.

    None before `first` is used; `least` is how many there must be. `files` are names in the zone `processed`. A
    partition is not asked for until `settles_days` after its end, since its upstream is still adding to it.
    """

    reach: Reach
    files: tuple[str, ...]
    first: str = ""
    least: int = 1
    settles_days: int = 0


@dataclass(frozen=True)
class Dataset:
    """A dataset's specification.

    `tables[0]` is the main table: the one that readers get, and whose rows a run counts; where it is derived, a run
    counts those of the table that it is derived from (`counted`). `quarantine` and `scope` map the name of each
    rule that holds a row back, or leaves it out, to the reason in words. `unit` is what a canary will expose
    (`unit_column` names it in the main table). `requires` are the datasets whose builds this one reads: the main table
    of their only partition where `reaches` says nothing else. A dataset without feeds is made from those alone, and
    `reaches` says of each what is read. `coverage` holds for a table that has no geometry, or no times. A `witness`
    changes nothing that is published. `drift` says what is watched for drift.
    """

    key: str
    title: str
    description: str
    kind: Kind
    partitions: Partitions
    unit: str
    unit_column: str
    tables: tuple[Table, ...]
    licence: str
    policy_label: str
    upstream: Upstream
    quarantine: Mapping[str, str]
    scope: Mapping[str, str]
    requires: tuple[str, ...] = ()
    reaches: Mapping[str, Requirement] = field(default_factory=dict)
    coverage: Coverage = KANSAS
    obligations: tuple[str, ...] = ()
    witness: Witness | None = None
    drift: Drift | None = None
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def theme(self) -> str:
        """The first part of the key, as in `hazards/storm_events`."""
        return self.key.split("/")[0]

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.split("/")[-1]

    @property
    def pipeline(self) -> str:
        """The key as file and group names have it, with `-` for `/`."""
        return self.key.replace("/", "-")

    @property
    def is_derived(self) -> bool:
        """Whether it is made from other datasets alone, and nothing is acquired for it."""
        return not self.upstream.feeds

    @property
    def main(self) -> Table:
        """The table that readers get where they name none."""
        return self.tables[0]

    @property
    def counted(self) -> Table:
        """The table whose rows a run counts: the main table, or the one that it is derived from."""
        return self.table(self.main.derived.table) if self.main.derived else self.main

    @cached_property
    def spec_hash(self) -> Digest:
        """The digest of `document`."""
        return digest_of(self.document)

    @property
    def document(self) -> Mapping[str, object]:
        """All of the above but the witness, which makes no build another one."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "witness"}

    def table(self, name: str) -> Table:
        """Return a table by name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]
