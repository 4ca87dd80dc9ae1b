"""`make bench`: how fast it is here, beside the least that it could cost and what we aim for.

Nothing here passes or fails. Figures of two runs compare only on an idle machine: every row
shows the wall clock, and the processor's time of the application, which a busy machine blurs less.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from flask import Flask

from incubator.core import clock, migrate
from incubator.core.db import db
from tests import postgres
from tests.bench import measures
from tests.bench.floors import bare_app, raw_inserts
from tests.bench.house import House, Size, build
from tests.conftest import build as build_app
from tests.conftest import settings

FULL = Size()
TENTH = Size(units=50, rooms=5, bookings=10_000, months=36)
LEASES = Size(units=1_000, rooms=8, bookings=0, months=2)
EACH = 200


def main() -> None:
    """Measure every engine there is."""
    with tempfile.TemporaryDirectory(prefix="incubator-bench-") as folder:
        home, now = Path(folder), clock.now()
        _engine("SQLite", home, now, lambda name: f"sqlite:///{home / name}.db")
        server = postgres.start(postgres.SAFE)
        if server is None:
            print("\nNo PostgreSQL here: SQLite only.")
            return
        try:
            at = str(server.folder)
            _engine("PostgreSQL", home, now, lambda name: postgres.create_database(at, name))
        finally:
            server.stop()


def _engine(engine: str, home: Path, now: datetime, place: Callable[[str], str]) -> None:
    """Everything on one engine: on a tenth of the data, on all of it, and the billing run."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"\n{engine}: {FULL.units} units, {FULL.rooms} rooms, {FULL.bookings:,} bookings, "
          f"{FULL.months} months of invoices; {os.cpu_count()} cores{load}")  # fmt: skip
    print(f"{'':34}{'wall':>10}{'cpu':>10}{'queries':>10}{'at 1/10':>10}   aim")
    url = place("tenth")
    with _house(home, url, TENTH, now) as (app, house):
        views = measures.pages_of(app, house)
        fewer = dict(zip(views, measures.measure(*views.values()), strict=True))
    url = place("incubator")
    begun = perf_counter()
    with _house(home, url, FULL, now) as (app, house):
        built = perf_counter() - begun
        _pages(app, house, url, fewer)
        if engine == "SQLite":
            _memory(*measures.memory(home, app, house))
        _documents()
        _bookings(app, house, home, url, now)
    with _house(home, place("leases"), LEASES, now) as (_app, house):
        run = measures.billing_run(house, now)
        _row("billing run, 1,000 leases", f"{run.rate:.0f}/s", "≥ 200/s", f"{run.cpu:.1f} ms")
    print(f"(rows written in {built:.0f} s)")


@contextmanager
def _house(home: Path, url: str, size: Size, now: datetime) -> Iterator[tuple[Flask, House]]:
    migrate.upgrade(settings(home, url))
    app = build_app(home, url)
    with app.app_context():
        house = build(size, now)
        db.session.remove()
        gc.freeze()  # as servers do
        yield app, house
        db.session.remove()
        db.engine.dispose()


def _pages(app: Flask, house: House, url: str, fewer: dict[str, measures.Page]) -> None:
    bare, views = bare_app(url, house), measures.pages_of(app, house)
    days = {name: views.pop(name) for name in list(views) if name.startswith("day timeline")}
    (least,) = measures.measure(measures.View(bare, "/bare"))
    minimal, *timelines = measures.measure(measures.View(bare, "/day"), *days.values())
    _page_row("floor: bare page, one query", least)
    _page_row("floor: the day's rows of 50 rooms", minimal)
    for name, page in zip(days, timelines, strict=True):
        aim = f"≤ 3 × minimal: {page.wall / minimal.wall:.1f} × ({page.cpu / minimal.cpu:.1f})"
        _page_row(name, page, str(fewer[name].queries), aim)
    for name, view in views.items():
        (page,) = measures.measure(view)
        _page_row(name, page, str(fewer[name].queries), "≤ 25 queries, the same at 1/10")


def _page_row(name: str, page: measures.Page, before: str = "", aim: str = "") -> None:
    wall, cpu = f"{page.wall:.1f} ms", f"{page.cpu:.1f} ms"
    print(f"{name:34}{wall:>10}{cpu:>10}{page.queries:>10}{before:>10}   {aim}", flush=True)


def _row(name: str, value: str, aim: str = "", cpu: str = "", wall: str = "") -> None:
    print(f"{name:34}{wall:>10}{cpu:>10}{value:>10}{'':10}   {aim}", flush=True)


def _memory(together: int, shared_once: int) -> None:
    aim = f"≤ 200 MiB; {shared_once} MiB with shared pages counted once"
    _row("memory of `incubator run`", f"{together} MiB", aim)


def _documents() -> None:
    made = measures.documents()
    _row("invoice PDFs on one core", f"{made.rate:.0f}/s", "≥ 60/s", f"{made.cpu:.1f} ms",
         f"{made.wall:.1f} ms")  # fmt: skip


def _bookings(app: Flask, house: House, home: Path, url: str, now: datetime) -> None:
    measures.open_rooms(house)
    raw = raw_inserts(house, now.replace(minute=0, second=0, microsecond=0) + measures.FAR, EACH)
    wall = f"{median(raw) * 1000:.1f} ms"
    _row("floor: raw insert of a booking", f"{len(raw) / sum(raw):.0f}/s", "", "", wall)
    few = EACH // 2
    rates = {
        "bookings, 1 client": measures.bookings_by_threads(app, house, 1, EACH, now),
        "bookings, 8 clients, 8 threads": measures.bookings_by_threads(app, house, 8, few, now),
    }
    if db.engine.dialect.name == "sqlite":
        with measures.on_one_core():
            later = now + timedelta(days=1000)
            rates["bookings, 8 clients, on one core"] = measures.bookings_by_threads(
                app, house, 8, few, later
            )
    else:  # one process serves SQLite: `incubator run`
        rates["bookings, 8 clients, 8 processes"] = measures.bookings_by_processes(
            home, url, house, 8, few, now
        )
    for name, rate in rates.items():
        aim = "≤ 5 ms" if "1 client" in name else "≥ 600/s"
        _row(name, f"{rate.rate:.0f}/s", aim, f"{rate.cpu:.1f} ms", f"{rate.wall:.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
