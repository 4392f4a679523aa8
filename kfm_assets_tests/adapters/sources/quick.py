"""A live source that asks the local upstream, with time that passes only when it sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kfm_assets.adapters.sources.live import LiveSource
from kfm_assets.adapters.sources.manners import Manners, Timing
from kfm_assets.domain.dataset import Feed
from kfm_assets.ports import Offer
from kfm_assets_tests.adapters.sources.upstream import Upstream
from kfm_assets_tests.adapters.sources.worlds import DETAILS, StandingClock

HOST = "upstream.example"
USER_AGENT = "kfm-assets/0 (+mailto:somebody@example.org)"
QUICK = Manners(connect_seconds=1, read_seconds=0.2, attempt_seconds=60, interval_seconds=0)


@dataclass
class Hourglass:
    """Time that passes only in `sleep`; random numbers are the greatest they can be."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def timing(self) -> Timing:
        return Timing(self.monotonic, self.sleep, lambda _, high: high)


def live(upstream: Upstream, glass: Hourglass | None = None, *, timing: Timing | None = None, **manners: float):
    return LiveSource(
        StandingClock(),
        user_agent=USER_AGENT,
        manners=replace(QUICK, **manners),
        timing=timing or (glass or Hourglass()).timing(),
        bases={HOST: upstream.base, "quakes.example": upstream.base + "/mirror/"},
    )


def offer(path: str = "/a.csv", feed: Feed = DETAILS, host: str = HOST) -> Offer:
    return Offer(feed, path.rpartition("/")[2], f"https://{host}{path}", None)
