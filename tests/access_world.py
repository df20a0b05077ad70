"""Two workshops, three stores, everybody who may stand before a door, and what is whose: for tests/test_access.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.access_matrix import FIXED_OBJECTS
from tests.factories import LI_AS_PERSON
from tests.refunds import claims
from tests.web.visitors import link_of
from widget import credentials, orders, people, pictures, problem_types, problems, refunds, stores
from widget.credentials import CameBy, api_tokens
from widget.db import db, utcnow
from widget.orders import OrderName
from widget.people import Absence, Actor, Person, Role, Side
from widget.pictures import Picture, Redrawn
from widget.problem_types import Board
from widget.refunds import Entry, Given, Head
from widget.saved_views import SavedView
from widget.tickets import Place

NOBODY, REVOKED = "nobody", "somebody who was revoked"
PAINTER, OTHER_PAINTER = "a painter of Dafen Art", "a painter of Xiamen Studio"
AGENT, APPROVER, ADMIN = "an agent", "an approver", "an admin"
VISITORS = (NOBODY, REVOKED, PAINTER, OTHER_PAINTER, AGENT, APPROVER, ADMIN)
ROLES = {AGENT: Role.AGENT, APPROVER: Role.APPROVER, ADMIN: Role.ADMIN, REVOKED: Role.ADMIN}
WORKSHOPS = {PAINTER: "Dafen Art", OTHER_PAINTER: "Xiamen Studio"}

OWN, OTHERS, OTHER_STORES, UNKNOWN = "own", "another's", "another store's", "unknown"
NOT_FILED, OTHERS_NOT_FILED = "own, not filed yet", "another's, not filed yet"
NO_ID = 987_654
# Whose lines they are and of which store.
LINES = (("Dafen Art", "NL"), ("Xiamen Studio", "NL"), ("Xiamen Studio", "DE"), ("Dafen Art", "FR"))


@dataclass
class World:
    """`emails`, `links` and `tokens` by visitor.

    `objects` by visitor and kind of thing: what is his, what is not, and what does not exist.
    """

    app: Flask
    emails: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def objects_of(self, visitor: str, kind: str) -> dict[str, Any]:
        """The values that an address may have there."""
        found = self.objects.get((visitor, kind)) or self.objects.get((PAINTER, kind))
        return found or {OWN: FIXED_OBJECTS[kind], UNKNOWN: NO_ID}


def build(app: Flask) -> World:
    """Made by the verbs, like all else. Whoever was revoked is so by the tests, once he has come in."""
    world = World(app)
    with app.app_context():
        desk = factories.helpdesk(app=app)
        dutch, german, french = (factories.store(desk, code, rf"{code}\d{{5}}") for code in ("NL", "DE", "FR"))
        factories.supplier(dutch, french, name="Dafen Art")
        factories.supplier(german, dutch, name="Xiamen Studio")
        db.session.commit()
    for number, (visitor, role) in enumerate({**dict.fromkeys(WORKSHOPS, Role.SUPPLIER), **ROLES}.items()):
        email = world.emails[visitor] = f"visitor{number}@people.example"
        world.links[visitor] = link_of(app, email, role, WORKSHOPS.get(visitor, ""))
    link_of(app, "somebody@people.example", Role.ADMIN)
    with app.app_context():
        _add_lines(world)
        _add_claims(world)
        _add_belongings(world)
        db.session.commit()
    return world


def _add_lines(world: World) -> None:
    lines = {key: _line(*key, number) for number, key in enumerate(LINES)}
    tokens = world.app.extensions["picture_tokens"]
    shown = {key: tokens.make(_picture(world, line), "thumb") for key, line in lines.items()}
    dafen, xiamen, german, french = LINES
    for visitor, keys in {PAINTER: (dafen, xiamen, german), OTHER_PAINTER: (xiamen, dafen, french)}.items():
        whose = dict(zip((OWN, OTHERS, OTHER_STORES), keys, strict=True))
        of_lines = {kind: f"P-{lines[key]}" for kind, key in whose.items()}
        world.objects[visitor, "line"] = {**of_lines, UNKNOWN: "P-999"}
        of_pictures = {kind: shown[key] for kind, key in whose.items()}
        world.objects[visitor, "picture"] = {**of_pictures, UNKNOWN: tokens.make(NO_ID, "thumb")}
    world.objects[PAINTER, "order"] = {OWN: "NL10000", OTHERS: "NL10001", UNKNOWN: "NL99999"}


def _line(workshop: str, code: str, number: int) -> int:
    order = orders.known(OrderName(stores.get_store(code).id, f"{code}1000{number}"))
    ticket = factories.ticket(1, 9000 + number, 500 + number, OrderName(order.store_id, order.name))
    by = Actor(name="Li Wei", side=Side.SUPPLIER, email=factories.LI["email"])
    return problems.report(
        order,
        problem_types.choices(Board.PROBLEM_SHEET)[0],
        f"Problem {number}",
        by=by,
        at=Place(ticket, factories.PUBLIC_URL),
        supplier=people.get_supplier(workshop),
    ).id


def _add_claims(world: World) -> None:
    made = {visitor: _claims(world, order) for visitor, order in ((PAINTER, "NL10000"), (OTHER_PAINTER, "NL10001"))}
    for visitor, other in ((PAINTER, OTHER_PAINTER), (OTHER_PAINTER, PAINTER)):
        own, others = made[visitor], made[other]
        whose = {OWN: own[0], NOT_FILED: own[1], OTHERS: others[0], OTHERS_NOT_FILED: others[1], UNKNOWN: "R-999"}
        world.objects[visitor, "claim"] = whose
        world.objects[visitor, "credit"] = {OWN: _credit(own[0]), OTHERS: _credit(others[0]), UNKNOWN: NO_ID}
    head = Head(people.get_supplier("Dafen Art"), "INV-1", "EUR", utcnow().date())
    refunds.enter(head, [(Entry("NL77777", Decimal(3)), None)], by=claims.ANNA_AS_AGENT, places={})


def _credit(reference: str) -> int:
    """The credit of a claim that its supplier entered, now or before."""
    claim = refunds.get(int(reference[2:]))
    if claim.credits:
        return claim.credits[0].id
    given = Given(Decimal(1), "INV-7", utcnow().date())
    credit = refunds.credit(claim, given, by=LI_AS_PERSON, at=claims.here(claim.order.name))
    db.session.flush()
    return credit.id


def _claims(world: World, order_name: str) -> tuple[str, str]:
    """One that was filed with whoever paints the order, and one that waits for an approver."""
    a_day = utcnow().date() - timedelta(days=3)
    of_that_day: dict[str, Any] = {"day": a_day, "reshipment_offered_on": a_day}
    filed = claims.requested(order_name, **of_that_day)
    claims.confirm(filed, by=world.emails[APPROVER])
    refunds.file(filed, by=claims.ANNA_AS_AGENT, at=claims.here(order_name), shown=filed.version)
    return filed.reference, claims.requested(order_name, issue="painted in the wrong size", **of_that_day).reference


def _picture(world: World, line: int) -> int:
    picture = _draft(world, people.get_person(world.emails[PAINTER]))
    picture.problem_id = line
    db.session.flush()
    return picture.id


def _draft(world: World, person: Person) -> Picture:
    redrawn = Redrawn(640, 480, "image/png", b"full", b"view", b"thumb")
    return pictures.add(person, redrawn, world.app.extensions["pictures"], per_day=200, supplier_bytes=1 << 30)


def _add_belongings(world: World) -> None:
    others = _belongings(world, people.get_person("somebody@people.example"))
    for visitor in world.links:
        person = people.get_person(world.emails[visitor])
        _token, world.tokens[visitor] = api_tokens.make(
            person, "A program", api_tokens.SCOPES, 90, by=person.as_actor()
        )
        for kind, own in _belongings(world, person).items():
            world.objects[visitor, kind] = {OWN: own, OTHERS: others[kind], UNKNOWN: NO_ID}


def _belongings(world: World, person: Person) -> dict[str, Any]:
    """The person, and one of everything that a person has for himself."""
    today = utcnow().date()
    credentials.begin_session(person.id, CameBy.LINK)
    token, _secret = api_tokens.make(person, "Another", ["lines:read"], 90, by=person.as_actor())
    absence = Absence(person_id=person.id, first_day=today, last_day=today + timedelta(days=1))
    view = SavedView(person_id=person.id, name="Mine", query="view=late")
    db.session.add_all([absence, view])
    db.session.flush()
    session = select(credentials.SignIn.id).where(credentials.SignIn.person_id == person.id).limit(1)
    return {
        "person": person.id,
        "absence": absence.id,
        "token": token.id,
        "view": view.id,
        "draft": _draft(world, person).key,
        "session": db.session.scalars(session).one(),
    }
