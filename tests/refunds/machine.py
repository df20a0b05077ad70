"""Everybody does anything to claims in any order, and nothing is ever filed without an approver's written word.

What is expected is kept beside the store, from what people did and were shown: it asks none of the code it judges.
After every step all claims are looked at once more with the SQL of `lawful`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import factories
from tests.factories import PUBLIC_URL
from tests.refunds import claims, lawful
from widget import orders, people, problems, refunds, tickets
from widget.db import db, utcnow
from widget.errors import Refused
from widget.orders import OrderName
from widget.people import Actor, Person, PersonRole, Role, Side
from widget.refunds import Claim, Given, Note
from widget.tickets import Place

BEGIN = datetime(2026, 11, 24, 10, tzinfo=UTC)
DAYS = 30
# Everybody of the staff who may try anything, by name; some of them are approvers when it begins.
STAFF = ("anna", "ben", "natalie", "katja")
APPROVERS = ("natalie", "katja")
GORGIAS_IDS = {name: 31 + number for number, name in enumerate(STAFF)}
LI = Actor("Li Wei", Side.SUPPLIER, "liwei@dafen.example")
NEEDS_NO_WORD = {"draft", "requested", "withdrawn"}
_numbers = count(1)

staff = st.sampled_from(STAFF)
# What has a chance to go through is named more often: hypothesis prefers nothing.
confirming = st.sampled_from(["natalie", "katja", "natalie", "katja", "anna"])
amounts = st.sampled_from(["39.00", "93.00", "0.01"])
issues = st.sampled_from(["lost", "broken"])
ways = st.sampled_from(["helpdesk", "helpdesk", "api"])
hours = st.sampled_from([0, 0, -2])
chances = st.sampled_from([True, True, False])
facts = st.sampled_from(["amount", "day", "issue", "requested_by_email", "order_id", "currency"])
spoiled = st.sampled_from(["words = ''", "stands = false", "amount = amount + amount"])
words = st.sampled_from(["Yes.", "Yes.", "Yes.", "", " \u3000\t"])


Act = Callable[[Claim, dict[str, Any], int], object]
ANSWERS: dict[str, Act] = {
    "accept": lambda claim, how, _number: refunds.accept(claim, shown=claim.version, **how),
    "accept_partly": lambda claim, how, _number: refunds.accept_partly(
        claim, Decimal("0.01"), "half", shown=claim.version, **how
    ),
    "decline": lambda claim, how, _number: refunds.decline(claim, "no", shown=claim.version, **how),
}
GOING_ON: dict[str, Act] = {
    "insist": lambda claim, how, _number: refunds.insist(claim, "but", shown=claim.version, **how),
    "comment": lambda claim, how, _number: refunds.comment(claim, "hm", **how),
    "close": lambda claim, how, _number: refunds.close(claim, "over", shown=claim.version, **how),
    "withdraw": lambda claim, how, _number: refunds.withdraw(claim, "found", shown=claim.version, **how),
    "credit": lambda claim, how, number: refunds.credit(
        claim, Given(Decimal("0.01"), f"INV-{number}", date(2026, 11, 23)), **how
    ),
    "take_back": lambda claim, how, _number: refunds.take_back_credit(claim, _last_credit(claim), **how),
}


class Facts(NamedTuple):
    """What an approver reads before he confirms."""

    issue: str
    day: date | None
    amount: Decimal | None
    currency: str


class Read(NamedTuple):
    """A claim as somebody has it on his screen."""

    version: int
    facts: Facts


class Word(NamedTuple):
    """A written word that stands, as the test saw it given."""

    facts: Facts
    expires_at: datetime


class Told:
    """What the test knows of one claim from what was done."""

    def __init__(self) -> None:
        self.wanted_by: set[str] = set()
        self.facts_since = utcnow()
        self.word: Word | None = None


class Claims(RuleBasedStateMachine):
    """One shop, six people, and claims for an order of its."""

    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(BEGIN, tick=False)
        self.traveller = self.clock.start()
        self.first = (db.session.scalar(text("SELECT max(id) FROM claims")) or 0) + 1
        self.approvers = set(APPROVERS)
        self.is_changed = True
        self.told: dict[int, Told] = {}
        self.read: dict[int, Read] = {}
        self.notes = count(1_000 * self.first)
        for name in STAFF:
            _give_role(name, name in APPROVERS)
        number = next(_numbers)
        self.order = f"NL{10_000 + number}"
        factories.ticket(1, 50_000 + number, 600 + number, OrderName(1, self.order))
        db.session.commit()

    def teardown(self) -> None:
        db.session.rollback()
        self.clock.stop()

    # What people do

    @initialize(target=made, by=staff, issue=issues, amount=amounts, upto=st.sampled_from([1, 1, 1, 2, 2, 3]))
    def begin(self, by: str, issue: str, amount: str, upto: int) -> int | MultipleResults[int]:
        """There is something to deal with from the beginning."""
        return self.want(by, issue, amount, is_whole=True, upto=upto)

    @rule(target=made, by=staff, issue=issues, amount=amounts, is_whole=chances, upto=st.integers(0, 3))
    def want(self, by: str, issue: str, amount: str, is_whole: bool, upto: int) -> int | MultipleResults[int]:
        """A draft, and right away what usually follows, as far as that goes."""
        changed = {} if is_whole else {"customer_asked": False}
        claim_id = self.attempt(lambda: self._start(by, issue, amount, **changed))
        if not isinstance(claim_id, int):
            return multiple()
        self.told[claim_id] = Told()
        self.told[claim_id].wanted_by.add(by)
        if upto:
            self.request(claim_id, by)
        if upto > 1:
            another = next(each for each in APPROVERS if each != by)
            self.confirm(claim_id, another, "Yes.")
        if upto > 2:
            self.file(claim_id, "anna")
        self.look_at(claim_id)
        return claim_id

    @rule(claim_id=made, by=staff)
    def request(self, claim_id: int, by: str) -> None:
        if self.press(claim_id, lambda claim, at: refunds.request(claim, by=_actor(by), at=at)):
            self.told[claim_id].wanted_by.add(by)
            self.told[claim_id].facts_since = utcnow()

    @rule(claim_id=made, by=staff, amount=amounts, issue=st.sampled_from(["lost", "broken", "late"]), note=words)
    def change(self, claim_id: int, by: str, amount: str, issue: str, note: str) -> None:
        was = self.facts(claim_id)
        wanted = claims.wanted(amount=Decimal(amount), issue=issue, note=note)
        done = self.press(
            claim_id, lambda claim, at: refunds.change(claim, wanted, by=_actor(by), at=at, shown=claim.version)
        )
        if done and self.facts(claim_id) != was:
            self.told[claim_id].wanted_by.add(by)
            self.told[claim_id].facts_since = utcnow()
            self.told[claim_id].word = None

    @rule(claim_id=made)
    def look_at(self, claim_id: int) -> None:
        """Somebody opens the page, and leaves it open."""
        self.read[claim_id] = Read(self.column(claim_id, "version"), self.facts(claim_id))

    @rule(claim_id=made, by=confirming, words=words)
    def confirm(self, claim_id: int, by: str, words: str) -> None:
        self.look_at(claim_id)
        self.confirm_from_an_open_page(claim_id, by, words)

    @rule(claim_id=made, by=confirming, words=words)
    def confirm_from_an_open_page(self, claim_id: int, by: str, words: str) -> None:
        read = self.read[claim_id]
        done = self.press(
            claim_id,
            lambda claim, at: refunds.confirm(claim, words, by=_person(by), at=at, shown=read.version, days=DAYS),
        )
        if done:
            assert words.strip(), "nothing was written"
            self.take_word(claim_id, by, read.facts, utcnow())

    @rule(claim_id=made, by=confirming, via=ways, hours=hours, is_right=chances)
    def point(self, claim_id: int, by: str, via: str, hours: int, is_right: bool) -> None:
        """An agent has the ticket read, in which somebody wrote a note."""
        at = utcnow() + timedelta(hours=hours)

        def read_ticket(claim: Claim, place: Place) -> None:
            ticket = place.ticket
            look = refunds.point_at(claim, ticket, by=_actor("anna"), shown=claim.version)
            assert ticket is not None
            line = f"Confirm {claim.reference} {claim.amount if is_right else 77:.2f} EUR"
            number, sender = next(self.notes), GORGIAS_IDS[by]
            note = Note(number, ticket.gorgias_id, at, sender, "internal-note", via, True, False, False, line)
            refunds.take_notes(look.id, claim, [note], at=place, days=DAYS)

        if self.press(claim_id, read_ticket) and self.column(claim_id, "state") == "confirmed":
            facts = self.facts(claim_id)
            assert via == "helpdesk", "a note from outside Gorgias was taken"
            assert at >= self.told[claim_id].facts_since, "a note about something else was taken"
            assert is_right, "a note about another amount was taken"
            self.take_word(claim_id, by, facts, at)

    @rule(claim_id=made, by=staff)
    def send_back(self, claim_id: int, by: str) -> None:
        done = self.press(
            claim_id,
            lambda claim, at: refunds.send_back(claim, "No.", by=_person(by), at=at, shown=claim.version),
        )
        if done:
            assert by in self.approvers, f"{by} has no say in it"
            self.told[claim_id].word = None

    @rule(claim_id=made, by=st.sampled_from(["anna", "anna", "katja", "li"]))
    def file(self, claim_id: int, by: str) -> None:
        done = self.press(claim_id, lambda claim, at: refunds.file(claim, by=_actor(by), at=at, shown=claim.version))
        if done:
            told = self.told[claim_id]
            assert by != "li", "the supplier filed it himself"
            assert told.word is not None, "filed without a word"
            assert told.word.expires_at > utcnow(), "filed on an old word"

    @rule(claim_id=made, by=st.sampled_from(["li", "li", "anna"]), what=st.sampled_from(sorted(ANSWERS)))
    def answer(self, claim_id: int, by: str, what: str) -> None:
        """The supplier answers, or somebody in his place."""
        self.deal(claim_id, by, what, ANSWERS[what])

    @rule(claim_id=made, by=st.sampled_from(["li", "anna"]), what=st.sampled_from(sorted(GOING_ON)))
    def go_on(self, claim_id: int, by: str, what: str) -> None:
        """Either side does what is usual once a claim was filed, and tries it before."""
        self.deal(claim_id, by, what, GOING_ON[what])

    # What happens meanwhile

    @rule(name=st.sampled_from(STAFF), is_approver=st.booleans())
    def name_approver(self, name: str, is_approver: bool) -> None:
        _give_role(name, is_approver)
        db.session.commit()
        self.approvers = self.approvers | {name} if is_approver else self.approvers - {name}

    @rule(hours=st.sampled_from([1, 24 * DAYS, 24 * DAYS]))
    def wait(self, hours: int) -> None:
        self.traveller.shift(timedelta(hours=hours))

    @rule()
    def expire(self) -> None:
        """The worker's round."""
        for claim_id in refunds.expired(utcnow(), 10_000):
            if claim_id >= self.first:
                claim, home = refunds.take(claim_id)
                refunds.expire(claim, at=Place(home, PUBLIC_URL), now=utcnow())
                self.told[claim_id].word = None
        db.session.commit()
        self.is_changed = True

    # What has to be so

    @invariant()
    def nothing_stands_without_a_word(self) -> None:
        db.session.rollback()
        if not self.is_changed:
            return
        self.is_changed = False
        broken = lawful.broken(db.session, since=self.first)
        assert not broken, f"not so any more: {broken}"
        rows = db.session.execute(
            text("SELECT id, state FROM claims WHERE id >= :since ORDER BY id"), {"since": self.first}
        ).all()
        for claim_id, state in rows:
            if state not in NEEDS_NO_WORD:
                word = self.told[claim_id].word
                assert word is not None, f"{state} without a word"
                assert word.facts == self.facts(claim_id), f"{state} with a word about something else"

    # How it is done

    def press(self, claim_id: int, act: Callable[[Claim, Place], object]) -> bool:
        """One press, as a door does it; whether it was taken."""

        def do() -> bool:
            claim, home = refunds.take(claim_id)
            act(claim, Place(home, PUBLIC_URL))
            return True

        return bool(self.attempt(do))

    def attempt(self, act: Callable[[], object]) -> object:
        """Do it and commit; None when it was refused. What only the database refuses is a defect of ours."""
        try:
            done = act()
            db.session.commit()
            self.is_changed = True
        except Refused:
            db.session.rollback()
            return None
        return done

    def deal(self, claim_id: int, by: str, what: str, act: Act) -> None:
        """One of the acts that need a filed claim, but for withdrawing."""
        was, who, number = self.column(claim_id, "state"), _actor(by), next(self.notes)
        if self.press(claim_id, lambda claim, at: act(claim, {"by": who, "at": at}, number)):
            assert what == "withdraw" or was not in NEEDS_NO_WORD | {"confirmed"}, f"{what} before it was filed"
            if what == "withdraw" and was == "confirmed":
                self.told[claim_id].word = None

    def take_word(self, claim_id: int, by: str, facts: Facts, at: datetime) -> None:
        """What has to be so of whoever's word was taken."""
        assert by in self.approvers, f"{by} is no approver"
        assert by not in self.told[claim_id].wanted_by, f"{by} wanted it himself"
        assert facts == self.facts(claim_id), "confirmed something else than was read"
        self.told[claim_id].word = Word(facts, at + timedelta(days=DAYS))

    def facts(self, claim_id: int) -> Facts:
        """As they are stored."""
        query = select(Claim.issue, Claim.day, Claim.amount, Claim.currency).where(Claim.id == claim_id)
        return Facts(*db.session.execute(query).one())

    def column(self, claim_id: int, name: str) -> Any:
        """One value as it is stored."""
        return db.session.execute(text(f"SELECT {name} FROM claims WHERE id = :id"), {"id": claim_id}).scalar_one()

    def _start(self, by: str, issue: str, amount: str, **changed: Any) -> int:
        order = orders.known(OrderName(1, self.order))
        at = Place(tickets.lock_home(order.id), PUBLIC_URL)
        wanted = claims.wanted(issue=issue, amount=Decimal(amount), note="", **changed)
        supplier = problems.supplier_for(order)
        return refunds.start(order, wanted, by=_actor(by), at=at, supplier=supplier).id


