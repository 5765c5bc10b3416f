"""Claims about a sleeve, computed by `portfolio`: every reading of them, in every stretch of years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine.listing import Listed, Listing
from ..engine.reader import DuckReader
from ..model.calendars import Days
from ..model.instruments import NOT_INVESTABLE, Instrument, is_simulated
from ..model.terms import CLOSES
from ..portfolio.known import Known, Series
from ..portfolio.market import by_month, ends_of, placed, shared
from ..portfolio.plan import Floats
from ..portfolio.rates import Bill, Deflator, read_bill, read_deflator
from ..portfolio.risk import cagr, drawdowns, moments_of, sharpe, volatility
from ..portfolio.schedule import YEAR_DAYS, Flags, is_last, rebalancing
from ..portfolio.walk import growth
from .claim import PlanReading, SleeveClaim

Places = npt.NDArray[np.int64]
SIDES: Final = ("with", "without")
"""The two columns of every array: the plan with its sleeve, and without it."""
_DECEMBER: Final = 11
_MONTHS_A_YEAR: Final = 12
_EPOCH: Final = 1970 * 12
"""Months from year 0 to that of numpy's day 0."""


@dataclass(frozen=True)
class Figures:
    """Return and risk over one stretch at one frequency, each (2,), with the sleeve and without."""

    growth: Floats
    annual_return: Floats
    volatility: Floats
    max_drawdown: Floats
    bill_return: float
    """A year; not a number where a yield is missing, nor is the next one then."""
    sharpe: Floats


@dataclass(frozen=True)
class Stretch:
    """A stretch of a claim's length from one month's end to another: days and months by number."""

    first: int
    last: int
    start_month: int
    end_month: int
    """Months count from year 0."""
    months: int
    """Month ends from start to end that are stored for all holdings."""
    years: float
    """What it is annualised by."""

    @property
    def end_year(self) -> int:
        return self.end_month // _MONTHS_A_YEAR


@dataclass(frozen=True)
class Variant:
    """The instruments that a claim may mean, on the sessions that all of them have, or (monthly) each at
    its own last session of the months that all of them have."""

    frequency: str
    obstacle: str | None
    """Why there is no verdict, whatever the years."""
    days: Days
    levels: Floats
    expected: Days
    suspects: Mapping[str, Days]
    """By holding, the days whose return a check doubts."""
    cpi: Deflator | None
    bill: Bill | None

    @cached_property
    def month_ends(self) -> Places:
        """The last of its days (M,) in each month, by number."""
        return np.flatnonzero(is_last(self.days, 1)).astype(np.int64)

    @cached_property
    def complete(self) -> Flags:
        """Which of them (M,) are the calendars' own last."""
        return np.asarray(ends_of(self.days, self.expected, 1)[self.month_ends])

    @cached_property
    def months(self) -> Places:
        """Their months (M,), counted from year 0."""
        months = self.days[self.month_ends].astype("datetime64[M]").astype(np.int64)
        return np.asarray(months + _EPOCH)

    @cached_property
    def bill_returns(self) -> Floats:
        """The bill's return to each day from the one before, (T,)."""
        return self.bill.returns(self.days) if self.bill else np.full(len(self.days), np.nan)

    def latest(self) -> int | None:
        """The last December that is complete."""
        whole = self.months[self.complete & (self.months % _MONTHS_A_YEAR == _DECEMBER)]
        return int(whole[-1]) if len(whole) else None

    def stretches(self, of_years: int) -> Iterator[Stretch]:
        """All that have a day in their first and their last month."""
        place = {int(month): n for n, month in enumerate(self.months)}
        for month, end in place.items():
            start = place.get(month - _MONTHS_A_YEAR * of_years)
            if start is None:
                continue
            first, last = int(self.month_ends[start]), int(self.month_ends[end])
            length = float((self.days[last] - self.days[first]).astype(np.int64)) / YEAR_DAYS
            yield Stretch(
                first=first,
                last=last,
                start_month=month - _MONTHS_A_YEAR * of_years,
                end_month=month,
                months=int(self.complete[start : end + 1].sum()),
                years=float(of_years) if month % _MONTHS_A_YEAR == _DECEMBER else length,
            )


