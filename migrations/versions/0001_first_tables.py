"""The first tables, the types everybody starts with, and a history nobody can rewrite."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('helpdesks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('api_key_sealed', sa.Text(), nullable=False),
    sa.Column('hook_secret_sealed', sa.Text(), nullable=False),
    sa.Column('hook_secret_hash', sa.Text(), nullable=False),
    sa.Column('calls_allowed', sa.Integer(), nullable=False),
    sa.Column('calls_period_seconds', sa.Integer(), nullable=False),
    sa.Column('integration_id', sa.BigInteger(), nullable=True),
    sa.Column('widget_id', sa.BigInteger(), nullable=True),
    sa.Column('api_user_id', sa.BigInteger(), nullable=True),
    sa.Column('users_copied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('catalogue_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_helpdesks')),
    sa.UniqueConstraint('name', name=op.f('uq_helpdesks_name'))
    )
    op.create_table('history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('actor_email', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('old', sa.Text(), nullable=False),
    sa.Column('new', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history'))
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_history_subject_subject_id_field'), ['subject', 'subject_id', 'field'], unique=False)

    op.create_table('outbox_accounts',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('calls_allowed', sa.Integer(), nullable=False),
    sa.Column('calls_period_seconds', sa.Integer(), nullable=False),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('outcomes', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('chores_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('copies_removed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_outbox_accounts'))
    )
    op.create_table('outbox_calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_calls'))
    )
    with op.batch_alter_table('outbox_calls', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_calls_account_at', ['account', 'at'], unique=False)

    op.create_table('outbox_lanes',
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('next_seq', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('holder', sa.Text(), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_outbox_lanes'))
    )
    with op.batch_alter_table('outbox_lanes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_lanes_account'), ['account'], unique=False)
        batch_op.create_index(batch_op.f('ix_outbox_lanes_due_at'), ['due_at'], unique=False)

    op.create_table('outbox_messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('state', sa.Enum('queued', 'sending', 'unknown', 'sent', 'parked', name='state', native_enum=False, length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('crashes', sa.Integer(), nullable=False),
    sa.Column('trying_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unknown_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('looked_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ambiguous', sa.Boolean(), nullable=False),
    sa.Column('verify_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verifications', sa.Integer(), nullable=False),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_messages')),
    sa.UniqueConstraint('external_id', name=op.f('uq_outbox_messages_external_id')),
    sa.UniqueConstraint('lane', 'seq', name=op.f('uq_outbox_messages_lane_seq'))
    )
    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_messages_open', ['lane', 'seq'], unique=False, sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))
        batch_op.create_index('ix_outbox_messages_verify', ['lane', 'verify_at'], unique=False, sqlite_where=sa.text('verify_at IS NOT NULL'), postgresql_where=sa.text('verify_at IS NOT NULL'))

    op.create_table('presses',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_presses'))
    )
    with op.batch_alter_table('presses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_presses_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_presses_fingerprint'), ['fingerprint'], unique=False)

    op.create_table('problem_types',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('board', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('name_zh', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_other', sa.Boolean(), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("name_en NOT LIKE '%;%'", name=op.f('ck_problem_types_name_without_semicolon')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem_types')),
    sa.UniqueConstraint('board', 'code', name=op.f('uq_problem_types_board_code'))
    )
    op.create_table('suppliers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('mention_email', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suppliers')),
    sa.UniqueConstraint('name', name=op.f('uq_suppliers_name'))
    )
    op.create_table('helpdesk_users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('helpdesk_id', sa.Integer(), nullable=False),
    sa.Column('gorgias_id', sa.BigInteger(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['helpdesk_id'], ['helpdesks.id'], name=op.f('fk_helpdesk_users_helpdesk_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_helpdesk_users')),
    sa.UniqueConstraint('helpdesk_id', 'gorgias_id', name=op.f('uq_helpdesk_users_helpdesk_id_gorgias_id'))
    )
    with op.batch_alter_table('helpdesk_users', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_helpdesk_users_email'), ['email'], unique=False)

    op.create_table('people',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['supplier_id'], ['suppliers.id'], name=op.f('fk_people_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
    sa.UniqueConstraint('email', name=op.f('uq_people_email'))
    )
    op.create_table('stores',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('helpdesk_id', sa.Integer(), nullable=False),
    sa.Column('order_pattern', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['helpdesk_id'], ['helpdesks.id'], name=op.f('fk_stores_helpdesk_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stores')),
    sa.UniqueConstraint('code', name=op.f('uq_stores_code'))
    )
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stores_helpdesk_id'), ['helpdesk_id'], unique=False)

    op.create_table('tickets',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('helpdesk_id', sa.Integer(), nullable=False),
    sa.Column('gorgias_id', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('tags', sa.Text(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['helpdesk_id'], ['helpdesks.id'], name=op.f('fk_tickets_helpdesk_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('helpdesk_id', 'gorgias_id', name=op.f('uq_tickets_helpdesk_id_gorgias_id'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tickets_helpdesk_id_customer_id'), ['helpdesk_id', 'customer_id'], unique=False)

    op.create_table('orders',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_orders_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('store_id', 'name', name=op.f('uq_orders_store_id_name'))
    )
    op.create_table('person_roles',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_person_roles_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'role', name=op.f('pk_person_roles'))
    )
    op.create_table('sign_in_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_sign_in_links_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_in_links_token_hash'))
    )
    with op.batch_alter_table('sign_in_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_links_person_id'), ['person_id'], unique=False)

    op.create_table('supplier_stores',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_supplier_stores_store_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['suppliers.id'], name=op.f('fk_supplier_stores_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_stores')),
    sa.UniqueConstraint('supplier_id', 'store_id', name=op.f('uq_supplier_stores_supplier_id_store_id'))
    )
    with op.batch_alter_table('supplier_stores', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supplier_stores_store_id'), ['store_id'], unique=False)

    op.create_table('problems',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('board', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('type_id', sa.Integer(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('informed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('comment_cs', sa.Text(), nullable=False),
    sa.Column('comment_supplier', sa.Text(), nullable=False),
    sa.Column('waiting_for', sa.Text(), nullable=False),
    sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_by', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("board IN ('problem_sheet', 'photo_issues')", name=op.f('ck_problems_board')),
    sa.CheckConstraint("problem <> ''", name=op.f('ck_problems_problem')),
    sa.CheckConstraint("waiting_for IN ('customer_service', 'supplier')", name=op.f('ck_problems_waiting_for')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_problems_order_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['suppliers.id'], name=op.f('fk_problems_supplier_id')),
    sa.ForeignKeyConstraint(['type_id'], ['problem_types.id'], name=op.f('fk_problems_type_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problems'))
    )
    with op.batch_alter_table('problems', schema=None) as batch_op:
        batch_op.create_index('ix_problems_order', ['order_id'], unique=False)
        batch_op.create_index('ix_problems_order_open', ['order_id'], unique=False, sqlite_where=sa.text('handled_at IS NULL'), postgresql_where=sa.text('handled_at IS NULL'))

    op.create_table('ticket_orders',
    sa.Column('ticket_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('found_in', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_ticket_orders_order_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_orders_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', 'order_id', name=op.f('pk_ticket_orders'))
    )
    with op.batch_alter_table('ticket_orders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_orders_order_id'), ['order_id'], unique=False)

    op.create_table('comments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('problem_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("side IN ('customer_service', 'supplier')", name=op.f('ck_comments_side')),
    sa.ForeignKeyConstraint(['problem_id'], ['problems.id'], name=op.f('fk_comments_problem_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comments'))
    )
    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comments_problem_id_side_id'), ['problem_id', 'side', 'id'], unique=False)

    _start_with_types()
    _make_history_append_only()


def _start_with_types() -> None:
    types = sa.table(
        "problem_types",
        *(sa.column(name) for name in ("board", "code", "name_en", "name_zh", "position")),
        sa.column("is_other", sa.Boolean),
    )
    names = ("board", "code", "name_en", "name_zh", "position", "is_other")
    rows = [
        ('problem_sheet', 'address_incomplete', 'Address incomplete', '地址不完整', 1, False),
        ('problem_sheet', 'address_wrong', 'Address wrong', '地址错误', 2, False),
        ('problem_sheet', 'sold_out', 'Item sold out', '缺货', 3, False),
        ('problem_sheet', 'shipping', 'Shipping problem', '物流问题', 4, False),
        ('problem_sheet', 'other', 'Other', '其他', 5, True),
        ('photo_issues', 'picture_missing', 'Picture missing', '缺少照片', 1, False),
        ('photo_issues', 'wrong_size', 'Wrong size', '尺寸不对', 2, False),
        ('photo_issues', 'dark_or_blurred', 'Too dark or blurred', '太暗或模糊', 3, False),
        ('photo_issues', 'wrong_crop', 'Wrong crop', '裁剪不对', 4, False),
        ('photo_issues', 'redesign', 'Redesign wanted', '需要重新设计', 5, False),
        ('photo_issues', 'design_question', 'Design or size question', '设计或尺寸问题', 6, False),
        ('photo_issues', 'other', 'Other', '其他', 7, True),
    ]
    op.bulk_insert(types, [dict(zip(names, row, strict=True)) for row in rows])


def _make_history_append_only() -> None:
    """Refuse changes in the database itself: neither a script nor a mistake of ours rewrites what happened."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER history_refuses_{event.lower()} BEFORE {event} ON history "
                "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER history_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history "
        "FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"
    )


