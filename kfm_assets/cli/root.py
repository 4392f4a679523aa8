"""The `kfm` command itself: which commands there are, and its help. Each is a module, loaded when it is named."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click

from kfm_assets.cli.session import home_option

SECTIONS = {
    "Publish": ("run", "promote", "approve", "rollback"),
    "Look": ("status", "read", "quarantine", "releases", "diff", "show", "resolve", "policy", "ui"),
    "Hand over": ("export", "catalog"),
    "Look after": ("verify", "recover", "doctor", "lake", "gc", "completion"),
}
NAMES = tuple(name for names in SECTIONS.values() for name in names)

EPILOG = """\b
Examples:
  kfm run                                    publish every dataset's sample
  kfm run hazards/storm_events --partitions 1975..1980 --source data/
  kfm status                                 where everything stands
  kfm read hazards/earthquakes --format csv | head
  kfm rollback hazards/earthquakes --to previous --reason "wrong depths"

\b
Partitions are years (1975), months (2015-08) or `static`; ranges and lists:
1975..1980, 2015-08..2016-02, 1950,1955..1960. A release is named by its id,
the first six or more digits of it, its version (v3), or `previous`.

\b
Exit codes:
  0 done              5 unavailable: service, disk  9 home of another version
  2 wrong call        6 damaged or bad input       70 unexpected
  3 gate closed       7 policy or setting wrong   130 interrupted
  4 conflict          8 not found                 141 nobody reads the output
"""


class Commands(click.Group):
    """A group whose commands are modules beside this one, each with its `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the help."""
        del ctx
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in NAMES:
            return None
        loaded: click.Command = import_module(f"kfm_assets.cli.{cmd_name}").command
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, and name the nearest one where there is none of that name."""
        name = args[0]
        if name not in NAMES and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, NAMES, n=1)
            ctx.fail(f"there is no command {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what one wants to do."""
        for title, names in SECTIONS.items():
            loaded = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(10), found.get_short_help_str(formatter.width)) for name, found in loaded if found]
                )


@click.command("kfm", cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kfm-assets", message="kfm %(version)s")
def command() -> None:
    """Kansas data, published through gates and rolled back exactly.

    A run builds partitions on a branch of its own, gates judge what it made, and what passes is published. Readers
    follow one pointer for each dataset, so going back is moving that pointer.
    """


command.params.insert(0, home_option())
