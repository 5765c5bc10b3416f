"""Each dialect serves the fields of the vendor's recorded answers, with their types.

The ECB's table is not listed: the simulator serves the ECB's own file.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from marketlake.simulator.fault import parse_fault
from marketlake.simulator.folder import load_market
from marketlake.simulator.market import Market
from marketlake.simulator.reply import Reply
from marketlake.simulator.server import Simulator
from marketlake.sources import create
from marketlake.sources.contract import Page, Request
from marketlake.sources.lookup import read_expenses, read_facts, read_search

NOW = datetime(2025, 2, 3, 12, tzinfo=UTC)
KINDS = {
    "AAPL": "",
    "BTC-USD": "",
    "EURUSD=X": "",
    "GC=F": "",
    "OCDO.L": 'calendar = "XLON"\ncurrency = "GBp"',
    "QQQ": 'type = "ETF"',
}
ROWS = """date,open,high,low,close,volume,dividend,split
2023-10-26,400.5,410.5,398.5,404.5,1000,0,1
2023-10-27,404.5,412.5,400.5,408.5,1100,2.5,1
2023-10-30,102.5,106.5,101.5,105.5,4000,0,4
2025-01-02,105.5,108.5,104.5,107.5,4100,1.5,1
2025-01-03,107.5,109.5,106.5,108.5,4200,0,1
"""
PRICE_INDEX = "observation_date,CPIAUCSL\n2023-09-01,307.288\n2023-10-01,307.500\n"
NAMED_BY_DATA = re.compile(r"\d+|[A-Z0-9]{6,}")
"""Keys that are a time or a pair."""
Shape = dict[str, set[str]]


def fields(value: Any, path: str = "", *, in_list: bool = False) -> Iterator[tuple[str, str]]:
    """Path and type of every field; the places of a row have numbers."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from fields(part, f"{path}.{'*' if NAMED_BY_DATA.fullmatch(key) else key}")
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from fields(part, f"{path}[{place if in_list else ''}]", in_list=True)
    else:
        yield path, kind(value)


def kind(value: Any) -> str:
    if not isinstance(value, str):
        return {int: "whole", float: "number"}.get(type(value), type(value).__name__)
    if re.match(r"\d{4}-\d\d-\d\d", value):
        return "date " + re.sub(r"\d", "9", value)
    return "figure" if re.fullmatch(r"-?\d+(\.\d+)?", value) else "text"


def shape(documents: list[Any]) -> Shape:
    found: Shape = {}
    for document in documents:
        for path, name in fields(document):
            found.setdefault(path, set()).add(name)
    return found


def without(value: Any, dropped: str, path: str = "", *, in_list: bool = False) -> Any:
    """The document without the fields at a path."""
    if isinstance(value, dict):
        names = {key: f"{path}.{'*' if NAMED_BY_DATA.fullmatch(key) else key}" for key in value}
        return {k: without(part, dropped, names[k]) for k, part in value.items() if names[k] != dropped}
    if isinstance(value, list):
        places = [f"{path}[{place if in_list else ''}]" for place in range(len(value))]
        pairs = zip(value, places, strict=True)
        return [without(part, dropped, at, in_list=True) for part, at in pairs if at != dropped]
    return value


def parsed(source: str, symbol: str) -> Callable[[bytes], Any]:
    """What the source's parser makes of an answer."""

    def read(body: bytes) -> Any:
        request = Request("X", symbol, date(2020, 1, 1), date(2020, 1, 3))
        result = create(source).parse([Page(request, "u", 200, {}, body)])
        return result.bars.to_pylist(), {name: str(error) for name, error in result.failed.items()}

    return read


def chart(name: str) -> Callable[[bytes], Any]:
    return lambda body: (parsed("yahoo", name)(body), read_facts(body, name))


@dataclass(frozen=True)
class Recorded:
    """A recorded answer and the request that it answers."""

    file: str
    target: str
    read: Callable[[bytes], Any]


