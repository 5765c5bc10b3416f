"""Apply manual corrections to vendor data: to answers before the checks, and to stored bars.

corrections.toml is persisted as a raw batch whenever it changed, so that a replay applies the
corrections that were in force when an answer was fetched.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import CORRECTION_NOT_NEEDED
from ..model.corrections import Correction, Corrections, Key, decode, encode, load_corrections, of_instruments
from ..model.errors import QuarantinedError, SourceError
from ..model.instruments import Universe
from ..model.schema import BAR, CORRECTION, CORRECTION_MODE, IN_FORCE, REMOVED, RUN, SERVED
from ..model.settings import Settings
from ..store import raw
from ..store.manifest import Manifest
from ..store.raw import batch_names, local_files
from ..store.writer import Writer, claim
from .fetch import batch_id
from .merge import match, merge_bars, same_value
from .normalise import NORMALISED
from .partitions import Place, stage, touched_in
from .raw_answers import Answer
from .runs import append, identity

_SUFFIX: Final = "-corrections"
_NO_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Corrected:
    """Bars after the corrections."""

    bars: pa.Table
    """Schema `NORMALISED`: those that could be corrected, and those that need not be."""
    mismatched: pa.Table
    """Schema `NORMALISED`: rows whose value is neither the old nor the new one."""
    confirmed: pa.Table
    """Rows with a `message`: the vendor serves the new value itself."""
    refused: Mapping[str, SourceError]
    """By instrument id, what was expected and what was found."""


def corrected(bars: pa.Table, stored: pa.Table, corrections: Corrections) -> Corrected:
    """Replace what `corrections` corrects in normalised bars; both tables are in order.

    A session that is stored from another source stays as it is, so it is skipped.
    """
    entries = of_instruments(corrections, bars["instrument_id"].unique().to_pylist())
    placed = list(_placed(bars, stored, entries))
    values = {e.field: bars[e.field].to_pylist() for _, e in placed}
    mismatched, refused, confirmed = (
        np.zeros(len(bars), dtype=bool),
        dict[str, SourceError](),
        dict[int, list[str]](),
    )
    for row, entry in placed:
        value = values[entry.field][row]
        if same_value(entry.field, value, entry.old):
            values[entry.field][row] = entry.new
        elif same_value(entry.field, value, entry.new):
            confirmed.setdefault(row, []).append(
                f"{entry.field}: the vendor serves {_text(value)} itself by now"
            )
        else:
            mismatched[row] = True
            refused.setdefault(entry.instrument_id, mismatch(entry, value))
    columns = {name: pa.array(column, NORMALISED.field(name).type) for name, column in values.items()}
    table = pa.table([columns.get(name, bars[name]) for name in NORMALISED.names], schema=NORMALISED)
    rows = [row for row in confirmed if not mismatched[row]]
    messages = pa.array(["; ".join(confirmed[row]) for row in rows], pa.string())
    return Corrected(
        table.filter(pa.array(~mismatched)),
        bars.filter(pa.array(mismatched)),
        bars.take(pa.array(rows, pa.int64())).append_column("message", messages),
        refused,
    )


def mismatch(entry: Correction, value: float | None, whose: str = "the vendor serves") -> SourceError:
    """The error of an entry that does not find its old value."""
    return QuarantinedError(
        f"corrections.toml, {entry}: expected {_text(entry.old)} (or {_text(entry.new)}, as corrected), "
        f"{whose} {_text(value)}; the session was left alone. Set old to that, or remove the entry"
    )


def keys_of(entries: Iterable[Correction]) -> pa.Table:
    """The sessions of entries, each once, to be matched with bars."""
    pairs = [pair for pair, _ in groupby((entry.instrument_id, entry.session) for entry in entries)]
    columns = zip(*pairs, strict=True) if pairs else ([], [])
    names = ("instrument_id", "session")
    return pa.table({n: pa.array(list(c), SERVED.field(n).type) for n, c in zip(names, columns, strict=True)})


def _placed(bars: pa.Table, stored: pa.Table, entries: list[Correction]) -> Iterator[tuple[int, Correction]]:
    """Each entry with the row of its session, where it is served and not stored from another
    source."""
    if not entries:
        return
    keys = keys_of(entries)
    at, served = match(bars, keys)
    held_at, held = match(stored, keys)
    rows = {}
    for n, (name, session) in enumerate(zip(*(c.to_pylist() for c in keys.columns), strict=True)):
        if served[n] and not (held[n] and stored["source"][held_at[n]] != bars["source"][at[n]]):
            rows[name, session] = int(at[n])
    for entry in entries:
        if (entry.instrument_id, entry.session) in rows:
            yield rows[entry.instrument_id, entry.session], entry


def _text(value: float | None) -> str:
    return "none" if value is None else f"{value!r}".removesuffix(".0")


@dataclass
class _Effect:
    """What a change of the corrections does, by instrument id."""

    errors: dict[str, SourceError] = field(default_factory=dict)
    revised: Counter[str] = field(default_factory=Counter)


def correct(lake: Writer, universe: Universe, found: Answer, before: Corrections) -> Corrections:
    """Stage what the change from `before` means for the stored bars.

    Returns the corrections that stand.
    """
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
    """Change one value of a row.

    False where it need not be or, with the error noted, can not be.
    """
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
        entry, state = (after[key], IN_FORCE) if key in after else (before[key], REMOVED)
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
        **identity(found),
        **dict.fromkeys(counts, 0),
        "instrument_id": name,
        "outcome": error.outcome if error else "ok" if revised else "no_new_data",
        "message": str(error) if error else "",
        "revised_rows": revised,
    }


def persist_corrections(settings: Settings, run_id: str) -> None:
    """Persist corrections.toml as a raw batch, where it changed; `ConfigError` if it is wrong."""
    body = encode(load_corrections(settings.home / "corrections.toml", settings.universe))
    root, now = settings.lake, settings.clock.now()
    last = local_files(root, batch_names(root, _SUFFIX)[-1:])
    stored = [row["sha256"] for path in last for row in raw.read_columns(path, ["sha256"])]
    if hashlib.sha256(body).hexdigest() in stored or (not stored and body == encode({})):
        return
    claim(root, settings.origin)
    row = {
        **{"run_id": run_id, "origin": settings.origin, "instrument_id": "", "source": "corrections"},
        **{
            "symbol": "",
            "mode": CORRECTION_MODE,
            "requested_from": _NO_DAY,
            "due_from": _NO_DAY,
            "requested_to": _NO_DAY,
            "attempt": 1,
            "page": 0,
        },
        **{"url": "file:corrections.toml", "status": 200, "headers": "{}", "body": body, "fetched_at": now},
        **{"duration_s": 0.0, "outcome": "ok", "message": ""},
    }
    raw.write_batch(root, batch_id(now, settings.clock, "corrections"), now.date(), [row])


def in_force(root: Path, manifest: Manifest) -> Corrections:
    """The corrections in force in the lake."""
    paths = [path for path in manifest.paths("raw") if path.endswith(f"{_SUFFIX}.parquet")]
    batches = raw.read_batches(root, sorted(paths)[-1:])
    return next((decode(rows[0]["body"]) for _, rows in batches), {})
