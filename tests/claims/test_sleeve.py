"""A sleeve claim on random walks: every reading equals `portfolio`, which computes day by day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marketlake.claims.claim import SleeveClaim
from marketlake.claims.ledger import Entry
from marketlake.claims.sleeve_tables import RISKS
from marketlake.lake import Lake
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument
from marketlake.portfolio.figures import PortfolioAnswer
from marketlake.portfolio.plan import read_plan

from ..answers.lakes import BILL, BTC, CPI, FUND, SHARE, bar, make
from .small import cell

BONDS = replace(FUND, id="BONDS", asset_class="bond")
WORLD = replace(FUND, id="WORLD")
WALKS = {SHARE: (1, 0.010), BONDS: (2, 0.003), BTC: (3, 0.030), WORLD: (4, 0.012)}
CLAIM = SleeveClaim(
    "S",
    "a sleeve improved a plan",
    "us",
    "2021",
    2019,
    2020,
    plan={"SHARE": 0.6, "BONDS": 0.4},
    sleeve="BTC",
    share=0.05,
    rebalance="quarterly",
    funded_by="BONDS",
    alternatives={"SHARE": ("WORLD", "NONE")},
)
WEIGHTS = {
    "pro-rata": "57 {}, 38 BONDS, 5 BTC",
    "BONDS": "60 {}, 35 BONDS, 5 BTC",
    "SHARE": "55 {}, 40 BONDS, 5 BTC",
}
SPAN = (date(2018, 12, 31), date(2020, 12, 31))


def walk(instrument: Instrument) -> list[dict[str, Any]]:
    """A random walk on every session from 2018 to the middle of 2021; SHARE pays a dividend and
    splits."""
    seed, calm = WALKS[instrument]
    sessions = load_calendar(instrument.calendar, date(2021, 12, 31)).sessions(
        date(2018, 6, 1), date(2021, 6, 15)
    )
    levels = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0006, calm, len(sessions))))
    days = [
        bar(instrument, day, float(level)) for day, level in zip(sessions.astype(object), levels, strict=True)
    ]
    if instrument is SHARE:
        days[200] |= {"dividend": 1.5}
        days[500] |= {"split": 2.0}
        days[500:] = [row | {k: row[k] / 2 for k in ("open", "high", "low", "close")} for row in days[500:]]
    return days


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [row for instrument in WALKS for row in walk(instrument)]
    yields = load_calendar("XNYS", date(2021, 12, 31)).sessions(date(2018, 6, 1), date(2021, 6, 15))
    bars += [bar(BILL, day, 2.5 - 0.002 * n) for n, day in enumerate(yields.astype(object))]
    bars += [bar(CPI, date(year, 12, 1), 100.0 * 1.03**year / 1.03**2018) for year in (2018, 2019, 2020)]
    lake = tmp_path_factory.mktemp("sleeve")
    return make(lake, [*WALKS, BILL, CPI], bars, claims=[CLAIM])


@pytest.fixture(scope="module")
def entry(lake: Path) -> Entry:
    [entry] = Lake(lake).claims().claims
    return entry


@cache
def plan(
    lake: Path, text: str, rebalance: str, horizon: int | None = None, frequency: str = "monthly"
) -> PortfolioAnswer:
    terms: Mapping[str, Any] = {"rebalance": rebalance, "sleeve": "BTC" if "BTC" in text else None}
    terms |= {"funded_by": "BONDS"} if horizon else {}
    return Lake(lake).portfolio(
        read_plan(text, terms), start=SPAN[0], end=SPAN[1], horizon=horizon, frequency=frequency
    )


@pytest.mark.parametrize(
    ("funded_by", "rebalance"),
    [
        ("BONDS", "quarterly"),
        ("SHARE", "quarterly"),
        ("pro-rata", "yearly"),
        ("SHARE", "monthly"),
        ("pro-rata", "never"),
    ],
)
def test_return_and_risk_equal_the_portfolio_command(
    lake: Path, entry: Entry, funded_by: str, rebalance: str
) -> None:
    reading = {"rebalance": rebalance, "funded_by": funded_by}
    for risk, (frequency, measure) in RISKS.items():
        text = WEIGHTS[funded_by].format("SHARE")
        with_sleeve = plan(lake, text, rebalance, frequency=frequency).with_sleeve
        without = plan(lake, "60 SHARE, 40 BONDS", rebalance, frequency=frequency).with_sleeve
        for worth, rate in (("nominal", ""), ("real", "real_")):
            one = cell(entry, risk=risk, worth=worth, **reading)
            for side, shown in ((with_sleeve, one.with_sleeve), (without, one.without_sleeve)):
                taken = getattr(side, measure)
                taken = -taken.depth if measure == "max_drawdown" else taken
                gain = getattr(side, f"{rate}cagr")
                assert shown == pytest.approx(gain / taken, rel=1e-9)
            better = one.with_sleeve > one.without_sleeve  # type: ignore[operator]
            assert one.verdict == ("holds" if better else "does not hold")


def test_alternative_holding_is_judged(lake: Path, entry: Entry) -> None:
    other = plan(lake, WEIGHTS["BONDS"].format("WORLD"), "quarterly").with_sleeve
    assert cell(entry, b="60 WORLD, 40 BONDS").with_sleeve == pytest.approx(
        other.return_per_volatility, rel=1e-9
    )
    assert cell(entry, b="60 NONE, 40 BONDS").reason == "no instrument NONE in this lake"


def test_every_start_month_equals_the_reference(lake: Path, entry: Entry) -> None:
    past = plan(lake, WEIGHTS["BONDS"].format("SHARE"), "quarterly", horizon=2).history
    assert past is not None
    judged = [window for window in entry.windows if window.verdict != "inconclusive"]
    [row] = [row for row in past.rows if row.sleeve == 0.05]
    assert len(judged) == past.windows == 12
    assert sum(window.verdict == "holds" for window in judged) == row.higher_return_per_volatility
    # the last month is not over
    assert entry.windows[-1].end == "2021-05"
    assert "windows overlap: 1 independent" in entry.in_history[1].text


def column(lake: Path, text: str, name: str) -> dict[date, float]:
    rows = Lake(lake).query_rows(f"SELECT session, {text} WHERE instrument_id = '{name}' ORDER BY 1").rows
    return dict(rows)


def last_of_months(values: Mapping[date, float]) -> dict[date, float]:
    """The last value of each month, on the month's last day."""
    return {
        day.replace(day=monthrange(day.year, day.month)[1]): value for day, value in sorted(values.items())
    }


