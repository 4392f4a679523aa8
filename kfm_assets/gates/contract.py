"""The promotion contract: which function judges each gate. The functions stand in `builds` and `releases`.

A gate is a function of evidence and policy. Evidence that is not there makes a gate INCONCLUSIVE, evidence that could
not be read makes it an ERROR; neither opens it. Gate D has evidence of its own kind and stands in `catalogs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kfm_assets.domain.policy import Policy
from kfm_assets.domain.verdict import Gate
from kfm_assets.gates import builds, releases
from kfm_assets.gates.evidence import BuildEvidence, Judgement, ReleaseEvidence

BUILD_GATES: Mapping[Gate, Callable[[BuildEvidence, Policy], Judgement]] = {
    Gate.IDENTITY: builds.identity,
    Gate.RIGHTS: builds.rights,
    Gate.SENSITIVITY: builds.sensitivity,
    Gate.QUALITY: builds.quality_and_thresholds,
}
"""What judges each gate that has a build as its subject."""

RELEASE_GATES: Mapping[Gate, Callable[[ReleaseEvidence, Policy], Judgement]] = {
    Gate.RECEIPT: releases.run_receipt,
    Gate.MANIFEST: releases.release_manifest,
}
"""What judges each gate that has a release as its subject."""
