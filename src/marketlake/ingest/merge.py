"""Merging incoming bars into one stored partition: what is new, what changed, what only settled.

Rows are compared column by column with a tolerance, so that a vendor's rounding is not a revision:

- prices: relative 1e-6 (vendors serve single precision)
- dividend: relative 1e-3 or 0.00005 (vendors round it to six digits after dividing by later splits)
- split: relative 1e-9
- volume: relative 1e-4; a change of less than 5 % within 15 days is the day's figure settling, and is
  updated in place without a revision

Only rows of one source are compared: another source's figures are not a revision, so a stored
session stays as its own source served it. An answer older than what is stored changes nothing that
is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..model.schema import BAR, REVISION

_TOLERANCE: Final = {
    "open": (1e-6, 0.0),
    "high": (1e-6, 0.0),
    "low": (1e-6, 0.0),
    "close": (1e-6, 0.0),
    "dividend": (1e-3, 5e-5),
    "split": (1e-9, 0.0),
}
_VOLUME_TOLERANCE: Final = 1e-4
_VOLUME_SETTLES: Final = 0.05
_VOLUME_SETTLES_WITHIN: Final = np.timedelta64(15, "D")

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Merged:
    """What a merge changes in one partition."""

    bars: pa.Table
    """Schema `BAR`, in order: the rows to be put in, each in place of the stored one of its
    session."""
    superseded: pa.Table
    """Schema `REVISION`: the rows that were replaced."""
    new: pa.Array
    """Instrument id of each row stored for the first time."""
    revised: pa.Array
    """Instrument id of each row whose values changed."""
    settled: pa.Array
    """Instrument id of each row whose volume alone was updated in place."""


def merge_bars(stored: pa.Table, incoming: pa.Table) -> Merged:
    """Compare bars of the same partition.

    Both have schema `BAR`, are in order and have one row a session.

    Of what is stored, the sessions that come in are enough.
    """
    at, found = match(stored, incoming)
    known = stored.take(pa.array(at[found]))
    again = incoming.filter(pa.array(found))
    changed, settled = _compare(known, again)
    new = incoming.filter(pa.array(~found))
    revised = _revised(again.filter(pa.array(changed)))
    refreshed = _with_volume(known.filter(pa.array(settled)), again.filter(pa.array(settled)))
    superseded = known.filter(pa.array(changed))
    superseded = superseded.append_column(REVISION.field("superseded_at"), revised["observed_at"]).cast(
        REVISION
    )
    bars = in_order(pa.concat_tables([new, revised, refreshed]))
    ids = (table["instrument_id"].combine_chunks() for table in (new, revised, refreshed))
    return Merged(bars, superseded, *ids)


def put_in(stored: pa.Table, rows: pa.Table) -> pa.Table:
    """Stored bars with the rows of a merge among them; all in order."""
    if not len(stored) or not len(rows):
        return stored if len(stored) else rows
    keys, fresh = _keys(stored, rows)
    at = np.minimum(np.searchsorted(keys, fresh), len(keys) - 1)
    stays = np.ones(len(keys), dtype=bool)
    stays[at[keys[at] == fresh]] = False
    order = np.argsort(np.concatenate([keys[stays], fresh]), kind="stable")
    together = pa.concat_tables([stored.filter(pa.array(stays)), rows]).combine_chunks()
    return together.take(pa.array(order))


def merge_revisions(stored: pa.Table, superseded: pa.Table) -> pa.Table | None:
    """Add superseded rows; one that is there already (same observed_at) is not added twice."""
    at_key = ["instrument_id", "session", "observed_at"]
    if len(stored):
        superseded = superseded.join(stored.select(at_key), at_key, join_type="left anti")
    if not len(superseded):
        return None
    together = pa.concat_tables([stored, superseded.select(REVISION.names).cast(REVISION)])
    return together.sort_by([(name, "ascending") for name in at_key]).combine_chunks()


def match(stored: pa.Table, incoming: pa.Table) -> tuple[Positions, Mask]:
    """Where in `stored` each incoming session is, and whether it is there at all."""
    if not len(stored):
        return np.zeros(len(incoming), np.int64), np.zeros(len(incoming), dtype=bool)
    keys, wanted = _keys(stored, incoming)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def same_value(name: str, a: float | None, b: float | None) -> bool:
    """Whether two values of a column count as the same; None is a missing one."""
    relative, absolute = _TOLERANCE.get(name, (_VOLUME_TOLERANCE, 0.0))
    one, other = (np.array([np.nan if value is None else value]) for value in (a, b))
    return not _differs(one, other, relative, absolute)[0]


def before_first(stored: pa.Table, incoming: pa.Table) -> tuple[Positions, Positions]:
    """Where in `stored` the row before each instrument's first incoming session stands, and where
    that is.

    Of instruments that have one; both tables are in order.
    """
    if not len(stored) or not len(incoming):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys, wanted = _keys(stored, incoming)
    first = np.flatnonzero(np.append(True, wanted[1:] >> 32 != wanted[:-1] >> 32))
    at = np.searchsorted(keys, wanted[first]) - 1
    held = (at >= 0) & (keys[at] >> 32 == wanted[first] >> 32)
    return at[held], first[held]


def in_order(table: pa.Table) -> pa.Table:
    """Sorted by instrument and session; what is so already is not copied."""
    keys, _ = _keys(table, table.slice(0, 0))
    if (keys[1:] > keys[:-1]).all():
        return table
    return table.combine_chunks().take(pa.array(np.argsort(keys, kind="stable")))


def _keys(stored: pa.Table, incoming: pa.Table) -> tuple[Positions, Positions]:
    """One sortable integer per (instrument, session), common to both tables."""
    chunks = [*stored["instrument_id"].chunks, *incoming["instrument_id"].chunks]
    ids = pa.chunked_array(chunks, pa.string()).combine_chunks()
    # an instrument's rows are together as a rule: far fewer names are looked up than there are rows
    runs = pc.run_end_encode(ids)
    coded = runs.values.dictionary_encode()
    order = pc.array_sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    days = np.concatenate([t["session"].cast(pa.int32()).to_numpy() for t in (stored, incoming)])
    keys = np.repeat(rank[coded.indices.to_numpy()], lengths) * 2**32 + days.astype(np.int64) + 2**31
    return keys[: len(stored)], keys[len(stored) :]


def _compare(known: pa.Table, again: pa.Table) -> tuple[Mask, Mask]:
    """Which rows changed, and which changed in nothing but a settling volume."""
    comparable = pc.and_(
        pc.equal(known["source"], again["source"]),
        pc.less_equal(known["observed_at"], again["observed_at"]),
    ).to_numpy()
    changed = values_differ(known, again)
    before, after = known["volume"].to_numpy(), again["volume"].to_numpy()
    volume = _differs(before, after, _VOLUME_TOLERANCE, 0.0)
    settling = ~_differs(before, after, _VOLUME_SETTLES, 0.0)
    observed = again["observed_at"].to_numpy().astype("datetime64[D]")
    settling &= again["session"].to_numpy().astype("datetime64[D]") >= observed - _VOLUME_SETTLES_WITHIN
    settled = comparable & ~changed & volume & settling
    return comparable & (changed | (volume & ~settling)), settled


def values_differ(known: pa.Table, again: pa.Table) -> Mask:
    """Row by row, whether a price, the dividend or the split changed."""
    changed = np.zeros(len(known), dtype=bool)
    for name, (relative, absolute) in _TOLERANCE.items():
        changed |= _differs(known[name].to_numpy(), again[name].to_numpy(), relative, absolute)
    return changed


def _differs(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], relative: float, absolute: float
) -> Mask:
    limit = np.maximum(relative * np.maximum(np.abs(a), np.abs(b)), absolute)
    return np.asarray((np.isnan(a) != np.isnan(b)) | (np.abs(a - b) > limit))


def _revised(rows: pa.Table) -> pa.Table:
    """A changed value is known from when it was seen, whatever the row's history."""
    live = pa.repeat(pa.scalar(False), len(rows))
    return _replace(rows, known_at=rows["observed_at"], backfilled=live)


def _with_volume(known: pa.Table, again: pa.Table) -> pa.Table:
    return _replace(known, volume=again["volume"])


def _replace(table: pa.Table, **columns: Any) -> pa.Table:
    return pa.table([columns.get(name, table[name]) for name in BAR.names], schema=BAR)