@dataclass(frozen=True)
class Run:
    """One reading of a claim over one stretch at one frequency."""

    reading: PlanReading
    place: int
    """Counts the readings of the claim; 0 is its own."""
    variant: Variant
    stretch: Stretch
    published: bool
    """Whether the stretch is the claim's own years."""
    rolled: bool
    """Whether it is the latest whole years."""
    figures: Figures | None
    """None where a month's end is missing, and where the variant has an obstacle."""

    @property
    def claim(self) -> SleeveClaim:
        return self.reading.claim

    @property
    def suspects(self) -> tuple[str, ...]:
        """The holdings whose return within the stretch a check doubts."""
        start, end = self.variant.days[[self.stretch.first, self.stretch.last]]
        found = self.variant.suspects.items()
        return tuple(sorted(name for name, days in found if ((days > start) & (days <= end)).any()))

    @property
    def inflation(self) -> tuple[int, float]:
        """Calendar years with consumer prices for both ends, and prices at the end over the start."""
        cpi, end = self.variant.cpi, self.stretch.end_year
        if cpi is None or self.stretch.end_month % _MONTHS_A_YEAR != _DECEMBER:
            return 0, float("nan")
        values = np.array([cpi.december(year) for year in range(end - self.claim.of_years, end + 1)])
        ratios = values[1:] / values[:-1]
        return int((~np.isnan(ratios)).sum()), float(np.prod(ratios))


@dataclass(frozen=True)
class Evaluation:
    """A claim with everything that was computed for it."""

    claim: SleeveClaim
    variants: Mapping[tuple[int, str], Variant]
    """By number (the claim's own instruments are the first) and frequency."""
    runs: tuple[Run, ...]
    """In order of their frequency, their place and their end."""

    def run_to(self, frequency: str, place: int, last_year: int | None) -> Run | None:
        """That of a reading which ends with a year; None where the holdings do not share its
        stretch."""
        if last_year is None:
            return None
        return self._by_end.get((frequency, place, last_year * _MONTHS_A_YEAR + _DECEMBER))

    @cached_property
    def _by_end(self) -> dict[tuple[str, int, int], Run]:
        return {(run.variant.frequency, run.place, run.stretch.end_month): run for run in self.runs}


@dataclass
class Stored:
    """What a lake has for the plans of claims, each read once."""

    known: Known
    series: Mapping[str, Series]
    suspects: Mapping[str, Days]
    _expected: dict[tuple[str, ...], Days] = field(default_factory=dict)
    _cpi: dict[str, Deflator] = field(default_factory=dict)
    _bill: dict[str, Bill] = field(default_factory=dict)

    def variant(self, reading: PlanReading, frequency: str) -> Variant:
        """The instruments of a reading, in the order of its weights."""
        listing = self.known.reader.listing
        names = [name for name, _, _ in reading.weights()]
        held = [listing[name] for name in names if name in listing]
        series = [self._series(one, frequency) for one in held]
        days, levels = shared(series) if len(held) == len(names) else _nothing(len(names))
        priced = ~np.isnan(levels).any(axis=1)
        return Variant(
            frequency=frequency,
            obstacle=obstacle_of(names, listing, frequency),
            days=days[priced],
            levels=levels[priced],
            expected=placed(self._sessions(held), frequency),
            suspects={n: placed(self.suspects[n], frequency) for n in names if n in self.suspects},
            cpi=self._deflator(first_beside(listing, "inflation", reading.sleeve)),
            bill=self._yields(first_beside(listing, "rate", reading.sleeve)),
        )

    def _series(self, one: Listed, frequency: str) -> Series:
        found = self.series[one.id]
        return by_month(found, self._sessions([one])) if frequency == "monthly" else found

    def _sessions(self, held: Sequence[Listed]) -> Days:
        key = tuple(sorted({one.calendar for one in held}))
        if key not in self._expected:
            self._expected[key] = self.known.shared_sessions(held) if key else _nothing(0)[0]
        return self._expected[key]

    def _deflator(self, name: str | None) -> Deflator | None:
        if name is not None and name not in self._cpi:
            self._cpi[name] = read_deflator(self.known, self.known.reader.listing[name])
        return self._cpi[name] if name is not None else None

    def _yields(self, name: str | None) -> Bill | None:
        if name is not None and name not in self._bill:
            self._bill[name] = read_bill(self.known, self.known.reader.listing[name])
        return self._bill[name] if name is not None else None


