"""Fixed-width files to wire frames; files that are not what they should be, and the names that are looked for."""

from __future__ import annotations

import re

import pytest

from kfm_assets.datasets.climate.divisional import parser
from kfm_assets.datasets.climate.divisional.specification import MONTH_FIELDS
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.climate.divisional.records import PROGRAM, TWELVE, YEAR, kansas, line, name, written
from kfm_assets_tests.datasets.geography.made import payload

WHOLE = written(kansas())
STATE = written([line("0130"), line("0140"), line("1100")])


def parse(file: str, content: bytes):
    return parser.parse(payload("records", file, content))


def test_a_record_of_a_division_is_read_by_its_columns():
    frame = parse(name(), WHOLE)
    row = frame.row(1, named=True)
    assert row | dict.fromkeys(MONTH_FIELDS) == {
        "source_line": 2,
        "STATE-CODE": "14",
        "DIVISION-NUMBER": "02",
        "ELEMENT CODE": "05",
        "YEAR": YEAR,
        **dict.fromkeys(MONTH_FIELDS),
        "edition": "19760304",
        "partition": YEAR,
    }
    assert [row[field] for field in MONTH_FIELDS] == [value.rjust(7) for value in TWELVE]


def test_a_record_of_a_state_has_a_code_of_three_digits():
    frame = parse(name(level="st"), STATE)
    assert frame["STATE-CODE"].to_list() == ["013", "014", "110"]
    assert frame["DIVISION-NUMBER"].to_list() == ["0"] * 3
    assert set(frame["ELEMENT CODE"]) == {"05"}


@pytest.mark.parametrize(
    "content",
    [
        WHOLE.replace(b"\n", b"\r\n"),
        WHOLE.replace(b"   \n", b"\n"),
        WHOLE.removesuffix(b"   \n"),
        WHOLE + b"\n\n",
        written(reversed(kansas())),
    ],
    ids=["CRLF", "nothing follows the values", "no line break at the end", "blank lines at the end", "another order"],
)
def test_what_does_not_matter_is_read_all_the_same(content):
    frame, plain = parse(name(), content), parse(name(), WHOLE)
    assert frame.drop("source_line").sort("DIVISION-NUMBER").equals(plain.drop("source_line"))


def test_verbatim_is_the_exact_line():
    file = payload("records", name(), WHOLE)
    assert parser.verbatim(file, [3, 1]) == {3: kansas()[2], 1: kansas()[0]}


@pytest.mark.parametrize(
    ("year", "partition"), [("1895", "1895"), ("1976", "1976"), ("1894", None), ("1977", None), ("0000", None)]
)
def test_a_year_before_the_first_or_after_the_files_date_is_none(year, partition):
    lines = [*kansas(years=("1975", "1976")), line("2501", year=year)]
    assert parse(name(), written(lines))["partition"][-1] == partition


BROKEN = {
    "an empty file": (name(), b" \n"),
    "a web page": (name(), b"\n<html><body>503 Service Unavailable</body></html>"),
    "another encoding": (name(), WHOLE.replace(b"1.50", b"1\xb750", 1)),
    "a cut-off line": (name(), WHOLE[:-30]),
    "cut off between two lines": (name(), written(kansas()[:-1])),
    "cut off in a year of one division": (name(), written(kansas(years=("1974", "1975"))[:-1])),
    "cut off in the years of a state": (name(level="st"), written([line("0140", year="1950")])),
    "a year between others missing": (name(), written(kansas(years=("1973", "1975")))),
    "a division missing": (name(), written(text for text in kansas() if not text.startswith("1404"))),
    "a month missing": (name(), written(text[:87] for text in kansas())),
    "a month added": (name(), written(f"{text[:94]}   1.00" for text in kansas())),
    "values of eight columns": (name(), written(text[:10] + text[10:94].replace("  ", "   ") for text in kansas())),
    "a header": (name(), b"state division element year jan feb\n" + WHOLE),
    "comma-separated": (name(), WHOLE.replace(b"   ", b",")),
    "a blank line within": (name(), WHOLE.replace(b"\n", b"\n\n", 1)),
    "another element than its name says": (name("phdi"), WHOLE),
    "one line of another element": (name(), written([*kansas(), line("2501", element="phdi")])),
    "a file of divisions called one of states": (name(level="st"), WHOLE),
    "a file of states called one of divisions": (name(), STATE),
    "no Kansas": (name(), written([line("2501"), line("3401")])),
    "the FIPS code in place of the state code": (name(), written(text.replace("14", "20", 1) for text in kansas())),
    "no Kansas among the states": (name(level="st"), written([line("0200")])),
    "a state code that is none": (name(), written([*kansas(), line("0001")])),
    "a division that is none": (name(), written([*kansas(), line("2500")])),
    "a name without an element that is known": ("climdiv-wind" + name()[12:], WHOLE),
    "a name without a date": (name(edition="19761304"), WHOLE),
    "any other name": ("records.txt", WHOLE),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_in_one_line(case):
    file, content = BROKEN[case]
    with pytest.raises(BadInput) as refused:
        parse(file, content)
    assert str(refused.value).startswith(file)
    assert "\n" not in str(refused.value)
    assert refused.value.advice


def test_a_refusal_says_what_and_where():
    with pytest.raises(BadInput, match=r"line 9: .*04 is no area of a file of states|line 1: 1401 is no area"):
        parse(name(level="st"), WHOLE)
    with pytest.raises(BadInput, match="no record of division 9 of Kansas in 1975"):
        parse(name(), written(kansas()[:-1]))
    with pytest.raises(BadInput, match="line 10: the element's code is 06, that of pdsi is 05"):
        parse(name(), written([*kansas(), line("2501", element="phdi")]))


@pytest.mark.parametrize(
    ("path", "edition"),
    [
        ("climdiv-tmpcdv-v1.0.0-20140304", "20140304"),
        ("noaa_climdiv/KS_climdiv-sp24st-v1.0.0-20140304", "20140304"),
        ("a/climdiv-hddcdv-v2.1.10-20251106.txt", "20251106"),
        ("climdiv-norm-tmaxst-v1.0.0-20260107", None),
        ("climdiv-tmpccy-v1.0.0-20260107", None),
        ("climdiv-tmax-inv-v1.0.0-20140304", None),
        ("TX_climdiv-tmpcdv-v1.0.0-20140304", None),
        ("county-to-climdivs.txt", None),
        ("divisional-readme.txt", None),
    ],
)
def test_the_feed_knows_the_upstreams_names(path, edition):
    (feed,) = PROGRAM.specification.upstream.feeds
    found = re.search(feed.file_name, path)
    assert (found["vintage"] if found else None) == edition
