"""Secrets in any input never appear in what a run writes or prints."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marketlake.cli import main
from marketlake.ingest.fetch import collect
from marketlake.sources.contract import Access
from marketlake.sources.http import BoundedSession

from ..universes import entry
from .conftest import FIRST

SECRET = "planted-SECRET-7f3a"
SOURCES = ("yahoo", "binance", "fred")
SYMBOLS = {"fred": "CPI"}


def text_of(path: Path) -> str:
    """A file's text; for a Parquet file every value, uncompressed."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", errors="replace")
    table = pq.ParquetFile(path).read()
    return "\n".join(
        (v.decode("utf-8", errors="replace") if isinstance(v, bytes) else str(v))
        for column in table.columns
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type)
        for v in column.to_pylist()
        if v is not None
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    entries = (entry(name.upper(), f"{name}:{SYMBOLS.get(name, 'BTC/USD')}", since=FIRST) for name in SOURCES)
    (home / "instruments.toml").write_text("".join(entries))
    return home


def test_proxy_password_and_keys_never_leave_the_environment(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Live sources behind an unreachable proxy: every fetch fails, and no error contains the
    password."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for variable in (name, name.lower()):
            monkeypatch.setenv(variable, f"http://user:{SECRET}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    for name in ("BINANCE_APIKEY", "BINANCE_SECRET", "KRAKEN_API_KEY", "FRED_API_KEY", "CCXT_SECRET"):
        monkeypatch.setenv(name, SECRET)
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(
        sys, "argv", ["marketlake", "ingest", "--home", str(home), "--now", "2024-01-10T12:00Z"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    printed = capfd.readouterr()
    written = [path for path in home.rglob("*") if path.is_file()]
    assert len([p for p in written if "raw" in p.parts]) == 1
    assert "unavailable" in printed.out
    for text in (printed.out, printed.err, caplog.text, *map(text_of, written)):
        assert SECRET not in text


def test_client_error_is_stored_without_secrets(make, simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of a client behind a proxy, with a key in the address."""
    settings = make("home", **{n.upper(): f"{n}:{SYMBOLS.get(n, 'BTC/USD')}" for n in ("binance", "fred")})

    monkeypatch.setattr(BoundedSession, "request", lambda self, m, u, *a, **k: _refuse(u))
    fetched = collect(settings, "run-1", _jobs(settings))
    assert {one.outcome for one in fetched} == {"unavailable"}
    assert any("***" in one.message for one in fetched)
    assert not any(SECRET[:8] in one.message for one in fetched)
    for path in settings.lake.rglob("*"):
        assert not path.is_file() or SECRET not in text_of(path)


def _refuse(url: str) -> None:
    import requests

    raise requests.ConnectionError(f"no way to {url}?apikey={SECRET} by http://u:{SECRET}@proxy")


def _jobs(settings):
    from marketlake.ingest.plan import plan_daily

    return plan_daily(replace(settings, reverify_days=0), settings.universe)


def test_exchange_requests_have_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """API keys are not supported: prices are public, and a key that is not stored cannot leak."""
    from marketlake.model.clock import SystemClock
    from marketlake.sources.exchange_client import ExchangeClient, dialect_of
    from marketlake.sources.limiter import MachineLimiter

    for name in ("BINANCE_APIKEY", "BINANCE_SECRET", "KRAKEN_APIKEY"):
        monkeypatch.setenv(name, SECRET)
    access = Access(SystemClock(), MachineLimiter(tmp_path, SystemClock(), lambda _: 0.0), tmp_path)
    for name in ("binance", "kraken"):
        exchange = ExchangeClient(name, dialect_of(name), access)._exchange
        held = [getattr(exchange, key, None) for key in exchange.requiredCredentials]
        assert not any(held)
