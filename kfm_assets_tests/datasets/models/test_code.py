"""Which code a model and its outlook are made by: tables that come with the package are part of it."""

from __future__ import annotations

from kfm_assets.datasets.code import code_digest, sources


def test_the_table_of_counties_is_part_of_a_model_s_code() -> None:
    assert "models/storm_frequency/county_divisions.csv" in sources("models/storm_frequency")


def test_an_outlook_is_made_by_the_code_that_predicts_too() -> None:
    mine, model = sources("models/storm_outlook"), sources("models/storm_frequency")
    assert set(model) < set(mine)
    assert "models/storm_outlook/derive.py" in mine
    assert code_digest("models/storm_outlook") != code_digest("models/storm_frequency")


def test_another_dataset_s_code_is_none_of_a_model_s() -> None:
    assert not [name for name in sources("models/storm_frequency") if name.startswith("hazards/")]
