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
    "AGG": "AGG",
    "INFRASTRUCTURE": "INFRA-TR",
    "PRIVATE_CREDIT": "PRIVCREDIT-TR",
}


def published() -> list[dict[str, str]]:
    with (FOLDER / "year_end_closes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def series(market: Market, name: str) -> Series:
    item = market.find("yahoo", SYMBOLS.get(name, name)) or market.find("fred", "CPIAUCNS")
    assert item is not None
    return item


def years(item: Series) -> np.ndarray:
    return item.days.astype("datetime64[Y]").astype(int) + 1970


def year_ends(item: Series) -> dict[int, float]:
    return {int(year): float(close) for year, close in zip(years(item), item.close, strict=True)}


@pytest.mark.parametrize("name", [*SYMBOLS, "US_CPI"])
def test_published_close_is_the_last_of_its_year(name: str, sample: Market) -> None:
    expected = {int(row["year"]): float(row["close"]) for row in published() if row["instrument_id"] == name}
    assert year_ends(series(sample, name)) == expected


def test_published_table_equals_the_real_facts(real_prices: Path) -> None:
    with (real_prices.parent / "published" / "year_end_closes.csv").open(encoding="utf-8") as file:
        facts = list(csv.DictReader(file))
    ours = published()
    assert all(row.pop("source") for row in ours)
    assert ours == facts


@pytest.mark.parametrize("name", ["SPY", "AGG"])
def test_reinvested_dividends_give_the_published_total_return(name: str, sample: Market) -> None:
    item = series(sample, name)
    factor = (item.close[1:] + item.dividend[1:]) / item.close[:-1]
    actual = {year: np.prod(factor[years(item)[1:] == year]) - 1 for year in range(2014, 2025)}
    expected = {
        int(row["year"]): float(row["total_return_pct"]) / 100
        for row in published()
        if row["instrument_id"] == name and row["total_return_pct"]
    }
    assert actual == pytest.approx(expected, abs=1e-9)
    assert (item.dividend >= 0).all()
    paid = np.unique(years(item)[item.dividend > 0], return_counts=True)[1]
    assert set(paid.tolist()) == {4 if name == "SPY" else 12}


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
