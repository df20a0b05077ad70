"""What has to be so of all claims, asked with SQL of its own: nothing of the code that it judges is used here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

# Whoever is confirmed or further, or was ever shown to the supplier, and has no written word to stand on.
UNLAWFUL = text(
    """
    SELECT k.id, k.state FROM claims k
    WHERE k.id >= :since AND (k.state NOT IN ('draft', 'requested', 'withdrawn') OR k.filed_at IS NOT NULL)
      AND NOT EXISTS (
        SELECT 1 FROM confirmations c
        WHERE c.id = k.confirmation_id AND c.claim_id = k.id AND c.voided_at IS NULL AND c.stands
          AND c.words <> '' AND lower(c.approver_email) <> lower(k.requested_by_email)
          AND c.order_id = k.order_id AND c.issue = k.issue AND c.day = k.day
          AND c.amount = k.amount AND c.currency = k.currency
          AND EXISTS (SELECT 1 FROM people p WHERE p.id = c.approver_id AND lower(p.email) = lower(c.approver_email))
      )
    """
)
TWICE = text(
    """
    SELECT order_id, issue_key, count(*) FROM claims
    WHERE id >= :since AND state NOT IN ('closed', 'withdrawn') AND issue_key <> ''
    GROUP BY order_id, issue_key HAVING count(*) > 1
    """
)
MISCOUNTED = text(
    """
    SELECT k.id FROM claims k WHERE k.id >= :since AND k.credited <>
      (SELECT coalesce(sum(c.amount), 0) FROM credits c WHERE c.claim_id = k.id AND c.taken_back_at IS NULL)
    """
)
FACTS_MISSING = text(
    """
    SELECT id FROM claims WHERE id >= :since AND state NOT IN ('draft', 'withdrawn')
      AND (reshipment_offered_on IS NULL OR NOT customer_asked OR amount IS NULL OR amount <= 0 OR day IS NULL)
    """
)


def broken(connection: Any, *, since: int = 0) -> list[str]:
    """Which of these do not hold of the claims from that number on."""
    rules = {"no confirmation": UNLAWFUL, "claimed twice": TWICE, "miscounted": MISCOUNTED, "facts": FACTS_MISSING}
    return [name for name, query in rules.items() if connection.execute(query, {"since": since}).first() is not None]
