"""What people type about units, rooms, house rules and files."""

from collections.abc import Iterable
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import Optional

from incubator.core.days import Proration, Roll
from incubator.core.i18n import SIGNS, say
from incubator.core.money import Rounding, with_digits
from incubator.spaces.models import DueRule, Facility, Floor, LegalBasis, UnitKind
from incubator.web.forms import (
    WEEKDAYS,
    AmountField,
    AreaField,
    ClockField,
    CodeField,
    CountField,
    DayField,
    PageForm,
    WordsField,
    choices,
    needed,
    sums,
)

WEEKDAY_DIGITS = [(str(digit), name) for digit, name in enumerate(WEEKDAYS)]
BASES = [
    (LegalBasis.LEASE_FIXED_TERM.value, say("Fixed-term building lease")),
    (LegalBasis.USE_PERMIT.value, say("Permission to use under an ordinance")),
]
DUE_RULES = [
    (DueRule.PREV_MONTH_END.value, say("By the end of the month before")),
    (DueRule.PREV_MONTH_DAY.value, say("On a day of the month before")),
    (DueRule.SAME_MONTH_DAY.value, say("On a day of the same month")),
]
PRORATIONS = [
    (Proration.ACTUAL.value, say("By the days of the month")),
    (Proration.FIXED30.value, say("By thirtieths")),
    (Proration.MONTHLY.value, say("Whole months only")),
]
ROLLS = [
    (Roll.NEXT.value, say("To the next working day")),
    (Roll.PREVIOUS.value, say("To the working day before")),
    (Roll.NONE.value, say("It stays")),
]
ROUNDINGS = [
    (Rounding.FLOOR.value, say("Down")),
    (Rounding.HALF_UP.value, say("Half up")),
    (Rounding.CEIL.value, say("Up")),
]
KINDS = [(kind.value, kind.label) for kind in UnitKind]


def taken(form: PageForm, names: Iterable[str]) -> dict[str, Any]:
    """What was typed, by name."""
    return {name: form[name].data for name in names}


class UnitForm(PageForm):
    """A rentable unit."""

    code = CodeField(say("Unit"), [needed()])
    floor = CodeField(say("Floor"), [needed()], description=say("As on the sign, such as 3F."))
    kind = SelectField(say("Kind"), choices=choices(KINDS))
    area = AreaField(
        say("Area (m²)"),
        [needed()],
        description=say(
            "It counts for past days as well. To split or merge units, take the old ones out of"
            " service from that day, and the new ones until that day."
        ),
    )
    list_rent = AmountField(
        say("Monthly rent"), description=say("Before tax. Leave empty to charge by area.")
    )
    unit_price = AmountField(say("Price per square metre and month"))
    common_fee = AmountField(say("Common-area fee per month"), default=0)
    note = TextAreaField(say("Note"))

    def facts(self, floor: Floor | None = None) -> dict[str, Any]:
        """What the form says, with the floor as a row if one is given."""
        names = ("code", "area", "list_rent", "unit_price", "note")
        values = taken(self, names) | {"kind": UnitKind(self.kind.data)}
        values["common_fee"] = self.common_fee.data or 0
        return values | ({"floor_id": floor.id} if floor else {"floor": self.floor.data})


class OutageForm(PageForm):
    """Days on which a unit cannot be let."""

    from_day = DayField(say("From"), [needed()])
    until_day = DayField(
        say("Available again from"), description=say("Leave empty if it is not known yet.")
    )
    reason = WordsField(say("Reason"))


class EndOutageForm(PageForm):
    """From when a unit can be let again."""

    until = DayField(say("Available again from"), [needed()])


