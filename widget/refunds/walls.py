"""Whether the database still has the walls that the migrations built round claims, and every claim its written word.

A dump loaded in part, or somebody who may drop triggers, takes them down without a trace in our own code.
"""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select, text

from widget.db import db, is_postgresql
from widget.refunds.moves import State
from widget.refunds.tables import FACTS, Claim, Confirmation

ON_SQLITE = {
    "fk_claims_confirmation",
    "claims_refuse_insert_without_confirmation",
    "claims_refuse_update_without_confirmation",
    "claims_refuse_insert_over_another",
    "claims_refuse_update_over_another",
    "claims_refuse_delete_at_all",
    "confirmations_refuse_insert_over_another",
    "confirmations_refuse_insert_wrong",
    "confirmations_refuse_update_rewritten",
    "confirmations_refuse_delete_at_all",
}
ON_POSTGRESQL = {
    "fk_claims_confirmation",
    "claims_need_a_confirmation",
    "claims_keep_their_number",
    "claims_are_never_deleted",
    "confirmations_are_right",
    "confirmations_are_kept",
    "confirmations_are_never_deleted",
}
# The constraint stands in the table's own words on SQLite, where nobody can drop it alone.
FOUND_ON_SQLITE = """
  SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('claims', 'confirmations')
  UNION ALL SELECT 'fk_claims_confirmation' FROM sqlite_master
    WHERE name = 'claims' AND sql LIKE '%fk_claims_confirmation%'"""
# A trigger is there and not switched off, in this session either.
FOUND_ON_POSTGRESQL = """
  SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
    AND tgrelid IN ('claims'::regclass, 'confirmations'::regclass)
    AND current_setting('session_replication_role') <> 'replica'
  UNION ALL SELECT conname::text FROM pg_constraint
    WHERE conname = 'fk_claims_confirmation' AND convalidated AND conrelid = 'claims'::regclass"""


def missing() -> set[str]:
    """The triggers and the constraint that are not there, by name. One query."""
    wanted = ON_POSTGRESQL if is_postgresql() else ON_SQLITE
    found = set(db.session.scalars(text(FOUND_ON_POSTGRESQL if is_postgresql() else FOUND_ON_SQLITE)))
    return wanted - found


def without_a_word(at_most: int) -> list[str]:
    """Claims, by reference, that stand where none may without a confirmation that is right. One query."""
    needs_none = [state.value for state in (State.DRAFT, State.REQUESTED, State.WITHDRAWN)]
    is_right = and_(
        Confirmation.id == Claim.confirmation_id,
        Confirmation.claim_id == Claim.id,
        Confirmation.stands,
        func.lower(Confirmation.approver_email) != func.lower(Claim.requested_by_email),
        *(getattr(Confirmation, name) == getattr(Claim, name) for name in FACTS),
    )
    needs_one = or_(Claim.state.not_in(needs_none), Claim.filed_at.is_not(None))
    query = select(Claim.id).where(needs_one, ~select(Confirmation.id).where(is_right).correlate(Claim).exists())
    return [f"R-{number}" for number in db.session.scalars(query.order_by(Claim.id).limit(at_most))]
