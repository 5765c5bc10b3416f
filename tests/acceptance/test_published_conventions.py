"""Published yearly tables with different conventions, reproduced by choosing the convention."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from marketlake.lake import Lake

from ..answers import shared_data
from ..answers.lakes import make
from . import published

NAMES = ("BTC", "NASDAQ", "SP500", "GOLD", "AAPL")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shared_data.folder()
    chosen = [shared_data.FILES[name] for name in NAMES]
    bars = [row for pair in chosen for row in shared_data.bars_of(*pair)]
    return make(tmp_path_factory.mktemp("published"), [instrument for instrument, _ in chosen], bars)


def percents(lake: Path, name: str, years: Mapping[int, Any], **choice: Any) -> dict[int, float]:
    """The yearly returns of an instrument from `compare` with the options `choice`."""
    other = "SP500" if name == "NASDAQ" else "NASDAQ"
    comparison = Lake(lake).compare([name, other], start=min(years), end=max(years), **choice)
    return {row.year: row.returns[0].simple_return * 100 for row in comparison.rows}


def growth(first: float, last: float) -> float:
    return (last / first - 1) * 100


def test_year_end_equals_the_annual_change_of_macrotrends(lake: Path) -> None:
    table = {year: change for year, (_, _, change) in published.NASDAQ_BY_YEAR.items()}
    assert percents(lake, "NASDAQ", table, convention="year_end") == pytest.approx(table, abs=0.011)


@pytest.mark.parametrize("name", ["NASDAQ", "SP500"])
def test_first_to_last_equals_year_open_to_year_close(lake: Path, name: str) -> None:
    rows = published.NASDAQ_BY_YEAR if name == "NASDAQ" else published.SP500_FIRST_AND_LAST
    table = {year: growth(first, last) for year, (first, last, *_) in rows.items()}
    assert percents(lake, name, table, convention="first_to_last") == pytest.approx(table, abs=0.002)


def test_december_average_equals_shiller(lake: Path) -> None:
    means = published.SP500_DECEMBER
    table = {year: growth(means[before], means[year]) for before, year in pairwise(means)}
    assert percents(lake, "SP500", table, convention="december_average") == pytest.approx(table, abs=0.002)


def test_adjusted_basis_equals_the_published_total_return(lake: Path) -> None:
    table = published.APPLE_WITH_DIVIDENDS
    assert percents(lake, "AAPL", table, basis="vendor_adjusted") == pytest.approx(table, abs=0.07)
    # the price return is another table
    assert percents(lake, "AAPL", table, basis="price") != pytest.approx(table, abs=0.3)


def test_year_end_equals_the_published_year_end_closes(lake: Path) -> None:
    closes: dict[str, dict[int, float]] = {}
    for row in shared_data.table(shared_data.folder() / "published" / "year_end_closes.csv"):
        closes.setdefault(row["instrument_id"], {})[int(row["year"])] = float(row["close"])
    for name in ("BTC", "NASDAQ", "SP500", "GOLD"):
        ends = {year: close for year, close in closes[name].items() if 2014 <= year <= 2024}
        table = {year: growth(ends[before], ends[year]) for before, year in pairwise(sorted(ends))}
        assert len(table) == 10
        assert percents(lake, name, table, convention="year_end") == pytest.approx(table, abs=0.005)


YEARS = range(2016, 2025)


def raw_closes(name: str) -> pd.Series:
    path = shared_data.folder() / "prices" / f"{shared_data.FILES[name][1]}.csv"
    frame = pd.read_csv(path).rename(columns=str.lower)
    return pd.Series(frame["close"].array, pd.DatetimeIndex(frame["date"])).dropna()


def by_year(closes: pd.Series, convention: str) -> pd.Series:
    """Percent by calendar year, computed by pandas from the raw file."""
    years = closes.groupby(closes.index.year)
    if convention == "first_to_last":
        return (years.last() / years.first() - 1) * 100
    december = closes[closes.index.month == 12]
    ends = december.groupby(december.index.year).mean() if convention == "december_average" else years.last()
    return ends.pct_change() * 100


@pytest.mark.parametrize("sessions", ["own", "shared"])
@pytest.mark.parametrize("convention", ["year_end", "first_to_last", "december_average"])
@pytest.mark.parametrize("name", ["BTC", "NASDAQ", "SP500", "GOLD"])
def test_every_convention_equals_pandas_on_the_raw_file(
    lake: Path, name: str, convention: str, sessions: str
) -> None:
    closes = raw_closes(name)
    if sessions == "shared":
        closes = closes[closes.index.isin(raw_closes("SP500" if name == "NASDAQ" else "NASDAQ").index)]
    expected = by_year(closes, convention).loc[list(YEARS)].to_dict()
    actual = percents(lake, name, dict.fromkeys(YEARS), convention=convention, sessions=sessions)
    assert actual == pytest.approx(expected, rel=1e-9)
