"""`kfm completion`: the script that lets a shell complete commands, options and dataset names."""

from __future__ import annotations

import click

from kfm_assets.cli.exits import COMPLETION
from kfm_assets.cli.session import Command
from kfm_assets.errors import Unavailable

EXAMPLES = """\b
Once, for the shell at hand:
  bash    kfm completion bash >> ~/.bashrc
  zsh     kfm completion zsh >> ~/.zshrc
  fish    kfm completion fish > ~/.config/fish/completions/kfm.fish
"""


@click.command("completion", cls=Command, epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise Unavailable(f"there is no completion for {shell}", advice="use bash, zsh or fish")
    click.echo(found(context.find_root().command, {}, "kfm", COMPLETION).source())
