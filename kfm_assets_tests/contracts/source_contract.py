"""What every `Source` keeps to, whatever it reads from. One suite; `test_sources.py` runs it over each of them.

Each world has the same files: details of 1950, 1951 and 1953, fatalities of 1950, and a file that tells no year.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from kfm_assets.datasets.compression import plain_name
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.domain.dataset import Dataset
from kfm_assets.errors import NotFound
from kfm_assets.ports import Known, Source

FILES = {
    "StormEvents_details-ftp_v1.0_d1950_c20170120.csv": b"EVENT_ID,STATE\n1,KANSAS\n",
    "StormEvents_details-ftp_v1.0_d1951_c20160223.csv": b"EVENT_ID,STATE\n2,KANSAS\n",
    "StormEvents_details-ftp_v1.0_d1953_c20160223.csv": b"EVENT_ID,STATE\n3,KANSAS\n",
    "StormEvents_fatalities-ftp_v1.0_d1950_c20170120.csv": b"EVENT_ID,AGE\n1,\n",
    "remarks.csv": b"EVENT_ID,REMARK\n1,\n",
}
YEARS = ("1950", "1951", "1953")


@dataclass(frozen=True)
class World:
    """A way to open the same source again, what it is, the dataset that it has and one that it has nothing of."""

    open: Callable[[], Source]
    origin: Origin
    dataset: Dataset
    elsewhere: Dataset


def content(source: Source, dataset: Dataset, partitions: list[str] | None) -> dict[str, bytes | None]:
    return {offer.name: source.deliver(offer).content for offer in source.offers(dataset, partitions)}


class SourceContract:
    """The suite; a subclass gives the fixture `world`."""

    def test_it_says_what_it_is(self, world: World) -> None:
        assert world.open().origin is world.origin
        assert world.open().name

    def test_every_file_is_offered_once_and_delivered_as_it_is(self, world: World) -> None:
        assert content(world.open(), world.dataset, None) == FILES

    def test_an_offer_names_a_feed_whose_pattern_its_name_matches(self, world: World) -> None:
        for offer in world.open().offers(world.dataset, None):
            assert offer.feed in world.dataset.upstream.feeds
            match = re.search(offer.feed.file_name, plain_name(offer.name))
            assert match
            assert offer.partition == match.groupdict().get("partition")

    def test_offers_come_in_the_same_order_each_time(self, world: World) -> None:
        first = world.open().offers(world.dataset, None)
        assert list(first) == list(world.open().offers(world.dataset, None))
        assert list(first) == sorted(first, key=lambda offer: (offer.partition or "", offer.feed.wire, offer.name))

    def test_a_delivery_says_how_it_came(self, world: World) -> None:
        source = world.open()
        for offer in source.offers(world.dataset, None):
            delivery = source.deliver(offer)
            assert (delivery.offer, delivery.status) == (offer, 200)
            assert delivery.at.utcoffset() == timedelta(0)
            assert all(name == name.lower() for name in delivery.headers)

    def test_another_instance_delivers_what_one_offered(self, world: World) -> None:
        offers = world.open().offers(world.dataset, None)
        other = world.open()
        assert {offer.name: other.deliver(offer).content for offer in reversed(offers)} == FILES

    def test_what_is_known_by_other_marks_is_delivered_again(self, world: World) -> None:
        source = world.open()
        for offer in source.offers(world.dataset, None):
            assert source.deliver(offer, Known(digest_bytes(b"other"), '"other"', "")).content == FILES[offer.name]

    @pytest.mark.parametrize("asked", [["1950"], ["1951"], ["1953", "1950"], [*YEARS]])
    def test_partitions_choose_among_the_offers_and_undated_ones_stay(self, world: World, asked: list[str]) -> None:
        source = world.open()
        everything = source.offers(world.dataset, None)
        expected = [offer for offer in everything if offer.partition is None or offer.partition in asked]
        assert list(source.offers(world.dataset, asked)) == expected

    def test_no_partitions_are_not_all_partitions(self, world: World) -> None:
        offers = world.open().offers(world.dataset, [])
        assert {offer.partition for offer in offers} <= {None}

    @pytest.mark.parametrize("name", ["1949", "2027", "1950-01", "static", "", "../1950"])
    def test_a_partition_that_cannot_be_is_not_found(self, world: World, name: str) -> None:
        with pytest.raises(NotFound, match="no partition") as caught:
            world.open().offers(world.dataset, ["1950", name])
        assert "1950 to 2026" in caught.value.advice

    def test_a_dataset_that_it_has_nothing_of_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound) as caught:
            world.open().offers(world.elsewhere, None)
        assert caught.value.advice
        assert "\n" not in f"{caught.value}{caught.value.advice}"
