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
from .case import GAPS, REPLY_KINDS, WRONG_VALUES, Case, Drawn, draw
from .clock import PATIENCE_S, CampaignClock, CampaignSettings, bound_access
from .damage import DAMAGES, restore
from .injected import explains
from .lakes import Key, Row, bars, expected_rows, listed, same
from .market import csv_text
from .world import World

_SLOW = ("hang", "trickle")
_REPLAYED = 0.05
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
    kept_wrong: bool = False
    """Whether an undetectable wrong first load was stored and reported."""


def failed(case: Case, how: str) -> Result:
    """The result of a case that could not be run."""
    return Result(case, (), (how,))


def strike(case: Case, site: Site) -> Result:
    """Run the case and collect violations."""
    drawn = draw(case)
    home = site.home(drawn)
    before = bars(home / "data")
    ended = _while_it_lasts(drawn, site, home)
    after = bars(home / "data")
    wrong = list(_checked(drawn, home, before, after, ended))
    rows = _when_it_is_over(drawn, site, home)
    stuck, violations = _recovered(drawn, home, before, after, rows)
    wrong += violations
    if Random(case.name).random() < _REPLAYED:
        wrong += _replayed(site, home, drawn)
    outcomes = tuple(row["outcome"] for row in ended if row["instrument_id"] in drawn.struck)
    return Result(case, outcomes, tuple(wrong), stuck)


def _while_it_lasts(drawn: Drawn, site: Site, home: Path) -> list[RunRow]:
    damaged = drawn.case.source == "files"
    if drawn.case.source == "ecb" and drawn.case.kind in _SLOW:
        # the simulator's first build of this table takes longer than the campaign's timeout
        site.prepare(drawn.world, [])
        site.simulator.set_clock(drawn.at)
        site.simulator.answer("/ecb/stats/eurofxref/eurofxref-hist.zip")
    site.prepare(drawn.world, [] if damaged else [drawn.fault()])
    if damaged:
        for name in drawn.struck:
            DAMAGES[drawn.case.kind][0](home / "files" / f"{name}.csv", Random(drawn.case.name))
    bound_access(PATIENCE_S if drawn.case.kind in _SLOW else 30.0)
    return run(site, home, drawn.at, drawn.window)


def _when_it_is_over(drawn: Drawn, site: Site, home: Path) -> list[RunRow]:
    site.prepare(drawn.world, [])
    bound_access()
    for each in drawn.world.held:
        restore(home / "files" / f"{each.id}.csv", csv_text(each.truth))
    # a full reverification detects what is outside the look-back
    turn = 1 if drawn.case.kind in WRONG_VALUES or drawn.case.kind in GAPS else 30
    return run(site, home, drawn.after, drawn.window, turn)


def _wanted(drawn: Drawn, before: dict[Key, Row], at: datetime) -> dict[Key, Row]:
    """The rows after an undisturbed run."""
    everything = expected_rows({each.id: each.truth.until(at) for each in drawn.world.held})
    if drawn.window is None:
        return {key: row for key, row in everything.items() if key[1] >= drawn.world.first}
    start, end = drawn.window
    requested = {k: r for k, r in everything.items() if start <= k[1] and (end is None or k[1] <= end)}
    return before | requested


def _checked(
    drawn: Drawn, home: Path, before: dict[Key, Row], after: dict[Key, Row], ended: list[RunRow]
) -> Iterator[str]:
    root, wanted = home / "data", _wanted(drawn, before, drawn.at)
    yield from checks.whole(root)
    yield from checks.nothing_lost(before, after)
    yield from checks.changed_only_with_revision(before, after, root)
    yield from _not_invented(drawn, after, wanted)
    by_id = {row["instrument_id"]: row for row in ended}
    if by_id.keys() != {each.id for each in drawn.world.held}:
        yield f"recorded: {sorted(by_id)}"
    for name, row in by_id.items():
        yield from _rightly_named(drawn, name, row)
        yield from _rows_fit(drawn, name, row, checks.of(before, name), checks.of(after, name), wanted)
    outcomes = {name: row["outcome"] for name, row in by_id.items()}
    right = expected.exit_code(outcomes, {name: row["received_sessions"] for name, row in by_id.items()})
    if exit_code(ended) != right:
        yield f"exit code {exit_code(ended)}, should be {right}"


