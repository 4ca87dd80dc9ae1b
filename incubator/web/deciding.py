"""What a page shows of something that one person asked for and another decides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import Length

from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.people.models import Asked, Person, RequestStatus
from incubator.people.queries import deciders_of
from incubator.web.answers import ALREADY, lead_on
from incubator.web.forms import DayField, PageForm, needed
from incubator.web.guard import Here

A = TypeVar("A", bound=Asked)


class TransferForm(PageForm):
    """When money went back that somebody else asked to pay back."""

    paid_on = DayField(say("Day of the transfer"), validators=[needed()])


class RefusalForm(PageForm):
    """Why it is refused."""

    refusal = TextAreaField(
        say("Reason"),
        validators=[needed(), Length(max=1000)],
        description=say("Whoever asked reads it; the venture does not see it."),
    )


@dataclass(frozen=True)
class Decision:
    """Who may do what about it, and with which forms."""

    asked: Asked
    deciders: list[Person] | None
    """Whose decision it waits for; not asked where a refused form says what to do."""
    own: bool
    may_decide: bool
    may_withdraw: bool
    approval: PageForm
    refusal: PageForm
    address: Callable[[str], str]
    """Where to `approve`, `refuse` or `withdraw` it."""


def decision_on(
    asked: Asked,
    here: Here,
    address: Callable[[str], str],
    *,
    tried: PageForm | None,
    approval: PageForm,
    may_withdraw: bool,
) -> Decision:
    """As whoever looks at the page may decide it; `tried` is a form that was refused."""
    return Decision(
        asked,
        deciders_of(asked, here.facility.id, here.today) if asked.waits and not tried else None,
        own=asked.asked_by_id == here.actor.id,
        may_decide=here.actor.can(Can.APPROVE_MONEY, facility=here.facility.id),
        may_withdraw=may_withdraw,
        approval=tried if type(tried) is type(approval) else approval,
        refusal=tried if isinstance(tried, RefusalForm) else RefusalForm(formdata=None),
        address=address,
    )


@dataclass(frozen=True)
class Deciding(Generic[A]):
    """What somebody does about something that was asked for."""

    find: Callable[[], A]
    do: Callable[[A], Message]
    status: RequestStatus
    """What becomes of it."""
    back: str
    """The page that says so."""


def carried_out(deed: Deciding[A], form: PageForm, here: Here) -> Response | None:
    """Do it once, also where the form came twice; nothing where it is refused, as the form says."""
    if not form.validate_on_submit():
        return None
    with form.refusing():
        with transaction():
            said = deed.do(deed.find())
        return lead_on(said, deed.back)
    return lead_on(ALREADY, deed.back) if _was(deed, form, here) else None


def _was(deed: Deciding[A], form: PageForm, here: Here) -> bool:
    """Whether this very person has decided just so."""
    asked = deed.find()
    reason = (form.refusal.data or "").strip() if isinstance(form, RefusalForm) else ""
    decided = (asked.status, asked.decided_by_id, asked.reason)
    return decided == (deed.status, here.actor.id, reason)
