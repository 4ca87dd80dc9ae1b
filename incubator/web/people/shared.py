"""What the pages about staff, members and a venture's people have in common."""

from dataclasses import dataclass

from flask import flash, g, redirect, render_template
from flask.typing import ResponseReturnValue

from incubator.core.access import Actor, Role
from incubator.core.db import transaction
from incubator.core.i18n import Message, Name, say
from incubator.organisations.models import Organisation
from incubator.people import actions, rules
from incubator.people.actions import Invitation, Offer
from incubator.people.models import PersonStatus
from incubator.people.queries import Colleague
from incubator.people.rules import Place
from incubator.web.account.ways import link_address
from incubator.web.filters import t
from incubator.web.guard import Desk, Here
from incubator.web.people.forms import ROLE_NOTES, InviteForm

STATES = {
    PersonStatus.ACTIVE: ("ok", say("Active")),
    PersonStatus.INVITED: ("mid", say("Invited")),
    PersonStatus.SUSPENDED: ("bad", say("Suspended")),
}


@dataclass(frozen=True)
class Row:
    """A colleague as the list shows them: what the actor may do stands with them."""

    colleague: Colleague
    ends: frozenset[int]
    state: tuple[str, Message]
    is_me: bool


def facility_place(here: Here) -> Place:
    """The facility at hand."""
    return Place(here.facility.id, None, Name.of(here.facility))


def venture_place(venture: Organisation) -> Place:
    """A venture, together with the facility that looks after it."""
    return Place(venture.facility_id, venture.id, Name.of(venture))


def rows(actor: Actor, colleagues: list[Colleague], place: Place) -> list[Row]:
    """The colleagues, and which of their roles here the actor may end."""
    return [
        Row(
            each,
            frozenset(
                grant.id for grant in each.grants if rules.may_grant(actor, grant.role, place)
            ),
            STATES[each.person.status],
            each.person.id == actor.id,
        )
        for each in colleagues
    ]


def invite_page(
    here: Here,
    place: Place,
    roles: tuple[Role, ...],
    *,
    words: tuple[Message, Message],
    back: str,
    openly: bool,
) -> ResponseReturnValue:
    """Ask whom to invite, and do it. `words`: the page's title and the name of the list behind."""
    form = invite_form(rules.grantable(here.actor, place, roles))
    if form.validate_on_submit() and invite(here, form, place, openly=openly):
        return redirect(back, 303)
    title, list_name = words
    page = render_template(
        "people/invite.html",
        here=here,
        form=form,
        notes=ROLE_NOTES,
        title=title,
        list_name=list_name,
        back=back,
    )
    return page, form.status


def invite(here: Desk, form: InviteForm, place: Place, *, openly: bool) -> bool:
    """Send the invitation; on refusal the form says why. `openly`: say that an account existed."""
    with form.refusing():
        offer = Offer(str(form.email.data), Role(form.role.data), place, str(form.language.data))
        with transaction():
            made = actions.invite(
                offer, link_address, actor=here.actor, now=here.now, today=here.today
            )
            said = _said(made, openly=openly)
        flash(t(said), "success")
        return True
    return False


def _said(made: Invitation, *, openly: bool) -> Message:
    if made.person.status is PersonStatus.SUSPENDED:
        return say(
            "The account of %(email)s is suspended, so no mail was sent. The role was added and "
            "counts once the account is taken up again.",
            email=made.person.email,
        )
    if openly and not made.is_new and made.person.status is not PersonStatus.INVITED:
        return say(
            "%(name)s (%(email)s) has an account already. The role was added and a note sent.",
            name=made.person.name,
            email=made.person.email,
        )
    return say("We sent a mail to %(email)s.", email=made.person.email)


def invite_form(roles: list[Role]) -> InviteForm:
    """The form with these roles to choose from."""
    form = InviteForm()
    form.offer_roles(roles, str(g.lang))
    return form
