"""One instrument's closes side by side (a row a source, a column a session), and a finding per
session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..model.calendars import Days
from .normalise import spans
from .reconcile_cause import (
    AGREES,
    CURRENCY,
    DAY_SHIFT,
    DIFFERS,
    MISSING,
    NOT_COMPARED,
    SPLIT,
    TOLERANCES,
    UNIT,
    Alignment,
    Causes,
    Closes,
    Evidence,
    Subject,
    align,
    name_causes,
    rate_between,
)

_NO_DAYS: Final = np.empty(0, "datetime64[D]")
_CONSTANT_BP: Final = 100.0
"""A factor that strays less than this, or the tolerance, is called constant."""

Mask = npt.NDArray[np.bool_]


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
    """By source, sessions of the calendar that others have and it lacks amid its own; late ones are
    not."""

    @property
    def tolerance_bp(self) -> float:
        """How far apart sources of this asset class may be."""
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


@dataclass(frozen=True)
class Finding:
    """Two sources of one instrument, day by day."""

    panel: Panel
    a: str
    b: str
    causes: Causes
    shift: int
    factor: float | None
    spread_bp: float | None

    def text(self, cause: str) -> str:
        """The sentence for the commonest cause; empty when they agree."""
        return _SENTENCES[cause](self)

    @property
    def ratio(self) -> str:
        """The factor between the two sources, in words."""
        known = "of an unknown factor" if self.factor is None else f"x{self.factor:.6g}"
        return f"{self.b} is {known} of {self.a}"

    @property
    def constant(self) -> bool:
        """Whether one factor covers every session that both have."""
        limit = max(_CONSTANT_BP, self.panel.tolerance_bp)
        both = np.isfinite(self.panel.close[self.a]) & np.isfinite(self.panel.close[self.b])
        off = not (self.causes[both] == AGREES).any()
        return off and self.spread_bp is not None and self.spread_bp <= limit

    def on(self, cause: str) -> str:
        """The first session with the cause, and how many more have it."""
        at = np.flatnonzero(self.causes == cause)
        more = f" and {len(at) - 1} more" if len(at) > 1 else ""
        return f"{self.panel.days[at[0]]}{more}"


def _unit(found: Finding) -> str:
    if found.constant:
        return f"{found.ratio}: another unit"
    return f"{found.b} is in another unit than {found.a} on {found.on(UNIT)}"


def _differs(found: Finding) -> str:
    if found.constant and found.factor != 1.0:
        return f"{found.ratio} throughout: a restatement, or another currency"
    return f"{found.b} differs on {found.on(DIFFERS)}"


def _missing(found: Finding) -> str:
    lacking = [s for s in (found.a, found.b) if found.panel.missing[s][found.causes == MISSING].any()]
    return f"{' and '.join(lacking)} without {found.on(MISSING)}"


def _currency(found: Finding) -> str:
    foreign = found.panel.subject.foreign
    refused = [f"{source} {foreign[source]}" for source in (found.a, found.b) if source in foreign]
    if refused:
        return f"{'; '.join(refused)}; {found.ratio}"
    rate = found.panel.rate_between(found.panel.close[found.a], found.panel.close[found.b])
    return f"{found.ratio} and follows the exchange rate {rate}: another currency"


def _day_shift(found: Finding) -> str:
    early = "early" if found.shift > 0 else "late"
    return f"{found.b} labels its days one {early}: moved by {found.shift:+d} they agree with {found.a}"


def _split(found: Finding) -> str:
    return f"{found.b} and {found.a} disagree over a split, as on {found.on(SPLIT)}"


_SENTENCES: Final[Mapping[str, Callable[[Finding], str]]] = {
    AGREES: lambda found: "",
    NOT_COMPARED: lambda found: "no session that both have",
    CURRENCY: _currency,
    DAY_SHIFT: _day_shift,
    UNIT: _unit,
    SPLIT: _split,
    DIFFERS: _differs,
    MISSING: _missing,
}
