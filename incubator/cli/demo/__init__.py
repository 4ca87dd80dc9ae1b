"""The `incubator demo` command: a believable facility, made by the deeds that people do."""

from datetime import date

import click
from flask import current_app

from incubator.cli.demo.cast import PASSWORD
from incubator.cli.demo.history import play
from incubator.cli.door import with_app
from incubator.core import clock, migrate
from incubator.core.db import all_or_nothing, db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.reading import day as read_day
from incubator.people.models import Person

SIGN_INS = (
    ("Facility administrator", "admin@aoba.example.jp", PASSWORD),
    ("Finance clerk", "clerk@aoba.example.jp", PASSWORD),
    ("Incubation manager", "manager@aoba.example.jp", PASSWORD),
    ("Mentor", "mentor@aoba.example.jp", PASSWORD),
    ("Venture owner", "owner@kumo.example.jp", PASSWORD),
    ("Venture member", "team@kumo.example.jp", PASSWORD),
    ("System administrator", "system@example.jp", PASSWORD),
)


def load_demo(today: date | None = None, scale: int = 1) -> None:
    """Build the demo, whole or not at all; RuleBroken when the database is not empty."""
    if db.session.scalar(db.select(Person.id).limit(1)) is not None:
        raise RuleBroken(say("The database is not empty. The demo is built in an empty one only."))
    with all_or_nothing():
        play(today or clock.today(), lambda step: click.echo(f"  {step}", err=True), scale)


@click.command()
@click.option("--today", "typed", help="The day on which the demo's history ends.")
@click.option("--scale", default=1, show_default=True, type=click.IntRange(1, 50),
              help="How many times as many floors, units and ventures.")  # fmt: skip
@with_app
def demo(typed: str | None, scale: int) -> None:
    """Fill an empty database with a facility and two years of its history."""
    migrate.upgrade(current_app.config["SETTINGS"])
    load_demo(read_day(typed) if typed else None, scale)
    for role, email, password in SIGN_INS:
        click.echo(f"{role}: {email}  {password}")


COMMANDS: tuple[click.Command, ...] = (demo,)
