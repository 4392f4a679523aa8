"""The contract of `Source`, over the sample, a folder (plain and gzipped), and the live service."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kfm_assets.adapters.sources.folder import FolderSource
from kfm_assets.adapters.sources.sample import SampleSource
from kfm_assets.datasets.program import Program
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import Endpoint, Feed
from kfm_assets.errors import NotFound
from kfm_assets_tests.adapters.sources.quick import live
from kfm_assets_tests.adapters.sources.upstream import listing, send, serving
from kfm_assets_tests.adapters.sources.worlds import DETAILS, FATALITIES, LISTING, STORMS, StandingClock, dataset
from kfm_assets_tests.contracts.source_contract import FILES, YEARS, SourceContract, World

REMARKS = Feed("remarks", r"remarks\.csv$", Endpoint("listing", LISTING), required=False)
DATASET = replace(STORMS, upstream=replace(STORMS.upstream, feeds=(DETAILS, FATALITIES, REMARKS)))
ELSEWHERE = dataset("hazards/volcanoes", STORMS.partitions, replace(REMARKS, file_name=r"volcanoes\.csv$"))


def generated(partition: str, size: int, seed: int) -> dict[str, bytes]:
    """Return the files of a year as a generator would; the one that tells no year comes with the first year."""
    del size, seed
    return {
        name: content
        for name, content in FILES.items()
        if f"_d{partition}_" in name or (name == "remarks.csv" and partition == YEARS[0])
    }


def registered(key: str) -> Program:
    if key != DATASET.key:
        raise NotFound(f"there is no dataset {key!r}", advice=f"the datasets are: {DATASET.key}")
    return Program(DATASET, None, None, None, generated, YEARS)


class TestSample(SourceContract):
    @pytest.fixture
    def world(self) -> World:
        return World(lambda: SampleSource(StandingClock(), program=registered), Origin.SYNTHETIC, DATASET, ELSEWHERE)

    # A generator writes what it is asked for, so its undated file comes with the partition that it was written for.
    @pytest.mark.parametrize("asked", [["1950"], ["1953", "1950"], [*YEARS]])
    def test_partitions_choose_among_the_offers_and_undated_ones_stay(self, world: World, asked: list[str]) -> None:
        super().test_partitions_choose_among_the_offers_and_undated_ones_stay(world, asked)


class TestFolder(SourceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        for name, content in FILES.items():
            wire = re.sub(r"\W.*", "", name)
            (tmp_path / wire).mkdir(exist_ok=True)
            (tmp_path / wire / name).write_bytes(content)
        return World(lambda: FolderSource(tmp_path, StandingClock()), Origin.REAL, DATASET, ELSEWHERE)

    def test_gzipped_files_are_offered_alike_and_delivered_as_they_lie(self, world: World, tmp_path: Path) -> None:
        for path in list(tmp_path.rglob("*.csv")):
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        source = world.open()
        for offer in source.offers(world.dataset, None):
            assert gzip.decompress(source.deliver(offer).content or b"") == FILES[offer.name.removesuffix(".gz")]


class TestLive(SourceContract):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with serving() as upstream:
            upstream.on("/pub/csvfiles/", send(listing(*FILES), Content_Type="text/html"))
            for name, content in FILES.items():
                upstream.on(f"/pub/csvfiles/{name}", send(content, Content_Type="text/csv", ETag=f'"{name}"'))
            yield World(lambda: live(upstream), Origin.REAL, DATASET, ELSEWHERE)
