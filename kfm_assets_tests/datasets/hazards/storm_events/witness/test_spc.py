"""The Storm Prediction Center's files: what is read of them, which edition counts, what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from kfm_assets.datasets.hazards.storm_events.witness import spc
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.geography.made import RECORDED, payload, recorded
from kfm_assets_tests.datasets.hazards.storm_events.witness.tornadoes import NOON, later, record, zipped

NAME = "1950-2018-torn-initpoint.zip"


def read(content: bytes, name: str = NAME):
    return spc.read([payload("torn-initpoint", name, content)])


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_record_as_a_row():
    (row,) = read(zipped(record(elat=38.5, elon=-97.5, fc=1))).to_dicts()
    assert row == {
        "id": 1,
        "om": 1,
        "year": 1975,
        "at": NOON,
        "lon": -98.0,
        "lat": 38.0,
        "end_lon": -97.5,
        "end_lat": 38.5,
        "rating": 1,
        "rating_made_up": True,
        "state": "KS",
    }


@pytest.mark.parametrize(("tz", "at"), [(3, NOON), (9, later(hours=-6)), (0, None)])
def test_times_are_read_in_the_zone_that_the_record_says(tz, at):
    assert read(zipped(record(tz=tz)))["at"].to_list() == [at]


def test_what_is_not_known_is_null():
    (row,) = read(zipped(record(mag=-9, time="?"))).to_dicts()
    assert (row["rating"], row["at"], row["end_lat"], row["end_lon"]) == (None, None, None, None)


def test_the_parts_of_a_shapefile_say_what_the_zip_says():
    content = zipped(record(), record(om=2, mag=3))
    files = [payload("torn-initpoint", name, part) for name, part in parts(content).items() if ".prj" not in name]
    assert spc.read(files).equals(read(content))
    assert spc.read([]).height == 0


def test_of_two_editions_of_a_year_the_newer_counts_and_a_year_of_the_older_alone_stays():
    old = payload("t", "1950-2018-torn-initpoint.zip", zipped(record(), record(yr=1976, mag=2)))
    new = payload("t", "1950-2024-torn-initpoint.zip", zipped(record(mag=4), record(mag=5, om=2)))
    assert spc.read([new, old])["year", "rating"].sort("year", "rating").rows() == [(1975, 4), (1975, 5), (1976, 2)]


def test_files_of_single_years_complete_one_another():
    files = [payload("t", f"{year}-{year}-torn-initpoint.zip", zipped(record(yr=year))) for year in (1975, 1976)]
    assert spc.read(files)["year"].sort().to_list() == [1975, 1976]


def _without(suffix: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts(zipped(record())).items():
            if not name.endswith(suffix):
                archive.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a sound zip"),
        (b"<html></html>", "not a sound zip"),
        (zipped(record())[:-40], "not a sound zip"),
        (_without(".dbf"), r"lacks its \.dbf"),
        (_without(".shp"), r"lacks its \.shp"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(content, message):
    with pytest.raises(BadInput, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)
    assert caught.value.advice


def test_parts_of_two_files_are_refused():
    one, two = (parts(zipped(*[record()] * count)) for count in (1, 2))
    name = "1950-2018-torn-initpoint"
    mixed = {f"{name}.dbf": two[f"{name}.dbf"], f"{name}.shp": one[f"{name}.shp"], f"{name}.shx": one[f"{name}.shx"]}
    with pytest.raises(BadInput, match="has 1 shapes for 2 records"):
        spc.read([payload("torn-initpoint", *file) for file in mixed.items()])


def test_another_shapefile_is_refused():
    content = recorded("census/cb_2014_us_county_20m.zip")
    with pytest.raises(BadInput, match="lacks the column"):
        read(content)


def test_the_recorded_file_says_what_it_is_known_to_say():
    recorded("noaa_spc/KS_1950-2018-torn-initpoint.dbf")
    files = [path for path in sorted((RECORDED / "noaa_spc").iterdir()) if path.suffix != ".prj"]
    rows = spc.read([payload("torn-initpoint", path.name, path.read_bytes()) for path in files])
    assert rows.height == 4_234
    assert rows["at"].null_count() == 0
    assert set(rows["state"]) == {"KS"}
    assert not rows["om"].is_unique().all(), "it begins anew each year"
    assert rows.filter(year=1975).select("om").is_unique().all()
    assert rows["lat"].min() == 30.45, "the same wrong point as in Storm Events"
