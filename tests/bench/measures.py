"""What is measured: pages, bookings, the billing run, documents, memory."""

import gc
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import IO, Any, cast
from urllib.request import Request, urlopen

from flask import Flask
from werkzeug.test import TestResponse

from incubator.billing import queries
from incubator.billing.actions import bill_month
from incubator.billing.models import Invoice
from incubator.billing.pdf import render
from incubator.bookings.actions import BookingRequest, book_room
from incubator.core.days import add_months, month_of
from incubator.core.db import db, transaction
from incubator.people.models import Person
from incubator.spaces.models import Facility
from incubator.web.keys import shuffle
from incubator.web.session import COOKIE
from tests.bench.house import House
from tests.conftest import build as build_app
from tests.factories.billing import clerk_of
from tests.screen import counted

WARM, FEWEST, ROUNDS, LONGEST = 3, 7, 41, 3.0
SECRET = "not a secret in tests"
FAR = timedelta(days=400)
READERS = 8


@dataclass(frozen=True)
class Page:
    """The median of many rounds, in milliseconds of the wall clock and of this process."""

    wall: float
    cpu: float
    queries: int = 0


@dataclass(frozen=True)
class View:
    """A page, and the cookie of whoever opens it again and again."""

    app: Flask
    path: str
    token: str = ""

    def open(self) -> TestResponse:
        """Open it once."""
        client = self.app.test_client()
        if self.token:
            client.set_cookie(COOKIE, self.token)
        return Context().run(client.get, self.path)


def pages_of(app: Flask, house: House) -> dict[str, View]:
    """The pages that are measured, as those see them who need them."""
    own = f"/v/{shuffle(house.venture_id, app.config['URL_SECRET'])}"
    day = house.day.isoformat()
    seen = {
        "day timeline, office": (f"/f/aoba/bookings?day={day}", "facility_admin"),
        "day timeline, tenant": (f"{own}/rooms?day={day}", "member"),
        "dashboard": ("/f/aoba/", "facility_admin"),
        "tenant home": (f"{own}/", "member"),
        "rent roll": ("/f/aoba/rent-roll", "clerk"),
        "invoices": ("/f/aoba/invoices", "clerk"),
        "worklist": ("/f/aoba/worklist", "clerk"),
    }
    return {name: View(app, path, house.tokens[role]) for name, (path, role) in seen.items()}


def measure(*views: View) -> list[Page]:
    """Open pages again and again, in turn: a machine that changes its pace does so for all."""
    queries = [_questions(view) for view in views]
    times: list[list[tuple[float, float]]] = [[] for _ in views]
    until = perf_counter() + LONGEST * len(views)
    while len(times[0]) < ROUNDS and (len(times[0]) < FEWEST or perf_counter() < until):
        for view, taken in zip(views, times, strict=True):
            wall, cpu = perf_counter(), process_time()
            view.open()
            taken.append((perf_counter() - wall, process_time() - cpu))
    return [
        Page(*(median(each) * 1000 for each in zip(*taken, strict=True)), asked)
        for taken, asked in zip(times, queries, strict=True)
    ]


def _questions(view: View) -> int:
    """Warm a page, and count what it asks the database."""
    for _ in range(WARM):
        answer = view.open()
        assert answer.status_code == 200, f"{view.path}: {answer.status}"
    with counted() as asked:
        view.open()
    return len(asked)


@dataclass(frozen=True)
class Rate:
    """How many a second, and the median of one in milliseconds."""

    rate: float
    wall: float
    cpu: float = 0.0


def open_rooms(house: House) -> None:
    """Let rooms be booked at any hour of any day, so that clients never run out of hours."""
    with transaction():
        facility = db.session.get_one(Facility, house.facility_id)
        facility.open_minute, facility.close_minute, facility.closed_weekdays = 0, 1440, ""
        facility.closed_on_holidays = False
        db.session.execute(
            db.text("UPDATE room SET open_minute = 0, close_minute = 1440, window_days = 9999")
        )


def book(house: House, room: int, start: datetime, count: int, now: datetime) -> list[float]:
    """Book an hour after another as a member does who is signed in; seconds of each."""
    actor = db.session.get_one(Person, house.member_id).as_actor(house.day)
    times = []
    for n in range(count):
        begun = perf_counter()
        at = start + timedelta(hours=n)
        asked = BookingRequest(
            house.rooms[room],
            house.venture_id,
            at,
            at + timedelta(hours=1),
            once_key=f"{room}-{at:%Y%m%d%H}",
        )
        with transaction():
            book_room(asked, actor=actor, now=now)
        db.session.remove()
        times.append(perf_counter() - begun)
    return times


