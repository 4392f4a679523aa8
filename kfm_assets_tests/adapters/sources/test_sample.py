"""The sample generators as a source."""

from __future__ import annotations

import pytest

from kfm_assets.adapters.sources import open_source
from kfm_assets.adapters.sources.folder import FolderSource
from kfm_assets.adapters.sources.live import LiveSource
from kfm_assets.adapters.sources.sample import SampleSource
from kfm_assets.datasets.program import Program
from kfm_assets.domain.artifact import Origin
from kfm_assets.errors import BadInput, UsageError
from kfm_assets_tests.adapters.sources.worlds import QUAKES, STORMS, StandingClock


def source(spec, write, partitions=(), **options):
    program = Program(spec, None, None, None, write, partitions)
    return SampleSource(StandingClock(), program=lambda _: program, **options)


def storms(partition: str, size: int, seed: int) -> dict[str, bytes]:
    return {f"StormEvents_details-ftp_v1.0_d{partition}_c20200101.csv": f"{partition},{size},{seed}".encode()}


def test_size_and_seed_reach_the_generator_and_stand_in_the_address():
    sample = source(STORMS, storms, size=7, seed=11)
    (offer,) = sample.offers(STORMS, ["1975"])
    name = "StormEvents_details-ftp_v1.0_d1975_c20200101.csv"
    assert offer.address == f"sample://hazards/storms/{name}?partition=1975&size=7&seed=11"
    assert sample.deliver(offer).content == b"1975,7,11"


def test_the_address_alone_says_what_is_delivered():
    (offer,) = source(STORMS, storms, size=7, seed=11).offers(STORMS, ["1975"])
    assert source(STORMS, storms, size=8, seed=12).deliver(offer).content == b"1975,7,11"


def test_where_nobody_asks_it_offers_the_samples_own_partitions():
    sample = source(STORMS, storms, ("1975", "1976"))
    assert [offer.partition for offer in sample.offers(STORMS, None)] == ["1975", "1976"]
    assert sample.origin is Origin.SYNTHETIC


def test_files_of_one_name_in_two_partitions_are_both_delivered():
    sample = source(QUAKES, lambda partition, *_: {"comcat_all of it.csv": partition.encode()})
    offers = sample.offers(QUAKES, ["2015-08", "2015-09"])
    assert [sample.deliver(offer).content for offer in offers] == [b"2015-08", b"2015-09"]
    assert len({offer.name for offer in offers}) == 2


def test_a_file_that_no_feed_matches_is_a_fault_of_the_generator():
    with pytest.raises(BadInput, match=r"writes stray\.csv"):
        source(STORMS, lambda *_: {"stray.csv": b""}).offers(STORMS, ["1975"])


def test_a_partition_is_written_once_while_its_files_are_delivered_one_after_the_other():
    written = []

    def write(partition: str, size: int, seed: int) -> dict[str, bytes]:
        written.append(partition)
        return storms(partition, size, seed)

    sample = source(STORMS, write)
    for offer in sample.offers(STORMS, ["1975"]):
        sample.deliver(offer)
    assert written == ["1975"]


@pytest.mark.parametrize(
    ("setting", "kind"),
    [("sample", SampleSource), ("live", LiveSource), ("./sample", FolderSource), ("a/b", FolderSource)],
)
def test_one_setting_chooses_the_source(setting, kind):
    opened = open_source(setting, StandingClock(), size=3, seed=4, user_agent="kfm (me@example.org)")
    assert type(opened) is kind
    assert opened.name == setting


@pytest.mark.parametrize("setting", ["", " ", "live"])
def test_a_setting_that_cannot_be_is_refused(setting):
    with pytest.raises(UsageError):
        open_source(setting, StandingClock())
