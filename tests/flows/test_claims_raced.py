"""A hundred times on each database four people press on one claim at once: one wins, the others hear of it."""

from __future__ import annotations

import html
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import requests
from sqlalchemy import text

from tests.processes import Processes
from tests.refunds import claims, lawful
from tests.workshop import Visitor
from widget import create_app, credentials, people
from widget.config import Config
from widget.db import db
from widget.people import Role
from widget.refunds import Claim

ROUNDS = 100
PEOPLE = {"natalie": Role.APPROVER, "katja": Role.APPROVER, "anna": Role.AGENT, "ben": Role.AGENT}


class Press(NamedTuple):
    """Who presses what, and what goes along with it."""

    who: str
    act: str
    fields: dict[str, str]


CONFIRMING = {"words": "Yes, the parcel is lost."}
CHANGED = {
    "reason": "lost", "issue": "parcel lost", "day": "2026-11-20", "amount": "93.00",
    "reshipment_offered_on": "2026-11-21", "customer_asked": "yes", "note": "",
}  # fmt: skip
# What is pressed at once on a claim that waits for an approver, and on one that is confirmed.
ON_A_REQUEST = (
    Press("natalie", "confirm", {**CONFIRMING, "then": "file"}),
    Press("katja", "confirm", CONFIRMING),
    Press("anna", "change", CHANGED),
    Press("ben", "withdraw", {"words": "It was found."}),
)
ON_A_CONFIRMED_ONE = (
    Press("natalie", "send-back", {"words": "I was wrong."}),
    Press("katja", "send-back", {"words": "The amount is wrong."}),
    Press("anna", "change", CHANGED),
    Press("ben", "file", {}),
)
ENDS = {"confirm": {"confirmed", "filed"}, "change": {"requested"}, "withdraw": {"withdrawn"}, "file": {"filed"}}
ENDS["send-back"] = {"draft"}


class Race:
    """A service with four processes, and four people at their browsers."""

    def __init__(self, processes: Processes) -> None:
        self.app = create_app(Config.from_env(processes.env))
        with self.app.app_context():
            claims.shop()
            for name, role in PEOPLE.items():
                people.add_person(f"{name}@brushwood.example", name=name.title(), roles={role}, supplier=None)
            db.session.commit()
        processes.start_service(workers=4)
        self.people = {name: Visitor(processes.url, self._link(processes.url, name)) for name in PEOPLE}
        self.pool = ThreadPoolExecutor(len(PEOPLE))

    def _link(self, url: str, name: str) -> str:
        with self.app.app_context():
            link = credentials.new_link(people.get_person(f"{name}@brushwood.example"))
            db.session.commit()
            return f"{url}/l/{link}"

    def claim(self, number: int, make: Callable[..., Claim]) -> tuple[int, int]:
        """A claim of an order of its own: its number and the version everybody has on his screen."""
        with self.app.app_context():
            made = make(f"NL{20_000 + number}", issue="parcel lost")
            db.session.commit()
            return made.id, made.version

    def at_once(self, claim_id: int, version: int, presses: list[Press]) -> list[requests.Response]:
        """Everybody presses."""

        def send(press: Press) -> requests.Response:
            visitor = self.people[press.who]
            form = {**press.fields, "version": str(version)}
            url = f"{visitor.url}/claims/R-{claim_id}/{press.act}"
            return visitor.visits.post(url, data=form, timeout=30, allow_redirects=False)

        return list(self.pool.map(send, presses))

    def state_of(self, claim_id: int) -> str:
        """Where it stands, if all is as it has to be."""
        with self.app.app_context():
            assert lawful.broken(db.session, since=claim_id) == []
            query = text("SELECT state FROM claims WHERE id = :id")
            return str(db.session.execute(query, {"id": claim_id}).scalar_one())


def test_one_of_many_who_press_at_once_wins_and_all_stays_lawful(processes: Processes) -> None:
    race, chance, won = Race(processes), random.Random(8), Counter[str]()
    for number in range(ROUNDS):
        is_confirmed = number % 2 == 1
        claim_id, version = race.claim(number, claims.confirmed if is_confirmed else claims.requested)
        presses = list(ON_A_CONFIRMED_ONE if is_confirmed else ON_A_REQUEST)
        chance.shuffle(presses)
        answers = race.at_once(claim_id, version, presses)
        assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
        (winner,) = [press for press, answer in zip(presses, answers, strict=True) if answer.status_code == 303]
        assert race.state_of(claim_id) in ENDS[winner.act]
        for answer in answers:
            assert answer.status_code == 303 or winner.who.title() in html.unescape(answer.text)
        won[winner.act] += 1
    assert won.keys() == ENDS.keys(), f"not everybody won once: {won}"
