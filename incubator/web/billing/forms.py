"""What people type about billing, in addresses and forms."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TypeVar

from flask import request
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from incubator.billing.queries import InvoiceSearch, InvoiceState
from incubator.core import reading
from incubator.core.days import add_months, month_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.spaces.models import DueRule, Facility
from incubator.web.forms import PageForm, choices, chosen, needed

T = TypeVar("T")
ANEW, NEVER = "anew", "never"


class CreditForm(PageForm):
    """Why an invoice is taken back, and what follows."""

    reason = TextAreaField(
        say("Reason"),
        [needed(), Length(max=500)],
        description=say("The office and the venture can read this in the invoice's history."),
    )
    follows = RadioField(
        say("What follows"),
        choices=choices([(ANEW, say("Bill it anew")), (NEVER, say("Do not bill it again"))]),
        validators=[needed()],
    )


class ChosenForm(PageForm):
    """Those of the invoices of a list that something is done about."""

    invoices = SelectMultipleField(say("Invoices"), [chosen()], validate_choice=False)


def month_asked(facility: Facility, today: date) -> date:
    """The month of the address, else the one that is billed next; RuleBroken for what is none."""
    if text := request.values.get("month", "").strip():
        return reading.month(text)
    return month_next(facility, today)


def month_next(facility: Facility, today: date) -> date:
    """The month that is billed next: ahead of its start, unless it is due within itself."""
    ahead = facility.due_rule is not DueRule.SAME_MONTH_DAY
    return add_months(month_of(today), 1 if ahead else 0)


def search_asked(currency: str) -> tuple[InvoiceSearch, list[Message]]:
    """What the address looks for, with a sentence for each part that could not be read."""
    wrong: list[Message] = []
    days = {name: _read(reading.day, name, wrong) for name in ("issued_from", "issued_to")}
    amount = partial(reading.amount, currency=currency)
    sums = {name: _read(amount, name, wrong) for name in ("least", "most")}
    state = request.args.get("state", "")
    return (
        InvoiceSearch(
            issued_from=days["issued_from"],
            issued_to=days["issued_to"],
            least=sums["least"],
            most=sums["most"],
            party=reading.tidy(request.args.get("party", ""))[:100],
            number=reading.tidy(request.args.get("number", ""))[:40],
            state=InvoiceState(state) if state in set(InvoiceState) else None,
            month=_read(reading.month, "month", wrong),
        ),
        wrong,
    )


def _read(how: Callable[[str], T], name: str, wrong: list[Message]) -> T | None:
    text = request.args.get(name, "").strip()
    try:
        return how(text) if text else None
    except RuleBroken as broken:
        wrong.append(broken.message)
        return None
