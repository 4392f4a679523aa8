"""What the model is given: storms counted where and when they were, nothing of the year that is predicted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from kfm_assets.datasets.models import audit
from kfm_assets.datasets.models.storm_frequency import features, history
from kfm_assets.datasets.models.storm_frequency.history import History
from kfm_assets.datasets.program import Material
from kfm_assets.errors import BadInput
from kfm_assets_tests.datasets.models.recorded import CLIMATE, STORMS, details, months


def made(years: range, seed: int = 1) -> History:
    chance = np.random.default_rng(seed)
    storms = {year: chance.poisson(2.0, (12, 9)).astype(float) for year in years}
    return History(storms, {year: chance.normal(0, 2, (12, 9)) for year in years}, 0)


def read(rows: list[tuple[int | None, str, str, int]]) -> History:
    return history.read({STORMS: [Material("1975", {"details.parquet": details(rows)})]})


def test_an_event_counts_in_its_local_month_and_in_the_division_of_its_county() -> None:
    known = read(
        [
            (173, "Tornado", "1975-05-31 23:30", -6),
            (173, "Hail", "1975-06-01 00:10", -6),
            (71, "Thunderstorm Wind", "1975-12-31 23:59", -7),
        ]
    )
    grid = known.storms[1975]
    assert (grid[4, 7], grid[5, 7], grid[11, 3], grid.sum()) == (1, 1, 1, 3)
    assert (grid == 0).sum() == 108 - 3


def test_other_types_do_not_count_and_events_without_a_county_are_told() -> None:
    known = read([(173, "Flood", "1975-05-01 12:00", -6), (None, "Hail", "1975-05-01 12:00", -6)])
    assert (known.storms[1975].sum(), known.unplaced) == (0, 1)


def test_a_county_of_another_state_is_bad_input() -> None:
    with pytest.raises(BadInput, match="county 2 is in no climate division"):
        read([(2, "Hail", "1975-05-01 12:00", -6)])


def test_drought_is_that_of_the_divisions_and_unknown_where_it_was_not_sent() -> None:
    values = {number: [float(number)] * 12 for number in range(9)}
    materials = {
        STORMS: [Material(str(year), {"details.parquet": details([])}) for year in (1971, 1972, 1973)],
        CLIMATE: [Material("1973", {"months.parquet": months(1973, values)})],
    }
    rows = features.table(history.read(materials))
    assert rows["target_year"].unique().to_list() == [1974]
    assert rows.group_by("division").agg(pl.col("pdsi_december").first()).sort("division")[
        "pdsi_december"
    ].to_list() == [1, 2, 3, 4, 5, 6, 7, 8, None]


def test_every_month_of_every_division_of_every_year_has_a_row_the_year_ahead_included() -> None:
    rows = features.table(made(range(1960, 1970)))
    assert rows.select("target_year", "month", "division").n_unique() == rows.height == 8 * 108
    ahead = rows.filter(pl.col("target_year") == 1970)
    assert ahead["observed_events"].null_count() == 108
    assert rows.filter(pl.col("target_year") < 1970)["observed_events"].null_count() == 0


@pytest.mark.parametrize("seed", range(3))
def test_no_feature_changes_with_the_target_year_or_what_comes_after_it(seed: int) -> None:
    known = made(range(1960, 1970), seed)
    other = made(range(1960, 1970), seed + 100)
    for year in (1964, 1969):
        altered = History(
            {at: (known if at < year else other).storms[at] for at in known.storms},
            {at: (known if at < year else other).pdsi[at] for at in known.pdsi},
            0,
        )
        one, two = (
            features.table(of).filter(pl.col("target_year") <= year).drop("observed_events") for of in (known, altered)
        )
        assert one.equals(two)
        later = [features.table(of).filter(pl.col("target_year") == year + 1) for of in (known, altered)]
        assert not later[0].equals(later[1])


def test_what_is_made_of_inputs_that_end_before_each_year_is_the_same() -> None:
    rows = [(173, "Hail", "1975-05-01 12:00", -6)]
    materials = {
        STORMS: [Material(str(year), {"details.parquet": details(rows * (year - 1969))}) for year in range(1970, 1978)],
        CLIMATE: [
            Material(str(year), {"months.parquet": months(year, {3: [year % 5 - 2.0] * 12})})
            for year in range(1972, 1978)
        ],
    }
    stored = features.table(history.read(materials))
    assert stored.drop("observed_events").equals(audit.as_known(materials).drop("observed_events"))


def test_the_exposure_is_the_level_of_the_last_years_in_the_season_of_all() -> None:
    storms = {year: np.zeros((12, 9)) for year in range(1960, 1964)}
    for grid in storms.values():
        grid[4, 7] = 40.0
    rows = features.of_year(History(storms, {}, 0), 1964, None)
    assert rows["exposure_events"].sum() == pytest.approx(40, rel=0.06)
    by_month = rows.group_by("month").agg(pl.col("exposure_events").sum()).sort("month")["exposure_events"].to_list()
    assert by_month[3] == pytest.approx(by_month[5])
    assert by_month[4] == pytest.approx(2 * by_month[3], rel=0.05)
    assert rows["exposure_events"].min() == 0.02
