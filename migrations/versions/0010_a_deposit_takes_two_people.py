"""paying back a deposit takes two people

What was paid back before has no request and stays as it was.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPROVED = (
    "NEW.kind <> 'refunded' OR EXISTS (SELECT 1 FROM deposit_request AS asked"
    " WHERE asked.id = NEW.request_id AND asked.status = 'approved'"
    " AND asked.lease_id = NEW.lease_id AND asked.amount = NEW.amount)"
)
FACTS = (
    "lease_id",
    "amount",
    "paid_to",
    "arrears",
    "late_charges",
    "restoration",
    "tax_bp",
    "asked_by_id",
)


def changed(differs):
    facts = [f"NEW.{fact} {differs} OLD.{fact}" for fact in FACTS]
    return " OR ".join(["OLD.status <> 'asked'", *facts])


SQLITE = (
    f"""CREATE TRIGGER deposit_request_stays_update BEFORE UPDATE ON deposit_request
WHEN ({changed("IS NOT")}) BEGIN SELECT RAISE(ABORT, 'deposit_request_stays'); END""",
    """CREATE TRIGGER deposit_request_stays_delete BEFORE DELETE ON deposit_request
BEGIN SELECT RAISE(ABORT, 'deposit_request_stays'); END""",
    f"""CREATE TRIGGER deposit_return_is_approved BEFORE INSERT ON deposit_entry
BEGIN SELECT RAISE(ABORT, 'deposit_return_is_approved') WHERE NOT ({APPROVED}); END""",
)
POSTGRESQL = (
    f"""CREATE TRIGGER deposit_request_stays_update BEFORE UPDATE ON deposit_request
FOR EACH ROW WHEN ({changed("IS DISTINCT FROM")})
EXECUTE FUNCTION refuse_change('deposit_request_stays')""",
    """CREATE TRIGGER deposit_request_stays_delete BEFORE DELETE ON deposit_request
FOR EACH ROW EXECUTE FUNCTION refuse_change('deposit_request_stays')""",
    f"""CREATE OR REPLACE FUNCTION deposit_return_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({APPROVED}) THEN
    RAISE EXCEPTION USING MESSAGE = 'deposit_return_is_approved', ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER deposit_return_is_approved BEFORE INSERT ON deposit_entry
FOR EACH ROW EXECUTE FUNCTION deposit_return_is_approved()""",
)


def upgrade():
    op.create_table(
        "deposit_request",
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_to", sa.String(), nullable=False),
        sa.Column("arrears", sa.BigInteger(), nullable=False),
        sa.Column("late_charges", sa.BigInteger(), nullable=False),
        sa.Column("restoration", sa.BigInteger(), nullable=False),
        sa.Column("tax_bp", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deposit_request_amount_positive")),
        sa.CheckConstraint(
            "asked_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name=op.f("ck_deposit_request_two_people"),
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'withdrawn') OR decided_by_id IS NOT NULL",
            name=op.f("ck_deposit_request_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["lease.id"], name=op.f("fk_deposit_request_lease_id_lease")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_deposit_request_asked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_deposit_request_decided_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_request")),
    )
    op.create_index(op.f("ix_deposit_request_lease_id"), "deposit_request", ["lease_id"])
    op.create_index(
        "uq_deposit_request_waiting",
        "deposit_request",
        ["lease_id"],
        unique=True,
        sqlite_where=sa.text("status = 'asked'"),
        postgresql_where=sa.text("status = 'asked'"),
    )
    op.execute(
        "ALTER TABLE deposit_entry ADD COLUMN request_id INTEGER"
        " CONSTRAINT fk_deposit_entry_request_id_deposit_request REFERENCES deposit_request (id)"
    )
    op.create_index("uq_deposit_entry_request_id", "deposit_entry", ["request_id"], unique=True)
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER deposit_return_is_approved" + ("" if sqlite else " ON deposit_entry"))
    if not sqlite:
        op.execute("DROP FUNCTION deposit_return_is_approved")
    op.drop_index("uq_deposit_entry_request_id", "deposit_entry")
    op.execute("ALTER TABLE deposit_entry DROP COLUMN request_id")
    op.drop_table("deposit_request")
