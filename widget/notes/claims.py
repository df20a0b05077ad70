"""The sentences about refund claims: one function per sentence. Internal notes only; no customer ever reads one."""

from __future__ import annotations

from datetime import date

from widget.notes.note import Sentence, words_in


def heading(order_name: str, reference: str, amount: str, locale: str = "en") -> str:
    """Which order, which claim, and how much a note is about."""
    return words_in(locale)("Order {order} · {reference} refund claim, {amount}").format(
        order=order_name, reference=reference, amount=amount
    )


def requested(by: str, issue: str, day: date, how_to: str, locale: str = "en") -> Sentence:
    """An agent wants a claim filed; an approver is asked. `how_to` is the line that confirms it right here."""
    say = words_in(locale)
    return Sentence(
        "claim_requested",
        say("{by} asks for money back from the supplier. What happened on {day}:").format(by=by, day=day.isoformat()),
        issue,
        say(
            "An approver other than {by} has to confirm this in writing: on the desk, or with an internal note here "
            "that has the line “{line}”."
        ).format(by=by, line=how_to),
    )


def changed(by: str, what: str, *, is_void: bool, locale: str = "en") -> Sentence:
    """Somebody changed what a claim is about. `what` tells old and new."""
    say = words_in(locale)
    words = (
        say("{by} changed the claim. The confirmation it had is void.") if is_void else say("{by} changed the claim.")
    )
    ask = say("It has to be confirmed in writing as it is now.")
    return Sentence("claim_changed", words.format(by=by), what, ask)


def confirmed(approver: str, words: str, locale: str = "en") -> Sentence:
    """An approver confirmed a claim in writing."""
    say = words_in(locale)
    return Sentence("claim_confirmed", say("{by} confirmed the claim in writing:").format(by=approver), words)


def confirmed_here(by: str, approver: str, words: str, locale: str = "en") -> Sentence:
    """Somebody pointed at the note in this ticket in which an approver confirmed a claim; the approver is tagged."""
    say = words_in(locale)
    return Sentence(
        "claim_confirmed",
        say("{approver} confirmed the claim in writing here, as {by} pointed out:").format(approver=approver, by=by),
        words,
        say("{approver}, if these are not your words, send the claim back on its page.").format(approver=approver),
    )


def sent_back(approver: str, words: str, locale: str = "en") -> Sentence:
    """An approver does not confirm it as it is."""
    say = words_in(locale)
    return Sentence(
        "claim_sent_back",
        say("{by} does not confirm the claim:").format(by=approver),
        words,
        say("Change it and request it again, or withdraw it."),
    )


def expired(days: int, locale: str = "en") -> Sentence:
    """A confirmation was not used in time."""
    say = words_in(locale)
    return Sentence(
        "claim_expired",
        say("The confirmation was not used within {days} days and is void.").format(days=days),
        "",
        say("The claim has to be confirmed in writing again before it is filed."),
    )


def filed(by: str, approver: str, supplier: str, locale: str = "en") -> Sentence:
    """The supplier can see the claim now."""
    say = words_in(locale)
    return Sentence(
        "claim_filed",
        say("{by} filed the claim with {supplier}, as {approver} confirmed it.").format(
            by=by, supplier=supplier, approver=approver
        ),
        "",
        say("Please accept the claim, accept a part of it, or decline it with a reason, on your page under Refunds."),
    )


def accepted(by: str, amount: str, words: str, locale: str = "en") -> Sentence:
    """The supplier pays all of it, or the amount he named."""
    say = words_in(locale)
    return Sentence(
        "claim_accepted",
        say("The supplier ({by}) accepts {amount}.").format(by=by, amount=amount),
        words,
        say("The credit follows. Nothing to do until then."),
    )


def partly_accepted(by: str, amount: str, of: str, words: str, locale: str = "en") -> Sentence:
    """The supplier pays less than was claimed."""
    say = words_in(locale)
    return Sentence(
        "claim_accepted",
        say("The supplier ({by}) accepts {amount} of {of}:").format(by=by, amount=amount, of=of),
        words,
        say("Leave it at that, or ask again, on the claim's page."),
    )


def declined(by: str, words: str, locale: str = "en") -> Sentence:
    """The supplier does not pay."""
    say = words_in(locale)
    return Sentence(
        "claim_declined",
        say("The supplier ({by}) declines the claim:").format(by=by),
        words,
        say("Ask again or close the claim, on its page."),
    )


def insisted(by: str, words: str, locale: str = "en") -> Sentence:
    """Customer service does not agree with the supplier's answer."""
    say = words_in(locale)
    return Sentence(
        "claim_insisted",
        say("{by} asks the supplier again:").format(by=by),
        words,
        say("Please look at the claim once more, on your page under Refunds."),
    )


def credited(by: str, amount: str, invoice: str, outstanding: str, locale: str = "en") -> Sentence:
    """Money came. `outstanding` is what is missing, empty for nothing."""
    say = words_in(locale)
    words = (
        say("{by}: {amount} credited on invoice {invoice}, {outstanding} still open.")
        if outstanding
        else say("{by}: {amount} credited on invoice {invoice}, nothing open any more.")
    )
    return Sentence("claim_credited", words.format(by=by, amount=amount, invoice=invoice, outstanding=outstanding))


def credit_taken_back(by: str, amount: str, invoice: str, locale: str = "en") -> Sentence:
    """A credit was entered by mistake."""
    words = words_in(locale)("{by} took back the credit of {amount} on invoice {invoice}.")
    return Sentence("claim_credit_taken_back", words.format(by=by, amount=amount, invoice=invoice))


def commented(by: str, words: str, locale: str = "en") -> Sentence:
    """Customer service wrote to the supplier about a claim."""
    say = words_in(locale)
    return Sentence(
        "claim_comment",
        say("{by} writes to the supplier about the claim:").format(by=by),
        words,
        say("Please answer on your page under Refunds."),
    )


def supplier_commented(by: str, words: str, locale: str = "en") -> Sentence:
    """The supplier wrote about a claim."""
    say = words_in(locale)
    return Sentence(
        "claim_comment",
        say("The supplier ({by}) writes about the claim:").format(by=by),
        words,
        say("Answer on the claim's page."),
    )


def closed(by: str, words: str, locale: str = "en") -> Sentence:
    """Nothing more is wanted."""
    return Sentence("claim_closed", words_in(locale)("{by} closed the claim.").format(by=by), words)


def withdrawn(by: str, words: str, locale: str = "en") -> Sentence:
    """The shop does not want the money after all."""
    return Sentence("claim_withdrawn", words_in(locale)("{by} withdrew the claim:").format(by=by), words)
