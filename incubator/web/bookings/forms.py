"""The form of a booking, for ventures and for the office."""

from typing import Any

from wtforms import HiddenField, SelectField

from incubator.core.i18n import say
from incubator.web.forms import DayField, PageForm, WordsField


class BookingForm(PageForm):
    """When, how long and for what."""

    room = HiddenField()
    day = DayField(say("Date"))
    start = SelectField(say("Start"), validate_choice=False)
    minutes = SelectField(say("Length"), validate_choice=False)
    title = WordsField(say("Title (optional)"), description=say("Other companies do not see it."))
    once_key = HiddenField()
    seen = HiddenField()


class OfficeBookingForm(BookingForm):
    """The same on behalf of a company, or for the house."""

    room: Any = SelectField(say("Room"), validate_choice=False)
    venture = SelectField(say("Booked for"), validate_choice=False)
    title = WordsField(
        say("Title (optional)"), description=say("The company sees it, other companies do not.")
    )
