"""Numbers without gaps: taken from a counter row inside the transaction that uses them."""

from sqlalchemy import UniqueConstraint, update
from sqlalchemy.orm import Mapped

from incubator.core.db import Entity, db


class Counter(Entity):
    """The last number given out in one series."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("series"),)

    series: Mapped[str]
    last: Mapped[int]


def next_number(series: str) -> int:
    """Take the next number; whoever else wants one waits until this transaction ends."""
    raise_by_one = (
        update(Counter)
        .where(Counter.series == series)
        .values(last=Counter.last + 1)
        .returning(Counter.last)
        .execution_options(synchronize_session=False)
    )
    taken = db.session.scalar(raise_by_one)
    if taken is None:
        with db.session.begin_nested():
            db.session.add(Counter(series=series, last=1))
        return 1
    return taken
