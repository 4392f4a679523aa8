"""Resolve: what a `kfm://` reference names, without guessing: by digest, by key, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from kfm_assets.datasets import registry
from kfm_assets.domain.canonical import Digest, canonical_json, digest_bytes, digest_of
from kfm_assets.domain.evidence_ref import EvidenceRef
from kfm_assets.domain.release import Release
from kfm_assets.engine import raw, record
from kfm_assets.errors import IntegrityError, KfmError, NotFound
from kfm_assets.ports import System
