"""What runs when: one table. Billing is not in it, because people decide when to issue."""

from datetime import datetime
from zoneinfo import ZoneInfo

from incubator.core.clock import HOME_ZONE
from incubator.core.job_runs import JobName
from incubator.jobs import tasks
from incubator.jobs.runner import Job

HOME = ZoneInfo(HOME_ZONE)


def each_day(at: datetime) -> str:
    """The day, as the office counts it: 2026-11-23."""
    return f"{at.astimezone(HOME):%Y-%m-%d}"


def each_month(at: datetime) -> str:
    """The month: 2026-11."""
    return f"{at.astimezone(HOME):%Y-%m}"


def each_year(at: datetime) -> str:
    """The year: 2026."""
    return f"{at.astimezone(HOME):%Y}"


JOBS = {
    JobName.END_LEASES: Job(each_day, tasks.end_leases),
    JobName.LAPSE_OFFERS: Job(each_day, tasks.lapse_offers),
    JobName.RENDER_INVOICES: Job(each_day, tasks.render_invoices),
    JobName.REMIND_OVERDUE: Job(each_day, tasks.remind_overdue),
    JobName.FOLLOW_UPS: Job(each_month, tasks.remind_of_follow_ups),
    JobName.HOLIDAYS: Job(each_year, tasks.load_holidays),
    JobName.TIDY: Job(each_day, tasks.tidy),
}
