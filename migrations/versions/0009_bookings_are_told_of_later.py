"""a booking remembers that its mail is still to be written

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNTOLD = sa.text("untold")


def upgrade():
    told = sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("booking", told)
    op.create_index(
        "ix_booking_untold", "booking", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD
    )


def downgrade():
    op.drop_index("ix_booking_untold", "booking")
    op.drop_column("booking", "untold")
