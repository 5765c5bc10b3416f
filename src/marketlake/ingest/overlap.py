"""Whether an answer fits what is stored, judged by the sessions that both have: their overlap.

A vendor corrects some sessions, and such a change is a revision. An answer is refused where the
change is no correction:

- one factor over most of the overlap, or over a long beginning (another unit, a split that was not
  announced, prices adjusted for dividends)
- another path: far off, or with returns that do not agree (another company under the symbol, dates
  shifted by a day)
- no overlap at all, and a start that is far from the last stored close

Wrong bars that were stored do not keep honest answers out: these continue from the sessions before
the wrong bars, which the bars themselves do not.

A series of total returns has no scale of its own: its vendor rescales the history at every
dividend. Its answers are put on the stored scale.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import NO_OVERLAP, OTHER_SERIES, RESCALED
from ..model.instruments import Instrument
from .merge import Mask, before_first, match, values_differ
from .normalise import PRICES, Window, spans

# all in logarithms of prices, where a factor is a difference
_NOISE: Final = 1e-6
"""A smaller difference of two closes is none."""
_SPREAD: Final = 5e-5
"""Around a common factor: vendors round."""
_LARGE: Final = 0.1823
"""A fifth: no vendor corrects several sessions by the same fifth, and two sources of a price differ
by far less."""
_OTHER_PATH: Final = 0.3
"""Returns disagree where they differ by more than this share of their usual size."""
_STILL: Final = 5e-4
"""Returns that differ by less agree in any case."""
_USUAL: Final = 5.0
"""A jump of fewer usual moves cannot be told from the market."""
_FAR: Final = 0.4
"""The largest believable move without an overlap, over up to five days; it grows with the square
root of time."""
_FAR_DAYS: Final = 5.0
_DAILY: Final = 11
"""Sessions in the overlap of a daily run."""
_FEWEST: Final = 4
"""Returns that tell whether two paths agree."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Refusal:
    """Why the whole answer of an instrument is quarantined."""

    check: str
    text: str
    """What was found; the remedy is the caller's."""


@dataclass(frozen=True)
class Judged:
    """What the overlaps show."""

    refused: Mapping[str, Refusal]
    """By instrument id."""
    revised: pa.Table
    """Of each accepted answer that revises many sessions the first of them: `BAR` and `message`."""


def on_stored_scale(bars: pa.Table, stored: pa.Table, windows: Mapping[str, Window]) -> pa.Table:
    """Bars with the prices of total-return series divided by the factor by which the vendor
    rescaled them since they were stored.

    Both tables are in order. A session that differs by the factor alone keeps its stored prices.
    """
    total = {name for name, window in windows.items() if window.instrument.return_basis == "total"}
    if not total or not len(stored) or not len(bars):
        return bars
    at, found, own = _matched(stored, bars)
    held = {name: stored[name].to_numpy()[at] for name in PRICES}
    served = {name: bars[name].to_numpy().copy() for name in PRICES}
    for name, rows in spans(bars["instrument_id"].to_numpy(zero_copy_only=False)):
        same_source = own[rows]
        rated = same_source if same_source.any() else found[rows]
        shift = _log(served["close"][rows][rated]) - _log(held["close"][rows][rated])
        shift = shift[np.isfinite(shift)]
        if name in total and len(shift):
            for column, old in held.items():
                price = served[column][rows] / np.exp(np.median(shift))
                same = same_source & (np.abs(price - old[rows]) <= 2 * _SPREAD * np.abs(old[rows]))
                served[column][rows] = np.where(same, old[rows], price)
    columns = {name: pa.array(values, from_pandas=True) for name, values in served.items()}
    return pa.table([columns.get(name, bars[name]) for name in bars.schema.names], schema=bars.schema)


