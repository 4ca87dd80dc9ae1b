"""Pages about mentoring."""

from incubator.web.mentoring import assignments, hours, own, staff, work
from incubator.web.mentoring.blueprint import pages

__all__ = ["assignments", "hours", "own", "pages", "staff", "work"]
