"""Catalogs: a release in, its STAC, DCAT and PROV documents out. Pure; where they are kept is the engine's affair."""

from kfm_assets.catalogs.run import Run
from kfm_assets.catalogs.triplet import partition_documents, release_documents

__all__ = ["Run", "partition_documents", "release_documents"]
