"""indexes that answer for big books: months, open sums, the latest payments, credit notes

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CREDITED = sa.text("corrects_id IS NOT NULL")


def upgrade():
    op.create_index("ix_invoice_month", "invoice", ["facility_id", "service_month", "total"])
    op.create_index("ix_payment_received", "payment", ["facility_id", "received_on"])
    op.create_index("ix_allocation_invoice", "allocation", ["invoice_id", "payment_id", "amount"])
    op.create_index("ix_allocation_payment", "allocation", ["payment_id", "amount"])
    op.drop_index("ix_allocation_invoice_id", "allocation")
    op.drop_index("ix_allocation_payment_id", "allocation")
    op.drop_index("ix_invoice_corrects_id", "invoice")
    op.create_index(
        "ix_invoice_corrects_id",
        "invoice",
        ["corrects_id"],
        sqlite_where=CREDITED,
        postgresql_where=CREDITED,
    )


def downgrade():
    op.drop_index("ix_invoice_corrects_id", "invoice")
    op.create_index("ix_invoice_corrects_id", "invoice", ["corrects_id"])
    op.create_index("ix_allocation_payment_id", "allocation", ["payment_id"])
    op.create_index("ix_allocation_invoice_id", "allocation", ["invoice_id"])
    op.drop_index("ix_allocation_payment", "allocation")
    op.drop_index("ix_allocation_invoice", "allocation")
    op.drop_index("ix_payment_received", "payment")
    op.drop_index("ix_invoice_month", "invoice")
