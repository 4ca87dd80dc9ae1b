"""Commands about people."""

import click

COMMANDS: tuple[click.Command, ...] = ()
