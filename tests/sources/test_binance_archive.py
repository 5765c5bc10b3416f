"""Binance's archives: checksum, whole months and young days, milliseconds and microseconds."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from marketlake.model.clock import PinnedClock
from marketlake.model.errors import MalformedError, NotFoundError
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import serve
from marketlake.sources import create
from marketlake.sources.contract import Access, Page, Parsed, Request
from marketlake.testing import Canned, Case, SourceContract, Vendor

from .conftest import CANDLES, zipped

DAY_S = 86_400
SUM = "x-archive-sha256"


def lines(unit: int = 1000) -> str:
    return "".join(
        ",".join([str(t * unit), *prices, str((t + DAY_S) * unit - 1), "1,1,1,1,0\n"])
        for t, *prices in CANDLES
    )


def checksum(body: bytes) -> Canned:
    return Canned(f"{hashlib.sha256(body).hexdigest()}  BTCUSDT-1d-2024-03.zip\n".encode())


GOOD = zipped(lines(), "BTCUSDT-1d-2024-03.csv")
EMPTY = zipped("", "BTCUSDT-1d-2024-03.csv")
PATH = "/binance-archive/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2024-03.zip.CHECKSUM"
CASE = Case(
    "binance-archive",
    "BTC/USDT",
    Canned(GOOD),
    Canned(EMPTY),
    Canned(b"<Error><Code>NoSuchKey</Code></Error>", 404),
    currency="USDT",
    always={PATH: checksum(GOOD)},
)


class TestContract(SourceContract):
    case = CASE

    def test_empty_window_is_no_error(self, case: Case, vendor: Vendor, access: Access) -> None:
        vendor.always = {PATH: checksum(EMPTY)}
        super().test_empty_window_is_no_error(case, vendor, access)


def parse(text: str, name: str = "BTCUSDT-1d-2024-03.csv", **headers: str) -> Parsed:
    body = zipped(text, name)
    request = Request("X", "BTC/USDT", date(2017, 1, 1), date(2026, 1, 1))
    given = {SUM: hashlib.sha256(body).hexdigest(), **headers}
    return create("binance-archive").parse([Page(request, "https://host/a.zip", 200, given, body)])


@pytest.mark.parametrize("published", ["0" * 64, ""])
def test_archive_that_does_not_match_its_checksum_is_refused(published):
    parsed = parse(lines(), **{SUM: published})
    assert "checksum" in str(parsed.failed["X"])


def test_archive_of_another_pair_is_refused():
    assert "it holds 'ETHUSDT" in str(parse(lines(), "ETHUSDT-1d-2024-03.csv").failed["X"])


def test_header_and_microseconds_change_nothing():
    plain = parse(lines()).bars
    header = "open_time,open,high,low,close,volume,close_time,a,b,c,d,e\n"
    assert plain.num_rows == 2
    assert parse(header + lines()).bars.equals(plain)
    assert parse(lines(1_000_000)).bars.equals(plain)


def test_recorded_archives_of_hours_and_seconds_are_refused(shared):
    paths = sorted((shared / "binance-vision").glob("*.csv"))
    assert len(paths) == 3
    for path in paths:
        error = parse(path.read_text()).failed["X"]
        assert isinstance(error, MalformedError)
        assert "not of one UTC day" in str(error), path


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Daily candles from November 2024 on."""
    days = np.arange("2024-11-20", "2025-02-10", dtype="datetime64[D]")
    rows = [f"{day},{100 + n},{102 + n},{99 + n},{101 + n},5" for n, day in enumerate(days)]
    (tmp_path / "market").mkdir()
    text = "\n".join(["date,open,high,low,close,volume", *rows])
    (tmp_path / "market" / "BTC-USDT@binance.csv").write_text(text + "\n")
    return tmp_path / "market"


def test_months_and_young_days_together_are_the_whole_history(market, access):
    now = datetime(2025, 2, 4, 12, tzinfo=UTC)
    request = Request("X", "BTC/USDT", date(2024, 10, 15), date(2025, 2, 4))
    with serve(load_market(market), now=now) as simulator:
        here = dataclasses.replace(access, base_url=simulator.url, clock=PinnedClock(now))
        pages = create("binance-archive").fetch(request, here)
    spans = [page.url.rpartition("1d-")[2] for page in pages]
    # October has no archive, and neither has the day that is not over
    assert spans == [
        *("2024-10.zip", "2024-11.zip", "2024-12.zip", "2025-01.zip"),
        *("2025-02-01.zip", "2025-02-02.zip", "2025-02-03.zip"),
    ]
    parsed = create("binance-archive").parse(pages)
    sessions = parsed.bars["session"].to_pylist()
    assert parsed.failed == {}
    assert (sessions[0], sessions[-1], len(sessions)) == (date(2024, 11, 20), date(2025, 2, 3), 76)
    assert len(set(sessions)) == 76


def test_pair_without_archives_is_not_found(market, access):
    now = datetime(2025, 2, 4, 12, tzinfo=UTC)
    with serve(load_market(market), now=now) as simulator:
        here = dataclasses.replace(access, base_url=simulator.url, clock=PinnedClock(now))
        request = Request("X", "ETH/USDT", date(2025, 1, 1), date(2025, 2, 4))
        parsed = create("binance-archive").parse(create("binance-archive").fetch(request, here))
    assert isinstance(parsed.failed["X"], NotFoundError)


def test_history_before_the_first_archive_costs_one_request(vendor, access):
    vendor.answer = Canned(b"", 404)
    request = Request("X", "BTC/USDT", date(2011, 1, 1), date(2012, 1, 1))
    create("binance-archive").fetch(request, access)
    assert [path.rpartition("/")[2] for path in vendor.requests] == ["BTCUSDT-1d-2017-08.zip"]
