"""credit can be paid back

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER refund_stays_update BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'refund_stays'); END""",
    """CREATE TRIGGER refund_stays_delete BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'refund_stays'); END""",
    """CREATE TRIGGER refund_part_stays_update BEFORE UPDATE ON refund_part
BEGIN SELECT RAISE(ABORT, 'refund_part_stays'); END""",
    """CREATE TRIGGER refund_part_stays_delete BEFORE DELETE ON refund_part
BEGIN SELECT RAISE(ABORT, 'refund_part_stays'); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER refund_stays BEFORE UPDATE OR DELETE ON refund
FOR EACH ROW EXECUTE FUNCTION refuse_change('refund_stays')""",
    """CREATE TRIGGER refund_part_stays BEFORE UPDATE OR DELETE ON refund_part
FOR EACH ROW EXECUTE FUNCTION refuse_change('refund_part_stays')""",
)


def upgrade():
    op.create_table(
        "refund",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("paid_to", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_refund_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_refund_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("facility_id", "number", name=op.f("uq_refund_facility_id_number")),
    )
    op.create_index(
        op.f("ix_refund_organisation_id"), "refund", ["organisation_id"], unique=False
    )
    op.create_index("uq_refund_once_key", "refund", ["once_key"], unique=True)
    op.create_table(
        "refund_part",
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_part_amount_positive")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refund_part_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_part_refund_id_refund")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_part")),
    )
    op.create_index(
        op.f("ix_refund_part_payment_id"), "refund_part", ["payment_id"], unique=False
    )
    op.create_index(
        op.f("ix_refund_part_refund_id"), "refund_part", ["refund_id"], unique=False
    )
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    op.drop_table("refund_part")
    op.drop_table("refund")
