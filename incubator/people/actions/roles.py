"""Who belongs where: invite people, end their roles, suspend an account and take it up again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit, outbox
from incubator.core.access import Actor, Can, Role
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.i18n import say
from incubator.people.actions.links import AddressOf, post_invitation
from incubator.people.actions.sessions import one_at_a_time, revoke_all
from incubator.people.models import Grant, LinkKind, Person, PersonStatus
from incubator.people.queries import (
    count_holders,
    held_by,
    open_links,
    person_by_email,
    same_grant,
)
from incubator.people.rules import Place, administers, check_keeps_an_admin, email_of, may_grant


@dataclass(frozen=True)
class Offer:
    """A role for whoever reads mail at an address; the language is that of a new account."""

    email: str
    role: Role
    place: Place
    language: str = "ja"


@dataclass(frozen=True)
class Invitation:
    """What came of an offer; `link` only for somebody who has no password yet."""

    person: Person
    grant: Grant
    is_new: bool
    link: str = ""


def invite(
    offer: Offer, address_of: AddressOf, *, actor: Actor, now: datetime, today: date
) -> Invitation:
    """Give a role to an address: a new account gets a one-time link, a known one a note."""
    actor = _alone(actor, today=today)
    if not may_grant(actor, offer.role, offer.place):
        raise NotAllowed(offer.role)
    email = email_of(offer.email)
    person = person_by_email(email)
    is_new = person is None
    if person is None:
        person = _invited(email, offer.language, now)
    lock(Person, person.id)
    grant = same_grant(person.id, offer.place.held(offer.role), today)
    if grant is not None and person.status is not PersonStatus.INVITED:
        raise RuleBroken(say("%(email)s already has this role here.", email=email), "email")
    if offer.role is Role.MEMBER and same_grant(person.id, offer.place.held(Role.OWNER), today):
        raise RuleBroken(say("%(email)s is an owner here already.", email=email), "email")
    if grant is None:
        grant = _give(person, offer, actor=actor, now=now, today=today)
    link = ""
    if person.status is PersonStatus.INVITED:
        link = post_invitation(person, address_of, place=offer.place.name, role=offer.role, now=now)
    elif person.status is PersonStatus.ACTIVE:
        values = {"place": offer.place.name, "role": offer.role.label}
        outbox.post("role_given", person.recipient, values, now=now)
    return Invitation(person, grant, is_new, link)


def _invited(email: str, language: str, now: datetime) -> Person:
    person = Person(
        email=email,
        name=email.partition("@")[0],
        language=language,
        status=PersonStatus.INVITED,
        created_at=now,
        grants=[],
    )
    db.session.add(person)
    db.session.flush()
    return person


def _give(person: Person, offer: Offer, *, actor: Actor, now: datetime, today: date) -> Grant:
    held = offer.place.held(offer.role)
    grant = Grant(
        role=held.role,
        facility_id=held.facility_id,
        organisation_id=held.organisation_id,
        from_day=today,
    )
    person.grants.append(grant)
    member = same_grant(person.id, offer.place.held(Role.MEMBER), today)
    if held.role is Role.OWNER and member is not None:  # an owner may all that a member may
        _end(member, offer.place, actor=actor, now=now, today=today)
    where = Where(offer.place.facility_id, offer.place.organisation_id)
    after = {"person": person.email, "role": held.role.value, "from_day": today}
    audit.record(actor, "give_role", grant, at=now, where=where, after=after)
    return grant


def end_grant(grant: Grant, place: Place, *, actor: Actor, now: datetime, today: date) -> None:
    """End a role from today; a place keeps its last administrator."""
    person = grant.person
    actor = _alone(actor, person, today=today)
    lock(Grant, grant.id)
    if not may_grant(actor, grant.role, place):
        raise NotAllowed(grant.role)
    held = place.held(grant.role)
    left = [each for each in held_by(person, today) if each.role is grant.role and each != held]
    check_keeps_an_admin(
        grant.role,
        own=person.id == actor.id,
        admins_left_here=count_holders(held, today, besides=person.id),
        own_left_anywhere=len(left),
    )
    _end(grant, place, actor=actor, now=now, today=today)


def _end(grant: Grant, place: Place, *, actor: Actor, now: datetime, today: date) -> None:
    grant.until_day = max(today, grant.from_day)
    where = Where(place.facility_id, place.organisation_id)
    facts = {"person": grant.person.email, "role": grant.role.value}
    audit.record(actor, "end_role", grant, at=now, where=where, before=facts)


def suspend(
    person: Person,
    *,
    ventures: Collection[int],
    actor: Actor,
    now: datetime,
    today: date,
    facility_id: int | None = None,
) -> None:
    """Stop an account: every session and link dies at once. Only by who administers all its places.

    Who holds no role belongs to no place: only the system administrator may stop that account.
    `ventures` are the organisations looked after by the facilities that the actor administers.
    """
    actor = _alone(actor, person, today=today)
    _check_mine(person, ventures, actor, today)
    if person.id == actor.id:
        raise RuleBroken(say("You cannot suspend your own account."))
    revoke_all(person, now=now)
    for kind in LinkKind:
        for link in open_links(person.id, kind, now=now):
            link.used_at = now
    before, person.status = person.status, PersonStatus.SUSPENDED
    _record_status("suspend_person", person, before, Where(facility_id), actor=actor, now=now)


def reactivate(
    person: Person,
    *,
    ventures: Collection[int],
    actor: Actor,
    now: datetime,
    today: date,
    facility_id: int | None = None,
) -> None:
    """Take up a suspended account again; whoever never chose a password stays invited."""
    actor = _alone(actor, person, today=today)
    _check_mine(person, ventures, actor, today)
    before = person.status
    person.status = PersonStatus.ACTIVE if person.password_hash else PersonStatus.INVITED
    _record_status("reactivate_person", person, before, Where(facility_id), actor=actor, now=now)


def _alone(actor: Actor, *people: Person, today: date) -> Actor:
    """Let deeds on roles come one by one: two at once could take both last administrators away.

    The actor, with what is held now.
    """
    one_at_a_time("roles")
    found = lock(Person, *filter(None, (actor.id, *(each.id for each in people))))
    return next((each.as_actor(today) for each in found if each.id == actor.id), actor)


def _check_mine(person: Person, ventures: Collection[int], actor: Actor, today: date) -> None:
    held = held_by(person, today)
    if not held and not actor.can(Can.RUN_SYSTEM):
        raise NotAllowed("nothing is held")
    if not administers(actor, held, ventures):
        raise RuleBroken(
            say(
                "This person also has a role elsewhere, so the account is not yours alone to "
                "change. You can end the role here instead."
            )
        )


def _record_status(
    deed: str,
    person: Person,
    before: PersonStatus,
    where: Where,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        actor, deed, person, at=now, where=where,
        before={"status": before.value}, after={"status": person.status.value},
    )  # fmt: skip
