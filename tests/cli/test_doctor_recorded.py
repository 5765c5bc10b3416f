"""`doctor --live` against a server that answers with what the real vendors have answered."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketlake.testing import Canned, Vendor
from marketlake.testing import serve as listen

from ..sources.conftest import YAHOO, zipped
from ..sources.conftest import shared as shared
from ..universes import entry
from .conftest import Run

DOLLAR = {"kind": "equity", "calendar": "XNYS", "since": "2015-01-01", "quote_currency": "USD"}
COIN = {"since": "2015-01-01", "quote_currency": "USD"}
UNIVERSE = (
    entry("AAPL", "yahoo:AAPL", "tiingo:AAPL", "files:AAPL.csv", **DOLLAR)
    + entry("GOOGL", "tiingo:GOOGL", "yahoo:GOOGL", **DOLLAR)
    + entry("QQQ", "yahoo:QQQ", **DOLLAR)
    + entry("BTC", "files:BTC-USD.csv", "binance-archive:BTC/USDT", **COIN)
    + entry("BTC_EUR", "coinbaseexchange:BTC/EUR", **(COIN | {"quote_currency": "EUR"}))
)
BINANCE = "BTCUSDT@binance.csv"
"""Lines of Binance's archives of January 2021 and later, as published."""
ARCHIVES = "/binance-archive/data/spot/daily/klines/BTCUSDT/1d"


def answers(payloads: Path) -> dict[str, Canned]:
    """The recorded answers, by the vendor's path."""
    charts = "/yahoo/v8/finance/chart"
    consent = Canned((payloads / "yahoo-more" / "consent-2-collectConsent.html").read_bytes())
    crumb = Canned((payloads / "yahoo-more" / "body_401_invalid_crumb.json").read_bytes(), 401)
    quota = Canned((payloads / "tiingo" / "error_hourly.json").read_bytes(), 429)
    recorded = json.loads((payloads / "yahoo-chart/chart-AAPL-2020-08-31-to-2020-11-07.json").read_text())
    candles = (payloads / "exchange-1h" / "coinbase_candles_86400.json").read_bytes()
    return {
        f"{charts}/AAPL": Canned(json.dumps(recorded["response"]["bodyJson"]).encode()),
        f"{charts}/GOOGL": crumb,
        f"{charts}/QQQ": consent,
        "/tiingo/tiingo/daily/AAPL/prices": quota,
        "/tiingo/tiingo/daily/GOOGL/prices": Canned(
            (payloads / "tiingo" / "daily_GOOGL_2018-01-05_19.json").read_bytes()
        ),
        "/coinbaseexchange/products/BTC-EUR/candles": Canned(candles),
        **archives(payloads.parent / "prices" / BINANCE),
        **YAHOO,
    }


def archives(klines: Path) -> dict[str, Canned]:
    """The archives of the first days, and their checksums."""
    found = {}
    with klines.open() as file:
        for line in list(csv.reader(file))[1:8]:
            name = f"BTCUSDT-1d-2021-01-{len(found) // 2 + 1:02}"
            body = zipped(",".join(line) + "\n", f"{name}.csv")
            found[f"{ARCHIVES}/{name}.zip"] = Canned(body)
            checksum = f"{hashlib.sha256(body).hexdigest()}  {name}.zip\n"
            found[f"{ARCHIVES}/{name}.zip.CHECKSUM"] = Canned(checksum.encode())
    return found


@pytest.fixture
def vendors(shared: Path, alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """A home, and the vendors that it asks."""
    monkeypatch.setenv("TIINGO_API_KEY", "key")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home" / "files").mkdir(parents=True)
    (tmp_path / "home" / "instruments.toml").write_text(UNIVERSE)
    for name in ("AAPL.csv", "BTC-USD.csv"):
        (tmp_path / "home" / "files" / name).write_bytes((shared.parent / "prices" / name).read_bytes())
    recorded = answers(shared)
    with listen() as vendor:
        vendor.answer = lambda path: recorded.get(path.partition("?")[0], Canned(b"", 404))
        yield vendor


@pytest.mark.parametrize(
    ("now", "ids", "expected", "code"),
    [
        (
            "2020-11-07T12:00Z",
            ["AAPL", "QQQ"],
            [
                ("AAPL", "yahoo", "ok", 5, "2020-11-06", ""),
                ("AAPL", "tiingo", "rate_limited", 0, None, ""),
                ("AAPL", "files", "ok", 5, "2020-11-06", "yahoo"),
                ("QQQ", "yahoo", "blocked", 0, None, ""),
            ],
            3,
        ),
        (
            "2018-01-20T12:00Z",
            ["GOOGL"],
            [
                ("GOOGL", "tiingo", "ok", 5, "2018-01-19", ""),
                ("GOOGL", "yahoo", "unavailable", 0, None, ""),
            ],
            3,
        ),
        (
            "2021-01-08T12:00Z",
            ["BTC", "BTC_EUR"],
            [
                ("BTC", "files", "ok", 5, "2021-01-07", ""),
                ("BTC", "binance-archive", "ok", 5, "2021-01-07", "files"),
                ("BTC_EUR", "coinbaseexchange", "ok", 5, "2021-01-07", ""),
            ],
            0,
        ),
    ],
)
def test_recorded_answers_of_real_vendors_have_their_outcome(
    vendors: Vendor, run: Run, now: str, ids: list[str], expected: list[tuple[Any, ...]], code: int
) -> None:
    arguments = ["--live", "--home", "home", "--now", now, "--source-url", vendors.url, "--format", "json"]
    answer = run("doctor", *ids, *arguments)
    rows: list[dict[str, Any]] = json.loads(answer.out)["vendors"]
    columns = ("instrument_id", "source", "outcome", "sessions", "last_session", "agrees_with")
    assert [tuple(row[name] for name in columns) for row in rows] == expected
    assert answer.code == code
    assert all(0 <= row["seconds"] < 60 for row in rows)
    for row in rows:
        # the same days of the same prices, from another publisher
        assert (row["median_bp"] is None) == (row["agrees_with"] == ""), row
        assert (row["median_bp"] or 0) < 50, row
        assert bool(row["message"]) == (row["outcome"] != "ok"), row
    [written] = Path.cwd().glob("doctor-*.json")
    assert json.loads(written.read_text())["vendors"] == rows
    table = written.with_suffix(".md").read_text()
    for row in rows:
        named = f"| {row['instrument_id']} | {row['source']} | {row['outcome']} "
        assert f"{named}| {row['seconds']:g} | {row['sessions']} |" in table, table
    assert not (Path("home") / "data").exists()
