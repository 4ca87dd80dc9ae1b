"""The database session, the base of every table, and the one way to commit."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from threading import Lock
from typing import Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Index,
    Insert,
    MetaData,
    Select,
    Table,
    func,
    text,
)
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects import registry as dialects
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import BigInteger, Integer, TypeDecorator

from incubator.core.errors import NotFound
from incubator.core.postgresql import PlainPostgreSQL
from incubator.core.sqlite import WRITING, PromptSQLite

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out; in SQLite always 26 characters, so text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(value)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Amount(TypeDecorator[int]):
    """Money in minor units of the document's currency; wide enough for any of it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, _dialect: Dialect) -> int | None:
        """Refuse anything that is not a whole number."""
        if value is not None and type(value) is not int:
            raise TypeError(value)
        return value


class Entity(DeclarativeBase):
    """A row with an identity of its own."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: UTCDateTime(),
            Enum: EnumColumn(
                Enum,
                native_enum=False,
                length=32,
                values_callable=lambda members: [member.value for member in members],
            ),
        },
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)

    def __init_subclass__(cls, **options: Any) -> None:
        """Promise that a column of an enumeration takes none but its words."""
        super().__init_subclass__(**options)
        if isinstance(table := cls.__dict__.get("__table__"), Table):
            for column in table.columns:
                if isinstance(column.type, EnumColumn):
                    words = ", ".join(f"'{word}'" for word in column.type.enums)
                    table.append_constraint(
                        CheckConstraint(f"{column.name} IN ({words})", name=column.name)
                    )


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of only those rows for which `where` holds, on both engines."""
    rows = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


for names, dialect in (
    (("sqlite", "sqlite.pysqlite"), PromptSQLite),
    (("postgresql", "postgresql.psycopg"), PlainPostgreSQL),
):
    for name in names:
        dialects.register(name, dialect.__module__, dialect.__name__)

db = SQLAlchemy(model_class=Entity)
E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound=Select[Any])


PAGE = 20
"""How many rows stand on a page of a list that does not say otherwise."""
WRITERS = Lock()
PATIENCE_SECONDS = 10


@contextmanager
def _in_turn() -> Iterator[None]:
    """SQLite has one writer: threads queue here, fairer and sooner than by its own retrying."""
    waited = db.engine.dialect.name == "sqlite" and WRITERS.acquire(timeout=PATIENCE_SECONDS)
    try:
        yield
    finally:
        if waited:
            WRITERS.release()


class NestedTransactionError(RuntimeError):
    """Raised when a transaction is opened inside another: only an entry point opens one."""


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what happened inside, or nothing of it. Entry points call this; actions never do.

    What the page read before is forgotten and read afresh, so a rule never decides on old news.
    """
    if db.session.info.get("writing"):
        raise NestedTransactionError
    session = db.session()
    session.rollback()
    with _in_turn():
        try:
            session.info["writing"] = session.connection(execution_options=WRITING)
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = None


def _connection() -> Connection:
    """The connection of this transaction; a savepoint begins only when the session is asked."""
    session = db.session()
    known = None if session.in_nested_transaction() else session.info.get("writing")
    return known or session.connection()


def ask(question: Select[Any], values: Mapping[str, Any]) -> CursorResult[tuple[Any, ...]]:
    """Ask for plain values, for a fraction of what objects cost."""
    db.session.flush()
    return _connection().execute(question, values)


def add_row(entity: type[Entity], row: Mapping[str, Any]) -> int:
    """Write a row that nobody needs as an object, for a fraction of what objects cost; its id."""
    added: Any = _connection().execute(_insert_one(entity), row).inserted_primary_key
    return int(added.id)


def add_all(entity: type[Entity], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write rows in one go; their ids, in the order of the rows."""
    return list(_connection().scalars(_insert_all(entity), rows))


def add_rows(entity: type[Entity], *rows: Mapping[str, Any]) -> None:
    """Write rows whose ids nobody needs either."""
    if rows:
        _connection().execute(_insert(entity), rows[0] if len(rows) == 1 else rows)


def add_row_once(entity: type[Entity], row: Mapping[str, Any]) -> None:
    """Write a row, unless one that is unique in the same way stands there already."""
    connection = _connection()
    connection.execute(_insert_once(entity, connection.dialect.name), row)


@cache
def _insert_one(entity: type[Entity]) -> Insert:
    return table_of(entity).insert()


@cache
def _insert_all(entity: type[Entity]) -> ReturningInsert[tuple[int]]:
    table = table_of(entity)
    return table.insert().returning(table.c.id, sort_by_parameter_order=True)


@cache
def _insert(entity: type[Entity]) -> Insert:
    return table_of(entity).insert().inline()


@cache
def _insert_once(entity: type[Entity], dialect: str) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table_of(entity)).on_conflict_do_nothing().inline()
    return postgresql.insert(table_of(entity)).on_conflict_do_nothing().inline()


def table_of(entity: type[Entity]) -> Table:
    """Where an entity is kept."""
    return entity.metadata.tables[entity.__tablename__]


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Whatever is committed inside lasts once all of it is done: cut short, nothing was."""
    engine, engines = db.engine, cast("dict[str | None, Engine | Connection]", db.engines)
    beginning = engine.connect().execution_options(**WRITING)
    with beginning as connection, connection.begin():
        db.session.remove()
        engines[None] = connection
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield
            db.session.commit()
        finally:
            db.session.remove()
            engines[None] = engine
            db.session.configure(join_transaction_mode="conditional_savepoint")


def page_of(asked: Select[Any], page: int, size: int = PAGE) -> tuple[list[Any], int]:
    """One page of the rows that an ordered question finds, from 1 on, and how many it finds."""
    counted = asked.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    rows = db.session.scalars(asked.limit(size).offset((page - 1) * size))
    return list(rows), db.session.scalar(counted) or 0


def lock(entity: type[E], *ids: int) -> list[E]:
    """Lock rows, and read them anew, before deciding on what competes for them.

    In order of id, and what belongs to others after them (a venture, then its leases), so that
    nobody deadlocks. NotFound when one is gone.
    """
    asked = locked(db.select(entity).where(entity.id.in_(ids)).order_by(entity.id))
    found = list(db.session.scalars(asked))
    if len(found) < len(set(ids)):
        raise NotFound(entity.__tablename__)
    return found


def locked(asked: S) -> S:
    """The same question for rows that nobody else changes until we are done."""
    return asked.with_for_update(key_share=True).execution_options(populate_existing=True)
