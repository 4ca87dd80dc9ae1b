"""What a facility's invoices have in common on a day: issuer, rates, due day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select

from incubator.billing import rules
from incubator.billing.models import Issuer, TaxCategory, TaxRate
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import Rounding
from incubator.spaces.models import Facility
from incubator.spaces.queries import bank_days_off

NEAR = timedelta(days=60)


@dataclass(frozen=True)
class House:
    """The facts that every document of one facility and day shares."""

    facility_id: int
    prefix: str
    currency: str
    issued_on: date
    issuer: dict[str, Any]
    rounding: Rounding
    rates: tuple[rules.Rate, ...]


def house_of(facility: Facility, issued_on: date) -> House:
    """The issuer in force (BR-T10) with the tax rates; refused while no issuer is set."""
    issuer = issuer_on(facility.id, issued_on)
    if issuer is None:
        raise RuleBroken(
            say("Nobody is set as the issuer of invoices. Enter one in the facility's settings.")
        )
    valid = (issuer.reg_valid_from, issuer.reg_valid_until)
    facts = {
        "name": issuer.name,
        "postal_code": issuer.postal_code,
        "address": issuer.address,
        "phone": issuer.phone,
        "reg_no": rules.valid_reg_no(issuer.reg_no, valid, issued_on),
        "bank_account": issuer.bank_account,
        "facility": facility.name,
        "facility_en": facility.name_en,
    }
    prefix = issuer.number_prefix or facility.code.upper()
    rounding = Rounding(issuer.rounding)
    rates = tuple(tax_rates())
    return House(facility.id, prefix, facility.currency, issued_on, facts, rounding, rates)


def prefix_on(facility: Facility, day: date) -> str:
    """What the numbers of a facility's documents begin with on a day."""
    issuer = issuer_on(facility.id, day)
    return (issuer.number_prefix if issuer else "") or facility.code.upper()


def issuer_on(facility_id: int, day: date) -> Issuer | None:
    """Who bills for the facility on a day."""
    found: Issuer | None = db.session.scalar(_issuer(facility_id, day))
    return found


def _issuer(facility_id: int, day: date) -> Select[Issuer]:
    asked: Select[Issuer] = db.select(Issuer).where(
        Issuer.facility_id == facility_id, Issuer.from_day <= day
    )
    return asked.order_by(Issuer.from_day.desc()).limit(1)


def tax_rates() -> list[rules.Rate]:
    """All tax rates by date, as rules take them."""
    rows = db.session.scalars(db.select(TaxRate).order_by(TaxRate.from_day))
    return [rules.Rate(row.category.value, row.from_day, row.rate_bp) for row in rows]


def tax_rate_on(day: date, category: TaxCategory = TaxCategory.STANDARD) -> int:
    """The rate of a day in basis points; 0 where no tax applies."""
    return rules.tax_rate_on(category.value, day, tax_rates()) or 0


def standard_tax_on(facility_id: int, day: date) -> tuple[int, Rounding]:
    """The standard rate of a day in basis points and how its issuer rounds, in one question."""
    rounding = _issuer(facility_id, day).with_only_columns(Issuer.rounding).scalar_subquery()
    rates = db.select(TaxRate.rate_bp, rounding).where(
        TaxRate.category == TaxCategory.STANDARD, TaxRate.from_day <= day
    )
    found = db.session.execute(rates.order_by(TaxRate.from_day.desc()).limit(1)).first()
    bp, mode = found or (0, None)
    return bp, mode or Rounding.FLOOR


def due_day(facility: Facility, month: date, issued_on: date) -> date:
    """When what is issued on a day for a month is due (BR-C02)."""
    terms = rules.DueTerms(facility.due_rule.value, facility.due_day, facility.holiday_roll)
    nominal = max(rules.rule_day(terms, month), issued_on)
    return rules.due_on(terms, month, issued_on, closed_days(facility.id, nominal))


def closed_days(facility_id: int, around: date) -> Callable[[date], bool]:
    """Whether banks or the facility are closed on a day some weeks around the given one."""
    near = Stretch(around - NEAR, around + NEAR)
    closed = bank_days_off(facility_id, near)
    return lambda day: rules.is_weekend(day) or day in closed
