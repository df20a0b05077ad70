"""How customer service hears of what happens to a claim: a note in the ticket it was requested in.

The supplier is tagged once the claim is filed, never before; an approver whose words were found in the ticket is, too,
for others may write there in her name. A claim without a ticket is told of nowhere; it is on the
desk.
"""

from __future__ import annotations

from collections.abc import Sequence

from widget import money, people, tickets
from widget.notes import Attachment, Note, Sentence, claims
from widget.people import Actor, Side
from widget.refunds.tables import Claim
from widget.tickets import Place


def tell(
    claim: Claim, sentence: Sentence, *, by: Actor, at: Place, to_supplier: bool = False, to: str = "",
    pictures: Sequence[Attachment] = (),
) -> None:  # fmt: skip
    """A note in the ticket. `to_supplier` tags the supplier's Gorgias user, `to` whoever of us has that address."""
    helpdesk, home = claim.order.store.helpdesk, at.ticket
    mention = people.find_user(helpdesk.id, to)
    if to_supplier and by.side == Side.CUSTOMER_SERVICE and claim.filed_at is not None:
        mention = people.find_mention(helpdesk.id, claim.supplier)
    note = Note(
        heading=claims.heading(claim.order.name, claim.reference, in_words(claim)),
        sentences=(sentence,),
        url=f"{at.public_url}/claims/{claim.reference}",
        tagged=mention.name if mention else "",
        line=claim.reference,
        by=by.email,
        pictures=tuple(pictures),
    )
    if home is not None:
        if not tickets.join_note(home, note, by=by, mention=mention):
            tickets.post_note(home, note, by=by, mention=mention)
    elif tickets.is_searching(claim.order_id):
        finished = tickets.finished(helpdesk, note, by, mention.gorgias_id if mention else None)
        tickets.keep_for_later(claim.order, finished)


def in_words(claim: Claim) -> str:
    """The amount with its currency; empty on a draft without one."""
    return money.told(claim.amount, claim.currency) if claim.amount is not None else ""


def line_that_confirms(claim: Claim) -> str:
    """What an approver writes in the ticket, on a line of its own, to confirm the claim as it is now."""
    return f"Confirm {claim.reference} {in_words(claim)}"