class RoomForm(PageForm):
    """A shared room and its rules of use."""

    code = CodeField(say("Code"), [needed()], description=say("Short, such as MR-A."))
    name = WordsField(say("Name"), [needed()])
    name_en = WordsField(say("Name in English"))
    floor_id = SelectField(say("Floor"), coerce=int)
    capacity = CountField(say("Seats"), [needed()], least=1, most=2000, default=1)
    equipment = WordsField(say("Equipment"))
    bookable = BooleanField(say("Open for booking"), default=True)
    price_per_step = AmountField(say("Price per step"), description=say("Before tax."), default=0)
    step_minutes = CountField(say("Step (minutes)"), [needed()], least=5, most=1440, default=60)
    min_minutes = CountField(
        say("Shortest booking (minutes)"), [needed()], least=5, most=1440, default=30
    )
    max_minutes = CountField(
        say("Longest booking (minutes)"), [needed()], least=5, most=1440, default=480
    )
    buffer_before = CountField(say("Kept free before (minutes)"), most=480, default=0)
    buffer_after = CountField(say("Kept free after (minutes)"), most=480, default=0)
    open_minute = ClockField(say("Opens"), [needed()], default=8 * 60)
    close_minute = ClockField(say("Closes"), [needed()], default=21 * 60)
    window_days = CountField(say("Bookable days ahead"), [needed()], least=1, most=730, default=90)
    free_cancel_hours = CountField(
        say("Free cancellation until (hours before)"), most=720, default=24
    )
    late_cancel_percent = CountField(
        say("Share due on later cancellation (%%)"), most=100, default=100
    )
    uses_included_minutes = BooleanField(say("Counts against included hours"), default=True)

    SAME = (
        "code", "name", "name_en", "capacity", "equipment", "bookable", "step_minutes",
        "min_minutes", "max_minutes", "open_minute", "close_minute", "window_days",
        "uses_included_minutes",
    )  # fmt: skip
    OR_NOTHING = ("price_per_step", "buffer_before", "buffer_after", "free_cancel_hours")

    def facts(self) -> dict[str, Any]:
        """What the form says."""
        values = taken(self, self.SAME) | {"floor_id": self.floor_id.data or None}
        values |= {name: self[name].data or 0 for name in self.OR_NOTHING}
        return values | {"late_cancel_bp": (self.late_cancel_percent.data or 0) * 100}


class FacilityForm(PageForm):
    """The house rules."""

    name = WordsField(say("Name"), [needed()])
    name_en = WordsField(say("Name in English"))
    postal_code = WordsField(say("Postal code"))
    address = WordsField(say("Street address"))
    phone = WordsField(say("Telephone"))
    email = WordsField(say("E-mail"))
    zone = SelectField(say("Time zone"))
    currency = SelectField(say("Currency"), choices=choices((code, code) for code in SIGNS))
    open_minute = ClockField(say("Opens"), [needed()])
    close_minute = ClockField(say("Closes"), [needed()])
    closed_weekdays = SelectMultipleField(say("Closed on"), choices=choices(WEEKDAY_DIGITS))
    closed_on_holidays = BooleanField(say("Closed on public holidays"))
    included_room_minutes = CountField(
        say("Meeting room minutes included per venture and month"), most=100_000
    )
    legal_basis = SelectField(say("Units are let by"), choices=choices(BASES))
    notice_months = CountField(say("Notice (months)"), [needed()], most=36)
    max_contract_months = CountField(say("Longest lease (months)"), [needed()], least=1, most=600)
    max_total_months = CountField(
        say("Longest stay in total (months)"), [needed()], least=1, most=600
    )
    max_tenants_per_manager = CountField(
        say("Ventures per manager"),
        [needed()],
        least=1,
        most=500,
        description=say("More than this is only warned about."),
    )
    due_rule = SelectField(say("Rent is due"), choices=choices(DUE_RULES))
    due_day = CountField(say("Day of the month"), [needed()], least=1, most=31)
    holiday_roll = SelectField(say("A due day on a bank holiday moves"), choices=choices(ROLLS))
    proration_entry = SelectField(say("First month in part"), choices=choices(PRORATIONS))
    proration_exit = SelectField(say("Last month in part"), choices=choices(PRORATIONS))
    rounding_unit = SelectField(
        say("Part months and steps are rounded down to"), choices=sums(1, 10, 100)
    )
    late_rate_percent = WordsField(
        say("Late charge (%% a year)"),
        description=say("Empty for the statutory rate, 0 for none."),
    )
    late_leap_years = BooleanField(say("In leap years, late charges count a year as 366 days"))
    reminder_days = WordsField(
        say("Reminders of unpaid invoices (days after the due day)"),
        description=say("Such as 3, 10, 30. Each is one mail to the venture; empty for none."),
    )

    SAME = (
        "name", "name_en", "postal_code", "address", "phone", "email", "zone", "currency",
        "open_minute", "close_minute", "closed_on_holidays", "notice_months",
        "max_contract_months", "max_total_months", "max_tenants_per_manager", "due_day",
        "reminder_days", "late_leap_years",
    )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """What the form says, as the facility keeps it."""
        return taken(self, self.SAME) | {
            "closed_weekdays": "".join(sorted(self.closed_weekdays.data or [])),
            "included_room_minutes": self.included_room_minutes.data or 0,
            "legal_basis": LegalBasis(self.legal_basis.data),
            "due_rule": DueRule(self.due_rule.data),
            "holiday_roll": Roll(self.holiday_roll.data),
            "proration_entry": Proration(self.proration_entry.data),
            "proration_exit": Proration(self.proration_exit.data),
            "rounding_unit": int(self.rounding_unit.data),
        }


