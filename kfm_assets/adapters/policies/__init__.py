"""Policies from YAML: the file that comes with the package, or another one. What a policy means, the domain knows."""

from __future__ import annotations

from kfm_assets.adapters.policies.loader import load, load_levels

__all__ = ["load", "load_levels"]
