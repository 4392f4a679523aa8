"""Gate D: a release's catalogs hold to their standards, to one another and to the data. Nothing here writes any."""

from kfm_assets.gates.catalogs.evidence import CatalogEvidence, Observed
from kfm_assets.gates.catalogs.gate import catalogs

__all__ = ["CatalogEvidence", "Observed", "catalogs"]
