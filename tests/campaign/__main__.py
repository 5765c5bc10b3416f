"""Inject faults into a lake and report violations; the exit code is 0 without violations.

python -m tests.campaign all                                   everything below, as `make campaign` does
python -m tests.campaign faults --runs 2000 --seed 1           every fault x source x situation
python -m tests.campaign faults --case KIND:SOURCE:SITUATION:SEED   one of them again
python -m tests.campaign mixed --lakes 4                       random ones on 500 instruments
python -m tests.campaign kills --kills 300 --seed 1            kill -9 at random, then run again
python -m tests.campaign kills --airflow --kills 20            the same to Airflow's embedded run
python -m tests.campaign kills --trial KIND:SEED               one of them again; instants are chance
python -m tests.campaign soak --days 250 --instruments 200     a simulated year
"""

from __future__ import annotations

import argparse
import sys

from . import crash, crash_airflow, mixed, report
from .case import Case, all_cases
from .soak import soak
from .strike import failed, strike
from .workers import in_workers, site, warm

_ALL = ("faults", "mixed", "kills", "kills --airflow --kills 20", "soak")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True)
    for add in (_faults, _mixed, _kills, _soak):
        add(commands)
    commands.add_parser("all").set_defaults(act=None)
    arguments = parser.parse_args()
    if arguments.act is None:
        return max([_run_command(parser.parse_args(line.split())) for line in _ALL])
    return _run_command(arguments)


def _run_command(arguments: argparse.Namespace) -> int:
    return int(arguments.act(arguments))


def _command(commands: argparse._SubParsersAction, name: str, act: object) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name)
    command.set_defaults(act=act)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--workers", type=int, default=2)
    return command


def _faults(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "faults", _run_faults)
    command.add_argument("--runs", type=int, default=2000)
    command.add_argument("--kind", action="append", default=[], help="this kind only; may be repeated")
    command.add_argument("--source", action="append", default=[], help="this source only; may be repeated")
    command.add_argument("--case", action="append", help="the name of a case, as the report gives it")


def _run_faults(arguments: argparse.Namespace) -> int:
    cases = [Case.parse(name) for name in arguments.case or ()] or all_cases(
        arguments.runs, arguments.seed, arguments.kind, arguments.source
    )
    return report.faults(in_workers(cases, arguments.workers, site, strike, failed))


def _mixed(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "mixed", _run_mixed)
    command.add_argument("--lakes", type=int, default=4)
    command.add_argument("--instruments", type=int, default=500)


def _run_mixed(arguments: argparse.Namespace) -> int:
    lakes = [mixed.Rounds(arguments.seed + n, arguments.instruments) for n in range(arguments.lakes)]
    return report.mixed(in_workers(lakes, arguments.workers, site, mixed.mixed, mixed.failed))


def _kills(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "kills", _run_kills)
    command.add_argument("--kills", type=int, default=300, help="at least so many")
    command.add_argument("--kind", action="append", default=[], choices=list(crash.KINDS))
    command.add_argument("--trial", action="append", help="the name of a trial, as the report gives it")
    command.add_argument("--airflow", action="store_true", help="kill the embedded run of the real DAGs")


def _run_kills(arguments: argparse.Namespace) -> int:
    kinds, place = (
        ([crash_airflow.NAME], crash_airflow.under_airflow)
        if arguments.airflow
        else (arguments.kind or list(crash.KINDS), crash.workspace)
    )
    trials = [crash.Trial.parse(name) for name in arguments.trial or ()]
    trials = trials or crash.all_trials(arguments.kills, arguments.seed, kinds)
    return report.kills(in_workers(trials, arguments.workers, place, crash.attempt, crash.failed))


def _soak(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "soak", _run_soak)
    command.add_argument("--days", type=int, default=250)
    command.add_argument("--instruments", type=int, default=200)


def _run_soak(arguments: argparse.Namespace) -> int:
    warm()
    with site() as place:
        return report.soak_result(
            soak(place, arguments.instruments, arguments.days, arguments.seed, _print_day)
        )


def _print_day(number: int) -> None:
    if number % 25 == 0:
        report.print_line(f"  {number} days")


if __name__ == "__main__":
    sys.exit(main())
