"""The home on disk: its version, its lake, the records that lie at fixed paths in it, the clock of its machine."""

from kfm_assets.adapters.home.clock import SystemClock
from kfm_assets.adapters.home.layout import keep_lake, lake_of, open_home
from kfm_assets.adapters.home.lock import alone
from kfm_assets.adapters.home.records import HomeRecords

__all__ = ["HomeRecords", "SystemClock", "alone", "keep_lake", "lake_of", "open_home"]
