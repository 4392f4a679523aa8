"""What NWIS is asked for, and that its recorded answer comes through: from a local server, by the live source."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from kfm_assets.adapters.sources.live import LiveSource
from kfm_assets.datasets.hydrology.streamflow.specification import SITES
from kfm_assets_tests.adapters.sources.quick import QUICK, USER_AGENT, Hourglass
from kfm_assets_tests.adapters.sources.upstream import send, serving
from kfm_assets_tests.adapters.sources.worlds import StandingClock
from kfm_assets_tests.datasets.geography.made import payload, recorded
from kfm_assets_tests.datasets.hydrology.streamflow.answers import PROGRAM, RECORDED

HOST = "waterservices.usgs.gov"


def test_a_month_is_asked_for_by_instants_and_by_days():
    with serving() as upstream:
        source = LiveSource(
            StandingClock(),
            user_agent=USER_AGENT,
            manners=QUICK,
            timing=Hourglass().timing(),
            bases={HOST: upstream.base},
        )
        daily, instantaneous = source.offers(PROGRAM.specification, ["2024-12"])
        asked = {offer.feed.wire: parse_qs(urlsplit(offer.address).query) for offer in (daily, instantaneous)}
        assert (asked["iv"]["startDT"], asked["iv"]["endDT"]) == (["2024-12-01T06:00:00Z"], ["2025-01-01T06:00:00Z"])
        assert (asked["dv"]["startDT"], asked["dv"]["endDT"]) == (["2024-12-01"], ["2024-12-31"])
        assert set(asked["iv"]["sites"][0].split(",")) == set(SITES) >= {"06892350"}
        path = instantaneous.address.removeprefix(f"https://{HOST}")
        upstream.on(path, send(recorded(RECORDED), Content_Type="text/plain"))
        content = source.deliver(instantaneous).content
    assert content == recorded(RECORDED)
    assert PROGRAM.parse(payload("iv", instantaneous.name, content)).height == 31_957
