"""Print the results of a campaign."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable

from .crash import TrialResult
from .mixed import MixedResult
from .soak import SoakResult
from .strike import Result


def print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def faults(results: Iterable[Result]) -> int:
    """Print the report; returns 0 without violations."""
    started, done = time.monotonic(), []
    for result in results:
        done.append(result)
        for violation in result.violations:
            print_line(f"VIOLATION {result.case.name}\n  {violation}")
        if len(done) % 200 == 0:
            print_line(f"  {len(done)} runs, {time.monotonic() - started:.0f} s")
    violated = [result for result in done if result.violations]
    print_line(
        f"\n{len(done)} runs, each with one more when the fault was over, {time.monotonic() - started:.0f} s"
    )
    outcomes = Counter(outcome for result in done for outcome in result.outcomes)
    print_line("outcomes of affected instruments: " + _listed(outcomes))
    print_line("runs by fault: " + _listed(Counter(result.case.kind for result in done)))
    print_line("runs by source: " + _listed(Counter(result.case.source for result in done)))
    print_line("runs by situation: " + _listed(Counter(result.case.situation for result in done)))
    print_line(
        f"undetectable wrong first loads, stored and reported: {sum(r.wrong_scale_stored for r in done)}"
    )
    print_line(f"runs with a violation: {len(violated)}")
    for result in violated[:20]:
        print_line(f"  again: python -m tests.campaign faults --case {result.case.name}")
    return 1 if violated else 0


def mixed(results: Iterable[MixedResult]) -> int:
    """Print the report; returns 0 without violations."""
    started, done = time.monotonic(), []
    for result in results:
        done.append(result)
        for violation in result.violations:
            print_line(f"VIOLATION seed {result.rounds.seed}\n  {violation}")
    violated = [result for result in done if result.violations]
    injected = sum((result.faults for result in done), Counter[str]())
    print_line(f"\n{len(done)} lakes of mixed faults, six runs each, in {time.monotonic() - started:.0f} s")
    print_line(f"{injected.total()} faults: " + _listed(injected))
    print_line("outcomes: " + _listed(sum((result.outcomes for result in done), Counter[str]())))
    print_line(f"lakes with a violation: {len(violated)}")
    for result in violated:
        print_line(f"  again: python -m tests.campaign mixed --lakes 1 --seed {result.rounds.seed}")
    return 1 if violated else 0


def kills(results: Iterable[TrialResult]) -> int:
    """Print the report; returns 0 without differences."""
    started, done = time.monotonic(), []
    for result in results:
        done.append(result)
        for violation in result.violations:
            print_line(f"DIFFERENCE {result.trial.name}\n  {violation}")
        if len(done) % 50 == 0:
            print_line(f"  {sum(each.kills for each in done)} kills, {time.monotonic() - started:.0f} s")
    differ = [result for result in done if result.violations]
    total = sum(result.kills for result in done)
    print_line(
        f"\n{total} kills in {len(done)} trials, {time.monotonic() - started:.0f} s; each then run again"
    )
    counted = Counter[str]()
    for result in done:
        counted[result.trial.kind] += result.kills
    print_line("kills by work: " + _listed(counted))
    print_line(f"trials that gave something else than undisturbed: {len(differ)}")
    for result in differ[:20]:
        print_line(f"  again: python -m tests.campaign kills --trial {result.trial.name}")
    return 1 if differ else 0


def soak_result(result: SoakResult) -> int:
    """Print the report; returns 0 when the end state equals the recomputation."""
    for violation in result.violations:
        print_line(f"DIFFERENCE {violation}")
    print_line(f"\n{result.days} days of {result.instruments} instruments in {result.seconds:.0f} s")
    print_line(f"{result.bars} bars, {result.revisions} revisions; fetches: {_listed(result.outcomes)}")
    print_line(f"differences from the recomputation: {len(result.violations)}")
    return 1 if result.violations else 0


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted.most_common())
