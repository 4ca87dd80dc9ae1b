"""every column is used

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HOME = op.f("ck_organisation_venture_has_home")


def upgrade():
    op.drop_column("mentoring_session", "topics")
    op.drop_column("outbox_mail", "meta")
    with op.batch_alter_table("organisation") as table:
        table.drop_constraint(HOME, type_="check")
        table.drop_column("kind")
        table.alter_column("facility_id", existing_type=sa.Integer(), nullable=False)


def downgrade():
    with op.batch_alter_table("organisation") as table:
        table.alter_column("facility_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(
            sa.Column("kind", sa.String(length=32), nullable=False, server_default="venture")
        )
        table.create_check_constraint(HOME, "kind <> 'venture' OR facility_id IS NOT NULL")
    for table, column, empty in (("outbox_mail", "meta", "{}"), ("mentoring_session", "topics", "[]")):
        op.add_column(
            table, sa.Column(column, sa.JSON(), nullable=False, server_default=sa.text(f"'{empty}'"))
        )
