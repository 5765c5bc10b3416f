"""Each fault is visible to a client, is applied as often as configured, and affects no other
request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from marketlake.model.errors import UsageError
from marketlake.simulator.fault import PARAMS, UNKNOWN, parse_fault
from marketlake.simulator.faults import DATA_FAULTS, REPLY_FAULTS
from marketlake.simulator.market import Market
from marketlake.simulator.server import Simulator, serve

Get = Callable[..., requests.Response]
NOW = datetime(2025, 7, 8, 22, tzinfo=UTC)
MARCH = {"period1": 1740787200, "period2": 1743465599, "events": "div,splits"}
"""21 sessions: March 2025 in New York."""


@pytest.fixture
def simulator(sample: Market) -> Iterator[Simulator]:
    with serve(sample, now=NOW) as simulator:
        yield simulator


@pytest.fixture
def chart(simulator: Simulator, get: Get) -> Callable[..., requests.Response]:
    """Request a chart with these faults switched on."""

    def ask(*faults: str, symbol: str = "^IXIC", timeout: float = 5, **query: Any) -> requests.Response:
        simulator.set_faults([parse_fault(fault) for fault in faults])
        address = f"{simulator.url}/yahoo/v8/finance/chart/{symbol}"
        return get(address, timeout=timeout, **(query or MARCH))

    return ask


def result(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()["chart"]["result"][0]
    return body


def closes(answer: requests.Response) -> list[float | None]:
    quote = result(answer)["indicators"]["quote"][0]
    values: list[float | None] = quote["close"]
    assert len(values) == len(result(answer)["timestamp"]) == len(quote["volume"])
    return values


def test_every_fault_is_registered_once() -> None:
    assert set(PARAMS) == {*DATA_FAULTS, *REPLY_FAULTS, UNKNOWN}
    assert not set(DATA_FAULTS) & set(REPLY_FAULTS)


@pytest.mark.parametrize("kind", ["403", "451", "500", "502", "503", "504"])
def test_refusal_has_its_status(kind: str, chart: Get) -> None:
    assert chart(kind).status_code == int(kind)


def test_status_429_with_and_without_retry_after(chart: Get) -> None:
    plain, with_wait = chart("429"), chart("429:yahoo:^IXIC:retry_after=7")
    assert plain.status_code == with_wait.status_code == 429
    assert "Retry-After" not in plain.headers
    assert with_wait.headers["Retry-After"] == "7"
    assert plain.text.startswith("Too Many Requests")


def test_known_symbol_gets_the_vendors_not_found_body(chart: Get, simulator: Simulator, get: Get) -> None:
    answer = chart("404")
    assert answer.status_code == 404
    assert answer.json()["chart"]["error"]["code"] == "Not Found"
    kraken = get(f"{simulator.url}/kraken/0/public/OHLC", pair="XBTUSD", interval=1440)
    assert kraken.json() == {"error": ["EQuery:Unknown asset pair"]}


def test_silent_server_ends_in_a_client_timeout(chart: Get) -> None:
    started = time.monotonic()
    with pytest.raises(requests.Timeout, match="Read timed out"):
        chart("hang", timeout=0.3)
    assert time.monotonic() - started < 2


def test_finite_hang_drops_the_connection(chart: Get) -> None:
    with pytest.raises(requests.ConnectionError, match="without response"):
        chart("hang:*:*:seconds=0.1")


def test_connection_is_reset(chart: Get) -> None:
    with pytest.raises(requests.ConnectionError, match="reset"):
        chart("reset")


def test_response_ends_before_its_content_length(chart: Get) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        chart("truncated")


def test_response_is_cut_with_a_correct_content_length(chart: Get) -> None:
    answer = chart("truncated:*:*:length=actual,keep=0.25")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(requests.exceptions.JSONDecodeError, match=r"(?i)unterminated|expecting|end of data"):
        answer.json()


def test_html_page_with_status_200(chart: Get) -> None:
    answer = chart("html")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_empty_body_with_status_200(chart: Get) -> None:
    answer = chart("empty")
    assert (answer.status_code, answer.content) == (200, b"")


def test_response_trickles_past_any_read_timeout(chart: Get) -> None:
    started = time.monotonic()
    answer = chart("truncated:*:*:keep=0.01,length=actual", "trickle:*:*:seconds=0.05", timeout=0.2)
    assert time.monotonic() - started > 0.2
    assert answer.status_code == 200


def test_redirect_leads_to_another_host(chart: Get) -> None:
    answer = chart("redirect:yahoo:*:location=http://elsewhere.invalid/x")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://elsewhere.invalid/x"


def test_huge_response_is_bounded(chart: Get) -> None:
    answer = chart("huge:*:*:bytes=5000000")
    assert "Content-Length" not in answer.headers
    assert 4_900_000 < len(answer.content) <= 5_000_000


@pytest.mark.parametrize(("where", "row"), [("head", 0), ("middle", 10), ("tail", 20)])
def test_row_without_values(where: str, row: int, chart: Get) -> None:
    actual = closes(chart(f"nulls:yahoo:^IXIC:where={where}"))
    assert [number for number, close in enumerate(actual) if close is None] == [row]


def test_duplicate_row(chart: Get) -> None:
    whole, actual = closes(chart()), closes(chart("duplicates"))
    assert actual == [*whole, whole[-1]]


@pytest.mark.parametrize(
    ("where", "kept"), [("head", range(3, 21)), ("middle", [*range(9), *range(12, 21)]), ("tail", range(18))]
)
def test_days_are_missing(where: str, kept: list[int], chart: Get) -> None:
    whole, actual = closes(chart()), closes(chart(f"missing:*:*:where={where}"))
    assert actual == [whole[row] for row in kept]


def test_random_rows_follow_the_seed(chart: Get) -> None:
    first, again, other = (
        closes(chart(f"missing:*:*:where=random,count=5,seed={seed}")) for seed in (1, 1, 2)
    )
    assert len(first) == 16
    assert first == again != other


def test_history_without_split_adjustment(chart: Get) -> None:
    window = {"period1": 1652140800, "period2": 1653004800, "events": "div,splits"}
    right = chart(symbol="SYNTH-A", **window)
    wrong = chart("unadjusted", symbol="SYNTH-A", **window)
    day = chart("unadjusted:*:*:scope=day", symbol="SYNTH-A", **window)
    silent = chart("unadjusted:*:*:events=dropped", symbol="SYNTH-A", **window)
    split = [bool(a != b) for a, b in zip(closes(right), closes(wrong), strict=True)]
    assert split == [True] * 4 + [False] * 4
    assert closes(wrong)[3] == pytest.approx((closes(right)[3] or 0) * 1.281)
    eve = [a != b for a, b in zip(closes(right), closes(day), strict=True)]
    assert eve == [False] * 3 + [True] + [False] * 4
    assert "splits" in result(wrong)["events"]
    assert "splits" not in result(silent).get("events", {})


def test_history_of_a_source_that_begins_later_or_stopped(chart: Get) -> None:
    whole = closes(chart())
    some = closes(chart("history:yahoo:^IXIC:from=2025-03-10,to=2025-03-12"))
    assert len(some) == 3
    assert any(whole[row : row + 3] == some for row in range(len(whole)))


def test_history_restated_by_a_factor(chart: Get) -> None:
    whole = closes(chart())
    actual = closes(chart("restated:yahoo:^IXIC:percent=-2,from=2025-03-10,to=2025-03-12"))
    changed = [b / a for a, b in zip(whole, actual, strict=True) if a and b and a != b]
    assert changed == pytest.approx([0.98] * 3)


def test_price_times_100_with_or_without_its_currency_label(chart: Get) -> None:
    whole, same, pence = chart(), chart("unit"), chart("unit:*:*:label=GBp")
    assert closes(same) == pytest.approx([100 * (close or 0) for close in closes(whole)])
    assert result(same)["meta"]["currency"] == "USD"
    assert result(pence)["meta"]["currency"] == "GBp"


def test_prices_of_a_few_sessions_are_wrong(chart: Get) -> None:
    whole, actual = chart(), chart("spike:yahoo:^IXIC:factor=2,count=2,where=middle")
    ratios = [b / a for a, b in zip(closes(whole), closes(actual), strict=True) if a and b]
    assert sorted(ratios) == pytest.approx([1.0] * (len(ratios) - 2) + [2.0] * 2)
    high = result(chart("spike:yahoo:^IXIC:field=high"))["indicators"]["quote"][0]
    assert high["close"] == closes(whole)
    assert high["high"] != result(whole)["indicators"]["quote"][0]["high"]


def test_dates_are_a_day_late(chart: Get) -> None:
    stamps = result(chart())["timestamp"]
    assert result(chart("shifted"))["timestamp"] == [stamp + 86_400 for stamp in stamps]


def test_answer_names_another_time_zone(chart: Get) -> None:
    whole, actual = result(chart()), result(chart("zone:yahoo:^IXIC:zone=Asia/Tokyo"))
    assert actual["meta"]["exchangeTimezoneName"] == "Asia/Tokyo"
    assert actual["meta"]["gmtoffset"] == 9 * 3600
    assert actual["timestamp"] == whole["timestamp"]
    with pytest.raises(UsageError, match="must be an IANA name"):
        parse_fault("zone:yahoo:^IXIC:zone=Tokyo")


def test_dividends_in_another_unit_or_listed_again(chart: Get) -> None:
    window = {"period1": 1704067200, "period2": 1735689599, "events": "div,splits"}
    paid = [e["amount"] for e in _dividends(chart(symbol="SYNTH-A", **window))]
    assert paid
    more = [e["amount"] for e in _dividends(chart("dividends", symbol="SYNTH-A", **window))]
    assert more == pytest.approx([100 * amount for amount in paid])
    again = _dividends(chart("dividends:*:*:factor=1,again=3", symbol="SYNTH-A", **window))
    assert len(again) == 2 * len(paid)


def _dividends(answer: requests.Response) -> list[dict[str, Any]]:
    events: dict[str, Any] = result(answer).get("events", {}).get("dividends", {})
    return list(events.values())


def test_last_bar_is_unfinished(chart: Get) -> None:
    whole, actual = chart(), chart("unfinished")
    assert closes(actual)[:-1] == closes(whole)[:-1]
    assert closes(actual)[-1] != closes(whole)[-1]
    assert result(actual)["timestamp"][-1] == result(whole)["timestamp"][-1] + 3 * 3600


def test_fault_strikes_a_limited_number_of_times(chart: Get, simulator: Simulator, get: Get) -> None:
    statuses = [chart("503:yahoo:*:times=2").status_code]
    address = f"{simulator.url}/yahoo/v8/finance/chart/^GSPC"
    statuses += [get(address, **MARCH).status_code for _ in range(3)]
    assert statuses == [503, 503, 200, 200]


def test_fault_strikes_only_its_source_and_symbol(chart: Get, simulator: Simulator, get: Get) -> None:
    assert chart("503:bitstamp:BTC/USD").status_code == 200
    daily = {"step": 86400, "limit": 1}
    assert get(f"{simulator.url}/bitstamp/api/v2/ohlc/btcusd/", **daily).status_code == 503
    assert get(f"{simulator.url}/bitstamp/api/v2/ohlc/ethusd/", **daily).status_code == 200
    assert get(f"{simulator.url}/bitstamp/api/v2/markets/").status_code == 200


def test_crumb_fails_only_when_named(simulator: Simulator, get: Get) -> None:
    crumb = f"{simulator.url}/yahoo/v1/test/getcrumb"
    simulator.set_faults([parse_fault("429:yahoo")])
    assert get(crumb).status_code == 200
    simulator.set_faults([parse_fault("429:yahoo:crumb")])
    assert get(crumb).status_code == 429


def test_probability_follows_the_seed(simulator: Simulator, get: Get) -> None:
    def statuses(seed: int) -> list[int]:
        simulator.set_faults([parse_fault(f"500:yahoo:*:probability=0.5,seed={seed}")])
        address = f"{simulator.url}/yahoo/v8/finance/chart/SPY"
        return [get(address, range="1d").status_code for _ in range(20)]

    first = statuses(1)
    assert first == statuses(1) != statuses(2)
    assert 4 <= first.count(500) <= 16


def test_stopping_does_not_wait_for_a_hanging_request(sample: Market, get: Get) -> None:
    started = time.monotonic()
    timeout = pytest.raises(requests.Timeout, match="Read timed out")
    with serve(sample, now=NOW, faults=[parse_fault("hang")]) as simulator, timeout:
        get(f"{simulator.url}/yahoo/v8/finance/chart/SPY", timeout=0.2)
    assert time.monotonic() - started < 2
