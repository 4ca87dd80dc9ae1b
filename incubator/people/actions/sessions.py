"""Sessions open and close; guesses are counted."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from incubator.core import audit
from incubator.core.access import Actor
from incubator.core.db import db
from incubator.people.models import OneTimeLink, Person, SignInAttempt, SignInSession
from incubator.people.queries import attempts, hash_of, sessions_of
from incubator.people.rules import GUESSING_WINDOW, SESSION_LENGTH, address_key, wait_until

KEPT = timedelta(days=90)
GUESSES_KEPT = timedelta(days=1)


class TooManyGuesses(Exception):
    """Nobody may guess on under this account or from this address until a moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


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


def revoke_session(session: SignInSession, *, now: datetime) -> None:
    """Close one session; its cookie is worth nothing from now on."""
    session.revoked_at = session.revoked_at or now


def revoke_all(person: Person, *, now: datetime, besides: int | None = None) -> int:
    """Close every session of a person, but one; return how many."""
    closed = [each for each in sessions_of(person.id, now=now) if each.id != besides]
    for session in closed:
        revoke_session(session, now=now)
    return len(closed)


def sign_out_everywhere(person: Person, *, actor: Actor, now: datetime) -> None:
    """Close every session and write it down."""
    closed = revoke_all(person, now=now)
    audit.record(actor, "sign_out_everywhere", person, at=now, after={"sessions": closed})


def note_seen(session: SignInSession, *, now: datetime) -> None:
    """Remember when a browser was last at work."""
    session.seen_at = now


def note_guess(kind: str, email: str, address: str, *, now: datetime) -> list[SignInAttempt]:
    """Count one guess against the account and the address before it is evaluated.

    Raises TooManyGuesses when either has used up its guesses (security.md §5, 18).
    """
    keys = sorted((f"{kind}:account:{_short(email)}", f"{kind}:address:{address_key(address)}"))
    one_at_a_time(*keys)
    waits = [wait_until(attempts(key, since=now - GUESSING_WINDOW), now) for key in keys]
    if until := max((wait for wait in waits if wait is not None), default=None):
        raise TooManyGuesses(until)
    guesses = [SignInAttempt(key=key, at=now) for key in keys]
    db.session.add_all(guesses)
    db.session.flush()
    return guesses


def forget_guess(ids: list[int]) -> None:
    """A guess that was right counts against nobody."""
    db.session.execute(db.delete(SignInAttempt).where(SignInAttempt.id.in_(ids)))


def forget_what_is_over(*, now: datetime) -> int:
    """Delete sessions and links that ended long ago, and what was guessed; how many there were."""
    return sum(
        db.session.execute(deletion).rowcount  # type: ignore[attr-defined]
        for deletion in (
            db.delete(SignInSession).where(SignInSession.expires_at < now - KEPT),
            db.delete(OneTimeLink).where(OneTimeLink.expires_at < now - KEPT),
            db.delete(SignInAttempt).where(SignInAttempt.at < now - GUESSES_KEPT),
        )
    )


def _short(email: str) -> str:
    """The account as a key; what people type by mistake into the field is not kept."""
    return sha256(email.encode()).hexdigest()[:32]


def one_at_a_time(*keys: str) -> None:
    """Let what is done under the same key come one by one; SQLite has one writer anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        for key in keys:
            number = int.from_bytes(sha256(key.encode()).digest()[:8], "big", signed=True)
            db.session.execute(db.select(db.func.pg_advisory_xact_lock(number)))
