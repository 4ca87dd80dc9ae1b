"""What the auditor finds."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """Something in the books that must not be: which check, which record, what is wrong."""

    check: str
    record: str
    problem: str


Found = Iterator[Violation]