def judge(
    stored: pa.Table, incoming: pa.Table, windows: Mapping[str, Window], accepted: Collection[str] = ()
) -> Judged:
    """Judge each instrument's answer as a whole; those of `accepted` ids are not refused.

    Both tables have schema `BAR` and are in order. `stored` holds the overlap and the row before
    each answer.
    """
    refused: dict[str, Refusal] = {}
    revised: dict[int, str] = {}
    if len(stored) and len(incoming):
        at, found, own = _matched(stored, incoming)
        changed = own & values_differ(stored.take(pa.array(at)), incoming)
        held, served = _Closes.of(stored), _Closes.of(incoming)
        before = dict(zip(*(rows.tolist() for rows in before_first(stored, incoming)[::-1]), strict=True))
        for name, rows in spans(incoming["instrument_id"].to_numpy(zero_copy_only=False)):
            count, overlap, others = (int(mask[rows].sum()) for mask in (changed, own, found & ~own))
            if overlap and not count and not others:
                continue
            # none before it: the slice from -1 to 0 is empty
            last = before.get(rows.start, -1)
            previous = held.take(slice(last, last + 1))
            answer = _Answer(
                windows[name].instrument,
                *(served.take(rows), held.take(at[rows]), own[rows], (found & ~own)[rows], previous),
            )
            refusal = answer.refusal()
            if refusal is not None and name not in accepted:
                refused[name] = refusal
            elif count > _DAILY or (count > 2 and 2 * count > overlap):
                where = np.flatnonzero(changed[rows]) + rows.start
                days = f"{served.session[where[0]]} to {served.session[where[-1]]}"
                revised[int(where[0])] = f"{count} of {overlap} stored sessions revised, {days}"
    rows_revised = incoming.take(pa.array(list(revised), pa.int64()))
    messages = pa.array(list(revised.values()), pa.string())
    return Judged(refused, rows_revised.append_column("message", messages))


def _matched(stored: pa.Table, incoming: pa.Table) -> tuple[npt.NDArray[np.int64], Mask, Mask]:
    """Where each row is stored, whether it is, and whether from the same source."""
    at, found = match(stored, incoming)
    same = pc.equal(stored["source"].take(pa.array(at)), incoming["source"])
    return at, found, found & same.to_numpy()


def _log(values: Floats) -> Floats:
    """NaN where there is no price above zero."""
    return np.log(np.where(values > 0, values, np.nan))


@dataclass(frozen=True)
class _Closes:
    """Rows of bars, in logarithms."""

    session: npt.NDArray[np.datetime64]
    close: Floats
    split: Floats
    paid: Floats
    """Close and dividend together."""

    @classmethod
    def of(cls, bars: pa.Table) -> _Closes:
        close, split, dividend = (bars[name].to_numpy() for name in ("close", "split", "dividend"))
        days = bars["session"].to_numpy().astype("datetime64[D]")
        return cls(days, _log(close), _log(split), _log(close + dividend))

    def take(self, rows: slice | npt.NDArray[np.int64]) -> _Closes:
        return _Closes(self.session[rows], self.close[rows], self.split[rows], self.paid[rows])

    def moves(self, before: _Closes) -> Floats:
        """From row to row, without the splits; the first one from the row before, else NaN."""
        start = before.close if len(before.close) else [np.nan]
        return np.asarray(self.close + self.split - np.append(start, self.close)[: len(self.close)])


