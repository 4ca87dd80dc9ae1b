"""Numbers without gaps: taken from a counter row inside the transaction that uses them."""

from sqlalchemy import UniqueConstraint, bindparam, update
from sqlalchemy.orm import Mapped

from incubator.core.db import Entity, db


class Counter(Entity):
    """The last number given out in one series."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("series"),)

    series: Mapped[str]
    last: Mapped[int]


_COUNTERS = Counter.metadata.tables[Counter.__tablename__]
_RAISE_BY_ONE = (
    update(_COUNTERS)
    .where(_COUNTERS.c.series == bindparam("wanted"))
    .values(last=_COUNTERS.c.last + 1)
    .returning(_COUNTERS.c.last)
)


def next_number(series: str) -> int:
    """Take the next number; whoever else wants one waits until this transaction ends."""
    taken: int | None = db.session.connection().scalar(_RAISE_BY_ONE, {"wanted": series})
    if taken is None:
        with db.session.begin_nested():
            db.session.add(Counter(series=series, last=1))
        return 1
    return taken
