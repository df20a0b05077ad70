"""Refund claims, and the lock: nothing is filed without the written confirmation of an approver.

Three walls, each of which stands without the others. CHECKs say which states need a confirmation. One foreign key holds
on to it by everything that was confirmed; it is looked at again when a dump is loaded. Triggers say the same to
whoever has switched foreign keys off, and keep confirmations from being rewritten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
AMOUNT = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")
OPEN = sa.text("state NOT IN ('closed', 'withdrawn') AND issue_key <> ''")

STATES = (
    "'draft', 'requested', 'confirmed', 'filed', 'accepted', 'partly_accepted', 'declined', 'credited', 'closed', "
    "'withdrawn'"
)
LOCKED = "'confirmed', 'filed', 'accepted', 'partly_accepted', 'declined', 'credited', 'closed'"
FACTS = ("order_id", "issue", "day", "amount", "currency")
HELD = ("confirmation_id", "id", "requested_by_email", *FACTS, "confirmation_stands")
CONFIRMED = ("id", "claim_id", "requested_by_email", *FACTS, "stands")

SAME_FACTS = " AND ".join(f"{{a}}.{name} = {{b}}.{name}" for name in ("requested_by_email", *FACTS))

# What is no word at all: trim() alone takes only blanks.
BLANKS = {
    "sqlite": "' ' || char(9, 10, 11, 12, 13, 160, 8203, 12288, 65279)",
    "postgresql": r"E' \t\n\x0b\f\r\u00a0\u200b\u3000\ufeff'",
}
TRIM = {"sqlite": "trim", "postgresql": "btrim"}

# A claim as it is about to be, and the confirmation it holds on to.
HAS_ITS_CONFIRMATION = f"""EXISTS (
  SELECT 1 FROM confirmations c
  WHERE c.id = NEW.confirmation_id AND c.claim_id = NEW.id AND c.stands AND c.voided_at IS NULL
    AND {{said}} <> '' AND lower(c.approver_email) <> lower(NEW.requested_by_email)
    AND {SAME_FACTS.format(a="c", b="NEW")}
    AND (NEW.filed_at IS NULL OR NEW.filed_at <= c.expires_at))"""
# Whatever else a state may be called, and whatever the supplier may see.
NEEDS_ONE = (
    f"(NEW.state NOT IN ('draft', 'requested', 'withdrawn') OR NEW.filed_at IS NOT NULL) AND NOT {HAS_ITS_CONFIRMATION}"
)
NO_CONFIRMATION = "a claim is only filed with the written confirmation of an approver"

# A confirmation as it is about to be written, the claim it is about, and the approver.
IS_RIGHT = f"""EXISTS (
  SELECT 1 FROM claims k
  JOIN people p ON p.id = NEW.approver_id AND p.revoked_at IS NULL
  JOIN person_roles r ON r.person_id = p.id AND r.role = 'approver'
  WHERE k.id = NEW.claim_id AND k.state = 'requested' AND NEW.stands AND NEW.voided_at IS NULL
    AND {{said}} <> '' AND lower(p.email) = lower(NEW.approver_email) AND lower(p.email) <> lower(k.requested_by_email)
    AND {SAME_FACTS.format(a="k", b="NEW")})"""
WRONG_CONFIRMATION = "only an approver other than the requester confirms a claim, as it is now"

KEPT = ("id", "claim_id", "approver_id", "approver", "approver_email", "requested_by_email", "words", "place")
KEPT += ("gorgias_ticket", "gorgias_message", "pointed_at_by", "at", "expires_at", "order_name", *FACTS)
IS_HELD = "EXISTS (SELECT 1 FROM claims k WHERE k.confirmation_id = OLD.id)"
REWRITTEN = "a confirmation is only ever voided, and not while a claim holds on to it"
DELETED = "claims and confirmations are never deleted"

NEW_TABLES = (
    "pointed_messages",
    "credits",
    "credit_note_lines",
    "credit_notes",
    "claim_comments",
)


def upgrade() -> None:
    op.add_column("orders", sa.Column("total", AMOUNT, nullable=True))
    op.add_column("orders", sa.Column("total_currency", sa.Text(), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("has_claims", sa.Boolean(), nullable=False, server_default=sa.false()))
    _reasons()
    _claims()
    _confirmations()
    _answers()
    _credits()
    _pictures()
    if op.get_bind().dialect.name == "sqlite":
        _lock_on_sqlite()
    else:
        _lock_on_postgresql()


def _to(table: str, name: str, target: str, *, kind=None, nullable: bool) -> sa.Column:
    return sa.Column(name, kind or sa.Integer(), sa.ForeignKey(target, name=f"fk_{table}_{name}"), nullable=nullable)


def _reasons() -> None:
    reasons = op.create_table(
        "claim_reasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_other", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.CheckConstraint("name_en NOT LIKE '%;%'", name=op.f("ck_claim_reasons_name_without_semicolon")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_reasons")),
        sa.UniqueConstraint("code", name=op.f("uq_claim_reasons_code")),
    )
    names = ("code", "name_en", "name_zh", "position", "is_other", "version")
    rows = [
        ("returned", "Returned after a shipping exception", "物流异常退回", 1, False, 1),
        ("damaged", "Damaged", "货物损坏", 2, False, 1),
        ("never_shipped", "Never shipped", "从未发货", 3, False, 1),
        ("quality", "Unhappy with the quality", "对质量不满意", 4, False, 1),
        ("lost", "Lost parcel", "包裹丢失", 5, False, 1),
        ("other", "Other", "其他", 6, True, 1),
    ]
    op.bulk_insert(reasons, [dict(zip(names, row, strict=True)) for row in rows])


def _claims() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    held = sa.ForeignKeyConstraint(HELD, [f"confirmations.{name}" for name in CONFIRMED], name="fk_claims_confirmation")
    op.create_table(
        "claims",
        sa.Column("id", ID, nullable=False, autoincrement=True),
        _to("claims", "order_id", "orders.id", kind=ID, nullable=False),
        _to("claims", "supplier_id", "suppliers.id", nullable=False),
        _to("claims", "reason_id", "claim_reasons.id", nullable=False),
        _to("claims", "ticket_id", "tickets.id", kind=ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", MOMENT, nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("amount", AMOUNT, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("reshipment_offered_on", sa.Date(), nullable=True),
        sa.Column("customer_asked", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_by_email", sa.Text(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=True),
        sa.Column("facts_since", MOMENT, nullable=False),
        sa.Column("confirmation_id", ID, nullable=True),
        sa.Column("confirmation_stands", sa.Boolean(), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=True),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("accepted_amount", AMOUNT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("credited", AMOUNT, nullable=False),
        sa.Column("credited_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_claims_state")),
        sa.CheckConstraint(
            f"state NOT IN ({LOCKED}) OR confirmation_id IS NOT NULL", name=op.f("ck_claims_confirmed")
        ),
        sa.CheckConstraint(
            f"state IN ({LOCKED}, 'withdrawn') OR confirmation_id IS NULL", name=op.f("ck_claims_unconfirmed")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'requested', 'confirmed', 'withdrawn') OR filed_at IS NOT NULL",
            name=op.f("ck_claims_filed"),
        ),
        sa.CheckConstraint(
            "filed_at IS NULL OR (state NOT IN ('draft', 'requested', 'confirmed') AND confirmation_id IS NOT NULL)",
            name=op.f("ck_claims_seen"),
        ),
        sa.CheckConstraint("confirmation_stands", name=op.f("ck_claims_stands")),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (issue <> '' AND issue_key <> '' AND day IS NOT NULL"
            " AND amount IS NOT NULL AND amount > 0 AND requested_at IS NOT NULL)",
            name=op.f("ck_claims_complete"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (reshipment_offered_on IS NOT NULL AND customer_asked)",
            name=op.f("ck_claims_reshipment_first"),
        ),
        sa.CheckConstraint("length(issue) <= 500", name=op.f("ck_claims_issue")),
        sa.CheckConstraint("amount IS NULL OR amount > 0", name=op.f("ck_claims_amount")),
        sa.CheckConstraint("requested_by_email <> ''", name=op.f("ck_claims_requested_by")),
        sa.CheckConstraint(
            "accepted_amount IS NULL OR (accepted_amount > 0 AND accepted_amount <= amount)",
            name=op.f("ck_claims_accepted"),
        ),
        sa.CheckConstraint("credited >= 0", name=op.f("ck_claims_credited")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        # PostgreSQL wants the other table first.
        *([held] if is_sqlite else []),
    )
    op.create_index(
        "uq_claims_open", "claims", ["order_id", "issue_key"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_claims_state", "claims", ["state", "state_since", "id"])
    op.create_index("ix_claims_supplier", "claims", ["supplier_id", "state", "id"])
    op.create_index("ix_claims_filed_at", "claims", ["filed_at"])


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("id", ID, nullable=False),
        _to("confirmations", "claim_id", "claims.id", kind=ID, nullable=False),
        _to("confirmations", "approver_id", "people.id", nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("approver_email", sa.Text(), nullable=False),
        sa.Column("requested_by_email", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("gorgias_ticket", sa.BigInteger(), nullable=True),
        sa.Column("gorgias_message", sa.BigInteger(), nullable=True),
        sa.Column("pointed_at_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("order_name", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("voided_by", sa.Text(), nullable=False),
        sa.Column("voided_with", sa.Text(), nullable=False),
        sa.Column("voided_because", sa.Text(), nullable=False),
        sa.CheckConstraint("trim(words) <> ''", name=op.f("ck_confirmations_words")),
        sa.CheckConstraint(
            "lower(approver_email) <> lower(requested_by_email)", name=op.f("ck_confirmations_not_the_requester")
        ),
        sa.CheckConstraint("place IN ('desk', 'ticket', 'slack')", name=op.f("ck_confirmations_place")),
        sa.CheckConstraint("stands = (voided_at IS NULL)", name=op.f("ck_confirmations_voided")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_confirmations_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint(*CONFIRMED, name="uq_confirmations_held"),
        sa.UniqueConstraint("gorgias_ticket", "gorgias_message", name="uq_confirmations_message"),
    )
    op.create_index("ix_confirmations_claim_id", "confirmations", ["claim_id"])
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key("fk_claims_confirmation", "claims", "confirmations", list(HELD), list(CONFIRMED))


def _answers() -> None:
    op.create_table(
        "claim_comments",
        sa.Column("id", ID, nullable=False),
        _to("claim_comments", "claim_id", "claims.id", kind=ID, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("side IN ('customer_service', 'supplier')", name=op.f("ck_claim_comments_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_comments")),
    )
    op.create_index("ix_claim_comments_claim_id", "claim_comments", ["claim_id"])
    op.create_table(
        "pointed_messages",
        sa.Column("id", ID, nullable=False),
        _to("pointed_messages", "claim_id", "claims.id", kind=ID, nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("gorgias_ticket", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_email", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("refusal", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pointed_messages")),
    )
    op.create_index("ix_pointed_messages_claim_id", "pointed_messages", ["claim_id"])


def _credits() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("id", ID, nullable=False),
        _to("credit_notes", "supplier_id", "suppliers.id", nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("supplier_id", "invoice", name=op.f("uq_credit_notes_supplier_id_invoice")),
    )
    op.create_table(
        "credit_note_lines",
        sa.Column("id", ID, nullable=False),
        _to("credit_note_lines", "credit_note_id", "credit_notes.id", kind=ID, nullable=False),
        sa.Column("order_name", sa.Text(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        _to("credit_note_lines", "claim_id", "claims.id", kind=ID, nullable=True),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_credit_note_lines_amount")),
        sa.CheckConstraint(
            "fit IN ('full', 'partial', 'over', 'unknown')", name=op.f("ck_credit_note_lines_fit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note_lines")),
    )
    op.create_index("ix_credit_note_lines_credit_note_id", "credit_note_lines", ["credit_note_id"])
    op.create_index("ix_credit_note_lines_claim_id", "credit_note_lines", ["claim_id"])
    op.create_table(
        "credits",
        sa.Column("id", ID, nullable=False),
        _to("credits", "claim_id", "claims.id", kind=ID, nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        _to("credits", "credit_note_line_id", "credit_note_lines.id", kind=ID, nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.Column("taken_back_by", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_credits_amount")),
        sa.CheckConstraint("invoice <> ''", name=op.f("ck_credits_invoice")),
        sa.CheckConstraint("side IN ('customer_service', 'supplier')", name=op.f("ck_credits_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint("credit_note_line_id", name=op.f("uq_credits_credit_note_line_id")),
    )
    op.create_index("ix_credits_claim_id", "credits", ["claim_id"])
    op.create_index("ix_credits_day", "credits", ["day"])


def _pictures() -> None:
    """Evidence. SQLite adds a column with its foreign key only in words of its own."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE pictures ADD COLUMN claim_id INTEGER CONSTRAINT fk_pictures_claim_id REFERENCES claims (id)"
        )
    else:
        op.add_column("pictures", sa.Column("claim_id", ID, nullable=True))
        op.create_foreign_key("fk_pictures_claim_id", "pictures", "claims", ["claim_id"], ["id"])
    op.create_index("ix_pictures_claim_id", "pictures", ["claim_id"])


