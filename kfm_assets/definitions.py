"""The map: what Dagster loads. The groups and their parts are put together in `kfm_assets.defs.location`."""

from __future__ import annotations

from kfm_assets.defs.location import build_defs

defs = build_defs()