@pytest.mark.parametrize("risk", ["daily_volatility", "monthly_volatility"])
def test_sharpe_ratio_over_the_bill(lake: Path, entry: Entry, risk: str) -> None:
    levels = {n: column(lake, "total_index FROM return_index", n) for n in ("SHARE", "BONDS", "BTC")}
    if risk == "monthly_volatility":
        levels = {name: last_of_months(one) for name, one in levels.items()}
    bills = column(lake, "close FROM bar", "BILL")
    days = sorted(day for day in levels["BONDS"] if SPAN[0] <= day <= SPAN[1])
    weights, index, excess = np.array([0.6, 0.35, 0.05]), [1.0], []
    held = weights
    for before, day in pairwise(days):
        held = held * [one[day] / one[before] for one in levels.values()]
        index.append(float(held.sum()))
        known = bills[max(d for d in bills if d <= before)] / 100
        risk_free = (1 - known * 91 / 360) ** (-(day - before).days / 91) - 1
        excess.append(index[-1] / index[-2] - 1 - risk_free)
        if day.month % 3 == 0 and day == max(d for d in days if (d.year, d.month) == (day.year, day.month)):
            held = held.sum() * weights
    sharpe = np.mean(excess) / np.std(excess, ddof=1) * np.sqrt(len(excess) / 2)
    assert cell(entry, risk=risk, worth="over_bill").with_sleeve == pytest.approx(sharpe, rel=1e-9)


def test_grid_has_every_combination_once(entry: Entry) -> None:
    # spans x sets of instruments x ways to rebalance x to fund the sleeve x risks x worths
    assert len(entry.grid) == 2 * 3 * 4 * 3 * 4 * 3
    readings = {tuple(getattr(c, name) for name in ("span", *entry.dimensions)) for c in entry.grid}
    assert len(readings) == len(entry.grid)
    assert [(c.span, c.rebalance, c.funded_by, c.risk) for c in entry.grid if c.headline] == [
        ("published", "quarterly", "BONDS", "monthly_volatility"),
        ("rolled", "quarterly", "BONDS", "monthly_volatility"),
    ]
    assert entry.criterion == (
        "60 SHARE, 40 BONDS with 5 % BTC, funded from BONDS, rebalanced quarterly: "
        "more return per volatility than without"
    )
    assert set(entry.refused) == {"no instrument NONE in this lake"}
