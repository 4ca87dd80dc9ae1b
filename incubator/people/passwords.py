"""Keeping and comparing passwords (Argon2id); slow on purpose, so never inside a transaction."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from incubator.people.rules import tidy_password

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return HASHER.hash(tidy_password(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the right password; takes as long when there is none to compare with."""
    try:
        return HASHER.verify(kept or _nobodys(), tidy_password(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody has this password")
