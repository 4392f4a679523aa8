"""How many examples the property tests of this folder try: more under `make test-long`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def rounds(count: int) -> settings:
    """Return settings for a number of examples, twenty times as many where KFM_TEST_LONG is 1."""
    many = count * 20 if os.environ.get("KFM_TEST_LONG") == "1" else count
    return settings(max_examples=many, deadline=None, suppress_health_check=[HealthCheck.too_slow])
