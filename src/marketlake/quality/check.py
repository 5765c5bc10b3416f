"""Running the checks over what was served, a slice of instruments at a time so that memory stays small."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import QuarantinedError, SourceError
from ..normalise import NORMALISED, PRICES, Window
from ..query.checks import FAILS, SERVED_FAILS, SERVED_WARNS, WARNS, WHOLE, checks
from ..query.in_memory import in_memory
from ..query.text import statement
from ..schema import FINDING, QUARANTINE, SERVED
from .aside import noted, put_aside
from .relations import numbered, sessions, slices, subjects

_LOOKED_AT: Final = ("place", "subject", "session", *PRICES, "volume", "dividend", "split")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """Bars that passed, rows put aside (`QUARANTINE`), oddities (`FINDING`), instruments refused whole."""

    bars: pa.Table
    quarantine: pa.Table
    findings: pa.Table
    refused: Mapping[str, SourceError]


@dataclass
class _Found:
    """What the checks have found so far."""

    windows: Mapping[str, Window]
    run_id: str
    quarantine: list[pa.Table] = field(default_factory=lambda: [QUARANTINE.empty_table()])
    findings: list[pa.Table] = field(default_factory=lambda: [FINDING.empty_table()])
    refused: dict[str, SourceError] = field(default_factory=dict)

    def aside(self, rows: pa.Table, reason: str) -> None:
        self.quarantine.append(put_aside(rows, reason, self.run_id, self.windows))

    def note(self, rows: pa.Table, name: str) -> None:
        self.findings.append(noted(rows, name, self.windows))


def check(
    bars: pa.Table,
    conflicts: pa.Table,
    windows: Mapping[str, Window],
    run_id: str,
    *,
    served: pa.Table | None = None,
    foreign: Collection[str] = (),
    before: Mapping[str, float] | None = None,
) -> Checked:
    """Split normalised bars (sorted by instrument and session) into those to store and those to put aside.

    `conflicts` are rows of sessions that were told two ways, `served` all rows as they came, `foreign` the
    instruments that normalise refused for their currency; `before` has by instrument id the last stored close
    before its first row, where there is one.
    """
    found = _Found(windows, run_id)
    names = bars["instrument_id"].combine_chunks().dictionary_encode()
    known = {
        "subject": subjects(names.dictionary.to_pylist(), windows, before or {}),
        "conflict": numbered(conflicts),
        "served": numbered(SERVED.empty_table() if served is None else served),
        "foreign_answer": pa.table({"instrument_id": pa.array(sorted(foreign), pa.string())}),
        "calendar_session": sessions(bars, windows),
    }
    with in_memory(known) as connection:
        for name in SERVED_FAILS:
            found.aside(_answer(connection, name, "*"), name)
        for name in SERVED_WARNS:
            found.note(_answer(connection, name, "*"), name)
        good = [NORMALISED.empty_table()]
        good += [_checked(connection, part, found) for part in slices(bars, names.indices)]
    together = pa.concat_tables(good).combine_chunks()
    return Checked(
        together, pa.concat_tables(found.quarantine), pa.concat_tables(found.findings), found.refused
    )


def _checked(connection: duckdb.DuckDBPyConnection, part: pa.Table, found: _Found) -> pa.Table:
    """The bars of a slice that pass; what does not is added to what was found."""
    _prepare(connection, part)
    failed = np.zeros(len(part), dtype=bool)
    for name in WHOLE:
        failed |= _refuse(part, _rows(connection, name, part), name, failed, found)
    for name in FAILS:
        fresh = _mask(_rows(connection, name, part), len(part)) & ~failed
        found.aside(part.filter(pa.array(fresh)), name)
        failed |= fresh
    good = part
    if failed.any():
        # what is put aside is no neighbour
        good = numbered(part.filter(pa.array(~failed)).drop_columns("place"))
        _prepare(connection, good)
    for name in WARNS:
        found.note(_rows(connection, name, good), name)
    return good.select(NORMALISED.names)


def _refuse(part: pa.Table, rows: pa.Table, name: str, failed: Mask, found: _Found) -> Mask:
    """Put the whole answers aside that the check found a fault in; returns their rows."""
    if not len(rows):
        return np.zeros(len(part), dtype=bool)
    remedy = next(check.remedy for check in checks() if check.name == name)
    for instrument_id, message in zip(
        *(rows[n].to_pylist() for n in ("instrument_id", "message")), strict=True
    ):
        found.refused.setdefault(
            instrument_id,
            QuarantinedError(
                f"{instrument_id}: {message}; the whole answer was put aside. {_sentence(remedy)}"
            ),
        )
    ids = rows["instrument_id"].unique().to_pylist()
    whole = np.isin(part["instrument_id"].to_numpy(zero_copy_only=False), ids) & ~failed
    found.aside(part.filter(pa.array(whole)), name)
    return np.asarray(whole)


def _prepare(connection: duckdb.DuckDBPyConnection, part: pa.Table) -> None:
    connection.register("unchecked", part.select(_LOOKED_AT))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {statement('check_input/checked')}")


def _rows(connection: duckdb.DuckDBPyConnection, name: str, part: pa.Table) -> pa.Table:
    """The rows of a slice that a check finds, with its message."""
    found = _answer(connection, name, "place, message")
    return part.take(found["place"]).append_column("message", found["message"])


def _answer(connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> pa.Table:
    text = f"SELECT {columns} FROM ({statement(f'check/{name}')}) ORDER BY place"  # noqa: S608 (our own texts)
    return connection.execute(text).to_arrow_table()


def _mask(rows: pa.Table, count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[rows["place"].to_numpy()] = True
    return mask


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
