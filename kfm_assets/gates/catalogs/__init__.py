"""Gate D: the catalogs of a release hold to their standards, to one another, and to the data. No renderer is known here."""

from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.gate import catalogs

__all__ = ["CatalogEvidence", "catalogs"]
