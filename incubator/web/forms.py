"""What every form of ours can do: refuse with a reason, read, keep what was typed."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask import g, request
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from wtforms import (  # type: ignore[attr-defined]
    Field,
    PasswordField,
    SelectChoice,
    StringField,
)
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import DateInput, Input, TextInput

from incubator.core import i18n, reading
from incubator.core.clock import HOME_ZONE
from incubator.core.db import PAGE
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.core.money import as_decimal, exponent, with_digits
from incubator.core.promises import broke
from incubator.web.filters import language

T = TypeVar("T")
BREAKS = re.compile(r"[\r\n\t]+")


WEEKDAYS = (
    say("Monday"),
    say("Tuesday"),
    say("Wednesday"),
    say("Thursday"),
    say("Friday"),
    say("Saturday"),
    say("Sunday"),
)


ZONES = (HOME_ZONE, "Asia/Seoul", "Asia/Taipei", "Asia/Singapore", "Europe/Berlin", "UTC")


def zones(present: str = HOME_ZONE) -> list[str]:
    """The time zones a facility is offered, its present one among them."""
    return list(dict.fromkeys([*ZONES, present]))


def choices(pairs: Iterable[tuple[object, object]], group: Message | None = None) -> list[Any]:
    """What a field offers, or a group of it: values with what people read."""
    return [SelectChoice(value, label, optgroup=group) for value, label in pairs]


def sums(*amounts: int) -> Callable[[], list[Any]]:
    """Amounts in minor units as choices, said in the currency of the facility one is at."""

    def offered() -> list[Any]:
        currency, lang = g.here.facility.currency, language()
        return choices(
            (str(each), i18n.format_money(each, currency, lang, words=True)) for each in amounts
        )

    return offered


def page_asked(name: str = "page") -> int:
    """Which page of a list the address asks for; the first when it cannot be read."""
    text = request.args.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def on_page(rows: Sequence[T], page: int, size: int = PAGE) -> Sequence[T]:
    """Those of all rows that stand on a page."""
    return rows[(page - 1) * size : page * size]


def day_asked(name: str = "day") -> date | None:
    """The day that the address names, if it names one; RuleBroken for what is no day."""
    text = request.args.get(name, "").strip()
    return reading.day(text) if text else None


CHOOSE = say("This cannot be chosen, or not any more. Please choose from what is offered.")
SAID = {
    "Not a valid choice.": CHOOSE,
    "Invalid Choice: could not coerce.": CHOOSE,
    "'%(value)s' are not valid choices for this field.": CHOOSE,
    "Field cannot be longer than %(max)d characters.": say("Write %(max)d characters at most."),
}


class Words:
    """What WTForms says by itself, in our words and the reader's language."""

    def gettext(self, text: str) -> str:
        """A sentence."""
        return i18n.gettext(SAID[text].text, language()) if text in SAID else text

    def ngettext(self, _one: str, many: str, _number: int) -> str:
        """A sentence with a number in it."""
        return self.gettext(many)


class TooLate(RuleBroken):
    """Raised when somebody was quicker: what was wanted has just been taken."""


class PageForm(FlaskForm):  # type: ignore[misc]
    """A form on a page, which can carry a rule's refusal back to the person."""

    class Meta:
        """Messages are ours, in the reader's language."""

        def get_translations(self, _form: object) -> Words:
            """The words of fields and validators."""
            return Words()

    too_late = False
    """Whether somebody was quicker."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all was filled in as it should be; no field lets through what cannot be kept."""
        good = super().validate(extra_validators)
        return not [field for field in self if not _can_be_kept(field)] and good

    @property
    def status(self) -> int:
        """What a page with this form answers with."""
        if self.too_late:
            return 409
        return 422 if self.errors else 200

    def refusing(self, **taken: Callable[[], RuleBroken]) -> "Refusing":
        """`with form.refusing():` do a deed; `taken` has the words for promises by their names."""
        return Refusing(self, taken)

    def refuse(self, broken: RuleBroken) -> None:
        """Show why the rule said no, on the field it names or above the form."""
        self.too_late = self.too_late or isinstance(broken, TooLate)
        if broken.field and broken.field in self:
            field = self[broken.field]
            field.errors = [*field.errors, broken.message]
        else:
            self.form_errors: list[Message] = [*self.form_errors, broken.message]


@dataclass(frozen=True)
class Refusing:
    """While it lasts, a refusal is shown on the form instead of ending the request."""

    form: PageForm
    taken: Mapping[str, Callable[[], RuleBroken]]

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Show a rule's refusal, or that of a promise which the database kept."""
        if isinstance(error, IntegrityError):
            kept = [why for promise, why in self.taken.items() if broke(error, promise)]
            error = kept[0]() if kept else error
        if isinstance(error, RuleBroken):
            self.form.refuse(error)
            return True
        return False


