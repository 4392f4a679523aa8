"""What every command is given: where the home is, and how to open it. No command's own work."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfm_assets.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfm_assets.domain.canonical import Digest
    from kfm_assets.ports import Observer, Progress, System
    from kfm_assets.settings import Settings


@dataclass(slots=True)
class Session:
    """One invocation of `kfm`. `home` is what `--home` says, or None for the environment's or the default."""

    home: Path | None = None

    @property
    def place(self) -> Path:
        """Where the home is, without reading settings, which may be what is wrong."""
        return (self.home or Path(os.environ.get("KFM_HOME") or ".kfm")).expanduser()

    def settings(self, **overrides: object) -> Settings:
        """Read the settings; what the command line says comes before the environment. Raises InvalidPolicy."""
        from kfm_assets.settings import load

        return load(home=self.home, **overrides)

    def existing(self, settings: Settings | None = None) -> Settings:
        """Return the settings of a home that is there, so that looking at nothing makes nothing. Raises NotFound."""
        chosen = settings or self.settings()
        home = chosen.home.expanduser()
        if not (home / "home.json").exists() and not (home.is_dir() and any(home.iterdir())):
            raise NotFound(
                f"there is no home at {home}",
                advice="`kfm run` makes one and publishes into it; or name one with --home",
            )
        return chosen

    def open(self, *, observer: Observer | None = None, progress: Progress | None = None) -> System:
        """Open a home that is there.

        Raises:
            NotFound: where there is none.
            HomeVersion: where it is another version's.
            Unavailable: where it cannot be opened.
        """
        from kfm_assets.ports import silent
        from kfm_assets.wiring import wire

        return wire(self.existing(), observer=observer, progress=progress or silent)

    def acting(self) -> System:
        """Open a home that is there, to change what is published: Dagster's UI is told of it."""
        return self.open(observer=_Late(self.settings().home))


class _Late:
    """Tells Dagster's UI what happened, and imports Dagster only when something did."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def published(self, dataset: str, builds: Mapping[str, Digest | None], release: Digest, description: str) -> None:
        """Report it. What is published is published: where the UI cannot be told, a line says so, and no more."""
        from kfm_assets.defs.observer import DagsterObserver

        try:
            DagsterObserver(self._home).published(dataset, builds, release, description)
        except Exception as error:  # noqa: BLE001 - whatever Dagster raises, the truth is elsewhere and is safe
            text = " ".join(str(error).split())[:200]
            click.echo(
                f"kfm: the UI could not be told of it ({text}); what is published is as `kfm status` says", err=True
            )


class Command(click.Command):
    """A command of `kfm`: it takes `--home` after its name as well as before."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - click's own, passed on
        """Add the option to the command's own."""
        super().__init__(*arguments, **options)
        self.params.append(home_option())


def home_option() -> click.Option:
    """Return the option that names the home."""
    return click.Option(
        ["--home"],
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        expose_value=False,
        callback=_choose,
        help="Where everything lives; KFM_HOME or .kfm by default.",
    )


def _choose(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).home = value


pass_session = click.make_pass_decorator(Session, ensure=True)
