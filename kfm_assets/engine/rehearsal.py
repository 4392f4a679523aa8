"""Rehearsal: whether a release stands on the stage environment, and for how long. Putting it there is in `rehearse`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kfm_assets.domain.journal import Action, Mark
from kfm_assets.domain.release import Release
from kfm_assets.engine import record
from kfm_assets.errors import GateClosed, NotFound
from kfm_assets.ports import STAGE, Pending, System


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
    least = asked(system, release.dataset)
    if not least:
        return
    so_far = stood(system, release)
    if so_far is None or so_far < least:
        hours = f"{so_far.total_seconds() / 3600:.1f} of" if so_far is not None else "none of"
        advice = f"`kfm promote {release.dataset} --rehearse` puts it there; then wait, and promote"
        if so_far is not None:
            until = _whole_second(system.clock.now() - so_far + least)
            advice = f"promote it from {until:%Y-%m-%d %H:%M:%S} UTC on"
        raise GateClosed(
            f"the release {release.id[7:19]} has stood on {STAGE} for {hours} {least.total_seconds() / 3600:.0f} hours",
            advice=advice,
        )


def asked(system: System, dataset: str) -> timedelta:
    """Return for how long a release of a dataset must stand on the stage environment; nothing where it need not."""
    return timedelta(hours=system.policy(dataset).stage_hours)


def earliest(system: System, dataset: str, waiting: Sequence[Pending]) -> datetime | None:
    """Return from when on what waits may go live, as the journal has it; None where it was not what stands on stage."""
    done = [
        entry
        for entry in system.state.journal(dataset)
        if entry.intent.action is Action.REHEARSAL and entry.mark is Mark.DONE
    ]
    if not done or done[-1].intent.source != system.state.pointer(dataset).stable:
        return None
    rehearsed = system.state.release(done[-1].intent.target).release
    if any(record.build_id(system, rehearsed, pending.partition) != pending.build for pending in waiting):
        return None
    return _whole_second(done[-1].marked_at + asked(system, dataset))


def _whole_second(at: datetime) -> datetime:
    """Return the next whole second: whoever waits for it has waited long enough."""
    return at.replace(microsecond=0) + timedelta(seconds=1)
