"""One setting chooses the source: `sample`, `live`, or the path of a folder."""

from __future__ import annotations

from kfm_assets.adapters.sources.folder import FolderSource
from kfm_assets.adapters.sources.sample import SEED, SIZE, SampleSource
from kfm_assets.errors import UsageError
from kfm_assets.ports import Clock, Source


def open_source(setting: str, clock: Clock, *, size: int = SIZE, seed: int = SEED, user_agent: str = "") -> Source:
    """Return the source that a setting names. A folder called `sample` is written `./sample`.

    `size` and `seed` are the sample's; `user_agent` is what the live source says of itself.

    Raises:
        UsageError: for an empty setting, or for `live` without a user agent.
    """
    if setting == SampleSource.name:
        return SampleSource(clock, size=size, seed=seed)
    if setting == "live":
        from kfm_assets.adapters.sources.live import LiveSource  # noqa: PLC0415 - an HTTP client is slow to import

        if not user_agent:
            raise UsageError("the live source needs a user agent", advice="say who asks and how to reach you")
        return LiveSource(clock, user_agent=user_agent)
    if not setting.strip():
        raise UsageError("no source is named", advice="a source is sample, live or the path of a folder")
    return FolderSource(setting, clock)
