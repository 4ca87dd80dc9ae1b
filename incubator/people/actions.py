"""What people do with their accounts. Each function is one deed; the caller commits."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from incubator.core.db import db
from incubator.people.models import Person, SignInSession
from incubator.people.queries import hash_of

SESSION_LENGTH = timedelta(days=14)


def open_session(person: Person, *, now: datetime, device: str = "") -> str:
    """Open a session and return its token; only the token's hash is kept (security.md F13)."""
    token = token_urlsafe(32)
    db.session.add(
        SignInSession(
            token_hash=hash_of(token),
            person_id=person.id,
            device=device[:200],
            opened_at=now,
            seen_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return token
