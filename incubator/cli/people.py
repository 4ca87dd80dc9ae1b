"""Commands about people."""

import click
from flask import current_app

from incubator.cli.door import OPERATOR, facility_of, operator, with_app
from incubator.core import clock
from incubator.core.access import VENTURE_ROLES, Actor, Held, Role
from incubator.core.db import db, transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import LANGUAGES, Name, say
from incubator.organisations.models import Organisation
from incubator.people import actions
from incubator.people.actions import Offer
from incubator.people.models import PersonStatus
from incubator.people.rules import Place
from incubator.spaces.models import Facility
from incubator.web.account.ways import link_address
from incubator.web.keys import unshuffle


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--facility", "code", help="Code of the facility, for staff.")
@click.option("--venture", help="Name of the venture, or the key in its address.")
@click.option("--language", default="ja", type=click.Choice(LANGUAGES))
@with_app
def invite(email: str, role: str, code: str | None, venture: str | None, language: str) -> None:
    """Give EMAIL a role, and print the link with which a new account begins."""
    now = clock.now()
    with transaction():
        place, actor = _place(Role(role), code, venture)
        offer = Offer(email, Role(role), place, language)
        made = actions.invite(offer, link_address, actor=actor, now=now, today=clock.today())
        name, link = made.person.email, made.link
        suspended = made.person.status is PersonStatus.SUSPENDED
    if link:
        click.echo(link)
    elif suspended:
        click.echo(
            f"The account of {name} is suspended; the role was added "
            "and counts once the account is taken up again."
        )
    else:
        click.echo(f"{name} has an account already; the role was added.")


def _place(role: Role, code: str | None, venture: str | None) -> tuple[Place, Actor]:
    """Where the role is held, and who gives it: whoever runs the server."""
    system = Held(Role.SYSTEM_ADMIN)
    if role is Role.SYSTEM_ADMIN:
        return Place(), Actor(None, OPERATOR, (system,))
    facility = facility_of(code) if code else None
    if role in VENTURE_ROLES:
        found = venture_called(venture, facility)
        home = db.session.get_one(Facility, found.facility_id)
        return Place(home.id, found.id, Name.of(found)), operator(home)
    if facility is None:
        raise RuleBroken(say("Name the facility with --facility CODE."))
    return Place(facility.id, None, Name.of(facility)), Actor(None, OPERATOR, (system,))


def venture_called(wanted: str | None, facility: Facility | None) -> Organisation:
    """The venture by its key or its name; RuleBroken when several have the name."""
    if not wanted:
        raise RuleBroken(say("Name the venture with --venture NAME."))
    asked = db.select(Organisation).where(Organisation.facility_id.is_not(None))
    if facility is not None:
        asked = asked.where(Organisation.facility_id == facility.id)
    names = db.or_(Organisation.name == wanted, Organisation.name_en == wanted)
    found: list[Organisation] = list(db.session.scalars(asked.where(names))) or list(
        db.session.scalars(asked.where(Organisation.id == _key(wanted)))
    )
    if not found:
        raise NotFound(f"no venture is called {wanted}")
    if len(found) > 1:
        raise RuleBroken(
            say("Several ventures are called that; name the facility, or use the key.")
        )
    return found[0]


def _key(wanted: str) -> int:
    try:
        return unshuffle(wanted, current_app.config["URL_SECRET"])
    except ValueError:
        return 0


COMMANDS: tuple[click.Command, ...] = (user,)
