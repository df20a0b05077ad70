"""The kill run: notes are pressed, answers get lost, processes are killed, and the helpdesk's own record is judged.

Real processes: the service, two workers and the stand-in helpdesk, which is the only one nobody kills. Every button
press is repeated until it is answered. In the end each must be in its ticket, once, in the order of the commits.
"""

from __future__ import annotations

import os
import random
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import requests
from sqlalchemy import func, or_, select

from bench import stores
from bench.broken_worker import VARIANTS
from bench.figures import Figure, Target
from bench.servers import children
from tests.databases import fresh
from tests.live import ANNA, Live
from tests.processes import SECRET_KEY, Process, Processes, wait_until
from widget import installation
from widget.db import db
from widget.outbox import Account, Message
from widget.outbox.tables import WAITING
from widget.problems import Comment, Problem
from widget.tickets import Ticket, TicketOrder
from widget.tokens import ActionToken, ActionTokens

RATE_LIMIT = "4000/20"
WORKERS = 2
WEB_WORKERS = 2
PRESSERS = 6
# Of the kills that meet the web side, so many end all of gunicorn, the others one of its workers.
WHOLE_SERVICE = 0.3
QUIET_WITHIN_SECONDS = 240
MARK = re.compile(r"press-\d{5}")

# In per cent: of all calls that change something, but `late` of notes only. Those are in the ticket when half the
# settle time is over; whoever looks sooner sends a second one.
FAULTS = (
    ("lost", 10, "writes"),
    ("error_before", 5, "writes"),
    ("error_after", 3, "writes"),
    ("rate_limited", 3, "writes"),
    ("late", 5, "messages"),
)


@dataclass(frozen=True)
class Plan:
    """What is done in a run. `pause`: how long, on average, a process lives once it is up."""

    notes: int = 1_000
    kills: int = 200
    tickets: int = 50
    pause: float = 1.0
    settle: float = 1.0
    lease: float = 3.0
    seed: int = 0
    broken: str = ""


QUICK = Plan(notes=150, kills=30, tickets=20)
BROKEN = Plan(notes=300, kills=60, tickets=30)


@dataclass(frozen=True)
class Verdict:
    """What the helpdesk's record says. `unsettled`: messages still waiting, or not yet looked at for extra copies."""

    plan: Plan
    kills: Counter[str]
    lost: int
    double: int
    inverted: int
    removed: int
    unsettled: int
    seconds: float

    @property
    def faults(self) -> int:
        """Everything that must not be."""
        return self.lost + self.double + self.inverted + self.unsettled

    def words(self) -> str:
        """The run in one line."""
        killed = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        unsettled = f", {self.unsettled} unsettled" if self.unsettled else ""
        return (
            f"{self.plan.notes} notes, {self.kills.total()} kills ({killed}), lost {self.lost}, double {self.double}, "
            f"inverted {self.inverted}{unsettled}, copies removed {self.removed}, {self.seconds:.0f} s, "
            f"seed {self.plan.seed}"
        )


def measure(kind: str, plan: Plan) -> Iterator[Figure]:
    """A run on a database of its own."""
    verdict = _run_on(kind, plan)
    name = f"kills, {stores.NAMES[kind]}: notes lost, double, inverted"
    yield Figure(name, verdict.faults, "", Target(0, at_most=True), verdict.words())


def measure_broken(kind: str, plan: Plan) -> Iterator[Figure]:
    """The same with each rule taken out in turn: a run that finds nothing then is no evidence."""
    for variant in VARIANTS:
        verdict = _run_on(kind, replace(plan, broken=variant))
        name = f"kills, {stores.NAMES[kind]}, {variant}: lost or double"
        yield Figure(name, verdict.lost + verdict.double, "", Target(0, more_than=True), verdict.words())


def _run_on(kind: str, plan: Plan) -> Verdict:
    with fresh(kind) as url, tempfile.TemporaryDirectory(prefix="supplier-desk-kills-") as folder:
        processes = Processes(Path(folder), url)
        try:
            return run(processes, plan)
        finally:
            processes.end()


