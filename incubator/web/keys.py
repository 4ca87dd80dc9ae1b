"""Record numbers in addresses: shuffled under the installation's secret, so they tell nothing."""

from hashlib import blake2s

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, ValidationError

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 13
ROUNDS = 4
HALF = 32
MASK = (1 << HALF) - 1


def _stir(secret: bytes, turn: int, half: int) -> int:
    mixed = blake2s(half.to_bytes(4, "big"), key=secret, salt=bytes([turn]), digest_size=4)
    return int.from_bytes(mixed.digest(), "big")


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


class KeyConverter(BaseConverter):
    """`<key:lease_id>` in a route."""

    regex = f"[{LETTERS}]{{{LENGTH}}}"

    def to_python(self, value: str) -> int:
        """Read the number, or let the route not match."""
        try:
            return unshuffle(value, current_app.config["URL_SECRET"])
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: int) -> str:
        """Write the number."""
        return shuffle(int(value), current_app.config["URL_SECRET"])


def install(app: Flask, secret: str) -> None:
    """Teach the routes their keys."""
    app.config["URL_SECRET"] = blake2s(secret.encode(), person=b"addresse").digest()
    app.url_map.converters["key"] = KeyConverter
