"""Gate `drift`: bins that are frozen with a reference, counts that add up, and how far apart two of them may be.

Pure over frames, counts and documents. What is watched stands in each dataset's specification, how much is borne in
the policy; where the documents are kept is the engine's.
"""

from kfm_assets.gates.drift.evidence import Conclusion, DriftEvidence
from kfm_assets.gates.drift.gate import drift

__all__ = ["Conclusion", "DriftEvidence", "drift"]
