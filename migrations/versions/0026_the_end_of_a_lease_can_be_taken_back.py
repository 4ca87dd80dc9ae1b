"""the end of a lease can be taken back

For leases that end early already, the record says until when they were agreed.

Revision ID: 0026
Revises: 0025
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LEASE = sa.table(
    "lease",
    sa.column("id", sa.Integer),
    sa.column("status", sa.String),
    sa.column("ends_on", sa.Date),
    sa.column("agreed_until", sa.Date),
)
ENTRY = sa.table(
    "audit_entry",
    sa.column("id", sa.Integer),
    sa.column("deed", sa.String),
    sa.column("subject_kind", sa.String),
    sa.column("subject_id", sa.Integer),
    sa.column("before", sa.JSON),
)


def upgrade():
    # In SQL, for SQLite takes a rule that comes with a column, but none of its own.
    op.execute(
        "ALTER TABLE lease ADD COLUMN agreed_until DATE CONSTRAINT ck_lease_cut_short"
        " CHECK (agreed_until IS NULL OR ends_on <= agreed_until)"
    )
    database = op.get_bind()
    ending = database.execute(
        sa.select(LEASE.c.id, LEASE.c.ends_on).where(LEASE.c.status == "notice")
    )
    for number, ends_on in ending.all():
        told = sa.select(ENTRY.c.before).where(
            ENTRY.c.deed.in_(["lease.notice_given", "lease.end_set"]),
            ENTRY.c.subject_kind == "lease",
            ENTRY.c.subject_id == number,
        )
        first = database.execute(told.order_by(ENTRY.c.id).limit(1)).scalar()
        agreed = date.fromisoformat(first["ends_on"]) if first else ends_on
        database.execute(
            sa.update(LEASE).where(LEASE.c.id == number).values(agreed_until=max(agreed, ends_on))
        )


def downgrade():
    op.drop_column("lease", "agreed_until")
