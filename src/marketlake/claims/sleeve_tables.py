"""The verdicts on claims about a sleeve, as rows of `claim_sleeve`, `claim_grid` and
`claim_window`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import pyarrow as pa

from ..engine.build import arrow_table
from ..model.instruments import is_simulated
from ..portfolio.known import to_date
from ..portfolio.plan import Floats
from ..portfolio.risk import ROUNDING, cagr
from .claim import SleeveClaim
from .sleeve import SIDES, Evaluation, Figures, Run, expected_months
from .verdict import FAILS, HOLDS, INCONCLUSIVE, LAPSED, PUBLISHED, ROLLED

RISKS: Final = {
    "monthly_volatility": ("monthly", "volatility"),
    "monthly_max_drawdown": ("monthly", "max_drawdown"),
    "daily_volatility": ("daily", "volatility"),
    "max_drawdown": ("daily", "max_drawdown"),
}
"""Frequency and figure; the first is the claim's own reading."""
_OWN: Final = next(iter(RISKS))
WORTHS: Final = ("nominal", "real", "over_bill")
_AFTER: Final = {"nominal": "", "real": " after inflation", "over_bill": " more than the bill"}
_DECEMBER: Final = 12
_SLEEVE: Final = {
    "claim_id": pa.string(),
    "place": pa.int32(),
    "frequency": pa.string(),
    "end_year": pa.int32(),
    "end_month": pa.int32(),
    "side": pa.string(),
    "published": pa.bool_(),
    "rolled": pa.bool_(),
    "start_session": pa.date32(),
    "end_session": pa.date32(),
    "years": pa.float64(),
    "months": pa.int32(),
    "expected_months": pa.int32(),
    "growth": pa.float64(),
    "annual_return": pa.float64(),
    "volatility": pa.float64(),
    "max_drawdown": pa.float64(),
    "bill_return": pa.float64(),
    "sharpe": pa.float64(),
    "quality": pa.string(),
}
_FIGURES: Final = tuple(_SLEEVE)[tuple(_SLEEVE).index("growth") : -1]
_GRID: Final = {
    "claim_id": pa.string(),
    "span": pa.string(),
    "first_year": pa.int32(),
    "last_year": pa.int32(),
    "place": pa.int32(),
    "a": pa.string(),
    "b": pa.string(),
    "rebalance": pa.string(),
    "funded_by": pa.string(),
    "risk": pa.string(),
    "worth": pa.string(),
    "headline": pa.bool_(),
    "verdict": pa.string(),
    "reason": pa.string(),
    "years": pa.int32(),
    "with_sleeve": pa.float64(),
    "without_sleeve": pa.float64(),
}
_WINDOW: Final = {
    "claim_id": pa.string(),
    "end_year": pa.int32(),
    "end_month": pa.int32(),
    "verdict": pa.string(),
    "reason": pa.string(),
    "years": pa.int32(),
    "with_sleeve": pa.float64(),
    "without_sleeve": pa.float64(),
}

Row = tuple[object, ...]


@dataclass(frozen=True)
class Ratio:
    """Return per risk with the sleeve and without it, or what stands in the way."""

    pair: tuple[float, float] | None
    obstacle: str = ""
    suspects: tuple[str, ...] = ()
    """The holdings whose return a check doubts."""

    @property
    def improved(self) -> bool:
        """Whether it is higher with the sleeve, by more than rounding."""
        return self.pair is not None and self.pair[0] - self.pair[1] > ROUNDING

    def row(self, claim: SleeveClaim, sleeve: str, before: Ratio | None = None) -> Row:
        """Verdict, reason, years and both ratios; `before` is that of the claim's own years."""
        if self.pair is None:
            return INCONCLUSIVE, self.obstacle, None, None, None
        lapsed = before is not None and before.improved
        verdict = HOLDS if self.improved else LAPSED if lapsed else FAILS
        with_sleeve, without = map(_digits, self.pair)
        reason = f"return per risk {with_sleeve} with {sleeve}, {without} without"
        if self.suspects:
            reason += f"; figures of {', '.join(self.suspects)} are suspect"
        return verdict, reason, claim.of_years, *self.pair


def sleeve_tables(found: Sequence[Evaluation]) -> dict[str, pa.Table]:
    """By name: `claim_sleeve`, and the parts of `claim_grid` and `claim_window` about sleeves."""
    return {
        "claim_sleeve": arrow_table(_SLEEVE, [row for one in found for row in _sleeves(one)]),
        "claim_sleeve_grid": arrow_table(_GRID, [row for one in found for row in _grid(one)]),
        "claim_sleeve_window": arrow_table(_WINDOW, [row for one in found for row in _windows(one)]),
    }


