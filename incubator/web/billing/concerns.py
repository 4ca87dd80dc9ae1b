"""What is missing for a month's invoices, with the place where it is entered."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from incubator.billing.queries import Case, Concern, Lack
from incubator.core.access import Can
from incubator.core.i18n import Message, say
from incubator.web.filters import name_of
from incubator.web.guard import Here

CURES = {
    Lack.RATE: say("Enter its rate before you issue; else these rents are billed in full."),
    Lack.FOUNDED: say("Enter that day in the venture's record."),
    Lack.PRICE: say("Record the rent on the lease."),
    Lack.NAME: say("Complete the venture's record."),
    Lack.ADDRESS: say("Complete the venture's record."),
    Lack.MAIL: say("Invite an owner, or enter an address in the venture's record."),
    Lack.BANK_ACCOUNT: say("Enter it under the issuer of invoices."),
    Lack.REG_NO: say("Enter it under the issuer of invoices."),
}
EDITORS = {
    Lack.RATE: Can.EDIT_FACILITY,
    Lack.FOUNDED: Can.EDIT_VENTURES,
    Lack.PRICE: Can.APPROVE_LEASES,
    Lack.NAME: Can.EDIT_VENTURES,
    Lack.ADDRESS: Can.EDIT_VENTURES,
    Lack.MAIL: Can.EDIT_VENTURES,
    Lack.BANK_ACCOUNT: Can.EDIT_FACILITY,
    Lack.REG_NO: Can.EDIT_FACILITY,
}


@dataclass(frozen=True)
class Warned:
    """One concern as a page shows it; `cure` leads to where it is put right, if one may."""

    what: Message
    about: str
    places: tuple[tuple[str, str], ...]
    cure: Message
    href: str | None


def warned(here: Here, concerns: Iterable[Concern]) -> list[Warned]:
    """All of them for whoever looks."""
    return [_warned(here, each) for each in concerns]


def _warned(here: Here, concern: Concern) -> Warned:
    code, lack = here.facility.code, concern.lack
    may = here.may(EDITORS[lack])
    href = None
    if concern.programme_id is not None:
        href = url_for("leases.programmes", code=code)
        if may:
            href = url_for("leases.edit_programme", code=code, programme_id=concern.programme_id)
    elif may and not concern.cases:
        href = url_for("spaces.issuer", code=code)
    ask = say("Ask the facility administrator to complete it before you issue.")
    return Warned(
        lack.label,
        name_of(concern.programme) if concern.programme else "",
        tuple(_place(case, lack, code, may=may) for case in concern.cases),
        CURES[lack] if may else ask,
        href,
    )


def _place(case: Case, lack: Lack, code: str, *, may: bool) -> tuple[str, str]:
    if case.lease_id is not None:
        words = f"{case.lease} {name_of(case.venture)}"
        return words, url_for("leases.lease", code=code, lease_id=case.lease_id)
    page = "organisations.edit" if may and lack is not Lack.RATE else "organisations.venture"
    return name_of(case.venture), url_for(page, code=code, organisation_id=case.organisation_id)
