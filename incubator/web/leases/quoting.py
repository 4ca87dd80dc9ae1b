"""The quote: every month of a lease before it is offered, and the offer itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries.lease_tax import tax_rules
from incubator.core.access import Can
from incubator.core.days import Stretch, add_months, end_of_term, month_of
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.leases import actions, queries, rules
from incubator.leases.models import Lease, SubsidyProgramme
from incubator.leases.rules import Asked, OfferTerms, Quote, TaxRules
from incubator.organisations import queries as organisations
from incubator.organisations.actions import VentureFacts, add_venture
from incubator.organisations.models import Organisation
from incubator.spaces import queries as spaces
from incubator.spaces.models import Unit
from incubator.web.answers import lead_on
from incubator.web.filters import area, language, name_of, t
from incubator.web.forms import TooLate, choices
from incubator.web.guard import Here, at_facility
from incubator.web.leases.blueprint import pages
from incubator.web.leases.forms import QuoteForm

VALID_FOR = timedelta(days=14)
USUAL_MONTHS = 36
USUAL_DEPOSIT = 3
NEW = ""


@dataclass(frozen=True)
class Shown:
    """A quote with all that its page says beside the figures."""

    quote: Quote
    unit: Unit
    offer: OfferTerms
    programmes: list[SubsidyProgramme]
    who: str
    full: int
    """What a usual month would cost without any reduction, tax included."""
    against: list[Message]
    """Why it would be refused if it were offered like this, unless it just was."""


@pages.get("/f/<code>/quote")
@at_facility(Can.DRAFT_LEASES)
def quote(here: Here) -> ResponseReturnValue:
    """Work out a quote from what the address says, as soon as it names a unit."""
    form = _form(here, request.args)
    shown = None
    if request.args.get("unit") and form.validate():
        with form.refusing():
            shown = _shown(here, form, _unit(here, form), tax_rules(here.facility.id, here.today))
    return _page(here, form, shown)


@pages.post("/f/<code>/quote")
@at_facility(Can.DRAFT_LEASES)
def offer(here: Here) -> ResponseReturnValue:
    """Offer the quoted lease; the unit is held from this moment."""
    form = _form(here, request.form)
    if not form.validate():
        return _page(here, form, None)
    tax = tax_rules(here.facility.id, here.today)
    with form.refusing(no_two_leases_of_a_unit=taken):
        with transaction():
            lease = _offer(here, form, tax)
            said = say(
                "%(unit)s is held by the offer %(number)s.",
                unit=lease.unit.code,
                number=lease.number,
            )
            lease_id = lease.id
        return lead_on(said, lease_address(here, lease_id))
    unit = _unit(here, form)
    if (twin := _same_offer(form, unit)) is not None:
        return redirect(lease_address(here, twin), 303)
    return _page(here, form, _shown(here, form, unit, tax))


def taken() -> RuleBroken:
    """The database kept the unit for whoever was quicker."""
    return TooLate(say("Somebody was quicker: the unit is taken by now."), "unit")


def lease_address(here: Here, lease_id: int) -> str:
    """The page of a lease."""
    return url_for("leases.lease", code=here.facility.code, lease_id=lease_id)


def _form(here: Here, given: Mapping[str, str]) -> QuoteForm:
    start = add_months(month_of(here.today), 1)
    values = {
        "starts_on": start.isoformat(),
        "months": str(min(USUAL_MONTHS, here.facility.max_contract_months)),
        "deposit_months": str(USUAL_DEPOSIT),
        "expires_on": (here.today + VALID_FOR).isoformat(),
        "venture": NEW,
    }
    form = QuoteForm.of(values, given)
    form.unit.choices = _units(here, form.starts_on.data or start)
    ventures = organisations.all_ventures(here.facility.id, lang=language())
    known = [(str(each.id), _venture_label(each)) for each in ventures]
    form.venture.choices = choices([(NEW, say("A new venture")), *known])
    form.venture.data = form.venture.data if form.venture.data not in {None, "None"} else ""
    form.offer_programmes(queries.programmes_of(here.facility.id))
    return form


def _units(here: Here, day: date) -> list[Any]:
    """The units, those first that nobody holds on a day."""
    by_use: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for unit, used in queries.units_by_use(here.facility.id, day):
        by_use[used].append((unit.code, _unit_label(unit)))
    return [
        *choices(by_use[False], say("Not let on that day")),
        *choices(by_use[True], say("Let on that day")),
    ]


def _unit_label(unit: Unit) -> str:
    return f"{unit.code} · {unit.floor.name} · {area(unit.area)} · {t(unit.kind.label)}"


def _venture_label(venture: Organisation) -> str:
    """Who was inside before can come back, and is told from who is."""
    name = name_of(venture)
    return f"{name} · {t(venture.stage.label)}" if venture.stage.gone else name


def _terms(here: Here, form: QuoteForm, unit: Unit, organisation_id: int) -> OfferTerms:
    rent, unit_price = rules.agreed_price(
        Asked(unit.area, unit.list_rent, unit.unit_price, form.rent.data, form.unit_price.data)
    )
    fee = form.common_fee.data
    return OfferTerms(
        facility_id=here.facility.id,
        unit_id=unit.id,
        organisation_id=organisation_id,
        starts_on=form.starts_on.data,
        ends_on=end_of_term(form.starts_on.data, form.months.data or 0),
        rent=rent,
        unit_price=unit_price,
        common_fee=unit.common_fee if fee is None else fee,
        rent_steps=form.read_steps(),
        free_months=form.free_months.data or 0,
        deposit_months=form.deposit_months.data or 0,
        programme_ids=tuple(form.programmes),
        expires_on=form.expires_on.data,
        prior_explained_on=form.explained_on.data,
    )


def _unit(here: Here, form: QuoteForm) -> Unit:
    return spaces.unit_by_code(here.facility.id, form.unit.data)


def _shown(here: Here, form: QuoteForm, unit: Unit, tax: TaxRules) -> Shown:
    number, who, founded_on = 0, form.new_venture.data or "", None
    if form.venture.data:
        venture = organisations.venture_of(here.facility.id, int(form.venture.data))
        number, who, founded_on = venture.id, venture.name, venture.founded_on
    offered = _terms(here, form, unit, number)
    programmes = queries.programmes_at(here.facility.id, form.programmes)
    draft = queries.draft_of(
        offered, unit, here.facility, programmes, founded_on=founded_on, tax=tax
    )
    worked_out = rules.quote(draft)
    usual = worked_out.years[0].usual
    full = rules.full_month(draft, usual.month)
    against = queries.objections(offered, draft, today=here.today, tax=tax)
    said = [] if form.errors else [each.message for each in against]
    return Shown(worked_out, unit, offered, programmes, who, full, said)


def _offer(here: Here, form: QuoteForm, tax: TaxRules) -> Lease:
    facility = here.facility
    unit = _unit(here, form)
    if form.venture.data:
        organisation_id = int(form.venture.data)
    elif form.new_venture.data:
        facts = VentureFacts(name=form.new_venture.data)
        organisation_id = add_venture(
            facts, facility_id=facility.id, actor=here.actor, now=here.now, today=here.today
        ).id
    else:
        raise RuleBroken(say("Choose a venture, or type the name of a new one."), "venture")
    return actions.offer_lease(
        _terms(here, form, unit, organisation_id),
        actor=here.actor,
        now=here.now,
        today=here.today,
        tax=tax,
    )


def _same_offer(form: QuoteForm, unit: Unit) -> int | None:
    """The offer that the first click of two has made already."""
    until = end_of_term(form.starts_on.data, form.months.data or 0)
    number = int(form.venture.data) if form.venture.data else None
    who = (number, form.new_venture.data or "")
    return queries.same_offer(unit.id, Stretch(form.starts_on.data, until), who)


def _page(here: Here, form: QuoteForm, shown: Shown | None) -> ResponseReturnValue:
    return render_template("leases/quote.html", here=here, form=form, shown=shown), form.status
