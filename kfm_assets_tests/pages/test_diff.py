"""The page of a comparison: nothing in it is from elsewhere, nothing in the data is markup, all of it can be read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import polars as pl
import pytest
import shapely

from kfm_assets.pages.diff import render
from kfm_assets.pages.drawings import breaks
from kfm_assets.pages.markup import text
from kfm_assets_tests.gates.diff.storms import DAMAGE, report, storms

YEAR = storms("1991")
AREAS = [
    (
        str(2 * number + 1),
        f"County {number}",
        shapely.to_wkb(shapely.box(-102 + number % 5, 37 + number // 5, -101 + number % 5, 38 + number // 5)),
    )
    for number in range(20)
]
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></svg><a href='javascript:alert(1)'>",
    "$\\frac{1}{0}$ & \x1b[31m \u202e \x00",
)
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "line"}


class Reader(HTMLParser):
    """Reads tags, their attributes and text, and sees that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def hostile() -> str:
    words = pl.Series([HOSTILE[number % len(HOSTILE)] for number in range(200)])
    marks = pl.int_range(pl.len()) % 3 == 0
    after = YEAR.with_columns(
        pl.when(marks).then(words).otherwise("event_type").alias("event_type"),
        pl.when(marks).then(words).otherwise("event_narrative").alias("event_narrative"),
    )
    areas = [(code, HOSTILE[number % len(HOSTILE)], shape) for number, (code, _, shape) in enumerate(AREAS)]
    return render(report({"1991": (YEAR, after), "1992": (None, storms("1992"))}), areas, f"about {HOSTILE[0]}")


@pytest.fixture(scope="module")
def page() -> str:
    after = YEAR.with_columns(pl.col(DAMAGE) * 10).filter(pl.int_range(pl.len()) > 20)
    return render(report({"1991": (YEAR, after), "1992": (None, storms("1992"))}), AREAS, "release v2 compared with v1")


@pytest.mark.parametrize("which", ["page", "hostile"])
def test_nothing_is_run_and_nothing_is_fetched(which, page):
    reader = read(page if which == "page" else hostile())
    assert not {tag for tag, _ in reader.tags} & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "link",
        "base",
        "form",
        "foreignobject",
    }
    for _, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "xlink:href", "src", "action"):
            assert (attributes.get(name) or "#").startswith("#")
    assert set(re.findall(r"url\(.", page if which == "page" else hostile())) <= {"url(#"}
    policy = [attributes["content"] for tag, attributes in reader.tags if attributes.get("http-equiv")]
    assert "default-src 'none'" in policy[0]


def test_hostile_values_are_shown_as_they_are():
    page = hostile()
    said = "".join(read(page).said)
    assert "<script>alert(1)</script>" in said
    assert "\\frac" in said
    assert not {"\x1b", "\x00", "\u202e"} & set(page)


def test_it_can_be_read_without_seeing_it(page):
    reader = read(page)
    drawings = [attributes for tag, attributes in reader.tags if attributes.get("role") == "img"]
    assert len(drawings) == 3
    assert all(len(attributes["aria-label"]) > 30 for attributes in drawings)
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    assert all(attributes.get("aria-hidden") == "true" for tag, attributes in reader.tags if tag == "svg")
    assert all(attributes.get("scope") for tag, attributes in reader.tags if tag == "th")
    labelled = {attributes["aria-labelledby"] for tag, attributes in reader.tags if tag == "section"}
    assert labelled <= {attributes.get("id") for tag, attributes in reader.tags if tag == "h2"}
    assert any(tag == "html" and attributes["lang"] == "en" for tag, attributes in reader.tags)
    tables = [tag for tag, _ in reader.tags].count("table")
    assert tables == [tag for tag, _ in reader.tags].count("caption") > 5


def test_it_needs_no_colour(page):
    colours = {found.lower()[1:] for found in re.findall(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", page)}
    parts = [
        [colour[at : at + len(colour) // 3] for at in range(0, len(colour), len(colour) // 3)] for colour in colours
    ]
    assert len(parts) > 5
    assert all(max(int(part, 16) for part in one) - min(int(part, 16) for part in one) <= 2 for one in parts)


def test_it_is_small_and_the_same_again(page):
    after = YEAR.with_columns(pl.col(DAMAGE) * 10).filter(pl.int_range(pl.len()) > 20)
    again = render(
        report({"1991": (YEAR, after), "1992": (None, storms("1992"))}), AREAS, "release v2 compared with v1"
    )
    assert again == page
    assert len(page) < 2_000_000


def test_counts_stand_in_the_map_and_in_its_table():
    after = YEAR.filter(pl.col("county_fips") != 7)
    found = render(report({"1991": (YEAR, after)}), AREAS, "x")
    gone = YEAR.height - after.height
    assert f">{gone}</text>" in found
    assert f"County 3 (7) {gone}" in found
    assert "of the rows removed: county_fips 7 (County 3)" in found


def test_without_outlines_there_are_bars_and_without_anything_before_it_says_so():
    found = render(report({"1991": (None, YEAR)}) | {"before": None}, [], "x")
    assert "There was no release before it" in found
    assert "by county_fips" in found
    nothing = report({"1991": (YEAR, YEAR)})
    assert "partitions that differ" in render(nothing, AREAS, "x")


def test_classes_hold_every_count():
    assert breaks([]) == breaks([0, 0]) == []
    assert breaks([3, 1, 1]) == [1, 3]
    edges = breaks(list(range(1, 101)))
    assert (edges[0], len(edges)) == (1, 5)
    assert len(breaks([1] * 90 + list(range(2, 12)))) <= 5


def test_text_is_no_markup():
    assert text("<a href='x'>&\"") == "&lt;a href=&#x27;x&#x27;&gt;&amp;&quot;"