def charts() -> list[Recorded]:
    files = {name: f"chart-{name}-2020-01-01-to-2020-01-03.json" for name in KINDS}
    files["AAPL"] = "chart-AAPL-2020-08-31-to-2020-11-07.json"
    query = "period1=1698364800&period2=9999999999&interval=1d&events=div,splits,capitalGains"
    return [
        Recorded(f"yahoo-chart/{file}", f"/yahoo/v8/finance/chart/{quote(name)}?{query}", chart(name))
        for name, file in files.items()
    ]


def searches() -> list[Recorded]:
    return [
        Recorded(f"yahoo-more/search-{name}.json", f"/yahoo/v1/finance/search?q={quote(name)}", read_search)
        for name in ("QQQ", "BTC-USD", "EURUSD=X")
    ]


def of_pair(source: str, target: str, *files: str) -> list[Recorded]:
    return [Recorded(file, f"/{source}{target}", parsed(source, "BTC/USDT")) for file in files]


EXPENSES = "/yahoo/v10/finance/quoteSummary/QQQ?modules=fundProfile&formatted=false&crumb=simulated.crumb"
PRICES = "/tiingo/tiingo/daily/AAPL/prices?startDate=2023-10-26&token=key"
RECORDED: Mapping[str, list[Recorded]] = {
    "chart": charts(),
    "search": searches(),
    "fund": [
        Recorded(f"yahoo-more/quoteSummary-all-{name}.json", EXPENSES, read_expenses)
        for name in ("QQQ", "0P000071W8.TO")
    ],
    "binance": of_pair(
        "binance",
        "/api/v3/klines?symbol=BTCUSDT&interval=1d",
        "exchange-ohlc/binance_test_data_spot_http_json_klines_response.json",
        "exchange-1h/binance_klines_1m.json",
        "exchange-1h/binanceus_klines_1h.json",
    ),
    "coinbaseexchange": of_pair(
        "coinbaseexchange",
        "/products/BTC-USD/candles?granularity=86400",
        "exchange-1h/coinbase_candles_86400.json",
        "exchange-1h/coinbase_candles_granularity3600.json",
    ),
    "kraken": of_pair(
        "kraken",
        "/0/public/OHLC?pair=XXBTZUSD&interval=1440",
        "exchange-ohlc/kraken_http_ohlc.json",
        "exchange-ohlc/example-ohlc-data.json",
    ),
    "bitstamp": of_pair(
        "bitstamp",
        "/api/v2/ohlc/btcusd/?step=86400&limit=1000",
        "exchange-1h/bitstamp_ohlc_step3600.json",
    ),
    "tiingo": [
        Recorded(f"tiingo/daily_{name}.json", PRICES, parsed("tiingo", "GOOGL"))
        for name in ("AAPL_2023_dividend", "GOOGL_2015-01", "GOOGL_2018-01-05_19")
    ],
}
FUND = ".quoteSummary.result[].fundProfile"
FEES = f"{FUND}.feesExpensesInvestment"
META = ".chart.result[].meta"
NOT_SERVED: Mapping[str, tuple[str, ...]] = {
    "chart": (
        f"{META}.fiftyTwoWeek",
        f"{META}.regularMarketDay",
        f"{META}.regularMarketVolume",
        f"{META}.longName",
    ),
    "search": (
        *(".explains", ".nav", ".lists", ".researchReports", ".screenerFieldResults", ".totalTime"),
        *(".timeTakenFor", ".quotes[].index", ".quotes[].score"),
    ),
    "fund": (
        *(f"{FUND}.maxAge", f"{FUND}.styleBoxUrl", f"{FUND}.family", f"{FUND}.categoryName"),
        *(f"{FUND}.legalType", f"{FUND}.managementInfo", f"{FUND}.brokerages", f"{FUND}.init"),
        *(f"{FUND}.subseq", f"{FUND}.feesExpensesInvestmentCat", f"{FEES}.annualHoldingsTurnover"),
        *(f"{FEES}.totalNetAssets", f"{FEES}.projectionValues", f"{FEES}.netExp", f"{FEES}.grossExp"),
    ),
}
"""How the paths begin that the simulator leaves out."""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("market")
    for name in KINDS:
        (folder / f"{name}.csv").write_text(ROWS)
    (folder / "CPI.csv").write_text(PRICE_INDEX)
    (folder / "market.toml").write_text("".join(f'[symbol."{k}"]\n{v}\n' for k, v in KINDS.items() if v))
    series = dict(load_market(folder).series)
    series["yahoo", "QQQ"] = replace(series["yahoo", "QQQ"], expense_ratio=0.002)
    return Market(series)


