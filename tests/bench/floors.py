"""The least that the same work can cost: bare pages and a bare insert, on the same database."""

import json
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from incubator.core.db import db
from tests.bench.house import House
from tests.factories.bookings import TERMS

BARE = "<!doctype html><html><head><title>{{ name }}</title></head><body>{{ name }}</body></html>"
DAY = """<!doctype html><html><head><title>Day</title></head><body><table>
{% for room, bookings in rooms %}<tr><th>{{ room.code }} {{ room.name }} ({{ room.capacity }})</th>
{% for b in bookings %}<td><a href="/booking/{{ b.id }}">{{ b.starts_at }}–{{ b.ends_at }}
{{ b.title }} {{ b.name }}</a></td>{% endfor %}</tr>
{% endfor %}</table></body></html>"""
ROOMS = "SELECT id, code, name, capacity FROM room WHERE facility_id = :facility ORDER BY code"
BOOKINGS = """SELECT b.room_id, b.id, b.starts_at, b.ends_at, b.title, o.name FROM booking b
LEFT JOIN organisation o ON o.id = b.organisation_id WHERE b.facility_id = :facility
AND b.starts_at >= :since AND b.starts_at < :until AND b.status <> 'cancelled'
ORDER BY b.starts_at"""


def bare_app(url: str, house: House) -> Flask:
    """Flask and Jinja on the same database, and nothing else."""
    app = Flask("bare")
    engine = create_engine(url)
    since = datetime.combine(house.day, datetime.min.time()) - timedelta(hours=9)
    asked = {"facility": house.facility_id, "since": since, "until": since + timedelta(days=1)}
    if engine.dialect.name == "sqlite":
        asked |= {name: f"{asked[name]:%Y-%m-%d %H:%M:%S.%f}" for name in ("since", "until")}

    @app.get("/bare")
    def bare() -> str:
        with engine.connect() as connection:
            name = connection.scalar(text("SELECT name FROM facility"))
        return render_template_string(BARE, name=name)

    @app.get("/day")
    def day() -> str:
        with engine.connect() as connection:
            rooms = connection.execute(text(ROOMS), asked).all()
            taken: dict[int, list[Any]] = {}
            for row in connection.execute(text(BOOKINGS), asked):
                taken.setdefault(row.room_id, []).append(row)
        return render_template_string(DAY, rooms=[(r, taken.get(r.id, ())) for r in rooms])

    return app


def raw_inserts(house: House, first: datetime, count: int) -> list[float]:
    """Seconds of each insert of a booking with its own commit, straight through the driver."""
    row = {
        "facility_id": house.facility_id,
        "room_id": house.rooms[0],
        "organisation_id": house.venture_id,
        "booked_by_id": house.member_id,
        "title": "",
        "status": "confirmed",
        "price": 500,
        "currency": "JPY",
        "included_minutes": 0,
        "terms": TERMS,
        "booked_at": first,
        "cancel_fee": 0,
    }
    engine = create_engine(db.engine.url, poolclass=NullPool)
    statement, rows = _spelt(engine, row, first, count)
    times = []
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        cursor = driver.cursor()
        for each in rows:
            begun = perf_counter()
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(statement, each)
            driver.commit()
            times.append(perf_counter() - begun)
        connection.rollback()
    return times


def _spelt(engine: Any, row: dict[str, Any], first: datetime, count: int) -> tuple[str, list[Any]]:
    """The statement and its values as the driver itself takes them."""
    lite = engine.dialect.name == "sqlite"
    rows = []
    for n in range(count):
        start = first.astimezone(UTC) + timedelta(hours=n)
        end = start + timedelta(hours=1)
        times = {"starts_at": start, "ends_at": end, "holds_from": start, "holds_until": end}
        values = {**row, **times, "booked_at": first, "terms": json.dumps(TERMS)}
        rows.append([_text(each) if lite else each for each in values.values()])
    names = (*row, "starts_at", "ends_at", "holds_from", "holds_until")
    marks = ", ".join(["?" if lite else "%s"] * len(names))
    return f"INSERT INTO booking ({', '.join(names)}) VALUES ({marks})", rows


def _text(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
