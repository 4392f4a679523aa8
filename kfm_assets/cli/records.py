"""Finding what an id names: a release, or a build of one, or a build that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfm_assets.domain.canonical import Digest, hexadecimal
from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    from kfm_assets.domain.build import Build
    from kfm_assets.ports import Recorded, System

_LEAST_PREFIX = 6


def find(system: System, name: str, dataset: str | None) -> Recorded | tuple[Digest, Build]:
    """Return the release that a name means, or else the build, with its digest.

    Raises:
        NotFound: where it means neither, or several.
    """
    from kfm_assets.engine.record import build
    from kfm_assets.engine.record import find as find_release

    try:
        return find_release(system, name, dataset)
    except NotFound as unknown:
        wanted = hexadecimal(name.strip().lower())
        if len(wanted) < _LEAST_PREFIX:
            raise
        found = {digest for digest in _builds(system, dataset) if hexadecimal(digest).startswith(wanted)}
        if not found:
            raise NotFound(f"{name!r} names no release and no build", advice=unknown.advice) from None
    if len(found) > 1:
        raise NotFound(f"{name!r} names {len(found)} builds", advice="give more of its digits")
    (digest,) = found
    return digest, build(system, digest)


def _builds(system: System, dataset: str | None) -> set[Digest]:
    """Return every build that a release holds or that waits."""
    from kfm_assets.engine.record import builds

    found = {pending.build for pending in system.state.pending(dataset)}
    for recorded in system.state.releases(dataset):
        found |= set(builds(system, recorded.release).values())
    return found
