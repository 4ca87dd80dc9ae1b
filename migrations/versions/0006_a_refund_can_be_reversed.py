"""a refund can be reversed

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER refund_reversal_stays_update BEFORE UPDATE ON refund_reversal
BEGIN SELECT RAISE(ABORT, 'refund_reversal_stays'); END""",
    """CREATE TRIGGER refund_reversal_stays_delete BEFORE DELETE ON refund_reversal
BEGIN SELECT RAISE(ABORT, 'refund_reversal_stays'); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER refund_reversal_stays BEFORE UPDATE OR DELETE ON refund_reversal
FOR EACH ROW EXECUTE FUNCTION refuse_change('refund_reversal_stays')""",
)


def upgrade():
    op.create_table(
        "refund_reversal",
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_reversal_refund_id_refund")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_reversal")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_refund_reversal_refund_id")),
    )
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    op.drop_table("refund_reversal")
