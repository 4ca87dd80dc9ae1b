"""Numbers without gaps: taken from a counter row inside the transaction that uses them."""

from sqlalchemy import UniqueConstraint, bindparam, text, update
from sqlalchemy.orm import Mapped

from incubator.core.db import Entity, db, table_of


class Counter(Entity):
    """The last number given out in one series."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("series"),)

    series: Mapped[str]
    last: Mapped[int]


_COUNTERS = table_of(Counter)
_RAISE = (
    update(_COUNTERS)
    .where(_COUNTERS.c.series == bindparam("wanted"))
    .values(last=_COUNTERS.c.last + bindparam("count"))
    .returning(_COUNTERS.c.last)
)
_BEGIN = text("INSERT INTO counter (series, last) VALUES (:wanted, 0) ON CONFLICT DO NOTHING")


def next_number(series: str) -> int:
    """Take the next number; whoever else wants one waits until this transaction ends."""
    return next_numbers(series, 1)[0]


def next_numbers(series: str, count: int) -> range:
    """The same for as many numbers in a row."""
    connection, wanted = db.session.connection(), {"wanted": series, "count": count}
    last: int | None = connection.scalar(_RAISE, wanted)
    if last is None:
        connection.execute(_BEGIN, {"wanted": series})
        last = connection.scalars(_RAISE, wanted).one()
    return range(last - count + 1, last + 1)
