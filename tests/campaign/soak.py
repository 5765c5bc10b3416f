"""The soak: a year of daily runs in virtual time against vendors with outages, errors and
restatements."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from marketlake.engine.reader import DUCKDB
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest

from . import checks, soak_model
from .clock import CampaignClock, CampaignSettings
from .lakes import bars, expected_rows, listed
from .market import served
from .soak_story import FIRST, Story, at, story
from .strike import Site

_DELISTING_NOTICED_AFTER = 4
"""Days until the operator writes down that an instrument has ended."""


@dataclass(frozen=True)
class SoakResult:
    """The result of a soak."""

    days: int
    instruments: int
    bars: int
    revisions: int
    outcomes: Counter[str]
    seconds: float
    violations: tuple[str, ...]


def soak(site: Site, instruments: int, days: int, seed: int, on_day: Callable[[int], None]) -> SoakResult:
    """Run the soak, then compare with the recomputation."""
    script, home, started = story(instruments, days, seed), site.fresh(), time.monotonic()
    outcomes, violations = Counter[str](), list[str]()
    for number, day in enumerate(script.days):
        outcomes += _one_day(site, home, script, day)
        if number % 25 == 24:
            violations += checks.whole(home / "data")
        on_day(number + 1)
    build(_settings(site, home, script.days[-1]))
    model = soak_model.expected_model(script)
    violations += _differences(home, script, model)
    rows = sum(map(len, model.rows.values()))
    seconds = time.monotonic() - started
    return SoakResult(days, instruments, rows, model.revisions.total(), outcomes, seconds, tuple(violations))


def _one_day(site: Site, home: Path, script: Story, day: date) -> Counter[str]:
    _write(home, script, day)
    listed = {key: script.history(each, day) for each in script.held for key in each.sources}
    site.simulator.market = served(listed)
    site.simulator.set_faults(script.faults(day))
    site.simulator.set_clock(at(day))
    return Counter(row["outcome"] for row in ingest(_settings(site, home, day)))


def _settings(site: Site, home: Path, day: date) -> CampaignSettings:
    return CampaignSettings(
        home, home / "data", source_url=site.simulator.url, virtual=CampaignClock(at(day))
    )


def _write(home: Path, script: Story, day: date) -> None:
    """Write the universe of this day."""
    entries = []
    for each in script.held:
        listed, until = script.listed_on.get(each.id), script.until.get(each.id)
        if listed is None or listed <= day:
            entry = each.entry(listed or FIRST)
            noticed = until is not None and (day - until).days > _DELISTING_NOTICED_AFTER
            entries.append(entry + (f"until = {until}\n" if noticed else ""))
    (home / "instruments.toml").write_text("\n".join(entries))


def _differences(home: Path, script: Story, model: soak_model.Model) -> Iterator[str]:
    root, last = home / "data", script.days[-1]
    yield from checks.equal(bars(root), expected_rows(model.rows), "at the end")
    truth = {each.id: script.history(each, last).until(at(last)) for each in script.held}
    yield from checks.equal(expected_rows(model.rows), expected_rows(truth), "the model")
    yield from checks.whole(root)
    kept = Counter(key for key, _ in listed(root, "revision"))
    for name, session in sorted(key for key in kept | model.revisions if kept[key] != model.revisions[key]):
        key = (name, session)
        yield f"{name} {session}: {kept[key]} revisions, recomputed {model.revisions[key]}"
    yield from _indices(root, model)


def _indices(root: Path, model: soak_model.Model) -> Iterator[str]:
    with DUCKDB.open(root) as connection:
        for name, rows in sorted(model.rows.items()):
            expected = soak_model.total_return_index(rows)
            held = dict(connection.execute(_INDEX.format(name)).fetchall())
            if held.keys() != expected.keys():
                yield f"index of {name}: {len(held)} sessions, recomputed {len(expected)}"
                continue
            scale = held[min(held)]
            worst = max(abs(held[day] / scale / expected[day] - 1) for day in expected)
            if worst > 1e-9:
                yield f"index of {name}: off by {worst:.3g}"


_INDEX = "SELECT session, total_index FROM total_return_index('{}')"
