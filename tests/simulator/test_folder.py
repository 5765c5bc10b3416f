"""A market from a user's files: every documented form, and clear errors for others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from marketlake.model.errors import ConfigError
from marketlake.simulator.folder import load_market
from marketlake.simulator.market import Market, Series
from marketlake.simulator.server import serve

Get = Callable[..., requests.Response]
NOW = datetime(2025, 1, 2, 12, tzinfo=UTC)


def only(folder: Path) -> Series:
    (series,) = load_market(folder).series.values()
    return series


def test_every_file_of_the_real_folder_loads(real_market: Market, real_prices: Path) -> None:
    assert len(real_market.series) == len(list(real_prices.glob("*.csv")))
    assert {"AAPL", "GLD", "BND", "BTCUSDT@binance", "CPIAUCSL@fred"} <= set(real_market.symbols)


@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD", "^IXIC", "^GSPC", "GC=F", "SI=F"])
def test_closes_of_a_plain_file_are_served_bit_for_bit(
    symbol: str, real_market: Market, real_prices: Path, get: Get
) -> None:
    lines = (real_prices / f"{symbol}.csv").read_text().splitlines()[1:]
    with serve(real_market, now=NOW) as simulator:
        answer = get(f"{simulator.url}/yahoo/v8/finance/chart/{symbol}", range="max").json()
    quote = answer["chart"]["result"][0]["indicators"]["quote"][0]
    assert quote["close"] == [float(line.split(",")[4]) for line in lines]
    assert quote["open"] == [float(line.split(",")[1]) for line in lines]


def test_file_saved_from_yahoo_is_read_as_traded(tmp_path: Path) -> None:
    (tmp_path / "CUT.csv").write_text(
        "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits\n"
        "2024-03-06 00:00:00-05:00,102,105,101,104,103.5,4800,0.5,0.0\n"
        "2024-03-07 00:00:00-05:00,104,106,103,105,105,4000,0,4.0\n"
    )
    bars = only(tmp_path).at(datetime(2024, 3, 6, 22, tzinfo=UTC))
    assert (bars.close.tolist(), bars.dividend.tolist(), bars.volume.tolist()) == ([416.0], [2.0], [1200.0])


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    table = pa.table(
        {"session": [date(2024, 3, 6), date(2024, 3, 5)], "close": [2.0, 1.0], "split": [1.0, 1.0]}
    )
    pq.write_table(table, tmp_path / "X.parquet")
    series = only(tmp_path)
    assert series.days.astype(str).tolist() == ["2024-03-05", "2024-03-06"]
    assert series.close.tolist() == [1.0, 2.0]
    assert np.isnan(series.volume).all()


def test_zoned_timestamp_keeps_its_local_date(tmp_path: Path) -> None:
    stamps = pa.array([datetime(2024, 3, 6, 5, tzinfo=UTC)], pa.timestamp("ns", tz="America/New_York"))
    pq.write_table(pa.table({"Date": stamps, "Close": [2.0]}), tmp_path / "X.parquet")
    assert only(tmp_path).days.astype(str).tolist() == ["2024-03-06"]


def test_adjusted_file_is_used_only_without_a_plain_one(tmp_path: Path) -> None:
    (tmp_path / "X@adj.csv").write_text("date,close\n2024-03-06,50\n")
    assert only(tmp_path).close.tolist() == [50.0]
    (tmp_path / "X.csv").write_text("date,close\n2024-03-06,60\n")
    assert only(tmp_path).close.tolist() == [60.0]


def test_market_toml_describes_a_symbol(tmp_path: Path, get: Get) -> None:
    (tmp_path / "OCDO.L.csv").write_text("date,open,high,low,close\n2024-07-01,305,310,300,308\n")
    (tmp_path / "market.toml").write_text('[symbol."OCDO.L"]\ncurrency = "GBp"\ncalendar = "XLON"\n')
    with serve(load_market(tmp_path), now=NOW) as simulator:
        answer = get(f"{simulator.url}/yahoo/v8/finance/chart/OCDO.L").json()["chart"]["result"][0]
    assert answer["meta"]["currency"] == "GBp"
    assert answer["meta"]["exchangeTimezoneName"] == "Europe/London"
    assert answer["timestamp"] == [int(datetime(2024, 7, 1, 7, tzinfo=UTC).timestamp())]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("X.csv", "when,close\n2024-03-06,1\n", "no column of date"),
        ("X.csv", "date,close\nsoon,1\n", "must hold dates"),
        ("X.csv", "date,close\n1812-03-06,1\n", "from 1900-01-01"),
        ("X.csv", "date,close\n2024-03-06,cheap\n", "column close must hold numbers"),
        ("X.csv", "date,open\n2024-03-06,1\n", "no column close"),
        ("X.csv", "date,close\n", "no rows"),
        ("X.csv", "", "cannot be read"),
        ("X.csv", "date,close\n2024-03-06,1\n2024-03-06,2\n", "is listed twice"),
        ("X.csv", "date,Close,close\n2024-03-06,1,2\n", "column name is listed twice"),
        ("X@nobody.csv", "date,close\n2024-03-06,1\n", "unknown source 'nobody'"),
        ("X.parquet", "not parquet", "cannot be read"),
        ("X.csv", "date,close\n2024-03-06,1,2,3\n", "cannot be read"),
        ("market.toml", "symbol = 5", "no .csv or .parquet"),
    ],
)
def test_invalid_file_is_named(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        load_market(tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "symbol = 5",
        '[symbol.X]\ncolour = "red"',
        '[symbol.X]\ncalendar = "MOON"',
        '[symbol.X]\nzone = "Moon/Base"',
        "[symbol.X]\nzone = 1",
        "[[",
    ],
)
def test_invalid_market_toml_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "X.csv").write_text("date,close\n2024-03-06,1\n")
    (tmp_path / "market.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"market\.toml"):
        load_market(tmp_path)


def test_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a folder"):
        load_market(tmp_path / "nowhere")
