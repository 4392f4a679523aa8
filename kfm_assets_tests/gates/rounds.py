"""How many examples the property tests of this folder try: more under `make test-long`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_LONG = os.environ.get("KFM_TEST_LONG") == "1"


def rounds(count: int) -> settings:
    """Return settings for a number of examples, twenty times as many where KFM_TEST_LONG is 1.

    The examples are small as they are drawn, and shrinking one further takes minutes of pandera's time: only the long
    rounds do it.
    """
    return settings(
        max_examples=count * 20 if _LONG else count,
        deadline=None,
        derandomize=not _LONG,  # a short run that happens to draw no failing table would be red for nothing
        phases=tuple(Phase) if _LONG else (Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )
