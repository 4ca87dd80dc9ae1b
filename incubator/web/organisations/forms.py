"""What people type about a venture."""

from datetime import date
from typing import Any

from wtforms import SelectField, TextAreaField
from wtforms.validators import Optional

from incubator.core.i18n import say
from incubator.organisations.models import Organisation
from incubator.organisations.rules import company_age
from incubator.web.account.forms import LANGUAGES
from incubator.web.forms import (
    AmountField,
    CountField,
    DayField,
    PageForm,
    WordsField,
    needed,
)


class ProfileForm(PageForm):
    """What a venture's owner keeps up to date."""

    name_kana = WordsField(say("Name in kana"))
    name_en = WordsField(say("Name in English"))
    representative = WordsField(say("Representative"))
    email = WordsField(
        say("E-mail"), description=say("Invoices and notices about the lease go here.")
    )
    phone = WordsField(say("Telephone"))
    postal_code = WordsField(say("Postal code"))
    address = WordsField(say("Street address"))
    business = TextAreaField(say("What the company does"))
    language = SelectField(say("Language of documents"), choices=LANGUAGES)

    def facts(self) -> dict[str, Any]:
        """What the form says."""
        left_out = {"csrf_token"}
        return {name: data for name, data in self.data.items() if name not in left_out}


class VentureForm(ProfileForm):
    """All that the office keeps of a venture."""

    name = WordsField(say("Registered name"), [needed()])
    corporate_number = WordsField(say("Corporate number"), description=say("13 digits."))
    invoice_reg_no = WordsField(
        say("Registration number"), description=say("T and 13 digits. Empty: none yet.")
    )
    founded_on = DayField(say("Founded on"), [Optional()])
    capital = AmountField(say("Capital"), [Optional()])
    baseline_jobs_ft = CountField(
        say("Full-time employees on admission"),
        description=say("Jobs created are counted from here."),
        default=0,
    )
    baseline_jobs_pt = CountField(say("Part-time employees on admission"), default=0)

    def facts(self) -> dict[str, Any]:
        """What the form says."""
        values = super().facts()
        for name in ("baseline_jobs_ft", "baseline_jobs_pt"):
            values[name] = values[name] or 0
        return values


def age_of(venture: Organisation, today: date) -> int | None:
    """How old a venture is in whole years; None before it was founded or when that is unknown."""
    if venture.founded_on is None or venture.founded_on > today:
        return None
    return company_age(venture.founded_on, today)
