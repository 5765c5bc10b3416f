"""From a recorded path to the figures of one size of the sleeve."""

from __future__ import annotations

import numpy as np

from .figures import COSTS, Drawdown, Figures, HoldingShare
from .market import to_date
from .moments import deviation
from .money_weighted import Rate, money_weighted_return
from .path import Path
from .plan import Floats, Plan
from .window import Window


def measure(path: Path, plan: Plan, window: Window, sleeve: float | None, k: int) -> Figures:
    """All figures of column `k` of a path, whose sleeve has the share `sleeve`."""
    index, value = path.index[:, k], path.value[:, k]
    total = float(index[-1]) - 1
    rate = annualised(total, window.years)
    money = _money_weighted(path, float(value[-1]), window, np.ones(len(value)))
    real_money = _money_weighted(path, float(value[-1]), window, window.prices)
    risk = _volatility(path.returns[:, k], window.periods_per_year)
    return Figures(
        sleeve=sleeve,
        weights=dict(zip(plan.ids, map(float, plan.weights(sleeve)), strict=True)),
        end_value=float(value[-1]),
        real_end_value=None if window.inflation is None else float(value[-1]) / window.inflation,
        paid_in=float(path.flow.sum()),
        gain=float(value[-1] - path.flow.sum()),
        time_weighted_return=total,
        time_weighted_return_annualised=rate,
        real_time_weighted_return_annualised=_real(total, window),
        money_weighted_return=money.value,
        money_weighted_note=money.reason,
        real_money_weighted_return=real_money.value,
        volatility=risk,
        return_per_volatility=None if rate is None or not risk else rate / risk,
        sharpe=_sharpe(path.returns[:, k] - window.riskless, window.periods_per_year),
        drawdown=deepest(path, k),
        turnover=_turnover(path, k, window),
        trading_costs=float(path.cost[:, k].sum()),
        fees=float(path.fee[:, k].sum()),
        holdings=_shares(path, plan, window, sleeve, k),
    )


def annualised(total: float, years: float) -> float | None:
    """A return over `years` as a rate a year; None below one year."""
    return float((1 + total) ** (1 / years) - 1) if years >= 1 else None


def deepest(path: Path, k: int) -> Drawdown:
    """The deepest fall of the time-weighted index below an earlier high."""
    index = path.index[:, k]
    high = np.maximum.accumulate(index)
    trough = int(np.argmin(index / high))
    depth = float(index[trough] / high[trough] - 1)
    if depth >= 0:
        return Drawdown(0.0, None, None, None)
    peak = int(np.argmax(index[: trough + 1]))
    back = np.flatnonzero(index[trough:] >= index[peak])
    recovery = to_date(path.days[trough + back[0]]) if len(back) else None
    return Drawdown(depth, to_date(path.days[peak]), to_date(path.days[trough]), recovery)


def _real(total: float, window: Window) -> float | None:
    return None if window.inflation is None else annualised((1 + total) / window.inflation - 1, window.years)


def _volatility(returns: Floats, periods_per_year: float) -> float | None:
    """Standard deviation (n - 1) of simple returns from shared session to shared session, annualised."""
    spread = deviation(returns)
    return None if spread is None else float(spread * np.sqrt(periods_per_year))


def _sharpe(excess: Floats, periods_per_year: float) -> float | None:
    """Mean over deviation, annualised, of the returns whose riskless one is known; None if nothing varied."""
    known = excess[~np.isnan(excess)]
    spread = deviation(known)
    return float(known.mean() / spread * np.sqrt(periods_per_year)) if spread else None


def _money_weighted(path: Path, end_value: float, window: Window, prices: Floats) -> Rate:
    """A year, below one year over the window, of money divided by `prices` (N + 1,); pay days are placed by
    the window's year fraction."""
    days = (path.days - path.days[0]).astype(np.int64)
    years = max(window.years, 1.0)
    paid = path.flow > 0
    amounts, end = path.flow[paid] / prices[paid], end_value / float(prices[-1])
    if np.isnan(amounts).any() or np.isnan(end):
        return Rate(None, "consumer prices are not known at every payment")
    return money_weighted_return(amounts, days[paid] / days[-1] * years, end, years)


def _turnover(path: Path, k: int, window: Window) -> float:
    """Half of what rebalancing bought and sold, a year, as a share of the average value."""
    return float(path.rebalanced[:, k].sum() / 2 / path.value[:, k].mean() / window.years)


def _shares(path: Path, plan: Plan, window: Window, sleeve: float | None, k: int) -> tuple[HoldingShare, ...]:
    """Each holding's part in gain, return and risk, and the trading costs': columns add up to the whole.

    Return: its part of each session's return times the index of the session before, summed. Risk: the
    covariance of its part of the returns with the plan's, over the plan's standard deviation.
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
    spread = deviation(whole)
    if not spread:
        return [None] * parts.shape[1]
    moved = parts - parts.mean(axis=0)
    covariance = moved.T @ (whole - whole.mean()) / (len(whole) - 1)
    return [float(one) for one in covariance / spread * np.sqrt(periods_per_year)]
