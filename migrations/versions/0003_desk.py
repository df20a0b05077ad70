"""What the desk and the admin side need: sessions and passwords, calendars, versions, saved views, API tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OPEN, HANDLED = sa.text("handled_at IS NULL"), sa.text("handled_at IS NOT NULL")

NEW_COLUMNS = {
    "people": [("version", sa.Integer(), "1")],
    "suppliers": [("version", sa.Integer(), "1")],
    "stores": [("version", sa.Integer(), "1")],
    "problem_types": [
        ("needs_picture", sa.Boolean(), sa.false()),
        ("text_en", sa.Text(), ""),
        ("text_zh", sa.Text(), ""),
        ("remind_after", sa.Integer(), "2"),
        ("reminds", sa.Boolean(), sa.true()),
        ("gorgias_tag", sa.Text(), ""),
        ("version", sa.Integer(), "1"),
    ],
    "helpdesks": [
        ("version", sa.Integer(), "1"),
        ("called_at", MOMENT, None),
        ("failures", sa.Integer(), "0"),
        ("failure", sa.Text(), ""),
        ("is_active", sa.Boolean(), None),
        ("looked_at", MOMENT, None),
        ("revived_on", sa.Date(), None),
        ("revived", sa.Integer(), "0"),
    ],
    "problems": [("due_at", MOMENT, None), ("reminded_at", MOMENT, None)],
}
NEW_INDEXES = {
    "ix_problems_open": (["board", "waiting_for", "waiting_since", "id"], OPEN),
    "ix_problems_due": (["due_at"], OPEN),
    "ix_problems_handled": (["board", "handled_at", "id"], HANDLED),
    "ix_problems_reported": (["reported_at"], None),
    "ix_problems_supplier": (["supplier_id", "id"], None),
}
NEW_TABLES = (
    "person_stores",
    "absences",
    "passwords",
    "sign_ins",
    "failed_tries",
    "api_tokens",
    "api_answers",
    "calendars",
    "holidays",
    "waits",
    "saved_views",
    "looking",
    "connection_checks",
)


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))
    for name, (columns, where) in NEW_INDEXES.items():
        op.create_index(name, "problems", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_history_subject_id", "history", ["subject", "id"])
    op.create_index("ix_history_actor_email_id", "history", ["actor_email", "id"])
    _people()
    _credentials()
    _calendars()
    op.create_table(
        "waits",
        sa.Column("id", ID, nullable=False),
        _to("waits", "problem_id", "problems.id", kind=ID, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.CheckConstraint("side IN ('customer_service', 'supplier')", name=op.f("ck_waits_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waits")),
    )
    op.create_index("ix_waits_ended_at", "waits", ["ended_at"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        _to("saved_views", "person_id", "people.id", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_views_person_id_name")),
    )
    op.create_table(
        "looking",
        _to("looking", "problem_id", "problems.id", kind=ID, nullable=False),
        _to("looking", "person_id", "people.id", nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("problem_id", "person_id", name=op.f("pk_looking")),
    )
    op.create_table(
        "connection_checks",
        sa.Column("id", ID, nullable=False),
        _to("connection_checks", "helpdesk_id", "helpdesks.id", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('check', 'install')", name=op.f("ck_connection_checks_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_checks")),
    )
    op.create_index("ix_connection_checks_helpdesk_id", "connection_checks", ["helpdesk_id"])


def _to(table: str, name: str, target: str, *, kind=None, nullable: bool) -> sa.Column:
    return sa.Column(name, kind or sa.Integer(), sa.ForeignKey(target, name=f"fk_{table}_{name}"), nullable=nullable)


def _people() -> None:
    op.create_table(
        "person_stores",
        _to("person_stores", "person_id", "people.id", nullable=False),
        _to("person_stores", "store_id", "stores.id", nullable=False),
        sa.PrimaryKeyConstraint("person_id", "store_id", name=op.f("pk_person_stores")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        _to("absences", "person_id", "people.id", nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        _to("absences", "cover_id", "people.id", nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absences_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_person_id", "absences", ["person_id"])


def _credentials() -> None:
    op.create_table(
        "passwords",
        _to("passwords", "person_id", "people.id", nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", ID, nullable=False),
        _to("sign_ins", "person_id", "people.id", nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("came_by", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"])
    op.create_table(
        "failed_tries",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_tries")),
    )
    op.create_index("ix_failed_tries_account_at", "failed_tries", ["account", "at"])
    op.create_index("ix_failed_tries_address_at", "failed_tries", ["address", "at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        _to("api_tokens", "person_id", "people.id", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_person_id", "api_tokens", ["person_id"])
    op.create_table(
        "api_answers",
        sa.Column("id", ID, nullable=False),
        _to("api_answers", "token_id", "api_tokens.id", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_answers")),
        sa.UniqueConstraint("token_id", "key", name=op.f("uq_api_answers_token_id_key")),
    )
    op.create_index("ix_api_answers_at", "api_answers", ["at"])


def _calendars() -> None:
    calendars = op.create_table(
        "calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        _to("calendars", "supplier_id", "suppliers.id", nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("working_days", sa.Text(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sa.UniqueConstraint("supplier_id", name=op.f("uq_calendars_supplier_id")),
    )
    op.create_table(
        "holidays",
        _to("holidays", "calendar_id", "calendars.id", nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("calendar_id", "day", name=op.f("pk_holidays")),
    )
    usual = {"working_days": "12345", "opens": 9 * 60, "closes": 18 * 60, "version": 1}
    connection = op.get_bind()
    zone = connection.scalar(sa.text("SELECT timezone FROM stores ORDER BY id LIMIT 1")) or "Europe/Amsterdam"
    rows = [{"supplier_id": None, "timezone": zone, **usual}]
    suppliers = connection.execute(sa.text("SELECT id, timezone FROM suppliers ORDER BY id"))
    rows += [{"supplier_id": row.id, "timezone": row.timezone, **usual} for row in suppliers]
    op.bulk_insert(calendars, rows)


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.drop_index("ix_history_actor_email_id", "history")
    op.drop_index("ix_history_subject_id", "history")
    for name in NEW_INDEXES:
        op.drop_index(name, "problems")
    for table, columns in NEW_COLUMNS.items():
        for name, _kind, _default in columns:
            op.drop_column(table, name)