def evaluate(reader: DuckReader, claims: Sequence[SleeveClaim]) -> list[Evaluation]:
    """Of a claim's own plan every stretch that history has, of other readings its own and the
    latest."""
    known = Known(reader)
    wanted = {name for claim in claims for one in claim.readings() for name, _, _ in one.weights()}
    ids = [name for name in reader.listing if name in wanted]
    stored = Stored(known, known.levels(ids, None) if ids else {}, known.suspects(ids, None))
    return [_evaluate(stored, claim) for claim in claims]


def expected_months(claim: SleeveClaim) -> int:
    """Month ends that a stretch of the claim's length has."""
    return _MONTHS_A_YEAR * claim.of_years + 1


def obstacle_of(names: Sequence[str], listing: Listing, frequency: str) -> str | None:
    """The first that applies; simulated days give no verdict where risk is measured by the day."""
    held = [listing[name] for name in names if name in listing]
    if len(held) < len(names):
        return f"no instrument {min(name for name in names if name not in listing)} in this lake"
    not_held = [one.id for one in held if one.asset_class in NOT_INVESTABLE]
    if not_held:
        return f"{min(not_held)} is nothing a plan can hold"
    if len({one.quote_currency for one in held}) > 1:
        return "its holdings are quoted in different currencies"
    if any(is_simulated(one.synthetic, frequency) for one in held):
        return "figures are simulated"
    return None


def first_beside(
    instruments: Mapping[str, Listed] | Mapping[str, Instrument], asset_class: str, instrument_id: str
) -> str | None:
    """The first consumer prices or bill in an instrument's currency, as `compare` takes them."""
    own = instruments.get(instrument_id)
    if own is None:
        return None
    of_class = (one for one in instruments.values() if one.asset_class == asset_class)
    return next((one.id for one in of_class if one.quote_currency == own.quote_currency), None)


def _evaluate(stored: Stored, claim: SleeveClaim) -> Evaluation:
    readings = list(enumerate(claim.readings()))
    first_of = {reading.variant: reading for _, reading in reversed(readings)}
    variants = {
        (number, frequency): stored.variant(reading, frequency)
        for frequency in CLOSES
        for number, reading in sorted(first_of.items())
    }
    rolled = variants[0, "monthly"].latest()
    runs = (
        run
        for frequency in CLOSES
        for place, reading in readings
        for run in _runs(variants[reading.variant, frequency], place, reading, rolled)
    )
    return Evaluation(claim, variants, tuple(runs))


def _runs(variant: Variant, place: int, reading: PlanReading, rolled: int | None) -> Iterator[Run]:
    published = reading.claim.last_year * _MONTHS_A_YEAR + _DECEMBER
    for stretch in variant.stretches(reading.claim.of_years):
        end = stretch.end_month
        if place == 0 or end in (published, rolled):
            figures = _figures(variant, stretch, reading)
            yield Run(reading, place, variant, stretch, end == published, end == rolled, figures)


def _figures(variant: Variant, stretch: Stretch, reading: PlanReading) -> Figures | None:
    if variant.obstacle is not None or stretch.months < expected_months(reading.claim):
        return None
    span = slice(stretch.first, stretch.last + 1)
    weights = np.array([(own, without) for _, own, without in reading.weights()])
    index = growth(variant.levels[span], rebalancing(variant.days, reading.rebalance)[span], weights)
    changes, per_year = _changes(index), (stretch.last - stretch.first) / stretch.years
    # a plan is set against the bill over all of its days, or not at all
    bill = variant.bill_returns[stretch.first + 1 : stretch.last + 1]
    bill = np.full(len(bill), np.nan) if np.isnan(bill).any() else bill
    return Figures(
        growth=index[-1],
        annual_return=cagr(index[-1], stretch.years),
        volatility=volatility(moments_of(changes), per_year),
        max_drawdown=drawdowns(index).min(axis=0),
        bill_return=float(cagr(float(np.prod(1 + bill)), stretch.years)),
        sharpe=_pair(sharpe(moments_of(changes - bill[:, None]), per_year)),
    )


def _changes(index: Floats) -> Floats:
    """Simple returns from each row to the next."""
    return np.asarray(index[1:] / index[:-1] - 1)


def _pair(values: Floats) -> Floats:
    return np.broadcast_to(values, (len(SIDES),))


def _nothing(held: int) -> tuple[Days, Floats]:
    return np.empty(0, dtype="datetime64[D]"), np.empty((0, held))
