"""All figures of one plan over one window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from ..model.errors import UsageError
from .figures import COSTS, Drawdown, Figures, HoldingShare
from .known import to_date
from .market import Market
from .plan import Floats, Plan
from .risk import cagr, drawdowns, moments_of, number, per_risk, sharpe, volatility
from .schedule import year_fraction
from .walk import Path

_LIMIT: Final = 16.0
"""Rates are searched from e^-16 to e^16 a year."""
_GRID: Final = 1601
_HALVINGS: Final = 80


@dataclass(frozen=True)
class Window:
    """Sessions `first` to `last` of a market; `years` by the rule of annualising."""

    first: int
    last: int
    start: date
    end: date
    years: float
    whole_years: bool
    periods_per_year: float
    """Returns between shared sessions in a year of this window."""
    prices: Floats
    """Consumer prices at the start and each close after it over those at the start, (N + 1,); not a
    number where unknown."""
    risk_free: Floats
    """The risk-free return to each close after the start, (N,); not a number where it is not known.
    """
    shortened: bool
    """The market does not cover the whole window that was named."""

    @property
    def inflation(self) -> float | None:
        """Consumer prices at the end over those at the start; None where unknown."""
        return None if np.isnan(self.prices[-1]) else float(self.prices[-1])


@dataclass(frozen=True)
class Rate:
    """A rate as a fraction; None with the reason when there is no single one."""

    value: float | None
    reason: str = ""


def window_of(market: Market, start: date | None, end: date | None) -> Window:
    """The last shared session on or before each date; where none is, the first or last that there
    is."""
    days = market.days
    if start is not None and end is not None and start >= end:
        raise UsageError(f"the window starts on {start} and ends on {end}; it must end later than it starts")
    first = _on_or_before(market, start) if start else 0
    last = _on_or_before(market, end) if end else len(days) - 1
    if last <= max(first, 0):
        raise UsageError(
            f"no two sessions of all holdings lie in the window; they share {to_date(days[0])} to "
            f"{to_date(days[-1])}: {market.bounds()}"
        )
    shortened = first < 0 or bool(end and last == len(days) - 1 and _missed(market, end))
    return span(market, max(first, 0), last, shortened)


def span(market: Market, first: int, last: int, shortened: bool = False) -> Window:
    """The window between two sessions."""
    days = market.days[first : last + 1]
    years, whole = year_fraction(market.days, market.ends(12), first, last)
    deflator = market.deflator
    return Window(
        first=first,
        last=last,
        start=to_date(days[0]),
        end=to_date(days[-1]),
        years=years,
        whole_years=whole,
        periods_per_year=(last - first) / years,
        prices=deflator.levels(days, whole) if deflator else np.full(len(days), np.nan),
        risk_free=market.risk_free.returns[first + 1 : last + 1],
        shortened=shortened,
    )


def money_weighted_return(amounts: Floats, years: Floats, end_value: float, end: float) -> Rate:
    """The rate a year r with sum(amounts x (1 + r)^(end - years)) = end_value.

    Amounts paid in are positive, taken out negative, at `years` from the start; `end` is the whole
    length in years. Searched: growth from e^-16 to e^16 a year. For a rate a window instead, count
    in windows.
    """
    left = end - years
    # money that only goes in has one rate at most
    grid = np.linspace(-_LIMIT, _LIMIT, 2 if (amounts >= 0).all() else _GRID)
    low_side = np.sign([_balance(amounts, left, end_value, float(point)) for point in grid])
    places = np.flatnonzero(low_side[1:] * low_side[:-1] < 0)
    exact = np.flatnonzero(low_side == 0)
    roots = [float(grid[place]) for place in exact]
    roots += [_halve(amounts, left, end_value, float(grid[p]), float(grid[p + 1])) for p in places]
    if not roots:
        return Rate(None, "no rate explains these payments and this end value")
    if len(roots) > 1:
        rates = ", ".join(f"{np.expm1(root) * 100:.2f} %" for root in sorted(roots))
        return Rate(None, f"{len(roots)} rates explain the payments equally: {rates}")
    return Rate(float(np.expm1(roots[0])))


def measure(path: Path, plan: Plan, window: Window, sleeve: float | None, k: int) -> Figures:
    """All figures of column `k` of a path, whose sleeve has the share `sleeve`."""
    index, value = path.index[:, k], path.value[:, k]
    total = float(index[-1]) - 1
    rate = annualised(total, window.years)
    money = _money_weighted(path, float(value[-1]), window, np.ones(len(value)))
    real_money = _money_weighted(path, float(value[-1]), window, window.prices)
    risk = volatility(moments_of(path.returns[:, k]), window.periods_per_year)
    excess = moments_of(path.returns[:, k] - window.risk_free)
    return Figures(
        sleeve=sleeve,
        weights=dict(zip(plan.ids, map(float, plan.weights(sleeve)), strict=True)),
        end_value=float(value[-1]),
        real_end_value=None if window.inflation is None else float(value[-1]) / window.inflation,
        paid_in=float(path.flow.sum()),
        gain=float(value[-1] - path.flow.sum()),
        total_return=total,
        cagr=rate,
        real_cagr=_real(total, window),
        money_weighted_return=money.value,
        money_weighted_note=money.reason,
        real_money_weighted_return=real_money.value,
        volatility=number(risk),
        return_per_volatility=None if rate is None else number(per_risk(np.array(rate), risk)),
        sharpe=number(sharpe(excess, window.periods_per_year)),
        max_drawdown=max_drawdown(path, k),
        turnover=_turnover(path, k, window),
        trading_costs=float(path.cost[:, k].sum()),
        fees=float(path.fee[:, k].sum()),
        holdings=_shares(path, plan, window, sleeve, k),
    )


def annualised(total: float, years: float) -> float | None:
    """The CAGR of a return over `years`; None below one year."""
    return float(cagr(1 + total, years)) if years >= 1 else None


def max_drawdown(path: Path, k: int) -> Drawdown:
    """The maximum drawdown of the time-weighted index."""
    index = path.index[:, k]
    below = drawdowns(index)
    trough = int(np.argmin(below))
    depth = float(below[trough])
    if depth >= 0:
        return Drawdown(0.0, None, None, None)
    peak = int(np.argmax(index[: trough + 1]))
    back = np.flatnonzero(index[trough:] >= index[peak])
    recovery = to_date(path.days[trough + back[0]]) if len(back) else None
    return Drawdown(depth, to_date(path.days[peak]), to_date(path.days[trough]), recovery)


def _on_or_before(market: Market, day: date) -> int:
    """-1 where there is none."""
    return int(np.searchsorted(market.days, np.datetime64(day), side="right")) - 1


def _missed(market: Market, end: date) -> bool:
    """Whether the calendars have a session between the last stored one and `end`."""
    later = (market.expected > market.days[-1]) & (market.expected <= np.datetime64(end))
    return bool(later.any())


def _balance(amounts: Floats, left: Floats, end_value: float, log_growth: float) -> float:
    """What the payments come to less the end value, scaled so that nothing overflows."""
    exponent = left * log_growth
    scale = max(0.0, float(exponent.max()))
    return float(np.dot(amounts, np.exp(exponent - scale)) - end_value * np.exp(-scale))


def _halve(amounts: Floats, left: Floats, end_value: float, low: float, high: float) -> float:
    sign = np.sign(_balance(amounts, left, end_value, low))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.sign(_balance(amounts, left, end_value, middle)) == sign:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _real(total: float, window: Window) -> float | None:
    return None if window.inflation is None else annualised((1 + total) / window.inflation - 1, window.years)


def _money_weighted(path: Path, end_value: float, window: Window, prices: Floats) -> Rate:
    """A year, below one year over the window, of money divided by `prices` (N + 1,); pay days are
    placed by the window's year fraction."""
    days = (path.days - path.days[0]).astype(np.int64)
    years = max(window.years, 1.0)
    paid = path.flow > 0
    amounts, end = path.flow[paid] / prices[paid], end_value / float(prices[-1])
    if np.isnan(amounts).any() or np.isnan(end):
        return Rate(None)
    return money_weighted_return(amounts, days[paid] / days[-1] * years, end, years)


