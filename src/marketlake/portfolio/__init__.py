"""The retirement view: a plan of weights, contributions, rebalancing and costs, with and without a
sleeve.

`read_plan` reads a plan from text or TOML, `portfolio` evaluates it over a lake's prices. The
engine walks all start months and all sizes of the sleeve together; definitions are in
docs/portfolio.md.
"""

from __future__ import annotations

from .evaluate import portfolio
from .figures import (
    COSTS,
    Drawdown,
    Figures,
    History,
    HistoryRow,
    HistoryWindow,
    HoldingShare,
    PortfolioAnswer,
)
from .plan import PRO_RATA, TERMS, Holding, Plan, read_plan
from .rates import USUAL_BILL

__all__ = [
    "COSTS",
    "PRO_RATA",
    "TERMS",
    "USUAL_BILL",
    "Drawdown",
    "Figures",
    "History",
    "HistoryRow",
    "HistoryWindow",
    "Holding",
    "HoldingShare",
    "Plan",
    "PortfolioAnswer",
    "portfolio",
    "read_plan",
]
