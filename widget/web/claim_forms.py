"""What the forms about claims have in common at every door: amounts, days and words, read field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from widget import days, money, presses, refunds
from widget.db import utcnow
from widget.errors import Refused
from widget.people import Actor
from widget.refunds import Claim, Given
from widget.tickets import Place
from widget.web import language
from widget.web.forms import Form
from widget.web.language import N_
from widget.web.language import gettext as _
from widget.web.line_forms import LARGEST_VERSION
from widget.web.typed import LONGEST_TYPED, clean

NO_AMOUNT, NO_INVOICE, NO_DAY = N_("Write the amount."), N_("Write the invoice."), N_("Write the day.")

FURTHEST_EAST = timedelta(hours=14)

T = TypeVar("T")


class Reading:
    """What was typed, field by field, in the currency of a claim and on a day of its store.

    What is wrong is kept beside the field's name, as a sentence for the reader; a field that is wrong reads as nothing.
    """

    def __init__(self, sent: Mapping[str, str], currency: str, today: date) -> None:
        self._sent, self._currency, self._today = sent, currency, today
        self.wrong: dict[str, str] = {}

    def words(self, name: str, longest: int = LONGEST_TYPED) -> str:
        """What was written, cleaned; nothing is fine."""
        text = clean(self._sent.get(name, ""))
        if len(text) > longest:
            self.wrong[name] = _("At most %(count)s characters, please.", count=longest)
        return text

    def amount(self, name: str, missing: str = "") -> Decimal | None:
        """An amount of money. `missing` is said when there is none, if it is needed."""
        return self._read(name, missing, lambda text: money.read(text, self._currency))

    def day(self, name: str, missing: str = "") -> date | None:
        """A day that has come."""
        return self._read(name, missing, lambda text: days.read(text, today=self._today))

    def is_ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self._sent.get(name, "") == "yes"

    def version(self) -> int:
        """Which version of the claim the form showed; 0 for none."""
        text = self._sent.get("version", "")
        return min(int(text), LARGEST_VERSION) if text.isascii() and text.isdigit() and len(text) < 12 else 0

    def refuse(self, wrong: Mapping[str, Refused]) -> None:
        """Take over what the rules refused, beside what was read."""
        self.wrong.update({name: language.in_words(error) for name, error in wrong.items() if name not in self.wrong})

    def typed(self) -> list[tuple[str, str]]:
        """All that makes one press another: not where it came from."""
        return sorted((name, text) for name, text in self._sent.items() if name not in ("form_key", "back"))

    def form(self) -> Form:
        """As templates/forms.html shows it: all that was typed, and what is wrong with it."""
        return Form({name: clean(text) for name, text in self._sent.items()}, self.wrong)

    def _read(self, name: str, missing: str, read: Callable[[str], T]) -> T | None:
        text = clean(self._sent.get(name, ""))
        if not text:
            if missing:
                self.wrong[name] = _(missing)
            return None
        try:
            return read(text)
        except Refused as error:
            self.wrong[name] = language.in_words(error)
            return None


class Unreadable(Exception):
    """Something that was typed cannot be read; `reading` says what."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(", ".join(reading.wrong))
        self.reading = reading


def latest_day() -> date:
    """The latest day it is anywhere: where nobody knows yet which day it is for whoever writes it."""
    return (utcnow() + FURTHEST_EAST).date()


def check(reading: Reading) -> None:
    """Raises Unreadable when anything is wrong so far."""
    if reading.wrong:
        raise Unreadable(reading)


@dataclass
class Press:
    """One press on a claim: the claim, locked, who pressed, where it is told, and what was sent."""

    claim: Claim
    by: Actor
    at: Place
    sent: Reading

    @property
    def words(self) -> str:
        """What was written. Raises Unreadable for too much."""
        text = self.sent.words("words", refunds.LONGEST_WORDS)
        check(self.sent)
        return text

    @property
    def how(self) -> dict[str, Any]:
        """Who acts, where it is told, and what was shown."""
        return {"by": self.by, "at": self.at, "shown": self.sent.version()}

    @property
    def given(self) -> Given:
        """What the form of a credit says. Raises Unreadable."""
        amount, day = self.sent.amount("amount", NO_AMOUNT), self.sent.day("day", NO_DAY)
        invoice = self.sent.words("invoice", refunds.LONGEST_INVOICE)
        if not invoice:
            self.sent.wrong.setdefault("invoice", _(NO_INVOICE))
        check(self.sent)
        assert day is not None
        return Given(amount or Decimal(), invoice, day)


def once(name: str, press: Press, act: Callable[[], str], *more: object) -> str:
    """Do it once, however often it is pressed within a minute, unless the claim was changed since.

    `more` is what else makes it another press.
    """
    claim = press.claim
    fingerprint = presses.fingerprint_of("claim", press.by.email, name, claim.id, *more, *press.sent.typed())
    return presses.once(fingerprint, act, is_past=lambda at: refunds.is_changed_after(claim, at))
