"""the first tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TRIGGER document_stays_as_made_update BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'document_stays_as_made'); END""",
    """CREATE TRIGGER document_stays_as_made_delete BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'document_stays_as_made'); END""",
    """CREATE TRIGGER journal_entry_stays_update BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal_entry_stays'); END""",
    """CREATE TRIGGER journal_entry_stays_delete BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal_entry_stays'); END""",
    """CREATE TRIGGER audit_stays_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_stays'); END""",
    """CREATE TRIGGER audit_stays_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_stays'); END""",
    """CREATE TRIGGER invoice_stays_as_issued_update BEFORE UPDATE ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice_stays_as_issued'); END""",
    """CREATE TRIGGER invoice_stays_as_issued_delete BEFORE DELETE ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice_stays_as_issued'); END""",
    """CREATE TRIGGER payment_stays_as_recorded_update BEFORE UPDATE ON payment
BEGIN SELECT RAISE(ABORT, 'payment_stays_as_recorded'); END""",
    """CREATE TRIGGER payment_stays_as_recorded_delete BEFORE DELETE ON payment
BEGIN SELECT RAISE(ABORT, 'payment_stays_as_recorded'); END""",
    """CREATE TRIGGER posting_stays_update BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'posting_stays'); END""",
    """CREATE TRIGGER posting_stays_delete BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'posting_stays'); END""",
    """CREATE TRIGGER figures_stay_as_filed_update BEFORE UPDATE ON figures
BEGIN SELECT RAISE(ABORT, 'figures_stay_as_filed'); END""",
    """CREATE TRIGGER figures_stay_as_filed_delete BEFORE DELETE ON figures
BEGIN SELECT RAISE(ABORT, 'figures_stay_as_filed'); END""",
    """CREATE TRIGGER assigned_once_at_a_time_insert BEFORE INSERT ON assignment
BEGIN
  SELECT RAISE(ABORT, 'assigned_once_at_a_time') WHERE (
    SELECT COALESCE(other.until_day, '9999-12-31') FROM assignment AS other
    WHERE other.person_id = NEW.person_id AND other.organisation_id = NEW.organisation_id AND other.from_day < COALESCE(NEW.until_day, '9999-12-31')
    ORDER BY other.from_day DESC LIMIT 1) > NEW.from_day;
END""",
    """CREATE TRIGGER assigned_once_at_a_time_update BEFORE UPDATE ON assignment
BEGIN
  SELECT RAISE(ABORT, 'assigned_once_at_a_time') WHERE (
    SELECT COALESCE(other.until_day, '9999-12-31') FROM assignment AS other
    WHERE other.person_id = NEW.person_id AND other.organisation_id = NEW.organisation_id AND other.id <> OLD.id AND other.from_day < COALESCE(NEW.until_day, '9999-12-31')
    ORDER BY other.from_day DESC LIMIT 1) > NEW.from_day;
END""",
    """CREATE TRIGGER invoice_line_stays_as_issued_update BEFORE UPDATE ON invoice_line
BEGIN SELECT RAISE(ABORT, 'invoice_line_stays_as_issued'); END""",
    """CREATE TRIGGER invoice_line_stays_as_issued_delete BEFORE DELETE ON invoice_line
BEGIN SELECT RAISE(ABORT, 'invoice_line_stays_as_issued'); END""",
    """CREATE TRIGGER invoice_tax_stays_as_issued_update BEFORE UPDATE ON invoice_tax
BEGIN SELECT RAISE(ABORT, 'invoice_tax_stays_as_issued'); END""",
    """CREATE TRIGGER invoice_tax_stays_as_issued_delete BEFORE DELETE ON invoice_tax
BEGIN SELECT RAISE(ABORT, 'invoice_tax_stays_as_issued'); END""",
    """CREATE TRIGGER allocation_stays_as_recorded_update BEFORE UPDATE ON allocation
BEGIN SELECT RAISE(ABORT, 'allocation_stays_as_recorded'); END""",
    """CREATE TRIGGER allocation_stays_as_recorded_delete BEFORE DELETE ON allocation
BEGIN SELECT RAISE(ABORT, 'allocation_stays_as_recorded'); END""",
    """CREATE TRIGGER no_two_outages_insert BEFORE INSERT ON unit_outage
BEGIN
  SELECT RAISE(ABORT, 'no_two_outages') WHERE (
    SELECT COALESCE(other.until_day, '9999-12-31') FROM unit_outage AS other
    WHERE other.unit_id = NEW.unit_id AND other.from_day < COALESCE(NEW.until_day, '9999-12-31')
    ORDER BY other.from_day DESC LIMIT 1) > NEW.from_day;
END""",
    """CREATE TRIGGER no_two_outages_update BEFORE UPDATE ON unit_outage
BEGIN
  SELECT RAISE(ABORT, 'no_two_outages') WHERE (
    SELECT COALESCE(other.until_day, '9999-12-31') FROM unit_outage AS other
    WHERE other.unit_id = NEW.unit_id AND other.id <> OLD.id AND other.from_day < COALESCE(NEW.until_day, '9999-12-31')
    ORDER BY other.from_day DESC LIMIT 1) > NEW.from_day;
END""",
    """CREATE TRIGGER no_two_bookings_of_a_room_insert BEFORE INSERT ON booking WHEN NEW.status IN ('confirmed', 'no_show')
BEGIN
  SELECT RAISE(ABORT, 'no_two_bookings_of_a_room') WHERE (
    SELECT COALESCE(other.holds_until, '9999-12-31') FROM booking AS other
    WHERE other.room_id = NEW.room_id AND other.status IN ('confirmed', 'no_show') AND other.holds_from < COALESCE(NEW.holds_until, '9999-12-31')
    ORDER BY other.holds_from DESC LIMIT 1) > NEW.holds_from;
END""",
    """CREATE TRIGGER no_two_bookings_of_a_room_update BEFORE UPDATE ON booking WHEN NEW.status IN ('confirmed', 'no_show')
BEGIN
  SELECT RAISE(ABORT, 'no_two_bookings_of_a_room') WHERE (
    SELECT COALESCE(other.holds_until, '9999-12-31') FROM booking AS other
    WHERE other.room_id = NEW.room_id AND other.status IN ('confirmed', 'no_show') AND other.id <> OLD.id AND other.holds_from < COALESCE(NEW.holds_until, '9999-12-31')
    ORDER BY other.holds_from DESC LIMIT 1) > NEW.holds_from;
END""",
    """CREATE TRIGGER follow_up_answer_stays_update BEFORE UPDATE ON follow_up_answer
BEGIN SELECT RAISE(ABORT, 'follow_up_answer_stays'); END""",
    """CREATE TRIGGER follow_up_answer_stays_delete BEFORE DELETE ON follow_up_answer
BEGIN SELECT RAISE(ABORT, 'follow_up_answer_stays'); END""",
    """CREATE TRIGGER no_two_leases_of_a_unit_insert BEFORE INSERT ON lease WHEN NEW.status IN ('offered', 'active', 'notice', 'ended')
BEGIN
  SELECT RAISE(ABORT, 'no_two_leases_of_a_unit') WHERE (
    SELECT COALESCE(other.ends_on, '9999-12-31') FROM lease AS other
    WHERE other.unit_id = NEW.unit_id AND other.status IN ('offered', 'active', 'notice', 'ended') AND other.starts_on < COALESCE(NEW.ends_on, '9999-12-31')
    ORDER BY other.starts_on DESC LIMIT 1) > NEW.starts_on;
END""",
    """CREATE TRIGGER no_two_leases_of_a_unit_update BEFORE UPDATE ON lease WHEN NEW.status IN ('offered', 'active', 'notice', 'ended')
BEGIN
  SELECT RAISE(ABORT, 'no_two_leases_of_a_unit') WHERE (
    SELECT COALESCE(other.ends_on, '9999-12-31') FROM lease AS other
    WHERE other.unit_id = NEW.unit_id AND other.status IN ('offered', 'active', 'notice', 'ended') AND other.id <> OLD.id AND other.starts_on < COALESCE(NEW.ends_on, '9999-12-31')
    ORDER BY other.starts_on DESC LIMIT 1) > NEW.starts_on;
END""",
    """CREATE TRIGGER deposit_entry_stays_update BEFORE UPDATE ON deposit_entry
BEGIN SELECT RAISE(ABORT, 'deposit_entry_stays'); END""",
    """CREATE TRIGGER deposit_entry_stays_delete BEFORE DELETE ON deposit_entry
BEGIN SELECT RAISE(ABORT, 'deposit_entry_stays'); END""",
    """CREATE TRIGGER no_two_sessions_of_a_manager_insert BEFORE INSERT ON mentoring_session WHEN NEW.status IN ('booked', 'held')
BEGIN
  SELECT RAISE(ABORT, 'no_two_sessions_of_a_manager') WHERE (
    SELECT COALESCE(other.ends_at, '9999-12-31') FROM mentoring_session AS other
    WHERE other.manager_id = NEW.manager_id AND other.status IN ('booked', 'held') AND other.starts_at < COALESCE(NEW.ends_at, '9999-12-31')
    ORDER BY other.starts_at DESC LIMIT 1) > NEW.starts_at;
END""",
    """CREATE TRIGGER no_two_sessions_of_a_manager_update BEFORE UPDATE ON mentoring_session WHEN NEW.status IN ('booked', 'held')
BEGIN
  SELECT RAISE(ABORT, 'no_two_sessions_of_a_manager') WHERE (
    SELECT COALESCE(other.ends_at, '9999-12-31') FROM mentoring_session AS other
    WHERE other.manager_id = NEW.manager_id AND other.status IN ('booked', 'held') AND other.id <> OLD.id AND other.starts_at < COALESCE(NEW.ends_at, '9999-12-31')
    ORDER BY other.starts_at DESC LIMIT 1) > NEW.starts_at;
END""",
    """CREATE TRIGGER session_note_stays_update BEFORE UPDATE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note_stays'); END""",
    """CREATE TRIGGER session_note_stays_delete BEFORE DELETE ON session_note
BEGIN SELECT RAISE(ABORT, 'session_note_stays'); END""",
)

POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$""",
    """ALTER TABLE assignment ADD CONSTRAINT assigned_once_at_a_time EXCLUDE USING gist (int8range(person_id, person_id, '[]') WITH &&, int8range(organisation_id, organisation_id, '[]') WITH &&, daterange(from_day, until_day, '[)') WITH &&)""",
    """ALTER TABLE booking ADD CONSTRAINT no_two_bookings_of_a_room EXCLUDE USING gist (int8range(room_id, room_id, '[]') WITH &&, tstzrange(holds_from, holds_until, '[)') WITH &&) WHERE (status IN ('confirmed', 'no_show'))""",
    """ALTER TABLE lease ADD CONSTRAINT no_two_leases_of_a_unit EXCLUDE USING gist (int8range(unit_id, unit_id, '[]') WITH &&, daterange(starts_on, ends_on, '[)') WITH &&) WHERE (status IN ('offered', 'active', 'notice', 'ended'))""",
    """ALTER TABLE unit_outage ADD CONSTRAINT no_two_outages EXCLUDE USING gist (int8range(unit_id, unit_id, '[]') WITH &&, daterange(from_day, until_day, '[)') WITH &&)""",
    """ALTER TABLE mentoring_session ADD CONSTRAINT no_two_sessions_of_a_manager EXCLUDE USING gist (int8range(manager_id, manager_id, '[]') WITH &&, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (status IN ('booked', 'held'))""",
    """CREATE TRIGGER document_stays_as_made BEFORE UPDATE OR DELETE ON document
FOR EACH ROW EXECUTE FUNCTION refuse_change('document_stays_as_made')""",
    """CREATE TRIGGER journal_entry_stays BEFORE UPDATE OR DELETE ON journal_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change('journal_entry_stays')""",
    """CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change('audit_stays')""",
    """CREATE TRIGGER invoice_stays_as_issued BEFORE UPDATE OR DELETE ON invoice
FOR EACH ROW EXECUTE FUNCTION refuse_change('invoice_stays_as_issued')""",
    """CREATE TRIGGER payment_stays_as_recorded BEFORE UPDATE OR DELETE ON payment
FOR EACH ROW EXECUTE FUNCTION refuse_change('payment_stays_as_recorded')""",
    """CREATE TRIGGER posting_stays BEFORE UPDATE OR DELETE ON posting
FOR EACH ROW EXECUTE FUNCTION refuse_change('posting_stays')""",
    """CREATE TRIGGER figures_stay_as_filed BEFORE UPDATE OR DELETE ON figures
FOR EACH ROW EXECUTE FUNCTION refuse_change('figures_stay_as_filed')""",
    """CREATE TRIGGER invoice_line_stays_as_issued BEFORE UPDATE OR DELETE ON invoice_line
FOR EACH ROW EXECUTE FUNCTION refuse_change('invoice_line_stays_as_issued')""",
    """CREATE TRIGGER invoice_tax_stays_as_issued BEFORE UPDATE OR DELETE ON invoice_tax
FOR EACH ROW EXECUTE FUNCTION refuse_change('invoice_tax_stays_as_issued')""",
    """CREATE TRIGGER allocation_stays_as_recorded BEFORE UPDATE OR DELETE ON allocation
FOR EACH ROW EXECUTE FUNCTION refuse_change('allocation_stays_as_recorded')""",
    """CREATE TRIGGER follow_up_answer_stays BEFORE UPDATE OR DELETE ON follow_up_answer
FOR EACH ROW EXECUTE FUNCTION refuse_change('follow_up_answer_stays')""",
    """CREATE TRIGGER deposit_entry_stays BEFORE UPDATE OR DELETE ON deposit_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change('deposit_entry_stays')""",
    """CREATE TRIGGER session_note_stays BEFORE UPDATE OR DELETE ON session_note
FOR EACH ROW EXECUTE FUNCTION refuse_change('session_note_stays')""",
)


def upgrade():
    op.create_table(
        "counter",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("series", name=op.f("uq_counter_series")),
    )
    op.create_table(
        "document",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("subject", "language", name=op.f("uq_document_subject_language")),
    )
    op.create_table(
        "facility",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("due_rule", sa.String(length=32), nullable=False),
        sa.Column("due_day", sa.Integer(), nullable=False),
        sa.Column("holiday_roll", sa.String(length=32), nullable=False),
        sa.Column("proration_entry", sa.String(length=32), nullable=False),
        sa.Column("proration_exit", sa.String(length=32), nullable=False),
        sa.Column("rounding_unit", sa.Integer(), nullable=False),
        sa.Column("notice_months", sa.Integer(), nullable=False),
        sa.Column("max_contract_months", sa.Integer(), nullable=False),
        sa.Column("max_total_months", sa.Integer(), nullable=False),
        sa.Column("max_tenants_per_manager", sa.Integer(), nullable=False),
        sa.Column("late_rate_bp", sa.Integer(), nullable=False),
        sa.Column("included_room_minutes", sa.Integer(), nullable=False),
        sa.Column("open_minute", sa.Integer(), nullable=False),
        sa.Column("close_minute", sa.Integer(), nullable=False),
        sa.Column("closed_weekdays", sa.String(), nullable=False),
        sa.Column("closed_on_holidays", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("code = lower(code)", name=op.f("ck_facility_code_lower")),
        sa.CheckConstraint("due_day BETWEEN 1 AND 31", name=op.f("ck_facility_due_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_code")),
    )
    op.create_table(
        "holiday",
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("banks_only", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("country", "day", name=op.f("uq_holiday_country_day")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'waiting', 'done', 'failed')", name=op.f("ck_job_run_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_job_run_job_period")),
    )
    op.create_index("ix_job_run_due", "job_run", ["state", "next_try_at"], unique=False)
    op.create_table(
        "person",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_kana", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("language IN ('ja', 'en')", name=op.f("ck_person_language")),
        sa.CheckConstraint(
            "status IN ('invited', 'active', 'suspended')", name=op.f("ck_person_status")
        ),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_person_theme")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_key_at", "sign_in_attempt", ["key", "at"], unique=False)
    op.create_table(
        "tax_rate",
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("category", "from_day", name=op.f("uq_tax_rate_category_from_day")),
    )
    op.create_table(
        "worker_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_lease")),
        sa.UniqueConstraint("name", name=op.f("uq_worker_lease_name")),
    )
    op.create_table(
        "availability",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "from_minute < until_minute", name=op.f("ck_availability_minutes_in_order")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availability_weekday")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_availability_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_availability_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability")),
    )
    op.create_index(op.f("ix_availability_person_id"), "availability", ["person_id"], unique=False)
    op.create_table(
        "availability_exception",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=True),
        sa.Column("until_minute", sa.Integer(), nullable=True),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "from_minute IS NULL OR from_minute < until_minute",
            name=op.f("ck_availability_exception_minutes_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_availability_exception_facility_id_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_availability_exception_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_exception")),
        sa.UniqueConstraint(
            "person_id", "day", name=op.f("uq_availability_exception_person_id_day")
        ),
    )
    op.create_table(
        "billing_run",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_bill", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_billing_run_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_run")),
    )
    op.create_index(
        op.f("ix_billing_run_facility_id"), "billing_run", ["facility_id"], unique=False
    )
    op.create_table(
        "closed_day",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_closed_day_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_day")),
        sa.UniqueConstraint("facility_id", "day", name=op.f("uq_closed_day_facility_id_day")),
    )
    op.create_table(
        "criterion",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_criterion_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criterion")),
        sa.UniqueConstraint(
            "facility_id",
            "measure",
            "from_day",
            name=op.f("uq_criterion_facility_id_measure_from_day"),
        ),
    )
    op.create_table(
        "floor",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_floor_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor")),
        sa.UniqueConstraint("facility_id", "name", name=op.f("uq_floor_facility_id_name")),
    )
    op.create_table(
        "import_run",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["applied_by"], ["person.id"], name=op.f("fk_import_run_applied_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_import_run_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint(
            "facility_id", "kind", "sha256", name=op.f("uq_import_run_facility_id_kind_sha256")
        ),
    )
    op.create_table(
        "issuer",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("reg_no", sa.String(), nullable=True),
        sa.Column("reg_valid_from", sa.Date(), nullable=True),
        sa.Column("reg_valid_until", sa.Date(), nullable=True),
        sa.Column("bank_account", sa.String(), nullable=False),
        sa.Column("rounding", sa.String(length=32), nullable=False),
        sa.Column("number_prefix", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_issuer_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer")),
        sa.UniqueConstraint("facility_id", "from_day", name=op.f("uq_issuer_facility_id_from_day")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_journal_entry_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("source", name=op.f("uq_journal_entry_source")),
    )
    op.create_index(
        op.f("ix_journal_entry_facility_id"), "journal_entry", ["facility_id"], unique=False
    )
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invitation', 'password_reset')", name=op.f("ck_one_time_link_kind")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_one_time_link_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_index(
        op.f("ix_one_time_link_person_id"), "one_time_link", ["person_id"], unique=False
    )
    op.create_table(
        "organisation",
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_kana", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("corporate_number", sa.String(), nullable=True),
        sa.Column("invoice_reg_no", sa.String(), nullable=True),
        sa.Column("representative", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("capital", sa.BigInteger(), nullable=True),
        sa.Column("admitted_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("baseline_jobs_ft", sa.Integer(), nullable=False),
        sa.Column("baseline_jobs_pt", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'venture' OR facility_id IS NOT NULL",
            name=op.f("ck_organisation_venture_has_home"),
        ),
        sa.CheckConstraint(
            "stage IN ('prospect', 'tenant', 'alumnus', 'left')", name=op.f("ck_organisation_stage")
        ),
        sa.CheckConstraint(
            "corporate_number IS NULL OR length(corporate_number) = 13",
            name=op.f("ck_organisation_corporate_number_length"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_organisation_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index(
        op.f("ix_organisation_facility_id"), "organisation", ["facility_id"], unique=False
    )
    op.create_index(
        "uq_organisation_corporate_number_facility_id",
        "organisation",
        ["corporate_number", "facility_id"],
        unique=True,
    )
    op.create_table(
        "outbox_mail",
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=True),
        sa.Column("calendar_method", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'called_off')",
            name=op.f("ck_outbox_mail_state"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_outbox_mail_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_mail_message_id")),
        sa.UniqueConstraint("once_key", name=op.f("uq_outbox_mail_once_key")),
    )
    op.create_index("ix_outbox_mail_due", "outbox_mail", ["state", "next_try_at"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    op.create_index(
        op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"], unique=False
    )
    op.create_table(
        "subsidy_programme",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("funder", sa.String(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("includes_common_fee", sa.Boolean(), nullable=False),
        sa.Column("includes_tax", sa.Boolean(), nullable=False),
        sa.Column("area_cap", sa.Integer(), nullable=True),
        sa.Column("monthly_cap", sa.BigInteger(), nullable=True),
        sa.Column("fy_cap", sa.BigInteger(), nullable=True),
        sa.Column("total_cap", sa.BigInteger(), nullable=True),
        sa.Column("max_months", sa.Integer(), nullable=True),
        sa.Column("max_fiscal_years", sa.Integer(), nullable=True),
        sa.Column("anchor", sa.String(length=32), nullable=False),
        sa.Column("proration", sa.String(length=32), nullable=False),
        sa.Column("rounding_unit", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(length=32), nullable=False),
        sa.Column("company_age_limit_years", sa.Integer(), nullable=True),
        sa.Column("budget_per_fy", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("conditions", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "rounding_unit IN (1, 10, 100, 1000)", name=op.f("ck_subsidy_programme_rounding_unit")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_subsidy_programme_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_programme")),
        sa.UniqueConstraint(
            "facility_id", "code", name=op.f("uq_subsidy_programme_facility_id_code")
        ),
    )
    op.create_table(
        "webhook_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_webhook_event_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_event_event_id")),
    )
    op.create_table(
        "assignment",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "until_day IS NULL OR from_day < until_day", name=op.f("ck_assignment_days_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_assignment_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_assignment_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_assignment_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(
        "ix_assigned_once_at_a_time",
        "assignment",
        ["person_id", "organisation_id", "from_day"],
        unique=False,
        sqlite_where=None,
        postgresql_where=None,
    )
    op.create_index(
        "ix_assignment_organisation", "assignment", ["organisation_id", "from_day"], unique=False
    )
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_audit_entry_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_audit_entry_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(
        op.f("ix_audit_entry_facility_id"), "audit_entry", ["facility_id"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entry_organisation_id"), "audit_entry", ["organisation_id"], unique=False
    )
    op.create_index(
        "ix_audit_entry_subject", "audit_entry", ["subject_kind", "subject_id"], unique=False
    )
    op.create_table(
        "exit_proposal",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("leave_on", sa.Date(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("in_region", sa.Boolean(), nullable=False),
        sa.Column("grounds", sa.String(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR decided_by_id IS NOT NULL",
            name=op.f("ck_exit_proposal_decided"),
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id",
            name=op.f("ck_exit_proposal_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_exit_proposal_decided_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_exit_proposal_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_exit_proposal_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_exit_proposal_proposed_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exit_proposal")),
    )
    op.create_index(
        op.f("ix_exit_proposal_facility_id"), "exit_proposal", ["facility_id"], unique=False
    )
    op.create_index(
        "ix_exit_proposal_organisation",
        "exit_proposal",
        ["organisation_id", "status"],
        unique=False,
    )
    op.create_table(
        "figures",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("sales", sa.BigInteger(), nullable=False),
        sa.Column("jobs_ft", sa.Integer(), nullable=False),
        sa.Column("jobs_pt", sa.Integer(), nullable=False),
        sa.Column("funds_raised", sa.BigInteger(), nullable=False),
        sa.Column("patents", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by_id", sa.Integer(), nullable=False),
        sa.Column("filed_by_name", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "jobs_ft >= 0 AND jobs_pt >= 0", name=op.f("ck_figures_jobs_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_figures_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["person.id"], name=op.f("fk_figures_filed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_figures_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
        sa.UniqueConstraint(
            "organisation_id",
            "month",
            "version",
            name=op.f("uq_figures_organisation_id_month_version"),
        ),
    )
    op.create_index(op.f("ix_figures_facility_id"), "figures", ["facility_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_follow_up_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_follow_up_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint(
            "organisation_id", "year", name=op.f("uq_follow_up_organisation_id_year")
        ),
    )
    op.create_index(op.f("ix_follow_up_facility_id"), "follow_up", ["facility_id"], unique=False)
    op.create_table(
        "invoice",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=True),
        sa.Column("service_month", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("issuer", sa.JSON(), nullable=False),
        sa.Column("recipient", sa.JSON(), nullable=False),
        sa.Column("rounding", sa.String(length=32), nullable=False),
        sa.Column("taxable_total", sa.BigInteger(), nullable=False),
        sa.Column("tax_total", sa.BigInteger(), nullable=False),
        sa.Column("untaxed_total", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("facts_sha256", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "total = taxable_total + tax_total + untaxed_total", name=op.f("ck_invoice_adds_up")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["invoice.id"], name=op.f("fk_invoice_corrects_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_invoice_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_invoice_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("facility_id", "number", name=op.f("uq_invoice_facility_id_number")),
    )
    op.create_index(op.f("ix_invoice_corrects_id"), "invoice", ["corrects_id"], unique=False)
    op.create_index(
        op.f("ix_invoice_organisation_id"), "invoice", ["organisation_id"], unique=False
    )
    op.create_index(
        "ix_invoice_search", "invoice", ["facility_id", "issued_on", "total"], unique=False
    )
    op.create_index(
        "uq_invoice_run", "invoice", ["facility_id", "organisation_id", "run_key"], unique=True
    )
    op.create_table(
        "payment",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("receipt_number", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount_positive")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_payment_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_payment_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "facility_id", "receipt_number", name=op.f("uq_payment_facility_id_receipt_number")
        ),
    )
    op.create_index(
        op.f("ix_payment_organisation_id"), "payment", ["organisation_id"], unique=False
    )
    op.create_index("uq_payment_external_id", "payment", ["external_id"], unique=True)
    op.create_index("uq_payment_once_key", "payment", ["once_key"], unique=True)
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_posting_entry_id_journal_entry")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_posting_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_entry_id"), "posting", ["entry_id"], unique=False)
    op.create_index(
        op.f("ix_posting_organisation_id"), "posting", ["organisation_id"], unique=False
    )
    op.create_table(
        "role_grant",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(role = 'system_admin') = (facility_id IS NULL AND organisation_id IS NULL)",
            name=op.f("ck_role_grant_system_role"),
        ),
        sa.CheckConstraint(
            "(role IN ('member', 'owner')) = (organisation_id IS NOT NULL)",
            name=op.f("ck_role_grant_venture_role"),
        ),
        sa.CheckConstraint(
            "facility_id IS NULL OR organisation_id IS NULL", name=op.f("ck_role_grant_one_place")
        ),
        sa.CheckConstraint(
            "until_day IS NULL OR from_day <= until_day", name=op.f("ck_role_grant_days_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_role_grant_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_role_grant_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index("ix_role_grant_facility", "role_grant", ["facility_id", "role"], unique=False)
    op.create_index("ix_role_grant_organisation", "role_grant", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_role_grant_person_id"), "role_grant", ["person_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.String(), nullable=False),
        sa.Column("price_per_step", sa.BigInteger(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("open_minute", sa.Integer(), nullable=False),
        sa.Column("close_minute", sa.Integer(), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("free_cancel_hours", sa.Integer(), nullable=False),
        sa.Column("late_cancel_bp", sa.Integer(), nullable=False),
        sa.Column("uses_included_minutes", sa.Boolean(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "min_minutes > 0 AND min_minutes <= max_minutes", name=op.f("ck_room_length_in_order")
        ),
        sa.CheckConstraint("open_minute < close_minute", name=op.f("ck_room_hours_in_order")),
        sa.CheckConstraint("step_minutes > 0", name=op.f("ck_room_step_positive")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_room_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_room_floor_id_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("uq_room_facility_id_code")),
    )
    op.create_index(op.f("ix_room_floor_id"), "room", ["floor_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("area", sa.Integer(), nullable=False),
        sa.Column("list_rent", sa.BigInteger(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("common_fee", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("plan_x", sa.Integer(), nullable=True),
        sa.Column("plan_y", sa.Integer(), nullable=True),
        sa.Column("plan_w", sa.Integer(), nullable=True),
        sa.Column("plan_h", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("area > 0", name=op.f("ck_unit_area_positive")),
        sa.CheckConstraint(
            "list_rent IS NOT NULL OR unit_price IS NOT NULL", name=op.f("ck_unit_has_price")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_unit_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_unit_floor_id_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("uq_unit_facility_id_code")),
    )
    op.create_index(op.f("ix_unit_floor_id"), "unit", ["floor_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_allocation_amount_positive")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_allocation_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_invoice_id"), "allocation", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_allocation_payment_id"), "allocation", ["payment_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("booked_by_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("included_minutes", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.Integer(), nullable=True),
        sa.Column("cancel_fee", sa.BigInteger(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('confirmed', 'cancelled', 'no_show')", name=op.f("ck_booking_status")
        ),
        sa.CheckConstraint(
            "holds_from <= starts_at AND ends_at <= holds_until",
            name=op.f("ck_booking_buffers_outside"),
        ),
        sa.CheckConstraint(
            "length(holds_from) = 26 AND length(holds_until) = 26", name=op.f("ck_booking_utc_text")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_times_in_order")),
        sa.ForeignKeyConstraint(
            ["booked_by_id"], ["person.id"], name=op.f("fk_booking_booked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"], ["person.id"], name=op.f("fk_booking_cancelled_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_booking_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_booking_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_booking_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index(
        "ix_booking_facility_start", "booking", ["facility_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_booking_organisation_start", "booking", ["organisation_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_no_two_bookings_of_a_room",
        "booking",
        ["room_id", "holds_from"],
        unique=False,
        sqlite_where=sa.text("status IN ('confirmed', 'no_show')"),
        postgresql_where=sa.text("status IN ('confirmed', 'no_show')"),
    )
    op.create_index("uq_booking_once_key", "booking", ["once_key"], unique=True)
    op.create_table(
        "checkout",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_checkout_amount_positive")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_checkout_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_checkout_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_checkout_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
        sa.UniqueConstraint("session_id", name=op.f("uq_checkout_session_id")),
    )
    op.create_index(op.f("ix_checkout_invoice_id"), "checkout", ["invoice_id"], unique=False)
    op.create_table(
        "follow_up_answer",
        sa.Column("follow_up_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("operating", sa.Boolean(), nullable=True),
        sa.Column("in_region", sa.Boolean(), nullable=True),
        sa.Column("jobs_ft", sa.Integer(), nullable=True),
        sa.Column("sales_year", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up_id"],
            ["follow_up.id"],
            name=op.f("fk_follow_up_answer_follow_up_id_follow_up"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_answer")),
    )
    op.create_index(
        op.f("ix_follow_up_answer_follow_up_id"), "follow_up_answer", ["follow_up_id"], unique=False
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_until", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_category", sa.String(length=32), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=True),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint(
            "invoice_id", "position", name=op.f("uq_invoice_line_invoice_id_position")
        ),
    )
    op.create_table(
        "invoice_tax",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("taxable", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_tax_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_tax")),
        sa.UniqueConstraint(
            "invoice_id",
            "rate_bp",
            "category",
            name=op.f("uq_invoice_tax_invoice_id_rate_bp_category"),
        ),
    )
    op.create_table(
        "lease",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("area", sa.Integer(), nullable=False),
        sa.Column("rent_steps", sa.JSON(), nullable=False),
        sa.Column("free_months", sa.Integer(), nullable=False),
        sa.Column("proration_entry", sa.String(length=32), nullable=False),
        sa.Column("proration_exit", sa.String(length=32), nullable=False),
        sa.Column("rounding_unit", sa.Integer(), nullable=False),
        sa.Column("deposit_months", sa.Integer(), nullable=False),
        sa.Column("deposit", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(length=32), nullable=False),
        sa.Column("notice_months", sa.Integer(), nullable=False),
        sa.Column("prior_explained_on", sa.Date(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offer_expires_on", sa.Date(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_by_name", sa.String(), nullable=True),
        sa.Column("notice_given_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("renews_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('offered', 'active', 'notice', 'ended', 'declined', 'lapsed')",
            name=op.f("ck_lease_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('active', 'notice') OR signed_on IS NOT NULL",
            name=op.f("ck_lease_active_is_signed"),
        ),
        sa.CheckConstraint(
            "signed_on IS NULL OR prior_explained_on IS NULL OR prior_explained_on <= signed_on",
            name=op.f("ck_lease_explained_before_signed"),
        ),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_lease_days_in_order")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_lease_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_lease_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["renews_id"], ["lease.id"], name=op.f("fk_lease_renews_id_lease")),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["person.id"], name=op.f("fk_lease_signed_by_id_person")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_lease_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        sa.UniqueConstraint("number", name=op.f("uq_lease_number")),
        sa.UniqueConstraint("renews_id", name=op.f("uq_lease_renews_id")),
    )
    op.create_index(
        "ix_lease_facility_days", "lease", ["facility_id", "starts_on", "ends_on"], unique=False
    )
    op.create_index(op.f("ix_lease_organisation_id"), "lease", ["organisation_id"], unique=False)
    op.create_index(
        "ix_no_two_leases_of_a_unit",
        "lease",
        ["unit_id", "starts_on"],
        unique=False,
        sqlite_where=sa.text("status IN ('offered', 'active', 'notice', 'ended')"),
        postgresql_where=sa.text("status IN ('offered', 'active', 'notice', 'ended')"),
    )
    op.create_table(
        "unit_outage",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "until_day IS NULL OR from_day < until_day", name=op.f("ck_unit_outage_days_in_order")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_outage_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_outage")),
    )
    op.create_index(
        "ix_no_two_outages",
        "unit_outage",
        ["unit_id", "from_day"],
        unique=False,
        sqlite_where=None,
        postgresql_where=None,
    )
    op.create_table(
        "charge",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("service_month", sa.Date(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_until", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("tax_category", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(invoice_id IS NULL) OR (cancelled_at IS NULL)",
            name=op.f("ck_charge_invoiced_or_cancelled"),
        ),
        sa.CheckConstraint("service_from <= service_until", name=op.f("ck_charge_days_in_order")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_charge_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_charge_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name=op.f("fk_charge_lease_id_lease")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_charge_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint(
            "kind", "service_month", "source", name=op.f("uq_charge_kind_service_month_source")
        ),
    )
    op.create_index(op.f("ix_charge_invoice_id"), "charge", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_charge_lease_id"), "charge", ["lease_id"], unique=False)
    op.create_index(
        "ix_charge_open", "charge", ["facility_id", "organisation_id", "invoice_id"], unique=False
    )
    op.create_index(op.f("ix_charge_organisation_id"), "charge", ["organisation_id"], unique=False)
    op.create_table(
        "deposit_entry",
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deposit_entry_amount_positive")),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["lease.id"], name=op.f("fk_deposit_entry_lease_id_lease")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_entry")),
    )
    op.create_index(op.f("ix_deposit_entry_lease_id"), "deposit_entry", ["lease_id"], unique=False)
    op.create_table(
        "lease_price",
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["lease.id"], name=op.f("fk_lease_price_lease_id_lease")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_price")),
        sa.UniqueConstraint(
            "lease_id",
            "component",
            "from_day",
            name=op.f("uq_lease_price_lease_id_component_from_day"),
        ),
    )
    op.create_table(
        "lease_subsidy",
        sa.Column("lease_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=True),
        sa.Column("counted_from", sa.Date(), nullable=True),
        sa.Column("drawn_before", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["lease.id"], name=op.f("fk_lease_subsidy_lease_id_lease")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["subsidy_programme.id"],
            name=op.f("fk_lease_subsidy_programme_id_subsidy_programme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_subsidy")),
        sa.UniqueConstraint(
            "lease_id", "programme_id", name=op.f("uq_lease_subsidy_lease_id_programme_id")
        ),
    )
    op.create_index(
        op.f("ix_lease_subsidy_programme_id"), "lease_subsidy", ["programme_id"], unique=False
    )
    op.create_table(
        "mentoring_session",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("booked_by_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("ics_uid", sa.String(), nullable=False),
        sa.Column("ics_sequence", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('booked', 'held', 'cancelled')", name=op.f("ck_mentoring_session_status")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_mentoring_session_times_in_order")),
        sa.ForeignKeyConstraint(
            ["booked_by_id"], ["person.id"], name=op.f("fk_mentoring_session_booked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_mentoring_session_booking_id_booking")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_mentoring_session_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["person.id"], name=op.f("fk_mentoring_session_manager_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_mentoring_session_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentoring_session")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_mentoring_session_booking_id")),
        sa.UniqueConstraint("ics_uid", name=op.f("uq_mentoring_session_ics_uid")),
    )
    op.create_index(
        "ix_mentoring_session_facility_start",
        "mentoring_session",
        ["facility_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_mentoring_session_organisation_start",
        "mentoring_session",
        ["organisation_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_no_two_sessions_of_a_manager",
        "mentoring_session",
        ["manager_id", "starts_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('booked', 'held')"),
        postgresql_where=sa.text("status IN ('booked', 'held')"),
    )
    op.create_table(
        "action_item",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_action_item_facility_id_facility")
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["person.id"], name=op.f("fk_action_item_manager_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_action_item_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["mentoring_session.id"],
            name=op.f("fk_action_item_session_id_mentoring_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_item")),
    )
    op.create_index(op.f("ix_action_item_manager_id"), "action_item", ["manager_id"], unique=False)
    op.create_index(
        "ix_action_item_organisation", "action_item", ["organisation_id", "done_at"], unique=False
    )
    op.create_index(op.f("ix_action_item_session_id"), "action_item", ["session_id"], unique=False)
    op.create_table(
        "session_guest",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_session_guest_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["mentoring_session.id"],
            name=op.f("fk_session_guest_session_id_mentoring_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_guest")),
        sa.UniqueConstraint(
            "session_id", "person_id", name=op.f("uq_session_guest_session_id_person_id")
        ),
    )
    op.create_index(
        op.f("ix_session_guest_person_id"), "session_guest", ["person_id"], unique=False
    )
    op.create_table(
        "session_note",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(length=32), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "visibility IN ('shared', 'private')", name=op.f("ck_session_note_visibility")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_session_note_author_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["mentoring_session.id"],
            name=op.f("fk_session_note_session_id_mentoring_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_note")),
    )
    op.create_index(
        op.f("ix_session_note_session_id"), "session_note", ["session_id"], unique=False
    )
    for promise in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(promise)


def downgrade():
    op.drop_index(op.f("ix_session_note_session_id"), table_name="session_note")
    op.drop_table("session_note")
    op.drop_index(op.f("ix_session_guest_person_id"), table_name="session_guest")
    op.drop_table("session_guest")
    op.drop_index(op.f("ix_action_item_session_id"), table_name="action_item")
    op.drop_index("ix_action_item_organisation", table_name="action_item")
    op.drop_index(op.f("ix_action_item_manager_id"), table_name="action_item")
    op.drop_table("action_item")
    op.drop_index(
        "ix_no_two_sessions_of_a_manager",
        table_name="mentoring_session",
        sqlite_where=sa.text("status IN ('booked', 'held')"),
        postgresql_where=sa.text("status IN ('booked', 'held')"),
    )
    op.drop_index("ix_mentoring_session_organisation_start", table_name="mentoring_session")
    op.drop_index("ix_mentoring_session_facility_start", table_name="mentoring_session")
    op.drop_table("mentoring_session")
    op.drop_index(op.f("ix_lease_subsidy_programme_id"), table_name="lease_subsidy")
    op.drop_table("lease_subsidy")
    op.drop_table("lease_price")
    op.drop_index(op.f("ix_deposit_entry_lease_id"), table_name="deposit_entry")
    op.drop_table("deposit_entry")
    op.drop_index(op.f("ix_charge_organisation_id"), table_name="charge")
    op.drop_index("ix_charge_open", table_name="charge")
    op.drop_index(op.f("ix_charge_lease_id"), table_name="charge")
    op.drop_index(op.f("ix_charge_invoice_id"), table_name="charge")
    op.drop_table("charge")
    op.drop_index(
        "ix_no_two_outages", table_name="unit_outage", sqlite_where=None, postgresql_where=None
    )
    op.drop_table("unit_outage")
    op.drop_index(
        "ix_no_two_leases_of_a_unit",
        table_name="lease",
        sqlite_where=sa.text("status IN ('offered', 'active', 'notice', 'ended')"),
        postgresql_where=sa.text("status IN ('offered', 'active', 'notice', 'ended')"),
    )
    op.drop_index(op.f("ix_lease_organisation_id"), table_name="lease")
    op.drop_index("ix_lease_facility_days", table_name="lease")
    op.drop_table("lease")
    op.drop_table("invoice_tax")
    op.drop_table("invoice_line")
    op.drop_index(op.f("ix_follow_up_answer_follow_up_id"), table_name="follow_up_answer")
    op.drop_table("follow_up_answer")
    op.drop_index(op.f("ix_checkout_invoice_id"), table_name="checkout")
    op.drop_table("checkout")
    op.drop_index("uq_booking_once_key", table_name="booking")
    op.drop_index(
        "ix_no_two_bookings_of_a_room",
        table_name="booking",
        sqlite_where=sa.text("status IN ('confirmed', 'no_show')"),
        postgresql_where=sa.text("status IN ('confirmed', 'no_show')"),
    )
    op.drop_index("ix_booking_organisation_start", table_name="booking")
    op.drop_index("ix_booking_facility_start", table_name="booking")
    op.drop_table("booking")
    op.drop_index(op.f("ix_allocation_payment_id"), table_name="allocation")
    op.drop_index(op.f("ix_allocation_invoice_id"), table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(op.f("ix_unit_floor_id"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("ix_room_floor_id"), table_name="room")
    op.drop_table("room")
    op.drop_index(op.f("ix_role_grant_person_id"), table_name="role_grant")
    op.drop_index("ix_role_grant_organisation", table_name="role_grant")
    op.drop_index("ix_role_grant_facility", table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_index(op.f("ix_posting_organisation_id"), table_name="posting")
    op.drop_index(op.f("ix_posting_entry_id"), table_name="posting")
    op.drop_table("posting")
    op.drop_index("uq_payment_once_key", table_name="payment")
    op.drop_index("uq_payment_external_id", table_name="payment")
    op.drop_index(op.f("ix_payment_organisation_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_index("uq_invoice_run", table_name="invoice")
    op.drop_index("ix_invoice_search", table_name="invoice")
    op.drop_index(op.f("ix_invoice_organisation_id"), table_name="invoice")
    op.drop_index(op.f("ix_invoice_corrects_id"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_index(op.f("ix_follow_up_facility_id"), table_name="follow_up")
    op.drop_table("follow_up")
    op.drop_index(op.f("ix_figures_facility_id"), table_name="figures")
    op.drop_table("figures")
    op.drop_index("ix_exit_proposal_organisation", table_name="exit_proposal")
    op.drop_index(op.f("ix_exit_proposal_facility_id"), table_name="exit_proposal")
    op.drop_table("exit_proposal")
    op.drop_index("ix_audit_entry_subject", table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_organisation_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_facility_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("ix_assignment_organisation", table_name="assignment")
    op.drop_index(
        "ix_assigned_once_at_a_time",
        table_name="assignment",
        sqlite_where=None,
        postgresql_where=None,
    )
    op.drop_table("assignment")
    op.drop_table("webhook_event")
    op.drop_table("subsidy_programme")
    op.drop_index(op.f("ix_sign_in_session_person_id"), table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_index("ix_outbox_mail_due", table_name="outbox_mail")
    op.drop_table("outbox_mail")
    op.drop_index("uq_organisation_corporate_number_facility_id", table_name="organisation")
    op.drop_index(op.f("ix_organisation_facility_id"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_index(op.f("ix_one_time_link_person_id"), table_name="one_time_link")
    op.drop_table("one_time_link")
    op.drop_index(op.f("ix_journal_entry_facility_id"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_table("issuer")
    op.drop_table("import_run")
    op.drop_table("floor")
    op.drop_table("criterion")
    op.drop_table("closed_day")
    op.drop_index(op.f("ix_billing_run_facility_id"), table_name="billing_run")
    op.drop_table("billing_run")
    op.drop_table("availability_exception")
    op.drop_index(op.f("ix_availability_person_id"), table_name="availability")
    op.drop_table("availability")
    op.drop_table("worker_lease")
    op.drop_table("tax_rate")
    op.drop_index("ix_sign_in_attempt_key_at", table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("person")
    op.drop_index("ix_job_run_due", table_name="job_run")
    op.drop_table("job_run")
    op.drop_table("holiday")
    op.drop_table("facility")
    op.drop_table("document")
    op.drop_table("counter")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
