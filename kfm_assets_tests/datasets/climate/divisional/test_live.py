"""The listing that NCEI serves, from a server on this machine: which files are asked for, and what comes of them."""

from __future__ import annotations

import pytest

from kfm_assets.adapters.sources.live import LiveSource
from kfm_assets.datasets.climate.divisional import sample
from kfm_assets_tests.adapters.sources.quick import QUICK, USER_AGENT, Hourglass
from kfm_assets_tests.adapters.sources.upstream import listing, send, serving
from kfm_assets_tests.adapters.sources.worlds import StandingClock
from kfm_assets_tests.datasets.climate.divisional.records import PROGRAM, made

FOLDER = "/pub/data/cirs/climdiv/"


def test_the_newest_edition_of_each_element_is_fetched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    files = {name: content for name, content in sample.generate("2023", 200, 1).items() if "KS_" not in name}
    older = [name.replace("20240305", "20240206") for name in files]
    others = ["climdiv-norm-tmaxst-v1.0.0-20240305", "climdiv-tmpccy-v1.0.0-20240305", "divisional-readme.txt", "drd/"]
    with serving() as upstream:
        upstream.on(FOLDER, send(listing(*older, *files, *others), Content_Type="text/html;charset=UTF-8"))
        for name, content in files.items():
            upstream.on(f"{FOLDER}{name}", send(content))
        source = LiveSource(
            StandingClock(),
            user_agent=USER_AGENT,
            manners=QUICK,
            timing=Hourglass().timing(),
            bases={"www.ncei.noaa.gov": upstream.base},
        )
        offers = source.offers(PROGRAM.specification, ["2023"])
        delivered = {offer.name: source.deliver(offer).content for offer in offers}
        assert upstream.asked(FOLDER) == 1
    assert delivered == files
    assert {offer.partition for offer in offers} == {None}
    assert sorted(name for offer in offers for name in offer.passed_over) == sorted(older)
    assert made({name: content or b"" for name, content in delivered.items()}, "2023").tables["months"].height == 120
