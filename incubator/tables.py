"""Every module that declares a table, so that nobody has to import them by luck."""

from incubator.billing import models as billing
from incubator.bookings import models as bookings
from incubator.core import audit, job_runs, numbering, outbox
from incubator.graduation import models as graduation
from incubator.leases import models as leases
from incubator.mentoring import models as mentoring
from incubator.organisations import models as organisations
from incubator.people import models as people
from incubator.spaces import models as spaces

TABLES = (
    audit,
    job_runs,
    numbering,
    outbox,
    people,
    organisations,
    spaces,
    leases,
    billing,
    bookings,
    mentoring,
    graduation,
)
