"""What `make demo` is filled with: claims in every state, once, and several commands in one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import sandbox
from tests import factories
from widget import people, stores
from widget.db import db
from widget.people import Role
from widget.refunds import Claim, Confirmation, CreditNoteLine, State

CLAIMS = Path(sandbox.__file__).parent / "demo_claims.json"
SUPPLIERS = (
    ("Dafen Art", ("NL", "GB"), "liwei@dafen.example"),
    ("Xiamen Oil Studio", ("DE",), "chenyu@xiamen.example"),
)


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """The demo's claims without their pictures, of which each takes a moment."""
    said = json.loads(CLAIMS.read_text())
    for claim in said["claims"]:
        claim.pop("pictures", None)
    file = tmp_path / "claims.json"
    file.write_text(json.dumps(said))
    return file


def run(app: Flask, *words: str, said: str = "") -> Any:
    return app.test_cli_runner().invoke(args=["demo", *words], input=said)


def set_up(app: Flask) -> None:
    with app.app_context():
        helpdesk = factories.helpdesk()
        for code in ("NL", "DE", "GB"):
            factories.store(helpdesk, code, code + r"\d{5}").currency = "GBP" if code == "GB" else "EUR"
        for name, codes, mention in SUPPLIERS:
            of = [stores.get_store(code) for code in codes]
            people.add_supplier(name, of=of, mention=mention, locale="zh", timezone="Asia/Shanghai")
        for name in ("Natalie Roth", "Katja Brandt"):
            email = f"{name.split()[0].lower()}@brushwood.example"
            people.add_person(email, name=name, roles={Role.APPROVER}, supplier=None)
        db.session.commit()


def test_the_demo_has_claims_in_every_state_and_gets_them_once(app: Flask, claims: Path) -> None:
    set_up(app)
    for added in (20, 0):
        done = run(app, "fill", "--claims", str(claims), "--json")
        assert json.loads(done.stdout) == {"added": 0, "claims": added}, done.output
    with app.app_context():
        found = db.session.scalars(select(Claim).order_by(Claim.id)).all()
        assert {claim.state for claim in found} == set(State)
        assert {claim.currency for claim in found} == {"EUR", "GBP"}
        assert [claim.created_at for claim in found] == sorted(claim.created_at for claim in found)
        assert db.session.scalar(select(Confirmation.id).where(~Confirmation.stands)) is not None
        assert set(db.session.scalars(select(CreditNoteLine.fit))) == {"full", "partial", "unknown"}


def test_several_commands_run_in_one_process_until_one_refuses(app: Flask) -> None:
    set_up(app)
    add = ["person", "add", "anna@brushwood.example", "--name", "Anna", "--role", "agent", "--json"]
    done = run(app, "run", said=json.dumps(add) + "\n")
    assert json.loads(json.loads(done.stdout))["email"] == "anna@brushwood.example"
    done = run(app, "run", said=json.dumps(["person", "link", "nobody@brushwood.example"]) + "\n")
    assert done.exit_code == 1
    assert "person link: " in done.stderr
