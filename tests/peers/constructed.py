"""The rows of docs/metrics/differences.md that need no prices: series made to show one thing each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from marketlake.lake import Lake

from ..answers.lakes import BTC, bar, make
from .measure import Row, percent
from .spans import returns

EVE = date(2018, 12, 31)


def _lake(folder: Path, closes: Mapping[date, float]) -> Path:
    return make(folder, [BTC], [bar(BTC, day, close) for day, close in closes.items()])


def doubling(folder: Path) -> Row:
    """It doubles in every calendar year, each day of a year by the same factor."""
    import empyrical as e
    import ffn
    from quantstats import stats as q

    closes = {EVE: 100.0}
    for year in range(2019, 2025):
        before, days = date(year - 1, 12, 31), (date(year, 12, 31) - date(year - 1, 12, 31)).days
        for n in range(1, days + 1):
            closes[before + timedelta(n)] = 100 * 2 ** (year - 2019 + n / days)
    levels = pd.Series(closes.values(), index=pd.DatetimeIndex(closes))
    whole = {"start": date(2019, 1, 1), "end": date(2024, 12, 31)}
    ours = Lake(_lake(folder, closes)).metrics(["BTC"], **whole).figure("BTC", "cagr").value
    return percent(ours, e.cagr(returns(levels)), q.cagr(returns(levels)), ffn.calc_cagr(levels))


def steady(folder: Path) -> Row:
    """It grows by a thousandth every day, so that its returns differ by rounding only."""
    import empyrical as e
    import ffn
    from quantstats import stats as q

    closes = {EVE + timedelta(n): 100 * 1.001**n for n in range(400)}
    r = returns(pd.Series(closes.values(), index=pd.DatetimeIndex(closes)))
    assert Lake(_lake(folder, closes)).metrics(["BTC"]).figure("BTC", "sharpe").value is None
    theirs = e.sharpe_ratio(r), q.sharpe(r), ffn.calc_sharpe(r, nperiods=252)
    assert all(sharpe > 1e12 for sharpe in theirs)
    return ("1e12",)


CONSTRUCTED: Final[Mapping[str, Callable[[Path], Row]]] = {"What doubles": doubling, "What is steady": steady}
