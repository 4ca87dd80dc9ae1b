"""who leaves again is asked anew

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ONCE = "uq_follow_up_organisation_id_year"
EACH_TIME = "uq_follow_up_organisation_id_year_due_on"


def upgrade():
    with op.batch_alter_table("follow_up") as table:
        table.drop_constraint(ONCE, type_="unique")
        table.create_unique_constraint(EACH_TIME, ["organisation_id", "year", "due_on"])


def downgrade():
    with op.batch_alter_table("follow_up") as table:
        table.drop_constraint(EACH_TIME, type_="unique")
        table.create_unique_constraint(ONCE, ["organisation_id", "year"])
