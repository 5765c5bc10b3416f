"""On real prices, every convention computed independently with pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from marketlake.claims import Entry, load_claims, read_ledger

from ..query import shared_data
from ..query.lakes import make
from .small import cell
from .test_load import SHIPPED

NAMES = {"BTC": "BTC-USD", "NASDAQ": "^IXIC", "GOLD": "GC=F", "SP500": "^GSPC"}
YEARS = range(2019, 2025)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Entry]:
    shared_data.folder()
    files = [shared_data.FILES[name] for name in NAMES]
    bars = [row for pair in files for row in shared_data.bars_of(*pair)]
    lake = make(tmp_path_factory.mktemp("real"), [i for i, _ in files], bars, claims=load_claims(SHIPPED))
    return {entry.published.b: entry for entry in read_ledger(lake)}


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
def test_wins_of_2019_to_2024(ledger: dict[str, Entry], b: str, convention: str, sessions: str) -> None:
    x, y = close("BTC"), close(b)
    if sessions == "shared":
        both = x.index.intersection(y.index)
        x, y = x[both], y[both]
    ahead = returns(x, convention).loc[YEARS] > returns(y, convention).loc[YEARS]
    found = cell(ledger[b], convention=convention, sessions=sessions)
    assert found.verdict != "cannot be said", found.reason
    assert (found.wins, found.years) == (int(ahead.sum()), 6)


def test_five_of_six_holds(ledger: dict[str, Entry]) -> None:
    found = ledger["NASDAQ"]
    assert (found.published.verdict, found.published.wins) == ("holds", 5)
    assert cell(found, b="QQQ").reason == "no instrument QQQ in this lake"


@pytest.mark.parametrize("b", ["NASDAQ", "SP500"])
def test_every_month(ledger: dict[str, Entry], b: str) -> None:
    ends = pd.DataFrame({name: close(name).resample("ME").last() for name in ("BTC", b)}).dropna()
    # Bitcoin's series begins in the middle of September 2014
    yearly = (ends / ends.shift(12) - 1).dropna()
    won = (yearly["BTC"] > yearly[b]).astype(int)
    wins = sum(won.shift(12 * back) for back in range(6)).dropna().astype(int)
    expected = {(end.year, end.month): count for end, count in wins.items()}
    assert {(w.end_year, w.end_month): w.wins for w in ledger[b].windows} == expected
    assert all(w.verdict != "cannot be said" for w in ledger[b].windows)
    assert len(expected) == 52
