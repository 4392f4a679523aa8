"""The deep comparison of two releases, as a document: canonical JSON, without floats, times or names of a run.

How long it took and what it cost is of a run, and stands beside it in `cost`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from kfm_assets.domain.build import Build
from kfm_assets.domain.canonical import Digest, Json
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.release import Release
from kfm_assets.gates.diff import content

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

    from kfm_assets.gates.diff.pairs import Pair

VERSION = "v1"
Report = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A partition on which two releases differ: its build before and after; None is absent."""

    before: Build | None
    after: Build | None

    @property
    def kind(self) -> str:
        """What became of the partition: `added`, `removed`, `revised`, or `rebuilt` with the same tables."""
        if not (self.before and self.after):
            return "added" if self.after else "removed"
        return "rebuilt" if tables_of(self.before) == tables_of(self.after) else "revised"


def tables_of(build: Build) -> dict[str, Digest]:
    """Return the digests of a build's tables, by path."""
    return {artifact.path: artifact.digest for artifact in build.artifacts if artifact.path.endswith(".parquet")}


def document(
    spec: Dataset,
    releases: tuple[Release | None, Release],
    same: int,
    replaced: Mapping[str, Replaced],
    pairs: Mapping[str, Sequence[Pair]],
) -> Report:
    """Return the report on what one release changes in another; in nothing where there is none.

    `same` is how many partitions both have alike. `pairs` are the tables, by name, of the partitions that were added,
    removed and revised; those that were only rebuilt hold the same rows as before.
    """
    before, after = releases
    counts: dict[str, dict[str, Json]] = {}
    for table, found in pairs.items():
        for pair in found:
            counts.setdefault(pair.partition, {})[table] = {**pair.counts}
    return {
        "kfm_diff_version": VERSION,
        "dataset": spec.key,
        "title": spec.title,
        "before": _release(before) if before else None,
        "after": _release(after),
        "unit": {"name": spec.unit, "column": spec.unit_column},
        "partitions": {
            "grain": spec.partitions.grain.value,
            "same": same,
            "differ": [_partition(name, one, counts.get(name, {})) for name, one in sorted(replaced.items())],
        },
        "bytes": {
            "before": sum(_size(one.before) for one in replaced.values()),
            "after": sum(_size(one.after) for one in replaced.values()),
        },
        "tables": {table.name: content.document(spec, table, pairs.get(table.name, ())) for table in spec.tables},
    }


def _release(release: Release) -> dict[str, Json]:
    return {"release": release.id, "origin": release.origin.value}


def _partition(name: str, one: Replaced, rows: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "partition": name,
        "kind": one.kind,
        "bytes": {"before": _size(one.before), "after": _size(one.after)},
        "rows": rows,
    }


def _size(build: Build | None) -> int:
    return sum(artifact.size for artifact in build.artifacts) if build else 0


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of a report."""
    found = resources.files("kfm_assets.gates").joinpath("schemas", "diff.schema.json")
    return cast("dict[str, object]", json.loads(found.read_bytes()))


def problems(report: Report) -> list[str]:
    """Return in what a report is not as its schema says, one line each."""
    errors = sorted(_validator().iter_errors(report), key=lambda error: error.json_path)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only who checks a report pays for it

    return Draft202012Validator(schema())
