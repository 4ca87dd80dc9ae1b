"""Commands about billing."""

import click

COMMANDS: tuple[click.Command, ...] = ()
