"""ComCat's GeoJSON to the fields that its CSV has, as text. What the fields mean is not decided here.

Format: https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php, a FeatureCollection (RFC 7946) whose features'
coordinates are longitude, latitude and depth in km, and whose times are milliseconds since 1970.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kfm_assets.datasets.hazards.earthquakes.fields import CSV_22
from kfm_assets.datasets.program import Payload
from kfm_assets.errors import BadInput

_AGAIN = "look at the file; if the download was cut off, fetch it again"
_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers keep the text that they came in: it is parsed as strictly as a CSV's.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its exact text, and its fields by the names that the CSV gives them; an absent one is empty."""

    text: str
    fields: Mapping[str, str]


@lru_cache(maxsize=4)
def features(payload: Payload) -> tuple[Feature, ...]:
    """Return a file's features in their order. Kept for a while: rows held back ask for their text one by one.

    Raises:
        BadInput: when the file is empty, a web page, not UTF-8, cut off, or not a FeatureCollection.
    """
    text = _text_of(payload)
    try:
        document = _DECODER.decode(text)
        if not isinstance(document, dict) or not isinstance(document.get("features"), list):
            raise BadInput(f"{payload.name} is not a GeoJSON FeatureCollection", advice=_AGAIN)
        return tuple(Feature(text[start:end], _fields(feature)) for feature, start, end in _elements(text))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"{payload.name} is not whole JSON: {error.msg} at {where}", advice=_AGAIN) from error
    except RecursionError as error:
        raise BadInput(f"{payload.name} is nested too deeply to be ComCat's GeoJSON", advice=_AGAIN) from error


def _text_of(payload: Payload) -> str:
    try:
        text = payload.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{payload.name} is not UTF-8 at byte {error.start}", advice=_AGAIN) from error
    start = text[:512].lstrip()
    if not start:
        raise BadInput(f"{payload.name} is empty", advice=_AGAIN)
    if start.startswith("<"):
        raise BadInput(f"{payload.name} is a web page, not GeoJSON", advice="open it in a browser")
    return text


def _elements(text: str) -> Iterator[tuple[object, int, int]]:
    """Yield each element of the last member `features` of a JSON object that is known to be valid, and where it is."""
    position, array = _after(text, text.index("{") + 1), 0
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _after(text, _after(text, position) + 1)
        array = position if key == "features" else array
        _, position = _DECODER.raw_decode(text, position)
        position = _after_comma(text, position)
    position = _after(text, array + 1)
    while text[position] != "]":
        element, end = _DECODER.raw_decode(text, position)
        yield element, position, end
        position = _after_comma(text, end)


def _after(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _after_comma(text: str, position: int) -> int:
    position = _after(text, position)
    return _after(text, position + 1) if text[position] == "," else position


def _fields(feature: object) -> dict[str, str]:
    members = feature if isinstance(feature, dict) else {}
    properties, geometry = members.get("properties"), members.get("geometry")
    values = dict(properties) if isinstance(properties, dict) else {}
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    values |= dict.fromkeys(("longitude", "latitude", "depth"))
    values |= zip(("longitude", "latitude", "depth"), place if isinstance(place, list) else (), strict=False)
    values["id"] = members.get("id")
    return {name: _as_text(values.get(name)) for name in CSV_22}


def _as_text(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    # A JSON string may escape half a surrogate pair, which no UTF-8 text can hold.
    return text.encode("utf-8", "backslashreplace").decode()
