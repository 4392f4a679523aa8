"""What a comparison and its run cost: seconds, bytes, and an estimate of energy with the assumptions it stands on."""

from __future__ import annotations

from kfm_assets.domain.canonical import Json
from kfm_assets.gates.diff.quantities import decimal

WATTS_PER_CORE = 10
"""What one busy core of a present server takes with its share of memory and fans; an assumption, not a measurement."""

METHOD = (
    "an estimate, not a measurement: seconds by the clock, counted as one busy core, times "
    f"{WATTS_PER_CORE} W for a core with its share of memory and cooling; idle time, disks and network are left out"
)


def cost(build_seconds: float, compare_seconds: float, before: int, after: int) -> dict[str, Json]:
    """Return what a run cost, in seconds and bytes, with its energy estimated in joules.

    `build_seconds` is what making the partitions took, `compare_seconds` what comparing them did.
    """
    seconds = build_seconds + compare_seconds
    return {
        "build_seconds": decimal(round(float(build_seconds), 3)),
        "compare_seconds": decimal(round(compare_seconds, 3)),
        "bytes_before": before,
        "bytes_after": after,
        "energy_joules_estimate": decimal(round(seconds * WATTS_PER_CORE, 1)),
        "energy_method": METHOD,
    }
