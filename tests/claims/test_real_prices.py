"""On real prices, every convention computed independently with pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from marketlake.claims.ledger import Entry

from ..answers import shared_data
from .small import cell

NAMES = {"BTC": "BTC-USD", "NASDAQ": "^IXIC", "GOLD": "GC=F", "SP500": "^GSPC", "GLD": "GLD@adj"}
YEARS = range(2019, 2025)


IDS = {"NASDAQ": "BTC_BEATS_NASDAQ", "GOLD": "BTC_BEATS_GOLD", "SP500": "BTC_BEATS_SP500"}


def close(name: str) -> pd.Series:
    path = shared_data.folder() / "prices" / f"{NAMES[name]}.csv"
    frame = pd.read_csv(path, parse_dates=[0], index_col=0)
    series = frame[next(c for c in frame.columns if c.lower() == "close")].dropna()
    series.index = pd.to_datetime(series.index).tz_localize(None)
    return series


def returns(series: pd.Series, convention: str) -> pd.Series:
    """By calendar year."""
    year = series.index.year
    last = series.groupby(year).last()
    if convention == "year_end":
        return last / last.shift() - 1
    if convention == "first_to_last":
        return last / series.groupby(year).first() - 1
    december = series[series.index.month == 12]
    mean = december.groupby(december.index.year).mean()
    return mean / mean.shift() - 1


@pytest.mark.parametrize("b", ["NASDAQ", "GOLD", "SP500"])
@pytest.mark.parametrize("convention", ["year_end", "first_to_last", "december_average"])
@pytest.mark.parametrize("sessions", ["own", "shared"])
def test_wins_of_2019_to_2024(real: dict[str, Entry], b: str, convention: str, sessions: str) -> None:
    x, y = close("BTC"), close(b)
    if sessions == "shared":
        both = x.index.intersection(y.index)
        x, y = x[both], y[both]
    ahead = returns(x, convention).loc[YEARS] > returns(y, convention).loc[YEARS]
    result = cell(real[IDS[b]], convention=convention, sessions=sessions)
    assert result.verdict != "inconclusive", result.reason
    assert (result.wins, result.years) == (int(ahead.sum()), 6)


@pytest.mark.parametrize(
    ("b", "fund"), [("NASDAQ", ("NASDAQ100", "QQQ")), ("GOLD", ("GLD",)), ("SP500", ("SPY",))]
)
def test_cells_with_a_verdict_on_real_prices(real: dict[str, Entry], b: str, fund: tuple[str, ...]) -> None:
    entry = real[IDS[b]]
    for name in (b, *fund):
        cells = [one for one in entry.grid if one.b == name]
        judged = {(one.basis, one.sessions, one.convention, one.worth) for one in cells if one.judged}
        # price and total where there is one, own and shared sessions, three conventions, nominal
        # and real
        per_basis, bases = 2 * 3 * 2, {"NASDAQ": 1, "SP500": 1, "GOLD": 2, "GLD": 2}.get(name, 0)
        assert len(judged) == bases * per_basis, entry.refused
        if not bases:
            assert {one.reason for one in cells} == {f"no instrument {name} in this lake"}
    # only total returns of the fund are available, so a comparison with a price is a mixture
    if b == "GOLD":
        assert cell(entry, b="GLD").reason.endswith("a mixture: GLD is total return")


def test_five_of_six_wins_holds_in_every_judged_reading(real: dict[str, Entry]) -> None:
    entry = real["BTC_BEATS_NASDAQ"]
    assert (entry.published.verdict, entry.published.wins) == ("holds", 5)
    assert (entry.verdict, entry.depends_on) == ("holds", ())
    assert cell(entry, b="QQQ").reason == "no instrument QQQ in this lake"


def test_gold_fund_gives_the_same_wins_as_gold(real: dict[str, Entry]) -> None:
    x, y = close("BTC"), close("GLD")
    for convention in ("year_end", "first_to_last", "december_average"):
        ahead = returns(x, convention).loc[YEARS] > returns(y, convention).loc[YEARS]
        result = cell(real["BTC_BEATS_GOLD"], b="GLD", basis="total", convention=convention)
        assert result.wins == int(ahead.sum()) == 5


@pytest.mark.parametrize("b", ["NASDAQ", "SP500"])
def test_wins_of_windows_ending_in_every_month(real: dict[str, Entry], b: str) -> None:
    ends = pd.DataFrame({name: close(name).resample("ME").last() for name in ("BTC", b)}).dropna()
    # Bitcoin's series begins in the middle of September 2014
    yearly = (ends / ends.shift(12) - 1).dropna()
    won = (yearly["BTC"] > yearly[b]).astype(int)
    wins = sum(won.shift(12 * back) for back in range(6)).dropna().astype(int)
    expected = {(end.year, end.month): count for end, count in wins.items()}
    assert {(w.end_year, w.end_month): w.wins for w in real[IDS[b]].windows} == expected
    assert all(w.verdict != "inconclusive" for w in real[IDS[b]].windows)
    assert len(expected) == 52
