"""The next lease of a tenant: worked out from their present terms, then offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from incubator.billing.queries.lease_tax import tax_rules
from incubator.core.access import Can
from incubator.core.days import Stretch, end_of_term, full_months_since
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.core.money import as_decimal
from incubator.leases import actions, queries, rules
from incubator.leases.models import Component, Lease, LeaseStatus, SubsidyProgramme
from incubator.leases.rules import Asked, Limits, OfferTerms, Quote
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.leases.blueprint import pages
from incubator.web.leases.forms import RenewForm
from incubator.web.leases.quoting import lease_address, taken

VALID_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Shown:
    """The next lease with all that its page says beside the figures."""

    quote: Quote
    offer: OfferTerms
    programmes: list[SubsidyProgramme]
    now: Quote
    """The lease it goes on from."""
    full: int
    held: int
    rent: int
    """A month's rent of the present lease."""
    against: list[RuleBroken]
    """Why it would be refused if it were offered like this."""

    @property
    def top_up(self) -> int:
        """What falls due of the deposit when it is signed."""
        return rules.to_top_up(self.offer.deposit, self.now.terms.deposit)

    @property
    def give_back(self) -> int:
        """What is held beyond the new deposit."""
        return rules.to_give_back(self.held, self.offer.deposit)


@pages.get("/f/<code>/leases/<key:lease_id>/renew")
@at_facility(Can.DRAFT_LEASES)
def renew(here: Here, lease_id: int) -> ResponseReturnValue:
    """Work out the next lease from what the address says, at first from the present terms."""
    found = queries.lease_at(here.facility.id, lease_id)
    form = _form(here, {**_present(here, found), **request.args.to_dict()})
    no_next = why_no_next(here, found)
    shown = None
    if no_next is None and form.validate():
        with form.refusing():
            shown = _shown(here, found, form)
            for each in shown.against:
                form.refuse(each)
    return _page(here, found, form, shown, no_next=no_next)


@pages.post("/f/<code>/leases/<key:lease_id>/renew")
@at_facility(Can.APPROVE_LEASES)
def offer_renewal(here: Here, lease_id: int) -> ResponseReturnValue:
    """Offer it; a second click finds the offer of the first."""
    found = queries.lease_at(here.facility.id, lease_id)
    form = _form(here, request.form)
    if not form.validate():
        return _page(here, found, form, None)
    with form.refusing(no_two_leases_of_a_unit=taken):
        with transaction():
            made = _offer(here, found, form)
            said, made_id = (
                say("The next lease %(number)s is offered.", number=made.number),
                made.id,
            )
        return lead_on(said, lease_address(here, made_id))
    if (after := queries.renewal_of(lease_id)) is not None:
        return redirect(lease_address(here, after.id), 303)
    return _page(here, found, form, None)


def _form(here: Here, given: Mapping[str, str]) -> RenewForm:
    form = RenewForm.of({}, given)
    form.offer_programmes(queries.programmes_of(here.facility.id))
    return form


def _present(here: Here, found: Lease) -> dict[str, str]:
    """The present terms, as far as they can go on from the day the lease ends."""
    rent = {price.component: price for price in found.prices}.get(Component.RENT)
    going_on = [
        each.programme_id
        for each in found.subsidies
        if queries.grantable(each.programme, found.ends_on)
    ]
    by_area = rent.unit_price if rent else None
    sums = {
        "rent": rent.amount if rent and by_area is None else None,
        "unit_price": by_area,
        "common_fee": _price(found, Component.COMMON_FEE) or 0,
        "deposit": found.deposit,
    }
    return {
        "months": str(_usual_months(here, found)),
        **{
            name: "" if amount is None else str(as_decimal(amount, found.currency))
            for name, amount in sums.items()
        },
        "expires_on": min(here.today + VALID_FOR, found.days.last).isoformat(),
        **{f"programme_{place}": str(one) for place, one in enumerate(going_on[:3], start=1)},
    }


