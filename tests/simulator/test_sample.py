"""The sample market: published values hold exactly; the rest is generated reproducibly."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import load_universe
from marketlake.simulator.market import Market, Series
from marketlake.simulator.sample.build import FOLDER, sample_market
from marketlake.simulator.sample.paths import LAST_DAY

SYMBOLS = {
    "BTC": "BTC-USD",
    "ETH": "ETH-USD",
    "NASDAQ": "^IXIC",
    "NASDAQ100": "^NDX",
    "SP500": "^GSPC",
    "GOLD": "GC=F",
    "SILVER": "SI=F",
    "SPY": "SPY",
    "QQQ": "QQQ",
    "VT": "VT",
    "GLD": "GLD",
    "AGG": "AGG",
    "INFRASTRUCTURE": "IGF",
    "PRIVATE_CREDIT": "BIZD",
    "TBILL_13W": "^IRX",
}
PAYING = ("SPY", "QQQ", "VT", "AGG", "INFRASTRUCTURE", "PRIVATE_CREDIT")
ELSEWHERE = {"INFRASTRUCTURE": "IGF", "PRIVATE_CREDIT": "BIZD", "TBILL_13W": "T_BILL_13W"}
"""Names of the table that the figures are from, where they differ."""


def published(table: str, figure: str, name: str) -> dict[str, float]:
    """A figure by session, of one instrument."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["instrument_id"] == name]
    return {row["session"]: float(row[figure]) for row in rows}


def series(market: Market, name: str) -> Series:
    item = market.find("yahoo", SYMBOLS.get(name, name)) or market.find("fred", "CPIAUCNS")
    assert item is not None
    return item


def years(item: Series) -> np.ndarray:
    return item.days.astype("datetime64[Y]").astype(int) + 1970


def year_ends(item: Series) -> dict[int, float]:
    return {int(year): float(close) for year, close in zip(years(item), item.close, strict=True)}


def month_ends(item: Series) -> dict[str, float]:
    last = {str(day)[:7]: (str(day), float(close)) for day, close in zip(item.days, item.close, strict=True)}
    return dict(last.values())


@pytest.mark.parametrize("name", [*SYMBOLS, "US_CPI"])
def test_published_close_is_the_last_of_its_month(name: str, sample: Market) -> None:
    assert month_ends(series(sample, name)) == published("month_end_closes", "close", name)


@pytest.mark.parametrize("name", PAYING)
def test_published_dividends_are_paid_on_their_days(name: str, sample: Market) -> None:
    item = series(sample, name)
    paid = {str(day): amount for day, amount in zip(item.days, item.dividend.tolist(), strict=True) if amount}
    assert paid == published("dividends", "amount", name)


def test_prices_fall_by_what_they_pay(sample: Market) -> None:
    item = series(sample, "PRIVATE_CREDIT")
    change = item.close[1:] / item.close[:-1] - 1
    share = item.dividend[1:] / item.close[:-1]
    assert np.mean(change[share > 0] + share[share > 0]) == pytest.approx(0, abs=0.004)
    assert np.mean(share[share > 0]) > 0.02


def test_consumer_prices_of_october_2025_are_missing(sample: Market) -> None:
    months = month_ends(series(sample, "US_CPI"))
    assert ("2025-09-01" in months, "2025-10-01" in months, "2025-11-01" in months) == (True, False, True)


@pytest.mark.parametrize(
    ("table", "day", "figure"),
    [("month_end_closes", "session", "close"), ("dividends", "ex_date", "amount")],
)
def test_published_tables_equal_the_real_facts(real_prices: Path, table: str, day: str, figure: str) -> None:
    with (real_prices.parent / "published" / f"{table}.csv").open(encoding="utf-8") as file:
        facts = list(csv.DictReader(file))
    for name in [*SYMBOLS, "US_CPI"]:
        ours = published(table, figure, name)
        theirs = [row for row in facts if row["instrument"] == ELSEWHERE.get(name, name)]
        since = "2013-12-01" if figure == "close" else "2014-01-01"
        assert ours == {row[day]: float(row[figure]) for row in theirs if row[day] >= since}


