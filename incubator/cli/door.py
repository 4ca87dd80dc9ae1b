"""How commands enter: with the application's context, one clear line when refused."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from io import TextIOWrapper
from typing import Any

import click
from flask import Flask
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from incubator.app import create_app
from incubator.core.access import Actor, Held, Role
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import translate
from incubator.spaces.models import Facility

OPERATOR = "operator"
facility_option = click.option("--facility", "code", required=True, help="The facility's code.")
json_option = click.option("--json", "as_data", is_flag=True, help="Print JSON for a script.")
UNREADABLE = "What was typed holds characters that are not UTF-8."
UNKNOWN_TABLE = re.compile(r"no such (table|column)|(relation|column) .* does not exist")


class Group(click.Group):
    """Turns what may go wrong on purpose into one line and exit code 1."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command and leave the process."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.exceptions.NoArgsIsHelpError as bare:
            line = bare.format_message()
        except click.UsageError as wrong:
            line = f"{wrong.format_message()} See {_command(wrong)} --help."
        except click.ClickException as wrong:
            line = wrong.format_message()
        except UnicodeEncodeError:
            line = UNREADABLE
        except (click.Abort, KeyboardInterrupt):
            line = "Stopped."
        click.echo(line, err=True)
        sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is known to go wrong is said in words."""
        try:
            return super().invoke(ctx)
        except RuleBroken as broken:
            raise click.ClickException(_in_words(broken)) from broken
        except NotFound as missing:
            raise click.ClickException(f"Not found: {missing}") from missing
        except NotAllowed as denied:
            raise click.ClickException(f"Not allowed: {denied}") from denied
        except (DBAPIError, ArgumentError) as trouble:
            raise click.ClickException(_of_database(trouble)) from trouble
        except ValidationError as wrong:
            raise click.ClickException(_of_settings(wrong)) from wrong
        except BrokenPipeError:
            raise
        except OSError as trouble:
            told = f"{trouble.filename}: {trouble.strerror}" if trouble.filename else str(trouble)
            raise click.ClickException(told) from trouble


def _command(wrong: click.UsageError) -> str:
    return wrong.ctx.command_path if wrong.ctx else "incubator"


def _in_words(broken: RuleBroken) -> str:
    told = translate(broken.message, "en")
    return f"{broken.field}: {told}" if broken.field else told


def _of_database(trouble: SQLAlchemyError) -> str:
    told = str(getattr(trouble, "orig", trouble)).strip().partition("\n")[0]
    if UNKNOWN_TABLE.search(told):
        return f"The database is not up to date ({told}). Run `incubator migrate` first."
    away = isinstance(trouble, OperationalError | ArgumentError)
    return f"The database {'does not answer' if away else 'refused it'}: {told}"


def _of_settings(wrong: ValidationError) -> str:
    first = wrong.errors()[0]
    name = str(first["loc"][0]).upper().removeprefix("INCUBATOR_")
    return f"The setting INCUBATOR_{name} cannot be used: {first['msg']}."


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    """The application's context; afterwards nothing of the database stays open."""
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application's context."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        with inside(create_app()):
            return command(*args, **kwargs)

    return run


def facility_of(code: str) -> Facility:
    """The facility with this code."""
    found: Facility | None = db.session.scalar(
        db.select(Facility).where(Facility.code == code.lower())
    )
    if found is None:
        raise NotFound(f"no facility has the code {code}")
    return found


def operator(facility: Facility) -> Actor:
    """Whoever runs a command on the server acts with all that a facility's staff may do."""
    roles = (Role.FACILITY_ADMIN, Role.CLERK, Role.MANAGER)
    return Actor(None, OPERATOR, tuple(Held(role, facility_id=facility.id) for role in roles))


def as_json(figures: object) -> None:
    """Print figures for a script."""
    click.echo(json.dumps(figures, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