def _said(condition: str, words: str) -> str:
    """The condition with the words trimmed of everything that cannot be seen."""
    name = op.get_bind().dialect.name
    return condition.format(said=f"{TRIM[name]}({words}, {BLANKS[name]})")


def _lock_on_sqlite() -> None:
    for event in ("INSERT", "UPDATE"):
        _refuse("claims", event, "without_confirmation", _said(NEEDS_ONE, "c.words"), NO_CONFIRMATION)
    # OR REPLACE deletes what is in the way, and no trigger hears of that.
    in_the_way = (
        "SELECT 1 FROM claims k WHERE k.order_id = NEW.order_id AND k.issue_key = NEW.issue_key AND k.issue_key <> ''"
        " AND k.state NOT IN ('closed', 'withdrawn') AND NEW.state NOT IN ('closed', 'withdrawn')"
    )
    _refuse(
        "claims", "INSERT", "over_another",
        f"EXISTS (SELECT 1 FROM claims k WHERE k.id = NEW.id) OR EXISTS ({in_the_way})", DELETED,
    )  # fmt: skip
    _refuse("claims", "UPDATE", "over_another", f"NEW.id <> OLD.id OR EXISTS ({in_the_way} AND k.id <> NEW.id)", DELETED)
    _refuse("claims", "DELETE", "at_all", "1", DELETED)
    over_another = (
        "EXISTS (SELECT 1 FROM confirmations c WHERE c.id = NEW.id"
        " OR (c.gorgias_ticket = NEW.gorgias_ticket AND c.gorgias_message = NEW.gorgias_message))"
    )
    _refuse("confirmations", "INSERT", "over_another", over_another, DELETED)
    _refuse("confirmations", "INSERT", "wrong", f"NOT {_said(IS_RIGHT, 'NEW.words')}", WRONG_CONFIRMATION)
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
    _refuse("confirmations", "UPDATE", "rewritten", f"{changed} OR NOT OLD.stands OR {IS_HELD}", REWRITTEN)
    _refuse("confirmations", "DELETE", "at_all", "1", DELETED)


