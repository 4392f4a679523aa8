"""What the catalogs of a release say of the run that put it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.evidence_ref import RunRef


@dataclass(frozen=True, slots=True)
class Run:
    """The run that made a candidate release.

    `name` is `<timestamp>-<nonce>`; `started` and `created` (of the candidate) are aware. `commits` says at which
    commit of the lake the build of each changed partition lies; those in `own` the run itself made, on its `branch`,
    others an earlier run did. `tag` is what the release's data are read at. `environment` names software with its
    version, empty where one is unknown. `policy` is the digest of the policy that applies, `base` the release that this
    one follows.
    """

    name: str
    started: datetime
    created: datetime
    principal: str
    branch: str
    commits: Mapping[str, str]
    own: frozenset[str]
    tag: str
    environment: Mapping[str, str]
    policy: Digest
    base: Digest | None = None

    @property
    def ref(self) -> str:
        """The run's evidence reference."""
        return str(RunRef(self.name))
