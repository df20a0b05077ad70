"""`python -m bench`: measures and prints one line per figure. Exit code 1 when a target is missed."""

from __future__ import annotations

import argparse
import dataclasses
import random
import sys
from collections.abc import Iterator

from bench import actions, answers, kills, pages, stores
from bench.figures import Figure, show

OF_ANSWERS = {"speed", "growth", "memory"}
PARTS = ("speed", "growth", "memory", "actions", "pages", "kills", "broken")


def main() -> int:
    """Runs the parts asked for."""
    wanted = _parser().parse_args()
    shown = show(_figures(wanted))
    missed = [figure for figure in shown if not figure.is_met]
    print(f"{len(shown)} figures, {len(missed)} missed their target.")
    return 1 if missed else 0


def _figures(wanted: argparse.Namespace) -> Iterator[Figure]:
    parts = set(wanted.parts or PARTS)
    effort = answers.QUICK if wanted.quick else answers.Effort()
    kinds = [wanted.database] if wanted.database else stores.KINDS
    for kind in kinds:
        with stores.server():
            if parts & OF_ANSWERS:
                yield from answers.measure(kind, effort, parts)
            if "actions" in parts:
                yield from actions.measure(kind, effort)
            if "pages" in parts:
                yield from pages.measure(kind, effort)
        with stores.server(honest=False):
            if "kills" in parts:
                yield from kills.measure(kind, _plan(wanted, kills.QUICK if wanted.quick else kills.Plan()))
            if "broken" in parts:
                yield from kills.measure_broken(kind, _plan(wanted, kills.BROKEN))


def _plan(wanted: argparse.Namespace, plan: kills.Plan) -> kills.Plan:
    return dataclasses.replace(plan, seed=random.randrange(10**6) if wanted.seed is None else wanted.seed)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    made.add_argument("--quick", action="store_true", help="fewer and shorter rounds, fewer notes and kills")
    made.add_argument("--database", choices=stores.KINDS, help="only on this one")
    made.add_argument("--seed", type=int, help="of kills and faults, to see a run again")
    return made


if __name__ == "__main__":
    sys.exit(main())
