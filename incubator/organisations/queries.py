"""Questions about organisations. Nothing here changes anything."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_

from incubator.core.db import db, page_of
from incubator.core.errors import NotFound
from incubator.core.outbox import Recipient
from incubator.organisations import rules
from incubator.organisations.models import Organisation, Stage
from incubator.people.queries import owners_of_many

SORTS = {
    "stage": Organisation.stage,
    "founded_on": Organisation.founded_on,
    "admitted_on": Organisation.admitted_on,
}


@dataclass(frozen=True)
class VentureSearch:
    """What a list of ventures shows."""

    text: str = ""
    stage: Stage | None = None
    sort: str = "name"
    descending: bool = False
    page: int = 1
    lang: str = "ja"


@dataclass(frozen=True)
class Found:
    """One page of a list, and how many there are in all."""

    items: list[Organisation]
    total: int


def _ventures(facility_id: int) -> Select[Organisation]:
    asked: Select[Organisation] = db.select(Organisation)
    return asked.where(Organisation.facility_id == facility_id)


def named(words: str) -> ColumnElement[bool]:
    """The name, in Japanese, in kana of any kind or in English, holds the words."""
    return or_(
        Organisation.name.icontains(words, autoescape=True),
        Organisation.name_en.icontains(words, autoescape=True),
        Organisation.name_kana.icontains(rules.kana_key(words), autoescape=True),
    )


def _holds(text: str) -> ColumnElement[bool]:
    """Name, number or e-mail hold the text."""
    found = [named(text), Organisation.email.icontains(text, autoescape=True)]
    number = rules.plain_number(text).removeprefix("T")
    if number.isdigit():
        found.append(Organisation.corporate_number.contains(number, autoescape=True))
    return or_(*found)


def ventures(facility_id: int, search: VentureSearch) -> Found:
    """The ventures of a facility that match, a page of them, sorted."""
    asked = _ventures(facility_id)
    if search.text:
        asked = asked.where(_holds(search.text))
    if search.stage:
        asked = asked.where(Organisation.stage == search.stage)
    column = SORTS.get(search.sort, Organisation.reading(search.lang))
    order = column.desc() if search.descending else column.asc()
    rows = asked.order_by(order.nulls_last(), Organisation.id)
    return Found(*page_of(rows, search.page))


def all_ventures(facility_id: int, *stages: Stage, lang: str = "ja") -> list[Organisation]:
    """The ventures of a facility at one of these stages, at any without one, by name."""
    asked = _ventures(facility_id).order_by(Organisation.reading(lang), Organisation.id)
    if stages:
        asked = asked.where(Organisation.stage.in_(stages))
    return list(db.session.scalars(asked))


def ids_of(facility_id: int) -> frozenset[int]:
    """Every organisation that the facility looks after."""
    asked = db.select(Organisation.id).where(Organisation.facility_id == facility_id)
    return frozenset(db.session.scalars(asked))


def called(words: str) -> frozenset[int]:
    """The organisations whose name holds the words, at whatever facility."""
    return frozenset(db.session.scalars(db.select(Organisation.id).where(named(words))))


def by_id(ids: Collection[int] | None = None) -> dict[int, Organisation]:
    """Organisations by their ids, all without any, in one question."""
    asked = db.select(Organisation)
    if ids is not None:
        asked = asked.where(Organisation.id.in_(ids))
    return {each.id: each for each in db.session.scalars(asked)}


def venture_of(facility_id: int, organisation_id: int) -> Organisation:
    """One venture of this facility; NotFound for any other."""
    asked = _ventures(facility_id).where(Organisation.id == organisation_id)
    found = db.session.scalars(asked).first()
    if found is None:
        raise NotFound("venture")
    return found


def by_corporate_number(facility_id: int | None, number: str) -> Organisation | None:
    """The organisation with this corporate number at a facility."""
    found: Organisation | None = db.session.scalar(
        db.select(Organisation).where(
            Organisation.facility_id == facility_id, Organisation.corporate_number == number
        )
    )
    return found


def is_listed(facility_id: int, name: str) -> bool:
    """Whether an organisation of this name is on the list of a facility."""
    asked = db.select(Organisation.id).where(
        Organisation.facility_id == facility_id, Organisation.name == name
    )
    return db.session.scalar(asked.limit(1)) is not None


def addressees(venture: Organisation, today: date) -> tuple[Recipient, ...]:
    """Who gets a venture's mail on a day: its owners, else its office, else nobody."""
    return addressees_of_many([venture], today)[venture.id]


def addressees_of_many(
    ventures: Collection[Organisation], today: date
) -> dict[int, tuple[Recipient, ...]]:
    """Who gets the mail of each venture on a day, in one question."""
    owners = owners_of_many([venture.id for venture in ventures], today)
    return {
        venture.id: tuple(owner.recipient for owner in owners[venture.id])
        or tuple(box for box in (venture.mailbox,) if box)
        for venture in ventures
    }
