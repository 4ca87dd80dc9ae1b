"""Taking out of the books a unit that never should have stood there."""

from datetime import datetime

from incubator.core import access, audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases import queries
from incubator.spaces.models import Unit


def remove_unit(unit: Unit, *, actor: Actor, now: datetime) -> None:
    """Remove a unit that was added by mistake; one with a history of its own stays."""
    access.require(actor, Can.EDIT_FACILITY, facility=unit.facility_id)
    lock(Unit, unit.id)
    if not queries.is_unused(unit.id):
        raise RuleBroken(
            say("This unit was let, offered or out of service before, so it stays in the books.")
        )
    names = ("code", "kind", "area", "list_rent", "unit_price", "common_fee", "note")
    facts = {name: getattr(unit, name) for name in names}
    where = Where(unit.facility_id)
    audit.record(actor, "unit.removed", unit, at=now, where=where, before=facts)
    db.session.delete(unit)
    db.session.flush()
