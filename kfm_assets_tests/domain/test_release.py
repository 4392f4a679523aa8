"""Releases: `stable ⊕ builds` depends on what it holds, not on how it came about; real and synthetic never mix."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from kfm_assets.domain import merkle
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import canonical_json, digest_bytes
from kfm_assets.domain.release import Release, compose, origin_conflict

DATASET = "hazards/storm_events"
REAL, SYNTHETIC = Origin.REAL, Origin.SYNTHETIC
partitions = st.integers(1950, 2030).map(str)
builds = st.integers(0, 3).map(lambda number: digest_bytes(str(number).encode()))
edits = st.dictionaries(partitions, st.none() | builds, max_size=90)


class Nodes(dict):
    """Documents in memory."""

    def get(self, digest):
        return self[digest]

    def put(self, content):
        self[digest_bytes(content)] = content
        return digest_bytes(content)


def applied(*changes):
    held = {}
    for change in changes:
        held |= change
    return {partition: build for partition, build in held.items() if build is not None}


@given(edits, edits)
def test_composing_is_setting_and_removing_partitions(first, second):
    nodes = Nodes()
    stable = compose(nodes, DATASET, None, first, REAL)
    release = compose(nodes, DATASET, stable, second, REAL)
    assert dict(merkle.items(nodes, release.builds)) == applied(first, second)
    assert dict(merkle.items(nodes, stable.builds)) == applied(first), "the stable release stays as it was"
    at_once = compose(Nodes(), DATASET, None, applied(first, second), REAL)
    assert at_once.id == release.id, "the way there leaves no trace"


@given(edits, edits)
def test_the_same_content_again_is_the_same_release_and_an_earlier_build_leads_back(first, second):
    nodes = Nodes()
    stable = compose(nodes, DATASET, None, first, REAL)
    assert compose(nodes, DATASET, stable, applied(first), REAL) == stable
    moved = compose(nodes, DATASET, stable, second, REAL)
    back = {partition: applied(first).get(partition) for partition in second}
    assert compose(nodes, DATASET, moved, back, REAL) == stable


@given(edits, edits, st.sampled_from([(REAL, SYNTHETIC), (SYNTHETIC, REAL)]))
def test_another_origin_starts_afresh(first, second, origins):
    nodes = Nodes()
    stable = compose(nodes, DATASET, None, first, origins[0])
    release = compose(nodes, DATASET, stable, second, origins[1])
    assert dict(merkle.items(nodes, release.builds)) == applied(second)
    assert release.origin is origins[1]


def test_only_synthetic_after_real_is_a_conflict():
    real, synthetic = (Release(DATASET, merkle.EMPTY, origin) for origin in (REAL, SYNTHETIC))
    conflicts = {(None, REAL): False, (None, SYNTHETIC): False, (real, REAL): False, (real, SYNTHETIC): True,
                 (synthetic, REAL): False, (synthetic, SYNTHETIC): False}  # fmt: skip
    assert {case: bool(origin_conflict(*case)) for case in conflicts} == conflicts


@given(edits, st.sampled_from(Origin))
def test_a_release_is_read_back_from_its_json_and_its_id_tells_every_field(changes, origin):
    release = compose(Nodes(), DATASET, None, changes, origin)
    assert Release.from_json(json.loads(canonical_json(release))) == release
    others = [
        Release("hazards/earthquakes", release.builds, origin),
        Release(DATASET, digest_bytes(b"other"), origin),
        Release(DATASET, release.builds, SYNTHETIC if origin is REAL else REAL),
    ]
    assert len({release.id, *(other.id for other in others)}) == 4
