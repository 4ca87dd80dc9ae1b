"""Commands about spaces."""

import click

COMMANDS: tuple[click.Command, ...] = ()
