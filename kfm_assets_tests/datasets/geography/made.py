"""What tests of several datasets need: payloads, recorded files, counties made from real and from synthetic bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from kfm_assets.datasets import registry
from kfm_assets.datasets.program import FILE, Payload, Product, Program
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.dataset import STATIC

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDED = REPOSITORY.parent / "shared" / "data"
CENSUS = "census/cb_2014_us_county_20m.zip"


def recorded(path: str) -> bytes:
    """Return a recorded upstream file, or skip the test where there are none."""
    if not (RECORDED / path).is_file():
        pytest.skip(f"there is no recorded upstream data: {RECORDED / path}")
    return (RECORDED / path).read_bytes()


def payload(wire: str, name: str, content: bytes) -> Payload:
    return Payload(wire, name, content, digest_bytes(content))


def make(
    program: Program, partition: str, files: Mapping[str, bytes], upstream: Mapping[str, pl.DataFrame] | None = None
) -> Product:
    """Parse files of a dataset with one wire, and transform the rows of one partition, as the engine does."""
    (feed,) = program.specification.upstream.feeds
    payloads = {name: payload(feed.wire, name, content) for name, content in files.items()}
    frames = [program.parse(item).with_columns(pl.lit(name).alias(FILE)) for name, item in payloads.items()]
    rows = pl.concat(frames).filter(pl.col("partition") == partition)
    product = program.transform(
        partition, {feed.wire: rows}, upstream or {}, lambda name, line: program.verbatim(payloads[name], [line])[line]
    )
    assert product.rows_in == {feed.wire: rows.height}
    assert_conserved(program, product)
    return product


def assert_conserved(program: Program, product: Product) -> None:
    """Every wire row ends in one place, under a rule that the specification names."""
    ((wire, table),) = product.yields.items()
    left_out = product.out_of_scope.get(wire, {})
    assert product.rows_in[wire] == product.tables[table].height + product.quarantine.height + sum(left_out.values())
    assert set(left_out) <= set(program.specification.scope)
    assert set(product.quarantine["rule"]) <= set(program.specification.quarantine)


def held(product: Product) -> dict[str, int]:
    """Return how many rows each rule held back."""
    return dict(product.quarantine.group_by("rule").len().sort("rule").iter_rows())


def documented(page: str, heading: str) -> dict[str, str]:
    """Return the first column (in code) and the last one of the rows of the table below a heading of a docs page."""
    text = (REPOSITORY / "docs" / "pipelines" / page / "README.md").read_text()
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    names = [re.fullmatch(r"`([^`]+)`", row[0].strip()) for row in rows]
    return {name[1]: row[-1].strip() for name, row in zip(names, rows, strict=True) if name}


@cache
def real_counties() -> pl.DataFrame:
    return make(registry.program("geography/counties"), STATIC, {"cb.zip": recorded(CENSUS)}).tables["counties"]


@cache
def synthetic_counties() -> pl.DataFrame:
    program = registry.program("geography/counties")
    return make(program, STATIC, program.sample(STATIC, 1, 1)).tables["counties"]
