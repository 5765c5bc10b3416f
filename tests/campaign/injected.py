"""The wrong values that a fault injects: a stored row is the market's or one of these."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from operator import mul

from .lakes import Row, same

Params = Mapping[str, float | str]


def explains(kind: str, params: Params, day: date, stored: Row, truth: Mapping[date, Row]) -> bool:
    """Whether the fault explains this row."""
    if kind in {"recycled", "mislabelled", "zone"}:
        # another series can hold anything; that it is stored where nothing contradicts it is expected
        return True
    if kind == "reinvested":
        return any(same(stored, injected) for injected in _adjusted_for_dividends(day, truth))
    return any(same(stored, injected) for injected in _injected_rows(kind, params, day, truth))


def _injected_rows(kind: str, params: Params, day: date, truth: Mapping[date, Row]) -> Iterator[Row]:
    row = truth[day]
    match kind:
        case "restated":
            first, last = (date.fromisoformat(str(params.get(n, d))) for n, d in _EVER)
            if first <= day <= last:
                yield _priced(row, 1 + float(params["percent"]) / 100)
        case "unit":
            yield _priced(row, float(params["factor"]))
        case "unfinished":
            yield _after(row, float(params["fraction"]))
        case "unadjusted":
            later = _later(day, truth)
            yield from _of_other_scale(row, later)
            # the eve of a split as traded, taken for adjusted: multiplied by all later splits
            yield _scaled(row, math.prod(later))
        case "missing" | "history":
            for lost in _products(_later(day, truth)):
                yield _scaled(row, 1 / lost)
        case "spike" | "dividends":
            yield from _doubtful(kind, params, day, truth)
            # the events of a quarantined row
            yield from _with_events_of_before(day, truth)
        case "nulls":
            yield from _with_events_of_before(day, truth)


_EVER = (("from", "1900-01-01"), ("to", "2099-12-31"))


def _priced(row: Row, factor: float) -> Row:
    """Prices times `factor`; volume, dividend and split unchanged."""
    return (*(price * factor for price in row[:4]), *row[4:])


def _doubtful(kind: str, params: Params, day: date, truth: Mapping[date, Row]) -> Iterator[Row]:
    row, factor = truth[day], float(params["factor"])
    if kind == "spike":
        yield _spiked(row, str(params["field"]), factor)
    else:
        yield _paying(row, row[5] * factor)
        yield _paying(row, row[5] + _paid_before(day, truth, int(params.get("again", 0))))


def _spiked(row: Row, field: str, factor: float) -> Row:
    if field == "bar":
        return _priced(row, factor)
    place = ("open", "high", "low", "close").index(field)
    return (*row[:place], row[place] * factor, *row[place + 1 :])


def _paying(row: Row, dividend: float) -> Row:
    return (*row[:5], dividend, row[6])


def _paid_before(day: date, truth: Mapping[date, Row], sessions: int) -> float:
    """The dividend of some sessions before, per share of this one."""
    earlier = sorted(d for d in truth if d < day)[-sessions:] if sessions else []
    if len(earlier) < sessions or not earlier:
        return 0.0
    split = math.prod(truth[d][6] for d in [*earlier[1:], day])
    return truth[earlier[0]][5] / split


def _scaled(row: Row, factor: float) -> Row:
    return (*(price * factor for price in row[:4]), row[4] / factor, row[5] * factor, row[6])


def _after(row: Row, fraction: float) -> Row:
    """The unfinished bar after a fraction of the session."""
    start = row[3] if math.isnan(row[0]) else row[0]
    return (*(start + (price - start) * fraction for price in row[:4]), row[4] * fraction, *row[5:])


def _adjusted_for_dividends(day: date, truth: Mapping[date, Row]) -> Iterator[Row]:
    """Prices divided by what each later dividend took, up to any day; with and without events.

    Tiingo's adjusted prices reinvest at the ex-date's close, and are divided by the splits too.
    """
    yahoo, tiingo, eve = 1.0, 1.0, truth[day]
    for row in [truth[day], *(truth[later] for later in sorted(truth) if later > day)]:
        if row is not truth[day]:
            yahoo *= 1 - row[5] * row[6] / eve[3]
            tiingo *= row[3] / (row[3] + row[5]) / row[6]
        eve = row
        for factor in (yahoo, tiingo):
            yield _priced(truth[day], factor)
            yield (*_priced(truth[day], factor)[:5], 0.0, truth[day][6])


def _later(day: date, truth: Mapping[date, Row]) -> list[float]:
    return [row[6] for session, row in truth.items() if session > day and row[6] != 1]


def _products(splits: Sequence[float]) -> list[float]:
    """The products of consecutive splits whose events may be lost."""
    return [p for start in range(len(splits)) for p in accumulate(splits[start:], mul)] + [1.0]


def _of_other_scale(row: Row, later: Sequence[float]) -> Iterator[Row]:
    """Rows with missing splits: prices, volume and dividend may each be on either side of them."""
    factors = _products(later)
    for price in factors:
        for other in factors:
            scaled = (*(value / price for value in row[:4]), row[4] * price, row[5] / other)
            yield (*scaled, 1.0)
            yield (*scaled, row[6])


def _with_events_of_before(day: date, truth: Mapping[date, Row]) -> Iterator[Row]:
    """A dividend or split on a session without prices moves to the next session with a price."""
    row = truth[day]
    dividend, split = row[5], row[6]
    for before in sorted((d for d in truth if d < day), reverse=True):
        dividend += truth[before][5] / split
        split *= truth[before][6]
        yield (*row[:5], dividend, split)
