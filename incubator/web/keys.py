"""Record numbers in addresses: shuffled under the installation's secret, so they tell nothing."""

from functools import lru_cache
from hashlib import blake2s

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, ValidationError

from incubator.core.errors import NotFound

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 13
ROUNDS = 4
HALF = 32
MASK = (1 << HALF) - 1


def _stir(secret: bytes, turn: int, half: int) -> int:
    mixed = blake2s(half.to_bytes(4, "big"), key=secret, salt=bytes([turn]), digest_size=4)
    return int.from_bytes(mixed.digest(), "big")


@lru_cache(maxsize=20_000)
def shuffle(number: int, secret: bytes) -> str:
    """Thirteen letters that stand for a record's number."""
    left, right = number >> HALF, number & MASK
    for turn in range(ROUNDS):
        left, right = right, left ^ _stir(secret, turn, right)
    mixed = left << HALF | right
    return "".join(LETTERS[mixed >> 5 * place & 31] for place in reversed(range(LENGTH)))


def unshuffle(letters: str, secret: bytes) -> int:
    """The number behind thirteen letters; ValueError when they stand for none."""
    mixed = 0
    for letter in letters:
        mixed = mixed << 5 | LETTERS.index(letter)
    if len(letters) != LENGTH or mixed >= 1 << 2 * HALF:
        raise ValueError(letters)
    left, right = mixed >> HALF, mixed & MASK
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ _stir(secret, turn, left), left
    number = left << HALF | right
    if number > MASK >> 1:
        raise ValueError(letters)
    return number


def key_of(number: int) -> str:
    """How a record is named in an address, a query or a form."""
    return shuffle(number, current_app.config["URL_SECRET"])


def number_of(key: str | None) -> int:
    """The record that a key names; NotFound for anything else."""
    try:
        return unshuffle(key or "", current_app.config["URL_SECRET"])
    except ValueError as error:
        raise NotFound("key") from error


class KeyConverter(BaseConverter):
    """`<key:lease_id>` in a route."""

    regex = f"[{LETTERS}]{{{LENGTH}}}"

    def to_python(self, value: str) -> int:
        """Read the number, or let the route not match."""
        try:
            return number_of(value)
        except NotFound as error:
            raise ValidationError from error

    def to_url(self, value: int) -> str:
        """Write the number."""
        return key_of(int(value))


def install(app: Flask, secret: str) -> None:
    """Teach the routes their keys."""
    app.config["URL_SECRET"] = blake2s(secret.encode(), person=b"addresse").digest()
    app.url_map.converters["key"] = KeyConverter
