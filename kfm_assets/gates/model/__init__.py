"""Gate `model`: a candidate model beside the one in production. What it asks stands in `gate`."""

from kfm_assets.gates.model.evidence import Answering, Comparison, ModelEvidence, Trained
from kfm_assets.gates.model.gate import judge

__all__ = ["Answering", "Comparison", "ModelEvidence", "Trained", "judge"]
