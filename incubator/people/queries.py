"""Questions about people. Nothing here changes anything."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import lazyload

from incubator.core.access import Held, Role
from incubator.core.db import db, locked, page_of
from incubator.core.errors import NotFound
from incubator.core.outbox import Recipient
from incubator.people.models import (
    Asked,
    Grant,
    LinkKind,
    OneTimeLink,
    Person,
    PersonStatus,
    SignInAttempt,
    SignInSession,
)


@dataclass(frozen=True)
class Colleague:
    """A person at a place, with the roles held there that have not ended."""

    person: Person
    grants: tuple[Grant, ...]
    last_seen: datetime | None = None


def hash_of(token: str) -> str:
    """What is kept of a secret token."""
    return sha256(token.encode()).hexdigest()


def session_of(token: str, *, now: datetime) -> tuple[SignInSession, Person] | None:
    """The open session that a cookie names, with its person."""
    found = db.session.execute(
        db.select(SignInSession, Person)
        .join(Person, Person.id == SignInSession.person_id)
        .where(
            SignInSession.token_hash == hash_of(token),
            _is_open(now),
            Person.status == PersonStatus.ACTIVE,
        )
    ).first()
    return (found[0], found[1]) if found else None


def sessions_of(person_id: int, *, now: datetime) -> list[SignInSession]:
    """The open sessions of a person, the latest first."""
    return list(
        db.session.scalars(
            db.select(SignInSession)
            .where(SignInSession.person_id == person_id, _is_open(now))
            .order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())
        )
    )


def own_session(person_id: int, session_id: int) -> SignInSession:
    """A session of this person; NotFound for anybody else's."""
    found = db.session.get(SignInSession, session_id)
    if found is None or found.person_id != person_id:
        raise NotFound
    return found


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(SignInSession.revoked_at.is_(None), SignInSession.expires_at > now)


def person_by_email(email: str) -> Person | None:
    """The account of an address as `rules.email_of` writes it."""
    found: Person | None = db.session.scalar(db.select(Person).where(Person.email == email))
    return found


def person_of(person_id: int) -> Person:
    """One account; NotFound when there is none."""
    found = db.session.get(Person, person_id)
    if found is None:
        raise NotFound("person")
    return found


def search(words: str, page: int, per_page: int) -> tuple[list[Person], int]:
    """One page of the accounts whose names or address hold the words, and how many there are."""
    asked = db.select(Person)
    if words:
        columns = (Person.name, Person.name_kana, Person.email)
        asked = asked.where(or_(*(each.icontains(words, autoescape=True) for each in columns)))
    return page_of(asked.order_by(Person.name, Person.id), page, per_page)


def link_of(
    token: str, kind: LinkKind, *, now: datetime, lock: bool = False
) -> tuple[OneTimeLink, Person] | None:
    """The one-time link behind a token and its person, as long as it can be used."""
    asked = (
        db.select(OneTimeLink, Person)
        .select_from(Person)
        .join(OneTimeLink, OneTimeLink.person_id == Person.id)
        .where(
            OneTimeLink.token_hash == hash_of(token),
            OneTimeLink.kind == kind,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
            Person.status != PersonStatus.SUSPENDED,
        )
    )
    found = db.session.execute(locked(asked) if lock else asked).first()
    return (found[0], found[1]) if found else None


def open_links(person_id: int, kind: LinkKind, *, now: datetime) -> list[OneTimeLink]:
    """The links of a kind that a person could still use, the newest first."""
    return list(
        db.session.scalars(
            db.select(OneTimeLink)
            .where(
                OneTimeLink.person_id == person_id,
                OneTimeLink.kind == kind,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > now,
            )
            .order_by(OneTimeLink.made_at.desc())
        )
    )


def attempts(key: str, *, since: datetime) -> list[datetime]:
    """When somebody guessed under this key."""
    return list(
        db.session.scalars(
            db.select(SignInAttempt.at).where(SignInAttempt.key == key, SignInAttempt.at > since)
        )
    )


def _holds(today: date) -> ColumnElement[bool]:
    return and_(Grant.from_day <= today, or_(Grant.until_day.is_(None), Grant.until_day > today))


def _not_over(today: date) -> ColumnElement[bool]:
    return or_(Grant.until_day.is_(None), Grant.until_day > today)


def people_at(facility_id: int, role: Role | Collection[Role], today: date) -> list[Person]:
    """Active people who hold the role (or one of them) at a facility on a day, by name."""
    roles = [role] if isinstance(role, Role) else list(role)
    return _active(Grant.facility_id == facility_id, Grant.role.in_(roles), _holds(today))


def deciders_of(asked: Asked, facility_id: int, today: date) -> list[Person]:
    """Who may decide what somebody asked for, by name; never the one who asked."""
    heads = people_at(facility_id, Role.FACILITY_ADMIN, today)
    return [each for each in heads if each.id != asked.asked_by_id]


