"""What an office sets before it bills: the tax rates and who issues."""

from collections.abc import Mapping
from datetime import date, datetime

from incubator.billing.models import Issuer, TaxCategory, TaxRate
from incubator.billing.queries.house import issuer_on
from incubator.core import access, audit, reading
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.organisations.rules import registration_number
from incubator.spaces.models import Facility

OLDER_RATES = (
    (date.min, 0),
    (date(1989, 4, 1), 300),
    (date(1997, 4, 1), 500),
    (date(2014, 4, 1), 800),
)
"""What Japan took of everything, by day, before there was a reduced rate."""
FIRST_DAY = date(2019, 10, 1)
FIRST_RATES = ((TaxCategory.STANDARD, 1000), (TaxCategory.REDUCED, 800))


def load_tax_rates() -> None:
    """A rate for every day there is, unless rates are known already (BR-T01)."""
    if db.session.scalar(db.select(TaxRate.id).limit(1)) is None:
        for category, newest in FIRST_RATES:
            for day, rate_bp in (*OLDER_RATES, (FIRST_DAY, newest)):
                db.session.add(TaxRate(category=category, from_day=day, rate_bp=rate_bp))
        db.session.flush()


def set_first_issuer(facility: Facility, *, from_day: date) -> Issuer:
    """A new facility bills in its own name, without a registration number until one is entered."""
    issuer = Issuer(
        facility_id=facility.id,
        from_day=from_day,
        name=facility.name,
        postal_code=facility.postal_code,
        address=facility.address,
        phone=facility.phone,
    )
    db.session.add(issuer)
    return issuer


def set_issuer(
    facility: Facility,
    facts: Mapping[str, object],
    *,
    from_day: date,
    actor: Actor,
    now: datetime,
) -> Issuer:
    """Say who issues from a day on; documents issued before keep what they say (BR-T10)."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    values = _checked(facts)
    lock(Facility, facility.id)
    before = issuer_on(facility.id, from_day)
    told = {name: getattr(before, name) for name in values} if before else None
    if told == values:
        return before  # type: ignore[return-value]
    issuer = before if before is not None and before.from_day == from_day else None
    if issuer is None:
        issuer = Issuer(facility_id=facility.id, from_day=from_day)
        db.session.add(issuer)
    for name, value in values.items():
        setattr(issuer, name, value)
    where = Where(facility.id)
    audit.record(actor, "issuer.set", issuer, at=now, where=where, before=told, after=values)
    return issuer


def _checked(facts: Mapping[str, object]) -> dict[str, object]:
    values = {
        name: reading.words(value, field=name) if isinstance(value, str) else value
        for name, value in facts.items()
    }
    if not values.get("name"):
        raise RuleBroken(say("Please fill this in."), "name")
    typed = str(values.get("reg_no") or "")
    number = registration_number(typed, field="reg_no").number if typed else None
    if "number_prefix" in values:
        values["number_prefix"] = str(values["number_prefix"]).rstrip("-")
    return {**values, "reg_no": number}
