"""the end of a term is announced

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    # In SQL, for SQLite takes a rule that comes with a column, but none of its own.
    op.execute(
        "ALTER TABLE lease ADD COLUMN end_notice_on DATE CONSTRAINT ck_lease_announced_is_signed"
        " CHECK (end_notice_on IS NULL OR signed_on IS NOT NULL)"
    )


def downgrade():
    op.drop_column("lease", "end_notice_on")
