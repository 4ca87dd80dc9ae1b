"""Forms about leases."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Self

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import Length, Optional, ValidationError

from incubator.core import reading
from incubator.core.days import Proration
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.core.money import WHOLE, round_to
from incubator.leases.models import Component, Lease, SubsidyProgramme
from incubator.leases.rules import Anchor, Delivery, Method, share_in_words
from incubator.web.filters import name_of
from incubator.web.forms import (
    AmountField,
    AreaField,
    CountField,
    DayField,
    PageForm,
    WordsField,
    choices,
    needed,
    sums,
)

STEP_ROWS = 5


class ChoiceField(SelectField):
    """One of a list."""

    def pre_validate(self, _form: BaseForm) -> None:
        """Refuse what is not on the list."""
        if not any(chosen for _, _, chosen, _ in self.iter_choices()):
            raise ValidationError(say("Choose one from the list."))


class TermsForm(PageForm):
    """The terms of an offer; sent by GET until it is made, so that the address can be shared."""

    class Meta(PageForm.Meta):
        """A question changes nothing; the offer is a form of its own with a token."""

        csrf = False

    @classmethod
    def of(cls, usual: Mapping[str, str], given: Mapping[str, str]) -> Self:
        """What was given, and the usual for the rest."""
        return cls(MultiDict({**usual, **{name: given[name] for name in given}}))

    months = CountField(say("Months"), [needed()], least=1, most=600)
    rent = AmountField(
        say("Rent a month"), [Optional()], description=say("Empty: the unit’s list price.")
    )
    unit_price = AmountField(
        say("Price per m²"), [Optional()], description=say("Instead of a rent: price × area.")
    )
    common_fee = AmountField(
        say("Common-area fee a month"), [Optional()], description=say("Empty: the unit’s fee.")
    )
    steps = WordsField(
        say("Graduated rent"),
        description=say("Percent of the rent in contract year 1, 2, …, such as 50, 70, 85."),
    )
    free_months = CountField(say("Rent-free months"), [Optional()], least=0, most=60)
    programme_1 = ChoiceField(say("First subsidy programme"))
    programme_2 = ChoiceField(say("Second subsidy programme"))
    programme_3 = ChoiceField(say("Third subsidy programme"))
    expires_on = DayField(say("Offer valid until"), [Optional()])
    explained_on = DayField(
        say("Explained in writing on"),
        [Optional()],
        description=say("For a fixed-term lease; it can be recorded later."),
    )

    @property
    def programmes(self) -> list[int]:
        """The programmes chosen, in order, each once."""
        chosen = (self.programme_1.data, self.programme_2.data, self.programme_3.data)
        return list(dict.fromkeys(int(each) for each in chosen if each))

    def read_steps(self) -> tuple[tuple[int, int], ...]:
        """Contract years with what they pay in basis points."""
        parts = [
            part for part in re.split(r"[,、，\s]+", reading.tidy(self.steps.data or "")) if part
        ]
        return tuple((year, percent(part, "steps")) for year, part in enumerate(parts, start=1))

    def offer_programmes(self, programmes: Iterable[SubsidyProgramme]) -> None:
        """Let each of these be chosen."""
        offered = choices(
            [("", say("None")), *((str(each.id), name_of(each)) for each in programmes)]
        )
        for field in (self.programme_1, self.programme_2, self.programme_3):
            field.choices = offered
            field.data = field.data if field.data not in {None, "None"} else ""


class QuoteForm(TermsForm):
    """What a quote starts from."""

    unit = ChoiceField(say("Unit"))
    venture = ChoiceField(say("Venture"))
    new_venture = WordsField(
        say("New venture"), description=say("Only for a venture that is not on the list yet.")
    )
    starts_on = DayField(say("Starts on"), [needed()])
    deposit_months = CountField(say("Deposit in months of rent"), [Optional()], least=0, most=24)


class RenewForm(TermsForm):
    """What a tenant is offered from the day their lease ends."""

    deposit = AmountField(
        say("Deposit"), [needed()], description=say("What is held already counts towards it.")
    )


def percent(text: str, field: str) -> int:
    """50, 50% or 1/2 as basis points; a fraction that is between two of them is refused."""
    share = reading.share(text, field=field)
    if WHOLE % share.denominator:
        nearest = Fraction(round_to(share * WHOLE), WHOLE)
        raise RuleBroken(
            say(
                "“%(text)s” is no percentage with two decimals."
                " Write the one to be used, such as %(share)s.",
                text=text,
                share=share_in_words(nearest),
            ),
            field,
        )
    return int(share * WHOLE)


class ExplainForm(PageForm):
    """The day of the written explanation."""

    explained_on = DayField(say("Explained in writing on"), [needed()])


class SignForm(PageForm):
    """A signature on paper, recorded by the office."""

    signer_name = WordsField(say("Signed by"), [needed()])
    signed_on = DayField(say("Signed on"), [needed()])


class OwnSignForm(PageForm):
    """The owner's signature by name."""

    signer_name = WordsField(
        say("Your full name"), [needed()], description=say("Typing your name is your signature.")
    )


class DeclineForm(PageForm):
    """Why an offer ends."""

    reason = WordsField(say("Reason"))


class NoticeForm(PageForm):
    """When the venture leaves."""

    leave_on = DayField(say("Last day"), [needed()])


class GoOnForm(PageForm):
    """The end is taken back; there is nothing to fill in."""


