"""What a page shows of something that one person asked for and another decides."""

from collections.abc import Callable
from dataclasses import dataclass

from wtforms import TextAreaField
from wtforms.validators import Length

from incubator.core.access import Can
from incubator.core.i18n import say
from incubator.people.models import Asked, Person
from incubator.people.queries import deciders_of
from incubator.web.forms import DayField, PageForm, needed
from incubator.web.guard import Here


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
