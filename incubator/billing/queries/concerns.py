"""What would make the invoices of a month wrong, or keep them from being issued."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

from incubator.core.days import add_months
from incubator.core.i18n import Label, Message, Name, say
from incubator.core.outbox import Recipient
from incubator.leases.models import Component, Lease, SubsidyProgramme
from incubator.organisations.models import Organisation


class Lack(Label):
    """What is missing."""

    RATE = "rate"
    FOUNDED = "founded"
    PRICE = "price"
    NAME = "name"
    ADDRESS = "address"
    MAIL = "mail"
    BANK_ACCOUNT = "bank_account"
    REG_NO = "reg_no"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What that does to the invoices."""
        return {
            cls.RATE: say("This subsidy programme has no rate yet, so it takes nothing off."),
            cls.FOUNDED: say(
                "These ventures have a subsidy for young companies, which is granted although"
                " the day of their founding is not known."
            ),
            cls.PRICE: say("These leases have no rent in this month, so none is billed."),
            cls.NAME: say("These ventures have no name, so their invoices cannot be issued."),
            cls.ADDRESS: say("These ventures have no address, so none is printed."),
            cls.MAIL: say("Nobody at these ventures has an e-mail address, so they get no mail."),
            cls.BANK_ACCOUNT: say("The issuer has no bank account, so none is printed."),
            cls.REG_NO: say(
                "The issuer has no registration number that is valid today,"
                " so these are not qualified invoices."
            ),
        }


@dataclass(frozen=True)
class Case:
    """Whose invoice is concerned, and the lease where it is one of a lease."""

    organisation_id: int
    venture: Name
    lease_id: int | None = None
    lease: str = ""


@dataclass(frozen=True)
class Concern:
    """Something that is missing, and where; the issuer's concern nobody in particular."""

    lack: Lack
    cases: tuple[Case, ...] = ()
    programme_id: int | None = None
    programme: Name | None = None


def concerns_of(
    held: Sequence[Lease],
    ventures: Iterable[Organisation],
    addressees: Mapping[int, Collection[Recipient]],
    issuer: Mapping[str, Any],
    month: date,
) -> tuple[Concern, ...]:
    """Everything that is missing for the month's invoices, the worst first."""
    found = [*_rates(held, month), _founded(held, month), _prices(held, month)]
    found += _ventures(ventures, addressees)
    found += [
        Concern(lack)
        for lack, fact in ((Lack.BANK_ACCOUNT, "bank_account"), (Lack.REG_NO, "reg_no"))
        if not issuer.get(fact)
    ]
    return tuple(each for each in found if each.cases or each.lack in ISSUERS)


ISSUERS = (Lack.BANK_ACCOUNT, Lack.REG_NO)


def about(concerns: Iterable[Concern], organisations: Collection[int]) -> tuple[Concern, ...]:
    """What of it concerns any of these ventures; what concerns all stays."""
    narrowed = (
        replace(each, cases=tuple(c for c in each.cases if c.organisation_id in organisations))
        for each in concerns
    )
    return tuple(each for each in narrowed if each.cases or each.lack in ISSUERS)


def _rates(held: Iterable[Lease], month: date) -> Iterator[Concern]:
    named: dict[int, SubsidyProgramme] = {}
    cases: dict[int, list[Case]] = defaultdict(list)
    for lease in held:
        for granted in lease.subsidies:
            if granted.is_on(month) and not granted.programme.has_rate:
                named[granted.programme_id] = granted.programme
                cases[granted.programme_id].append(_case(lease))
    for programme_id, programme in named.items():
        yield Concern(Lack.RATE, tuple(cases[programme_id]), programme_id, Name.of(programme))


def _founded(held: Iterable[Lease], month: date) -> Concern:
    """An age limit that cannot be looked at (BR-S09)."""
    unknown = {
        lease.organisation
        for lease in held
        for granted in lease.subsidies
        if lease.organisation.founded_on is None
        and granted.programme.company_age_limit_years is not None
        and granted.is_on(month)
    }
    by_id = sorted(unknown, key=attrgetter("id"))
    return Concern(Lack.FOUNDED, tuple(Case(each.id, Name.of(each)) for each in by_id))


def _prices(held: Iterable[Lease], month: date) -> Concern:
    after = add_months(month, 1)
    without = [
        lease
        for lease in held
        if not any(
            price.amount and price.component is Component.RENT and price.from_day < after
            for price in lease.prices
        )
    ]
    return Concern(Lack.PRICE, tuple(_case(lease) for lease in without))


def _case(lease: Lease) -> Case:
    venture = lease.organisation
    return Case(venture.id, Name.of(venture), lease.id, lease.unit.code)


def _ventures(
    ventures: Iterable[Organisation], addressees: Mapping[int, Collection[Recipient]]
) -> Iterator[Concern]:
    known = list(ventures)
    for lack, has in (
        (Lack.NAME, lambda venture: venture.name.strip()),
        (Lack.ADDRESS, lambda venture: venture.address.strip()),
        (Lack.MAIL, lambda venture: addressees[venture.id]),
    ):
        yield Concern(
            lack, tuple(Case(venture.id, Name.of(venture)) for venture in known if not has(venture))
        )
