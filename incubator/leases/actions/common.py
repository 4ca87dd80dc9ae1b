"""What all deeds on a lease share: who may, where it is written down, who is told."""

from datetime import datetime

from incubator.core import outbox
from incubator.core.access import Actor, Can, Role, require
from incubator.core.audit import Where
from incubator.core.days import day_at
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases.models import Lease, LeaseStatus
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.people import queries as people
from incubator.spaces.models import Facility


def where(lease: Lease) -> Where:
    """The facility and the venture that a lease concerns."""
    return Where(lease.facility_id, lease.organisation_id)


def require_owner_or(actor: Actor, permission: Can, lease: Lease) -> None:
    """The venture's owner may, and staff with the permission."""
    if not actor.can(Can.SIGN_OWN_LEASE, organisation=lease.organisation_id):
        require(actor, permission, facility=lease.facility_id)


def lock_leases(*leases: Lease) -> None:
    """Lock them after their ventures: what is done to a venture's leases comes one by one."""
    lock(Organisation, *(each.organisation_id for each in leases))
    lock(Lease, *(each.id for each in leases))


def require_status(lease: Lease, *statuses: LeaseStatus) -> None:
    """Stop unless the lease stands where this deed begins; locked, so that it stays there."""
    lock_leases(lease)
    check_status(lease, *statuses)


def check_status(lease: Lease, *statuses: LeaseStatus) -> None:
    """The same for a lease that is locked already."""
    if lease.status not in statuses:
        raise RuleBroken(
            say(
                "The lease %(number)s is in the state “%(status)s”; this cannot be done any more.",
                number=lease.number,
                status=lease.status,
            )
        )


def tell_owners(
    lease: Lease,
    template: str,
    *,
    now: datetime,
    due: int = 0,
    **more: object,
) -> None:
    """Write to the venture's owners, or to its office while nobody has an account."""
    facility = db.session.get_one(Facility, lease.facility_id)
    values = {
        "lease": lease,
        "facility": facility,
        "unit": lease.unit.code,
        "due": due,
        **more,
    }
    today = day_at(now, facility.zone)
    for to in addressees(lease.organisation, today):
        outbox.post(template, to, values, now=now, facility=lease.facility_id)


def tell_staff(lease: Lease, template: str, *, now: datetime) -> None:
    """Write to the facility's administrators."""
    facility = db.session.get_one(Facility, lease.facility_id)
    values = {"lease": lease, "facility": facility, "unit": lease.unit.code}
    staff = people.people_at(lease.facility_id, Role.FACILITY_ADMIN, day_at(now, facility.zone))
    for to in people.recipients(staff):
        outbox.post(template, to, values, now=now, facility=lease.facility_id)