class ClaimsAndConsole(Claims):
    """Somebody has a console of the database as well."""

    @rule(
        claim_id=Claims.made,
        state=st.sampled_from(["confirmed", "filed", "accepted", "credited", "closed"]),
        confirmation=st.sampled_from(["NULL", "confirmation_id", "(SELECT max(id) FROM confirmations)"]),
    )
    def write_state(self, claim_id: int, state: str, confirmation: str) -> None:
        """Somebody with a console puts a claim further than it is."""
        self.attack(
            "UPDATE claims SET state = :state, filed_at = CASE WHEN :state = 'confirmed' THEN NULL ELSE changed_at END,"
            f" confirmation_id = {confirmation} WHERE id = :id",
            id=claim_id, state=state,
        )  # fmt: skip

    @rule(claim_id=Claims.made, column=facts)
    def write_fact(self, claim_id: int, column: str) -> None:
        """Somebody with a console changes what was confirmed."""
        new = {"amount": "amount + amount", "day": "'2026-01-01'", "order_id": "(SELECT min(id) FROM orders)"}
        value = new.get(column, "'another'")
        self.attack(f"UPDATE claims SET {column} = {value} WHERE id = :id AND confirmation_id IS NOT NULL", id=claim_id)

    @rule(claim_id=Claims.made, spoiled=spoiled)
    def write_word(self, claim_id: int, spoiled: str) -> None:
        """Somebody with a console spoils a confirmation that counts."""
        self.attack(
            f"UPDATE confirmations SET {spoiled} WHERE id = (SELECT confirmation_id FROM claims WHERE id = :id)",
            id=claim_id,
        )

    def attack(self, statement: str, **values: Any) -> None:
        db.session.rollback()
        try:
            db.session.execute(text(statement), values)
            db.session.commit()
            self.is_changed = True
        except DBAPIError:
            db.session.rollback()


def shop() -> None:
    """The shop, and everybody who may try anything."""
    claims.shop()
    users = [
        {"gorgias_id": GORGIAS_IDS[name], "email": _email(name), "name": name.title(), "active": True} for name in STAFF
    ]
    people.copy_users(1, [*users, factories.LI])
    for name in STAFF:
        people.add_person(_email(name), name=name.title(), roles={Role.AGENT}, supplier=None)
    db.session.commit()


def _give_role(name: str, is_approver: bool) -> None:
    roles = [Role.AGENT, Role.APPROVER] if is_approver else [Role.AGENT]
    _person(name).role_rows = [PersonRole(role=role.value) for role in roles]


def _person(name: str) -> Person:
    return people.get_person(_email(name))


def _actor(name: str) -> Actor:
    return LI if name == "li" else _person(name).as_actor()


def _email(name: str) -> str:
    return f"{name}@brushwood.example"


def _last_credit(claim: Claim) -> int:
    return max((credit.id for credit in claim.credits if credit.taken_back_at is None), default=0)
