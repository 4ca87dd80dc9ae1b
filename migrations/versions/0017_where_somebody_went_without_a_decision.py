"""where somebody went without a decision

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "exit_destination",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("destination <> ''", name=op.f("ck_exit_destination_somewhere")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_exit_destination_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_exit_destination_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exit_destination")),
        sa.UniqueConstraint(
            "organisation_id", "left_on", name=op.f("uq_exit_destination_organisation_id_left_on")
        ),
    )
    op.create_index(op.f("ix_exit_destination_facility_id"), "exit_destination", ["facility_id"])


def downgrade():
    op.drop_table("exit_destination")