def _usual_months(here: Here, found: Lease) -> int:
    """As long as the lease lasted, but no longer than the whole stay may be (BR-N03)."""
    stays = queries.stays_of(found.organisation_id, here.facility.id)
    stay_ends = rules.stay_ends(stays, found.ends_on, here.facility.max_total_months)
    left = full_months_since(found.ends_on, stay_ends)
    lasted = full_months_since(found.starts_on, found.ends_on)
    return max(min(lasted, left, here.facility.max_contract_months), 1)


def _terms(here: Here, found: Lease, form: RenewForm) -> OfferTerms:
    unit = found.unit
    rent, unit_price = rules.agreed_price(
        Asked(unit.area, unit.list_rent, unit.unit_price, form.rent.data, form.unit_price.data)
    )
    fee, deposit = form.common_fee.data, form.deposit.data or 0
    return OfferTerms(
        facility_id=here.facility.id,
        unit_id=unit.id,
        organisation_id=found.organisation_id,
        starts_on=found.ends_on,
        ends_on=end_of_term(found.ends_on, form.months.data or 0),
        rent=rent,
        unit_price=unit_price,
        common_fee=unit.common_fee if fee is None else fee,
        rent_steps=form.read_steps(),
        free_months=form.free_months.data or 0,
        deposit_months=rules.in_months(deposit, rent),
        fixed_deposit=deposit,
        programme_ids=tuple(form.programmes),
        expires_on=form.expires_on.data,
        prior_explained_on=form.explained_on.data,
        renews_id=found.id,
    )


def _offer(here: Here, found: Lease, form: RenewForm) -> Lease:
    return actions.renew_lease(
        found,
        _terms(here, found, form),
        actor=here.actor,
        now=here.now,
        today=here.today,
        tax=tax_rules(here.facility.id, here.today),
    )


def _shown(here: Here, found: Lease, form: RenewForm) -> Shown:
    tax = tax_rules(here.facility.id, here.today)
    offered = _terms(here, found, form)
    programmes = queries.programmes_at(here.facility.id, form.programmes)
    draft = queries.draft_of(
        offered,
        found.unit,
        here.facility,
        programmes,
        founded_on=found.organisation.founded_on,
        tax=tax,
        renews=found,
    )
    worked_out = rules.quote(draft)
    against = queries.objections(offered, draft, today=here.today, tax=tax)
    entries = [(entry.kind.value, entry.amount) for entry in queries.deposit_of(found.id)]
    return Shown(
        worked_out,
        offered,
        programmes,
        rules.quote(queries.terms_of(found, tax)),
        rules.full_month(draft, worked_out.years[0].usual.month),
        rules.balance(entries),
        _price(found, Component.RENT) or 0,
        list(against) if _can_go_on(found) else [],
    )


def _price(found: Lease, component: Component) -> int | None:
    """What a month costs at last, before any reduction."""
    return next(
        (price.amount for price in reversed(found.prices) if price.component is component), None
    )


def _can_go_on(found: Lease) -> bool:
    """Whether it is in force to its end, and no other goes on from it yet."""
    return found.status is LeaseStatus.ACTIVE and not queries.renewal_of(found.id)


def why_no_next(here: Here, found: Lease) -> Message | None:
    """Why not even a month can follow this lease, if that is so (BR-N03)."""
    days = Stretch(found.ends_on, end_of_term(found.ends_on, 1))
    limits = Limits(here.facility.max_contract_months, here.facility.max_total_months)
    try:
        rules.check_term(days, limits, queries.stays_of(found.organisation_id, here.facility.id))
    except RuleBroken as broken:
        return broken.message
    return None


def _page(
    here: Here,
    found: Lease,
    form: RenewForm,
    shown: Shown | None,
    *,
    no_next: Message | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "leases/renew.html",
        here=here,
        lease=found,
        form=form,
        shown=shown,
        no_next=no_next,
        open=shown and not form.errors and _can_go_on(found),
        approve=here.may(Can.APPROVE_LEASES),
    )
    return page, form.status
