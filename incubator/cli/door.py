"""How commands enter: with the application's context, one clear line when refused."""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

import click
from sqlalchemy.exc import IntegrityError, OperationalError

from incubator.app import create_app
from incubator.core.access import Actor, Held, Role
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import translate
from incubator.spaces.models import Facility

OPERATOR = "operator"


class Group(click.Group):
    """Turns what may go wrong on purpose into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RuleBroken as broken:
            click.echo(translate(broken.message, "en"), err=True)
        except NotFound as missing:
            click.echo(f"Not found: {missing}", err=True)
        except NotAllowed as denied:
            click.echo(f"Not allowed: {denied}", err=True)
        except IntegrityError as taken:
            click.echo(f"The database refused it: {taken.orig}", err=True)
        except OperationalError as trouble:
            click.echo(f"The database does not answer: {trouble.orig}", err=True)
        sys.exit(1)


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application's context."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        with create_app().app_context():
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
