"""Census cartographic boundary Shapefiles, zipped, to wire frames. Which records are kept is not decided here.

The format is ESRI's (ESRI Shapefile Technical Description, July 1998:
https://www.esri.com/content/dam/esrisites/sitecore-archive/Files/Pdfs/library/whitepapers/pdfs/shapefile.pdf); the
attributes are described in the Census Bureau's file name definitions beside each year's files
(https://www2.census.gov/geo/tiger/GENZ2014/).
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import polars as pl
import shapefile
import shapely
import shapely.geometry
from pyproj import CRS
from pyproj.exceptions import CRSError

from kfm_assets.datasets.program import LINE, PARTITION, Payload
from kfm_assets.domain.dataset import STATIC
from kfm_assets.errors import BadInput

_HEADERS = (
    ("STATEFP", "COUNTYFP", "COUNTYNS", "AFFGEOID", "GEOID", "NAME", "LSAD", "ALAND", "AWATER"),
    (
        *("STATEFP", "COUNTYFP", "COUNTYNS", "AFFGEOID", "GEOID", "NAME", "NAMELSAD"),
        *("STUSPS", "STATE_NAME", "LSAD", "ALAND", "AWATER"),
    ),
    (
        *("STATEFP", "COUNTYFP", "COUNTYNS", "GEOIDFQ", "GEOID", "NAME", "NAMELSAD"),
        *("STUSPS", "STATE_NAME", "LSAD", "ALAND", "AWATER"),
    ),
)
"""Of the files of 2014 to 2019, 2020 to 2022, and since 2023."""

_ENCODINGS = {"": "iso8859-1", "ISO88591": "iso8859-1", "88591": "iso8859-1", "UTF8": "utf-8", "65001": "utf-8"}
"""By what the .cpg says, letters and digits alone. Files without one are older, and in ISO 8859-1."""

_INDEX_HEADER, _INDEX_RECORD = 100, 8
"""Bytes of an .shx file: its header, and for each shape its offset and length."""

_MOST_BYTES = 2**28
_AGAIN = "fetch the file again from https://www2.census.gov/geo/tiger/"
_UNREADABLE = (shapefile.ShapefileException, struct.error, ValueError, IndexError, KeyError, TypeError, OSError)

GEOMETRY = "geometry"
"""In the wire frame: the outline as WKB, in NAD83, without heights; null where the record has no shape."""


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each shape record: LINE is its number, from 1; its attributes are verbatim text.

    Raises:
        BadInput: when the bytes are not a zip, or what is in it is not one Shapefile of counties in NAD83.
    """
    rows = _records(payload)
    schema: dict[str, pl.DataType] = {LINE: pl.Int64()}
    schema |= {name: pl.String() for name in rows[0][0]} if rows else {name: pl.String() for name in _HEADERS[0]}
    schema |= {GEOMETRY: pl.Binary(), PARTITION: pl.String()}
    return pl.DataFrame(
        [(line, *attributes.values(), outline, STATIC) for line, (attributes, outline) in enumerate(rows, 1)],
        schema=schema,
        orient="row",
    )


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return some records, by number, as JSON: the attributes' text, and the outline as WKT in NAD83."""
    rows = _records(payload)
    return {line: _as_json(*rows[line - 1]) for line in lines}


def _as_json(attributes: Mapping[str, str], outline: bytes | None) -> str:
    wkt = None if outline is None else shapely.to_wkt(shapely.from_wkb(outline), rounding_precision=-1)
    return json.dumps({**attributes, GEOMETRY: wkt}, ensure_ascii=False)


def _records(payload: Payload) -> list[tuple[dict[str, str], bytes | None]]:
    members = _members(payload)
    _require_whole(payload, members)
    _require_nad83(payload, members[".prj"])
    try:
        with shapefile.Reader(
            shp=io.BytesIO(members[".shp"]),
            shx=io.BytesIO(members[".shx"]),
            dbf=io.BytesIO(members[".dbf"]),
            encoding=_encoding(payload, members.get(".cpg", b"")),
        ) as reader:
            names = tuple(field.name for field in reader.fields[1:])
            if names not in _HEADERS:
                raise BadInput(f"{payload.name} has the columns {', '.join(names)}", advice="expected those of cb_2014")
            rows = [
                (dict(zip(names, map(_text, pair.record), strict=True)), _outline(pair.shape))
                for pair in reader.iterShapeRecords()
            ]
            shapes = (len(members[".shx"]) - _INDEX_HEADER) // _INDEX_RECORD
            if not len(rows) == len(reader) == shapes:
                raise BadInput(f"{payload.name} has {shapes} shapes for {len(reader)} records", advice=_AGAIN)
    except _UNREADABLE as error:
        raise BadInput(f"{payload.name} holds no readable Shapefile: {_line(error)}", advice=_AGAIN) from error
    return rows


def _members(payload: Payload) -> dict[str, bytes]:
    """Read the parts of the Shapefile, by their suffix, each of which stands once in the zip."""
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(payload.content)) as archive:
            for member in archive.infolist():
                suffix = "." + member.filename.lower().rpartition(".")[2]
                if suffix not in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                    continue
                if suffix in members or member.file_size > _MOST_BYTES:
                    raise BadInput(f"{payload.name} holds several {suffix} files, or one over 256 MiB", advice=_AGAIN)
                members[suffix] = archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise BadInput(f"{payload.name} is not a readable zip file: {_line(error)}", advice=_AGAIN) from error
    missing = sorted({".shp", ".shx", ".dbf", ".prj"} - set(members))
    if missing:
        raise BadInput(f"{payload.name} lacks its {', '.join(missing)} file", advice=_AGAIN)
    return members


def _require_whole(payload: Payload, members: Mapping[str, bytes]) -> None:
    """Compare each part with the length that its header gives; pyshp only warns, or reads beyond the end."""
    for suffix in (".shp", ".shx"):
        # The file's length in 16-bit words, big-endian, in bytes 24 to 27 (ESRI, p. 4).
        if 2 * int.from_bytes(members[suffix][24:28], "big") != len(members[suffix]):
            raise BadInput(f"{payload.name}: its {suffix} is not as long as it says", advice=_AGAIN)
    # dBASE III: the number of records in bytes 4 to 7, the header's and a record's length in 8 to 11, little-endian.
    dbf = members[".dbf"]
    records, header, record = (int.from_bytes(dbf[at:to], "little") for at, to in ((4, 8), (8, 10), (10, 12)))
    if len(dbf) not in (header + records * record, header + records * record + 1):
        raise BadInput(f"{payload.name}: its .dbf is not as long as it says", advice=_AGAIN)


def _require_nad83(payload: Payload, prj: bytes) -> None:
    try:
        # ESRI's well-known text names no authority, so the datum is found by comparison.
        if CRS.from_wkt(prj.decode("utf-8", "replace")).to_epsg() == 4269:  # noqa: PLR2004 - the code of NAD83
            return
    except CRSError:
        pass
    raise BadInput(f"{payload.name} is not in NAD83 (EPSG:4269), as its .prj should say", advice=_AGAIN)


def _encoding(payload: Payload, cpg: bytes) -> str:
    said = "".join(character for character in cpg.decode("ascii", "replace").upper() if character.isalnum())
    if said not in _ENCODINGS:
        raise BadInput(f"{payload.name} says that its text is in {said[:20]!r}", advice="expected ISO 8859-1 or UTF-8")
    return _ENCODINGS[said]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _outline(shape: shapefile.Shape) -> bytes | None:
    if not shape.points:
        return None
    outline: bytes = shapely.to_wkb(shapely.geometry.shape(shape.__geo_interface__))
    return outline


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
