"""Where upstream files come from: the sample generator, a folder, the live service. What they say is not read."""

from kfm_assets.adapters.sources.choose import open_source

__all__ = ["open_source"]
