"""The home on disk: its version, the records that lie at fixed paths in it, the clock of the machine it is on."""

from kfm_assets.adapters.home.clock import SystemClock
from kfm_assets.adapters.home.layout import open_home
from kfm_assets.adapters.home.lock import alone
from kfm_assets.adapters.home.records import HomeRecords

__all__ = ["HomeRecords", "SystemClock", "alone", "open_home"]
