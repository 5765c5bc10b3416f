"""Run one case: prepare the lake, inject the fault, check, remove the fault, check again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random

from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import RunRow, exit_code
from marketlake.simulator.server import Simulator

from . import checks, expected
from .case import ANOTHER_SERIES, REPLY_KINDS, WRONG_VALUES, Case, Drawn, draw
from .clock import PATIENCE_S, CampaignClock, CampaignSettings, bound_access
from .damage import DAMAGES, restore
from .injected import explains
from .lakes import Key, Row, bars, expected_rows, listed, same
from .market import csv_text
from .world import World

_SLOW = ("hang", "trickle")
_REPLAYED_SHARE = 0.05
"""The share of cases that also replay `raw/`."""


@dataclass
class Site:
    """A worker's environment for cases: a simulator, a folder and the prepared lakes."""

    simulator: Simulator
    folder: Path
    prepared: dict[tuple[str, object, str], Path] = field(default_factory=dict)

    def home(self, drawn: Drawn) -> Path:
        """A fresh copy of the home for a case."""
        home = self.fresh()
        if drawn.case.situation != "first_load":
            shutil.copytree(self._loaded(drawn), home / "data")
        drawn.world.write(home)
        return home

    def fresh(self) -> Path:
        """An empty home."""
        home = self.folder / "case"
        shutil.rmtree(home, ignore_errors=True)
        (home / "user").mkdir(parents=True)
        return home

    def _loaded(self, drawn: Drawn) -> Path:
        """The lake of a world as of `loaded`; shorter when a backfill will extend it."""
        world, situation = drawn.world, drawn.case.situation
        key = (world.source, world.loaded, situation)
        if key not in self.prepared:
            home = self.folder / f"prepared{len(self.prepared)}"
            # what a run that was cut off by its time limit had begun
            shutil.rmtree(home, ignore_errors=True)
            (home / "user").mkdir(parents=True)
            since = world.loaded_from if situation == "backfill" else world.first
            world.write(home, since)
            self.prepare(world, [])
            rows = run(self, home, world.loaded)
            assert exit_code(rows) == 0, rows
            self.prepared[key] = home / "data"
        return self.prepared[key]

    def prepare(self, world: World, faults: Sequence[object]) -> None:
        self.simulator.market = world.market
        self.simulator.set_faults(faults)  # type: ignore[arg-type]


def run(site: Site, home: Path, at: datetime, window: object = None, reverify_days: int = 30) -> list[RunRow]:
    """Run the real pipeline at a data time."""
    site.simulator.set_clock(at)
    settings = CampaignSettings(
        home,
        home / "data",
        source_url=site.simulator.url,
        reverify_days=reverify_days,
        virtual=CampaignClock(at),
    )
    return ingest(settings, window=window)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Result:
    """The result of a case."""

    case: Case
    outcomes: tuple[str, ...]
    """Outcomes of the affected instruments during the fault."""
    violations: tuple[str, ...]
    wrong_scale_stored: bool = False
    """Whether an undetectable wrong first load was stored and reported."""


def failed(case: Case, how: str) -> Result:
    """The result of a case that could not be run."""
    return Result(case, (), (how,))


def strike(case: Case, site: Site) -> Result:
    """Run the case and collect violations."""
    drawn = draw(case)
    home = site.home(drawn)
    before = bars(home / "data")
    run_rows = _run_with_fault(drawn, site, home)
    after = bars(home / "data")
    wrong = list(_check_run(drawn, home, before, after, run_rows))
    rows = _run_without_fault(drawn, site, home)
    on_wrong_scale, violations = _check_recovery(drawn, home, before, after, rows)
    wrong += violations
    if Random(case.name).random() < _REPLAYED_SHARE:
        wrong += _check_replay(site, home, drawn)
    outcomes = tuple(row["outcome"] for row in run_rows if row["instrument_id"] in drawn.affected)
    return Result(case, outcomes, tuple(wrong), on_wrong_scale)