def test_every_published_series_names_its_source() -> None:
    with (FOLDER / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["instrument_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {*SYMBOLS, "US_CPI"}
    assert all(row["publisher"] and row["figure"] and row["read_from"] for row in rows.values())


@pytest.mark.parametrize("name", ["SPY", "AGG"])
def test_reinvested_dividends_give_the_published_total_return(
    name: str, sample: Market, real_prices: Path
) -> None:
    item = series(sample, name)
    factor = (item.close[1:] + item.dividend[1:]) / item.close[:-1]
    with (real_prices.parent / "published" / "year_end_closes.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["instrument_id"] == name and row["total_return_pct"]
        ]
    expected = {int(row["year"]): float(row["total_return_pct"]) / 100 for row in rows}
    actual = {year: np.prod(factor[years(item)[1:] == year]) - 1 for year in expected}
    assert actual == pytest.approx(expected, abs=1e-3)
    assert len(expected) > 5


def test_rows_are_consistent_and_on_the_calendar(sample: Market) -> None:
    for (source, symbol), item in sample.series.items():
        if source == "fred":
            continue
        assert (item.low <= np.minimum(item.open, item.close)).all(), symbol
        assert (item.high >= np.maximum(item.open, item.close)).all(), symbol
        assert (item.low > 0).all(), symbol
        calendar = load_calendar(item.venue.calendar, LAST_DAY)
        expected = calendar.sessions(item.days[0].astype(object), item.days[-1].astype(object))
        assert item.days.tolist() == expected.tolist(), symbol


def test_daily_returns_look_like_a_market(sample: Market) -> None:
    for name, least, most in (("BTC", 0.4, 0.8), ("NASDAQ", 0.14, 0.25), ("AGG", 0.03, 0.08)):
        item = series(sample, name)
        annual = np.diff(np.log(item.close)).std() * np.sqrt(365 if name == "BTC" else 252)
        assert least < annual < most, name
    nasdaq, sp500 = (np.diff(np.log(series(sample, name).close)) for name in ("NASDAQ", "SP500"))
    assert np.corrcoef(nasdaq, sp500)[0, 1] > 0.7


def test_bitcoin_beat_the_nasdaq_in_five_of_six_years_then_in_four(sample: Market) -> None:
    btc, nasdaq = (year_ends(series(sample, name)) for name in ("BTC", "NASDAQ"))
    won = {y: btc[y] / btc[y - 1] > nasdaq[y] / nasdaq[y - 1] for y in range(2019, 2026)}
    assert sum(won[y] for y in range(2019, 2025)) == 5
    assert sum(won[y] for y in range(2020, 2026)) == 4


def test_three_splits_of_share_a_do_not_change_its_value(sample: Market) -> None:
    item = series(sample, "SYNTH-A")
    assert item.split[item.split != 1].tolist() == [4.0, 0.1, 1.281]
    worth = item.close[1:] * item.split[1:] / item.close[:-1]
    assert np.abs(np.log(worth)).max() < 0.12
    assert (item.dividend > 0).sum() == 48


def digest(market: Market) -> str:
    hashed = hashlib.sha256()
    for key, item in sorted(market.series.items()):
        columns = (
            item.days,
            item.open,
            item.high,
            item.low,
            item.close,
            item.volume,
            item.dividend,
            item.split,
        )
        hashed.update(repr(key).encode() + b"".join(column.tobytes() for column in columns))
    return hashed.hexdigest()


def test_sample_market_is_reproducible(sample: Market) -> None:
    assert digest(sample) == digest(sample_market())


def test_sample_universe_lists_only_served_symbols(sample: Market) -> None:
    universe = load_universe(FOLDER / "instruments.toml")
    by_source: dict[str, set[str]] = defaultdict(set)
    for instrument in universe.instruments:
        for reference in instrument.sources:
            by_source[reference.source].add(reference.symbol)
    assert by_source["yahoo"] <= {symbol for source, symbol in sample.series if source == "yahoo"}
    assert by_source["fred"] <= {symbol for source, symbol in sample.series if source == "fred"}
    assert by_source["bitstamp"] <= {str(pair) for pair in sample.pairs("bitstamp")}
    assert set(by_source) == {"yahoo", "fred", "bitstamp", "ecb"}
    for name, symbol in SYMBOLS.items():
        assert universe.get(name).since == sample.series["yahoo", symbol].days[0].astype(object)
