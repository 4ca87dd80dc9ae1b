"""a late charge takes two people

A facility may have agreed on no rate; a day of a leap year may be one of 366.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE, STAYS = "late_charge_request", "late_charge_request_stays"
FACTS = ("invoice_id", "late_from", "late_until", "amount", "asked_by_id")


def triggers(sqlite):
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{fact} {differs} OLD.{fact}" for fact in FACTS)
    rows = "" if sqlite else "FOR EACH ROW "
    refuse = f"EXECUTE FUNCTION refuse_change('{STAYS}')"
    if sqlite:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
    yield (
        f"CREATE TRIGGER {STAYS}_update BEFORE UPDATE ON {TABLE}\n"
        f"{rows}WHEN (OLD.status <> 'asked' OR {changed}) {refuse}"
    )
    yield f"CREATE TRIGGER {STAYS}_delete BEFORE DELETE ON {TABLE}\n{rows}{refuse}"
    if not sqlite:
        yield (
            f"CREATE TRIGGER {STAYS}_truncate BEFORE TRUNCATE ON {TABLE}\n"
            f"FOR EACH STATEMENT {refuse}"
        )


def agreed(words):
    """Say anew whether a rate must be agreed; SQLite changes no column in place."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE facility ALTER COLUMN late_rate_bp {words['postgresql']}")
        return
    op.execute(f"ALTER TABLE facility ADD COLUMN late_rate_anew INTEGER {words['sqlite']}")
    op.execute("UPDATE facility SET late_rate_anew = late_rate_bp WHERE late_rate_bp IS NOT NULL")
    op.execute("ALTER TABLE facility DROP COLUMN late_rate_bp")
    op.execute("ALTER TABLE facility RENAME COLUMN late_rate_anew TO late_rate_bp")


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("late_from", sa.Date(), nullable=False),
        sa.Column("late_until", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_late_charge_request_amount_positive")),
        sa.CheckConstraint(
            "late_from < late_until", name=op.f("ck_late_charge_request_days_in_order")
        ),
        sa.CheckConstraint(
            "asked_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name=op.f("ck_late_charge_request_two_people"),
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'withdrawn') OR decided_by_id IS NOT NULL",
            name=op.f("ck_late_charge_request_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_late_charge_request_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_late_charge_request_asked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
            name=op.f("fk_late_charge_request_decided_by_id_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_charge_request")),
    )
    op.create_index(op.f("ix_late_charge_request_invoice_id"), TABLE, ["invoice_id"])
    op.create_index(
        "uq_late_charge_request_once",
        TABLE,
        ["invoice_id", "late_from"],
        unique=True,
        sqlite_where=sa.text("status <> 'withdrawn'"),
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    for command in triggers(op.get_bind().dialect.name == "sqlite"):
        op.execute(command)
    leap = sa.Column("late_leap_years", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("facility", leap)
    agreed({"sqlite": "", "postgresql": "DROP NOT NULL"})


def downgrade():
    op.execute("UPDATE facility SET late_rate_bp = 0 WHERE late_rate_bp IS NULL")
    agreed({"sqlite": "NOT NULL DEFAULT 0", "postgresql": "SET NOT NULL"})
    op.drop_column("facility", "late_leap_years")
    op.drop_table(TABLE)
