"""Attack the lake and say what does not hold.

    python -m tests.campaign faults --runs 2000 --seed 1     every fault x source x situation
    python -m tests.campaign faults --case KIND:SOURCE:SITUATION:SEED   one of them again
"""

from __future__ import annotations

import argparse
import sys

from . import report
from .case import Case, all_cases
from .workers import strike_all


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    faults = commands.add_parser("faults", help="every fault kind x source x situation")
    faults.add_argument("--runs", type=int, default=2000)
    faults.add_argument("--seed", type=int, default=1)
    faults.add_argument("--workers", type=int, default=2)
    faults.add_argument("--kind", action="append", default=[], help="this kind only; may be repeated")
    faults.add_argument("--source", action="append", default=[], help="this source only; may be repeated")
    faults.add_argument("--case", action="append", help="the name of a case, as the report gives it")
    given = parser.parse_args()
    cases = [Case.parse(name) for name in given.case or ()] or all_cases(
        given.runs, given.seed, given.kind, given.source
    )
    return report.faults(strike_all(cases, given.workers))


if __name__ == "__main__":
    sys.exit(main())
