"""The production lake: the `Lake` port over a lakeFS server, through `lakefs-sdk`. Nothing here knows what files mean.

What lakeFS does is told in its documentation (https://docs.lakefs.io/). Importing the SDK takes a second, so only what
uses this lake imports this folder.
"""

from kfm_assets.adapters.lakefs.lake import LakeFSLake

__all__ = ["LakeFSLake"]
