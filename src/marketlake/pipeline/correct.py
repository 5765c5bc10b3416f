"""Corrections by hand taking effect on what is stored; what is served later is corrected on its way in.

A bar that an entry corrects is a revision like any other, observed when the entry was found; taking an entry
away brings back what the vendor had served, unless the vendor has come to serve the new value itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..corrections import Correction, Corrections, Key, decode
from ..errors import SourceError
from ..instruments import Universe
from ..query.checks import CORRECTION_NOT_NEEDED
from ..schema import BAR, RUN
from ..schema_correction import CORRECTION, REMOVED, STANDS
from ..store.lake import Writer
from ..store.merge import match, merge_bars, same_value
from .answers import Answer
from .corrected import keys_of, mismatch
from .record import append, asked
from .stored import Place, stage, touched_in


@dataclass
class _Effect:
    """What a change of the corrections does, by instrument id."""

    errors: dict[str, SourceError] = field(default_factory=dict)
    revised: Counter[str] = field(default_factory=Counter)


def correct(lake: Writer, universe: Universe, found: Answer, before: Corrections) -> Corrections:
    """Stage what the change from `before` means for the stored bars; returns the corrections that stand."""
    after = decode(found.pages[0].body)
    changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    changed = [key for key in changed if key[0] in universe.by_id]
    effect = _Effect()
    by_place: dict[Place, list[Key]] = {}
    for key in changed:
        by_place.setdefault((universe.by_id[key[0]].asset_class, key[1].year), []).append(key)
    for place, keys in by_place.items():
        _correct_bars(lake, place, [_steps(lake, key, before, after) for key in keys], found, effect)
    append(lake, "correction", _record(changed, before, after, found), found.fetched_at)
    rows = [_run_row(found, name, effect) for name in dict.fromkeys(key[0] for key in changed)]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), found.fetched_at)
    return after


def _steps(lake: Writer, key: Key, before: Corrections, after: Corrections) -> list[Correction]:
    """What is to become of a stored value, from whichever `old` it has."""
    was, entry = before.get(key), after.get(key)
    if entry is not None:
        return [entry] if was is None else [entry, replace(entry, old=was.new)]
    assert was is not None
    return [] if _confirmed(lake, was) else [replace(was, old=was.new, new=was.old)]


def _confirmed(lake: Writer, entry: Correction) -> bool:
    """Whether the vendor was seen to serve the new value itself."""
    for path in lake.manifest.paths("finding"):
        table = lake.read(path)
        mine = pc.and_(
            pc.equal(table["check"], CORRECTION_NOT_NEEDED),
            pc.and_(
                pc.equal(table["instrument_id"], entry.instrument_id),
                pc.equal(table["session"], entry.session),
            ),
        )
        if any(f"{entry.field}: " in message for message in table.filter(mine)["message"].to_pylist()):
            return True
    return False


def _correct_bars(
    lake: Writer, place: Place, entries: Sequence[list[Correction]], found: Answer, effect: _Effect
) -> None:
    keys = keys_of(step for steps in entries for step in steps[:1])
    stored = touched_in(lake, place, keys)
    at, held = match(stored, keys)
    rows = {
        (row["instrument_id"], row["session"]): row for row in stored.take(pa.array(at[held])).to_pylist()
    }
    changed: dict[Any, dict[str, Any]] = {}
    for steps in filter(None, entries):
        key = steps[0].key[:2]
        if key in rows and _correct(rows[key], steps, effect):
            changed[key] = rows[key]
    moment = {"observed_at": found.fetched_at, "known_at": found.fetched_at, "backfilled": False}
    incoming = pa.Table.from_pylist([row | moment for _, row in sorted(changed.items())], schema=BAR)
    merged = merge_bars(stored, incoming)
    effect.revised.update(merged.revised.to_pylist())
    stage(lake, place, merged.bars, merged.superseded)


def _correct(row: dict[str, Any], steps: Sequence[Correction], effect: _Effect) -> bool:
    """Change one value of a row; False where it need not be or, with the error noted, can not be."""
    value, target = row[steps[0].field], steps[0].new
    if same_value(steps[0].field, value, target):
        return False
    if any(same_value(step.field, value, step.old) for step in steps):
        row[steps[0].field] = target
        return True
    effect.errors.setdefault(steps[0].instrument_id, mismatch(steps[0], value, "the lake holds"))
    return False


def _record(changed: Iterable[Key], before: Corrections, after: Corrections, found: Answer) -> pa.Table:
    rows = []
    for key in changed:
        entry, state = (after[key], STANDS) if key in after else (before[key], REMOVED)
        rows.append(
            {
                **vars(entry),
                "state": state,
                "run_id": found.run_id,
                "recorded_at": found.fetched_at,
            }
        )
    return pa.Table.from_pylist(rows, schema=CORRECTION)


def _run_row(found: Answer, name: str, effect: _Effect) -> dict[str, Any]:
    """The row of `run`: an entry that does not fit fails the run."""
    error, revised = effect.errors.get(name), effect.revised[name]
    counts = (
        "attempts",
        "expected_sessions",
        "received_sessions",
        "new_rows",
        "volume_rows",
        "quarantined_rows",
    )
    return {
        **asked(found),
        **dict.fromkeys(counts, 0),
        "instrument_id": name,
        "outcome": error.outcome if error else "ok" if revised else "no_new_data",
        "message": str(error) if error else "",
        "revised_rows": revised,
    }
