"""Questions about people. Nothing here changes anything."""

from datetime import datetime
from hashlib import sha256

from incubator.core.db import db
from incubator.people.models import Person, PersonStatus, SignInSession


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
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            Person.status == PersonStatus.ACTIVE,
        )
    ).first()
    return (found[0], found[1]) if found else None
