"""Pages about graduation."""

from incubator.web.graduation import alumni, figures, staff
from incubator.web.graduation.blueprint import pages

__all__ = ["alumni", "figures", "pages", "staff"]