def run(processes: Processes, plan: Plan) -> Verdict:
    """Carry out a plan and judge it."""
    begun = time.monotonic()
    desk = Desk(processes, plan)
    progress = Progress(plan)
    with ThreadPoolExecutor(PRESSERS) as pressers:
        pressed = [pressers.submit(desk.press, number, progress) for number in range(plan.notes)]
        try:
            _kill_all(desk, progress)
        except BaseException:
            progress.give_up()
            raise
        for press in pressed:
            press.result()
    unsettled = desk.wait_until_quiet()
    return desk.judge(progress.killed, unsettled, time.monotonic() - begun)


class Progress:
    """Presses keep step with the kills, so that there is something to interrupt from the first to the last."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._changed = threading.Condition()
        self.killed: Counter[str] = Counter()
        self.given_up = False

    def count(self, name: str) -> None:
        """One more kill."""
        with self._changed:
            self.killed[name] += 1
            self._changed.notify_all()

    def has_kills_left(self) -> bool:
        """Whether somebody still has to die."""
        return self.killed.total() < self._plan.kills

    def pause(self) -> None:
        """Until it is worth looking at the clock again."""
        threading.Event().wait(0.01)

    def give_up(self) -> None:
        """Let everybody go home."""
        with self._changed:
            self.given_up = True
            self._changed.notify_all()

    def wait_for_turn(self, number: int) -> None:
        """Until the press of that number is due."""
        due = number * self._plan.kills // self._plan.notes
        with self._changed:
            self._changed.wait_for(lambda: self.killed.total() >= due or self.given_up)


@dataclass
class Victim:
    """A process that lives for a while once it is up, is killed, and started again."""

    name: str
    process: Process
    dice: random.Random
    due: float | None = None


@dataclass(frozen=True)
class Line:
    """A line that is commented on, and where."""

    ticket: int
    customer: int
    problem: int


class Desk:
    """One installation, its tickets, and what is done to it."""

    def __init__(self, processes: Processes, plan: Plan) -> None:
        self.processes, self.plan = processes, plan
        self.live = Live(processes, rate_limit=RATE_LIMIT, settle=plan.settle, lease=plan.lease)
        self._write_tickets()
        self.lines = self._lines()
        self.live.deliver()
        self.live.service.kill()
        self._set_faults()
        self._order = random.Random(f"{plan.seed} presses").choices(self.lines, k=plan.notes)
        self._tokens = ActionTokens((SECRET_KEY,), "line")

    def victims(self) -> list[Victim]:
        """Everybody who is going to be killed, started."""
        names = ["web", *(f"worker {number}" for number in range(1, WORKERS + 1))]
        return [Victim(name, self.start(name), random.Random(f"{self.plan.seed} {name}")) for name in names]

    def start(self, name: str) -> Process:
        """Start it without waiting for it."""
        if name == "web":
            bind = f"127.0.0.1:{self.processes.port}"
            self.processes.env["WEB_CONCURRENCY"] = str(WEB_WORKERS)
            return self.processes.start(
                "service", "-m", "gunicorn", "-c", "gunicorn.conf.py", "--bind", bind, "app:app"
            )
        if self.plan.broken:
            return self.processes.start("worker", "-m", "bench.broken_worker", self.plan.broken)
        return self.processes.start_worker()

    def _set_faults(self) -> None:
        rules = [
            {
                "kind": kind,
                "probability": per_cent / 100,
                "scope": scope,
                "seconds": self.plan.settle / 2 if kind == "late" else 1,
            }
            for kind, per_cent, scope in FAULTS
        ]
        self.live.control("faults", faults=rules, seed=self.plan.seed)

    def press(self, number: int, progress: Progress) -> None:
        """Press the comment button of some line, again and again until it is answered."""
        progress.wait_for_turn(number)
        line = self._order[number]
        form = {
            "token": self._tokens.make(ActionToken(1, line.customer, line.problem, 1)),
            "ticket_id": str(line.ticket),
            "user_email": ANNA,
            "comment": f"press-{number:05d}",
        }
        wait_until(lambda: progress.given_up or self._is_answered(form), 60, f"press {number} is answered")

    def wait_until_quiet(self) -> int:
        """Until everything was sent and looked at for extra copies. How many messages were not, in the end."""
        try:
            wait_until(lambda: not self._unsettled(), QUIET_WITHIN_SECONDS)
        except AssertionError:
            return self._unsettled()
        return 0

    def judge(self, kills: Counter[str], unsettled: int, seconds: float) -> Verdict:
        """Compare the helpdesk's record with what was pressed and in which order it was committed."""
        wanted = {f"press-{number:05d}" for number in range(self.plan.notes)}
        seen: Counter[str] = Counter()
        inverted = 0
        for line in self.lines:
            notes = self._marks_in(line.ticket)
            seen.update(notes)
            place = {mark: nth for nth, mark in enumerate(self._committed(line.problem))}
            inverted += sum(place.get(one, -1) > place.get(other, -1) for one, other in pairwise(dict.fromkeys(notes)))
        return Verdict(
            plan=self.plan,
            kills=kills,
            lost=len(wanted - seen.keys()),
            double=sum(count - 1 for count in seen.values()),
            inverted=inverted,
            removed=self._copies_removed(),
            unsettled=unsettled,
            seconds=seconds,
        )

    def _write_tickets(self) -> None:
        for number in range(self.plan.tickets):
            ticket = self.live.write(f"Order NL{10_000 + number}", customer=f"customer-{number}@customer.example")
            self.live.press(ticket, "Report a problem", **{"Problem type": "Other", "Problem": "Which frame?"})

    def _lines(self) -> list[Line]:
        found = (
            select(Ticket.gorgias_id, Ticket.customer_id, Problem.id)
            .join(TicketOrder, TicketOrder.ticket_id == Ticket.id)
            .join(Problem, Problem.order_id == TicketOrder.order_id)
            .order_by(Problem.id)
        )
        with self.live.commands.app_context():
            return [Line(*row) for row in db.session.execute(found)]

    def _is_answered(self, form: dict[str, str]) -> bool:
        try:
            answer = requests.post(self.live.url + installation.action_path(1, "comment"), data=form, timeout=10)
        except requests.RequestException:
            return False
        if answer.status_code not in (200, 503):
            raise RuntimeError(f"a press was answered with {answer.status_code}: {answer.text}")
        return answer.status_code == 200

    def _unsettled(self) -> int:
        waiting = Message.done_at.is_(None) & Message.state.in_(WAITING)
        with self.live.commands.app_context():
            query = select(func.count()).select_from(Message).where(or_(waiting, Message.verify_at.is_not(None)))
            return db.session.scalar(query) or 0

    def _marks_in(self, ticket: int) -> list[str]:
        """The presses' marks in a ticket's notes, as the helpdesk lists them."""
        found = [MARK.search(note["body_text"]) for note in self.live.notes(ticket)]
        return [mark[0] for mark in found if mark]

    def _committed(self, problem: int) -> list[str]:
        """The presses on a line, in the order in which they took effect."""
        with self.live.commands.app_context():
            return list(
                db.session.scalars(select(Comment.text).where(Comment.problem_id == problem).order_by(Comment.id))
            )

    def _copies_removed(self) -> int:
        with self.live.commands.app_context():
            return db.session.scalar(select(func.sum(Account.copies_removed))) or 0


