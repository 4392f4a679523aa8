"""The raw zone: what is damaged in it is mended by the same file, and keeps nothing else from being made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kfm_assets.engine.raw import RAW, how_it_came
from kfm_assets.errors import IntegrityError
from kfm_assets.ports import Delivery, Known, Offer, Source, System
from kfm_assets_tests.engine.test_flow import COUNTIES, STORMS, damage, notes, opened, run, sampled, stored

YEARS = ("1990", "1991", "1992")


@pytest.fixture
def system(tmp_path: Path) -> System:
    made = opened(tmp_path / "home", sampled(tmp_path / "in", years=YEARS))
    run(made, COUNTIES)
    run(made, STORMS)
    return made


def raw_file(system: System, home: Path, ending: str) -> tuple[str, Path]:
    """Return a raw file's path in the lake, and where the lake keeps its bytes."""
    (found,) = (
        file
        for file in system.lake.files(RAW, STORMS)
        if file.path.endswith(ending) and "details" in file.path and "d1991" in file.path
    )
    return found.path, stored(home, found.digest)


@pytest.mark.parametrize("how", ["damaged", "deleted"])
def test_an_acquisition_manifest_that_is_lost_is_made_anew(system: System, tmp_path: Path, how: str) -> None:
    path, kept = raw_file(system, tmp_path / "home", ".csv.acquisition.json")
    if how == "damaged":
        damage(kept)
    else:
        kept.unlink()
    others = notes(system, run(system, STORMS, ["1990", "1992"]))
    assert {name: facts["published"] for name, facts in others.items()} == {"1990": True, "1992": True}
    with pytest.raises(IntegrityError):
        system.lake.read(RAW, path)
    again = notes(system, run(system, STORMS))
    assert {name: (facts["published"], facts["changed"]) for name, facts in again.items()} == dict.fromkeys(
        YEARS, (True, False)
    )
    assert how_it_came(system, path.removesuffix(".acquisition.json"))["name"] in path


@dataclass
class Conditional:
    """A source that answers "not modified" where it is told what is known already, as a web server does."""

    within: Source

    def __getattr__(self, name: str) -> object:
        return getattr(self.within, name)

    def deliver(self, offer: Offer, known: Known | None = None) -> Delivery:
        delivery = replace(self.within.deliver(offer), headers={"ETag": '"1"'})
        return replace(delivery, content=None, status=304) if known else delivery


def test_raw_bytes_that_are_damaged_are_asked_for_whatever_is_known_of_them(tmp_path: Path) -> None:
    made = opened(tmp_path / "home", sampled(tmp_path / "in", years=YEARS))
    system = replace(made, source=Conditional(made.source))
    run(system, COUNTIES)
    run(system, STORMS)
    path, kept = raw_file(system, tmp_path / "home", ".csv")
    damage(kept)
    again = notes(system, run(system, STORMS))
    assert {name: facts["published"] for name, facts in again.items()} == dict.fromkeys(YEARS, True)
    assert system.lake.read(RAW, path)