def bookings_by_threads(app: Flask, house: House, clients: int, count: int, now: datetime) -> Rate:
    """So many clients in the threads of one process, each in a room of its own.

    The clock runs once all of them are warm, and until the last is done.
    """
    begun: list[float] = []
    start = threading.Barrier(clients, lambda: begun.extend((perf_counter(), process_time())))
    first = _midnight(now) + FAR + timedelta(days=clients * 100)

    def run(room: int) -> list[float]:
        with app.app_context():
            book(house, room, first - timedelta(hours=WARM), WARM, now)
            start.wait()
            return book(house, room, first, count, now)

    with ThreadPoolExecutor(clients) as pool:
        times = [each for done in pool.map(run, range(clients)) for each in done]
        took, cpu = perf_counter() - begun[0], process_time() - begun[1]
    return Rate(len(times) / took, median(times) * 1000, cpu / len(times) * 1000)


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep threads that begin inside to one core, where the machine knows how.

    One of them runs at a time; on two cores each finds its caches cold, and has to be woken there.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def bookings_by_processes(
    home: Path, url: str, house: House, clients: int, count: int, now: datetime
) -> Rate:
    """So many clients, each a process of its own, as behind gunicorn.

    The clock runs from the word to all that are warm until the last has told its times.
    """
    facts = {
        "home": str(home),
        "url": url,
        "house": house.__dict__ | {"day": house.day.isoformat(), "ventures": []},
        "count": count,
        "now": now.isoformat(),
    }
    with ExitStack() as stack:
        running = [stack.enter_context(_client(facts | {"room": room})) for room in range(clients)]
        assert {_line(each) for each in running} == {"ready\n"}
        begun = perf_counter()
        for each in running:
            cast("IO[str]", each.stdin).write("go\n")
            cast("IO[str]", each.stdin).flush()
        answers = [json.loads(_line(each)) for each in running]
        took = perf_counter() - begun
    times = [each for answer in answers for each in answer["times"]]
    cpu = sum(answer["cpu"] for answer in answers)
    return Rate(len(times) / took, median(times) * 1000, cpu / len(times) * 1000)


def _client(facts: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.client", json.dumps(facts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(client: subprocess.Popen[str]) -> str:
    return cast("IO[str]", client.stdout).readline()


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=15, minute=0, second=0, microsecond=0)


def client(facts: dict[str, Any]) -> None:
    """One of the processes: say when ready, wait for the word, book, tell how long it took."""
    day = date.fromisoformat(facts["house"]["day"])
    house = House(**facts["house"] | {"day": day})
    now = datetime.fromisoformat(facts["now"])
    first = _midnight(now) + FAR + timedelta(days=2000)
    room, count = facts["room"], facts["count"]
    with build_app(Path(facts["home"]), facts["url"]).app_context():
        book(house, room, first - timedelta(hours=WARM), WARM, now)
        gc.freeze()
        print("ready", flush=True)
        sys.stdin.readline()
        cpu = process_time()
        times = book(house, room, first, count, now)
        print(json.dumps({"times": times, "cpu": process_time() - cpu}))


def billing_run(house: House, now: datetime) -> Rate:
    """The run of next month, one transaction for each venture."""
    facility = db.session.get_one(Facility, house.facility_id)
    actor = clerk_of(facility)
    begun, cpu = perf_counter(), process_time()
    run = bill_month(
        facility,
        add_months(month_of(house.day), 1),
        inside=transaction,
        actor=actor,
        now=now,
        today=house.day,
    )
    took, cpu = perf_counter() - begun, process_time() - cpu
    assert run.issued == len(house.ventures), f"{run.issued} issued"
    return Rate(run.issued / took, took / run.issued * 1000, cpu / run.issued * 1000)


def documents(count: int = 60) -> Rate:
    """Invoices set in type, a second of one core."""
    invoices = list(db.session.scalars(db.select(Invoice).order_by(Invoice.id.desc()).limit(count)))
    papers = [queries.invoice_paper(each, each.language) for each in invoices]
    render("invoice", papers[0])
    walls, cpu = [], process_time()
    for each in papers:
        begun = perf_counter()
        render("invoice", each)
        walls.append(perf_counter() - begun)
    cpu = process_time() - cpu
    return Rate(count / cpu, median(walls) * 1000, cpu / count * 1000)


def memory(home: Path, app: Flask, house: House) -> tuple[int, int]:
    """MiB of `incubator run` after pages and PDFs: summed, and with shared pages counted once."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = "http://{}:{}".format(*free.getsockname())
    program = Path(sys.executable).with_name("incubator")
    setting = {**os.environ, "INCUBATOR_HOME": str(home), "INCUBATOR_SECRET_KEY": SECRET}
    server = subprocess.Popen(
        [str(program), "run", "--no-demo", f"--port={address.rpartition(':')[2]}"],
        env=setting,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def look(view: View) -> None:
        asked = Request(address + view.path)
        asked.add_header("Cookie", f"{COOKIE}={view.token}")
        with urlopen(asked) as answer:
            assert answer.status == 200
            answer.read()

    try:
        _wait(f"{address}/sign-in")
        with ThreadPoolExecutor(READERS) as readers:
            list(readers.map(look, [*pages_of(app, house).values(), *_pdfs(app, house)] * 3))
        family = list(_family(server.pid))
        together = sum(_resident(each) for each in family) // 1024
        return together, sum(_own(each) for each in family) // 1024
    finally:
        server.terminate()
        server.wait()


def _pdfs(app: Flask, house: House) -> Iterator[View]:
    """PDFs of the last invoices, in the language in which none is kept yet."""
    for number in db.session.scalars(db.select(Invoice.id).order_by(Invoice.id.desc()).limit(20)):
        key = shuffle(number, app.config["URL_SECRET"])
        yield View(app, f"/f/aoba/invoices/{key}/pdf?lang=en", house.tokens["clerk"])


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urlopen(address):
                return
        except OSError:
            sleep(0.2)
    raise TimeoutError(address)


def _family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    found = _ps("-o", "pid=", "--ppid", str(pid))
    for child in found:
        yield from _family(int(child))


def _resident(pid: int) -> int:
    """KiB in memory; pages shared with other processes count in full."""
    found = _ps("-o", "rss=", "-p", str(pid))
    return int(found[0]) if found else 0


def _own(pid: int) -> int:
    """KiB in memory, of shared pages its part; where the system does not tell, all of them."""
    told = Path(f"/proc/{pid}/smaps_rollup")
    if not told.exists():
        return _resident(pid)
    lines = told.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _ps(*options: str) -> list[str]:
    said = subprocess.run(["ps", *options], capture_output=True, text=True, check=False)
    return said.stdout.split()
