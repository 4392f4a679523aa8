"""Files of service levels: as strict as policies, and loaded by the same loader."""

from __future__ import annotations

from importlib import resources

import pytest

from kfm_assets.adapters.policies import load_levels
from kfm_assets.datasets.registry import DATASETS
from kfm_assets.errors import InvalidPolicy

SHIPPED = resources.files("kfm_assets").joinpath("policies", "slo.yml").read_text(encoding="utf-8")


def loaded(tmp_path, text):
    path = tmp_path / "slo.yml"
    path.write_text(text, encoding="utf-8")
    return load_levels(DATASETS, path)


def test_every_dataset_has_every_objective_and_ceiling():
    for dataset, levels in load_levels(DATASETS).items():
        assert levels.dataset == dataset
        assert [name.rpartition("_")[0] for name in levels.objectives] == [
            "schema_valid_percent",
            "dq_valid_percent",
            "drift_score",
            "anomaly_count",
            "cost_per_run",
        ]
        assert list(levels.ceilings) == ["cost_per_run", "retries_per_run"]


def test_a_dataset_replaces_what_it_names_and_the_digest_says_so(tmp_path):
    levels = load_levels(DATASETS)
    assert levels["climate/drought"].objectives["schema_valid_percent_least"] == "100"
    assert levels["hazards/earthquakes"].objectives["schema_valid_percent_least"] == "99"
    changed = loaded(tmp_path, SHIPPED.replace('value: "50"', 'value: "51"'))
    assert all(changed[dataset].digest != levels[dataset].digest for dataset in DATASETS)
    assert loaded(tmp_path, SHIPPED) == levels


@pytest.mark.parametrize(
    ("old", "new", "key", "advice"),
    [
        ("drift_score_most:", "drift_score:", "defaults.objectives.drift_score", "not known"),
        ('value: "99"', 'value: "101"', "defaults.objectives.schema_valid_percent_least.value", "0 to 100"),
        ('value: "3"', 'value: "3.5"', "defaults.objectives.anomaly_count_most.value", "whole number"),
        ('value: "60"', "value: 60", "defaults.objectives.cost_per_run_most.value", "string"),
        ("unit: seconds that", "unit: minutes that", "defaults.objectives.cost_per_run_most.unit", "seconds"),
        ("  climate/drought", "  climate/frost", "datasets.climate/frost", "there is no such dataset"),
        ("version: 1", "version: 2", "version", "1"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_key(tmp_path, old, new, key, advice):
    assert old in SHIPPED
    with pytest.raises(InvalidPolicy) as caught:
        loaded(tmp_path, SHIPPED.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'slo.yml'}: {key}: ")
    assert advice in str(caught.value)


def test_the_defaults_leave_nothing_out(tmp_path):
    head, _, tail = SHIPPED.partition("    retries_per_run:")
    rest = tail[tail.index("\ndatasets:") :]
    with pytest.raises(InvalidPolicy, match=r"add ceilings\.retries_per_run"):
        loaded(tmp_path, head + rest)
