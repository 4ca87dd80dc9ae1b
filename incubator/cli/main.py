"""The `incubator` command."""

import click

from incubator.cli import billing, demo, leases, payments, people, refunds, reports, spaces, system
from incubator.cli.door import Group


@click.group(cls=Group)
def main() -> None:
    """Run an incubator: web, worker, data, figures."""


for area in (system, people, spaces, leases, billing, payments, refunds, reports, demo):
    for command in area.COMMANDS:
        main.add_command(command)
