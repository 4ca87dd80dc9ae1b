"""What `make bench` measures can be built and billed: its rows are written past the actions."""

from flask import Flask

from incubator.core.db import db
from tests.bench.house import Size, build
from tests.bench.measures import billing_run
from tests.factories.billing import NOW


def test_the_house_of_the_benchmark_stands(fresh_app: Flask):
    with fresh_app.app_context():
        house = build(Size(units=20, rooms=2, bookings=100, months=2), NOW)
        assert billing_run(house, NOW).rate > 0
        db.session.remove()
