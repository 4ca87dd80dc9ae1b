"""Commands about system."""

import click

COMMANDS: tuple[click.Command, ...] = ()
