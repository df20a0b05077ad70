"""Where what happens to a line or a claim is told, and how links to us begin."""

from __future__ import annotations

from flask import current_app, g

from widget import problems, refunds, tickets
from widget.problems import Problem
from widget.refunds import Claim
from widget.tickets import Place
from widget.web import visible


def take_line(reference: str, *, is_silent: bool = False) -> tuple[Problem, Place]:
    """A line the person may see, locked for a change, and the ticket to tell of it in. Raises NotFound."""
    return lock(visible.get_line(g.person, reference), is_silent=is_silent)


def lock(seen: Problem, *, is_silent: bool = False) -> tuple[Problem, Place]:
    """A line that was seen, locked for a change, and the ticket to tell of it in.

    The ticket is locked first, as everywhere: two who lock in different order would wait for each other.
    """
    home = tickets.lock_home(seen.order_id)
    return problems.get(seen.id, lock=True), Place(home, public_url(), is_silent=is_silent)


def take_claim(reference: str) -> tuple[Claim, Place]:
    """A claim the person may see, locked for a change, and the ticket to tell of it in. Raises NotFound."""
    return lock_claim(visible.get_claim(g.person, reference))


def lock_claim(seen: Claim) -> tuple[Claim, Place]:
    """A claim that was seen, locked for a change: the ticket it was requested in first, as everywhere."""
    claim, home = refunds.take(seen.id)
    return claim, Place(home, public_url())


def public_url() -> str:
    """How links to us begin."""
    url: str = current_app.extensions["config"].public_url
    return url
