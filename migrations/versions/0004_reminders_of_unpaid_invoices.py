"""reminders of unpaid invoices

A facility that is at work already reminds nobody until somebody there chooses the days.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("facility", sa.Column("reminder_days", sa.String(), nullable=True))


def downgrade():
    op.drop_column("facility", "reminder_days")
