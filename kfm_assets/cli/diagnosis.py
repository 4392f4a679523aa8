"""What `kfm doctor` looks at: each check returns what it saw, or raises what is wrong, with the advice for it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from kfm_assets.cli.session import Session
from kfm_assets.datasets.registry import DATASETS
from kfm_assets.errors import Conflict, IntegrityError, InvalidPolicy, KfmError, Unavailable
from kfm_assets.ports import PRODUCTION, System
from kfm_assets.settings import EMBEDDED

_OLDEST_PYTHON, _NEWEST_PYTHON = (3, 11), (3, 15)
_LEAST_FREE_BYTES = 1_000_000_000
_DATABASES = "*/*.db"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `code` is 0 where it is well, the exit code of the problem where it is not."""

    name: str
    code: int
    saw: str
    advice: str = ""


def examine(session: Session) -> Iterator[Check]:
    """Look at everything, in an order in which each check needs what came before it."""
    yield _checked("python", _python)
    yield _checked("lock", lambda: lock(Path(__file__).parents[2] / "requirements.lock"))
    if session.settings().lake != EMBEDDED:
        yield _checked("lake server", lambda: _server(session))
    opened: list[System] = []
    yield _checked("home", lambda: _home(session, opened))
    yield _checked("disk", lambda: _disk(session.place))
    for name, look in _LOOKS.items() if opened else ():
        yield _checked(name, partial(look, opened[0]))


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, 0, look())
    except KfmError as error:
        return Check(name, error.exit_code, str(error), error.advice)
    except OSError as error:
        return Check(
            name, Unavailable.exit_code, f"{error.filename}: {error.strerror}", "look at the disk and its rights"
        )


def _python() -> str:
    if not _OLDEST_PYTHON <= sys.version_info[:2] < _NEWEST_PYTHON:
        raise Unavailable(f"Python {platform.python_version()}", advice="use Python 3.11 to 3.14")
    return f"Python {platform.python_version()}"


def lock(path: Path) -> str:
    """Compare what is installed with a lock file. Raises Unavailable where they differ."""
    if not path.exists():
        return "installed as a package; there is no requirements.lock to compare with"
    locked: dict[str, set[str]] = {}
    for name, version in _PIN.findall(path.read_text()):
        locked.setdefault(_normal(name), set()).add(version)
    installed = {_normal(found.name): found.version for found in metadata.distributions()}
    direct = {_normal(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in metadata.requires("kfm-assets") or ()}
    other = [
        f"{name} is {installed.get(name, 'missing')}, locked {' or '.join(sorted(versions))}"
        for name, versions in sorted(locked.items())
        if (name in installed or name in direct) and installed.get(name) not in versions
    ]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""  # noqa: PLR2004 - as many as are named
        raise Unavailable(f"{'; '.join(other[:3])}{more}", advice="`make clean` and `make run` install what is locked")
    return f"{len(locked.keys() & installed.keys())} packages, as requirements.lock has them"


def _normal(name: str) -> str:
    """Return a package's name as PEP 503 compares them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _home(session: Session, opened: list[System]) -> str:
    system = session.open()
    opened.append(system)
    return system.home


def _disk(home: Path) -> str:
    place = next(folder for folder in (home.resolve(), *home.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        raise Unavailable(f"{free / 1e9:.1f} GB are free", advice="make room; `kfm gc` frees what nothing names")
    return f"{free / 1e9:,.0f} GB are free"


def _server(session: Session) -> str:
    from kfm_assets.wiring import lake_setup

    setup = lake_setup(session.settings())
    seen, wrong = setup.examine() if setup else ("", [])
    if wrong:
        raise InvalidPolicy(f"{seen}: {'; '.join(wrong)}", advice="`kfm lake init` makes what is missing")
    return f"{seen}; its environments are protected"


def _writable(system: System) -> str:
    with tempfile.NamedTemporaryFile(dir=system.home, prefix=".doctor-") as handle:
        handle.write(b"well")
        handle.flush()
        os.fsync(handle.fileno())
    return "a file was written, synchronised and removed"


def _lake(system: System) -> str:
    head = system.lake.resolve(PRODUCTION)
    return f"{len(system.lake.branches())} branches, {len(system.lake.tags())} tags; {PRODUCTION} at {head.id[:12]}"


def _state(system: System) -> str:
    from kfm_assets.engine.freeze import snapshot

    for pointer in system.state.pointers():
        if pointer.stable:
            snapshot(system, system.state.release(pointer.stable))
    return f"{len(system.state.releases())} releases on record, {len(system.state.pointers())} datasets published"


def _plans(system: System) -> str:
    unfinished = system.state.unfinished()
    if unfinished:
        raise Conflict(
            f"{len(unfinished)} unfinished, since {unfinished[0].at.isoformat()}", advice="run `kfm recover`"
        )
    return "none is unfinished"


def _policy(system: System) -> str:
    for dataset in DATASETS:
        policy = system.policy(dataset)
        if not policy.build_gates or not policy.release_gates:
            raise InvalidPolicy(f"{policy.name} asks no gate of {dataset}", advice="name gates in the policy")
    return f"{policy.name}, for {len(DATASETS)} datasets"


def _dagster(system: System) -> str:
    place = Path(os.environ.get("DAGSTER_HOME") or Path(system.home) / "dagster")
    if not place.is_dir():
        return "there is no instance yet; `kfm run` makes one"
    for path in sorted(place.glob(_DATABASES)):
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            raise IntegrityError(
                f"{path}: {error}", advice=f"move {place} away: `kfm run` makes another, and no data are in it"
            ) from error
    return str(place)


_LOOKS: dict[str, Callable[[System], str]] = {
    "writable": _writable,
    "lake": _lake,
    "state": _state,
    "plans": _plans,
    "policy": _policy,
    "dagster": _dagster,
}
