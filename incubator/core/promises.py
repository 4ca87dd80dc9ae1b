"""What the database itself refuses, on both engines, under one name.

PostgreSQL keeps a promise by an exclusion constraint or a trigger, SQLite by triggers that abort;
either way SQLAlchemy raises `IntegrityError` with the promise's name in its text.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import DDL, Index, Table, event, literal_column, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ExecutableDDLElement

from incubator.core.db import Entity, table_of

REFUSE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$"""
END_OF_TIME = "'9999-12-31'"


def _ddl(engine: str, sql: str) -> ExecutableDDLElement:
    return DDL(sql.replace("%", "%%")).execute_if(dialect=engine)  # type: ignore[no-untyped-call]


event.listen(Entity.metadata, "before_create", _ddl("postgresql", REFUSE))


@dataclass(frozen=True)
class Span:
    """Columns that say what is taken, from when and until when (no end is for ever)."""

    keys: tuple[str, ...]
    start: str
    until: str
    active: tuple[str, ...] = ()
    """The values of `by` that take; none means every row does."""
    by: str = "status"

    def taking(self, row: str = "") -> str:
        """The SQL condition under which a row takes anything."""
        values = ", ".join(f"'{value}'" for value in self.active)
        return f"{row}{self.by} IN ({values})" if values else ""


def _after_create(table: Table, engine: str, sql: str) -> None:
    event.listen(table, "after_create", _ddl(engine, sql))


def never_overlap(entity: type[Entity], name: str, span: Span) -> None:
    """Promise that active rows of one key never share a moment; stretches are half-open."""
    table = table_of(entity)
    days = table.c[span.start].type.python_type is date
    kind = "daterange" if days else "tstzrange"
    where = text(span.taking()) if span.active else None
    table.append_constraint(
        ExcludeConstraint(
            *((literal_column(f"int8range({key}, {key}, '[]')"), "&&") for key in span.keys),
            (literal_column(f"{kind}({span.start}, {span.until}, '[)')"), "&&"),
            where=where,
            using="gist",
            name=name,
        ).ddl_if(dialect="postgresql")
    )
    columns = [table.c[key] for key in (*span.keys, span.start)]
    Index(f"ix_{name}", *columns, sqlite_where=where, postgresql_where=where)
    for moment in ("INSERT", "UPDATE"):
        _after_create(table, "sqlite", _overlap_trigger(table.name, name, span, moment))


def _overlap_trigger(table: str, name: str, span: Span, moment: str) -> str:
    """Active rows never overlap: only the one that starts last before the new end can collide."""
    same = [f"other.{key} = NEW.{key}" for key in span.keys]
    active = [span.taking("other.")] if span.active else []
    itself = ["other.id <> OLD.id"] if moment == "UPDATE" else []
    before = [f"other.{span.start} < COALESCE(NEW.{span.until}, {END_OF_TIME})"]
    when = f" WHEN {span.taking('NEW.')}" if span.active else ""
    return f"""CREATE TRIGGER {name}_{moment.lower()} BEFORE {moment} ON {table}{when}
BEGIN
  SELECT RAISE(ABORT, '{name}') WHERE (
    SELECT COALESCE(other.{span.until}, {END_OF_TIME}) FROM {table} AS other
    WHERE {" AND ".join(same + active + itself + before)}
    ORDER BY other.{span.start} DESC LIMIT 1) > NEW.{span.start};
END"""  # noqa: S608 - made of names of our own


def _never_emptied(table: Table, name: str) -> None:
    """TRUNCATE of PostgreSQL asks no trigger of rows; SQLite knows no such statement."""
    _after_create(
        table,
        "postgresql",
        f"CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {table.name}\n"
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{name}')",
    )


def append_only(entity: type[Entity], name: str) -> None:
    """Promise that rows are added, never changed, never deleted."""
    table = table_of(entity)
    for moment in ("UPDATE", "DELETE"):
        sql = f"CREATE TRIGGER {name}_{moment.lower()} BEFORE {moment} ON {table.name}\n"
        _after_create(table, "sqlite", f"{sql}BEGIN SELECT RAISE(ABORT, '{name}'); END")
    _after_create(
        table,
        "postgresql",
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table.name}\n"
        f"FOR EACH ROW EXECUTE FUNCTION refuse_change('{name}')",
    )
    _never_emptied(table, name)


def stays_once(entity: type[Entity], name: str, status: str, facts: tuple[str, ...]) -> None:
    """Promise that `facts` never change, nothing does once `status` is left, no row is deleted."""
    table = table_of(entity)
    for engine, differs in (("sqlite", "IS NOT"), ("postgresql", "IS DISTINCT FROM")):
        changed = [f"NEW.{fact} {differs} OLD.{fact}" for fact in facts]
        left = " OR ".join([f"OLD.status <> '{status}'", *changed])
        for moment, when in (("UPDATE", f"WHEN ({left}) "), ("DELETE", "")):
            head = f"CREATE TRIGGER {name}_{moment.lower()} BEFORE {moment} ON {table.name}\n"
            refuse = {
                "sqlite": f"{when}BEGIN SELECT RAISE(ABORT, '{name}'); END",
                "postgresql": f"FOR EACH ROW {when}EXECUTE FUNCTION refuse_change('{name}')",
            }
            _after_create(table, engine, head + refuse[engine])
    _never_emptied(table, name)


def added_only_if(entity: type[Entity], name: str, condition: str) -> None:
    """Promise that a row is only added while `condition`, SQL about NEW, holds."""
    table = table_of(entity)
    trigger = f"CREATE TRIGGER {name} BEFORE INSERT ON {table.name}\n"
    _after_create(
        table,
        "sqlite",
        f"{trigger}BEGIN SELECT RAISE(ABORT, '{name}') WHERE NOT ({condition}); END",
    )
    for sql in (
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({condition}) THEN
    RAISE EXCEPTION USING MESSAGE = '{name}', ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
        f"{trigger}FOR EACH ROW EXECUTE FUNCTION {name}()",
    ):
        _after_create(table, "postgresql", sql)


def broke(error: IntegrityError, name: str) -> bool:
    """Whether it was this promise that the database kept."""
    return name in str(error.orig)