def _not_invented(drawn: Drawn, held: dict[Key, Row], wanted: dict[Key, Row]) -> Iterator[str]:
    truth = {each.id: each.truth.until(drawn.after) for each in drawn.world.held}
    for key, row in held.items():
        name, day = key
        if key not in wanted:
            yield f"invented: {name} {day} is not the market's: {row}"
            return
        if not same(row, wanted[key]) and not (
            name in drawn.struck and _explained(drawn, day, row, truth[name])
        ):
            yield f"invented: {name} {day} holds {row}, the market said {wanted[key]}"
            return


def _explained(drawn: Drawn, day: date, row: Row, truth: Mapping[date, Row]) -> bool:
    return explains(drawn.case.kind, drawn.params, day, row, truth)


def _rightly_named(drawn: Drawn, name: str, row: RunRow) -> Iterator[str]:
    allowed = expected.outcomes(drawn, name)
    if row["outcome"] not in allowed:
        yield f"outcome of {name}: {row['outcome']}, should be of {sorted(allowed)}: {row['message'][:160]}"
    if row["outcome"] not in expected.GOOD and not row["message"]:
        yield f"outcome of {name}: {row['outcome']} without a word"


def _rows_fit(
    drawn: Drawn,
    name: str,
    row: RunRow,
    before: dict[Key, Row],
    after: dict[Key, Row],
    wanted: dict[Key, Row],
) -> Iterator[str]:
    """A rejected response changes nothing; unaffected and correctly answered instruments have
    all rows."""
    outcome, own = row["outcome"], checks.of(wanted, name)
    if outcome not in expected.GOOD | {"truncated", "quarantined"}:
        yield from checks.equal(after, before, f"{name} {outcome}")
    answered = drawn.case.kind in REPLY_KINDS and "length" not in drawn.params
    if outcome in expected.GOOD and (name not in drawn.struck or answered):
        yield from checks.equal(after, own, f"{name} {outcome}")


def _recovered(
    drawn: Drawn, home: Path, before: dict[Key, Row], hurt: dict[Key, Row], rows: list[RunRow]
) -> tuple[bool, list[str]]:
    """Whether a wrong scale was stored and reported, and the violations."""
    root, wanted = home / "data", _wanted(drawn, before, drawn.after)
    after, violations = bars(root), [*checks.whole(root)]
    refused = {row["instrument_id"] for row in rows if row["outcome"] == "quarantined"}
    stuck = {name for name in refused & set(drawn.struck) if _on_another_scale(drawn, name, hurt)}
    for name in stuck:
        violations += checks.equal(checks.of(after, name), checks.of(hurt, name), f"{name} kept as it was")
    bad = [row for row in rows if row["outcome"] not in expected.GOOD and row["instrument_id"] not in stuck]
    violations += [
        f"afterwards {row['instrument_id']}: {row['outcome']}: {row['message'][:160]}" for row in bad
    ]
    held, sound = ({k: r for k, r in rows.items() if k[0] not in stuck} for rows in (after, wanted))
    violations += checks.equal(held, sound, "afterwards")
    violations += _revisions(drawn, root)
    return bool(stuck), violations


def _on_another_scale(drawn: Drawn, name: str, hurt: dict[Key, Row]) -> bool:
    """Whether a first load stored the history, or its long beginning, on another scale."""
    if drawn.case.kind not in {"unit", "unadjusted", "missing"} or drawn.case.situation == "daily":
        return False
    truth = drawn.world.get(name).truth.until(drawn.after)
    wrong = [key for key, row in checks.of(hurt, name).items() if not same(row, truth[key[1]])]
    return len(wrong) >= 2


def _revisions(drawn: Drawn, root: Path) -> Iterator[str]:
    """Every revision must be explained by an injected value."""
    truth = {each.id: each.truth.until(drawn.after) for each in drawn.world.held}
    for (name, day), row in listed(root, "revision"):
        right = same(row, truth[name][day])
        if not (name in drawn.struck and _injects(drawn)):
            yield f"revision of {name} {day} though no wrong value was served: {row}"
            return
        if not right and not _explained(drawn, day, row, truth[name]):
            yield f"revision of {name} {day} holds {row}, which nobody served"
            return


def _injects(drawn: Drawn) -> bool:
    return drawn.case.kind in WRONG_VALUES or drawn.case.kind in GAPS


def _replayed(site: Site, home: Path, drawn: Drawn) -> Iterator[str]:
    settings = CampaignSettings(home, home / "data", virtual=CampaignClock(drawn.after))
    changed = replay(settings).changed
    if changed:
        yield f"replay gives other bytes: {', '.join(changed)}"
