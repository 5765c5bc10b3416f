"""The retirement view: a plan of weights, contributions, rebalancing and costs, with and without a sleeve.

`read_plan` reads a plan from text or TOML, `portfolio` puts it to a lake. The engine walks all start months
and all sizes of the sleeve at once; definitions are in docs/portfolio.md.
"""

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
from .parse import TERMS, read_plan
from .plan import PERIODS, PRO_RATA, REBALANCING, Holding, Plan
from .riskless import USUAL_BILL

__all__ = [
    "COSTS",
    "PERIODS",
    "PRO_RATA",
    "REBALANCING",
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