class AnnounceForm(PageForm):
    """When the landlord announced the end of the term."""

    announced_on = DayField(say("Announced on"), [needed()])


class EndForm(PageForm):
    """Ending a lease before its time."""

    until = DayField(
        say("Free from"), [needed()], description=say("The first day that is not charged any more.")
    )
    reason = WordsField(say("Reason"), [needed()])


class PriceForm(PageForm):
    """A new price from a month on."""

    component = ChoiceField(
        say("What changes"),
        choices=choices(Component.labels().items()),
    )
    new_price = AmountField(say("New price a month"), [needed()])
    from_month = DayField(
        say("From the month of"), [needed()], description=say("Any day of the first month.")
    )


class EndSubsidyForm(PageForm):
    """Until when a programme is granted on a lease; the deed knows which ones it has."""

    programme = SelectField(say("Programme"), validate_choice=False)
    last_month = DayField(
        say("Last month with it"), [needed()], description=say("Any day of that month.")
    )
    why = WordsField(say("Reason"), [needed(), Length(max=500)])

    def offer(self, lease: Lease) -> Self:
        """Offer the programmes of the lease."""
        self.programme.choices = choices(
            (each.programme.code, name_of(each.programme)) for each in lease.subsidies
        )
        return self


class DepositForm(PageForm):
    """Money received as a deposit."""

    amount = AmountField(say("Amount received"), [needed()])
    on_day = DayField(say("Received on"), [needed()])


def _account() -> WordsField:
    return WordsField(
        say("What is left goes to"),
        [Length(max=200)],
        description=say("Bank, branch, account and holder, as on the transfer slip."),
    )


class SettleForm(PageForm):
    """What is set off against the deposit at the end."""

    arrears = AmountField(
        say("Unpaid invoices"),
        [Optional()],
        description=say("Pays the open invoices, oldest due date first; a receipt is written."),
    )
    late_charges = AmountField(
        say("Late charges"),
        [Optional()],
        description=say(
            "Worked out up to today for what is overdue or was paid late."
            " What stands here is not asked for again."
        ),
    )
    restoration = AmountField(
        say("Restoration before tax"),
        [Optional()],
        description=say("Consumption tax is added."),
    )
    paid_to = _account()


class GiveBackForm(PageForm):
    """Where what is held too much goes."""

    paid_to = _account()


class RestorationForm(PageForm):
    """What it costs to restore a unit beyond its deposit."""

    amount = AmountField(
        say("Restoration before tax"),
        [needed()],
        description=say("Consumption tax is added."),
    )
    what = WordsField(
        say("What was restored"),
        [needed(), Length(max=100)],
        description=say("It stands on the invoice."),
    )


class ProgrammeForm(PageForm):
    """A subsidy programme as its funder wrote it."""

    code = WordsField(say("Code"), [needed()])
    name = WordsField(say("Name"), [needed()])
    name_en = WordsField(say("Name in English"))
    funder = WordsField(say("Funder"))
    method = ChoiceField(
        say("How it is worked out"),
        choices=choices(Method.labels().items()),
    )
    includes_common_fee = BooleanField(say("Looks at the common-area fee as well as the rent"))
    includes_tax = BooleanField(say("Looks at amounts with consumption tax"))
    area_cap = AreaField(say("At most so many square metres"), [Optional()])
    monthly_cap = AmountField(say("At most a month"), [Optional()])
    fy_cap = AmountField(say("At most in a fiscal year"), [Optional()])
    total_cap = AmountField(say("At most in all"), [Optional()])
    max_months = CountField(say("At most so many months"), [Optional()], least=1, most=600)
    max_fiscal_years = CountField(
        say("At most so many fiscal years"), [Optional()], least=1, most=50
    )
    anchor = ChoiceField(
        say("Months count from"),
        choices=choices(Anchor.labels().items()),
    )
    proration = ChoiceField(
        say("Part of a month"),
        choices=choices(Proration.labels().items()),
    )
    rounding_unit = ChoiceField(
        say("Round down to"),
        choices=sums(1, 10, 100, 1000),
    )
    delivery = ChoiceField(
        say("How it reaches the tenant"),
        choices=choices(Delivery.labels().items()),
    )
    company_age_limit_years = CountField(
        say("Only companies younger than (years)"), [Optional()], least=1, most=100
    )
    budget_per_fy = AmountField(say("Budget for each fiscal year"), [Optional()])
    valid_from = DayField(say("Can be granted from"), [needed()])
    valid_until = DayField(
        say("Can be granted until"), [Optional()], description=say("The first day without it.")
    )
    conditions = TextAreaField(
        say("What tenants must do to keep it"), description=say("One condition a line.")
    )

    def step_rows(self) -> list[tuple[Any, Any]]:
        """The fields of the steps, row by row."""
        return [(self[f"months_{row}"], self[f"rate_{row}"]) for row in range(1, STEP_ROWS + 1)]


def _ordinal(row: int) -> dict[str, Message]:
    return {
        "months": say("Step %(row)s: months", row=row),
        "rate": say("Step %(row)s: rate", row=row),
    }


for _row in range(1, STEP_ROWS + 1):
    _labels = _ordinal(_row)
    setattr(
        ProgrammeForm,
        f"months_{_row}",
        CountField(_labels["months"], [Optional()], least=1, most=600),
    )
    setattr(ProgrammeForm, f"rate_{_row}", WordsField(_labels["rate"]))
