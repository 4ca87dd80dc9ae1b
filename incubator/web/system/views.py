"""The overview, the jobs, and whether the installation answers."""

import logging
from datetime import date

from flask import jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from incubator.core import job_runs
from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.core.i18n import say
from incubator.core.job_runs import JobName, RunState
from incubator.web import filters
from incubator.web.answers import lead_on
from incubator.web.forms import page_asked
from incubator.web.guard import Desk, of_system, public
from incubator.web.system import facilities, health, mail, people, record
from incubator.web.system.blueprint import PER_PAGE, pages

__all__ = ["facilities", "mail", "pages", "people", "record"]
STATES = {
    RunState.DONE: "ok",
    RunState.RUNNING: "mid",
    RunState.WAITING: "risk",
    RunState.FAILED: "bad",
}
MONTHLY, DAILY = 1, 2
"""How many dashes the name of such a period has."""
log = logging.getLogger(__name__)


@pages.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Tell a monitor whether pages can be served."""
    try:
        db.session.execute(db.text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("The database does not answer")
        return jsonify(status="database does not answer"), 503
    return jsonify(status="ok")


@pages.get("/system/")
@of_system(Can.RUN_SYSTEM)
def index(here: Desk) -> ResponseReturnValue:
    """Show whether everything is well, and what to do where it is not."""
    return render_template(
        "system/index.html",
        health=health.look(here.now),
        latest=job_runs.latest(),
        names=list(JobName),
        states=STATES,
        sizes=health.in_words,
    )


@pages.get("/system/jobs")
@of_system(Can.RUN_SYSTEM)
def jobs(here: Desk) -> ResponseReturnValue:
    """List what ran for which period."""
    page = page_asked()
    found, total = job_runs.runs(page, PER_PAGE)
    return render_template(
        "system/jobs.html",
        runs=found,
        total=total,
        page=page,
        per_page=PER_PAGE,
        states=STATES,
        period_words=_period_words,
        leader=job_runs.leader(here.now),
        retriable={RunState.WAITING, RunState.FAILED},
    )


def _period_words(name: str) -> str | Markup:
    """A day, a month or a year, as people write it."""
    dashes = name.count("-")
    if dashes == DAILY:
        return filters.day(date.fromisoformat(name), "table")
    if dashes == MONTHLY:
        return filters.month(date.fromisoformat(f"{name}-01"))
    return filters.t(say("Year %(year)s", year=name))


@pages.post("/system/jobs/<key:run_id>/retry")
@of_system(Can.RUN_SYSTEM)
def retry_job(here: Desk, run_id: int) -> ResponseReturnValue:
    """Let a failed run be tried again now."""
    with transaction():
        job_runs.retry(job_runs.run_of(run_id), actor=here.actor, now=here.now)
    return lead_on(say("The worker will try again within seconds."), url_for("system.jobs"))
