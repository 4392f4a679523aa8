"""A year of the model and of the outlook as they are made, on recorded storms."""

from __future__ import annotations

import json

import polars as pl
import pytest

from kfm_assets.datasets import making, registry, tables
from kfm_assets.datasets.models import audit
from kfm_assets.datasets.program import Material
from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.canonical import digest_bytes
from kfm_assets.errors import BadInput
from kfm_assets.gates import quality
from kfm_assets_tests.datasets.models import recorded

pytestmark = pytest.mark.skipif(not recorded.FOLDER.exists(), reason="the recorded storms are not here")

OUTLOOK = "models/storm_outlook"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return recorded.files(1992)


def test_the_same_inputs_are_the_same_files(files: dict[str, bytes]) -> None:
    assert recorded.files(1992) == files


def test_its_tables_keep_their_rules(files: dict[str, bytes]) -> None:
    spec = registry.specification(recorded.MODEL)
    for table in spec.tables:
        results = quality.judge(tables.decode(files[f"{table.name}.parquet"]), table)
        assert [result.finding for result in results if result.finding.outcome != "PASS"] == []


def test_the_card_says_what_the_model_is_and_how_it_did(files: dict[str, bytes]) -> None:
    card = json.loads(files["card.json"])
    assert (card["trained_to"], card["origin"], card["predicts"]) == ("1992", "1992-12-31", "1993")
    assert card["model"] == digest_bytes(files["model.skops"])
    state = tables.decode(files["evaluation.parquet"]).row(0, named=True)
    assert card["evaluation"]["difference_percent"] == str(state["difference_percent"])
    assert f"{state['difference_percent']:.2f} %" in files["page.md"].decode()


def test_on_the_recorded_years_it_beats_climatology_lately_and_says_where_it_does_not(files: dict[str, bytes]) -> None:
    state = tables.decode(files["evaluation.parquet"])
    assert state["beats_climatology"].to_list()[0] == "yes"
    assert "unclear" in state["beats_climatology"].to_list()
    early = tables.decode(recorded.files(1970)["evaluation.parquet"]).row(0, named=True)
    assert early["beats_climatology"] == "no"


def test_the_outlook_is_what_the_model_says_of_the_year_ahead(files: dict[str, bytes]) -> None:
    derived = registry.derived(OUTLOOK)
    made, account = making.derive(derived, "1993", {recorded.MODEL: [Material("1992", files)]}, Origin.REAL)
    content = {file.path.rpartition("/")[2]: file.content for file in made}
    rows = tables.decode(content["outlook.parquet"])
    model, features, _ = audit.stored(files)
    ahead = features.filter(pl.col("target_year") == 1993).sort("month", "division")
    assert rows.height == 108
    assert rows["expected_events"].to_numpy() == pytest.approx(model.rates(ahead), rel=1e-9)
    assert rows["expected_events"].min() > 0
    assert account["extent"] == {"start": "1993-01-01T06:00:00Z", "end": "1994-01-01T05:59:59.999999Z"}
    assert account["rows_in"] == {}


def test_an_outlook_of_another_year_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(BadInput, match="no features of 1995"):
        registry.derived(OUTLOOK).derive("1995", {recorded.MODEL: [Material("1992", files)]})
