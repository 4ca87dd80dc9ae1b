"""card events are found by their payment

What went back before its payment was on record was thrown away, and waits from now on.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLE = "webhook_event"
LOOKED_UP = ("outcome", "payment_id", "checkout_id")
TAKEN_BACK = ("charge.refunded", "charge.dispute.created")
EVENT = sa.table(
    TABLE,
    sa.column("id", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("outcome", sa.String),
    sa.column("payload", sa.JSON),
    sa.column("payment_id", sa.String),
    sa.column("checkout_id", sa.Integer),
    sa.column("facility_id", sa.Integer),
)
CHECKOUT = sa.table("checkout", sa.column("id", sa.Integer))
PAYMENT = sa.table(
    "payment",
    sa.column("id", sa.Integer),
    sa.column("external_id", sa.String),
    sa.column("facility_id", sa.Integer),
)
REVERSAL = sa.table("payment_reversal", sa.column("payment_id", sa.Integer))


def upgrade():
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("payment_id", sa.String(), nullable=True))
        table.add_column(sa.Column("checkout_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_webhook_event_checkout_id_checkout"), "checkout", ["checkout_id"], ["id"]
        )
    for column in LOOKED_UP:
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])
    name_payments()
    say_which_are_recorded()


def name_payments():
    """Write beside each event of which payment and attempt it tells."""
    database = op.get_bind()
    attempts = set(database.scalars(sa.select(CHECKOUT.c.id)))
    for number, told in database.execute(sa.select(EVENT.c.id, EVENT.c.payload)).all():
        attempt = told.get("checkout_id")
        database.execute(
            sa.update(EVENT)
            .where(EVENT.c.id == number)
            .values(
                payment_id=told.get("payment_id") or None,
                checkout_id=attempt if attempt in attempts else None,
            )
        )


def say_which_are_recorded():
    """One event of a payment is applied while the payment counts; then only it says so."""
    database = op.get_bind()
    counting = PAYMENT.c.id.not_in(sa.select(REVERSAL.c.payment_id))
    asked = sa.select(PAYMENT.c.external_id, PAYMENT.c.facility_id)
    recorded = {
        known.partition("#")[0]: facility
        for known, facility in database.execute(
            asked.where(PAYMENT.c.external_id.is_not(None), counting)
        )
    }
    came_in = EVENT.c.kind.not_in(TAKEN_BACK)
    applied = EVENT.c.outcome == "applied"
    database.execute(
        sa.update(EVENT)
        .where(came_in, applied, EVENT.c.payment_id.not_in(recorded))
        .values(outcome="settled")
    )
    known = set(database.scalars(sa.select(EVENT.c.payment_id).where(applied)))
    for payment_id in recorded.keys() - known:
        first = sa.select(sa.func.min(EVENT.c.id)).where(
            came_in, EVENT.c.outcome == "settled", EVENT.c.payment_id == payment_id
        )
        database.execute(
            sa.update(EVENT)
            .where(EVENT.c.id == first.scalar_subquery())
            .values(outcome="applied", facility_id=recorded[payment_id])
        )
    database.execute(
        sa.update(EVENT)
        .where(EVENT.c.kind.in_(TAKEN_BACK), EVENT.c.outcome == "ignored")
        .values(outcome="unmatched")
    )


def downgrade():
    for column in LOOKED_UP:
        op.drop_index(op.f(f"ix_{TABLE}_{column}"), TABLE)
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f("fk_webhook_event_checkout_id_checkout"), type_="foreignkey")
        table.drop_column("checkout_id")
        table.drop_column("payment_id")
