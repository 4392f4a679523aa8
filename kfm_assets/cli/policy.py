"""x"""

import click


@click.group("policy")
def command() -> None:
    """x."""
