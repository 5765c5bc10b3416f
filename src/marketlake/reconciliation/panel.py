"""One instrument's closes, side by side: a row a source, a column a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..calendars import Days
from ..normalise import spans
from .alignment import Alignment, align
from .cause import CURRENCY, DIFFERS, Causes, Evidence, name_causes
from .closes import Closes
from .exchange_rate import rate_between
from .subject import Subject
from .tolerance import TOLERANCES

Mask = npt.NDArray[np.bool_]
_NO_DAYS: Final = np.empty(0, "datetime64[D]")


@dataclass(frozen=True)
class Panel:
    """Closes of one instrument as traded; NaN where a source has none."""

    instrument_id: str
    subject: Subject
    days: Days
    """Every session that any source has."""
    close: Mapping[str, Closes]
    """By source, most trusted first; those with at least one close."""
    stored: Mapping[str, Mask]
    splits: Mapping[str, Closes]
    """By source, the product of the splits after each day."""
    missing: Mapping[str, Mask]
    """By source, sessions of the calendar that others have and it lacks amid its own; late ones are not."""

    @property
    def tolerance_bp(self) -> float:
        return TOLERANCES[self.subject.asset_class].bp

    def compare(self, reference: Closes, source: str, missing: Mask) -> tuple[Causes, Alignment]:
        """Why the source is not the reference, day by day, and how its labels lie."""
        closes, foreign = self.close[source], source in self.subject.foreign
        found = align(reference, closes, self.days, self.subject.calendar, self.tolerance_bp)
        evidence = Evidence(
            self.tolerance_bp,
            tuple(self.splits.values()),
            found.shifted if found.shift else None,
            foreign,
            missing,
        )
        causes = name_causes(reference, closes, evidence)
        if not found.shift and (causes == DIFFERS).any() and self.rate_between(reference, closes):
            causes[causes == DIFFERS] = CURRENCY
        return causes, found

    def rate_between(self, reference: Closes, closes: Closes) -> str | None:
        """The stored exchange rate that their ratio follows."""
        labels = self.days.tolist()
        rates = {
            name: np.array([rate.get(label, np.nan) for label in labels])
            for name, rate in self.subject.rates.items()
        }
        return rate_between(reference, closes, rates)


def panels(quotes: pa.Table, subjects: Mapping[str, Subject]) -> Iterator[Panel]:
    """A panel a subject, in their order; `quotes` (schema `QUOTE`) in any order."""
    quotes = quotes.sort_by([("instrument_id", "ascending"), ("session", "ascending")])
    columns = {name: quotes[name].to_numpy() for name in ("close", "split", "stored")}
    columns |= {"session": quotes["session"].to_numpy().astype("datetime64[D]")}
    columns |= {"source": quotes["source"].to_numpy()}
    rows = dict(spans(quotes["instrument_id"].to_numpy()))
    for instrument_id, subject in subjects.items():
        mine = rows.get(instrument_id, slice(0, 0))
        yield _panel(instrument_id, subject, {name: column[mine] for name, column in columns.items()})


def _panel(instrument_id: str, subject: Subject, column: Mapping[str, Any]) -> Panel:
    days = np.unique(column["session"]) if len(column["session"]) else _NO_DAYS
    place = np.searchsorted(days, column["session"])
    close, stored, splits = dict[str, Closes](), dict[str, Mask](), dict[str, Closes]()
    for source in subject.sources:
        own = column["source"] == source
        if own.any():
            close[source] = _spread(len(days), place[own], column["close"][own], np.nan)
            stored[source] = _spread(len(days), place[own], column["stored"][own], False)
            split = _spread(len(days), place[own], column["split"][own], 1.0)
            splits[source] = _product_after(split) * subject.later_split
    due = np.isin(days, subject.calendar)
    missing = {source: _lacking(own, due) for source, own in close.items()}
    return Panel(instrument_id, subject, days, close, stored, splits, missing)


def _lacking(closes: Closes, due: Mask) -> Mask:
    have = np.isfinite(closes)
    first, last = np.flatnonzero(have)[[0, -1]]
    lacking = ~have & due
    lacking[:first] = lacking[last:] = False
    return lacking


def _spread(count: int, place: npt.NDArray[np.int64], values: npt.NDArray[Any], empty: float) -> Any:
    column = np.full(count, empty, dtype=values.dtype)
    column[place] = values
    return column


def _product_after(split: Closes) -> Closes:
    return np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)
