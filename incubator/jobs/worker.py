"""The worker: wakes every few seconds, and works while it leads.

APScheduler only wakes it; the lease says who leads, the table of runs decides what runs.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from itertools import count

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from incubator.core import clock, job_runs
from incubator.core.db import db, transaction
from incubator.core.settings import Settings
from incubator.jobs.mail import deliver
from incubator.jobs.runner import Jobs, run_due
from incubator.jobs.schedule import JOBS

LEASE_SECONDS = 15
RENEW_SECONDS = 4
WORK_SECONDS = 5
MAIL_SECONDS = 3
TRUST = 12
"""Seconds for which a lease just taken is relied on: less than it lasts."""
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
        self.scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def leads(self) -> bool:
        """Whether this worker may work now."""
        return time.monotonic() < self.leads_until

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
        """Send the mails that are due."""
        self._led(lambda: deliver(self.settings, clock.now))

    def _led(self, deed: Callable[[], int]) -> None:
        if not self.leads:
            return
        with self.app.app_context():
            try:
                deed()
            except SQLAlchemyError as trouble:
                db.session.rollback()
                log.warning("The database refused: %s", getattr(trouble, "orig", trouble))

    def start(self) -> None:
        """Begin to work, in threads of this process."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for deed, seconds in (
            (self.renew, RENEW_SECONDS),
            (self.work, WORK_SECONDS),
            (self.mail, MAIL_SECONDS),
        ):
            self.scheduler.add_job(deed, "interval", seconds=seconds)
        self.renew()
        self.scheduler.start()

    def stop(self) -> None:
        """Finish what is being done and let another worker lead."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=True)
        self.leads_until = 0.0
        with self.app.app_context(), suppress(SQLAlchemyError), transaction():
            job_runs.give_up_lead(self.name, now=clock.now())