@pytest.fixture
def ask(market: Market) -> Callable[..., Reply]:
    return lambda target, *faults: Simulator(market, NOW, [parse_fault(f) for f in faults]).answer(target)


def recorded(file: Path) -> Any:
    """The answer in a recording, without a fund's other modules and without news."""
    document = json.loads(file.read_text())
    if isinstance(document, dict) and "response" in document:
        document = document["response"]["bodyJson"]
    if isinstance(document, dict) and "quoteSummary" in document:
        [fund] = document["quoteSummary"]["result"]
        return {"quoteSummary": {"result": [{"fundProfile": fund["fundProfile"]}], "error": None}}
    if isinstance(document, dict) and "news" in document:
        return {**document, "news": []}
    return document


@pytest.mark.parametrize("name", RECORDED)
def test_fields_are_the_vendors(name: str, payloads: Path, ask: Callable[..., Reply]) -> None:
    vendor = shape([recorded(payloads / each.file) for each in RECORDED[name]])
    served = shape([json.loads(ask(each.target).body) for each in RECORDED[name]])
    assert served.keys() - vendor.keys() == set()
    left_out, known = vendor.keys() - served.keys(), NOT_SERVED.get(name, ())
    assert [path for path in left_out if not path.startswith(known)] == []
    assert [path for path in known if not any(each.startswith(path) for each in left_out)] == []
    for path in served:
        whole = {"whole"} if "number" in vendor[path] else set()
        assert served[path] <= vendor[path] | whole, path


@pytest.mark.parametrize("name", RECORDED)
def test_fields_that_are_not_served_are_not_read(
    name: str, payloads: Path, ask: Callable[..., Reply]
) -> None:
    served = shape([json.loads(ask(each.target).body) for each in RECORDED[name]])
    for each in RECORDED[name]:
        document = recorded(payloads / each.file)
        right = each.read(json.dumps(document).encode())
        for path in shape([document]).keys() - served.keys():
            assert each.read(json.dumps(without(document, path)).encode()) == right, path


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("yahoo-chart/chart-AAPL-2020-08-31-to-2020-11-07.json", charts()[0].target),
        ("yahoo-more/search-QQQ.json", searches()[0].target),
        ("yahoo-more/quoteSummary-all-QQQ.json", EXPENSES),
        (
            "yahoo-more/quoteSummary-404-balanceSheetHistory-QQQ.json",
            EXPENSES.replace("fundProfile", "price"),
        ),
    ],
)
def test_status_and_content_type_are_yahoos(
    file: str, target: str, payloads: Path, ask: Callable[..., Reply]
) -> None:
    vendor, reply = json.loads((payloads / file).read_text())["response"], ask(target)
    assert (reply.status, reply.headers["Content-Type"]) == (
        vendor["status"],
        vendor["headers"]["content-type"],
    )
    if reply.status != 200:
        assert shape([json.loads(reply.body)]) == shape([vendor["bodyJson"]])


@pytest.mark.parametrize(
    ("file", "status", "target", "faults"),
    [
        ("yahoo-more/body_401_invalid_crumb.json", 401, "/yahoo/v8/finance/chart/AAPL?crumb=old", []),
        ("yahoo-more/body_429_plain.txt", 429, "/yahoo/v8/finance/chart/AAPL", ["429:yahoo"]),
        ("tiingo/error_404_not_found.json", 404, "/tiingo/tiingo/daily/AAPL/news?token=key", []),
    ],
)
def test_refusals_are_the_vendors(
    file: str, status: int, target: str, faults: list[str], payloads: Path, ask: Callable[..., Reply]
) -> None:
    reply = ask(target, *faults)
    assert (reply.status, reply.body.strip()) == (status, (payloads / file).read_bytes().strip())


