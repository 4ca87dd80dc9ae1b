"""Pages about leases, quotes and subsidy programmes."""

from incubator.web.leases import deposits, office, own, programmes, quoting, renewing, restoring
from incubator.web.leases.blueprint import pages

__all__ = ["deposits", "office", "own", "pages", "programmes", "quoting", "renewing", "restoring"]
