"""a tax rate for every day

Where the first rates are still those of 2019-10-01, the older ones of Japan stand before them.

Revision ID: 0011
Revises: 0010
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIRST_DAY = date(2019, 10, 1)
OLDER = (
    (date.min, 0),
    (date(1989, 4, 1), 300),
    (date(1997, 4, 1), 500),
    (date(2014, 4, 1), 800),
)
RATES = sa.table(
    "tax_rate",
    sa.column("category", sa.String),
    sa.column("from_day", sa.Date),
    sa.column("rate_bp", sa.Integer),
)


def upgrade():
    oldest = sa.func.min(RATES.c.from_day)
    seeded = sa.select(RATES.c.category).group_by(RATES.c.category).having(oldest == FIRST_DAY)
    rows = [
        {"category": category, "from_day": day, "rate_bp": rate_bp}
        for category in op.get_bind().scalars(seeded)
        for day, rate_bp in OLDER
    ]
    op.bulk_insert(RATES, rows)


def downgrade():
    op.execute(sa.delete(RATES).where(RATES.c.from_day < FIRST_DAY))
