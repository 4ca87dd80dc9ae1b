"""The subsidy programmes of a facility."""

from collections.abc import Iterable
from datetime import date

from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.leases.models import SubsidyProgramme


def programmes_of(facility_id: int) -> list[SubsidyProgramme]:
    """The subsidy programmes of a facility, by name."""
    asked = db.select(SubsidyProgramme).where(SubsidyProgramme.facility_id == facility_id)
    return list(db.session.scalars(asked.order_by(SubsidyProgramme.name, SubsidyProgramme.id)))


def grantable(programme: SubsidyProgramme, day: date) -> bool:
    """Whether it can be granted on a lease that begins on a day."""
    until = programme.valid_until
    return programme.valid_from <= day and (until is None or day < until)


def programme_at(facility_id: int, programme_id: int) -> SubsidyProgramme:
    """One programme of this facility; NotFound for any other."""
    found = db.session.get(SubsidyProgramme, programme_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound("programme")
    return found


def programmes_at(facility_id: int, programme_ids: Iterable[int]) -> list[SubsidyProgramme]:
    """These programmes of this facility in this order; NotFound for any other."""
    wanted = list(programme_ids)
    known = {each.id: each for each in programmes_of(facility_id)} if wanted else {}
    if not known.keys() >= set(wanted):
        raise NotFound("programme")
    return [known[each] for each in wanted]


def programme_by_code(facility_id: int, code: str) -> SubsidyProgramme:
    """The programme of this facility with this code or name; NotFound when there is none."""
    for programme in programmes_of(facility_id):
        if code in {programme.code, programme.name}:
            return programme
    raise NotFound(f"no programme has the code {code}")
