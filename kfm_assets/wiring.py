"""Wiring: settings to a `System`. The only place where adapters meet the engine."""

from __future__ import annotations

import getpass
import platform
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kfm_assets.adapters.home import HomeRecords, SystemClock, alone, keep_lake, lake_of, open_home
from kfm_assets.adapters.lake import EmbeddedLake
from kfm_assets.adapters.sources import open_source
from kfm_assets.adapters.state import SqliteState
from kfm_assets.datasets.code import sources
from kfm_assets.datasets.registry import DATASETS
from kfm_assets.domain.canonical import Digest
from kfm_assets.domain.policy import Policy
from kfm_assets.errors import InvalidPolicy
from kfm_assets.ports import Clock, Lake, Observer, Progress, State, System, silent
from kfm_assets.settings import EMBEDDED, LAKEFS, Settings

if TYPE_CHECKING:
    from kfm_assets.adapters.lakefs.client import Server
    from kfm_assets.adapters.lakefs.repository import Setup


class Unobserved:
    """An `Observer` that tells nobody."""

    def published(self, dataset: str, builds: Mapping[str, Digest | None], release: Digest, description: str) -> None:
        """Tell nobody."""


def wire(settings: Settings, *, observer: Observer | None = None, progress: Progress = silent) -> System:
    """Open the home and bind every port to its adapter. Raises HomeVersion, InvalidPolicy, NotFound, Unavailable."""
    server = None if settings.lake == EMBEDDED else _server(settings)  # before a home is made for it
    home = open_home(settings.home.expanduser().resolve())
    clock, state = SystemClock(), SqliteState(home / "state.db")
    _check_lake(settings, home, state)
    return System(
        lake=_lake(server, home, clock),
        state=state,
        source=open_source(
            settings.source,
            clock,
            size=settings.sample_size,
            seed=settings.sample_seed,
            user_agent=_user_agent(settings),
        ),
        clock=clock,
        observer=observer or Unobserved(),
        records=HomeRecords(home),
        policy=_policies(settings),
        sources=sources,
        environment=environment,
        principal=settings.principal or getpass.getuser(),
        home=str(home),
        progress=progress,
    )


def _check_lake(settings: Settings, home: Path, state: State) -> None:
    """See that what the state names lies in the lake that was chosen, and keep which that is. Raises InvalidPolicy.

    A home that keeps no lake's name is the embedded one's.
    """
    if (lake_of(home) or EMBEDDED) == settings.lake:
        return
    with alone(home):
        kept = lake_of(home) or EMBEDDED
        if kept != settings.lake and _names_content(state):
            raise InvalidPolicy(
                f"KFM_LAKE is {settings.lake}, and what {home} has on record lies in {kept}",
                advice=f"set KFM_LAKE={kept}, or begin another home with --home",
            )
        keep_lake(home, settings.lake)


def _names_content(state: State) -> bool:
    """Say whether anything on record lies in a lake: releases, live or not, builds that wait, or what came in."""
    return bool(state.pointers() or state.releases() or state.pending() or any(map(state.intakes, DATASETS)))


def _lake(server: Server | None, home: Path, clock: Clock) -> Lake:
    if server is None:
        return EmbeddedLake(home / "lake", clock)
    from kfm_assets.adapters.lakefs import LakeFSLake  # a second, which the embedded lake need not wait

    return LakeFSLake(server, home / "lakefs", clock)


def lake_setup(settings: Settings) -> Setup | None:
    """Return what sets up and examines the lake's repository; None where the lake is the embedded one."""
    if settings.lake == EMBEDDED:
        return None
    from kfm_assets.adapters.lakefs.repository import Setup

    return Setup(_server(settings))


def _server(settings: Settings) -> Server:
    from kfm_assets.adapters.lakefs.client import Server

    access, secret = settings.lakefs_access_key.get_secret_value(), settings.lakefs_secret_key.get_secret_value()
    told = {"ENDPOINT": settings.lakefs_endpoint, "ACCESS_KEY": access, "SECRET_KEY": secret}
    missing = [f"KFM_LAKEFS_{name}" for name, value in told.items() if not value]
    if missing:
        raise InvalidPolicy(
            f"KFM_LAKE is {settings.lake}, and it is not said where that is or who asks",
            advice=f"set {' and '.join(missing)}; an endpoint is written as http://… or https://…",
        )
    if not _is_address(settings.lakefs_endpoint):
        raise InvalidPolicy(
            f"KFM_LAKEFS_ENDPOINT is {settings.lakefs_endpoint!r:.80}, which is no server's address",
            advice="write it as http://host:port or https://host",
        )
    return Server(settings.lakefs_endpoint, settings.lake.removeprefix(LAKEFS), access, secret)


def _is_address(text: str) -> bool:
    """Say whether a text is the address of a server: a scheme, a host, and a port that can be one if there is any."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _policies(settings: Settings) -> Callable[[str], Policy]:
    """Read the policies when one is first asked for."""

    @cache
    def loaded() -> Mapping[str, Policy]:
        from kfm_assets.adapters.policies import load

        return load(DATASETS, settings.policy)

    return lambda dataset: loaded()[dataset]


def _user_agent(settings: Settings) -> str:
    return f"kfm-assets/{metadata.version('kfm-assets')} ({settings.contact})"


@cache
def environment() -> Mapping[str, str]:
    """Return what a receipt says of where a run took place: the code's commit and version, and the libraries'."""
    libraries = ("dagster", "polars", "pyarrow", "shapely", "pyproj")
    return {
        "git_commit": _git_commit(),
        "kfm_assets": metadata.version("kfm-assets"),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        **{name: metadata.version(name) for name in libraries},
    }


def _git_commit() -> str:
    """Return the commit of the checkout that this package lies in, `+` added where it was edited; empty without one."""
    root = Path(__file__).parent.parent
    if not (root / ".git").exists():
        return ""
    try:
        described = subprocess.run(  # noqa: S603 - fixed words and this package's own folder
            ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
