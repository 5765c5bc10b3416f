"""`add`: looks an instrument up at the vendors, validates the entry and appends it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketlake.ingest.configure import entry_text, shipped_entry
from marketlake.model.instruments import load_universe
from marketlake.model.settings import parse_instant
from marketlake.model.toml_file import shipped
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.sample.build import sample_market
from marketlake.simulator.server import Simulator, serve

from .conftest import NOW, Result, Run
from .terminal import on_terminal

MINE = """\
# mine, and to be kept

[[instrument]]
id = "NASDAQ"   # the composite
asset_class = "index"
calendar = "XNYS"
sources = [{ source = "yahoo", symbol = "^IXIC" }]"""
Add = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "instruments.toml"
    path.write_text(MINE)
    return path


@pytest.fixture
def add(run: Run, path: Path, simulator: Simulator) -> Add:
    return lambda *arguments: run("add", *arguments, "--home", path.parent, "--source-url", simulator.url)


@pytest.fixture
def unshipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """marketlake comes with no entry of what the simulator serves."""
    monkeypatch.setattr("marketlake.ingest.configure.shipped_entry", lambda text: None)


def test_entry_is_printed_but_not_written_without_yes(add: Add, path: Path) -> None:
    result = add("SPY")
    assert result.code == 0
    assert tomllib.loads(result.out)["instrument"][0]["id"] == "SPY"
    assert "--yes" in result.err
    assert path.read_text() == MINE


@pytest.mark.parametrize("name", ["^ndx", "NASDAQ100"])
def test_shipped_entry_is_proposed_without_a_request(run: Run, path: Path, name: str) -> None:
    result = run("add", name, "--home", path.parent, "--source-url", "http://127.0.0.1:9", "--yes")
    entries = tomllib.loads(shipped("instruments.toml"))["instrument"]
    assert tomllib.loads(result.out)["instrument"] == [one for one in entries if one["id"] == "NASDAQ100"]
    assert "comes with marketlake" in result.err
    assert load_universe(path).get("^NDX").id == "NASDAQ100"


def test_shipped_entry_takes_the_options(add: Add) -> None:
    [entry] = tomllib.loads(add("GC=F", "--id", "MY_GOLD", "--since", "2015-01-02").out)["instrument"]
    assert (entry["id"], f"{entry['since']}", entry["asset_class"]) == ("MY_GOLD", "2015-01-02", "metal")


def test_every_shipped_entry_can_be_written(path: Path) -> None:
    for entry in tomllib.loads(shipped("instruments.toml"))["instrument"]:
        assert shipped_entry(entry["id"].lower()) == entry
        assert tomllib.loads(entry_text(entry))["instrument"] == [entry]


@pytest.mark.usefixtures("unshipped")
def test_entry_is_appended_and_existing_text_stays(add: Add, path: Path) -> None:
    result = add("spy", "--yes")
    assert (result.code, path.read_text()) == (0, f"{MINE}\n\n{result.out}")
    spy = load_universe(path).get("SPY")
    assert (spy.asset_class, spy.calendar, spy.quote_currency) == ("fund", "XNYS", "USD")
    assert f"{spy.since}" == "2013-12-31"
    assert "# its expense ratio is 0.0945 % a year" in path.read_text()
    assert "marketlake run SPY" in result.err


def test_added_instrument_can_be_ingested(run: Run, add: Add, path: Path, simulator: Simulator) -> None:
    assert add("SYNTH-C", "--id", "MINE", "--name", "My share", "--yes").code == 0
    online = ["--home", path.parent, "--source-url", simulator.url, "--now", NOW]
    assert run("ingest", "MINE", *online).code == 0


@pytest.mark.usefixtures("unshipped")
def test_coin_prefers_an_exchange_over_yahoo(add: Add, path: Path) -> None:
    assert add("ETH/USD", "--yes").code == 0
    ether = load_universe(path).get("ETH")
    assert [(ref.source, ref.symbol) for ref in ether.sources] == [
        ("bitstamp", "ETH/USD"),
        ("yahoo", "ETH-USD"),
    ]
    assert (ether.asset_class, ether.calendar) == ("crypto", "24/7")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["^ixic"], "already, as NASDAQ; fetch it: `marketlake run NASDAQ`"),
        (["nasdaq"], "already, as NASDAQ"),
        (["NASDAQ"], "already; fetch it"),
        (["^IXIC", "--id", "MINE"], "already, as NASDAQ"),
        (["SPY", "--id", "NASDAQ"], "choose another id"),
        (["synth"], "name one of SYNTH-A, SYNTH-B, SYNTH-C"),
        (["nothing such"], "try another spelling"),
        (["SPY", "--asset-class", "share"], "must be one of crypto"),
        (["SPY", "--id", "../x"], "must match"),
        (["SPY", "--id", "CON"], "reserved"),
        (["SPY", "--since", "then"], "not a date"),
        (["SPY", "--name", "a\x1bb"], "printable"),
    ],
)
def test_invalid_arguments_are_refused(add: Add, path: Path, arguments: list[str], message: str) -> None:
    result = add(*arguments, "--yes")
    assert result.code in {1, 2}
    assert message in result.err
    assert path.read_text() == MINE


def test_interactive_choice_and_confirmation(
    monkeypatch: pytest.MonkeyPatch, path: Path, simulator: Simulator
) -> None:
    command = ["add", "synth", "--home", path.parent, "--source-url", simulator.url]
    shown, _ = on_terminal(monkeypatch, command, "7\n2\nn\n")
    assert 'symbol = "SYNTH-B"' in shown
    assert path.read_text() == MINE
    on_terminal(monkeypatch, command, "2\ny\n")
    assert "SYNTH_B" in load_universe(path).by_id


@pytest.mark.parametrize("name", ["BTC-USD", "btc/usd", "btc"])
def test_any_configured_symbol_is_there_already(run: Run, sample_home: Path, name: str) -> None:
    refused = run("add", name, "--home", sample_home, "--source-url", "http://127.0.0.1:9")
    assert (refused.code, refused.out) == (2, "")
    assert f"{name} is in instruments.toml already, as BTC" in refused.err


@pytest.fixture
def failing() -> Iterator[Simulator]:
    faults = [parse_fault("429:yahoo:search"), parse_fault("503:bitstamp:markets")]
    with serve(sample_market(), now=parse_instant(NOW), faults=faults) as simulator:
        yield simulator


@pytest.mark.usefixtures("unshipped")
def test_price_endpoint_decides_where_only_the_search_fails(run: Run, path: Path, failing: Simulator) -> None:
    command = ["--yes", "--home", path.parent, "--source-url", failing.url]
    added = run("add", "btc-usd", *command)
    assert added.code == 0
    assert "skipped: yahoo answered 429 for the search for btc-usd: too many requests" in added.err
    assert "skipped: bitstamp" in added.err
    assert load_universe(path).get("BTC").sources[0].source == "coinbaseexchange"
    unknown = run("add", "Bitcoin", *command)
    assert "search failed (yahoo answered 429" in unknown.err
    assert "its prices have no symbol 'Bitcoin'; give a symbol as Yahoo spells it" in unknown.err


@pytest.mark.parametrize("name", ['"""', "a\\", "[[instrument]]", "é 株 ' \" # =", "<script>", "=1+1"])
def test_vendor_text_is_escaped_in_toml(name: str) -> None:
    entry = {"id": "X", "name": name, "sources": [{"source": "yahoo", "symbol": name}]}
    assert tomllib.loads(entry_text(entry)) == {"instrument": [entry]}


@pytest.mark.usefixtures("unshipped")
def test_unreachable_vendors_are_reported_with_the_remedy(run: Run, path: Path) -> None:
    result = run("add", "SPY", "--yes", "--home", path.parent, "--source-url", "http://127.0.0.1:9")
    assert result.code == 1
    assert "try again once the vendors can be reached" in result.err
    assert path.read_text() == MINE
