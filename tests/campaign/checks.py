"""Invariants after a run with faults; each function yields violations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from .lakes import Key, Row, listed, same, table

_SETTLES = 0.05
_CERTAIN = 8
"""Errors of so many daily volatilities must be found."""
_BACK, _LATER = 10, 1.5
"""A wrong price must come back within so many sessions for that; after the second, so much more."""
_MOST = 0.5
Held = Mapping[Key, Row]


def nothing_lost(before: Held, after: Held) -> Iterator[str]:
    for key in sorted(before.keys() - after.keys())[:3]:
        yield f"lost: {_named(key)} was stored and is gone"


def changed_only_with_revision(before: Held, after: Held, root: Path) -> Iterator[str]:
    kept = listed(root, "revision")
    for key in before.keys() & after.keys():
        if same(before[key], after[key]) or _settled(before[key], after[key]):
            continue
        if not any(other == key and same(row, before[key]) for other, row in kept):
            yield f"changed without a revision: {_named(key)} {before[key]} -> {after[key]}"
            return


def _settled(before: Row, after: Row) -> bool:
    """Whether only a recent volume changed, which is updated in place."""
    different = same((*before[:4], 0.0, *before[5:]), (*after[:4], 0.0, *after[5:]))
    return different and abs(before[4] - after[4]) < _SETTLES * max(before[4], after[4])


def equal(held: Held, expected: Held, when: str) -> Iterator[str]:
    """Compare row by row; yields the first difference of each kind."""
    for what, keys in (
        ("missing", expected.keys() - held.keys()),
        ("too many", held.keys() - expected.keys()),
    ):
        if keys:
            yield f"{when}: {len(keys)} rows {what}, the first {_named(min(keys))}"
    wrong = sorted(key for key in held.keys() & expected.keys() if not same(held[key], expected[key]))
    if wrong:
        first = wrong[0]
        yield f"{when}: {len(wrong)} rows differ, first {_named(first)} {held[first]} for {expected[first]}"


def no_wrong_figure_unmarked(
    held: Held, truth: Mapping[str, Mapping[date, Row]], root: Path
) -> Iterator[str]:
    """A return that is wrong by eight daily volatilities has a finding at either of its sessions.

    A spike also marks the two sessions after it. A price that does not come back is certain to be found
    only where it doubles or halves: a true move looks the same.
    """
    found = findings(root)
    for name, days in truth.items():
        own = sorted(day for key, day in held if key == name and day in days)
        marked = {row["session"] for row in found if row["instrument_id"] == name}
        spikes = {row["session"] for row in found if (row["instrument_id"], row["check"]) == (name, "spike")}
        marked |= {day for at, first in enumerate(own) if first in spikes for day in own[at : at + 3]}
        for eve, day, grown, right in _certainly_wrong({day: held[name, day] for day in own}, days):
            if not {eve, day} & marked:
                moved = f"grows {grown:.4f}, the market {right:.4f}"
                yield f"wrong figure without a mark: {name} {eve} to {day} {moved}"
                return


def _certainly_wrong(
    held: Mapping[date, Row], truth: Mapping[date, Row]
) -> Iterator[tuple[date, date, float, float]]:
    """Steps that must be found: both sessions, the growth and the market's."""
    steps = {day: _growth(truth[eve], truth[day]) for eve, day in pairwise(sorted(truth))}
    limit = _CERTAIN * float(np.std([math.log(step) for step in steps.values()]))
    grown = [(eve, day, _growth(held[eve], held[day])) for eve, day in pairwise(held)]
    right = [math.prod(s for at, s in steps.items() if eve < at <= day) for eve, day, _ in grown]
    wrong = [math.log(step / own) for (_, _, step), own in zip(grown, right, strict=True)]
    for n, (eve, day, step) in enumerate(grown):
        comes_back = any(
            wrong[k] * wrong[n] < 0
            and min(abs(wrong[k]), abs(wrong[n])) > limit * (1 if abs(k - n) <= 2 else _LATER)
            for k in range(max(n - _BACK, 0), min(n + _BACK + 1, len(wrong)))
        )
        event = held[day][5:] != truth[day][5:]
        if abs(wrong[n]) > limit and (comes_back or event or abs(wrong[n]) > math.log(2)):
            yield eve, day, step, right[n]


def _growth(eve: Row, day: Row) -> float:
    """The total return factor of a session: close, dividend and split are columns 3, 5 and 6."""
    return (day[3] + day[5]) * day[6] / eve[3]


def no_silent_rewrite(before: Held, after: Held, root: Path) -> Iterator[str]:
    """A run that changes most of what was stored of an instrument leaves a finding."""
    marked = {row["instrument_id"] for row in findings(root)}
    for name in {key[0] for key in before} - marked:
        own = of(before, name)
        changed = sum(
            1 for key, row in own.items() if not (same(after[key], row) or _settled(row, after[key]))
        )
        if changed > max(2, _MOST * len(own)):
            yield f"silent rewrite: {changed} of {len(own)} sessions of {name}"


def findings(root: Path) -> list[dict[str, Any]]:
    return table(root, "finding").to_pylist() if open_manifest(root).paths("finding") else []


def whole(root: Path) -> Iterator[str]:
    """Every file matches the manifest, and each revision is stored once."""
    for damage in verify(root)[1]:
        yield f"verify: {damage.path}: {damage.problem}"
    if not (root / "manifest.json").exists():
        return
    kept = table(root, "revision").select(["instrument_id", "session", "observed_at"]).to_pylist()
    if len(kept) != len({tuple(row.values()) for row in kept}):
        yield "revision holds a row twice"


def of(held: Held, instrument_id: str) -> dict[Key, Row]:
    """The rows of one instrument."""
    return {key: row for key, row in held.items() if key[0] == instrument_id}


def _named(key: Key) -> str:
    return f"{key[0]} {key[1]}"
