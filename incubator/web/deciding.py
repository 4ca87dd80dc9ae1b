"""What one person asked for and another decides: what a page shows of it, and the decision."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask.typing import ResponseReturnValue
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
ASKED = say("Asked for. It counts once somebody else has approved it.")


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
    askers: Iterable[Can],
    approval: type[PageForm] = PageForm,
) -> Decision:
    """As whoever looks at the page may decide it; `tried` is a form that was refused."""
    fresh = approval(formdata=None, data={"paid_on": here.today})
    return Decision(
        asked,
        deciders_of(asked, here.facility.id, here.today) if asked.waits and not tried else None,
        own=asked.asked_by_id == here.actor.id,
        may_decide=here.may(Can.APPROVE_MONEY),
        may_withdraw=here.may(*askers),
        approval=tried if type(tried) is approval else fresh,
        refusal=tried if isinstance(tried, RefusalForm) else RefusalForm(formdata=None),
        address=address,
    )


@dataclass(frozen=True)
class Deciding(Generic[A]):
    """What somebody does about something that was asked for; once, also if the form comes twice."""

    here: Here
    find: Callable[[], A]
    back: str
    """Where to read what became of it."""
    page: Callable[[PageForm], str]
    """What is shown where it is refused, as the form says."""

    def approve(
        self, deed: Callable[[A], Message], form: PageForm | None = None
    ) -> ResponseReturnValue:
        """Say yes."""
        return self._do(form or PageForm(), RequestStatus.APPROVED, deed)

    def refuse(self, deed: Callable[..., object], said: Message) -> ResponseReturnValue:
        """Say no, with a reason."""
        form = RefusalForm()

        def refused(asked: A) -> Message:
            deed(asked, form.refusal.data or "", actor=self.here.actor, now=self.here.now)
            return said

        return self._do(form, RequestStatus.REFUSED, refused)

    def withdraw(self, deed: Callable[..., object], said: Message) -> ResponseReturnValue:
        """Take the question back."""

        def withdrawn(asked: A) -> Message:
            deed(asked, actor=self.here.actor, now=self.here.now)
            return said

        return self._do(PageForm(), RequestStatus.WITHDRAWN, withdrawn)

    def _do(
        self, form: PageForm, status: RequestStatus, deed: Callable[[A], Message]
    ) -> ResponseReturnValue:
        if form.validate_on_submit():
            with form.refusing():
                with transaction():
                    said = deed(self.find())
                return lead_on(said, self.back)
            if self._was(status, form):
                return lead_on(ALREADY, self.back)
        return self.page(form), form.status

    def _was(self, status: RequestStatus, form: PageForm) -> bool:
        """Whether this person, named as the record names who decides, has decided just so."""
        asked = self.find()
        reason = (form.refusal.data or "").strip() if isinstance(form, RefusalForm) else ""
        decided = (asked.status, asked.decided_by, asked.reason)
        return decided == (status, self.here.actor.name, reason)
