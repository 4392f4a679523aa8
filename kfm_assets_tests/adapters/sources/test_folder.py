"""A folder as a source: what is found, which edition counts, what is delivered."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from kfm_assets.adapters.sources.folder import FolderSource
from kfm_assets.errors import NotFound, Unavailable
from kfm_assets_tests.adapters.sources.worlds import (
    COUNTIES,
    NOW,
    QUAKES,
    RECORDED,
    STORMS,
    StandingClock,
    needs_recorded,
)

OLD = "StormEvents_details-ftp_v1.0_d1950_c20160223.csv"
NEW = "StormEvents_details-ftp_v1.0_d1950_c20170120.csv"


def put(folder: Path, *paths: str, content: bytes = b"EVENT_ID\n1\n") -> None:
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(content) if path.endswith(".gz") else content)


def offers(folder: Path, spec=STORMS, partitions=None):
    return FolderSource(folder, StandingClock()).offers(spec, partitions)


def summary(folder: Path, spec=STORMS, partitions=None):
    return [(offer.partition, offer.name, offer.passed_over) for offer in offers(folder, spec, partitions)]


def test_the_newest_vintage_wins_and_names_the_others(tmp_path):
    put(tmp_path, OLD, NEW, "StormEvents_details-ftp_v1.0_d1950_c20160101.csv.gz")
    expected = ("StormEvents_details-ftp_v1.0_d1950_c20160101.csv.gz", OLD)
    assert summary(tmp_path) == [("1950", NEW, expected)]


def test_the_newest_vintage_wins_although_it_is_prefixed_gzipped_and_deep(tmp_path):
    put(tmp_path, OLD, f"a/b/c/KS_{NEW}.gz")
    assert summary(tmp_path) == [("1950", f"KS_{NEW}.gz", (OLD,))]


def test_of_one_vintage_the_upstreams_own_name_wins_even_gzipped(tmp_path):
    put(tmp_path, f"KS_{NEW}", f"{NEW}.gz")
    assert summary(tmp_path) == [("1950", f"{NEW}.gz", (f"KS_{NEW}",))]


def test_of_one_name_the_plain_file_wins(tmp_path):
    put(tmp_path, f"a/{NEW}.gz", f"b/deeper/{NEW}")
    assert summary(tmp_path) == [("1950", NEW, (f"a/{NEW}.gz",))]


def test_of_two_equal_names_the_shorter_path_wins(tmp_path):
    put(tmp_path, f"copy/{NEW}", NEW)
    (offer,) = offers(tmp_path)
    assert (offer.address, offer.passed_over) == ((tmp_path / NEW).as_uri(), (f"copy/{NEW}",))


def test_feeds_and_partitions_do_not_compete(tmp_path):
    fatalities = NEW.replace("details", "fatalities")
    later = NEW.replace("d1950", "d1951")
    put(tmp_path, NEW, fatalities, later)
    found = [(offer.partition, offer.feed.wire, offer.passed_over) for offer in offers(tmp_path)]
    assert found == [("1950", "details", ()), ("1950", "fatalities", ()), ("1951", "details", ())]


def test_more_years_dropped_in_are_found_by_the_same_source(tmp_path):
    put(tmp_path, NEW)
    source = FolderSource(tmp_path, StandingClock())
    assert [offer.partition for offer in source.offers(STORMS, None)] == ["1950"]
    put(tmp_path, "drop/here/" + NEW.replace("d1950", "d2025") + ".gz")
    assert [offer.partition for offer in source.offers(STORMS, None)] == ["1950", "2025"]


def test_files_without_a_partition_are_no_editions_of_one_another(tmp_path):
    put(tmp_path, "comcat_a.csv", "comcat_b.csv", "comcat_b.csv.gz")
    assert summary(tmp_path, QUAKES, ["2015-08"]) == [
        (None, "comcat_a.csv", ()),
        (None, "comcat_b.csv", ("comcat_b.csv.gz",)),
    ]


def test_files_of_one_name_in_two_folders_are_told_apart_by_their_paths(tmp_path):
    put(tmp_path, "2015/comcat_x.csv", "2016/comcat_x.csv.gz", "comcat_y.csv")
    assert [name for _, name, _ in summary(tmp_path, QUAKES)] == [
        "2015-comcat_x.csv",
        "2016-comcat_x.csv.gz",
        "comcat_y.csv",
    ]


def test_the_newest_edition_of_a_static_dataset_wins(tmp_path):
    put(tmp_path, "cb_2014_us_county_20m.zip", "cb_2018_us_county_20m.zip", "cb_2018_us_county_5m.zip")
    assert summary(tmp_path, COUNTIES) == [("static", "cb_2018_us_county_20m.zip", ("cb_2014_us_county_20m.zip",))]


def test_hidden_files_and_folders_and_other_names_are_left_aside(tmp_path):
    put(tmp_path, NEW, f"._{NEW}", f".trash/{OLD}", f"{NEW}.part", "notes.txt")
    assert summary(tmp_path) == [("1950", NEW, ())]


def test_links_are_followed_and_circles_end(tmp_path):
    put(tmp_path / "elsewhere", NEW)
    root = tmp_path / "root"
    root.mkdir()
    (root / "data").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)
    assert summary(root) == [("1950", NEW, ())]


@pytest.mark.parametrize("name", [NEW, f"{NEW}.gz"])
def test_what_lies_there_is_delivered_byte_for_byte(tmp_path, name):
    put(tmp_path, f"a folder/100% #1?/{name}")
    source = FolderSource(tmp_path, StandingClock())
    (offer,) = source.offers(STORMS, None)
    delivery = source.deliver(offer)
    assert delivery.content == (tmp_path / "a folder/100% #1?" / name).read_bytes()
    assert (delivery.status, delivery.headers, delivery.at, delivery.offer) == (200, {}, NOW, offer)


def test_a_folder_that_is_not_there_says_what_a_source_can_be(tmp_path):
    with pytest.raises(NotFound, match="no folder") as caught:
        offers(tmp_path / "smaple")
    assert "sample, live" in caught.value.advice


def test_a_file_is_no_folder(tmp_path):
    put(tmp_path, NEW)
    with pytest.raises(NotFound, match="no folder"):
        offers(tmp_path / NEW)


def test_nothing_of_the_dataset_names_what_was_looked_for(tmp_path):
    put(tmp_path, "comcat_a.csv")
    with pytest.raises(NotFound, match="hazards/storms") as caught:
        offers(tmp_path)
    assert r"details: StormEvents_details-ftp_v1\.0" in caught.value.advice
    assert "fatalities: " in caught.value.advice


def test_a_year_that_is_not_there_is_no_error(tmp_path):
    put(tmp_path, NEW)
    assert summary(tmp_path, partitions=["1951"]) == []


def test_a_file_that_went_away_is_unavailable(tmp_path):
    put(tmp_path, NEW)
    source = FolderSource(tmp_path, StandingClock())
    (offer,) = source.offers(STORMS, None)
    (tmp_path / NEW).unlink()
    with pytest.raises(Unavailable, match="No such file"):
        source.deliver(offer)


def test_a_link_to_nowhere_is_missed_not_overlooked(tmp_path):
    (tmp_path / NEW).symlink_to(tmp_path / "gone")
    source = FolderSource(tmp_path, StandingClock())
    (offer,) = source.offers(STORMS, None)
    with pytest.raises(Unavailable, match="cannot read"):
        source.deliver(offer)


def test_a_folder_that_cannot_be_read_is_unavailable(tmp_path, monkeypatch):
    put(tmp_path, NEW, f"locked/{OLD}")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(Unavailable, match="locked: Permission denied"):
        offers(tmp_path)


@needs_recorded
def test_the_recorded_years_are_found_as_they_are_laid_out():
    source = FolderSource(RECORDED, StandingClock())
    found = source.offers(STORMS, None)
    details = [offer for offer in found if offer.feed.wire == "details"]
    assert [offer.partition for offer in details] == [str(year) for year in range(1950, 1993)]
    assert all(offer.passed_over == () for offer in found)
    assert len(found) == len(list(RECORDED.glob("noaa_storm_events/*.csv")))
    assert source.deliver(details[0]).content == (RECORDED / "noaa_storm_events" / details[0].name).read_bytes()


@needs_recorded
@pytest.mark.parametrize("spec", [QUAKES, COUNTIES])
def test_the_other_recorded_datasets_are_found(spec):
    (offer,) = offers(RECORDED, spec)
    assert offer.name in {"comcat_2015-08.KS_OK.csv", "cb_2014_us_county_20m.zip"}