def downgrade() -> None:
    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_comments_problem_id_side_id'))

    op.drop_table('comments')
    with op.batch_alter_table('ticket_orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_orders_order_id'))

    op.drop_table('ticket_orders')
    with op.batch_alter_table('problems', schema=None) as batch_op:
        batch_op.drop_index('ix_problems_order_open', sqlite_where=sa.text('handled_at IS NULL'), postgresql_where=sa.text('handled_at IS NULL'))
        batch_op.drop_index('ix_problems_order')

    op.drop_table('problems')
    with op.batch_alter_table('supplier_stores', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_supplier_stores_store_id'))

    op.drop_table('supplier_stores')
    with op.batch_alter_table('sign_in_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_links_person_id'))

    op.drop_table('sign_in_links')
    op.drop_table('person_roles')
    op.drop_table('orders')
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tickets_helpdesk_id_customer_id'))

    op.drop_table('tickets')
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stores_helpdesk_id'))

    op.drop_table('stores')
    op.drop_table('people')
    with op.batch_alter_table('helpdesk_users', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_helpdesk_users_email'))

    op.drop_table('helpdesk_users')
    op.drop_table('suppliers')
    op.drop_table('problem_types')
    with op.batch_alter_table('presses', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_presses_fingerprint'))
        batch_op.drop_index(batch_op.f('ix_presses_at'))

    op.drop_table('presses')
    with op.batch_alter_table('outbox_messages', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_messages_verify', sqlite_where=sa.text('verify_at IS NOT NULL'), postgresql_where=sa.text('verify_at IS NOT NULL'))
        batch_op.drop_index('ix_outbox_messages_open', sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))

    op.drop_table('outbox_messages')
    with op.batch_alter_table('outbox_lanes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_lanes_due_at'))
        batch_op.drop_index(batch_op.f('ix_outbox_lanes_account'))

    op.drop_table('outbox_lanes')
    with op.batch_alter_table('outbox_calls', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_calls_account_at')

    op.drop_table('outbox_calls')
    op.drop_table('outbox_accounts')
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_history_subject_subject_id_field'))

    op.drop_table('history')
    op.drop_table('helpdesks')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_is_append_only()")