def members_of(organisation_id: int, today: date) -> list[Person]:
    """Active people of a venture on a day, by name."""
    return _active(
        Grant.organisation_id == organisation_id,
        Grant.role.in_((Role.OWNER, Role.MEMBER)),
        _holds(today),
    )


def owners_of_many(organisation_ids: Collection[int], today: date) -> dict[int, list[Person]]:
    """The active owners of each venture on a day, by name, in one question."""
    found = db.session.execute(
        db.select(Grant.organisation_id, Person)
        .join(Person, Person.id == Grant.person_id)
        .options(lazyload(Person.grants))
        .where(
            Grant.organisation_id.in_(organisation_ids),
            Grant.role == Role.OWNER,
            _holds(today),
            Person.status == PersonStatus.ACTIVE,
        )
        .order_by(Person.name, Person.id)
    )
    people: dict[int, list[Person]] = {each: [] for each in organisation_ids}
    for organisation_id, person in found:
        if person not in people[organisation_id]:
            people[organisation_id].append(person)
    return people


def _active(*conditions: ColumnElement[bool]) -> list[Person]:
    held = db.select(Grant.person_id).where(*conditions)
    return list(
        db.session.scalars(
            db.select(Person)
            .options(lazyload(Person.grants))
            .where(Person.id.in_(held), Person.status == PersonStatus.ACTIVE)
            .order_by(Person.name, Person.id)
        )
    )


def recipients(people: Iterable[Person]) -> list[Recipient]:
    """People as addressees, each once."""
    return list({person.id: person.recipient for person in people}.values())


def colleagues_at(facility_id: int, today: date) -> list[Colleague]:
    """Everybody with a role at a facility that has not ended, invited and suspended ones too."""
    return _colleagues(Grant.facility_id == facility_id, today)


def colleagues_of(organisation_id: int, today: date) -> list[Colleague]:
    """Everybody with a role at a venture that has not ended."""
    return _colleagues(Grant.organisation_id == organisation_id, today)


def _colleagues(here: ColumnElement[bool], today: date) -> list[Colleague]:
    found = db.session.execute(
        db.select(Grant, Person)
        .join(Person, Person.id == Grant.person_id)
        .where(here, _not_over(today))
        .order_by(Person.name, Person.id, Grant.id)
    ).all()
    seen = last_seen([person.id for _grant, person in found])
    people = {person.id: person for _grant, person in found}
    return [
        Colleague(
            person,
            tuple(grant for grant, holder in found if holder is person),
            seen.get(person.id),
        )
        for person in people.values()
    ]


def last_seen(people: Collection[int]) -> dict[int, datetime]:
    """When each of these people was last at work here."""
    rows = db.session.execute(
        db.select(SignInSession.person_id, db.func.max(SignInSession.seen_at))
        .where(SignInSession.person_id.in_(people))
        .group_by(SignInSession.person_id)
    )
    return dict(rows.all())


def grant_at(
    grant_id: int,
    today: date,
    *,
    facility_id: int | None = None,
    organisation_id: int | None = None,
) -> Grant:
    """A role held at exactly this place that has not ended; NotFound for any other."""
    found: Grant | None = db.session.scalar(
        db.select(Grant).where(
            Grant.id == grant_id,
            Grant.facility_id.is_not_distinct_from(facility_id),
            Grant.organisation_id.is_not_distinct_from(organisation_id),
            _not_over(today),
        )
    )
    if found is None:
        raise NotFound
    return found


def person_around(
    person_id: int, facility_id: int, ventures: Collection[int], today: date
) -> Person:
    """A person with a role at the facility or at one of its ventures; NotFound for any other."""
    person = db.session.get(Person, person_id)
    near = person is not None and any(
        held.facility_id == facility_id or held.organisation_id in ventures
        for held in held_by(person, today)
    )
    if person is None or not near:
        raise NotFound
    return person


def held_by(person: Person, today: date) -> list[Held]:
    """What a person holds or will hold, whatever the state of the account."""
    return [
        Held(grant.role, grant.facility_id, grant.organisation_id)
        for grant in person.grants
        if grant.until_day is None or grant.until_day > today
    ]


def same_grant(person_id: int, held: Held, today: date) -> Grant | None:
    """The grant by which a person holds exactly this."""
    found: Grant | None = db.session.scalar(
        db.select(Grant).where(
            Grant.person_id == person_id,
            Grant.role == held.role,
            Grant.facility_id.is_not_distinct_from(held.facility_id),
            Grant.organisation_id.is_not_distinct_from(held.organisation_id),
            _not_over(today),
        )
    )
    return found


def count_holders(held: Held, today: date, *, besides: int) -> int:
    """How many other active people hold exactly this on the day."""
    return len(
        _active(
            Grant.role == held.role,
            Grant.facility_id.is_not_distinct_from(held.facility_id),
            Grant.organisation_id.is_not_distinct_from(held.organisation_id),
            Grant.person_id != besides,
            _holds(today),
        )
    )
