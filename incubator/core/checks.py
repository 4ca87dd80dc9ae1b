"""How a migration changes the CHECKs of a table, on both engines."""

import re
from collections.abc import Mapping

from alembic import op
from sqlalchemy import Connection


def change_checks(table: str, checks: Mapping[str, str | None]) -> None:
    """Give a table these CHECKs by name in place of what it had, None takes one away.

    A word more in an enumeration is `{"ck_unit_kind": "kind IN ('office', …)"}`.
    """
    database = op.get_bind()
    if database.dialect.name == "sqlite":
        _copy(database, table, checks)
        return
    for name, condition in checks.items():
        database.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        if condition:
            rule = f"CONSTRAINT {name} CHECK ({condition})"
            database.exec_driver_sql(f"ALTER TABLE {table} ADD {rule}")


def _copy(database: Connection, table: str, checks: Mapping[str, str | None]) -> None:
    """SQLite changes no rule of a table: another is made like it, filled, and takes its name.

    Triggers are put aside: one of another table may speak of this one, which is away for a moment.
    """
    asked = "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL"
    triggers = database.exec_driver_sql(asked, ("trigger",)).all()
    indexes = database.exec_driver_sql(f"{asked} AND tbl_name = ?", ("index", table)).all()
    [(_, made)] = database.exec_driver_sql(f"{asked} AND name = ?", ("table", table))
    for name, _sql in triggers:
        database.exec_driver_sql(f"DROP TRIGGER {name}")
    made = re.sub(r"^CREATE TABLE \S+", f"CREATE TABLE {table}_new", made)
    database.exec_driver_sql(_with(made, checks))
    database.exec_driver_sql(f"INSERT INTO {table}_new SELECT * FROM {table}")  # noqa: S608
    database.exec_driver_sql(f"DROP TABLE {table}")
    database.exec_driver_sql(f"ALTER TABLE {table}_new RENAME TO {table}")
    for _name, sql in (*indexes, *triggers):
        database.exec_driver_sql(sql)


def _with(made: str, checks: Mapping[str, str | None]) -> str:
    """How a table is made that has these rules."""
    for name, condition in checks.items():
        rule = rf',\s*CONSTRAINT "?{name}"? CHECK \((?:[^()]|\([^()]*\))*\)'
        made = re.sub(rule, "", made)
        if condition:
            made = f"{made.rstrip()[:-1]}, CONSTRAINT {name} CHECK ({condition}))"
    return made
