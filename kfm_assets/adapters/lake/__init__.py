"""The embedded lake: content-addressed files beside one SQLite database. Nothing here knows what the files mean."""

from kfm_assets.adapters.lake.embedded import EmbeddedLake

__all__ = ["EmbeddedLake"]
