"""Real prices through the simulator, the real clients and the whole pipeline, compared with
published values.

The files are not part of the project: without them these tests skip.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

import marketlake
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model.settings import load_settings
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import serve

from ..universes import entry

SHARED = Path(os.environ.get("MARKETLAKE_SHARED", Path(__file__).parents[3] / "shared")) / "data"
pytestmark = pytest.mark.skipif(
    not (SHARED / "prices").is_dir(), reason="no folder shared/data/prices next to the project"
)

PUBLISHED = {
    "BTC": [92.20, 303.16, 59.67, -64.27, 155.42, 121.05],
    "BTC_BITSTAMP": [92.20, 303.16, 59.67, -64.27, 155.42, 121.05],
    "NASDAQ": [35.23, 43.64, 21.39, -33.10, 43.42, 28.64],
    "SP500": [28.88, 16.26, 26.89, -19.44, 24.23, 23.31],
    "GOLD": [18.87, 24.59, -3.47, -0.43, 13.34, 27.48],
}
"""Percent, 2019 to 2024: last close of a year over the last close of the year before."""

UNIVERSE = [
    ("BTC", "crypto", "24/7", "2014-09-17", "yahoo", "BTC-USD"),
    ("BTC_BITSTAMP", "crypto", "24/7", "2014-09-17", "bitstamp", "BTC/USD"),
    ("BTC_BINANCE", "crypto", "24/7", "2021-01-01", "binance", "BTC/USDT"),
    ("NASDAQ", "index", "XNYS", "2000-01-03", "yahoo", "^IXIC"),
    ("SP500", "index", "XNYS", "2000-01-03", "yahoo", "^GSPC"),
    ("GOLD", "metal", "XNYS", "2000-08-30", "yahoo", "GC=F"),
    ("AAPL", "equity", "XNYS", "2018-01-02", "yahoo", "AAPL"),
    ("NVDA", "equity", "XNYS", "2018-01-02", "yahoo", "NVDA"),
    ("KO", "equity", "XNYS", "2018-01-02", "yahoo", "KO"),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """First loaded in mid-2020, before Apple's split, and updated after the end of 2024."""
    home = tmp_path_factory.mktemp("real")
    home.joinpath("instruments.toml").write_text(
        "".join(
            entry(i, f"{source}:{symbol}", kind=c, calendar=k, since=since)
            for i, c, k, since, source, symbol in UNIVERSE
        )
    )
    with serve(load_market(SHARED / "prices")) as simulator:
        for now in ("2020-06-10T12:00Z", "2025-01-01T12:00Z"):
            settings = load_settings(home=home, now=now, source_url=simulator.url, environ={})
            simulator.set_clock(settings.now)
            rows = ingest(settings, [i for i, *_ in UNIVERSE if now > "2021" or i != "BTC_BINANCE"])
            assert {row["outcome"] for row in rows} == {"ok"}
        build(settings)
        yield settings.lake


@pytest.mark.parametrize("instrument", [name for name in PUBLISHED if name != "NASDAQ"])
def test_calendar_years_equal_the_published_ones(lake: Path, instrument: str) -> None:
    rows = Lake(lake).compare([instrument, "NASDAQ"], start=2019, end=2024).rows
    assert [row.returns[0].simple_return * 100 for row in rows] == pytest.approx(
        PUBLISHED[instrument], abs=0.005
    )
    assert [row.returns[1].simple_return * 100 for row in rows] == pytest.approx(
        PUBLISHED["NASDAQ"], abs=0.005
    )


@pytest.mark.parametrize("bitcoin", ["BTC", "BTC_BITSTAMP"])
def test_bitcoin_won_five_of_six_years(lake: Path, bitcoin: str) -> None:
    answer = Lake(lake).compare([bitcoin, "NASDAQ"], start=2019, end=2024)
    assert (answer.wins[bitcoin], answer.years) == (5, 6)


def test_shared_sessions_move_bitcoins_years(lake: Path) -> None:
    rows = Lake(lake).compare(["BTC", "NASDAQ"], start=2022, end=2024, sessions="shared").rows
    assert [row.returns[0].simple_return * 100 for row in rows] == pytest.approx(
        [-64.15, 153.57, 121.93], abs=0.005
    )


def test_sp500_equals_the_published_values_since_2007(lake: Path) -> None:
    with (SHARED / "published" / "sp500_price_returns.csv").open() as file:
        published = {int(row["year"]): float(row["return_pct"]) for row in csv.DictReader(file)}
    rows = Lake(lake).compare(["SP500", "NASDAQ"], start=2007, end=2024).rows
    assert {row.year: row.returns[0].simple_return * 100 for row in rows} == pytest.approx(
        published, abs=0.01
    )


def test_apple_is_stored_as_traded(lake: Path) -> None:
    text = "SELECT round(close, 2), volume, split FROM bar WHERE instrument_id = 'AAPL' AND session BETWEEN "
    rows = Lake(lake).query_rows(text + "DATE '2020-08-28' AND DATE '2020-08-31' ORDER BY session").rows
    assert rows == ((499.23, 46907500.0, 1.0), (129.04, 225702700.0, 4.0))
    assert Lake(lake).query_rows("SELECT count(*) FROM revision").rows == ((0,),)


@pytest.mark.parametrize("share", ["AAPL", "NVDA", "KO"])
def test_adjusted_series_equal_the_vendors(lake: Path, share: str) -> None:
    with (SHARED / "prices" / f"{share}.csv").open() as file:
        adjusted = {row["Date"][:10]: float(row["Adj Close"]) for row in csv.DictReader(file)}
    ends = [max(day for day in adjusted if day[:4] == str(year)) for year in range(2018, 2025)]
    vendor = [(adjusted[b] / adjusted[a] - 1) * 100 for a, b in pairwise(ends)]
    for basis, tolerance in (("vendor_adjusted", 0.001), ("total", 0.05)):
        rows = Lake(lake).compare([share, "SP500"], start=2019, end=2024, basis=basis).rows
        assert [row.returns[0].simple_return * 100 for row in rows] == pytest.approx(vendor, abs=tolerance)


def test_library_reads_returns_for_models(lake: Path) -> None:
    opened = marketlake.open(lake)
    prices = opened.prices(["AAPL"], start="2020-08-28", end="2020-08-31").to_pandas()
    assert [round(close, 2) for close in prices["close"]] == [499.23, 129.04]
    known = opened.prices(["NASDAQ"], as_of=datetime(2020, 6, 1, tzinfo=UTC)).to_pandas()
    assert str(known["session"].iloc[-1].date()) == "2020-05-29"
