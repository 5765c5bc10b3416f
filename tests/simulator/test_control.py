"""The simulator's control API: status, clock, faults, requests; and the server itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests

from marketlake.model.errors import UsageError
from marketlake.simulator.market import Market
from marketlake.simulator.server import Simulator, run_forever, serve

Get = Callable[..., requests.Response]
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def simulator(sample: Market) -> Iterator[Simulator]:
    with serve(sample, now=NOW) as simulator:
        yield simulator


def post(url: str, value: object) -> requests.Response:
    return requests.post(url, json=value, timeout=5)


def test_status_lists_the_served_symbols(simulator: Simulator, get: Get) -> None:
    get(f"{simulator.url}/yahoo/v8/finance/chart/SPY")
    get(f"{simulator.url}/kraken/0/public/Time")
    status = get(f"{simulator.url}/simulator/status").json()
    assert status["now"] == "2026-01-02T12:00:00+00:00"
    assert {"SPY", "BTC-USD", "CPIAUCNS@fred"} <= set(status["symbols"])
    assert status["requests"] == {"yahoo": 1, "kraken": 1}
    assert status["faults"] == []


def test_log_has_every_request_in_order(simulator: Simulator, get: Get) -> None:
    for symbol in ("SPY", "NOBODY"):
        get(f"{simulator.url}/yahoo/v8/finance/chart/{symbol}", range="1d")
    log = get(f"{simulator.url}/simulator/requests").json()
    assert [(line["source"], line["path"], line["status"]) for line in log] == [
        ("yahoo", "/v8/finance/chart/SPY?range=1d", 200),
        ("yahoo", "/v8/finance/chart/NOBODY?range=1d", 404),
    ]
    assert log[0]["at"] <= log[1]["at"]
    assert [request.status for request in simulator.requests] == [200, 404]


def test_clock_can_be_set_and_follows_real_time(simulator: Simulator) -> None:
    url = f"{simulator.url}/simulator/clock"
    assert post(url, {"now": "2024-03-07T10:00+01:00"}).json()["now"] == "2024-03-07T09:00:00+00:00"
    assert simulator.now == datetime(2024, 3, 7, 9, tzinfo=UTC)
    post(url, {"now": None})
    assert simulator.now > NOW


def test_faults_switch_on_and_off(simulator: Simulator, get: Get) -> None:
    url, chart = f"{simulator.url}/simulator/faults", f"{simulator.url}/yahoo/v8/finance/chart/SPY"
    shown = post(url, ["503:yahoo:SPY:times=1", {"kind": "html", "symbol": "AGG"}]).json()["faults"]
    assert [(fault["kind"], fault["symbol"]) for fault in shown] == [("503", "SPY"), ("html", "AGG")]
    assert [get(chart).status_code for _ in range(2)] == [503, 200]
    post(url, [])
    assert simulator.faults == ()


@pytest.mark.parametrize(
    ("path", "body"),
    [("clock", {"now": "soon"}), ("faults", ["explode"]), ("faults", {"kind": "429"}), ("faults", [5])],
)
def test_invalid_control_request_is_rejected_and_changes_nothing(
    path: str, body: object, simulator: Simulator
) -> None:
    answer = post(f"{simulator.url}/simulator/{path}", body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (simulator.now, simulator.faults) == (NOW, ())


def test_non_json_body_is_rejected(simulator: Simulator) -> None:
    assert requests.post(f"{simulator.url}/simulator/clock", data=b"{", timeout=5).status_code == 400


@pytest.mark.parametrize("path", ["/", "/nobody/x", "/simulator/nothing"])
def test_unknown_path_lists_the_known_ones(path: str, simulator: Simulator, get: Get) -> None:
    answer = get(simulator.url + path)
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_any_other_yahoo_page_sets_a_cookie(simulator: Simulator, get: Get) -> None:
    answer = get(f"{simulator.url}/yahoo/")
    assert answer.status_code == 404
    assert answer.cookies["A3"]


def test_simulator_listens_on_loopback_only(simulator: Simulator) -> None:
    assert simulator.url.startswith("http://127.0.0.1:")


def test_port_in_use_is_reported(simulator: Simulator, sample: Market) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=f"port {port}"), serve(sample, port=port):
        pass


def test_concurrent_clients_are_all_answered(simulator: Simulator) -> None:
    lengths: list[int] = []

    def ask() -> None:
        with requests.Session() as session:
            for _ in range(8):
                answer = session.get(f"{simulator.url}/yahoo/v8/finance/chart/^IXIC?range=max", timeout=10)
                lengths.append(len(answer.json()["chart"]["result"][0]["timestamp"]))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [3019] * 64


def test_simulator_listens_where_it_is_told(sample: Market) -> None:
    seen = []

    def started(simulator: Simulator) -> None:
        seen.append(simulator.url)
        raise KeyboardInterrupt

    for host in ("127.0.0.2", "0.0.0.0"):
        with pytest.raises(KeyboardInterrupt):
            run_forever(sample, started, now=NOW, host=host)
    assert [url.rpartition(":")[0] for url in seen] == ["http://127.0.0.2", "http://0.0.0.0"]
    with pytest.raises(UsageError, match=r"port 0 of 192\.0\.2\.1 cannot be used .* with --host and --port"):
        run_forever(sample, started, now=NOW, host="192.0.2.1")


def test_run_forever_ends_with_an_interrupt(sample: Market, get: Get) -> None:
    seen: list[str] = []

    def started(simulator: Simulator) -> None:
        seen.append(simulator.url)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_forever(sample, started, now=NOW)
    with pytest.raises(requests.ConnectionError, match="refused"):
        get(seen[0])
