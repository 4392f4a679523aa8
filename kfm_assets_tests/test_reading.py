"""`kfm_assets.read`: a LazyFrame over what is published, or over what was."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import kfm_assets
from kfm_assets import settings, wiring
from kfm_assets.datasets.registry import specification
from kfm_assets.engine import record
from kfm_assets.errors import IntegrityError, NotFound, UsageError
from kfm_assets_tests.cli import homes

QUAKES = homes.EARTHQUAKES


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("reading") / "home"
    homes.publish(home, homes.COUNTIES)
    homes.publish(home, QUAKES, seed=1)
    homes.publish(home, QUAKES, seed=2)
    return home


def test_it_is_lazy_and_has_the_specifications_columns(home):
    frame = kfm_assets.read(QUAKES, home=home)
    assert isinstance(frame, pl.LazyFrame)
    assert frame.collect_schema().names() == [column.name for column in specification(QUAKES).main.columns]


def test_partitions_are_a_list_or_a_text(home):
    two = kfm_assets.read(QUAKES, partitions=["2015-07", "2015-08"], home=home).collect()
    assert_frame_equal(two, kfm_assets.read(QUAKES, partitions="2015-07..2015-08", home=home).collect())
    assert set(two["time_utc"].dt.month()) == {7, 8}
    assert two.height < kfm_assets.read(QUAKES, home=home).collect().height


def test_older_releases_by_version_id_and_time(home):
    system = wiring.wire(settings.load(home=home))
    first, second = system.state.releases(QUAKES)
    old = kfm_assets.read(QUAKES, release="v1", home=home).collect()
    assert_frame_equal(old, kfm_assets.read(QUAKES, release=first.release.id, home=home).collect())
    went_live = [entry.marked_at for entry in system.state.journal(QUAKES)]
    assert_frame_equal(old, kfm_assets.read(QUAKES, at=went_live[1] - timedelta(microseconds=1), home=home).collect())
    assert_frame_equal(old, kfm_assets.read(QUAKES, at=went_live[0].replace(tzinfo=None), home=home).collect())
    new = kfm_assets.read(QUAKES, at=datetime.now(UTC), home=home).collect()
    assert_frame_equal(new, kfm_assets.read(QUAKES, release=second.release.id, home=home).collect())
    assert not new.equals(old)


def test_the_home_of_the_environment(home, monkeypatch):
    monkeypatch.setenv("KFM_HOME", str(home))
    assert kfm_assets.read(homes.COUNTIES).collect().height == 105


@pytest.mark.parametrize(
    ("dataset", "arguments"),
    [
        ("hazards/floods", {}),
        (homes.STORMS, {}),
        (QUAKES, {"table": "aftershocks"}),
        (QUAKES, {"partitions": ["2001-01"]}),
        (QUAKES, {"release": "v9"}),
        (QUAKES, {"at": datetime(2001, 1, 1, tzinfo=UTC)}),
    ],
)
def test_what_is_not_there_is_not_found(home, dataset, arguments):
    with pytest.raises(NotFound) as raised:
        kfm_assets.read(dataset, home=home, **arguments)
    assert raised.value.advice


def test_a_text_of_another_grain_is_a_wrong_call(home):
    with pytest.raises(UsageError):
        kfm_assets.read(QUAKES, partitions="1975", home=home)


def test_looking_makes_no_home(tmp_path):
    with pytest.raises(NotFound, match="no home"):
        kfm_assets.read(QUAKES, home=tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_damaged_bytes_are_never_read(tmp_path):
    home = tmp_path / "home"
    system = homes.publish(home, homes.COUNTIES)
    ref = record.tag(record.stable(system, homes.COUNTIES).id)
    place = Path(system.lake.fetch(ref, f"{homes.COUNTIES}/processed/static/counties.parquet"))
    place.chmod(0o644)
    content = bytearray(place.read_bytes())
    content[200] ^= 1
    place.write_bytes(content)
    with pytest.raises(IntegrityError):
        kfm_assets.read(homes.COUNTIES, home=home)


def test_importing_the_package_loads_nothing_heavy():
    script = "import sys, kfm_assets; print(sorted({'polars', 'pydantic', 'dagster', 'click'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
