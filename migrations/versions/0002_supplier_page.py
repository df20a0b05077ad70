"""What the supplier's page needs: pictures, the search for an order's ticket, a language per person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OPEN, HANDLED = sa.text("handled_at IS NULL"), sa.text("handled_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("people", sa.Column("locale", sa.Text(), nullable=False, server_default=""))
    op.add_column("problems", sa.Column("address_before", sa.Text(), nullable=False, server_default=""))
    op.add_column("problems", sa.Column("address_seen_at", MOMENT, nullable=True))
    op.add_column("problems", sa.Column("picture_count", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_problems_supplier_open",
        "problems",
        ["supplier_id", "board", "waiting_since"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_problems_supplier_handled",
        "problems",
        ["supplier_id", "board", "handled_at"],
        sqlite_where=HANDLED,
        postgresql_where=HANDLED,
    )
    _searches()
    _pictures()


def _searches() -> None:
    op.create_table(
        "ticket_searches",
        sa.Column("order_id", ID, sa.ForeignKey("orders.id", name="fk_ticket_searches_order_id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('searching', 'offered', 'opening', 'over')", name=op.f("ck_ticket_searches_state")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_ticket_searches")),
    )
    op.create_table(
        "ticket_candidates",
        sa.Column("order_id", ID, sa.ForeignKey("orders.id", name="fk_ticket_candidates_order_id"), nullable=False),
        sa.Column("gorgias_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("order_id", "gorgias_id", name=op.f("pk_ticket_candidates")),
    )
    op.create_table(
        "waiting_notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, sa.ForeignKey("orders.id", name="fk_waiting_notes_order_id"), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_notes")),
    )
    op.create_index("ix_waiting_notes_order_id", "waiting_notes", ["order_id"])


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("problem_id", ID, sa.ForeignKey("problems.id", name="fk_pictures_problem_id"), nullable=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id", name="fk_pictures_person_id"), nullable=False),
        sa.Column(
            "supplier_id", sa.Integer(), sa.ForeignKey("suppliers.id", name="fk_pictures_supplier_id"), nullable=True
        ),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("has_view", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("key", name=op.f("uq_pictures_key")),
    )
    op.create_index("ix_pictures_problem_id", "pictures", ["problem_id"])
    op.create_index("ix_pictures_person_uploaded", "pictures", ["person_id", "uploaded_at"])
    op.create_index("ix_pictures_supplier_size", "pictures", ["supplier_id", "size"])


def downgrade() -> None:
    for table in ("pictures", "waiting_notes", "ticket_candidates", "ticket_searches"):
        op.drop_table(table)
    op.drop_index("ix_problems_supplier_handled", "problems")
    op.drop_index("ix_problems_supplier_open", "problems")
    for column in ("picture_count", "address_seen_at", "address_before"):
        op.drop_column("problems", column)
    op.drop_column("people", "locale")
    op.drop_column("tickets", "is_open")