def shown_of(facility: Facility) -> dict[str, Any]:
    """A facility's rules as its form shows them."""
    agreed = facility.late_rate_bp
    rate = "" if agreed is None else with_digits(agreed).rstrip("0").rstrip(".")
    values = {name: getattr(facility, name) for name in FacilityForm.SAME}
    return values | {
        "closed_weekdays": list(facility.closed_weekdays),
        "included_room_minutes": facility.included_room_minutes,
        "legal_basis": facility.legal_basis.value,
        "due_rule": facility.due_rule.value,
        "holiday_roll": facility.holiday_roll.value,
        "proration_entry": facility.proration_entry.value,
        "proration_exit": facility.proration_exit.value,
        "rounding_unit": str(facility.rounding_unit),
        "late_rate_percent": rate,
    }


class IssuerForm(PageForm):
    """Who issues invoices."""

    name = WordsField(say("Name on invoices"), [needed()])
    postal_code = WordsField(say("Postal code"))
    address = WordsField(say("Street address"))
    phone = WordsField(say("Telephone"))
    reg_no = WordsField(
        say("Registration number"), description=say("T and 13 digits. Empty: none yet.")
    )
    reg_valid_from = DayField(say("Registered from"), [Optional()])
    reg_valid_until = DayField(say("Registered until"), [Optional()])
    bank_account = WordsField(say("Bank account for transfers"))
    rounding = SelectField(say("Tax is rounded"), choices=choices(ROUNDINGS))
    number_prefix = WordsField(
        say("Prefix of invoice numbers"),
        description=say("Without a hyphen at its end: AOBA makes AOBA-2026-00001."),
    )
    from_day = DayField(say("Applies from"), [needed()])

    FACTS = (
        "name", "postal_code", "address", "phone", "reg_no", "reg_valid_from",
        "reg_valid_until", "bank_account", "number_prefix",
    )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """What the form says."""
        return taken(self, self.FACTS) | {"rounding": Rounding(self.rounding.data)}


class ClosedDayForm(PageForm):
    """A day on which the house is closed."""

    day = DayField(say("Day"), [needed()])
    name = WordsField(say("Reason"))
    name_en = WordsField(
        say("Reason in English"), description=say("Read by those who use the pages in English.")
    )


class RollForm(PageForm):
    """A rent roll to look at."""

    file = FileField(
        say("Rent roll"),
        [FileRequired(say("Choose a file."))],
        description=say("Excel (.xlsx) or CSV, up to 10,000 rows."),
    )
