"""Commands about leases."""

import click

COMMANDS: tuple[click.Command, ...] = ()
