"""Opening a facility. It stands here because it needs every area below, criteria last."""

from collections.abc import Mapping
from datetime import datetime

from incubator.billing.actions.house import load_tax_rates, set_first_issuer
from incubator.core.access import Actor
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.graduation.actions.criteria import set_up_criteria
from incubator.spaces.actions import add_facility
from incubator.spaces.models import Facility


def open_facility(
    code: str, name: str, *, actor: Actor, now: datetime, facts: Mapping[str, object] | None = None
) -> Facility:
    """Open a facility with all it needs to begin: holidays, tax rates, an issuer, criteria."""
    facility = add_facility(code, name, actor=actor, now=now, facts=facts)
    today = day_at(now, facility.zone)
    load_tax_rates()
    set_first_issuer(facility, from_day=today)
    set_up_criteria(facility, today=today)
    db.session.flush()
    return facility