def _can_be_kept(field: Field) -> bool:
    """Look at the text of a field once more; a password is never kept as it is."""
    if not isinstance(field.data, str) or isinstance(field, PasswordField) or field.errors:
        return True
    try:
        reading.words(field.data)
    except RuleBroken as broken:
        field.errors = [*field.errors, broken.message]  # type: ignore[list-item]
        return False
    return True


def needed(message: Message | None = None) -> InputRequired:
    """The field must be filled in."""
    return InputRequired(message or say("Please fill this in."))


def chosen() -> InputRequired:
    """One of what is offered must be chosen."""
    return needed(say("Please choose one."))


class _ReadField(Field):
    """A field that keeps what was typed and reads a value from it."""

    widget: Input = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.show(self.data)

    def show(self, value: Any) -> str:
        """How a stored value stands in the field."""
        return str(value)

    def read(self, text: str) -> Any:
        """What the text means; RuleBroken when nothing."""
        raise NotImplementedError

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = self.read(valuelist[0])
            except RuleBroken as broken:
                raise ValidationError(broken.message) from broken


class AmountField(_ReadField):
    """Money in minor units, none or more, typed in the currency of the facility one is at."""

    @property
    def currency(self) -> str:
        """What is typed, and stands behind the field."""
        return str(g.here.facility.currency)

    @property
    def inputmode(self) -> str:
        """Which keys a phone offers: a point only where the currency has one."""
        return "decimal" if exponent(self.currency) else "numeric"

    def show(self, value: int) -> str:
        """Major units."""
        return str(as_decimal(value, self.currency))

    def read(self, text: str) -> int:
        """Minor units."""
        found = reading.amount(text, self.currency)
        if found < 0:
            raise RuleBroken(say("An amount cannot be negative."))
        return found


class AreaField(_ReadField):
    """Hundredths of a square metre, typed as square metres."""

    def show(self, value: int) -> str:
        """Square metres with two digits."""
        return with_digits(value)

    def read(self, text: str) -> int:
        """Hundredths of a square metre."""
        return reading.area(text)


class CountField(_ReadField):
    """A whole number from `least` to `most`, typed as people write it."""

    def __init__(self, *args: Any, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        """The number."""
        plain = reading.tidy(text).replace(",", "")
        if not plain.isascii() or not plain.isdigit() or len(plain) > 12:
            raise RuleBroken(say("“%(text)s” is not a whole number.", text=text))
        if not self.least <= int(plain) <= self.most:
            limits = {"least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise RuleBroken(say("Write a number from %(least)s to %(most)s.", **limits))
        return int(plain)


class ClockField(_ReadField):
    """A time of day as minutes after midnight; 24:00 ends the day."""

    def show(self, value: int) -> str:
        """13:30."""
        return f"{value // 60:02d}:{value % 60:02d}"

    def read(self, text: str) -> int:
        """Minutes after midnight."""
        hours, colon, minutes = reading.tidy(text).partition(":")
        if not (colon and hours.isascii() and hours.isdigit() and len(hours) <= 2):
            raise RuleBroken(say("“%(text)s” is not a time. Write it like 13:30.", text=text))
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) == 2):
            raise RuleBroken(say("“%(text)s” is not a time. Write it like 13:30.", text=text))
        found = int(hours) * 60 + int(minutes)
        if int(minutes) > 59 or found > 24 * 60:
            raise RuleBroken(say("“%(text)s” is not a time. Write it like 13:30.", text=text))
        return found


class DayField(_ReadField):
    """A day; the browser's date field, or any way people write one."""

    widget = DateInput()

    def show(self, value: date) -> str:
        """As the date field wants it."""
        return value.isoformat()

    def read(self, text: str) -> date:
        """The day."""
        return reading.day(text)


class WordsField(StringField):
    """One line of text without control characters."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep NFC; refuse what cannot be shown."""
        self.data = valuelist[0] if valuelist else ""
        try:
            self.data = BREAKS.sub(" ", reading.words(self.data))
        except RuleBroken as broken:
            raise ValidationError(broken.message) from broken


class CodeField(WordsField):
    """The code or sign of a place: full-width and plain letters are the same ones (NFKC)."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it as a rent roll's cells are read; spaces alone are none."""
        super().process_formdata([reading.tidy(text) for text in valuelist])
        if not self.data:
            raise ValidationError(say("Please fill this in."))