def _turnover(path: Path, k: int, window: Window) -> float:
    """Half of what rebalancing bought and sold, annualised, as a share of the average value."""
    return float(path.rebalanced[:, k].sum() / 2 / path.value[:, k].mean() / window.years)


def _shares(path: Path, plan: Plan, window: Window, sleeve: float | None, k: int) -> tuple[HoldingShare, ...]:
    """Each holding's part in gain, return and risk, and the trading costs': columns add up to the
    whole.

    Return: its part of each session's return times the index of the session before, summed. Risk:
    the covariance of its part of the returns with the plan's, over the plan's standard deviation.
    """
    held, index = path.before[:, :, k].sum(axis=1), path.index[:, k]
    money = np.concatenate([path.gain[:, :, k], -path.cost[1:, k, None]], axis=1)
    parts = money / held[:, None]
    returned = (parts * index[:-1, None]).sum(axis=0)
    returned[-1] += index[0] - 1
    gained = money.sum(axis=0)
    gained[-1] -= path.cost[0, k]
    risk = _risk(parts, window.periods_per_year)
    names, weights = (*plan.ids, COSTS), (*map(float, plan.weights(sleeve)), None)
    return tuple(
        HoldingShare(names[h], weights[h], float(gained[h]), float(returned[h]), risk[h])
        for h in range(len(names))
    )


def _risk(parts: Floats, periods_per_year: float) -> list[float | None]:
    whole = parts.sum(axis=1)
    spread = number(moments_of(whole).deviation)
    if not spread:
        return [None] * parts.shape[1]
    covariance = parts.T @ (whole - whole.mean()) / (len(whole) - 1)
    return [float(one) for one in covariance / spread * np.sqrt(periods_per_year)]
