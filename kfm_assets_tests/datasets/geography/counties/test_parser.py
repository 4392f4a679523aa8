"""Shapefiles that are not what they should be: one line each, never a traceback, never half a table."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import shapefile
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.datasets.geography.counties import parser, sample
from kfm_assets.domain.dataset import STATIC
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.geography.made import CENSUS, payload, recorded
from kfm_assets_tests.gates.rounds import rounds

(SAMPLE,) = sample.generate(STATIC, 1, 1).values()


def members(content: bytes = SAMPLE) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def without(suffix: str) -> bytes:
    return zipped({name: content for name, content in members().items() if not name.endswith(suffix)})


def changed(suffix: str, content: bytes) -> bytes:
    return zipped({name: content if name.endswith(suffix) else old for name, old in members().items()})


def part(suffix: str) -> bytes:
    return next(content for name, content in members().items() if name.endswith(suffix))


def shapefile_of(fields: tuple[str, ...]) -> bytes:
    parts = {suffix: io.BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=shapefile.POLYGON) as writer:
        for name in fields:
            writer.field(name, "C", 5)
    return zipped({f"c.{suffix}": part.getvalue() for suffix, part in parts.items()} | {"c.prj": part(".prj")})


def shorter_dbf() -> bytes:
    """Return the .dbf without its last record, and with a header that says so."""
    dbf = part(".dbf")
    header, record = (int.from_bytes(dbf[at : at + 2], "little") for at in (8, 10))
    return dbf[:4] + (109).to_bytes(4, "little") + dbf[8 : header + 109 * record]


WGS84 = b'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]]]'

BROKEN = {
    "empty": (b"", "not a readable zip"),
    "a web page": (b"<html><body>Service unavailable</body></html>", "not a readable zip"),
    "cut off": (SAMPLE[: len(SAMPLE) // 2], "not a readable zip"),
    "no .dbf": (without(".dbf"), "lacks its .dbf"),
    "no .shp and no .shx": (zipped({"c.dbf": part(".dbf"), "c.prj": part(".prj")}), ".shp, .shx"),
    "no .prj": (without(".prj"), "lacks its .prj"),
    "an empty zip": (zipped({}), "lacks its .dbf, .prj, .shp, .shx"),
    "two Shapefiles": (zipped(members() | {"other.shp": part(".shp")}), "several .shp"),
    "another datum": (changed(".prj", WGS84), "not in NAD83"),
    "a .prj that says nothing": (changed(".prj", b"NAD83, I think"), "not in NAD83"),
    "an unknown encoding": (changed(".cpg", b"EBCDIC"), "EBCDIC"),
    "text in another encoding": (changed(".cpg", b"UTF-8"), "holds no readable Shapefile"),
    "a cut-off .shp": (changed(".shp", part(".shp")[:3000]), "its .shp is not as long as it says"),
    "a cut-off .dbf": (changed(".dbf", part(".dbf")[:3000]), "its .dbf is not as long as it says"),
    "an .shx of fewer shapes": (changed(".shx", part(".shx")[:-80]), "its .shx is not as long as it says"),
    "a .dbf of fewer records": (changed(".dbf", shorter_dbf()), "110 shapes for 109 records"),
    "columns of 2010": (shapefile_of(("GEO_ID", "STATE", "COUNTY", "NAME", "LSAD")), "has the columns GEO_ID"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_one_line(name):
    content, says = BROKEN[name]
    with pytest.raises(BadInput) as refused:
        parser.parse(payload("counties", "cb_2014_us_county_20m.zip", content))
    assert says in str(refused.value)
    assert "cb_2014_us_county_20m.zip" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.advice


def rows_or_refusal(content: bytes) -> int | str:
    """Return how many rows a file gives, or `refused` where it is refused in one line."""
    try:
        return parser.parse(payload("counties", "cb.zip", content)).height
    except BadInput as error:
        return str(error) if "\n" in str(error) else "refused"


@rounds(60)
@given(st.sampled_from([".shp", ".shx", ".dbf", ".prj", ".cpg"]), st.data())
def test_a_flipped_byte_gives_a_frame_or_bad_input(suffix, data):
    content = bytearray(part(suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    assert rows_or_refusal(changed(suffix, bytes(content))) in (110, "refused")


@rounds(40)
@given(st.data())
def test_a_damaged_zip_gives_a_frame_or_bad_input(data):
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert rows_or_refusal(bytes(content)) in (110, "refused")


def test_rows_are_verbatim_text_by_record_number():
    frame = parser.parse(payload("counties", "cb.zip", SAMPLE))
    assert frame["source_line"].to_list() == list(range(1, 111))
    assert set(frame["partition"]) == {STATIC}
    assert frame.filter(GEOID="35013")["NAME"].item() == "Doña Ana"
    assert frame["ALAND"][0] == "2043854549"


def test_verbatim_is_the_attributes_and_the_outline():
    text = parser.verbatim(payload("counties", "cb.zip", SAMPLE), [1, 108])
    assert list(text) == [1, 108]
    assert json.loads(text[1])["NAME"] == "Allen"
    assert json.loads(text[108])["geometry"].startswith("POLYGON ((-107.3 31.8,")


def test_heights_are_dropped():
    frame = parser.parse(payload("counties", "cb.zip", recorded(CENSUS)))
    assert not shapely.has_z(shapely.from_wkb(np.array(frame["geometry"].to_list(), dtype=object))).any()


def test_the_sample_does_not_carry_the_day_of_its_writing():
    assert tuple(part(".dbf")[1:4]) == (115, 4, 3)


def test_later_files_have_more_columns():
    header = (
        *("STATEFP", "COUNTYFP", "COUNTYNS", "GEOIDFQ", "GEOID", "NAME", "NAMELSAD"),
        *("STUSPS", "STATE_NAME", "LSAD", "ALAND", "AWATER"),
    )
    assert parser.parse(payload("counties", "cb_2023.zip", shapefile_of(header))).is_empty()
