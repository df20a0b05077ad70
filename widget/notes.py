"""The sentences we post in tickets: one function per sentence, and how a note is put together from them.

A note has a heading (whom it tags, order, line), one or more sentences, and a link. Everything an outsider
typed is a quote: escaped in the HTML, and never read as one of our own words. No sentence mentions money.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

INFORMED = "informed"
CATALOGUES = Path(__file__).resolve().parent / "translations"


@dataclass(frozen=True)
class Sentence:
    """One thing that happened, in words, with what somebody typed as a quote. `act` names what it is about."""

    act: str
    words: str
    quote: str = ""
    ask: str = ""


@dataclass(frozen=True)
class Attachment:
    """A picture that goes along with a note: the file in our storage, and what it is called in the ticket."""

    file: str
    name: str
    content_type: str


@dataclass(frozen=True)
class Note:
    """What is posted: plain values, so that it can wait in the outbox and grow while it waits."""

    heading: str
    sentences: tuple[Sentence, ...]
    url: str = ""
    tagged: str = ""
    line: str = ""
    by: str = ""
    pictures: tuple[Attachment, ...] = ()

    def text(self) -> str:
        """The note as plain text."""
        parts = [f"@{self.tagged} {self.heading}" if self.tagged else self.heading]
        for sentence in self.sentences:
            parts += [sentence.words]
            parts += ["> " + line for line in sentence.quote.splitlines()]
        parts += self._asks()
        return "\n".join([*parts, self.url] if self.url else parts)

    def html(self) -> str:
        """The note as Gorgias shows it."""
        tagged = Markup("<b>@{}</b> ").format(self.tagged) if self.tagged else Markup()
        parts = [Markup("<p>{}<b>{}</b></p>").format(tagged, self.heading)]
        for sentence in self.sentences:
            parts.append(Markup("<p>{}</p>").format(sentence.words))
            if sentence.quote:
                lines = Markup("<br>").join(sentence.quote.splitlines())
                parts.append(Markup("<blockquote>{}</blockquote>").format(lines))
        parts += [Markup("<p>{}</p>").format(ask) for ask in self._asks()]
        if self.url:
            parts.append(Markup('<p><a href="{0}">{0}</a></p>').format(self.url))
        joined = Markup("").join(parts)
        return str(joined)

    def _asks(self) -> list[str]:
        """What the reader should do: the last request. "Nothing yet" only when nothing else is asked."""
        asks = [sentence for sentence in self.sentences if sentence.ask]
        requests = [sentence for sentence in asks if sentence.act != INFORMED]
        return [sentence.ask for sentence in (requests or asks)[-1:]]

    def joined_with(self, later: Note) -> Note | None:
        """One note for both, when the same person did different things to the same line.

        Pictures are on their way already when their note is queued, so a note with pictures stays as it is.
        """
        acts = {sentence.act for sentence in self.sentences}
        fits = self.line and self.line == later.line and self.by == later.by and not self.pictures + later.pictures
        if not fits or any(sentence.act in acts for sentence in later.sentences):
            return None
        return Note(
            heading=later.heading,
            sentences=self.sentences + later.sentences,
            url=later.url,
            tagged=later.tagged or self.tagged,
            line=self.line,
            by=self.by,
        )

    def tells_only(self, sentence: Sentence, line: str, by: str) -> bool:
        """Whether it says just that about a line and nothing else, for the person of that e-mail address."""
        return (self.line, self.by, self.sentences) == (line, by, (sentence,))

    def parts(self) -> dict[str, Any]:
        """The note as plain values, to be kept beside the finished message."""
        return asdict(self)

    @classmethod
    def from_parts(cls, parts: dict[str, Any]) -> Note:
        """The note that `parts` was made of."""
        sentences = tuple(Sentence(**sentence) for sentence in parts["sentences"])
        pictures = tuple(Attachment(**picture) for picture in parts.get("pictures", ()))
        return cls(**{**parts, "sentences": sentences, "pictures": pictures})


def heading(order_name: str, reference: str, type_name: str, locale: str = "en") -> str:
    """Which order and which line a note is about."""
    return _in(locale)("Order {order} · {reference} {type}").format(
        order=order_name, reference=reference, type=type_name
    )


def reported(by: str, type_name: str, problem: str, locale: str = "en") -> Sentence:
    """Customer service reported something to the supplier."""
    say = _in(locale)
    return Sentence(
        "reported",
        say("{by} reported: {type}").format(by=by, type=type_name),
        problem,
        say("Please look into it and answer on the line, or mark it as handled."),
    )


def supplier_reported(by: str, type_name: str, problem: str, locale: str = "en") -> Sentence:
    """The supplier reported something; customer service is asked."""
    say = _in(locale)
    return Sentence(
        "reported",
        say("The supplier ({by}) reported: {type}").format(by=by, type=type_name),
        problem,
        say("Inform the customer if he has to be asked, or answer the supplier with the buttons beside this ticket."),
    )


def customer_informed(by: str, locale: str = "en") -> Sentence:
    """An agent told the customer."""
    say = _in(locale)
    return Sentence(
        INFORMED,
        say("{by} has informed the customer.").format(by=by),
        "",
        say("Nothing to do for the supplier yet: the customer's answer follows."),
    )


def not_informed(by: str, locale: str = "en") -> Sentence:
    """An agent told the customer after all not."""
    words = _in(locale)("{by} took back that the customer has been informed.").format(by=by)
    return Sentence("not_informed", words)


def address_taken_back(by: str, locale: str = "en") -> Sentence:
    """An agent took the delivery address back, and there was none before."""
    say = _in(locale)
    return Sentence(
        "address_taken_back",
        say("{by} took the delivery address back.").format(by=by),
        "",
        say("Please do not send the painting to it: the right address follows."),
    )


def address_saved(by: str, address: str, locale: str = "en") -> Sentence:
    """An agent saved the delivery address."""
    say = _in(locale)
    return Sentence(
        "address",
        say("{by} saved the delivery address:").format(by=by),
        address,
        say("Please send the painting to this address and mark the line as handled."),
    )


def commented(by: str, comment: str, locale: str = "en") -> Sentence:
    """An agent wrote to the supplier."""
    say = _in(locale)
    return Sentence(
        "comment",
        say("{by} writes to the supplier:").format(by=by),
        comment,
        say("Please answer on the line, or mark it as handled."),
    )


def supplier_commented(by: str, comment: str, locale: str = "en") -> Sentence:
    """The supplier wrote to customer service."""
    say = _in(locale)
    return Sentence(
        "comment",
        say("The supplier ({by}) writes:").format(by=by),
        comment,
        say("Answer with the buttons beside this ticket."),
    )


def pictures_added(by: str, count: int, locale: str = "en") -> Sentence:
    """The supplier added pictures to a line."""
    say = _in(locale)
    words = (
        say("The supplier ({by}) added a picture.")
        if count == 1
        else say("The supplier ({by}) added {count} pictures.")
    )
    return Sentence("pictures", words.format(by=by, count=count), "", say("Have a look at it."))


def address_seen(by: str, locale: str = "en") -> Sentence:
    """The supplier confirmed that he has seen the new address."""
    return Sentence("address_seen", _in(locale)("The supplier ({by}) has seen the new address.").format(by=by))


def opened_for(order_name: str, type_name: str, locale: str = "en") -> str:
    """The subject of a ticket that we open because an order has none."""
    return _in(locale)("Order {order}: {type}").format(order=order_name, type=type_name)


def handled(by: str, locale: str = "en") -> Sentence:
    """The supplier is done with the line, or customer service closed it."""
    return Sentence("handled", _in(locale)("Handled by {by}. Nothing more to do.").format(by=by))


def reopened(by: str, locale: str = "en") -> Sentence:
    """A handled line came back."""
    say = _in(locale)
    return Sentence("handled", say("{by} reopened this line.").format(by=by), "", say("Please have another look."))


def supplier_reminded(by: str, since: datetime, locale: str = "en") -> Sentence:
    """An agent asks the supplier to look at a line that waits for him."""
    say = _in(locale)
    return Sentence(
        "reminded",
        say("{by} reminds the supplier: this has been waiting since {day}.").format(by=by, day=_day(since)),
        "",
        say("Please answer on the line, or mark it as handled."),
    )


def waits_too_long(since: datetime, *, is_informed: bool, locale: str = "en") -> Sentence:
    """Nobody of customer service has answered the supplier for too long."""
    say = _in(locale)
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
    say = _in(locale)
    what = say("nothing open") if not open_lines else say("{count} open").format(count=open_lines)
    words = say("{by} linked this ticket to order {order}: {what}.").format(by=by, order=order_name, what=what)
    return Note(heading=say("Order {order}").format(order=order_name), sentences=(Sentence("linked", words),), by=by)


def _day(at: datetime) -> str:
    return f"{at:%d %b}".lstrip("0")


def _in(locale: str) -> Callable[[str], str]:
    """The catalogue of a language; English where there is none yet."""
    return gettext.translation("notes", CATALOGUES, languages=[locale], fallback=True).gettext
