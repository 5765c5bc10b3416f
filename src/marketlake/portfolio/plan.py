"""A retirement plan: what is held, how money comes in, what it costs, which holding is the sleeve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import UsageError

Floats = npt.NDArray[np.float64]

REBALANCING: Final = ("never", "monthly", "quarterly", "yearly", "band")
PERIODS: Final = ("month", "semimonthly", "biweekly", "week")
PRO_RATA: Final = "pro-rata"
_SWEEP: Final = tuple(step / 100 for step in range(11))
_CLOSE: Final = 1e-9
_MOST: Final = 100
"""Holdings; more would be a fund."""


@dataclass(frozen=True)
class Holding:
    """An instrument, its target share of the plan and what it costs to hold; both fractions."""

    id: str
    weight: float
    expense_ratio: float = 0.0
    """A year; for what is not a fund, whose expenses are in its price already."""


@dataclass(frozen=True)
class Plan:
    """Rates are fractions a year, money is in the answer's currency; `UsageError` for what cannot be."""

    holdings: tuple[Holding, ...]
    rebalance: str = "yearly"
    band: float | None = None
    """How far a weight may stray from its target, absolute: 0.05 lets 0.60 be 0.55 to 0.65."""
    start: float = 10_000.0
    contribute: float = 0.0
    """Money a pay period; grows by `pay_growth` at each anniversary of the start."""
    per: str = "month"
    pay_growth: float = 0.0
    plan_fee: float = 0.0
    trading_cost: float = 0.0
    """A fraction of everything bought and sold."""
    sleeve: str | None = None
    funded_by: str = PRO_RATA

    def __post_init__(self) -> None:
        _check_holdings(self.holdings)
        _choose("rebalance", self.rebalance, REBALANCING)
        _choose("per", self.per, PERIODS)
        _check_band(self)
        _between("start", self.start, 0, 1e15, above=True)
        _between("contribute", self.contribute, 0, 1e15)
        _between("pay-growth (%)", self.pay_growth * 100, -50, 100)
        _between("plan-fee (%)", self.plan_fee * 100, 0, 20)
        _between("trading-cost (basis points)", self.trading_cost * 10_000, 0, 1000)
        _check_sleeve(self)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(holding.id for holding in self.holdings)

    @property
    def sleeve_weight(self) -> float:
        """The sleeve's target share; 0 without a sleeve."""
        return next((h.weight for h in self.holdings if h.id == self.sleeve), 0.0)

    def weights(self, sleeve: float | None = None) -> Floats:
        """Target weights (H,), with the sleeve at this share and the rest as `funded_by` says."""
        own = np.array([holding.weight for holding in self.holdings])
        if sleeve is None or self.sleeve is None:
            return own
        place = self.ids.index(self.sleeve)
        if self.funded_by == PRO_RATA:
            changed = own * ((1 - sleeve) / (1 - own[place]))
        else:
            changed = own.copy()
            changed[self.ids.index(self.funded_by)] += own[place] - sleeve
        changed[place] = sleeve
        return np.where(np.abs(changed) < _CLOSE, 0.0, changed)

    def sweep(self) -> tuple[float, ...]:
        """Shares of the sleeve to try: 0 to 10 % and the plan's own, as far as what funds it reaches."""
        own = self.sleeve_weight
        shares = [share for share in _SWEEP if abs(share - own) > _CLOSE]
        return tuple(sorted(share for share in [*shares, own] if self.weights(share).min() >= 0))


def _check_holdings(holdings: Sequence[Holding]) -> None:
    if not holdings:
        raise UsageError("the plan holds nothing; write it like '57 SPY, 40 AGG, 3 BTC'")
    if len(holdings) > _MOST:
        raise UsageError(f"the plan holds {len(holdings):,} instruments and may hold {_MOST}; merge some")
    seen: set[str] = set()
    for holding in holdings:
        if holding.id in seen:
            raise UsageError(f"{holding.id[:40]} is in the plan twice; add its weights up")
        seen.add(holding.id)
        _between(f"weight of {holding.id[:40]} (%)", holding.weight * 100, 0, 100)
        _between(f"expense ratio of {holding.id[:40]} (%)", holding.expense_ratio * 100, 0, 20)
    total = math.fsum(holding.weight for holding in holdings)
    if abs(total - 1) > 1e-8:
        raise UsageError(f"the weights add up to {total * 100:.6g}, not to 100; correct them")


def _check_band(plan: Plan) -> None:
    if (plan.rebalance == "band") != (plan.band is not None):
        raise UsageError("a band in points and rebalancing by band go together: --rebalance band --band 5")
    if plan.band is not None:
        _between("band (points)", plan.band * 100, 0, 100, above=True)


def _check_sleeve(plan: Plan) -> None:
    if plan.sleeve is None:
        if plan.funded_by != PRO_RATA:
            raise UsageError(
                f"funded by {plan.funded_by[:40]}, but no sleeve is named; name one of the holdings"
            )
        return
    _choose("sleeve", plan.sleeve, plan.ids)
    others = tuple(name for name in plan.ids if name != plan.sleeve)
    _choose("funded-by", plan.funded_by, (PRO_RATA, *others))
    if plan.sleeve_weight > 1 - _CLOSE:
        raise UsageError(
            f"the sleeve {plan.sleeve[:40]} is the whole plan; without it nothing is left to hold"
        )


def _choose(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(f"{name} {str(value)[:40]!r} must be one of {', '.join(choices)}")


def _between(name: str, value: float, low: float, high: float, *, above: bool = False) -> None:
    """The limits are of input, not of arithmetic; NaN and infinities fall outside them."""
    if not (low < value if above else low - _CLOSE <= value) or not value <= high + _CLOSE:
        raise UsageError(
            f"{name} is {value:g} and must be {'above' if above else 'at least'} {low:g}, at most {high:g}"
        )
