"""The worker: wakes every few seconds, and works while it leads.

APScheduler only rings its bells; the lease says who leads, the table of runs decides what runs.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from itertools import count
from threading import Event, Thread

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from incubator.billing.gateway import StripePayments
from incubator.core import clock, job_runs
from incubator.core.db import db, transaction
from incubator.core.settings import Settings
from incubator.jobs.cards import close_pages
from incubator.jobs.mail import deliver, write
from incubator.jobs.runner import Jobs, run_due
from incubator.jobs.schedule import JOBS

LEASE_SECONDS = 15
RENEW_SECONDS = 4
WORK_SECONDS = 5
MAIL_SECONDS = 3
CARD_SECONDS = 10
TRUST = 12
"""Seconds for which a lease just taken is relied on: less than it lasts."""
LEAVE_SECONDS = 5
"""How long what is being done may take to end; what is cut off is done again, by design."""
NUMBERS = count(1)
log = logging.getLogger(__name__)


class Worker:
    """One worker of this process."""

    def __init__(self, app: Flask, jobs: Jobs = JOBS) -> None:
        self.app = app
        self.jobs = jobs
        self.settings: Settings = app.config["SETTINGS"]
        self.name = f"{socket.gethostname()}:{os.getpid()}:{next(NUMBERS)}"
        self.leads_until = 0.0
        self.leaving = Event()
        self.threads: list[Thread] = []
        self.scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def leads(self) -> bool:
        """Whether this worker may work now."""
        return not self.leaving.is_set() and time.monotonic() < self.leads_until

    def renew(self) -> None:
        """Take the lead or keep it; without an answer of the database nobody leads for long."""
        began = time.monotonic()
        with self.app.app_context():
            try:
                with transaction():
                    led = job_runs.take_lead(self.name, now=clock.now(), seconds=LEASE_SECONDS)
            except SQLAlchemyError as trouble:
                log.warning("The database does not answer: %s", type(trouble).__name__)
                return
        self.leads_until = began + TRUST if led else 0.0

    def work(self) -> None:
        """Run the jobs that are due."""
        self._led(lambda: run_due(self.jobs, self.settings, holder=self.name))

    def mail(self) -> None:
        """Write the mails about new bookings, then send what is due."""
        self._led(lambda: write(clock.now, lambda: self.leads))
        self._led(lambda: deliver(self.settings, clock.now, lambda: self.leads))

    def cards(self) -> None:
        """Close the pages on which nobody should pay any more."""
        if self.settings.takes_cards:
            pages_at = self.settings.stripe_api_base
            self._led(lambda: close_pages(StripePayments.of(self.settings), pages_at))

    def _led(self, deed: Callable[[], int]) -> None:
        if not self.leads:
            return
        with self.app.app_context():
            try:
                deed()
            except SQLAlchemyError as trouble:
                db.session.rollback()
                log.warning("The database refused: %s", getattr(trouble, "orig", trouble))
            except Exception:
                log.exception("The worker stumbled")

    def start(self) -> None:
        """Begin to work, in threads of this process that never keep it from ending."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self.renew()
        for deed, seconds in (
            (self.renew, RENEW_SECONDS),
            (self.work, WORK_SECONDS),
            (self.mail, MAIL_SECONDS),
            (self.cards, CARD_SECONDS),
        ):
            bell = Event()
            thread = Thread(target=self._wait, args=(bell, deed), daemon=True)
            thread.start()
            self.threads.append(thread)
            self.scheduler.add_job(bell.set, "interval", seconds=seconds)
        self.scheduler.start()

    def _wait(self, bell: Event, deed: Callable[[], object]) -> None:
        while not self.leaving.is_set():
            if bell.wait(timeout=1):
                bell.clear()
                deed()

    def stop(self) -> None:
        """Finish what is being done, if that is soon, and let another worker lead."""
        self.leaving.set()
        if self.scheduler.running:
            self.scheduler.shutdown()
        deadline = time.monotonic() + LEAVE_SECONDS
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.leads_until = 0.0
        with self.app.app_context(), suppress(SQLAlchemyError), transaction():
            job_runs.let_go(self.name, now=clock.now())
            job_runs.give_up_lead(self.name, now=clock.now())