def _refuse(table: str, event: str, what: str, when: str, words: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuse_{event.lower()}_{what} BEFORE {event} ON {table} "
        f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def _lock_on_postgresql() -> None:
    # A temporary table of the same name, which anybody may make, would be asked before ours.
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    language = f"LANGUAGE plpgsql SET search_path = {schema}, pg_temp"
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
    for name, table, event, when, words in (
        ("claims_need_a_confirmation", "claims", "INSERT OR UPDATE", _said(NEEDS_ONE, "c.words"), NO_CONFIRMATION),
        ("claims_keep_their_number", "claims", "UPDATE", "NEW.id <> OLD.id", DELETED),
        ("confirmations_are_right", "confirmations", "INSERT", f"NOT {_said(IS_RIGHT, 'NEW.words')}", WRONG_CONFIRMATION),
        (
            "confirmations_are_kept",
            "confirmations",
            "UPDATE",
            f"{changed} OR NOT OLD.stands OR {IS_HELD}",
            REWRITTEN,
        ),
    ):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger {language} AS $$ BEGIN IF {when} THEN "
            f"RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute(
        f"CREATE FUNCTION claims_are_never_deleted() RETURNS trigger {language} AS "
        f"$$ BEGIN RAISE EXCEPTION '{DELETED}' USING ERRCODE = 'check_violation'; END $$"
    )
    for table in ("claims", "confirmations"):
        op.execute(
            f"CREATE TRIGGER {table}_are_never_deleted BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION claims_are_never_deleted()"
        )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_index("ix_pictures_claim_id", "pictures")
    if is_sqlite:
        with op.batch_alter_table("pictures") as pictures:
            pictures.drop_column("claim_id")
    else:
        op.drop_column("pictures", "claim_id")
        op.drop_constraint("fk_claims_confirmation", "claims", type_="foreignkey")
    for table in (*NEW_TABLES, "confirmations", "claims", "claim_reasons"):
        op.drop_table(table)
    if not is_sqlite:
        for name in (
            "claims_need_a_confirmation",
            "claims_keep_their_number",
            "confirmations_are_right",
            "confirmations_are_kept",
            "claims_are_never_deleted",
        ):
            op.execute(f"DROP FUNCTION {name}()")
    for column in ("has_claims", "total_currency", "total"):
        op.drop_column("orders", column)