def test_quota_of_tiingo_is_its_text(payloads: Path, ask: Callable[..., Reply]) -> None:
    text = json.loads((payloads / "tiingo/error_hourly.json").read_text())["detail"]
    assert ask(PRICES, "429:tiingo:*:as=text").body.decode() == text


@pytest.mark.parametrize(
    ("file", "day"),
    [
        ("BTCUSDT-1h-2023-10-27.spot.no-header.ms.trimmed.csv", "2023-10-27"),
        ("DOGEUSDT-1s-2025-01-01.spot.no-header.us.trimmed.csv", "2025-01-02"),
    ],
)
def test_lines_of_an_archive_are_binances(
    file: str, day: str, payloads: Path, ask: Callable[..., Reply]
) -> None:
    name = f"BTCUSDT-1d-{day}"
    target = f"/binance-archive/data/spot/daily/klines/BTCUSDT/1d/{name}.zip"
    with zipfile.ZipFile(io.BytesIO(ask(target).body)) as archive:
        assert archive.namelist() == [f"{name}.csv"]
        served = archive.read(f"{name}.csv").decode()
    vendor = (payloads / "binance-vision" / file).read_text()
    assert shape([lines(served)]) == shape([lines(vendor)])
    # milliseconds, and microseconds since 2025
    assert [len(lines(text)[0][place]) for text in (served, vendor) for place in (0, 6)] == [
        len(lines(vendor)[0][0])
    ] * 4
    assert re.fullmatch(rf"[0-9a-f]{{64}}  {name}\.zip\n", ask(f"{target}.CHECKSUM").body.decode())


def test_table_of_fred_is_freds(real_prices: Path, ask: Callable[..., Reply]) -> None:
    vendor = (real_prices / "CPIAUCSL.csv").read_text()
    reply = ask("/fred/graph/fredgraph.csv?id=CPIAUCSL")
    served = reply.body.decode()
    assert lines(served)[0] == lines(vendor)[0]
    assert shape([lines(served)[1:]]) == shape([lines(vendor)[1:]])
    assert served.endswith("\n") == vendor.endswith("\n")


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


@pytest.mark.parametrize("fund", ["DODFX", "JENYX"])
def test_capital_gains_and_adjusted_close_of_a_fund_are_yahoos(
    fund: str, payloads: Path, tmp_path: Path
) -> None:
    """The adjusted close, too, which counts a gain twice."""
    frame = payloads / "yahoo-more" / f"yfinance_{fund}-1d-cg-double-count.csv"
    (tmp_path / f"{fund}.csv").write_bytes(frame.read_bytes())
    query = "period1=0&period2=9999999999&events=div,splits,capitalGains"
    simulator = Simulator(load_market(tmp_path), datetime(2026, 6, 1, tzinfo=UTC), [])
    body = simulator.answer(f"/yahoo/v8/finance/chart/{fund}?{query}").body
    [result] = json.loads(body)["chart"]["result"]
    rows = list(csv.DictReader(frame.read_text().splitlines()))
    gains = [float(row["Capital Gains"]) for row in rows if float(row["Capital Gains"])]
    assert [event["amount"] for event in result["events"]["capitalGains"].values()] == gains != []
    assert shape([result["events"]["capitalGains"]]) == shape([result["events"]["dividends"]])
    adjusted = [float(row["Adj Close"]) for row in rows]
    assert result["indicators"]["adjclose"][0]["adjclose"] == pytest.approx(adjusted, rel=1e-4)
    [rows_read, failed] = parsed("yahoo", fund)(body)
    assert failed == {}
    assert [row["capital_gain"] for row in rows_read if row["capital_gain"]] == gains