def ratio_of(run: Run, risk: str, worth: str) -> Ratio:
    """Return per risk in one sense of both; a ratio ranks gains only."""
    claim, figures = run.claim, run.figures
    if figures is None:
        if run.variant.obstacle is not None:
            return Ratio(None, run.variant.obstacle)
        counted = f"only {run.stretch.months} of {expected_months(claim)} month ends"
        return Ratio(None, f"{counted} are stored for all holdings")
    obstacle = _real(run) if worth == "real" else _over_bill(run, figures) if worth == "over_bill" else ""
    if obstacle:
        return Ratio(None, obstacle)
    gain, taken = _gain(run, figures, risk, worth), _taken(figures, risk, worth)
    if not (taken > ROUNDING).all() or np.isnan(gain).any():
        return Ratio(None, "nothing varied: there is no risk to divide by")
    if (gain <= 0).all():
        return Ratio(None, f"neither plan gained{_AFTER[worth]}: a ratio does not rank losses")
    with_sleeve, without = gain / taken
    return Ratio((float(with_sleeve), float(without)), suspects=run.suspects)


def _real(run: Run) -> str:
    """Why there is no return after consumer prices; empty where there is one."""
    cpi, (priced, _) = run.variant.cpi, run.inflation
    if cpi is None:
        return "no consumer prices in this lake"
    if priced < run.claim.of_years:
        return f"no consumer prices for {run.claim.of_years - priced} of {run.claim.of_years} years"
    return "figures are simulated" if cpi.synthetic == "all" else ""


def _over_bill(run: Run, figures: Figures) -> str:
    """Why there is no return over the bill; empty where there is one."""
    bill = run.variant.bill
    if bill is None:
        return "no Treasury bill in this lake"
    if np.isnan(figures.bill_return):
        return f"no yield of {bill.id} on some of the days"
    return "figures are simulated" if is_simulated(bill.synthetic, run.variant.frequency) else ""


def _gain(run: Run, figures: Figures, risk: str, worth: str) -> Floats:
    if worth == "nominal":
        return figures.annual_return
    if worth == "real":
        return cagr(figures.growth / run.inflation[1], run.stretch.years)
    if RISKS[risk][1] == "max_drawdown":
        return np.asarray(figures.annual_return - figures.bill_return)
    return figures.sharpe


def _taken(figures: Figures, risk: str, worth: str) -> Floats:
    """The risk to divide by; a Sharpe ratio is divided by it already."""
    if RISKS[risk][1] == "max_drawdown":
        return -figures.max_drawdown
    return np.ones(len(SIDES)) if worth == "over_bill" else figures.volatility


def _sleeves(found: Evaluation) -> Iterator[Row]:
    for run in found.runs:
        stretch, days = run.stretch, run.variant.days
        for k, side in enumerate(SIDES):
            yield (
                found.claim.id,
                run.place,
                run.variant.frequency,
                stretch.end_year,
                stretch.end_month % _DECEMBER + 1,
                side,
                run.published,
                run.rolled,
                to_date(days[stretch.first]),
                to_date(days[stretch.last]),
                stretch.years,
                stretch.months,
                expected_months(found.claim),
                *_figures(run.figures, k),
                "suspect" if run.figures and run.suspects else "",
            )


def _figures(figures: Figures | None, k: int) -> Iterator[float | None]:
    for name in _FIGURES:
        value = None if figures is None else float(np.broadcast_to(getattr(figures, name), len(SIDES))[k])
        yield None if value is None or np.isnan(value) else value


def _grid(found: Evaluation) -> Iterator[Row]:
    claim = found.claim
    last_years = {
        PUBLISHED: claim.last_year,
        ROLLED: next((run.stretch.end_year for run in found.runs if run.rolled), None),
    }
    for place, reading in enumerate(claim.readings()):
        for (risk, (frequency, _)), worth in product(RISKS.items(), WORTHS):
            obstacle = found.variants[reading.variant, frequency].obstacle
            absent = Ratio(None, obstacle or "the holdings do not share these years")
            runs = {span: found.run_to(frequency, place, year) for span, year in last_years.items()}
            ratios = {s: absent if run is None else ratio_of(run, risk, worth) for s, run in runs.items()}
            for span, year in last_years.items():
                yield (
                    claim.id,
                    span,
                    None if year is None else year - claim.of_years + 1,
                    year,
                    place,
                    reading.sleeve,
                    reading.plan,
                    reading.rebalance,
                    reading.funded_by,
                    risk,
                    worth,
                    (place, risk, worth) == (0, _OWN, WORTHS[0]),
                    *ratios[span].row(claim, reading.sleeve, ratios[PUBLISHED] if span == ROLLED else None),
                )


def _windows(found: Evaluation) -> Iterator[Row]:
    for run in found.runs:
        if (run.place, run.variant.frequency) == (0, RISKS[_OWN][0]):
            ratio = ratio_of(run, _OWN, WORTHS[0])
            month = run.stretch.end_month % _DECEMBER + 1
            yield found.claim.id, run.stretch.end_year, month, *ratio.row(found.claim, run.reading.sleeve)


def _digits(value: float) -> str:
    """Three decimals; zero without a sign."""
    return f"{round(value, 3) + 0.0:.3f}"
