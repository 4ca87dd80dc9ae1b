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
_RAISE_BY_ONE = (
    update(_COUNTERS)
    .where(_COUNTERS.c.series == bindparam("wanted"))
    .values(last=_COUNTERS.c.last + 1)
    .returning(_COUNTERS.c.last)
)
_BEGIN = text("INSERT INTO counter (series, last) VALUES (:wanted, 0) ON CONFLICT DO NOTHING")


def next_number(series: str) -> int:
    """Take the next number; whoever else wants one waits until this transaction ends."""
    connection, wanted = db.session.connection(), {"wanted": series}
    taken: int | None = connection.scalar(_RAISE_BY_ONE, wanted)
    if taken is None:
        connection.execute(_BEGIN, wanted)
        taken = connection.scalars(_RAISE_BY_ONE, wanted).one()
    return taken
