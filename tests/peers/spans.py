"""What a peer is handed: closes of whole periods of a window, made by pandas alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import pandas as pd

RULES = {"weekly": "W-SUN", "monthly": "ME"}


@dataclass(frozen=True)
class Span:
    """`levels` begin with the close before the first return; all series share the later dates."""

    levels: pd.Series
    risk_free: pd.Series
    """Of each return's own days."""
    per_year: float
    window: pd.Series
    """Every close of the window, which whole weeks and months may not fill."""

    @property
    def returns(self) -> pd.Series:
        return returns(self.levels)

    @property
    def excess(self) -> pd.Series:
        return self.returns - self.risk_free

    @property
    def years(self) -> float:
        return (self.window.index[-1] - self.window.index[0]).days / 365.25


def returns(levels: pd.Series) -> pd.Series:
    return levels.pct_change(fill_method=None).iloc[1:]


def span(
    closes: pd.Series, start: date, end: date, frequency: str, per_year: float, rate: float = 0.0
) -> Span:
    """The window's whole periods; `rate` is a risk-free return a year."""
    stored = closes.loc[: str(end)]
    window = stored.loc[_before(stored, start) :]
    levels = _period_ends(stored, start, end, RULES[frequency]) if frequency in RULES else window
    days = levels.index.to_series().diff().dt.days.iloc[1:]
    return Span(levels, (1 + rate) ** (days / 365.25) - 1, per_year, window)


def pair(one: pd.Series, other: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Both on the sessions that both have."""
    joined = pd.concat([one, other], axis=1, join="inner", keys=["one", "other"])
    return joined["one"], joined["other"]


def paired(
    one: pd.Series,
    other: pd.Series,
    start: date,
    end: date,
    frequency: str,
    per_year: float,
    rate: float = 0.0,
) -> tuple[Span, Span]:
    """On the sessions that both have; by month each one's own months, on the days of the first."""
    cut = partial(span, start=start, end=end, frequency=frequency, per_year=per_year, rate=rate)
    if frequency == "monthly":
        first, second = cut(one), cut(other)
        levels = second.levels.set_axis(first.levels.index)
        return first, replace(second, levels=levels, risk_free=first.risk_free)
    shared = pair(one, other)
    return cut(shared[0]), cut(shared[1])


def _before(levels: pd.Series, start: date) -> pd.Timestamp:
    return levels.index[levels.index < pd.Timestamp(start)][-1]


def _period_ends(levels: pd.Series, start: date, end: date, rule: str) -> pd.Series:
    """Each whole period's last close under the day of that close, and the close before the first."""
    days = levels.index.to_series().resample(rule).last()
    first = days.index.shift(-1) + pd.Timedelta(days=1)
    inside = (first >= pd.Timestamp(start)) & (days.index <= pd.Timestamp(end))
    place = inside.argmax()
    return levels.loc[days.iloc[place - 1 : place + inside.sum()].dropna()]