@dataclass(frozen=True)
class _Answer:
    """One instrument's answer next to what is stored of it."""

    instrument: Instrument
    served: _Closes
    held: _Closes
    """The stored row of each session that is stored."""
    own: Mask
    """Stored from the source that answered."""
    other: Mask
    """Stored from another one."""
    before: _Closes
    """The stored row before the first one; none where there is none."""

    def refusal(self) -> Refusal | None:
        """None where it can be stored."""
        if not (self.own | self.other).any():
            return self._without_overlap()
        shift = self.served.close - self.held.close
        rows = np.flatnonzero(self.own & np.isfinite(shift))
        held, served = (path.take(rows).moves(self.before) for path in (self.held, self.served))
        factor = np.median(shift[self.other]) if self.other.any() else 0.0
        found = _Overlap(shift[rows], held, served).refusal(self.instrument)
        # not a number is not far
        return found or (Refusal(RESCALED, _rescaled(factor)) if abs(factor) > _LARGE else None)

    def _without_overlap(self) -> Refusal | None:
        """The first close must be near the stored one before it; total returns need an overlap."""
        total = self.instrument.return_basis == "total"
        has_scale = self.instrument.asset_class != "rate" and not self.instrument.negative_prices
        if not len(self.before.close) or not (total or has_scale):
            return None
        (last,), (day,) = self.before.close, self.before.session
        days = (self.served.session[0] - day) / np.timedelta64(1, "D")
        move = self.served.paid[0] + self.served.split[0] - last
        if not total and not abs(move) > _FAR * np.sqrt(max(1.0, days / _FAR_DAYS)):
            return None
        return Refusal(
            NO_OVERLAP,
            f"the answer has none of the stored sessions and begins at {np.exp(self.served.close[0]):.6g} "
            f"on {self.served.session[0]}, after {np.exp(last):.6g} on {day}",
        )


@dataclass(frozen=True)
class _Overlap:
    """The sessions that one source served twice."""

    shift: Floats
    """From the stored close to the new one."""
    held: Floats
    """The stored moves."""
    served: Floats
    """The new ones."""

    @cached_property
    def changed(self) -> Mask:
        return np.asarray(np.abs(self.shift) > _NOISE)

    @cached_property
    def near(self) -> Mask:
        """The moves to or from a changed session."""
        return np.asarray(self.changed | np.append(False, self.changed[:-1]))

    def refusal(self, instrument: Instrument) -> Refusal | None:
        """What the changes come to, where it is no correction."""
        count = int(self.changed.sum())
        if count < 2:
            return None
        factor = float(np.median(self.shift[self.changed]))
        beginning = count > _DAILY and bool(self.changed[:count].all())
        whole, large = beginning or 2 * count > len(self.shift), abs(factor) > _LARGE
        if not (whole or large) or self._mends(factor):
            return None
        if instrument.return_basis == "price" and abs(factor) > _SPREAD and self._scaled(factor, whole):
            return Refusal(RESCALED, _rescaled(factor))
        far = large and instrument.return_basis == "price"
        if whole and (far or (instrument.asset_class != "rate" and self._disagree())):
            return Refusal(
                OTHER_SERIES,
                f"{count} of the {len(self.shift)} stored sessions that came back have other prices "
                f"(times {np.exp(factor):.6g} in the median), on another path",
            )
        return None

    def _mends(self, factor: float) -> bool:
        """Whether what is stored jumps where the changes begin and end, and what came in does not."""
        edge = self.changed != np.append(False, self.changed[:-1])
        held, served = np.abs(self.held), np.abs(self.served)
        gain, usual = (held - served)[edge & np.isfinite(held)], held[~edge & np.isfinite(held)]
        clear = abs(factor) > _LARGE or (len(usual) and abs(factor) > _USUAL * np.median(usual))
        return bool(len(gain) and clear and gain.mean() > abs(factor) / 2)

    def _scaled(self, factor: float, whole: bool) -> bool:
        """Whether most changes are by one factor, or the same from one session to the next."""
        agree = int((np.abs(self.shift[self.changed] - factor) <= _SPREAD).sum())
        steps = self._apart()
        return 2 * agree > int(self.changed.sum()) or bool(
            whole and len(steps) >= _FEWEST and np.median(steps) <= _SPREAD
        )

    def _disagree(self) -> bool:
        apart = self._apart()
        usual = np.abs(self.held[self.near & np.isfinite(self.held)])
        return len(apart) >= _FEWEST and bool(
            np.median(apart) > max(_STILL, _OTHER_PATH * float(np.median(usual)))
        )

    def _apart(self) -> Floats:
        """By how much the moves near changed sessions differ."""
        apart = np.abs(self.served - self.held)[self.near]
        return apart[np.isfinite(apart)]


def _rescaled(factor: float) -> str:
    return f"the stored sessions came back times {np.exp(factor):.6g}, and no split explains it"
