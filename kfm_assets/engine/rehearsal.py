"""Rehearsal: whether a release stands on the stage environment, and for how long. Putting it there is in `rehearse`."""

from __future__ import annotations

from datetime import timedelta

from kfm_assets.domain.journal import Action, Mark
from kfm_assets.domain.release import Release
from kfm_assets.engine import record
from kfm_assets.errors import GateClosed, NotFound
from kfm_assets.ports import STAGE, System


def stood(system: System, release: Release) -> timedelta | None:
    """Return for how long a release has stood on the stage environment; None where it does not stand there now."""
    dataset = release.dataset
    try:
        there = system.lake.tree(STAGE, dataset) == system.lake.tree(record.tag(release.id), dataset)
    except NotFound:
        return None
    since = [
        entry.marked_at
        for entry in system.state.journal(dataset)
        if entry.intent.action is Action.REHEARSAL and entry.mark is Mark.DONE
    ]
    return system.clock.now() - since[-1] if there and since else None


def demand(system: System, release: Release) -> None:
    """See that a release has stood on the stage environment for as long as its policy asks. Raises GateClosed."""
    least = timedelta(hours=system.policy(release.dataset).stage_hours)
    if not least:
        return
    so_far = stood(system, release)
    if so_far is None or so_far < least:
        hours = f"{so_far.total_seconds() / 3600:.1f} of" if so_far else "none of"
        raise GateClosed(
            f"the release {release.id[7:19]} has stood on {STAGE} for {hours} {least.total_seconds() / 3600:.0f} hours",
            advice=f"`kfm promote {release.dataset} --rehearse` puts it there; then wait, and promote",
        )
