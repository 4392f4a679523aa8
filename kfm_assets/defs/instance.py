"""The Dagster instance of a home: where it lies, how it is opened, what a run that died left in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.instance.ref import InstanceRef

from kfm_assets.adapters.home import alone

CONFIGURATION = "dagster.yaml"
PROCESS_TAG = ".dagster/kfm_process"
"""A tag that the UI does not show: the process in which a run takes place."""

_BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE"
_STOCK_LOG = "SqliteEventLogStorage"
_SILENT = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""Dagster redirects what a process prints while it runs steps, which would swallow a progress bar."""


def folder(home: Path) -> Path:
    """Return where the instance lies: `DAGSTER_HOME`, or a folder of the home. It is made and configured at need."""
    chosen = Path(os.environ.get("DAGSTER_HOME") or home / "dagster").expanduser().resolve()
    chosen.mkdir(parents=True, exist_ok=True)
    with alone(chosen):
        if not (chosen / CONFIGURATION).exists():
            unfinished = chosen / f"{CONFIGURATION}.unfinished"
            shutil.copyfile(_configuration(), unfinished)
            unfinished.replace(chosen / CONFIGURATION)
    return chosen


def _configuration() -> Path:
    """Return the project's `dagster.yaml`: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / CONFIGURATION
    return inside if inside.exists() else package.parent / CONFIGURATION


@contextmanager
def opened(home: Path) -> Iterator[DagsterInstance]:
    """Open the instance for this process to write to; quick where its event log is Dagster's own on SQLite.

    Dagster makes its tables when it first opens them, and does not expect another process to do so meanwhile.
    """
    made = folder(home)
    place = str(made)
    stock = InstanceRef.from_dir(place)
    log = stock.event_storage_data
    quick = {}
    if log and log.class_name == _STOCK_LOG:
        quick["event_log_storage"] = {
            "module": "kfm_assets.defs.eventlog",
            "class": "QuickEventLog",
            "config": {"base_dir": log.config_dict["base_dir"]},
        }
    with _batches() if quick else nullcontext():
        with alone(made):
            opening = DagsterInstance.from_ref(InstanceRef.from_dir(place, overrides={**_SILENT, **quick}))
        with opening as instance:
            yield instance


@contextmanager
def _batches() -> Iterator[None]:
    """Let Dagster write the events that a run plans at its start together; it asks the environment alone."""
    before = os.environ.get(_BATCH_SIZE)
    os.environ[_BATCH_SIZE] = before or "1000"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_BATCH_SIZE]


def settle(instance: DagsterInstance) -> None:
    """Mark the runs as failed whose process died, so that nothing is shown as running that is not."""
    running = RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.NOT_STARTED])
    for run in instance.get_runs(running):
        process = run.tags.get(PROCESS_TAG)
        if process and not _alive(int(process)):
            instance.report_run_failed(run, message=f"Its process, {process}, is gone. `kfm recover` tidies up.")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def burst(instance: DagsterInstance) -> AbstractContextManager[None]:
    """Write many events at once where the instance's log can; otherwise one by one."""
    from kfm_assets.defs.eventlog import QuickEventLog

    storage = instance.event_log_storage
    return storage.burst() if isinstance(storage, QuickEventLog) else nullcontext()