def _kill_all(desk: Desk, progress: Progress) -> None:
    """Kill until the plan is fulfilled; everybody is alive again afterwards.

    From one thread, and from that of the run: what a thread has started ends with it.
    """
    victims = desk.victims()
    while progress.has_kills_left():
        for victim in victims:
            _haunt(victim, desk, progress)
        progress.pause()


def _haunt(victim: Victim, desk: Desk, progress: Progress) -> None:
    now = time.monotonic()
    if victim.due is None:
        if _is_up(victim):
            victim.due = now + victim.dice.expovariate(1 / desk.plan.pause)
    elif now >= victim.due and progress.has_kills_left():
        progress.count(_kill(victim, desk))
        victim.due = None


def _kill(victim: Victim, desk: Desk) -> str:
    """What was killed."""
    if victim.name == "web" and victim.dice.random() >= WHOLE_SERVICE:
        os.kill(victim.dice.choice(children(victim.process.pid)), signal.SIGKILL)
        return "web workers"
    victim.process.kill()
    victim.process = desk.start(victim.name)
    return "whole services" if victim.name == "web" else "workers"


def _is_up(victim: Victim) -> bool:
    if not victim.process.is_running:
        raise RuntimeError(f"{victim.name} ended by itself:\n{victim.process.output()}")
    if victim.name == "web":
        return len(children(victim.process.pid)) == WEB_WORKERS
    return "worker started" in victim.process.output()
