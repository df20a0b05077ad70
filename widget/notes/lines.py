"""The sentences about lines and tickets: one function per sentence. None of them mentions money."""

from __future__ import annotations

from datetime import datetime

from widget.notes.note import INFORMED, Note, Sentence, words_in


def heading(order_name: str, reference: str, type_name: str, locale: str = "en") -> str:
    """Which order and which line a note is about."""
    return words_in(locale)("Order {order} · {reference} {type}").format(
        order=order_name, reference=reference, type=type_name
    )


def reported(by: str, type_name: str, problem: str, locale: str = "en") -> Sentence:
    """Customer service reported something to the supplier."""
    say = words_in(locale)
    return Sentence(
        "reported",
        say("{by} reported: {type}").format(by=by, type=type_name),
        problem,
        say("Please look into it and answer on the line, or mark it as handled."),
    )


def supplier_reported(by: str, type_name: str, problem: str, locale: str = "en") -> Sentence:
    """The supplier reported something; customer service is asked."""
    say = words_in(locale)
    return Sentence(
        "reported",
        say("The supplier ({by}) reported: {type}").format(by=by, type=type_name),
        problem,
        say("Inform the customer if he has to be asked, or answer the supplier with the buttons beside this ticket."),
    )


def customer_informed(by: str, locale: str = "en") -> Sentence:
    """An agent told the customer."""
    say = words_in(locale)
    return Sentence(
        INFORMED,
        say("{by} has informed the customer.").format(by=by),
        "",
        say("Nothing to do for the supplier yet: the customer's answer follows."),
    )


def not_informed(by: str, locale: str = "en") -> Sentence:
    """An agent told the customer after all not."""
    words = words_in(locale)("{by} took back that the customer has been informed.").format(by=by)
    return Sentence("not_informed", words)


def address_taken_back(by: str, locale: str = "en") -> Sentence:
    """An agent took the delivery address back, and there was none before."""
    say = words_in(locale)
    return Sentence(
        "address_taken_back",
        say("{by} took the delivery address back.").format(by=by),
        "",
        say("Please do not send the painting to it: the right address follows."),
    )


def address_saved(by: str, address: str, locale: str = "en") -> Sentence:
    """An agent saved the delivery address."""
    say = words_in(locale)
    return Sentence(
        "address",
        say("{by} saved the delivery address:").format(by=by),
        address,
        say("Please send the painting to this address and mark the line as handled."),
    )


def commented(by: str, comment: str, locale: str = "en") -> Sentence:
    """An agent wrote to the supplier."""
    say = words_in(locale)
    return Sentence(
        "comment",
        say("{by} writes to the supplier:").format(by=by),
        comment,
        say("Please answer on the line, or mark it as handled."),
    )


def supplier_commented(by: str, comment: str, locale: str = "en") -> Sentence:
    """The supplier wrote to customer service."""
    say = words_in(locale)
    return Sentence(
        "comment",
        say("The supplier ({by}) writes:").format(by=by),
        comment,
        say("Answer with the buttons beside this ticket."),
    )


def pictures_added(by: str, count: int, locale: str = "en") -> Sentence:
    """The supplier added pictures to a line."""
    say = words_in(locale)
    words = (
        say("The supplier ({by}) added a picture.")
        if count == 1
        else say("The supplier ({by}) added {count} pictures.")
    )
    return Sentence("pictures", words.format(by=by, count=count), "", say("Have a look at it."))


def address_seen(by: str, locale: str = "en") -> Sentence:
    """The supplier confirmed that he has seen the new address."""
    return Sentence("address_seen", words_in(locale)("The supplier ({by}) has seen the new address.").format(by=by))


def opened_for(order_name: str, type_name: str, locale: str = "en") -> str:
    """The subject of a ticket that we open because an order has none."""
    return words_in(locale)("Order {order}: {type}").format(order=order_name, type=type_name)


def handled(by: str, locale: str = "en") -> Sentence:
    """The supplier is done with the line, or customer service closed it."""
    return Sentence("handled", words_in(locale)("Handled by {by}. Nothing more to do.").format(by=by))


def reopened(by: str, locale: str = "en") -> Sentence:
    """A handled line came back."""
    say = words_in(locale)
    return Sentence("handled", say("{by} reopened this line.").format(by=by), "", say("Please have another look."))


def supplier_reminded(by: str, since: datetime, locale: str = "en") -> Sentence:
    """An agent asks the supplier to look at a line that waits for him."""
    say = words_in(locale)
    return Sentence(
        "reminded",
        say("{by} reminds the supplier: this has been waiting since {day}.").format(by=by, day=_day(since)),
        "",
        say("Please answer on the line, or mark it as handled."),
    )


def waits_too_long(since: datetime, *, is_informed: bool, locale: str = "en") -> Sentence:
    """Nobody of customer service has answered the supplier for too long."""
    say = words_in(locale)
    return Sentence(
        "late",
        say("This has been waiting for customer service since {day}, which is too long.").format(day=_day(since)),
        "",
        say("Has the customer answered? Then answer the supplier with the buttons beside this ticket.")
        if is_informed
        else say("Inform the customer, or answer the supplier with the buttons beside this ticket."),
    )


def order_linked(by: str, order_name: str, open_lines: int, locale: str = "en") -> Note:
    """An agent said which order the ticket is about. Tags nobody; it also brings the widget up to date."""
    say = words_in(locale)
    what = say("nothing open") if not open_lines else say("{count} open").format(count=open_lines)
    words = say("{by} linked this ticket to order {order}: {what}.").format(by=by, order=order_name, what=what)
    return Note(heading=say("Order {order}").format(order=order_name), sentences=(Sentence("linked", words),), by=by)


def _day(at: datetime) -> str:
    return f"{at:%d %b}".lstrip("0")
