"""Corrections applied to what a vendor serves, before it is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa

from ..corrections import Correction, Corrections, of_instruments
from ..errors import QuarantinedError, SourceError
from ..normalise import NORMALISED
from ..schema import SERVED
from ..store.merge import match, same_value


@dataclass(frozen=True)
class Corrected:
    """Bars after the corrections."""

    bars: pa.Table
    """Schema `NORMALISED`: those that could be corrected, and those that need not be."""
    aside: pa.Table
    """Schema `NORMALISED`: rows whose value is neither the old nor the new one."""
    confirmed: pa.Table
    """Rows with a `message`: the vendor serves the new value itself."""
    refused: Mapping[str, SourceError]
    """By instrument id, what was expected and what was found."""


def corrected(bars: pa.Table, stored: pa.Table, corrections: Corrections) -> Corrected:
    """Replace what `corrections` corrects in normalised bars; both tables are in order.

    A session that is stored from another source stays as it is, whatever this one says, so it is passed by.
    """
    entries = of_instruments(corrections, bars["instrument_id"].unique().to_pylist())
    placed = list(_placed(bars, stored, entries))
    values = {e.field: bars[e.field].to_pylist() for _, e in placed}
    aside, refused, confirmed = (
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
            aside[row] = True
            refused.setdefault(entry.instrument_id, mismatch(entry, value))
    columns = {name: pa.array(column, NORMALISED.field(name).type) for name, column in values.items()}
    table = pa.table([columns.get(name, bars[name]) for name in NORMALISED.names], schema=NORMALISED)
    told = [row for row in confirmed if not aside[row]]
    messages = pa.array(["; ".join(confirmed[row]) for row in told], pa.string())
    return Corrected(
        table.filter(pa.array(~aside)),
        bars.filter(pa.array(aside)),
        bars.take(pa.array(told, pa.int64())).append_column("message", messages),
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
    """Each entry with the row of its session, where it is served and not stored from another source."""
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
