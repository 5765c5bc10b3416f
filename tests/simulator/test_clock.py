"""The simulator's clock limits the served data; the current session is served unfinished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from marketlake.model.errors import UsageError
from marketlake.simulator.market import Market
from marketlake.simulator.server import serve

Get = Callable[..., requests.Response]


def chart(get: Get, url: str, symbol: str, **query: Any) -> dict[str, Any]:
    answer = get(f"{url}/yahoo/v8/finance/chart/{symbol}", **(query or {"range": "5d"}))
    body: dict[str, Any] = answer.json()["chart"]
    return body


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2025-07-08T13:29", "2025-07-07T13:30"),
        ("2025-07-08T13:30", "2025-07-08T13:30"),
        ("2025-07-08T16:00", "2025-07-08T16:00"),
        ("2025-07-08T20:00", "2025-07-08T13:30"),
    ],
)
def test_last_bar_follows_the_clock(now: str, last: str, sample: Market, get: Get) -> None:
    with serve(sample, now=at(now)) as simulator:
        result = chart(get, simulator.url, "SYNTH-B")["result"][0]
    assert result["timestamp"][-1] == int(at(last).timestamp())


def test_unfinished_bar_differs_from_the_final_one(sample: Market, get: Get) -> None:
    with serve(sample, now=at("2025-07-08T16:00")) as simulator:
        live = chart(get, simulator.url, "SYNTH-B")["result"][0]["indicators"]["quote"][0]
        simulator.set_clock(at("2025-07-08T20:30"))
        final = chart(get, simulator.url, "SYNTH-B")["result"][0]["indicators"]["quote"][0]
    assert live["close"][:-1] == final["close"][:-1]
    assert live["close"][-1] != final["close"][-1]
    assert final["low"][-1] <= live["low"][-1] <= live["close"][-1] <= live["high"][-1] <= final["high"][-1]
    assert live["volume"][-1] < final["volume"][-1]


def test_early_close_is_respected(sample: Market, get: Get) -> None:
    # 2025-07-03 closed at 13:00 in New York
    with serve(sample, now=at("2025-07-03T17:01")) as simulator:
        stamp = chart(get, simulator.url, "^IXIC")["result"][0]["timestamp"][-1]
    assert stamp == int(at("2025-07-03T13:30").timestamp())


def test_crypto_day_ends_at_midnight(sample: Market, get: Get) -> None:
    with serve(sample, now=at("2025-07-08T23:59")) as simulator:
        assert chart(get, simulator.url, "BTC-USD")["result"][0]["timestamp"][-1] % 86400 == 86340
        simulator.set_clock(at("2025-07-09T00:00"))
        stamps = chart(get, simulator.url, "BTC-USD")["result"][0]["timestamp"]
    assert [stamp % 86400 for stamp in stamps] == [0] * 5


def test_no_bar_is_served_before_the_first_session(sample: Market, get: Get) -> None:
    with serve(sample, now=at("2013-12-30T12:00")) as simulator:
        assert chart(get, simulator.url, "BTC-USD")["error"]["code"] == "Not Found"


def test_windows_outside_the_life_of_a_symbol_are_empty(sample: Market, get: Get) -> None:
    with serve(sample, now=at("2026-01-02T12:00")) as simulator:
        before = chart(get, simulator.url, "SPY", period1=0, period2=86400)
        after = chart(get, simulator.url, "SPY", period1=1767312000, period2=9999999999)
    assert before["error"]["description"] == "Data doesn't exist for startDate = 0, endDate = 86400"
    result = after["result"][0]
    assert "timestamp" not in result
    assert result["indicators"]["quote"] == [{}]
    assert result["meta"]["currency"] == "USD"


def test_both_ends_of_a_window_are_included(sample: Market, get: Get) -> None:
    with serve(sample, now=at("2026-01-02T12:00")) as simulator:
        result = chart(get, simulator.url, "BTC-USD", period1=1735689600, period2=1735862400)["result"][0]
    assert result["timestamp"] == [1735689600, 1735776000, 1735862400]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"period1": "x"}, 400),
        ({"period1": 5, "period2": 1}, 400),
        ({"range": "soon"}, 400),
        ({"interval": "1m"}, 422),
        ({"crumb": "wrong"}, 401),
        ({"range": "max"}, 200),
        ({"range": "ytd"}, 200),
        ({"range": "2y", "crumb": "simulated.crumb"}, 200),
    ],
)
def test_request_is_validated_as_yahoo_does(
    query: dict[str, Any], status: int, sample: Market, get: Get
) -> None:
    with serve(sample, now=at("2026-01-02T12:00")) as simulator:
        assert get(f"{simulator.url}/yahoo/v8/finance/chart/SPY", **query).status_code == status


def test_naive_clock_is_rejected(sample: Market) -> None:
    naive = datetime(2025, 1, 1)  # noqa: DTZ001
    with pytest.raises(UsageError, match="time zone"), serve(sample, now=naive):
        pass
