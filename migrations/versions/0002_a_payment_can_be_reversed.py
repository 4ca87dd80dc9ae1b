"""a payment can be reversed

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER payment_reversal_stays_update BEFORE UPDATE ON payment_reversal
BEGIN SELECT RAISE(ABORT, 'payment_reversal_stays'); END""",
    """CREATE TRIGGER payment_reversal_stays_delete BEFORE DELETE ON payment_reversal
BEGIN SELECT RAISE(ABORT, 'payment_reversal_stays'); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER payment_reversal_stays BEFORE UPDATE OR DELETE ON payment_reversal
FOR EACH ROW EXECUTE FUNCTION refuse_change('payment_reversal_stays')""",
)


def upgrade():
    op.create_table(
        "payment_reversal",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_reversal_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_reversal")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_payment_reversal_payment_id")),
    )
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    op.drop_table("payment_reversal")
