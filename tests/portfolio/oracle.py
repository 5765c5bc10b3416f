"""A plan worked by hand: plain Python, one day and one holding at a time, from the definitions
alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from marketlake.portfolio.plan import Plan


@dataclass
class Book:
    """What happened, in money."""

    value: list[float] = field(default_factory=list)
    index: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    paid: list[tuple[date, float]] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    costs: float = 0.0
    fees: float = 0.0
    rebalanced: float = 0.0

    @property
    def deepest(self) -> float:
        high, worst = self.index[0], 0.0
        for level in self.index:
            high = max(high, level)
            worst = min(worst, level / high - 1)
        return worst

    def volatility(self, periods_per_year: float) -> float:
        return statistics.stdev(self.returns) * periods_per_year**0.5

    def sharpe(self, risk_free: Sequence[float], periods_per_year: float) -> float:
        """`risk_free` to each close after the start; what is not known takes its return with it."""
        pairs = zip(self.returns, risk_free, strict=True)
        excess = [plain - free for plain, free in pairs if not math.isnan(free)]
        return statistics.fmean(excess) / statistics.stdev(excess) * periods_per_year**0.5


def work(
    days: Sequence[date], levels: Sequence[Sequence[float]], plan: Plan, weights: Sequence[float]
) -> Book:
    """The plan over all these days."""
    held = [plan.start * (1 - plan.trading_cost) * weight for weight in weights]
    book = Book(gain=[0.0] * len(weights))
    book.costs = plan.start * plan.trading_cost
    book.paid.append((days[0], plan.start))
    book.value.append(sum(held))
    book.index.append(sum(held) / plan.start)
    for number in range(1, len(days)):
        before = sum(held)
        held = grow(book, plan, held, days, levels, number)
        grown = sum(held)
        cost = 0.0
        if number < len(days) - 1:
            flow = pay(plan, days, number)
            if flow:
                book.paid.append((days[number], flow))
                cost += flow * plan.trading_cost
                held = [h + w * flow * (1 - plan.trading_cost) for h, w in zip(held, weights, strict=True)]
            if is_due(plan, days, number, held, weights):
                traded = sum(abs(w * sum(held) - h) for h, w in zip(held, weights, strict=True))
                left = sum(held) - traded * plan.trading_cost
                held = [w * left for w in weights]
                cost += traded * plan.trading_cost
                book.rebalanced += traded
        book.costs += cost
        book.returns.append((grown - cost) / before - 1)
        book.index.append(book.index[-1] * (grown - cost) / before)
        book.value.append(sum(held))
    return book


def grow(
    book: Book,
    plan: Plan,
    held: Sequence[float],
    days: Sequence[date],
    levels: Sequence[Sequence[float]],
    number: int,
) -> list[float]:
    years = (days[number] - days[number - 1]).days / 365.25
    grown = []
    for place, holding in enumerate(plan.holdings):
        gross = held[place] * levels[number][place] / levels[number - 1][place]
        net = gross * (1 - holding.expense_ratio) ** years * (1 - plan.plan_fee) ** years
        book.fees += gross - net
        book.gain[place] += net - held[place]
        grown.append(net)
    return grown


def pay(plan: Plan, days: Sequence[date], number: int) -> float:
    """What is due after the session before, up to this one."""
    total = 0.0
    day = days[number - 1] + timedelta(days=1)
    while day <= days[number]:
        gone = (day - days[0]).days
        due = {
            "month": day.day == 1,
            "semimonthly": day.day in (1, 15),
            "biweekly": gone % 14 == 0,
            "week": gone % 7 == 0,
        }
        if due[plan.per]:
            total += plan.contribute * (1 + plan.pay_growth) ** anniversaries(days[0], day)
        day += timedelta(days=1)
    return total


def anniversaries(start: date, day: date) -> int:
    years = day.year - start.year
    return years if (day.month, day.day) >= (start.month, start.day) else years - 1


def is_due(
    plan: Plan, days: Sequence[date], number: int, held: Sequence[float], weights: Sequence[float]
) -> bool:
    today, tomorrow = days[number], days[number + 1]
    if plan.rebalance == "monthly":
        return today.month != tomorrow.month
    if plan.rebalance == "quarterly":
        return (today.month - 1) // 3 != (tomorrow.month - 1) // 3 or today.year != tomorrow.year
    if plan.rebalance == "yearly":
        return today.year != tomorrow.year
    if plan.rebalance == "band":
        assert plan.band is not None
        total = sum(held)
        return any(abs(h / total - w) > plan.band for h, w in zip(held, weights, strict=True))
    return False
