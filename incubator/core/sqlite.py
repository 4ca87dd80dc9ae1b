"""SQLite as we need it: what it promises, and how its transactions begin."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.characteristics import ConnectionCharacteristic

PRAGMAS = (
    "foreign_keys = ON",
    "journal_mode = WAL",
    "synchronous = FULL",
    "busy_timeout = 10000",
    "temp_store = MEMORY",
)
WRITING = {"sqlite_begin": "IMMEDIATE"}
"""The execution option of a transaction that writes; others than SQLite ignore it."""


class Beginning(ConnectionCharacteristic):
    """How transactions begin: reading, or IMMEDIATE writing."""

    def get_characteristic(self, _dialect: Any, dbapi_conn: Any) -> Any:
        """How the next transaction begins."""
        return dbapi_conn.isolation_level

    def set_characteristic(self, _dialect: Any, dbapi_conn: Any, value: Any) -> None:
        """Let the next transaction begin so."""
        dbapi_conn.isolation_level = value

    def reset_characteristic(self, _dialect: Any, dbapi_conn: Any) -> None:
        """Let it begin reading."""
        dbapi_conn.isolation_level = ""


class PromptSQLite(SQLiteDialect_pysqlite):
    """Keeps foreign keys, survives a power cut, and begins when told: its driver begins too late.

    A dialect and no listeners: as soon as there is one, every statement looks for others.
    """

    supports_statement_cache = True
    connection_characteristics = SQLiteDialect_pysqlite.connection_characteristics.union(
        {"sqlite_begin": Beginning()}
    )

    def on_connect(self) -> Callable[[Any], None]:
        """Prepare each new connection."""
        prepare = super().on_connect()

        def connect(connection: Any) -> None:
            prepare(connection)
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        return connect

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin before anything is read, unless every statement is to stand for itself."""
        how = dbapi_connection.isolation_level
        if how is not None:
            dbapi_connection.execute(f"BEGIN {how}")
