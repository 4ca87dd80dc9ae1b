"""Migrations and models tell the same story on the engine at hand."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from incubator.core import migrate, places
from incubator.core.checks import change_checks
from incubator.core.settings import Settings
from incubator.organisations.models import Organisation, Stage
from tests.conftest import settings

NAMED = re.compile(
    r"CONSTRAINT\s+\"?(\w+)\"?\s+(CHECK|UNIQUE|FOREIGN|PRIMARY|REFERENCES)", re.IGNORECASE
)
SAME = {"REFERENCES": "FOREIGN"}
"""SQLite keeps the foreign key of a column that was added later beside the column."""
POSTGRES = {
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "function": """
        SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}
SQLITE = """
    SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'alembic_version'"""


@pytest.fixture
def installation(tmp_path: Path, empty_database: str) -> Settings:
    return settings(tmp_path, empty_database)


def test_migrations_say_what_the_models_say(installation: Settings):
    migrate.upgrade(installation)
    difference = ""
    try:
        migrate.check(installation)
    except CommandError as error:
        difference = str(error)[:600]
    assert not difference, f"The models changed and no migration tells the database: {difference}"


def test_promises_are_the_same_by_migration_and_by_model(
    installation: Settings, fresh_database: Engine
):
    migrate.upgrade(installation)
    engine = create_engine(installation.database_url, poolclass=NullPool)
    with engine.connect() as migrated, fresh_database.connect() as created:
        by_migration, by_model = promises(migrated), promises(created)
    lost = sorted(set(by_model) - set(by_migration))
    assert not lost, f"Models promise {len(lost)} that no migration makes: {lost[:20]}"
    extra = sorted(set(by_migration) - set(by_model))
    assert not extra, f"Migrations make {len(extra)} that no model knows: {extra[:20]}"
    for name, text in by_model.items():
        assert by_migration[name] == text, f"{name} reads differently by migration and by model."


def test_there_is_a_way_back(installation: Settings):
    migrate.upgrade(installation)
    migrate.downgrade(installation)
    engine = create_engine(installation.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        left = promises(connection)
    assert not left, f"Going back leaves this behind: {sorted(left)}"
    migrate.upgrade(installation)


@pytest.mark.parametrize(
    ("first", "known"),
    [
        (date(2019, 10, 1), [0, 300, 500, 800, 1000]),
        (date(2014, 4, 1), [1000]),
    ],
)
def test_an_installation_learns_the_tax_rates_before_its_first(
    installation: Settings, first: date, known: list[int]
):
    migrate.upgrade(installation, "0010")
    engine = create_engine(installation.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO tax_rate (category, from_day, rate_bp)"
            f" VALUES ('standard', '{first.isoformat()}', 1000)"
        )
    migrate.upgrade(installation)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT rate_bp FROM tax_rate ORDER BY from_day")
        assert list(rows.scalars()) == known


def test_holidays_that_are_loaded_learn_their_english_names(installation: Settings):
    migrate.upgrade(installation, "0017")
    engine = create_engine(installation.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO holiday (country, day, name, banks_only) VALUES"
            " ('JP', '2026-11-23', '勤労感謝の日', false), ('JP', '2026-11-24', '市の日', false)"
        )
    migrate.upgrade(installation)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name_en FROM holiday ORDER BY day")
        assert list(rows.scalars()) == ["Labor Thanksgiving Day", ""]


def test_names_in_kana_are_stored_in_one_way(installation: Settings):
    migrate.upgrade(installation)
    engine = create_engine(installation.database_url, poolclass=NullPool)
    alone = {
        "sqlite": "PRAGMA foreign_keys = OFF",
        "postgresql": "SET session_replication_role = replica",
    }
    facts = {each.name: "" for each in Organisation.__table__.columns if not each.nullable}
    facts |= {"facility_id": 1, "stage": Stage.TENANT, "name_kana": "くもﾛﾎﾞ", "language": "ja"}
    facts |= {
        "id": 1,
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "baseline_jobs_ft": 0,
        "baseline_jobs_pt": 0,
    }
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(alone[engine.dialect.name])
        connection.execute(Organisation.__table__.insert(), facts)
        with Operations.context(MigrationContext.configure(connection)):
            ScriptDirectory(str(places.migrations())).get_revision("0023").module.upgrade()
        assert connection.scalar(select(Organisation.name_kana)) == "クモロボ"


def test_a_check_is_changed_and_all_else_of_the_table_stays(fresh_database: Engine):
    with fresh_database.connect() as connection:
        before = promises(connection)
        with Operations.context(MigrationContext.configure(connection)):
            change_checks("session_note", {"ck_session_note_visibility": "visibility = 'none'"})
        after = promises(connection)
        assert set(after) == set(before)
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= {"constraint session_note.ck_session_note_visibility"}
        with pytest.raises(IntegrityError, match="ck_session_note_visibility"):
            connection.exec_driver_sql(
                "INSERT INTO session_note (session_id, author_id, visibility, body, written_at)"
                " VALUES (1, 1, 'shared', '', '2026-11-01 00:00:00.000000')"
            )


def test_card_events_kept_before_are_found_by_their_payment(installation: Settings):
    migrate.upgrade(installation, "0019")
    engine = create_engine(installation.database_url, poolclass=NullPool)
    kept = [
        ("charge.refunded", "ignored", '{"payment_id": "pi_a", "checkout_id": null}'),
        ("payment_intent.succeeded", "applied", '{"payment_id": "pi_a", "checkout_id": 99}'),
        ("customer.created", "ignored", '{"payment_id": "", "checkout_id": null}'),
    ]
    with engine.begin() as connection:
        for number, (kind, outcome, told) in enumerate(kept):
            connection.exec_driver_sql(
                "INSERT INTO webhook_event (event_id, kind, received_at, outcome, payload) VALUES"
                f" ('{number}', '{kind}', '2026-11-01 00:00:00.000000', '{outcome}', '{told}')"
            )
    migrate.upgrade(installation)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT outcome, payment_id, checkout_id FROM webhook_event ORDER BY id"
        )
        assert [tuple(row) for row in rows] == [
            ("unmatched", "pi_a", None),
            ("settled", "pi_a", None),
            ("ignored", None, None),
        ]


def promises(connection: Connection) -> dict[str, str]:
    """Name and text of everything the database keeps, without the tables of Alembic."""
    if connection.dialect.name == "postgresql":
        rows = {
            f"{kind} {name}": plain(text)
            for kind, sql in POSTGRES.items()
            for name, text in connection.exec_driver_sql(sql)
        }
        return {name: text for name, text in rows.items() if "alembic_version" not in name}
    found: dict[str, str] = {}
    for kind, name, _table, sql in connection.exec_driver_sql(SQLITE):
        if kind == "table":
            for constraint, what in NAMED.findall(sql):
                found[f"constraint {name}.{constraint}"] = SAME.get(what.upper(), what.upper())
        else:
            found[f"{kind} {name}"] = plain(sql)
    return found


def plain(sql: str | None) -> str:
    """SQL without the accidents of writing it down."""
    return " ".join((sql or "").replace('"', "").split())
