"""A sleeve of crypto in a plan of real prices, computed independently with pandas."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from marketlake.claims.ledger import Entry
from marketlake.claims.sleeve_tables import RISKS

from ..answers import shared_data
from .conftest import FILES
from .small import cell
from .test_real_prices import NAMES, close

NAMES |= {instrument.id: symbol for instrument, symbol in FILES}
HEADLINE = {"SP500": 0.6 * 0.97, "BND": 0.4 * 0.97, "BTC": 0.03}
WITHOUT = {"SP500": 0.6, "BND": 0.4}


def levels(ids: list[str], start: str, end: str, frequency: str = "monthly") -> pd.DataFrame:
    """Closes of funds adjusted, of the index without dividends: each one's last of every month, or on
    the sessions that all have."""
    closes = {name: close(name) for name in ids}
    if frequency == "monthly":
        closes = {name: one.groupby(one.index.to_period("M")).last() for name, one in closes.items()}
    frame = pd.concat(closes, axis=1).dropna()
    if frequency == "monthly":
        frame.index = frame.index.to_timestamp(how="end").normalize()
    return frame.loc[start:end]


def index(frame: pd.DataFrame, weights: dict[str, float], months: int | None) -> pd.Series:
    """The plan, back to its weights at the last session of each stretch of months."""
    share = pd.Series(weights)
    stretch = (frame.index.year * 12 + frame.index.month - 1) // (months or 10**6)
    worth, parts = 1.0, []
    start = frame.iloc[0]
    for _, rows in frame.iloc[1:].groupby(stretch[1:]):
        path = worth * (rows[share.index] / start[share.index] * share).sum(axis=1)
        parts.append(path)
        worth, start = path.iloc[-1], rows.iloc[-1]
    return pd.concat([pd.Series([1.0], index=frame.index[:1]), *parts])


def ratio(path: pd.Series, years: float, risk: str, inflation: float = 1.0) -> float:
    gain = (path.iloc[-1] / inflation) ** (1 / years) - 1
    changes = path.pct_change().dropna()
    if RISKS[risk][1] == "max_drawdown":
        return gain / -float((path / path.cummax() - 1).min())
    return gain / float(changes.std() * np.sqrt(len(changes) / years))


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize(("rebalance", "months"), [("never", None), ("monthly", 1), ("yearly", 12)])
def test_return_per_risk_2019_to_2024(
    real: dict[str, Entry], risk: str, rebalance: str, months: int | None
) -> None:
    frame = levels(["SP500", "BND", "BTC"], "2018-12-31", "2024-12-31", RISKS[risk][0])
    one = cell(real["REAL_SLEEVE"], risk=risk, rebalance=rebalance)
    assert one.with_sleeve == pytest.approx(ratio(index(frame, HEADLINE, months), 6, risk), rel=1e-9)
    assert one.without_sleeve == pytest.approx(ratio(index(frame, WITHOUT, months), 6, risk), rel=1e-9)


def test_return_per_risk_after_inflation(real: dict[str, Entry]) -> None:
    rows = shared_data.table(shared_data.folder() / "prices" / "CPIAUCSL.csv")
    prices = {row["observation_date"]: float(row["CPIAUCSL"]) for row in rows if row["CPIAUCSL"]}
    inflation = prices["2024-12-01"] / prices["2018-12-01"]
    frame = levels(["SP500", "BND", "BTC"], "2018-12-31", "2024-12-31")
    path = index(frame, HEADLINE, 12)
    one = cell(real["REAL_SLEEVE"], worth="real")
    assert one.with_sleeve == pytest.approx(ratio(path, 6, "monthly_volatility", inflation), rel=1e-9)


def test_verdict_and_readings_that_change_it(real: dict[str, Entry]) -> None:
    entry = real["REAL_SLEEVE"]
    assert (entry.published.verdict, entry.rolled.verdict) == ("holds", "holds")
    assert f"{entry.published.with_sleeve:.3f} {entry.published.without_sleeve:.3f}" == "0.971 0.822"
    assert entry.verdict == "depends"
    assert entry.depends_on == (
        "with ETH as the sleeve, never rebalanced: does not hold for 2019 to 2024 (0.718 against 0.835)",
    )
    assert entry.refused == {"no Treasury bill in this lake": len(entry.grid) // 3}
    shipped = real["SLEEVE_IMPROVES_60_40"]
    assert (shipped.verdict, shipped.published.reason) == ("inconclusive", "no instrument AGG in this lake")


def test_every_start_month_equals_the_reference(real: dict[str, Entry]) -> None:
    windows = real["REAL_SLEEVE"].windows
    # Bitcoin's series begins in the middle of September 2014
    assert [(windows[0].end, windows[-1].end), len(windows)] == [("2020-09", "2024-12"), 52]
    for window in windows[:: len(windows) // 4]:
        start = date(window.end_year - 6, window.end_month, 1)
        frame = levels(["SP500", "BND", "BTC"], str(start), f"{window.end_year}-{window.end_month:02d}")
        years = 6.0 if window.end_month == 12 else (frame.index[-1] - frame.index[0]).days / 365.25
        path = index(frame, HEADLINE, 12)
        assert window.with_sleeve == pytest.approx(ratio(path, years, "monthly_volatility"), rel=1e-9)
    assert {window.verdict for window in windows} == {"holds"}
    summary = real["REAL_SLEEVE"].in_history[1].text
    assert "held in 52 of 52" in summary
    assert "windows overlap: 1 independent" in summary
