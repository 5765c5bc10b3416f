"""The standard metrics by vectorbt's accessor, all columns together: the program of a process of its own.

It may run under another Python, one that has vectorbt, so it imports nothing of ours. Its argument is a file
with arrays `session`, `names` and `close`. It says its version and its figures, then measures once for each
line that it is sent.
"""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd


def main() -> None:
    import vectorbt

    stored = np.load(sys.argv[1])
    frame = pd.DataFrame(stored["close"], pd.DatetimeIndex(stored["session"]), list(stored["names"]))
    returns = frame.pct_change(fill_method=None).iloc[1:]
    accessor = returns.vbt.returns(freq="1D", year_freq="252D")
    figures = metrics(accessor)
    # its path of wealth begins with the first return; a return of 0 before it stands for the close before
    begun = frame.pct_change(fill_method=None).fillna(0)
    figures["max_drawdown"] = begun.vbt.returns(freq="1D", year_freq="252D").max_drawdown()
    say({"version": vectorbt.__version__, "figures": {k: v.to_dict() for k, v in figures.items()}})
    for _ in sys.stdin:
        metrics(accessor)
        say({})


def metrics(accessor: Any) -> dict[str, pd.Series]:
    return {
        "total_return": accessor.total(),
        "cagr": accessor.annualized(),
        "volatility": accessor.annualized_volatility(),
        "downside_deviation": accessor.downside_risk(),
        "sharpe": accessor.sharpe_ratio(),
        "sortino": accessor.sortino_ratio(),
        "max_drawdown": accessor.max_drawdown(),
        "calmar": accessor.calmar_ratio(),
        "best_period": accessor.max(),
        "worst_period": accessor.min(),
    }


def say(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
