"""Whatever programs ask, the answer is a described one. A short run here; `make fuzz` asks thousands of things.

FUZZ says how many requests it should be altogether, for all kinds of people over both databases; FUZZ_SEED repeats a
run.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.refunds import claims
from tests.web.api.fuzzing import Fuzzer
from tests.web.api.programs import ANNA, LI, line_of, program
from tests.web.visitors import OTHER_WORKSHOP, WORKSHOP, add_comment, add_lines
from widget import people, refunds
from widget.credentials import api_tokens
from widget.db import db, utcnow
from widget.people import Role
from widget.problems import Problem
from widget.web.api.door import OPERATIONS

REQUESTS = int(os.environ.get("FUZZ", "0"))
ROLES = {
    "supplier": (LI, Role.SUPPLIER, WORKSHOP),
    "agent": (ANNA, Role.AGENT, ""),
    "approver": ("natalie@brushwood.example", Role.APPROVER, ""),
    "admin": ("ada@brushwood.example", Role.ADMIN, ""),
    "revoked": ("rob@brushwood.example", Role.AGENT, ""),
    "nobody": ("", Role.AGENT, ""),
}
STRANGERS = {"revoked", "nobody"}
FOREIGN = "a secret of the other workshop"
# Each operation is asked what fits its description and what does not; so often for each role in a usual run.
USUALLY = 6


def token_of(app: Flask, role: str) -> str:
    """The secret of somebody's token; empty for nobody."""
    email, kind, workshop = ROLES[role]
    if not email:
        return ""
    made = program(app, email, role=kind, workshop=workshop)
    if role == "revoked":
        with app.app_context():
            person = people.get_person(email)
            api_tokens.revoke(person, api_tokens.tokens_of(person)[0].id, by=person.as_actor())
            db.session.commit()
    return made.secret


def claims_of(app: Flask) -> list[str]:
    """One filed with each workshop, and one that no workshop may see. What approvers write to each other is secret."""
    a_day = utcnow().date() - timedelta(days=3)
    secret: dict[str, Any] = {"day": a_day, "reshipment_offered_on": a_day, "note": FOREIGN}
    with app.app_context():
        claims.approver()
        made = [claims.requested("NL20000", issue=words, **secret) for words in ("lost", FOREIGN)]
        made.append(claims.requested("NL55555", issue=FOREIGN, **secret))
        for claim in (made[0], made[2]):
            claims.confirm(claim, FOREIGN)
            refunds.file(claim, by=claims.ANNA_AS_AGENT, at=claims.here(claim.order.name), shown=claim.version)
        db.session.commit()
        return [claim.reference for claim in made]


@pytest.mark.parametrize("role", ROLES if REQUESTS else ["supplier", "agent"])
@(lambda test: test if REQUESTS else pytest.mark.only_on("sqlite")(test))
def test_every_answer_is_described(app, role):
    own = [f"P-{number}" for number in add_lines(app, 4)]
    with app.app_context():
        db.session.get_one(Problem, int(own[-1][2:])).handled_at = utcnow()
        db.session.commit()
    foreign = line_of(app, OTHER_WORKSHOP, FOREIGN, "NL55555")
    add_comment(app, int(foreign[2:]), FOREIGN)
    references = [*own, foreign, "P-999", *claims_of(app), "R-999"]
    fuzzer = Fuzzer(app, token_of(app, role), references, [FOREIGN] if role == "supplier" else [])
    share = REQUESTS // (2 * len(ROLES) * len(OPERATIONS) * 2)
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(10**6)) if REQUESTS else None
    print(f"{role}: FUZZ_SEED={seed}")
    fuzzer.run(max(share, 1) if REQUESTS else USUALLY, random=seed)
    asked = sum(fuzzer.statuses.values())
    print(f"{role}: {asked} requests, {dict(sorted(fuzzer.statuses.items()))}")
    assert asked >= len(OPERATIONS) * 2
    if role in STRANGERS:
        assert fuzzer.statuses.keys() <= {400, 401, 404}, fuzzer.statuses
    else:
        assert {200, 201, 404, 422} <= fuzzer.statuses.keys(), fuzzer.statuses
