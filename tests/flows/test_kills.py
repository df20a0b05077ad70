"""Whoever is killed, and whatever Gorgias's answers are: each press is one note, in order. The long run is in bench."""

from __future__ import annotations

from bench.kills import Plan, run
from tests.processes import Processes

SMALL = Plan(notes=60, kills=12, tickets=10, pause=0.4, settle=0.6, lease=2, seed=20_261_123)


def test_notes_are_neither_lost_nor_doubled_nor_out_of_order_when_processes_are_killed(processes: Processes) -> None:
    verdict = run(processes, SMALL)
    assert verdict.faults == 0, verdict.words()
    assert verdict.kills.total() == SMALL.kills
