"""Rows written past the session are part of its savepoints all the same; what stays, stays."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.exc import IntegrityError

from incubator.core.db import add_row, add_row_once, add_rows, ask, db, transaction
from incubator.spaces.models import Holiday
from tests.factories.base import make_facility

DAYS: Select[Any] = db.select(Holiday.day).where(Holiday.country == "xx").order_by(Holiday.day)


def holiday(day: int) -> dict[str, Any]:
    return {"country": "xx", "day": date(2026, 1, day), "name": "", "banks_only": False}


def test_a_savepoint_takes_its_rows_back_and_no_others() -> None:
    with transaction():
        add_row(Holiday, holiday(1))
        savepoint = db.session.begin_nested()
        add_row(Holiday, holiday(2))
        add_rows(Holiday, holiday(3))
        add_row_once(Holiday, holiday(4))
        assert len(ask(DAYS, {}).all()) == 4
        savepoint.rollback()
        add_row(Holiday, holiday(5))
    assert ask(DAYS, {}).all() == [(date(2026, 1, 1),), (date(2026, 1, 5),)]


def test_an_enumeration_takes_only_its_words() -> None:
    facility = make_facility()
    for column in ("due_rule", "proration_exit"):
        with (
            pytest.raises(IntegrityError, match=f"ck_facility_{column}"),
            db.session.begin_nested(),
        ):
            db.session.execute(
                text(f"UPDATE facility SET {column} = 'never' WHERE id = {facility.id}")
            )


@pytest.mark.postgres
def test_statements_run_as_they_are() -> None:
    assert db.session.scalar(text("SHOW jit")) == "off"


@pytest.mark.postgres
def test_no_table_that_stays_is_emptied() -> None:
    kept = db.session.execute(
        text(
            "SELECT DISTINCT tgrelid::regclass::text, tgargs FROM pg_trigger"
            " WHERE tgfoid = 'refuse_change'::regproc"
        )
    ).all()
    assert ("audit_entry", b"audit_stays\0") in kept
    for table, promise in kept:
        with pytest.raises(IntegrityError, match=promise[:-1].decode()), db.session.begin_nested():
            db.session.execute(text(f"TRUNCATE {table} CASCADE"))
