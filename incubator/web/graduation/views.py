"""Pages about graduation."""

from incubator.web.graduation import alumni, figures, staff
from incubator.web.graduation.blueprint import pages

SCREENS = (alumni, figures, staff)
__all__ = ["SCREENS", "pages"]