def _run_with_fault(drawn: Drawn, site: Site, home: Path) -> list[RunRow]:
    damaged = drawn.case.source == "files"
    if drawn.case.source == "ecb" and drawn.case.kind in _SLOW:
        # the simulator's first build of this table takes longer than the campaign's timeout
        site.prepare(drawn.world, [])
        site.simulator.set_clock(drawn.at)
        site.simulator.answer("/ecb/stats/eurofxref/eurofxref-hist.zip")
    site.prepare(drawn.world, [] if damaged else [drawn.fault()])
    if damaged:
        for name in drawn.affected:
            DAMAGES[drawn.case.kind][0](home / "files" / f"{name}.csv", Random(drawn.case.name))
    bound_access(PATIENCE_S if drawn.case.kind in _SLOW else 30.0)
    return run(site, home, drawn.at, drawn.window)


def _run_without_fault(drawn: Drawn, site: Site, home: Path) -> list[RunRow]:
    site.prepare(drawn.world, [])
    bound_access()
    for each in drawn.world.held:
        restore(home / "files" / f"{each.id}.csv", csv_text(each.truth))
    # a full reverification detects what is outside the look-back
    turn = 1 if drawn.case.kind in WRONG_VALUES or drawn.leaves_gaps else 30
    return run(site, home, drawn.after, drawn.window, turn)


def _expected_rows(drawn: Drawn, before: dict[Key, Row], at: datetime) -> dict[Key, Row]:
    """The rows after an undisturbed run."""
    everything = expected_rows({each.id: each.truth.until(at) for each in drawn.world.held})
    if drawn.window is None:
        return {key: row for key, row in everything.items() if key[1] >= drawn.world.first}
    start, end = drawn.window
    requested = {k: r for k, r in everything.items() if start <= k[1] and (end is None or k[1] <= end)}
    return before | requested


def _check_run(
    drawn: Drawn, home: Path, before: dict[Key, Row], after: dict[Key, Row], run_rows: list[RunRow]
) -> Iterator[str]:
    root, expected_state = home / "data", _expected_rows(drawn, before, drawn.at)
    yield from checks.whole(root)
    yield from checks.nothing_lost(before, after)
    yield from checks.changed_only_with_revision(before, after, root)
    yield from _check_invented(drawn, after, expected_state)
    yield from _check_meaning(drawn, root, before, after)
    by_id = {row["instrument_id"]: row for row in run_rows}
    if by_id.keys() != {each.id for each in drawn.world.held}:
        yield f"recorded: {sorted(by_id)}"
    for name, row in by_id.items():
        yield from _check_outcome(drawn, name, row)
        yield from _check_rows(
            drawn, name, row, checks.of(before, name), checks.of(after, name), expected_state
        )
    outcomes = {name: row["outcome"] for name, row in by_id.items()}
    correct = expected.exit_code(outcomes, {name: row["received_sessions"] for name, row in by_id.items()})
    if exit_code(run_rows) != correct:
        yield f"exit code {exit_code(run_rows)}, should be {correct}"


def _check_invented(drawn: Drawn, held: dict[Key, Row], expected_state: dict[Key, Row]) -> Iterator[str]:
    truth = _truth(drawn)
    for key, row in held.items():
        name, day = key
        if key not in expected_state:
            yield f"invented: {name} {day} is not the market's: {row}"
            return
        if not same(row, expected_state[key]) and not (
            name in drawn.affected and _is_explained(drawn, day, row, truth[name])
        ):
            yield f"invented: {name} {day} holds {row}, the market said {expected_state[key]}"
            return


def _check_meaning(drawn: Drawn, root: Path, before: dict[Key, Row], after: dict[Key, Row]) -> Iterator[str]:
    # a yield has no return, and a history that was first served as another company's is right
    if drawn.case.kind not in ANOTHER_SERIES or drawn.case.situation == "daily":
        held = (each for each in drawn.world.held if each.asset_class != "rate")
        truth = {each.id: each.truth.until(drawn.after) for each in held}
        yield from checks.no_wrong_figure_unmarked(after, truth, root)
    yield from checks.no_silent_rewrite(before, after, root)


def _truth(drawn: Drawn) -> dict[str, dict[date, Row]]:
    """By instrument, what the market had said when the fault was over."""
    return {each.id: each.truth.until(drawn.after) for each in drawn.world.held}


