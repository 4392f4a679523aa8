"""The registered datasets against the sources: their patterns, endpoints and generators agree with one another."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kfm_assets.adapters.sources.folder import FolderSource
from kfm_assets.adapters.sources.periods import current
from kfm_assets.adapters.sources.sample import SampleSource
from kfm_assets.datasets import registry
from kfm_assets.datasets.compression import plain_name
from kfm_assets_tests.adapters.sources.quick import live
from kfm_assets_tests.adapters.sources.upstream import serving
from kfm_assets_tests.adapters.sources.worlds import NOW, RECORDED, StandingClock, needs_recorded

everyone = pytest.mark.parametrize("key", registry.ACQUIRED)


@needs_recorded
@everyone
def test_the_recorded_files_are_found(key):
    source = FolderSource(RECORDED, StandingClock())
    spec = registry.specification(key)
    offers = source.offers(spec, None)
    found = {offer.feed.wire for offer in offers}
    assert {feed.wire for feed in spec.upstream.feeds if feed.required} <= found
    assert all(source.deliver(offer).content for offer in offers)


@needs_recorded
def test_no_recorded_file_is_taken_for_two_datasets():
    source = FolderSource(RECORDED, StandingClock())
    specs = [registry.specification(key) for key in registry.ACQUIRED]
    addresses = [offer.address for spec in specs for offer in source.offers(spec, None)]
    assert len(addresses) == len(set(addresses))


def _witnessed():
    specs = [spec for spec in map(registry.specification, registry.DATASETS) if spec.witness]
    return [replace(spec, upstream=spec.witness.upstream, witness=None) for spec in specs]


@needs_recorded
def test_the_recorded_files_of_a_witness_are_found_and_are_no_datasets():
    source = FolderSource(RECORDED, StandingClock())
    (offers,) = [source.offers(spec, None) for spec in _witnessed()]
    assert [offer.name.rpartition(".")[2] for offer in offers] == ["dbf", "shp", "shx"]
    used = [offer.address for key in registry.ACQUIRED for offer in source.offers(registry.specification(key), None)]
    assert not {offer.address for offer in offers} & set(used)


def test_a_witness_is_offered_by_the_sample_for_each_partition_that_is_asked_for_and_live_as_one_file():
    (spec,) = _witnessed()
    sample = SampleSource(StandingClock(), size=60)
    offers = sample.offers(spec, ["2019", "2021"])
    assert [offer.name for offer in offers] == ["2019-2019-torn-initpoint.zip", "2021-2021-torn-initpoint.zip"]
    assert all((sample.deliver(offer).content or b"").startswith(b"PK") for offer in offers)
    asked = sample.offers(registry.specification(spec.key), ["2019"])
    assert not any("torn" in offer.name for offer in asked)
    with serving() as upstream:
        (offer,) = live(upstream).offers(spec, ["2019"])
    assert (offer.name, offer.partition) == ("1950-2024-torn-initpoint.zip", None)


@everyone
def test_the_sample_writes_files_that_its_feeds_match(key):
    sample = SampleSource(StandingClock(), size=20)
    offers = sample.offers(registry.specification(key), None)
    assert {offer.name for offer in offers}
    assert sum(len(sample.deliver(offer).content or b"") for offer in offers)


@everyone
def test_a_queried_file_gets_a_name_that_its_feed_would_find_in_a_folder(key):
    spec = registry.specification(key)
    queried = [feed for feed in spec.upstream.feeds if feed.endpoint.method == "query"]
    if not queried:
        assert all(feed.endpoint.method in {"listing", "file"} for feed in spec.upstream.feeds)
        return
    with serving() as upstream:  # nothing is asked of it: a query is offered unasked
        offers = live(upstream).offers(spec, [current(spec.partitions, NOW)])
        assert upstream.paths == []
    for offer in offers:
        assert re.search(offer.feed.file_name, plain_name(offer.name)), offer.name
