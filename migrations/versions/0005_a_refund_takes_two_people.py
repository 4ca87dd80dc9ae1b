"""a refund takes two people

What was paid back before has no request and stays as it was.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPROVED = (
    "EXISTS (SELECT 1 FROM refund_request AS asked WHERE asked.id = NEW.request_id"
    " AND asked.status = 'approved' AND asked.facility_id = NEW.facility_id"
    " AND asked.organisation_id = NEW.organisation_id AND asked.amount = NEW.amount"
    " AND asked.currency = NEW.currency AND asked.paid_to = NEW.paid_to)"
)
SQLITE = (
    """CREATE TRIGGER refund_request_stays_update BEFORE UPDATE ON refund_request
WHEN (OLD.status <> 'asked' OR NEW.facility_id IS NOT OLD.facility_id
 OR NEW.organisation_id IS NOT OLD.organisation_id OR NEW.amount IS NOT OLD.amount
 OR NEW.currency IS NOT OLD.currency OR NEW.paid_to IS NOT OLD.paid_to
 OR NEW.asked_by_id IS NOT OLD.asked_by_id)
BEGIN SELECT RAISE(ABORT, 'refund_request_stays'); END""",
    """CREATE TRIGGER refund_request_stays_delete BEFORE DELETE ON refund_request
BEGIN SELECT RAISE(ABORT, 'refund_request_stays'); END""",
    f"""CREATE TRIGGER refund_is_approved BEFORE INSERT ON refund
BEGIN SELECT RAISE(ABORT, 'refund_is_approved') WHERE NOT ({APPROVED}); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER refund_request_stays_update BEFORE UPDATE ON refund_request
FOR EACH ROW WHEN (OLD.status <> 'asked' OR NEW.facility_id IS DISTINCT FROM OLD.facility_id
 OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id
 OR NEW.amount IS DISTINCT FROM OLD.amount OR NEW.currency IS DISTINCT FROM OLD.currency
 OR NEW.paid_to IS DISTINCT FROM OLD.paid_to
 OR NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id)
EXECUTE FUNCTION refuse_change('refund_request_stays')""",
    """CREATE TRIGGER refund_request_stays_delete BEFORE DELETE ON refund_request
FOR EACH ROW EXECUTE FUNCTION refuse_change('refund_request_stays')""",
    f"""CREATE OR REPLACE FUNCTION refund_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({APPROVED}) THEN
    RAISE EXCEPTION USING MESSAGE = 'refund_is_approved', ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER refund_is_approved BEFORE INSERT ON refund
FOR EACH ROW EXECUTE FUNCTION refund_is_approved()""",
)


def upgrade():
    op.create_table(
        "refund_request",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid_to", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_request_amount_positive")),
        sa.CheckConstraint(
            "asked_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name=op.f("ck_refund_request_two_people"),
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'withdrawn') OR decided_by_id IS NOT NULL",
            name=op.f("ck_refund_request_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_refund_request_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_refund_request_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_refund_request_asked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_refund_request_decided_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
    )
    op.create_index(
        op.f("ix_refund_request_organisation_id"), "refund_request", ["organisation_id"]
    )
    op.create_index("uq_refund_request_once_key", "refund_request", ["once_key"], unique=True)
    op.create_index(
        "uq_refund_request_waiting",
        "refund_request",
        ["facility_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("status = 'asked'"),
        postgresql_where=sa.text("status = 'asked'"),
    )
    op.execute(
        "ALTER TABLE refund ADD COLUMN request_id INTEGER"
        " CONSTRAINT fk_refund_request_id_refund_request REFERENCES refund_request (id)"
    )
    op.create_index("uq_refund_request_id", "refund", ["request_id"], unique=True)
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER refund_is_approved" + ("" if sqlite else " ON refund"))
    if not sqlite:
        op.execute("DROP FUNCTION refund_is_approved")
    op.drop_index("uq_refund_request_id", "refund")
    op.execute("ALTER TABLE refund DROP COLUMN request_id")
    op.drop_table("refund_request")