def _is_explained(drawn: Drawn, day: date, row: Row, truth: Mapping[date, Row]) -> bool:
    return explains(drawn.case.kind, drawn.params, day, row, truth)


def _check_outcome(drawn: Drawn, name: str, row: RunRow) -> Iterator[str]:
    allowed = expected.outcomes(drawn, name)
    if row["outcome"] not in allowed:
        yield f"outcome of {name}: {row['outcome']}, should be of {sorted(allowed)}: {row['message'][:160]}"
    if row["outcome"] not in expected.GOOD and not row["message"]:
        yield f"outcome of {name}: {row['outcome']} without a word"


def _check_rows(
    drawn: Drawn,
    name: str,
    row: RunRow,
    before: dict[Key, Row],
    after: dict[Key, Row],
    expected_state: dict[Key, Row],
) -> Iterator[str]:
    """A rejected response changes nothing; unaffected and correctly answered instruments have
    all rows."""
    outcome, own = row["outcome"], checks.of(expected_state, name)
    if outcome not in expected.GOOD | {"truncated", "quarantined"}:
        yield from checks.equal(after, before, f"{name} {outcome}")
    answered = drawn.case.kind in REPLY_KINDS and not drawn.leaves_gaps and "length" not in drawn.params
    if outcome in expected.GOOD and (name not in drawn.affected or answered):
        yield from checks.equal(after, own, f"{name} {outcome}")


def _check_recovery(
    drawn: Drawn, home: Path, before: dict[Key, Row], disturbed: dict[Key, Row], rows: list[RunRow]
) -> tuple[bool, list[str]]:
    """Whether a wrong scale was stored and reported, and the violations."""
    root, expected_state = home / "data", _expected_rows(drawn, before, drawn.after)
    after, violations = bars(root), [*checks.whole(root)]
    refused = {row["instrument_id"] for row in rows if row["outcome"] == "quarantined"}
    on_wrong_scale = {
        name for name in refused & set(drawn.affected) if _on_another_scale(drawn, name, disturbed)
    }
    for name in on_wrong_scale:
        violations += checks.equal(
            checks.of(after, name), checks.of(disturbed, name), f"{name} kept as it was"
        )
    bad = [
        row
        for row in rows
        if row["outcome"] not in expected.GOOD and row["instrument_id"] not in on_wrong_scale
    ]
    violations += [
        f"afterwards {row['instrument_id']}: {row['outcome']}: {row['message'][:160]}" for row in bad
    ]
    held, complete = (
        {k: r for k, r in rows.items() if k[0] not in on_wrong_scale} for rows in (after, expected_state)
    )
    violations += checks.equal(held, complete, "afterwards")
    violations += _check_revisions(drawn, root)
    return bool(on_wrong_scale), violations


def _on_another_scale(drawn: Drawn, name: str, disturbed: dict[Key, Row]) -> bool:
    """Whether a first load stored the history, or its long beginning, on another scale."""
    if drawn.case.kind not in {*WRONG_VALUES, "missing", "history"} or drawn.case.situation == "daily":
        return False
    truth = drawn.world.get(name).truth.until(drawn.after)
    wrong = [key for key, row in checks.of(disturbed, name).items() if not same(row, truth[key[1]])]
    return len(wrong) >= 2


def _check_revisions(drawn: Drawn, root: Path) -> Iterator[str]:
    """Every revision must be explained by an injected value."""
    truth = _truth(drawn)
    for (name, day), row in listed(root, "revision"):
        correct = same(row, truth[name][day])
        if not (name in drawn.affected and _injects_wrong_values(drawn)):
            yield f"revision of {name} {day} though no wrong value was served: {row}"
            return
        if not correct and not _is_explained(drawn, day, row, truth[name]):
            yield f"revision of {name} {day} holds {row}, which nobody served"
            return


def _injects_wrong_values(drawn: Drawn) -> bool:
    return drawn.case.kind in WRONG_VALUES or drawn.leaves_gaps


def _check_replay(site: Site, home: Path, drawn: Drawn) -> Iterator[str]:
    settings = CampaignSettings(home, home / "data", virtual=CampaignClock(drawn.after))
    changed = replay(settings).changed
    if changed:
        yield f"replay gives other bytes: {', '.join(changed)}"
