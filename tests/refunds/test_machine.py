"""The rule that must not break, against everybody doing anything: it holds, and each of many breaks of it is seen."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.refunds import machine
from tests.refunds.unwalled import take_walls_down
from widget.people import approvers
from widget.refunds import confirming, pointing, recording, requesting, walls
from widget.refunds.moves import MOVES, Hand, State

Patch = pytest.MonkeyPatch
# Most breaks are met within its walks, and all of them within the next few.
FIRST_SEED = 4
NOWHERE: frozenset[State] = frozenset()
NOBODY: frozenset[Hand] = frozenset()


@pytest.fixture(autouse=True)
def shop(store: Any) -> None:
    with time_machine.travel(machine.BEGIN, tick=False):
        machine.shop()


def run(kind: type[machine.Claims], seeds: int, *, steps: int = 30) -> None:
    """Twenty-five walks per seed: the same ones in every run. What fails is told as it was found."""
    how = settings(
        max_examples=25, stateful_step_count=steps, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    for number in range(FIRST_SEED, FIRST_SEED + seeds):
        run_state_machine_as_test(seed(number)(kind), settings=how)


def test_nobody_gets_a_claim_filed_without_an_approvers_word() -> None:
    run(machine.ClaimsAndConsole, seeds=2)


# Breaks of the rule, as somebody might make them by mistake


def swap(patch: Patch, module: ModuleType, name: str, *changes: tuple[str, str]) -> None:
    """Make a function anew from its source with something else in it, wherever it is known."""
    was = getattr(module, name)
    source = textwrap.dedent(inspect.getsource(was))
    for old, new in changes:
        assert old in source, f"{name} does not say “{old}” any more"
        source = source.replace(old, new)
    made: dict[str, Any] = {}
    exec(compile("from __future__ import annotations\n" + source, f"<{name} with a break>", "exec"), vars(module), made)
    for known in list(sys.modules.values()):
        if getattr(known, "__name__", "").startswith("widget.") and getattr(known, name, None) is was:
            patch.setattr(known, name, made[name])


def allow(patch: Patch, act: str, *, origins: frozenset[State] = NOWHERE, by: frozenset[Hand] = NOBODY) -> None:
    move = MOVES[act]
    patch.setitem(MOVES, act, move._replace(origins=move.origins | origins, by=move.by | by))


def file_what_was_requested(patch: Patch) -> None:
    allow(patch, "file", origins=frozenset({State.REQUESTED}))
    swap(
        patch, confirming, "file",
        ("if confirmation is None or not confirmation.stands:", "if False:"),
        ("if confirmation.expires_at <= now:", "if False:"),
        ("confirmation.approver", "by.name"),
    )  # fmt: skip


def let_anybody_confirm(patch: Patch) -> None:
    swap(patch, approvers_module(), "lock_approver", ("Role.APPROVER not in person.roles", "False"))


def let_the_requester_confirm(patch: Patch) -> None:
    swap(patch, confirming, "_refuse_own", ("if wanted_by(", "if not claim and wanted_by("))


def forget_who_else_wanted_it(patch: Patch) -> None:
    swap(patch, confirming, "wanted_by", ("is_wanted_by(email)", "Claim.requested_by_email == email.lower()"))


def keep_the_word_when_the_facts_change(patch: Patch) -> None:
    swap(patch, requesting, "change", ("if facts and confirmation is not None:", "if False:"))


def confirm_what_was_on_an_old_screen(patch: Patch) -> None:
    swap(patch, recording, "check", ("if shown is not None:", "if False:"))


def file_on_an_old_word(patch: Patch) -> None:
    swap(patch, confirming, "file", ("if confirmation.expires_at <= now:", "if False:"))


def take_blanks_for_words(patch: Patch) -> None:
    swap(patch, confirming, "confirm", ("if not said:", "if not words:"))


def take_notes_from_outside(patch: Patch) -> None:
    swap(patch, pointing, "_is_ours", ("note.via not in WRITTEN_INSIDE or note.is_marked", "False"))


def take_old_notes(patch: Patch) -> None:
    swap(patch, pointing, "_time_of", ("or note.at < _since(claim)", ""))


def take_notes_about_another_amount(patch: Patch) -> None:
    swap(patch, pointing, "_find", ("if isinstance(said, str):", "if not said:"))


def let_the_supplier_file(patch: Patch) -> None:
    allow(patch, "file", by=frozenset({Hand.SUPPLIER}))


def let_the_supplier_accept_a_request(patch: Patch) -> None:
    allow(patch, "accept", origins=frozenset({State.REQUESTED}))


# What is broken, and how the machine says what it saw.
BREAKS: dict[Callable[[Patch], None], str] = {
    file_what_was_requested: "without a word",
    let_anybody_confirm: "is no approver|has no say in it",
    let_the_requester_confirm: "wanted it himself",
    forget_who_else_wanted_it: "wanted it himself",
    keep_the_word_when_the_facts_change: "no confirmation",
    confirm_what_was_on_an_old_screen: "something else than was read",
    file_on_an_old_word: "filed on an old word",
    take_blanks_for_words: "nothing was written",
    take_notes_from_outside: "from outside Gorgias",
    take_old_notes: "about something else",
    take_notes_about_another_amount: "about another amount",
    let_the_supplier_file: "the supplier filed it himself",
    let_the_supplier_accept_a_request: "accept before it was filed",
}


# What is broken is code, the same on both databases.
@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("break_it", BREAKS, ids=lambda each: each.__name__)
def test_each_break_of_the_rule_is_seen(break_it: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """With the database's walls down and nobody minding, so that what is seen is seen by the machine."""
    take_walls_down()
    monkeypatch.setattr(walls, "missing", set)
    break_it(monkeypatch)
    with pytest.raises(AssertionError, match=BREAKS[break_it]):
        run(machine.Claims, seeds=40)


def test_walls_that_are_missing_are_seen(monkeypatch: Patch) -> None:
    """Nothing of the code is broken: what a console may do is seen."""
    take_walls_down()
    monkeypatch.setattr(walls, "missing", set)
    with pytest.raises(AssertionError, match=r"without a word|with a word about something else|no confirmation"):
        run(machine.ClaimsAndConsole, seeds=40)


def approvers_module() -> ModuleType:
    return sys.modules[approvers.__module__]
