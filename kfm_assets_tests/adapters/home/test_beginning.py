"""A home's beginning: several first runs at once, and one that is killed."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kfm_assets import settings, wiring
from kfm_assets.adapters.home import HomeRecords, open_home
from kfm_assets.adapters.home.layout import LAYOUT
from kfm_assets.defs.instance import opened
from kfm_assets.errors import HomeVersion

AT_ONCE = 4
ROUNDS = 20 if os.environ.get("KFM_TEST_LONG") else 3
RUNS = (4, 4, 4, 4) if os.environ.get("KFM_TEST_LONG") else (2,)
"""How many commands begin at once, in each round."""
DATASETS = ("geography/counties", "hazards/earthquakes")


class Killed(BaseException):
    """The process is gone."""


def begin(folder: Path, barrier: object, results: object) -> None:
    """Open a new home and its Dagster instance with the others, again and again, and use both."""
    for name in ("DAGSTER_HOME", "KFM_HOME"):
        os.environ.pop(name, None)
    for number in range(ROUNDS):
        barrier.wait(timeout=120)
        try:
            home = Path(wiring.wire(settings.load(home=folder / f"home{number}")).home)
            with opened(home) as dagster:
                dagster.get_runs()
            results.put("")
        except BaseException as error:  # noqa: BLE001 - whatever it is, the others must not wait for this one
            results.put(f"{type(error).__name__}: {error}"[:500])


def test_processes_that_begin_at_once_make_one_home_and_one_instance(tmp_path: Path) -> None:
    spawned = multiprocessing.get_context("spawn")
    barrier, results = spawned.Barrier(AT_ONCE), spawned.Queue()
    workers = [spawned.Process(target=begin, args=(tmp_path, barrier, results)) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    ended = [results.get(timeout=120) for _ in range(AT_ONCE * ROUNDS)]
    for worker in workers:
        worker.join()
    assert ended == [""] * len(ended)


def test_first_runs_at_once_all_end_well_and_so_does_the_next(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KFM_", "DAGSTER_"))}
    for number, count in enumerate(RUNS):
        environment = {**inherited, "KFM_HOME": str(tmp_path / f"home{number}"), "KFM_SAMPLE_SIZE": "30"}

        def run(dataset: str, environment: dict[str, str] = environment) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "kfm_assets", "run", dataset]
            return subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )

        running = [run(DATASETS[at % len(DATASETS)]) for at in range(count)]
        told = [process.communicate()[1] for process in running]
        assert [process.returncode for process in running] == [0] * count, told
        with run(DATASETS[0]) as again:
            assert (again.communicate()[1], again.returncode) == ("", 0)


def test_a_process_that_is_killed_while_it_makes_a_home_leaves_nothing_that_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(Killed):
            open_home(tmp_path / "home")
    assert HomeRecords(tmp_path / "home").get("home.json") is None
    assert list((tmp_path / "home").iterdir()), "nothing was left, so nothing was tested"
    assert open_home(tmp_path / "home") == tmp_path / "home"
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["home.json"]
    assert f'"layout": {LAYOUT}' in (tmp_path / "home/home.json").read_text()


@pytest.mark.parametrize("name", ["notes.txt", ".kfm-unfinished-mine/", ".profile"])
def test_somebody_elses_folder_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    with pytest.raises(HomeVersion, match="not empty"):
        open_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name.rstrip("/")]
