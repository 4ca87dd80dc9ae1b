"""Commands about demo."""

import click

COMMANDS: tuple[click.Command, ...] = ()
