"""PostgreSQL as we need it: statements run as they are."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


class PlainPostgreSQL(PGDialect_psycopg):
    """Compiles no statement (`jit`): for ours that takes a second to save some milliseconds."""

    supports_statement_cache = True

    def on_connect(self) -> Callable[[Any], None]:
        """Prepare each new connection."""
        prepare = super().on_connect()  # type: ignore[no-untyped-call]

        def connect(connection: Any) -> None:
            prepare(connection)
            connection.autocommit = True
            connection.execute("SET jit = off")
            connection.autocommit = False

        return connect
