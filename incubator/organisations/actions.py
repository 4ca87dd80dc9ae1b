"""What people do with organisations. Each function is one deed; the caller commits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.core import access, audit, reading
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.organisations import queries, rules
from incubator.organisations.models import Organisation, Stage

OWN_FACTS = frozenset(
    {
        "name_kana", "name_en", "representative", "email", "phone", "postal_code", "address",
        "business", "language",
    }
)  # fmt: skip
"""What a venture's owner may change without the office."""


@dataclass(frozen=True)
class VentureFacts:
    """What is known of a venture; numbers as typed."""

    name: str
    name_kana: str = ""
    name_en: str = ""
    corporate_number: str | None = None
    invoice_reg_no: str | None = None
    representative: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    address: str = ""
    business: str = ""
    founded_on: date | None = None
    capital: int | None = None
    baseline_jobs_ft: int = 0
    baseline_jobs_pt: int = 0
    language: str = "ja"


def add_venture(
    facts: VentureFacts,
    *,
    facility_id: int,
    actor: Actor,
    now: datetime,
    today: date,
    stage: Stage = Stage.PROSPECT,
) -> Organisation:
    """Take a venture into the facility's list; one without a number is known by its name."""
    access.require_any(actor, (Can.EDIT_VENTURES, Can.DRAFT_LEASES), facility=facility_id)
    values = _checked(asdict(facts), today)
    _refuse_twin(facility_id, values)
    if not values["corporate_number"] and queries.is_listed(facility_id, str(values["name"])):
        raise RuleBroken(say("%(name)s is on the list already.", name=values["name"]), "name")
    venture = Organisation(facility_id=facility_id, stage=stage, created_at=now, **values)
    db.session.add(venture)
    db.session.flush()
    where = Where(facility_id, venture.id)
    audit.record(actor, "venture.added", venture, at=now, where=where, after={"name": facts.name})
    return venture


def edit_venture(
    venture: Organisation,
    changes: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> None:
    """Change what the facility holds of a venture."""
    access.require(actor, Can.EDIT_VENTURES, facility=venture.facility_id)
    _change(venture, changes, actor, now, today)


def edit_profile(
    venture: Organisation,
    changes: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> None:
    """The venture's owner corrects its own details; what leases rest on stays with the office."""
    access.require(actor, Can.EDIT_OWN_VENTURE, organisation=venture.id)
    _change(venture, {k: v for k, v in changes.items() if k in OWN_FACTS}, actor, now, today)


def _change(
    venture: Organisation, changes: Mapping[str, object], actor: Actor, now: datetime, today: date
) -> None:
    values = _checked(dict(changes), today)
    lock(Organisation, venture.id)
    _refuse_twin(venture.facility_id, values, but=venture.id)
    before = {name: getattr(venture, name) for name in values}
    after = {name: value for name, value in values.items() if before[name] != value}
    if not after:
        return
    for name, value in after.items():
        setattr(venture, name, value)
    audit.record(
        actor,
        "venture.changed",
        venture,
        at=now,
        where=Where(venture.facility_id, venture.id),
        before={name: before[name] for name in after},
        after=after,
    )


def _checked(values: dict[str, object], today: date) -> dict[str, object]:
    """Read numbers, refuse what cannot be."""
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = reading.words(value, field=name)
    if "name" in values and not values["name"]:
        raise RuleBroken(say("Please fill this in."), "name")
    if kana := values.get("name_kana"):
        values["name_kana"] = rules.kana_key(str(kana))
    _read_numbers(values)
    if (mail := values.get("email")) and not reading.is_mail(str(mail)):
        raise RuleBroken(say("Please enter an e-mail address like name@example.jp."), "email")
    founded = values.get("founded_on")
    rules.check_founded(founded if isinstance(founded, date) else None, today)
    return values


def _read_numbers(values: dict[str, object]) -> None:
    """Numbers in their plain form; empty ones are none."""
    if typed := values.get("corporate_number"):
        values["corporate_number"] = rules.corporate_number(str(typed), field="corporate_number")
    if typed := values.get("invoice_reg_no"):
        found = rules.registration_number(
            str(typed), corporation=bool(values.get("corporate_number")), field="invoice_reg_no"
        )
        values["invoice_reg_no"] = found.number
    for name in ("corporate_number", "invoice_reg_no"):
        if name in values:
            values[name] = values[name] or None


def _refuse_twin(
    facility_id: int | None, values: Mapping[str, object], *, but: int | None = None
) -> None:
    number = values.get("corporate_number")
    twin = queries.by_corporate_number(facility_id, str(number)) if number else None
    if twin is not None and twin.id != but:
        raise RuleBroken(
            say("%(name)s already has this corporate number here.", name=twin.name),
            "corporate_number",
        )
