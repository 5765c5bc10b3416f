"""A plan of 57 % S&P 500, 40 % bonds and 3 % Bitcoin on real prices, against pandas.

^GSPC is a price index: no dividends are in it, so the plan's returns are lower than a saver's in a
fund would have been. BND@adj has its dividends in it, Bitcoin has none. The reference shares no
code with the engine: it works on the files themselves, a day at a time, and finds the
money-weighted return by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from marketlake.lake import Lake
from marketlake.portfolio.figures import Figures, PortfolioAnswer

from ..answers import shared_data
from ..answers.lakes import BTC, FUND, bar, make

pytestmark = pytest.mark.slow

close = pytest.approx
INDEX, INDEX_SYMBOL = shared_data.FILES["SP500"]
BOND = replace(FUND, id="BND", name="US bonds", asset_class="bond")
PLAN = "57 SP500, 40 BND, 3 BTC"
FIRST, LAST = date(2014, 12, 31), date(2024, 12, 31)
TERMS: dict[str, Any] = {
    "sleeve": "BTC", "contribute": 500, "pay_growth": 3, "plan_fee": 0.2, "trading_cost": 5,
    "expenses": {"SP500": 0.03},
}  # fmt: skip
RISK_FREE = 0.02


def series(symbol: str, column: str) -> pd.Series:
    table = pd.read_csv(shared_data.folder() / "prices" / f"{symbol}.csv")
    return pd.Series(table[column].to_numpy(), index=pd.to_datetime(table.iloc[:, 0]))


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    """Closes on the days that all three have."""
    columns = {"SP500": series(INDEX_SYMBOL, "close"), "BND": series("BND@adj", "Close")}
    return pd.DataFrame(columns | {"BTC": series("BTC-USD", "close")}).dropna()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    bars = [*shared_data.bars_of(INDEX, INDEX_SYMBOL), *shared_data.bars_of(BTC, "BTC-USD")]
    bars += [bar(BOND, day.date(), value) for day, value in series("BND@adj", "Close").items()]
    return Lake(make(tmp_path_factory.mktemp("real"), [INDEX, BOND, BTC], bars))


@pytest.fixture(scope="module")
def answer(lake: Lake) -> PortfolioAnswer:
    return lake.portfolio(PLAN, TERMS, start=FIRST, end=LAST, horizon=5, risk_free=RISK_FREE)


@dataclass(frozen=True)
class Reference:
    """What the plan came to, from the definitions alone."""

    end_value: float
    rate: float
    money: float
    volatility: float
    sharpe: float
    fall: float
    returned: dict[str, float]
    risk: dict[str, float]


def reference(prices: pd.DataFrame, weights: dict[str, float], years: float) -> Reference:
    """A day and a holding at a time; pandas for what is taken from the whole."""
    days, names, target = [day.date() for day in prices.index], list(weights), list(weights.values())
    held = [10_000 * 0.9995 * share for share in target]
    paid, index, parts, costs, spans = [(0.0, 10_000.0)], [0.9995], [], [], []
    closes = prices[names].to_numpy().tolist()
    for n in range(1, len(days)):
        span, value = (days[n] - days[n - 1]).days / 365.25, sum(held)
        kept = [0.998**span * (0.9997**span if name == "SP500" else 1.0) for name in names]
        grown = [h * closes[n][k] / closes[n - 1][k] * kept[k] for k, h in enumerate(held)]
        parts.append([(new - old) / value for new, old in zip(grown, held, strict=True)])
        held, cost = grown, 0.0
        if n < len(days) - 1:
            for money in payments(days, n):
                paid.append(((days[n] - days[0]).days / (days[-1] - days[0]).days * years, money))
                held = [h + share * money * 0.9995 for h, share in zip(held, target, strict=True)]
                cost += money * 0.0005
            if days[n].year != days[n + 1].year:
                moved = 0.0005 * sum(abs(t * sum(held) - h) for t, h in zip(target, held, strict=True))
                held = [share * (sum(held) - moved) for share in target]
                cost += moved
        costs.append(cost / value)
        spans.append(span)
        index.append(index[-1] * (1 + sum(parts[-1]) - costs[-1]))
    return summed_up(held, paid, years, pd.DataFrame(parts, columns=names), costs, spans, pd.Series(index))


def payments(days: list[date], n: int) -> list[float]:
    """What the firsts of months since the session before bring."""
    since = [days[n - 1] + timedelta(days=d) for d in range(1, (days[n] - days[n - 1]).days + 1)]
    first = days[0]
    return [
        500 * 1.03 ** (day.year - first.year - ((day.month, day.day) < (first.month, first.day)))
        for day in since
        if day.day == 1
    ]


def summed_up(
    held: list[float],
    paid: list[tuple[float, float]],
    years: float,
    brought: pd.DataFrame,
    costs: list[float],
    spans: list[float],
    level: pd.Series,
) -> Reference:
    returns = brought.sum(axis=1) - np.array(costs)
    a_year = np.sqrt(len(returns) / years)
    excess = returns - ((1 + RISK_FREE) ** np.array(spans) - 1)
    earlier = level[:-1].to_numpy()
    return Reference(
        end_value=sum(held),
        rate=level.iloc[-1] ** (1 / years) - 1,
        money=newton(paid, sum(held), years),
        volatility=returns.std() * a_year,
        sharpe=excess.mean() / excess.std() * a_year,
        fall=(level / level.cummax() - 1).min(),
        returned=(brought.mul(earlier, axis=0)).sum().to_dict(),
        risk={name: brought[name].cov(returns) / returns.std() * a_year for name in brought},
    )


def newton(paid: list[tuple[float, float]], end_value: float, years: float) -> float:
    when, money = map(np.array, zip(*paid, strict=True))
    growth = 1.1
    for _ in range(60):
        left = years - when
        off = (money * growth**left).sum() - end_value
        growth -= off / (money * left * growth ** (left - 1)).sum()
    return float(growth - 1)


def weights_at(sleeve: float) -> dict[str, float]:
    return {"SP500": 0.57 / 0.97 * (1 - sleeve), "BND": 0.40 / 0.97 * (1 - sleeve), "BTC": sleeve}


def test_every_sleeve_size_equals_the_reference(answer: PortfolioAnswer, prices: pd.DataFrame) -> None:
    inside = prices.loc[str(FIRST) : str(LAST)]
    assert [one.sleeve for one in answer.sweep] == [n / 100 for n in range(11)]
    for figures in answer.sweep:
        agree(figures, reference(inside, weights_at(figures.sleeve or 0.0), 10.0))
    assert answer.with_sleeve == answer.sweep[3]
    assert answer.without_sleeve == answer.sweep[0]


def agree(figures: Figures, expected: Reference) -> None:
    parts = {part.id: part for part in figures.holdings}
    assert figures.end_value == close(expected.end_value, rel=1e-9)
    assert figures.cagr == close(expected.rate, rel=1e-9)
    assert figures.money_weighted_return == close(expected.money, rel=1e-9)
    assert figures.volatility == close(expected.volatility, rel=1e-9)
    assert figures.return_per_volatility == close(expected.rate / expected.volatility, rel=1e-9)
    assert figures.sharpe == close(expected.sharpe, rel=1e-9)
    assert figures.max_drawdown.depth == close(expected.fall, rel=1e-9)
    for name, returned in expected.returned.items():
        assert parts[name].return_contribution == close(returned, rel=1e-9, abs=1e-12)
        assert parts[name].risk_contribution == close(expected.risk[name], rel=1e-9, abs=1e-12)


def test_every_start_month_equals_the_reference(answer: PortfolioAnswer, prices: pd.DataFrame) -> None:
    history = answer.history
    assert history is not None
    starts = pd.date_range("2014-09-30", "2019-12-31", freq="ME")
    assert [f"{one.start:%Y-%m}" for one in history.by_start] == [f"{day:%Y-%m}" for day in starts]
    assert (history.windows, history.independent) == (64, 2)
    for one in history.by_start:
        inside = prices.loc[str(one.start) : str(one.end)]
        whole = f"{one.start:%m}" == "12"
        years = 5.0 if whole else (one.end - one.start).days / 365.25
        own, without = (reference(inside, weights_at(sleeve), years) for sleeve in (0.03, 0.0))
        assert one.end_value == close(own.end_value, rel=1e-9)
        assert one.end_value_without == close(without.end_value, rel=1e-9)
        assert one.max_drawdown == close(own.fall, rel=1e-9)
        assert one.return_per_volatility == close(own.rate / own.volatility, rel=1e-9)
        assert one.sharpe == close(own.sharpe, rel=1e-9)
        assert one.sharpe_without == close(without.sharpe, rel=1e-9)
    row = history.rows[2]
    helped = sum(one.end_value > one.end_value_without for one in history.by_start)
    sharper = sum((one.sharpe or 0) > (one.sharpe_without or 0) for one in history.by_start)
    assert (row.sleeve, row.helped, row.higher_sharpe, row.sharpe_windows) == (0.03, helped, sharper, 64)
    # as docs/portfolio.md says
    assert (row.helped, row.higher_return_per_volatility, row.higher_sharpe, row.smaller_drawdown) == (
        64,
        64,
        64,
        0,
    )


def test_plan_return_of_2019_equals_manual_calculation(lake: Lake) -> None:
    # the year's published returns: S&P 500 +28.88 %, Bitcoin +92.20 %; the bond fund +8.83 % with
    # dividends: 57 x 1.2888 + 40 x 1.0883 + 3 x 1.9220 = 73.4616 + 43.532 + 5.766 = 122.7596 of
    # every 100
    figures = lake.portfolio(PLAN, start="2018-12-31", end="2019-12-31").with_sleeve
    assert figures.end_value == close(12_275.96, abs=0.6)
    assert figures.money_weighted_return == close(0.227596, abs=6e-5)
    assert figures.total_return == close(0.227596, abs=6e-5)


def test_price_index_without_dividends_is_noted(answer: PortfolioAnswer) -> None:
    assert "price_index" in answer.quality
    assert "SP500 is a price index without dividends" in " ".join(answer.notes)
    assert answer.risk_free == RISK_FREE
