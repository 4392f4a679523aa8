"""References: each thing has one, it says all of what it names, and nonsense gets one line with advice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.evidence_ref import (
    BuildRef,
    DatasetRef,
    DecisionRef,
    DocumentRef,
    RawRef,
    ReleaseRef,
    RunRef,
    parse,
)
from kfm_assets.errors import UsageError
from kfm_assets.gates.papers import decision_id, run_id

HEX = "0123456789abcdef" * 4
DIGEST = Digest(f"sha256:{HEX}")

EXAMPLES = {
    "kfm://dataset/hazards/storm_events": DatasetRef("hazards/storm_events"),
    f"kfm://release/{HEX}": ReleaseRef(DIGEST),
    f"kfm://release/{HEX}/catalog/collection.json": ReleaseRef(DIGEST, "catalog/collection.json"),
    f"kfm://build/{HEX}": BuildRef(DIGEST),
    f"kfm://build/{HEX}/processed/2015-08/events.parquet": BuildRef(DIGEST, "processed/2015-08/events.parquet"),
    f"kfm://document/{HEX}": DocumentRef(DIGEST),
    f"kfm://raw/hazards/storm_events/{HEX}": RawRef("hazards/storm_events", DIGEST),
    f"kfm://raw/hazards/storm_events/{HEX}/a%20b%23c.csv": RawRef("hazards/storm_events", DIGEST, "a b#c.csv"),
    "kfm://run/20261121t031500.1f9a2c4b": RunRef("20261121t031500-1f9a2c4b"),
    f"kfm://policy_decision/{HEX}": DecisionRef(DIGEST),
}

datasets = st.from_regex(r"[a-z][a-z0-9_]{0,8}/[a-z][a-z0-9_]{0,8}", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True).map(Digest)
segments = st.text(min_size=1, max_size=12).filter(
    lambda text: text.isprintable() and "/" not in text and text not in {".", ".."}
)
paths = st.lists(segments, max_size=4).map("/".join)
references = st.one_of(
    st.builds(DatasetRef, datasets),
    st.builds(ReleaseRef, digests, paths),
    st.builds(BuildRef, digests, paths),
    st.builds(DocumentRef, digests),
    st.builds(RawRef, datasets, digests, paths),
    st.builds(RunRef, st.from_regex(r"[0-9]{8}t[0-9]{6}-[0-9a-f]{8}", fullmatch=True)),
    st.builds(DecisionRef, digests),
)


@pytest.mark.parametrize(("text", "ref"), EXAMPLES.items())
def test_each_form_is_read_and_written(text, ref):
    assert parse(text) == ref
    assert str(ref) == text


@given(references)
def test_what_is_written_is_read_back(ref):
    assert parse(str(ref)) == ref
    assert str(ref).isascii(), "an address that any tool takes"


@given(
    st.text(max_size=80) | st.sampled_from(sorted(EXAMPLES)).flatmap(lambda one: st.text(max_size=3).map(one.__add__))
)
def test_a_thing_has_no_second_reference_and_nonsense_is_refused_in_one_line(text):
    refused = None
    try:
        assert str(parse(text)) == text
    except UsageError as error:
        refused = error
    assert refused is None or len(str(refused).splitlines()) == 1
    assert refused is None or "kfm://dataset/THEME/NAME" in refused.advice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kfm://",
        "kfm:/dataset/hazards/storm_events",
        "KFM://dataset/hazards/storm_events",
        "kfm://dataset/hazards",
        "kfm://dataset/hazards/storm-events",
        "kfm://dataset/hazards/storm_events/1975",
        f"kfm://build/{HEX[:63]}",
        f"kfm://build/{HEX.upper()}",
        f"kfm://build/sha256:{HEX}",
        f"kfm://build/{HEX}/",
        f"kfm://build/{HEX}//a",
        f"kfm://build/{HEX}/../b",
        f"kfm://build/{HEX}/%2e%2e/b",
        f"kfm://build/{HEX}/a%2Fb",
        f"kfm://build/{HEX}/a b",
        f"kfm://build/{HEX}/a%20b\n",
        f"kfm://build/{HEX}/%61",
        f"kfm://build/{HEX}#making",
        f"kfm://build/{HEX}/a?b",
        f"kfm://document/{HEX}/a",
        f"kfm://raw/hazards/{HEX}",
        "kfm://run/now",
        "kfm://run/20261121t031500-1f9a2c4b",
        f"kfm://policy_decision/{HEX}/a",
        f"kfm://principal/{HEX}",
    ],
)
def test_near_misses_are_refused(text):
    with pytest.raises(UsageError, match="is no evidence reference"):
        parse(text)


def test_the_papers_write_references():
    assert parse(run_id("20261121t031500-1f9a2c4b")) == RunRef("20261121t031500-1f9a2c4b")
    assert isinstance(parse(decision_id(DIGEST, DIGEST)), DecisionRef)
